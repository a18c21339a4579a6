"""Read Bambi's names off a DataTree of draws, and say clearly what is missing.

The only module here that knows how Bambi names the parts of a random-intercept model.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

__all__ = [
    "check_level",
    "common_effects",
    "derived",
    "factors",
    "find_group",
    "group_levels",
    "group_offsets",
    "read_posterior",
    "sd_alpha",
    "shorten",
    "variable",
]

_SAMPLE_DIMS = ("chain", "draw")

#: Attribute of the arrays that this package computed from others.
_MARK = "derived_by"

#: What to do about a parameter that is not among the draws.
_REMEDIES = {
    "Intercept": (
        "The verbs of this module need the mean of the groups as a common intercept: write the "
        'formula with it, such as "y ~ 1 + x + (1|group)".'
    ),
    "sigma": (
        "Residual standard deviations come with a Gaussian model whose sigma is one number; "
        "other families, or a sigma with a formula of its own, have none."
    ),
}


def read_posterior(draws: Any) -> xr.Dataset:
    """Return the posterior group of `draws`.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree; for a model or a Dataset the message says what to pass.
    ValueError
        If it has no posterior group, or a posterior without chains and draws.
    """
    if not isinstance(draws, xr.DataTree):
        raise TypeError(
            "draws must be the DataTree that model.fit() or ExactPosterior.sample() returned, got "
            f"{type(draws).__name__}. {_advice(draws)}"
        )
    if "posterior" not in draws.children:
        raise ValueError(
            f"the DataTree has no group 'posterior'; it has {shorten(draws.children)}. "
            "Pass the whole of what model.fit() returned, not one of its groups."
        )
    posterior = draws["posterior"].to_dataset()
    missing = [dim for dim in _SAMPLE_DIMS if dim not in posterior.dims]
    if missing:
        raise ValueError(
            f"the posterior has no dimension {missing[0]!r}; it has {shorten(posterior.dims)}. "
            "Pass the draws as they were sampled: not averaged, and not stacked by az.extract."
        )
    return posterior


def variable(posterior: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable of the posterior, after a check that all its draws are numbers.

    Raises
    ------
    ValueError
        If it is missing, or holds NaN or infinite values.
    """
    if name not in posterior:
        remedy = _REMEDIES.get(name, "Aliases hide it: fit without model.set_alias().")
        raise ValueError(
            f"the draws have no {name!r}; they have {shorten(posterior.data_vars)}. {remedy}"
        )
    values = posterior[name]
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise ValueError(
            f"{name!r} has {bad} draw(s) that are not finite numbers; expected none. The sampling "
            "failed: look at diagnose(draws), and at the model's priors and data."
        )
    return values


def factors(posterior: xr.Dataset) -> list[str]:
    """Return the grouping factors of all random intercepts ``1|factor``."""
    names = [name.removeprefix("1|") for name in posterior.data_vars if name.startswith("1|")]
    # By the dimension, not by the name: a factor may itself end in "_sigma".
    shown = [name for name in names if _factor_dim(name) in posterior[f"1|{name}"].dims]
    # Exact draws may come without the groups' offsets; the standard deviation still names them.
    hidden = [
        name.removesuffix("_sigma")
        for name in names
        if name.endswith("_sigma") and name not in shown
    ]
    return list(dict.fromkeys([*shown, *hidden]))


def find_group(posterior: xr.Dataset, group: str | None = None) -> str:
    """Return the grouping factor of the random intercept ``1|group``.

    Raises
    ------
    ValueError
        If there is none, several and `group` does not say which, or not the one asked for.
    """
    found = factors(posterior)
    if group is not None and str(group).removeprefix("1|") in found:
        return str(group).removeprefix("1|")
    if not found:
        raise ValueError(
            "the draws have no random intercept, a variable such as '1|population'; they have "
            f"{shorten(posterior.data_vars)}. Fit a partial-pooling model, such as "
            'bmb.Model("y ~ 1 + x + (1|population)", data), without aliases for its terms.'
        )
    if group is not None:
        raise ValueError(
            f"group={group!r} has no random intercept '1|{group}' among the draws; expected "
            f"{' or '.join(map(repr, found))}."
        )
    if len(found) > 1:
        raise ValueError(
            f"the draws have several random intercepts, for {', '.join(map(repr, found))}; say "
            f"which one is meant with group={found[0]!r}."
        )
    return found[0]


def group_offsets(posterior: xr.Dataset, group: str) -> xr.DataArray:
    """Return each group's offset from the mean, with the dimension named for the group.

    Raises
    ------
    ValueError
        If the draws hold none, or the model puts the groups' mean into the offsets.
    """
    # Bambi drops such a hyperprior in its non-centered form and keeps it in the centered one; with
    # it, "Intercept" is not the mean of the groups and every verb here would be wrong.
    if f"1|{group}_mu" in posterior:
        raise ValueError(
            f"the model has a hyperprior on the mean of '1|{group}' (the draws hold "
            f"'1|{group}_mu'); expected offsets with mean zero. Keep the mean in the intercept: "
            f'"y ~ 1 + ... + (1|{group})", with a prior for "Intercept" and '
            f'bmb.Prior("Normal", mu=0, sigma=...) for "1|{group}".'
        )
    offsets = variable(posterior, f"1|{group}").rename({_factor_dim(group): group})
    return offsets.assign_coords({group: [str(level) for level in offsets[group].to_numpy()]})


def group_levels(posterior: xr.Dataset, group: str) -> list[str]:
    """Return the names of the groups that the model has seen; none if their draws were left out."""
    dim = _factor_dim(group)
    return [str(level) for level in posterior[dim].to_numpy()] if dim in posterior.coords else []


def sd_alpha(posterior: xr.Dataset, group: str) -> xr.DataArray:
    """Return the standard deviation among groups.

    Raises
    ------
    ValueError
        If it was not estimated.
    """
    name = f"1|{group}_sigma"
    if name not in posterior:
        raise ValueError(
            f"the draws have no {name!r}; they have {shorten(posterior.data_vars)}. The standard "
            "deviation among groups needs a hyperprior, such as bmb.Prior('Normal', mu=0, "
            "sigma=bmb.Prior('HalfNormal', sigma=100))."
        )
    return variable(posterior, name)


def common_effects(posterior: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the slopes one by one; a category's is named like ``site[b]``."""
    effects = {}
    for name in posterior.data_vars:
        values = posterior[name]
        # The user may have stored results of this module beside the parameters.
        if name in ("Intercept", "sigma") or "|" in name or _MARK in values.attrs:
            continue
        extra = [dim for dim in values.dims if dim not in _SAMPLE_DIMS]
        # Anything else, such as predictions for the rows of the data, is not a coefficient.
        if not extra:
            effects[name] = variable(posterior, name)
        elif extra == [f"{name}_dim"]:
            for level in values[extra[0]].to_numpy():
                selected = variable(posterior, name).sel({extra[0]: level}, drop=True)
                effects[f"{name}[{level}]"] = selected
    return effects


def derived(values: xr.DataArray, name: str, long_name: str) -> xr.DataArray:
    """Name a result, with chain and draw first, and mark it as computed from other draws."""
    values = values.transpose(*_SAMPLE_DIMS, ...).rename(name)
    return values.assign_attrs({"long_name": long_name, _MARK: "qfc_helpers.draws"})


def check_level(level: Any, levels: Sequence[str], group: str) -> str:
    """Return the group's name as the draws have it: Bambi turns group labels into strings.

    Raises
    ------
    ValueError
        If there is no such group.
    """
    if str(level) not in levels:
        raise ValueError(
            f"{group} {level!r} is not among the groups of the draws, {shorten(levels)}. "
            "For a group that the model has not seen use new_group()."
        )
    return str(level)


def shorten(names: Iterable[Any], most: int = 10) -> str:
    """List names for a message, the first few only."""
    names = [repr(str(name)) for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "nothing"


def _factor_dim(group: str) -> str:
    return f"{group}__factor_dim"


def _advice(draws: Any) -> str:
    """Say what to pass instead, by what was passed."""
    kind = type(draws).__name__
    if kind == "Model":
        return "That is the model: pass the draws, draws = model.fit(...)."
    if isinstance(draws, xr.Dataset | xr.DataArray):
        return (
            "That is one part of the draws: pass the whole, such as draws and not draws.posterior."
        )
    if kind == "ExactPosterior":
        return "That is the exact posterior: pass draws from it, posterior.sample(...)."
    return "Fit the model first: draws = model.fit(...)."
