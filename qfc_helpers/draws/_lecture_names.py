"""From Bambi's names to the lecture's."""

import xarray as xr

from . import _reading
from ._group_intercepts import group_intercepts

__all__ = ["lecture_names"]


def lecture_names(draws: xr.DataTree, group: str | None = None) -> xr.Dataset:
    """Give all parameters of a Gaussian random-intercept model the lecture's names.

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.

    Returns
    -------
    xarray.Dataset
        ``alpha_j`` (chain, draw, group), ``mu_alpha`` (chain, draw), ``sd_alpha`` (chain, draw),
        ``beta`` (chain, draw, predictor) unless the model has no predictor, and ``sd_obs`` (chain,
        draw); all in units of the response, beta per unit of its predictor. A category's difference
        from the reference is labeled like ``site[b]``.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If a parameter is missing, or `group` is needed and not given.

    See Also
    --------
    group_intercepts : alpha_j alone.

    Examples
    --------
    >>> import arviz as az
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> list(az.summary(lecture_names(draws)).index)
    ['alpha_j[1]', 'alpha_j[2]', 'alpha_j[3]', 'mu_alpha', 'sd_alpha', 'sd_obs', 'beta[length]']
    """
    posterior = _reading.read_posterior(draws)
    group = _reading.find_group(posterior, group)
    named = {
        "alpha_j": group_intercepts(draws, group),
        "mu_alpha": _reading.derived(
            _reading.variable(posterior, "Intercept"), "mu_alpha", "mean of the hyperdistribution"
        ),
        "sd_alpha": _reading.derived(
            _reading.sd_alpha(posterior, group), "sd_alpha", f"standard deviation among {group}s"
        ),
        "sd_obs": _reading.derived(
            _reading.variable(posterior, "sigma"), "sd_obs", f"standard deviation within a {group}"
        ),
    }
    slopes = _reading.common_effects(posterior)
    if slopes:
        beta = xr.concat(
            [values.rename("beta").drop_attrs() for values in slopes.values()],
            dim=xr.Variable("predictor", list(slopes)),
        )
        named["beta"] = _reading.derived(beta, "beta", "slope of each predictor")
    return xr.Dataset(named)
