"""The difference between two groups."""

from typing import Any

import xarray as xr

from . import _reading
from ._group_intercepts import group_intercepts

__all__ = ["difference"]


def difference(
    draws: xr.DataTree, group_a: Any, group_b: Any, group: str | None = None
) -> xr.DataArray:
    """Subtract one group's intercept from another's, draw by draw.

    Two groups' intervals may overlap although the groups clearly differ, for their uncertainties
    are correlated; the differences in each draw take that into account.
    ``bambi.interpret.comparisons`` contrasts predictions of a model at chosen values of its
    predictors; for a random-intercept model its draws are these (with the other sign).

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    group_a, group_b : str
        Two groups. Bambi turns labels into strings; 2 is taken for "2".
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.

    Returns
    -------
    xarray.DataArray, shape (chain, draw)
        alpha of `group_a` minus alpha of `group_b`, in units of the response.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If there is no such group, or if both are the same.

    See Also
    --------
    prob_greater : the probability that the difference is positive.

    Examples
    --------
    >>> import arviz as az
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> posterior = ExactPosterior.from_model(model)
    >>> gap = difference(posterior.sample(random_seed=1), "2", "1")
    >>> error = gap.mean() - posterior.difference("2", "1").mean()
    >>> bool(abs(error) < 4 * az.mcse(gap))
    True
    """
    alpha = group_intercepts(draws, group)
    dim = alpha.dims[-1]
    levels = alpha[dim].to_numpy().tolist()
    a, b = (_reading.check_level(level, levels, dim) for level in (group_a, group_b))
    if a == b:
        raise ValueError(
            f"group_a and group_b are both {a!r}; expected two different groups out of "
            f"{_reading.shorten(levels)}."
        )
    result = alpha.sel({dim: a}, drop=True) - alpha.sel({dim: b}, drop=True)
    return _reading.derived(result, "difference", f"intercept of {dim} {a} minus that of {dim} {b}")
