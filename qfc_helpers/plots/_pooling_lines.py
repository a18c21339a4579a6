"""Each group's line, read off a fit of any kind."""

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["pooling_lines"]


def pooling_lines(fit: Any, x: str, levels: list[str]) -> pd.DataFrame:
    """Read each group's intercept and slope off a fit.

    Parameters
    ----------
    fit : statsmodels results or xarray.DataTree
        A linear model with or without group intercepts, a mixed model with random intercepts, or
        draws of a Bambi model (posterior means are taken).
    x : str
        The predictor whose slope is meant.
    levels : list of str
        The groups, in the order of the result.

    Returns
    -------
    pandas.DataFrame, one row per group
        ``intercept`` (units of the response) and ``slope`` (per unit of `x`).

    Raises
    ------
    TypeError
        If `fit` is of another type.
    ValueError
        If the fit has no slope for `x`, another predictor, slopes that differ among groups, or
        lacks a group.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> fit = smf.ols("weight ~ 1 + length", load_scorpions()).fit()
    >>> pooling_lines(fit, "length", ["1", "2"]).round(2).to_dict("index")["2"]
    {'intercept': 44.48, 'slope': 2.55}
    """
    coefficients, intercepts = _coefficients(fit)
    _check_one_slope(fit, coefficients, x)
    if x not in coefficients:
        raise ValueError(
            f"the fit has no coefficient for {x!r}; it has {sorted(map(str, coefficients))}. "
            "Name the predictor as in the model's formula."
        )
    levels = [str(level) for level in levels]  # a fit's labels are text
    if np.ndim(intercepts) == 0:
        intercepts = pd.Series(float(intercepts), index=levels)
    unknown = [level for level in levels if level not in intercepts.index]
    if unknown:
        raise ValueError(
            f"group {unknown[0]!r} is in the data but not in the fit, which knows "
            f"{list(intercepts.index)}. Fit and plot the same data."
        )
    return pd.DataFrame({"intercept": intercepts.loc[levels], "slope": coefficients[x]})


def _check_one_slope(fit: Any, coefficients: dict[str, float], x: str) -> None:
    """Raise where a line per group, parallel and in `x` alone, would not be the fitted one."""
    varying = [name for name in coefficients if ":" in str(name)]
    if varying or getattr(getattr(fit, "model", None), "k_re", 1) > 1:
        raise ValueError(
            f"the slope differs among groups in this fit ({varying or 'random slopes'}), and "
            "parallel lines would misrepresent it. Fit one common slope, or draw this fit by hand."
        )
    known = {"Intercept", x, "sigma"}
    other = [
        str(name) for name in coefficients if name not in known and not {"[", "|"} & set(str(name))
    ]
    if x in coefficients and other:
        raise ValueError(
            f"the fit has other predictors than {x!r}: {other}. A line against {x!r} alone is not "
            "defined; leave them out, or draw this fit by hand at chosen values of theirs."
        )


def _coefficients(fit: Any) -> tuple[dict[str, float], "pd.Series | float"]:
    """Give the coefficients by name, and the intercepts: one number, or a series by group."""
    if hasattr(fit, "children") and "posterior" in fit.children:  # a DataTree
        return _coefficients_of_draws(fit)
    from qfc_helpers.frequentist import fixed_effects, group_intercepts

    coefficients = fixed_effects(fit)["estimate"].to_dict()
    if not hasattr(fit, "random_effects") and not any("[" in name for name in coefficients):
        return coefficients, coefficients.get("Intercept", 0.0)
    return coefficients, group_intercepts(fit)


def _coefficients_of_draws(draws: Any) -> tuple[dict[str, float], "pd.Series | float"]:
    """Give posterior means; intercepts from a random or a fixed effect per group, if any."""
    means = draws["posterior"].dataset.mean(["chain", "draw"])
    scalars = {name: float(value) for name, value in means.items() if value.ndim == 0}
    groups = {name: value for name, value in means.items() if value.ndim == 1}
    if not groups:
        return scalars, scalars.get("Intercept", 0.0)
    if len(groups) > 1:
        raise ValueError(
            f"the draws have several terms with groups, {sorted(groups)}; one is expected."
        )
    ((name, effect),) = groups.items()
    levels = effect[effect.dims[0]].to_numpy().astype(str)
    if "Intercept" in scalars and not name.startswith("1|"):
        raise ValueError(
            f"the draws have an Intercept and a common effect {name!r} coded against a reference "
            f'level; write the formula as "0 + {name} + ..." to get one intercept per group.'
        )
    return scalars, pd.Series(effect.to_numpy() + scalars.get("Intercept", 0.0), index=levels)
