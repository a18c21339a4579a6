"""alpha_j, the intercept of each group."""

import xarray as xr

from . import _reading

__all__ = ["group_intercepts"]


def group_intercepts(draws: xr.DataTree, group: str | None = None) -> xr.DataArray:
    """Add up each group's intercept, alpha_j = mu_alpha + offset of the group.

    Bambi reports the mean ``Intercept`` and the groups' offsets ``1|group``; a lecture's alpha_j is
    their sum in each draw. (Adding the two means gives its mean, but not its uncertainty: the two
    are correlated.) Neither Bambi nor ArviZ has a function for it.

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts. Other groups
        are then at their mean.

    Returns
    -------
    xarray.DataArray, shape (chain, draw, group)
        ``alpha_j`` in units of the response (of the linear predictor, if the model has a link
        function), at the point where all predictors are zero, whether Bambi centered them or not.
        The last dimension is named for the group, such as ``population``; its labels are strings.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If the draws have no random intercept, several of them and `group` does not say which, no
        ``Intercept``, or a hyperprior on the mean of the offsets.

    See Also
    --------
    lecture_names : all parameters of the model under the lecture's names.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.3. Cambridge University Press.

    Examples
    --------
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> alpha_j = group_intercepts(draws)
    >>> dict(alpha_j.sizes)
    {'chain': 4, 'draw': 1000, 'population': 3}

    To have it beside the parameters in ArviZ's tables and plots, store it under this name
    (one called ``alpha`` would break ArviZ's plots of prior sensitivity):

    >>> draws.posterior["alpha_j"] = alpha_j
    """
    posterior = _reading.read_posterior(draws)
    group = _reading.find_group(posterior, group)
    offsets = _reading.group_offsets(posterior, group)
    alpha = _reading.variable(posterior, "Intercept") + offsets
    return _reading.derived(alpha, "alpha_j", f"intercept of each {group}")
