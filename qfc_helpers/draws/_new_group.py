"""The intercept of a group that the model has not seen."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from qfc_helpers._seeds import Seed, generators

from . import _reading

__all__ = ["draw_offsets", "new_group"]


def new_group(
    draws: xr.DataTree,
    labels: str | Sequence[str] = "new",
    *,
    group: str | None = None,
    random_seed: Seed = None,
) -> xr.DataArray:
    """Draw alpha for groups that the model has not seen, from the hyperdistribution.

    Each new group gets, in each draw, a fresh value from Normal(mu_alpha, sd_alpha) with that
    draw's mean and standard deviation; so the result holds both what differs among groups and what
    is not known about the hyperdistribution.

    This is **not** what Bambi's ``predict(..., sample_new_groups=True)`` does. That picks, in each
    draw, one of the groups in the data and returns its intercept again; one pick serves all new
    groups and all chains. With few groups the two differ grossly (see the examples).

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    labels : str or sequence of str, optional
        A name for each new group.
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.
    random_seed : int, numpy.random.Generator or None
        The same seed gives the same result for the same label, and independent draws for another
        one. It may be the seed of the posterior draws.

    Returns
    -------
    xarray.DataArray, shape (chain, draw, group)
        ``alpha_j`` of the new groups in units of the response, with all predictors at zero; the
        last dimension is named for the group and holds `labels`. Given the hyperparameters, the
        new groups are independent of each other and of the old ones.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If a label is repeated or belongs to a group of the data, a hyperparameter is missing among
        the draws, or the seed is not one.

    See Also
    --------
    predict_new_group : the response in a new group.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.8 (prediction for a new observation in a new group). Cambridge University
    Press.

    Examples
    --------
    >>> import warnings
    >>> import bambi as bmb
    >>> import pandas as pd
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> scorpions = load_scorpions()
    >>> model = bmb.Model(
    ...     "weight ~ 1 + length + (1|population)",
    ...     scorpions,
    ...     priors={
    ...         "Intercept": bmb.Prior("Normal", mu=50, sigma=15),
    ...         "1|population": bmb.Prior(
    ...             "Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=100)
    ...         ),
    ...         "length": bmb.Prior("Normal", mu=0, sigma=10),
    ...         "sigma": bmb.Prior("HalfNormal", sigma=25),
    ...     },
    ...     center_predictors=False,
    ... )
    >>> posterior = ExactPosterior.from_model(model)
    >>> draws = posterior.sample(random_seed=1)

    The standard deviation of a fourth population's intercept, by quadrature:

    >>> sd = posterior.new_group().sd()
    >>> int(sd.round())
    54

    Draws of two new populations have it (1.0 times):

    >>> alpha = new_group(draws, ["4", "5"], random_seed=1)
    >>> (alpha.std(["chain", "draw"]) / sd).round(1).values.tolist()
    [1.0, 1.0]

    Bambi's resampling of the three old ones has half of it:

    >>> rows = pd.DataFrame({"population": ["4", "5"], "length": [0.0, 0.0]})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", FutureWarning)
    ...     resampled = model.predict(
    ...         draws, data=rows, sample_new_groups=True, inplace=False, random_seed=1
    ...     ).posterior["mu"]
    >>> (resampled.std(["chain", "draw"]) / sd).round(1).values.tolist()
    [0.5, 0.5]

    And its draws for two new populations are the same, so that they seem not to differ at all:

    >>> bool((resampled[..., 0] == resampled[..., 1]).all())
    True
    >>> bool((alpha[..., 0] == alpha[..., 1]).any())
    False
    """
    posterior = _reading.read_posterior(draws)
    group = _reading.find_group(posterior, group)
    single = isinstance(labels, str) or not isinstance(labels, Iterable)
    labels = _check_labels([labels] if single else labels, posterior, group)
    offsets = draw_offsets(posterior, group, labels, random_seed)
    alpha = _reading.variable(posterior, "Intercept") + offsets
    return _reading.derived(alpha, "alpha_j", f"intercept of each new {group}")


def draw_offsets(
    posterior: xr.Dataset, group: str, labels: Sequence[str], random_seed: Seed
) -> xr.DataArray:
    """Draw offsets of new groups from Normal(0, sd_alpha), shape (chain, draw, group)."""
    spread = _reading.sd_alpha(posterior, group).transpose("chain", "draw")
    streams = generators(random_seed, [f"offset of {label}" for label in labels])
    standard = xr.DataArray(
        np.stack([rng.standard_normal(spread.shape) for rng in streams], axis=-1),
        dims=("chain", "draw", group),
        coords={group: list(labels)},
    )
    return spread * standard


def _check_labels(labels: Sequence[str], posterior: xr.Dataset, group: str) -> list[str]:
    """Return the labels as strings; refuse groups that are not new, or not distinct."""
    labels = [str(label) for label in labels]
    if not labels or len(set(labels)) < len(labels):
        raise ValueError(
            f"labels={labels!r}; expected at least one name and each name once, such as "
            'labels=["A", "B"] for two new groups.'
        )
    seen = sorted(set(labels) & set(_reading.group_levels(posterior, group)))
    if seen:
        raise ValueError(
            f"{group} {seen[0]!r} is in the data that the model was fitted to; expected a new "
            "name. For a group of the data use group_intercepts()."
        )
    return labels
