"""The share of variance that lies among groups."""

import xarray as xr

from . import _reading

__all__ = ["icc"]


def icc(draws: xr.DataTree, group: str | None = None) -> xr.DataArray:
    r"""Compute the intraclass correlation: the share of variance that lies among groups.

    In each draw :math:`\mathrm{sd\_alpha}^2 / (\mathrm{sd\_alpha}^2 + \mathrm{sd\_obs}^2)`: the
    variance among groups as a share of what the predictors leave unexplained; also the correlation
    between two observations of one group with the same predictors. 0: groups do not differ; 1:
    observations of a group do not. Further random intercepts of the model join the denominator.
    Neither Bambi nor ArviZ has it (Bambi's ``r2_score`` is another thing: the share that
    the model explains).

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.

    Returns
    -------
    xarray.DataArray, shape (chain, draw)
        ``icc``, between 0 and 1.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If a standard deviation is missing, or slopes vary among groups (the share then depends on
        the predictor).

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, chapter 12. Cambridge University Press.

    Examples
    --------
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_radon
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("log_radon ~ 1 + floor + (1|county)", load_radon())
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> round(float(icc(draws).mean()), 1)
    0.2
    """
    posterior = _reading.read_posterior(draws)
    group = _reading.find_group(posterior, group)
    varying = [name for name in posterior.data_vars if "|" in name and not name.startswith("1|")]
    if varying:
        raise ValueError(
            f"the model has group terms besides intercepts, {_reading.shorten(varying)}; the share "
            "of variance among groups is then another one for each value of the predictor. "
            "Fit a random-intercept model."
        )
    among = {name: _reading.sd_alpha(posterior, name) ** 2 for name in _reading.factors(posterior)}
    total = sum(among.values()) + _reading.variable(posterior, "sigma") ** 2
    return _reading.derived(
        among[group] / total, "icc", f"share of variance among levels of {group}"
    )
