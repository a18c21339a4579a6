"""How far partial pooling pulls each group to the common mean."""

import pandas as pd
import xarray as xr

from qfc_helpers._validation import check_frame, check_group_column

from . import _reading

__all__ = ["pooling_factor"]


def pooling_factor(
    draws: xr.DataTree, data: pd.DataFrame, group: str | None = None
) -> xr.DataArray:
    r"""Compute how far each group is pulled from its own estimate to the mean of the groups.

    Given all other parameters, the estimate of alpha_j is a precision-weighted average of what the
    group's own :math:`n_j` observations say and of the hyperdistribution's mean (Gelman and Hill
    2007, chapter 12):

    .. math:: \hat\alpha_j = (1 - \omega_j)\,(\bar y_j - \beta \bar x_j) + \omega_j\,\mu_\alpha,
       \qquad \omega_j = \frac{1 / \mathrm{sd\_alpha}^2}
                              {n_j / \mathrm{sd\_obs}^2 + 1 / \mathrm{sd\_alpha}^2}

    The pooling factor is :math:`\omega_j`: 0 is no pooling (the group stands alone), 1 is complete
    pooling (the group does not count). Small groups are pulled farther. It is computed in each
    draw, so its uncertainty is that of the two standard deviations. Neither Bambi nor ArviZ has it.

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    data : pandas.DataFrame
        The data that the model was fitted to; read are the group's column and the number of rows.
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.

    Returns
    -------
    xarray.DataArray, shape (chain, draw, group)
        ``pooling_factor``, between 0 and 1, with the number of observations ``n_obs`` as a
        coordinate of each group.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree or `data` not a data frame.
    ValueError
        If a standard deviation is missing, or `data` are not those of the model: another number of
        rows, or other groups.

    Notes
    -----
    Gelman and Pardoe (2006) write the same :math:`\omega_j` for this model, also as
    :math:`(\mathrm{sd}(\epsilon_j) / \mathrm{sd\_alpha})^2` with :math:`\epsilon_j` the group's
    offset and sd its posterior standard deviation given all other parameters. Their summary for a
    whole level of a model is another number, with V the variance over groups and E the posterior
    mean,

    .. math:: \lambda = 1 - \frac{\mathrm{V}_j(\mathrm{E}\,\epsilon_j)}
                                 {\mathrm{E}(\mathrm{V}_j\,\epsilon_j)},

    which also counts what is not known about mean and slopes; :math:`\omega_j` takes them as
    given.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, chapter 12. Cambridge University Press.

    Gelman, A. and Pardoe, I. (2006). Bayesian measures of explained variance and pooling in
    multilevel (hierarchical) models. Technometrics 48(2), 241-251.

    Examples
    --------
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_radon
    >>> from qfc_helpers.exact import ExactPosterior
    >>> radon = load_radon()
    >>> model = bmb.Model("log_radon ~ 1 + floor + (1|county)", radon)
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> pull = pooling_factor(draws, radon).mean(["chain", "draw"])
    >>> pull = pull.sel(county=["AITKIN", "STLOUIS"])
    >>> pull.round(1).values.tolist()
    [0.6, 0.0]
    >>> pull["n_obs"].values.tolist()
    [4, 116]
    """
    posterior = _reading.read_posterior(draws)
    group = _reading.find_group(posterior, group)
    among = _reading.sd_alpha(posterior, group) ** 2
    within = _reading.variable(posterior, "sigma") ** 2
    sizes = _group_sizes(data, draws, _reading.group_levels(posterior, group), group)
    # The fraction above, expanded by both variances: defined where sd_alpha is 0.
    factor = (within / (within + sizes * among)).assign_coords(n_obs=sizes)
    return _reading.derived(factor, "pooling_factor", f"pooling factor of each {group}")


def _group_sizes(
    data: pd.DataFrame, draws: xr.DataTree, levels: list[str], group: str
) -> xr.DataArray:
    """Count each group's observations, after a check that these are the data of the draws."""
    check_frame(data, [group])
    check_group_column(data, group, minimum_levels=1)
    observed = draws.get("observed_data")
    if observed is not None and observed.sizes.get("__obs__", len(data)) != len(data):
        raise ValueError(
            f"the data have {len(data)} rows, the model was fitted to "
            f"{observed.sizes['__obs__']}. Pass the same data frame (without the rows that Bambi "
            "dropped, if it did)."
        )
    sizes = data[group].astype(str).value_counts().to_dict()
    if not levels:
        raise ValueError(
            f"the draws do not name the {group}s; sample with the groups' offsets, "
            "group_effects=True."
        )
    strange = sorted(set(sizes) ^ set(levels))
    if strange:
        where = "data but not in the draws" if strange[0] in sizes else "draws but not in the data"
        raise ValueError(
            f"{group} {strange[0]!r} is in the {where}; expected the groups "
            f"{_reading.shorten(levels)}. Pass the data that the model was fitted to."
        )
    return xr.DataArray(
        [sizes[level] for level in levels], dims=group, coords={group: levels}, name="n_obs"
    )
