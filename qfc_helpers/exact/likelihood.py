"""The likelihood without priors: maximum likelihood and REML, as lme4 computes them."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from scipy import linalg, optimize

from . import gaussian
from .reading import read_model
from .statistics import sufficient_statistics
from .structure import RandomInterceptModel

__all__ = ["RandomInterceptLikelihood"]

Method = Literal["ML", "REML"]

# Ratios sd_alpha / sd_obs that are scanned for the maximum, besides zero.
_LOG_RATIOS = np.linspace(-12, 12, 97)


class RandomInterceptLikelihood:
    """Log likelihood of the two standard deviations, with the group effects integrated out.

    For ``"ML"`` the coefficients are at their best values given the standard deviations; for
    ``"REML"`` they are integrated out under a flat prior. Constants are R's, so that the maxima
    agree with ``logLik`` of lme4's ``lmer``.

    References
    ----------
    Bates, Mächler, Bolker and Walker (2015), Fitting linear mixed-effects models using lme4,
    Journal of Statistical Software 67(1), section 3.
    Patterson and Thompson (1971), Recovery of inter-block information when block sizes are
    unequal, Biometrika 58(3).

    Examples
    --------
    >>> import bambi as bmb, pandas as pd
    >>> data = pd.DataFrame({
    ...     "weight": [25, 14, 68, 79, 64, 139, 49, 119, 111],
    ...     "population": [1, 1, 1, 2, 2, 2, 3, 3, 3],
    ...     "length": [1, 14, 22, 2, 9, 20, 2, 13, 22],
    ... })
    >>> model = bmb.Model("weight ~ length + (1|population)", data)
    >>> fit = RandomInterceptLikelihood.from_model(model).maximize("REML")
    >>> round(float(fit["sd_alpha"]), 2), round(float(fit["sd_obs"]), 2)
    (32.03, 25.05)
    """

    def __init__(self, model: RandomInterceptModel):
        if len(model.group_labels) == model.response.size:
            raise ValueError(
                f"each of the {model.response.size} groups has one row only: the variation among "
                "groups and within them cannot be told apart. Some groups need two rows or more."
            )
        self._model = model
        self._statistics = sufficient_statistics(
            model.response - model.offset, model.design, model.group, len(model.group_labels)
        )
        self._flat = gaussian.flat_prior(self._statistics)

    @classmethod
    def from_model(cls, model: Any) -> "RandomInterceptLikelihood":
        """Read the data and the formula, but not the priors, of a Bambi model.

        Raises
        ------
        UnsupportedModelError
            As `ExactPosterior.from_model`.
        """
        return cls(read_model(model))

    def log_likelihood(
        self,
        sd_alpha: float | Sequence[float],
        sd_obs: float | Sequence[float],
        method: Method = "REML",
    ) -> xr.DataArray:
        """Return the log likelihood for every pair of standard deviations.

        Parameters
        ----------
        sd_alpha, sd_obs
            Values, in units of the response; ``sd_alpha`` may be zero, ``sd_obs`` must not.
        method
            ``"ML"`` or ``"REML"``.

        Returns
        -------
        DataArray
            Dimensions ``sd_alpha`` and ``sd_obs``, where these were given as sequences.

        Raises
        ------
        ValueError
            If a standard deviation or the method is not valid.
        """
        groups, obs = np.atleast_1d(sd_alpha).astype(float), np.atleast_1d(sd_obs).astype(float)
        if not ((groups >= 0).all() and np.isfinite(groups).all()):
            raise ValueError(f"sd_alpha={sd_alpha!r}; expected finite numbers, zero or more.")
        if not ((obs > 0).all() and np.isfinite(obs).all()):
            raise ValueError(f"sd_obs={sd_obs!r}; expected finite positive numbers.")
        pairs = [grid.ravel() for grid in np.meshgrid(groups, obs, indexing="ij")]
        result = xr.DataArray(
            self._evaluate(*pairs, method).reshape(groups.size, obs.size),
            dims=("sd_alpha", "sd_obs"),
            coords={"sd_alpha": groups, "sd_obs": obs},
            name=f"log_likelihood_{_check_method(method)}",
        )
        scalars = {
            name: 0
            for name, value in (("sd_alpha", sd_alpha), ("sd_obs", sd_obs))
            if np.ndim(value) == 0
        }
        return result.isel(scalars)

    def maximize(self, method: Method = "REML") -> xr.Dataset:
        """Return the estimates at the maximum, as lmer prints them.

        Parameters
        ----------
        method
            ``"ML"`` or ``"REML"``.

        Returns
        -------
        Dataset
            ``sd_alpha``, ``sd_obs``, ``log_likelihood``; ``coefficient`` and
            ``standard_error`` over the dimension ``term``; ``group_effect`` (the conditional
            modes, lmer's ``ranef``) over the groups. Attribute ``singular`` says whether
            ``sd_alpha`` is estimated as zero.
        """
        method = _check_method(method)
        ratio = self._best_ratio(method)
        sd_obs = self._best_sd_obs(np.array([ratio]), method)
        sd_alpha = ratio * sd_obs
        given = gaussian.condition(self._statistics, self._flat, sd_alpha, sd_obs)
        forms = self._statistics.on_basis(self._model.report)
        theta = self._statistics.center + given.mean[0]
        spread = linalg.solve_triangular(given.cholesky[0], forms.T, lower=True)
        factor, _ = gaussian.group_effects(self._statistics.sizes, sd_alpha, sd_obs)
        means = self._statistics.means
        effects = factor * (means[:, -1] - means[:, :-1] @ given.mean[0])
        dim = self._model.names.group_dim
        return xr.Dataset(
            {
                "sd_alpha": float(sd_alpha[0]),
                "sd_obs": float(sd_obs[0]),
                "log_likelihood": float(self._evaluate(sd_alpha, sd_obs, method)[0]),
                "coefficient": ("term", forms @ theta),
                "standard_error": ("term", np.sqrt((spread**2).sum(axis=0))),
                "group_effect": (dim, effects),
            },
            coords={"term": self._labels(), dim: list(self._model.group_labels)},
            attrs={"method": method, "singular": bool(ratio == 0)},
        )

    def _evaluate(self, sd_alpha: np.ndarray, sd_obs: np.ndarray, method: Method) -> np.ndarray:
        given = gaussian.condition(self._statistics, self._flat, sd_alpha, sd_obs)
        if _check_method(method) == "REML":
            return given.log_marginal
        # With a flat prior, integrating the coefficients differs from maximizing over them by
        # their posterior's determinant only.
        root = np.log(np.diagonal(given.cholesky, axis1=1, axis2=2)).sum(axis=1)
        return given.log_marginal + root - 0.5 * self._flat.log_determinant

    def _best_sd_obs(self, ratio: np.ndarray, method: Method) -> np.ndarray:
        """Return the best residual standard deviation for each ratio: it has a closed form."""
        unit = np.ones_like(ratio)
        given = gaussian.condition(self._statistics, self._flat, ratio, unit)
        log_determinant = (
            np.log(1 + self._statistics.size_values * ratio[:, None] ** 2)
            @ self._statistics.size_counts
        )
        root = np.log(np.diagonal(given.cholesky, axis1=1, axis2=2)).sum(axis=1)
        quadratic = (
            -2 * given.log_marginal
            - self._statistics.n_rows * np.log(2 * np.pi)
            - log_determinant
            - 2 * root
            + self._flat.log_determinant
        )
        lost = self._statistics.n_coefficients if method == "REML" else 0
        return np.sqrt(quadratic / (self._statistics.n_rows - lost))

    def _best_ratio(self, method: Method) -> float:
        """Return the best sd_alpha / sd_obs; zero if the likelihood is highest there."""

        def profile(ratio: np.ndarray) -> np.ndarray:
            sd_obs = self._best_sd_obs(ratio, method)
            return self._evaluate(ratio * sd_obs, sd_obs, method)

        values = profile(np.exp(_LOG_RATIOS))
        if np.argmax(values) == values.size - 1:
            raise ValueError(
                f"the likelihood still rises where sd_alpha is {np.exp(_LOG_RATIOS[-1]):,.0f} "
                "times sd_obs: the model fits the rows of each group all but perfectly. Check "
                "whether the response is a function of the group and the predictors."
            )
        best = int(np.clip(np.argmax(values), 1, values.size - 2))
        found = optimize.minimize_scalar(
            lambda log_ratio: -profile(np.exp([log_ratio]))[0],
            bounds=(_LOG_RATIOS[best - 1], _LOG_RATIOS[best + 1]),
            method="bounded",
            options={"xatol": 1e-10},
        )
        return 0.0 if profile(np.zeros(1))[0] >= -found.fun - 1e-9 else float(np.exp(found.x))

    def _labels(self) -> list[str]:
        labels = []
        for term in self._model.terms:
            if term.labels is None:
                labels.append(term.name)
            else:
                labels += [f"{term.name}[{label}]" for label in term.labels]
        return labels


def _check_method(method: str) -> Method:
    if method not in ("ML", "REML"):
        raise ValueError(f"method={method!r}; expected 'ML' or 'REML'.")
    return method
