"""What R's ``lm`` and ``lmer`` print, read off statsmodels' own fits."""

import math
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from statsmodels.regression.linear_model import RegressionResultsWrapper
    from statsmodels.regression.mixed_linear_model import MixedLMResultsWrapper

    Fit = RegressionResultsWrapper | MixedLMResultsWrapper

__all__ = [
    "AIC",
    "BoundaryFitWarning",
    "aic",
    "compare_aic",
    "fixed_effects",
    "group_intercepts",
    "standard_deviations",
]

#: lme4's default in ``isSingular``: a standard deviation among groups below this share of the
#: residual one counts as zero.
BOUNDARY_TOLERANCE = 1e-4


class BoundaryFitWarning(UserWarning):
    """The fit lies on the edge of what is possible (lme4 says "singular fit")."""


@dataclass(frozen=True, repr=False)
class AIC:
    """Akaike's information criterion, together with what it may be compared with.

    Two of them can be ordered (``a < b``) or subtracted (``a - b``) only if they come from the same
    kind of likelihood of the same data.

    Attributes
    ----------
    value : float
        Minus two log likelihood plus two times `parameters`; smaller is better.
    likelihood : str
        ``"ML"`` or ``"REML"``.
    parameters : int
        How many parameters were estimated, standard deviations included (R's convention).
    log_likelihood : float
        The maximized log likelihood.
    fixed_effects : tuple of str
        Names of the fixed effects; REML likelihoods compare only where these agree.
    """

    value: float
    likelihood: str
    parameters: int
    log_likelihood: float
    fixed_effects: tuple[str, ...]
    _response: np.ndarray = field(compare=False)

    def __lt__(self, other: "AIC") -> bool:
        _check_comparable({"left-hand AIC": self, "right-hand AIC": other})
        return self.value < other.value

    def __le__(self, other: "AIC") -> bool:
        return not other < self

    def __gt__(self, other: "AIC") -> bool:
        return other < self

    def __ge__(self, other: "AIC") -> bool:
        return not self < other

    def __sub__(self, other: "AIC") -> float:
        _check_comparable({"left-hand AIC": self, "right-hand AIC": other})
        return self.value - other.value

    def __format__(self, specification: str) -> str:
        return format(self.value, specification) if specification else str(self)

    def __repr__(self) -> str:
        return f"AIC = {self.value:.5f} ({self.likelihood}, {self.parameters} parameters)"


def aic(fit: "Fit") -> AIC:
    """Compute Akaike's information criterion as R's ``AIC`` counts it.

    R counts the residual standard deviation as a parameter; statsmodels' OLS does not (its
    ``aic`` is 2 lower), and its MixedLM gives no AIC after REML.

    Parameters
    ----------
    fit : statsmodels results
        What ``smf.ols(...).fit()`` or ``smf.mixedlm(...).fit()`` returned.

    Returns
    -------
    AIC
        The value with the name of its likelihood. Ordering or subtracting two that may not be
        compared raises a ``ValueError``.

    Raises
    ------
    TypeError
        If `fit` is neither of the two.
    ValueError
        If the optimizer of the mixed model did not arrive at a maximum.

    Warns
    -----
    BoundaryFitWarning
        If the standard deviation among groups was estimated as zero.

    References
    ----------
    Burnham, K. P. and Anderson, D. R. (2002). Model selection and multimodel inference, 2nd
    edition, chapter 2. Springer. For REML: Pinheiro, J. and Bates, D. (2000). Mixed-effects models
    in S and S-PLUS, section 2.2.5. Springer.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> print(aic(smf.ols("weight ~ 1 + length", load_scorpions()).fit()))
    AIC = 95.11368 (ML, 3 parameters)
    """
    if _is_mixed(fit):
        likelihood = "REML" if fit.reml else "ML"
        effects = fit.model.k_re
        parameters = fit.model.k_fe + effects * (effects + 1) // 2 + fit.model.k_vc + 1
    else:
        likelihood = "ML"
        parameters = len(fit.params) + 1
    return AIC(
        value=float(-2 * fit.llf + 2 * parameters),
        likelihood=likelihood,
        parameters=parameters,
        log_likelihood=float(fit.llf),
        fixed_effects=tuple(fit.model.exog_names),
        _response=np.asarray(fit.model.endog),
    )


def compare_aic(fits: dict[str, "Fit"]) -> pd.DataFrame:
    """Tabulate AIC values, best model first, for fits that may be compared.

    Parameters
    ----------
    fits : dict of str to statsmodels results
        The models by the name that the table shall show.

    Returns
    -------
    pandas.DataFrame, one row per model
        ``likelihood``, ``parameters``, ``log_likelihood``, ``AIC``, and ``delta`` (difference to
        the best).

    Raises
    ------
    ValueError
        If one fit is REML and another ML, if REML fits differ in their fixed effects, or if the
        responses differ; the message says which and how to refit.

    See Also
    --------
    aic : one model.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> scorpions = load_scorpions()
    >>> table = compare_aic({
    ...     "complete": smf.ols("weight ~ 1 + length", scorpions).fit(),
    ...     "no": smf.ols("weight ~ 0 + population + length", scorpions).fit(),
    ... })
    >>> table["AIC"].round(2).to_dict()
    {'no': 88.23, 'complete': 95.11}
    """
    if not isinstance(fits, dict):
        raise TypeError(
            f"compare_aic got a {type(fits).__name__}; pass a dict that names the fits, such as "
            "{'no pooling': fit_no, 'partial pooling': fit_partial}."
        )
    if not fits:
        raise ValueError("compare_aic got no fits; pass a dict such as {'no pooling': fit_no}.")
    scores = {name: aic(fit) for name, fit in fits.items()}
    _check_comparable(scores)
    table = pd.DataFrame(
        {
            "likelihood": {name: score.likelihood for name, score in scores.items()},
            "parameters": {name: score.parameters for name, score in scores.items()},
            "log_likelihood": {name: score.log_likelihood for name, score in scores.items()},
            "AIC": {name: score.value for name, score in scores.items()},
        }
    ).sort_values("AIC")
    return table.assign(delta=table["AIC"] - table["AIC"].min()).rename_axis("model")


def group_intercepts(fit: "Fit") -> pd.Series:
    """Read off each group's intercept, alpha_j (the intercept column of lme4's ``coef``).

    Parameters
    ----------
    fit : statsmodels results
        A mixed model with a random intercept, or a linear model with one categorical predictor
        (coded ``0 + group`` or ``1 + group``).

    Returns
    -------
    pandas.Series, one entry per group
        alpha_j in the units of the response, at the point where all other predictors are zero.

    Raises
    ------
    TypeError
        If `fit` is not from ``smf.ols`` or ``smf.mixedlm``.
    ValueError
        If the model has no intercept per group.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.4. Cambridge University Press.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> model = smf.mixedlm("weight ~ 1 + length", load_scorpions(), groups="population")
    >>> group_intercepts(model.fit(method="powell")).round(2).to_dict()
    {'1': 8.65, '2': 61.67, '3': 56.28}
    """
    if _is_mixed(fit):
        group = fit.model.data.exog_re_names[0]
        if not np.all(fit.model.exog_re[:, 0] == 1):
            raise ValueError(
                f"the model has no random intercept (its first random effect is {group!r}); "
                'write re_formula="1 + x", or leave re_formula out.'
            )
        mean = fit.fe_params.get("Intercept", 0.0)
        intercepts = {str(level): mean + re[group] for level, re in fit.random_effects.items()}
    else:
        group, intercepts = _ols_group_intercepts(fit)
    return pd.Series(intercepts, name="alpha_j").rename_axis(group)


def fixed_effects(fit: "Fit") -> pd.DataFrame:
    """Tabulate the fixed effects with the standard errors that R prints.

    statsmodels takes the standard errors of a mixed model from the Hessian over all parameters,
    which differs from lme4's in the fourth digit. Here they are lme4's: the inverse of
    X' V^-1 X at the estimated variances.

    Parameters
    ----------
    fit : statsmodels results
        What ``smf.ols(...).fit()`` or ``smf.mixedlm(...).fit()`` returned.

    Returns
    -------
    pandas.DataFrame, one row per fixed effect
        ``estimate`` and ``standard_error``, in units of the response per unit of the predictor.

    References
    ----------
    Pinheiro, J. and Bates, D. (2000). Mixed-effects models in S and S-PLUS, section 2.4. Springer.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> model = smf.mixedlm("weight ~ 1 + length", load_scorpions(), groups="population")
    >>> fixed_effects(model.fit(method="powell")).round(3).loc["length"].to_dict()
    {'estimate': 2.745, 'standard_error': 1.03}
    """
    if _is_mixed(fit):
        estimate = fit.fe_params
        error = np.sqrt(fit.scale * np.diag(np.linalg.inv(_information(fit))))
    else:
        estimate, error = fit.params, fit.bse
    return pd.DataFrame(
        {"estimate": estimate, "standard_error": np.asarray(error)}, index=estimate.index
    )


def standard_deviations(fit: "MixedLMResultsWrapper") -> pd.Series:
    """Give the standard deviations of a random-intercept model: among groups and within.

    Parameters
    ----------
    fit : statsmodels results
        What ``smf.mixedlm(...).fit()`` returned.

    Returns
    -------
    pandas.Series
        ``sd_alpha`` (among groups) and ``sd_obs`` (residual), in units of the response.

    Raises
    ------
    ValueError
        If the model has more than a random intercept, or no groups at all.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> model = smf.mixedlm("weight ~ 1 + length", load_scorpions(), groups="population")
    >>> standard_deviations(model.fit(method="powell")).round(2).to_dict()
    {'sd_alpha': 32.03, 'sd_obs': 25.05}
    """
    if not _is_mixed(fit):
        raise ValueError(
            "a linear model has no standard deviation among groups; "
            "its residual one is numpy.sqrt(fit.mse_resid)."
        )
    if fit.model.k_re != 1:
        raise ValueError(
            f"the model has {fit.model.k_re} random effects per group; sd_alpha is defined here "
            "for a random intercept only. See fit.cov_re for their covariance matrix."
        )
    return pd.Series(
        {"sd_alpha": math.sqrt(fit.cov_re.iloc[0, 0]), "sd_obs": math.sqrt(fit.scale)},
        name="standard deviation",
    )


def _is_mixed(fit: Any) -> bool:
    """Whether `fit` is a mixed model (True) or a linear one (False); raise for anything else."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.regression.mixed_linear_model import MixedLM

    model = getattr(fit, "model", None)
    if not hasattr(fit, "llf") or not isinstance(model, OLS | MixedLM):
        raise TypeError(
            "expected the result of smf.ols(...).fit() or smf.mixedlm(...).fit(), got "
            f"{type(fit).__name__}. Did you forget .fit()?"
        )
    if isinstance(model, OLS):
        _check_rank(fit)
        return False
    _check_optimum(fit)
    return True


def _check_rank(fit: "RegressionResultsWrapper") -> None:
    """Raise where the data cannot tell the coefficients apart: R would drop some as NA."""
    exog = fit.model.exog
    if fit.model.rank == exog.shape[1]:
        return
    unused = [n for n, used in zip(fit.model.exog_names, exog.any(axis=0), strict=True) if not used]
    reason = (
        f"the level of {unused[0]!r} has no data; drop it with "
        ".cat.remove_unused_categories() on that column"
        if unused
        else "one predictor is a combination of others (such as a group's own property beside one "
        "intercept per group); leave one of them out"
    )
    raise ValueError(
        f"the model has {exog.shape[1]} coefficients but the data determine only "
        f"{int(fit.model.rank)}: {reason}."
    )


def _check_optimum(fit: "MixedLMResultsWrapper") -> None:
    """Raise where the optimizer failed; warn where it stopped on the boundary."""
    if fit.model.k_vc:
        raise ValueError(
            "the model has variance components (vc_formula), which are outside this course; "
            "use one groups= column."
        )
    # Results compute their likelihood late, from the state of the model that they share.
    if fit.model.reml != fit.reml:
        raise ValueError(
            f"this {'REML' if fit.reml else 'ML'} fit shares its model object with a later "
            f"{'ML' if fit.reml else 'REML'} fit, which changed it. Write "
            "smf.mixedlm(...).fit(...) once more for each fit."
        )
    # On radon, method="lbfgs" reports convergence with an infinite likelihood.
    if not fit.converged or not math.isfinite(fit.llf) or not fit.scale > 0:
        raise ValueError(
            f"the optimizer did not find the maximum (log likelihood {fit.llf}, converged = "
            f'{fit.converged}). Refit with .fit(method="powell").'
        )
    smallest = np.linalg.eigvalsh(fit.cov_re.to_numpy())[0]
    if math.sqrt(max(smallest, 0.0) / fit.scale) < BOUNDARY_TOLERANCE:
        what = (
            "the variation among groups is estimated as zero, so every group gets the same "
            "intercept"
            if fit.model.k_re == 1
            else "the random effects vary in fewer directions than the model has (a standard "
            "deviation of zero, or a correlation of one)"
        )
        warnings.warn(
            f"boundary fit: {what} (lme4 calls this a singular fit). The data may still allow for "
            "more; a Bayesian fit shows how much.",
            BoundaryFitWarning,
            stacklevel=4,
        )


def _check_comparable(scores: dict[str, AIC]) -> None:
    """Raise unless all AIC values come from comparable likelihoods."""
    (first_name, first), *others = scores.items()
    for name, score in others:
        if score.likelihood != first.likelihood:
            raise ValueError(
                f"{first_name!r} is from {first.likelihood}, {name!r} from "
                f"{score.likelihood}: these are likelihoods of different things and their AIC may "
                "not be compared. Refit the mixed model with .fit(reml=False) "
                "(a linear model's is always ML)."
            )
        if score.likelihood == "REML" and set(score.fixed_effects) != set(first.fixed_effects):
            raise ValueError(
                f"{first_name!r} and {name!r} are REML fits with different fixed effects "
                f"{first.fixed_effects} and {score.fixed_effects}; their AIC may not be "
                "compared. Refit both with .fit(reml=False)."
            )
        if not np.array_equal(score._response, first._response):
            raise ValueError(
                f"{first_name!r} and {name!r} were fitted to different responses "
                f"({len(first._response)} and {len(score._response)} rows): AIC compares models "
                "of the same data only. Fit both to the same rows, on the same scale."
            )


def _ols_group_intercepts(fit: "RegressionResultsWrapper") -> tuple[str, dict[str, float]]:
    """Read alpha_j off the coefficients ``group[level]`` or ``group[T.level]``."""
    pattern = re.compile(r"^(?P<group>[^\[\]:]+)\[(T\.)?(?P<level>[^\[\]]+)\]$")
    matches = {name: match for name in fit.params.index if (match := pattern.match(name))}
    groups = {match["group"] for match in matches.values()}
    if len(groups) != 1:
        raise ValueError(
            f"expected one categorical predictor, found {sorted(groups) or 'none'} among the "
            f"coefficients {list(fit.params.index)}. With complete pooling the only intercept is "
            'fit.params["Intercept"]; for one per group write "y ~ 0 + group + x".'
        )
    group = groups.pop()
    effects = {match["level"]: fit.params[name] for name, match in matches.items()}
    # With treatment coding ("1 + group") the first level has no coefficient of its own.
    column = fit.model.data.frame[re.sub(r"^C\((\w+).*\)$", r"\1", group)]
    levels = pd.Categorical(column).categories.astype(str)
    if not set(effects) <= set(levels):
        raise ValueError(
            f"the coefficients {list(matches)} are coded in a way that does not give each group's "
            f'intercept; write "0 + {group.split(",")[0].removeprefix("C(").rstrip(")")}".'
        )
    intercept = fit.params.get("Intercept", 0.0)
    return group, {level: intercept + effects.get(level, 0.0) for level in levels}


def _information(fit: "MixedLMResultsWrapper") -> np.ndarray:
    """X' V^-1 X in units of the residual variance, group by group.

    Woodbury's identity with a square root of the covariance of the random effects, so that a
    covariance on the boundary does no harm.
    """
    values, vectors = np.linalg.eigh(fit.cov_re_unscaled)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    information = np.zeros((fit.model.k_fe, fit.model.k_fe))
    for x, z in zip(fit.model.exog_li, fit.model.exog_re_li, strict=True):
        zr = z @ root
        projected = zr.T @ x
        inner = np.linalg.solve(np.eye(root.shape[1]) + zr.T @ zr, projected)
        information += x.T @ x - projected.T @ inner
    return information
