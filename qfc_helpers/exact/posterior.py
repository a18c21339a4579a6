"""The exact posterior of a Gaussian random-intercept model."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import special

from qfc_helpers._seeds import check_seed

from . import crossvalidation, gaussian, sampling
from .gaussian import CoefficientPrior, solve_lower
from .marginals import Marginal, NormalMixture, ScaleMarginal
from .quadrature import Quadrature, integrate
from .reading import read_formula, read_model
from .statistics import SufficientStatistics, sufficient_statistics
from .structure import RandomInterceptModel, keep_rows

__all__ = ["ExactPosterior"]

# Beyond this the estimate of the error says nothing.
_LARGEST_TOLERANCE = 1e-2
_SUMMARY_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class ExactPosterior:
    r"""The posterior of a Gaussian random-intercept model, by quadrature instead of MCMC.

    For :math:`y = X b + u_j + e` with Normal priors on :math:`b`,
    :math:`u_j \sim N(0, \mathrm{sd\_group})` and :math:`e \sim N(0, \mathrm{sd\_obs})`, everything
    is Gaussian once the two standard deviations are given. The posterior is then a mixture of
    Normals over these two, and what is left is a two-dimensional integral.

    Make one with `from_model`, or with `from_formula` for more groups than fit into a Bambi model.

    Attributes
    ----------
    error : float
        Estimated error: the largest change, when every other node of the quadrature along each
        axis is added, of the log integral and of the moments of the two standard deviations, in
        units of their standard deviations. Answers use all nodes and are closer than that, the
        probabilities and the quantities of `loo` and `logo` included.
    log_marginal_likelihood : float
        Log density of the response under the model, all priors' constants included; differences
        between models of the same response are log Bayes factors.
    names : tuple of str
        The quantities that can be asked for: Bambi's names, and ``alpha_j`` for the groups'
        intercepts (``Intercept`` plus the group effect).

    References
    ----------
    Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), Bayesian Data Analysis, section 5.4.
    Gelman (2006), Prior distributions for variance parameters in hierarchical models, Bayesian
    Analysis 1(3).

    Examples
    --------
    >>> import bambi as bmb, pandas as pd
    >>> data = pd.DataFrame({
    ...     "weight": [25, 14, 68, 79, 64, 139, 49, 119, 111],
    ...     "population": [1, 1, 1, 2, 2, 2, 3, 3, 3],
    ...     "length": [1, 14, 22, 2, 9, 20, 2, 13, 22],
    ... })
    >>> posterior = ExactPosterior.from_model(
    ...     bmb.Model("weight ~ length + (1|population)", data)
    ... )
    >>> round(posterior.prob_greater("2", "1"), 2)
    0.96
    >>> draws = posterior.sample(draws=500, chains=4, random_seed=1)
    >>> draws.posterior["1|population"].shape
    (4, 500, 3)
    """

    def __init__(self, model: RandomInterceptModel, tolerance: float = 1e-7):
        self._model, self._tolerance = model, tolerance
        self._statistics = sufficient_statistics(
            model.response - model.offset, model.design, model.group, len(model.group_labels)
        )
        self._prior = gaussian.coefficient_prior(self._statistics, model.prior_mean, model.prior_sd)
        spread = self._statistics.residual_sd
        self._rule = _integrate(model, self._statistics, self._prior, tolerance, spread)
        x, y, self._weights = self._rule.nodes()
        self._sd_alpha = model.prior_sd_alpha.to_scale(x)
        self._sd_obs = model.prior_sd_obs.to_scale(y)
        self._given = gaussian.condition(
            self._statistics, self._prior, self._sd_alpha, self._sd_obs
        )
        # Transposed inverse Cholesky factors: forms @ whitener have the identity as covariance.
        eye = np.broadcast_to(np.eye(self._statistics.n_coefficients), self._given.cholesky.shape)
        self._whitener = solve_lower(self._given.cholesky, eye)

    @classmethod
    def from_model(cls, model: Any, *, tolerance: float = 1e-7) -> "ExactPosterior":
        """Compute the posterior of a Bambi model.

        Parameters
        ----------
        model : bambi.Model
            The object that ``model.fit()`` takes; it is neither built nor changed.
        tolerance
            Largest estimated error of the integral.

        Raises
        ------
        UnsupportedModelError
            If a part of the model cannot be integrated exactly; the message says which.
        ValueError
            If data or priors cannot be used.

        Examples
        --------
        >>> import bambi as bmb, pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data))
        >>> posterior
        <ExactPosterior of 6 observations in 3 groups: Intercept, sigma, 1|g_sigma, 1|g, alpha_j>
        """
        return cls(read_model(model), tolerance)

    @classmethod
    def from_formula(
        cls,
        formula: str,
        data: pd.DataFrame,
        priors: dict | None = None,
        *,
        tolerance: float = 1e-7,
        **options: Any,
    ) -> "ExactPosterior":
        """Compute the posterior of a model given as `bambi.Model` takes it.

        Bambi's model object holds a table of rows by groups; for tens of thousands of groups that
        does not fit into memory. This way no such table is made.

        Parameters
        ----------
        formula, data, priors, **options
            As for `bambi.Model`; the group term must be ``(1|column)``.
        tolerance
            Largest estimated error of the integral.

        Raises
        ------
        UnsupportedModelError
            If a part of the model cannot be integrated exactly; the message says which.
        TypeError, ValueError
            If data or priors cannot be used.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> ExactPosterior.from_formula("y ~ 1 + (1|g)", data).names
        ('Intercept', 'sigma', '1|g_sigma', '1|g', 'alpha_j')
        """
        return cls(read_formula(formula, data, priors, **options), tolerance)

    @property
    def error(self) -> float:
        """Estimated error of the integral and its moments."""
        return self._rule.error

    @property
    def log_marginal_likelihood(self) -> float:
        """Log density of the response, everything else integrated out."""
        return self._rule.log_integral

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that can be asked for."""
        names = self._model.names
        terms = tuple(term.name for term in self._model.terms)
        return (*terms, names.sd_obs, names.sd_alpha, names.group, "alpha_j")

    def __repr__(self) -> str:
        statistics = self._statistics
        return (
            f"<ExactPosterior of {statistics.n_rows} observations in {statistics.n_groups} groups: "
            f"{', '.join(self.names)}>"
        )

    # One quantity at a time

    def marginal(self, name: str) -> Marginal:
        """Return the marginal posterior of a quantity.

        Parameters
        ----------
        name
            One of `names`; also the lecture's ``mu_alpha``, ``sd_alpha`` and ``sd_obs``.

        Returns
        -------
        Marginal
            With ``mean()``, ``sd()``, ``quantile(q)``, ``density(values)`` and ``cdf(values)``.

        Raises
        ------
        ValueError
            If there is no quantity of that name.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> sd_alpha = ExactPosterior.from_formula("y ~ 1 + (1|g)", data).marginal("sd_alpha")
        >>> sd_alpha.quantile([0.05, 0.95]).sizes
        Frozen({'quantile': 2})
        >>> below_zero = float(sd_alpha.cdf(0.0))
        >>> below_zero
        0.0
        """
        names = self._model.names
        name = self._bambi_name(name)
        if name == names.sd_alpha:
            return ScaleMarginal(name, self._rule, self._model.prior_sd_alpha, is_group=True)
        if name == names.sd_obs:
            return ScaleMarginal(name, self._rule, self._model.prior_sd_obs, is_group=False)
        if name in (names.group, "alpha_j"):
            return self._groups(name, with_intercept=name == "alpha_j")
        term = self._model.term(name)
        if term is None:
            raise ValueError(
                f"There is no quantity {name!r}. Ask for one of {', '.join(map(repr, self.names))}."
            )
        dims = () if term.dim is None else (term.dim,)
        coords = {} if term.dim is None else {term.dim: list(term.labels)}
        rows = self._model.report[term.columns]
        return NormalMixture(
            name, self._weights, lambda part: self._linear(rows[part]), len(rows), dims, coords
        )

    def density(self, name: str, values: Sequence[float] | None = None) -> xr.DataArray:
        """Return the posterior density of a quantity.

        Parameters
        ----------
        name
            As in `marginal`.
        values
            Where to evaluate it, in the quantity's units; by default at 200 points between the
            quantiles 0.0005 and 0.9995.

        Returns
        -------
        DataArray
            Dimension ``value`` and those of the quantity; in one over the quantity's units.

        Raises
        ------
        ValueError
            If there is no quantity of that name, or a value is not a number.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> density = ExactPosterior.from_formula("y ~ 1 + (1|g)", data).density("mu_alpha")
        >>> round(float(density.integrate("value")), 3)
        0.999
        """
        return self.marginal(name).density(values)

    def difference(self, group_a: Any, group_b: Any) -> Marginal:
        """Return the posterior of alpha_a - alpha_b.

        Parameters
        ----------
        group_a, group_b
            The groups' labels, as in the data or as strings.

        Returns
        -------
        Marginal
            Of one quantity, in units of the response.

        Raises
        ------
        ValueError
            If there is no such group, or both are the same.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> bool(posterior.difference("c", "a").mean() > 0)
        True
        """
        a, b = self._model.group_index(group_a), self._model.group_index(group_b)

        def components(_: slice) -> tuple[np.ndarray, np.ndarray]:
            mean, variance, row = self._group_forms(np.array([a, b]))
            mean, row = mean[:, :1] - mean[:, 1:], row[:, :1] - row[:, 1:]
            variance = variance.sum(axis=1, keepdims=True)
            return mean, np.sqrt(self._form_variance(row) + variance)

        if a == b:
            raise ValueError(f"Both groups are {group_a!r}; a difference needs two.")
        return NormalMixture(f"alpha[{group_a}] - alpha[{group_b}]", self._weights, components, 1)

    def prob_greater(self, group_a: Any, group_b: Any) -> float:
        """Return the posterior probability that alpha_a is greater than alpha_b.

        Parameters
        ----------
        group_a, group_b
            The groups' labels, as in the data or as strings.

        Raises
        ------
        ValueError
            If there is no such group, or both are the same.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> round(posterior.prob_greater("c", "a") + posterior.prob_greater("a", "c"), 9)
        1.0
        """
        return float(1 - self.difference(group_a, group_b).cdf(0.0))

    def new_group(
        self, predictors: Mapping[str, float] | None = None, *, response: bool = False
    ) -> Marginal:
        """Return the hyperdistribution: the intercept alpha of a group that was not observed.

        The uncertainty of the intercept and of the groups' standard deviation is included.

        Parameters
        ----------
        predictors
            Values of predictors, by the name of their term; the others are zero. The result is
            then the mean of the response there.
        response
            Whether to add the residual: one observation instead of the mean of many.

        Returns
        -------
        Marginal
            Of one quantity, in units of the response.

        Raises
        ------
        ValueError
            If there is no such predictor, or it has more than one coefficient.

        References
        ----------
        Gelman and Hill (2007), Data Analysis Using Regression and Multilevel/Hierarchical Models,
        section 12.8.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> bool(posterior.new_group().sd() > posterior.marginal("mu_alpha").sd())
        True
        """
        row = self._model.intercept_row[None, :]
        for name, value in (predictors or {}).items():
            row = row + value * self._coefficient_row(name)
        variance = self._sd_alpha**2 + (self._sd_obs**2 if response else 0)

        def components(_: slice) -> tuple[np.ndarray, np.ndarray]:
            mean, sd = self._linear(row)
            return mean, np.sqrt(sd**2 + variance[:, None])

        return NormalMixture("alpha_new", self._weights, components, 1)

    def expectation(self, function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
        """Return the posterior mean of any function of the two standard deviations.

        Parameters
        ----------
        function
            Takes arrays of ``sd_alpha`` and ``sd_obs``, returns an array of the same shape.

        Returns
        -------
        float
            In the function's units.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> share = posterior.expectation(lambda a, e: a**2 / (a**2 + e**2))
        >>> 0 < share < 1
        True
        """
        values = np.asarray(function(self._sd_alpha, self._sd_obs), dtype=float)
        if values.shape != self._weights.shape:
            raise ValueError(
                f"The function returned an array of shape {values.shape} for arguments of shape "
                f"{self._weights.shape}; expected one value for each pair."
            )
        return float(self._weights @ values)

    # Many quantities at once

    def mean(self, var_names: Iterable[str] | None = None) -> xr.Dataset:
        """Return posterior means.

        Parameters
        ----------
        var_names
            Some of `names`; by default all.

        Returns
        -------
        Dataset
            One variable for each quantity, with the dimensions that Bambi's draws of it have.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> posterior.mean(["alpha_j"]).sizes
        Frozen({'g__factor_dim': 3})
        """
        return self._collect(var_names, lambda marginal: marginal.mean())

    def sd(self, var_names: Iterable[str] | None = None) -> xr.Dataset:
        """Return posterior standard deviations; parameters and result as for `mean`."""
        return self._collect(var_names, lambda marginal: marginal.sd())

    def quantile(
        self, q: float | Sequence[float], var_names: Iterable[str] | None = None
    ) -> xr.Dataset:
        """Return posterior quantiles.

        Parameters
        ----------
        q
            Probability or probabilities, strictly between 0 and 1.
        var_names
            Some of `names`; by default all.

        Returns
        -------
        Dataset
            As for `mean`, with the dimension ``quantile`` in front if `q` is a sequence.

        Raises
        ------
        ValueError
            If a probability is not between 0 and 1.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> posterior.quantile([0.055, 0.945], ["mu_alpha"]).sizes
        Frozen({'quantile': 2})
        """
        return self._collect(var_names, lambda marginal: marginal.quantile(q))

    def summary(self, var_names: Iterable[str] | None = None) -> pd.DataFrame:
        """Return a table like `arviz.summary`'s, without Monte Carlo error for there is none.

        Returns
        -------
        DataFrame
            One row for each quantity; mean, sd and five quantiles.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> table = ExactPosterior.from_formula("y ~ 1 + (1|g)", data).summary(["alpha_j"])
        >>> list(table.index), list(table.columns[:3])
        (['alpha_j[a]', 'alpha_j[b]', 'alpha_j[c]'], ['mean', 'sd', '5%'])
        """
        var_names = list(self.names if var_names is None else var_names)
        columns = {"mean": self.mean(var_names), "sd": self.sd(var_names)}
        quantiles = self.quantile(_SUMMARY_QUANTILES, var_names)
        for q in _SUMMARY_QUANTILES:
            columns[f"{100 * q:g}%"] = quantiles.sel(quantile=q, drop=True)
        return pd.DataFrame({name: _flatten(values) for name, values in columns.items()})

    def log_density(self, sd_alpha: Sequence[float], sd_obs: Sequence[float]) -> xr.DataArray:
        """Return the log posterior density of the two standard deviations on a grid.

        Parameters
        ----------
        sd_alpha, sd_obs
            Values of the standard deviations, in units of the response.

        Returns
        -------
        DataArray
            Dimensions ``sd_alpha`` and ``sd_obs``; the density integrates to one over both. Minus
            infinity outside of the priors' support.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
        >>> posterior.log_density([0, 1, 2], [1, 2]).sizes
        Frozen({'sd_alpha': 3, 'sd_obs': 2})
        """
        sd_alpha, sd_obs = np.asarray(sd_alpha, dtype=float), np.asarray(sd_obs, dtype=float)
        tau, sigma = (grid.ravel() for grid in np.meshgrid(sd_alpha, sd_obs, indexing="ij"))
        values = np.full(tau.size, -np.inf)
        # No variation among groups, sd_alpha = 0, is a possible value; no residual is not.
        group = self._model.prior_sd_alpha
        inside = (tau == group.lower) | _inside(tau, group)
        inside &= _inside(sigma, self._model.prior_sd_obs)
        tau, sigma = tau[inside], sigma[inside]
        values[inside] = (
            gaussian.condition(self._statistics, self._prior, tau, sigma).log_marginal
            + self._model.prior_sd_alpha.log_density(tau)
            + self._model.prior_sd_obs.log_density(sigma)
            - self.log_marginal_likelihood
        )
        return xr.DataArray(
            values.reshape(sd_alpha.size, sd_obs.size),
            dims=("sd_alpha", "sd_obs"),
            coords={"sd_alpha": sd_alpha, "sd_obs": sd_obs},
            name="log_density",
        )

    # Prediction of what was left out

    def loo(self) -> xr.DataArray:
        """Return exact leave-one-out log predictive densities, one for each observation.

        Each is log p(y_i | all others): no importance sampling, no Pareto k. The sum is the
        expected log predictive density that `arviz.loo` estimates.

        Returns
        -------
        DataArray
            Dimension ``__obs__``, one value for each row that the model uses, in its order;
            natural logarithms of a density in one over the units of the response.

        Raises
        ------
        QuadratureError
            If there is no posterior without some row; the message names it.

        References
        ----------
        Vehtari, Gelman and Gabry (2017), Practical Bayesian model evaluation using leave-one-out
        cross-validation and WAIC, Statistics and Computing 27(5).

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> elpd = ExactPosterior.from_formula("y ~ 1 + (1|g)", data).loo()
        >>> elpd.sizes
        Frozen({'__obs__': 6})
        """
        values = crossvalidation.leave_one_out(
            self._model, self._statistics, self._given, self._nodes, self._refit
        )
        return xr.DataArray(
            values, dims="__obs__", coords={"__obs__": np.arange(values.size)}, name="loo"
        )

    def logo(self) -> xr.DataArray:
        """Return exact leave-one-group-out log predictive densities, one for each group.

        Each is log p(all y of a group | all other groups): how well a new group is predicted.

        Returns
        -------
        DataArray
            One value for each group; natural logarithms. The sum is the expected log predictive
            density for groups that were not seen.

        Raises
        ------
        QuadratureError
            If there is no posterior without some group; the message names it.

        Examples
        --------
        >>> import pandas as pd
        >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
        >>> elpd = ExactPosterior.from_formula("y ~ 1 + (1|g)", data).logo()
        >>> elpd.sizes
        Frozen({'g__factor_dim': 3})
        """
        values = crossvalidation.leave_one_group_out(
            self._model, self._statistics, self._given, self._nodes, self._refit
        )
        dim = self._model.names.group_dim
        return xr.DataArray(
            values, dims=dim, coords={dim: list(self._model.group_labels)}, name="logo"
        )

    # Draws

    def sample(
        self,
        draws: int = 1000,
        chains: int = 4,
        random_seed: int | np.random.Generator | None = None,
        *,
        log_likelihood: bool = False,
        group_effects: bool = True,
    ) -> xr.DataTree:
        """Draw from the posterior: independent draws, arranged as Bambi's `fit` arranges its own.

        Parameters
        ----------
        draws
            Draws in each chain.
        chains
            Number of chains. Draws are independent in and between chains; the dimension is there
            because ArviZ and Bambi expect it.
        random_seed
            The same seed gives the same draws.
        log_likelihood
            Whether to add a group with the log density of each observation in each draw.
        group_effects
            Whether to draw the group effects, too; without, 10^5 groups need no memory.

        Returns
        -------
        DataTree
            For `arviz.summary`, ArviZ's plots and ``model.predict``.

        Raises
        ------
        ValueError
            If a count is not positive, or the seed is not one.
        """
        started = time.perf_counter()
        for name, count in (("draws", draws), ("chains", chains)):
            if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
                raise ValueError(f"{name}={count!r}; expected a positive whole number.")
        check_seed(random_seed)
        values = sampling.draw_parameters(
            self._model,
            self._statistics,
            self._prior,
            self._rule,
            draws * chains,
            np.random.default_rng(random_seed),
            group_effects,
        )
        return sampling.to_datatree(
            self._model, values, chains, started, self.error, log_likelihood
        )

    # Inside

    def _refit(self, rows: np.ndarray) -> float:
        """Return log p(the other rows | these rows), by integrating without the others."""
        rest = keep_rows(self._model, rows)
        statistics = sufficient_statistics(
            rest.response - rest.offset,
            rest.design,
            rest.group,
            len(rest.group_labels),
            like=self._statistics,
        )
        spread = self._statistics.residual_sd
        prior = gaussian.coefficient_prior(statistics, rest.prior_mean, rest.prior_sd)
        # Of the rest only the integral is wanted; from one group left, moments need not exist.
        rule = _integrate(rest, statistics, prior, self._tolerance, spread, with_moments=False)
        return self.log_marginal_likelihood - rule.log_integral

    @property
    def _nodes(self) -> crossvalidation.Nodes:
        return crossvalidation.Nodes(self._sd_alpha, self._sd_obs, self._weights)

    def _coefficient_row(self, name: str) -> np.ndarray:
        """Return the linear form, shape (1, p), that gives one coefficient."""
        term = self._model.term(name)
        single = term is not None and term.dim is None and name != "Intercept"
        if not single:
            known = [t.name for t in self._model.terms if t.dim is None and t.name != "Intercept"]
            raise ValueError(
                f"There is no predictor {name!r} with a single coefficient; expected one of "
                f"{', '.join(map(repr, known)) or 'none'}."
            )
        return self._model.report[term.columns]

    def _bambi_name(self, name: str) -> str:
        names = self._model.names
        lecture = {"sd_alpha": names.sd_alpha, "sd_obs": names.sd_obs}
        if self._model.intercept is not None:
            lecture["mu_alpha"] = self._model.terms[0].name
        return name if name in self.names else lecture.get(name, name)

    def _collect(self, var_names: Iterable[str] | None, ask: Any) -> xr.Dataset:
        var_names = [var_names] if isinstance(var_names, str) else var_names
        wanted = self.names if var_names is None else var_names
        return xr.Dataset({name: ask(self.marginal(name)) for name in wanted})

    def _linear(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and sd of linear forms (m, p) of the coefficients at each node, shape (G, m)."""
        forms = self._statistics.on_basis(rows)
        mean = (self._statistics.center + self._given.mean) @ forms.T
        return mean, np.sqrt(self._form_variance(forms))

    def _form_variance(self, forms: np.ndarray) -> np.ndarray:
        """Variance of linear forms on the basis, shape (m, p) or (G, m, p), at each node."""
        scaled = np.matmul(forms, self._whitener)
        return np.einsum("gmp,gmp->gm", scaled, scaled)

    def _groups(self, name: str, with_intercept: bool) -> NormalMixture:
        model = self._model
        intercept = self._statistics.on_basis(model.intercept_row) * with_intercept

        def components(part: slice) -> tuple[np.ndarray, np.ndarray]:
            mean, variance, row = self._group_forms(np.arange(part.start, part.stop))
            mean = mean + ((self._statistics.center + self._given.mean) @ intercept)[:, None]
            return mean, np.sqrt(self._form_variance(row + intercept) + variance)

        dim = model.names.group_dim
        return NormalMixture(
            name,
            self._weights,
            components,
            len(model.group_labels),
            (dim,),
            {dim: list(model.group_labels)},
        )

    def _group_forms(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Describe group effects at each node.

        Returns the means (G, m), the variances given the coefficients (G, m) and the linear forms
        (G, m, p) by which the effects depend on the coefficients' deviations from their mean.
        """
        factor, variance = gaussian.group_effects(
            self._statistics.sizes[groups], self._sd_alpha[:, None], self._sd_obs[:, None]
        )
        means = self._statistics.means[groups]
        row = -factor[:, :, None] * means[:, :-1]
        mean = factor * (means[:, -1] - self._given.mean @ means[:, :-1].T)
        return mean, variance, row


def _integrate(
    model: RandomInterceptModel,
    statistics: SufficientStatistics,
    prior: CoefficientPrior,
    tolerance: float,
    spread: float,
    with_moments: bool = True,
) -> Quadrature:
    """Integrate over the two standard deviations, looking first where both are near `spread`."""
    if not (isinstance(tolerance, Real) and 0 < tolerance <= _LARGEST_TOLERANCE):
        raise ValueError(
            f"tolerance={tolerance!r}; expected a small positive number, such as 1e-7, and at "
            f"most {_LARGEST_TOLERANCE}."
        )
    group, obs = model.prior_sd_alpha, model.prior_sd_obs

    def log_density(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # far out in a tail values overflow; they become -inf
            given = gaussian.condition(statistics, prior, group.to_scale(x), obs.to_scale(y))
            return (
                given.log_marginal + group.log_density_unbounded(x) + obs.log_density_unbounded(y)
            )

    start = tuple(_start(scale, spread) for scale in (group, obs))

    def moments(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if with_moments:
            return np.stack([group.to_scale(x), obs.to_scale(y)])
        return special.expit(np.stack([x - start[0], y - start[1]]))

    return integrate(log_density, start, moments, tolerance)


def _start(prior: Any, spread: float) -> float:
    """Place the data's scale on the unbounded coordinate, inside the prior's interval."""
    if np.isinf(prior.upper):
        return float(np.log(spread))
    margin = 1e-3 * (prior.upper - prior.lower)
    inside = np.clip(spread, prior.lower + margin, prior.upper - margin)
    return float(prior.to_unbounded(inside))


def _inside(sd: np.ndarray, prior: Any) -> np.ndarray:
    return (sd > prior.lower) & (sd < prior.upper)


def _flatten(dataset: xr.Dataset) -> dict[str, float]:
    """Name each number as `arviz.summary` does: ``1|population[2]``."""
    flat = {}
    for name, values in dataset.items():
        if values.ndim == 0:
            flat[name] = float(values)
            continue
        for label, value in zip(values[values.dims[0]].values, values.values, strict=True):
            flat[f"{name}[{label}]"] = float(value)
    return flat
