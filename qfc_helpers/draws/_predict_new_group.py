"""The response in a group that the model has not seen."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from qfc_helpers._seeds import Seed, generators
from qfc_helpers._validation import check_frame, check_group_column

from . import _reading
from ._new_group import draw_offsets

if TYPE_CHECKING:
    import bambi

__all__ = ["predict_new_group"]

#: The group's name where the data give none.
_UNNAMED = "new"


def predict_new_group(
    draws: xr.DataTree,
    model: "bambi.Model",
    data: pd.DataFrame,
    kind: Literal["response", "response_params"] = "response",
    *,
    random_seed: Seed = None,
) -> xr.DataArray:
    """Predict the response for new rows of data from groups that the model has not seen.

    Bambi's ``model.predict`` evaluates the common part, with the model's own design matrix; the new
    groups' offsets are drawn from the hyperdistribution, as in :func:`new_group`; Bambi's family
    draws the response around their sum. (``model.predict(..., sample_new_groups=True)`` does all of
    it in one call, but re-uses the old groups' offsets and so understates the spread.)

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned; not changed.
    model : bambi.Model
        The model that the draws are from: identity link, one group term ``(1|group)``.
    data : pandas.DataFrame, shape (n, predictors)
        New rows with the model's predictors. If it has the group's column, rows with the same label
        share a group, and labels must be new; if not, all rows are of one new group.
    kind : {"response", "response_params"}
        As in Bambi: single observations, or their mean (the line of the new group).
    random_seed : int, numpy.random.Generator or None
        The same seed gives the same result.

    Returns
    -------
    xarray.DataArray, shape (chain, draw, __obs__)
        Named for the response, or for its mean (``mu``), in units of the response. A coordinate
        along ``__obs__`` names each row's group.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree, `model` not a Bambi model or `data` not a data frame.
    ValueError
        If a predictor is missing or not finite, a label belongs to a group of the data, or the
        model has a link function or other group terms.

    See Also
    --------
    new_group : the intercept alone.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.8. Cambridge University Press.

    Examples
    --------
    >>> import bambi as bmb
    >>> import pandas as pd
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> rows = pd.DataFrame({"population": ["4", "4", "5"], "length": [5, 10, 10]})
    >>> weight = predict_new_group(draws, model, rows, random_seed=1)
    >>> weight.name, dict(weight.sizes), weight["population"].values.tolist()
    ('weight', {'chain': 4, 'draw': 1000, '__obs__': 3}, ['4', '4', '5'])
    """
    posterior = _reading.read_posterior(draws)
    _check_model(model)
    _check_kind(kind)
    group = _only_group(model)
    _reading.find_group(posterior, group)
    check_frame(data, [])
    labels = _row_labels(data, posterior, group)

    predicted = _common_part(posterior, model, data)
    new = list(dict.fromkeys(labels))
    offsets = draw_offsets(posterior, group, new, random_seed)
    rows = xr.DataArray(labels, dims="__obs__")
    mean = _mean_name(model)
    predicted[mean] = predicted[mean] + offsets.sel({group: rows}).drop_vars(group)
    if kind == "response":
        (rng,) = generators(random_seed, [f"response in {', '.join(new)}"])
        result = model.family.posterior_predictive(model, predicted, rng)
        name = model.response_term.alias or model.response_term.name
    else:
        result, name = predicted[mean], mean
    result = result.assign_coords({group: ("__obs__", labels)})
    return _reading.derived(result, name, f"{name} in a new {group}")


def _check_model(model: Any) -> None:
    """Refuse what is not a Bambi model, and families whose mean is not the linear predictor."""
    import bambi as bmb

    if not isinstance(model, bmb.Model):
        raise TypeError(
            f"model must be the bambi.Model that the draws are from, got {type(model).__name__}; "
            "call predict_new_group(draws, model, data)."
        )
    family = model.family
    link = family.link[family.likelihood.parent].name
    if link != "identity" or model.response_term.is_constrained:
        raise ValueError(
            f"the model has family {family.name!r} with link {link!r}; expected an unconstrained "
            'response with identity link, such as family="gaussian". For others take '
            "new_group(), add the predictors' part and apply the inverse link."
        )


def _check_kind(kind: str) -> None:
    if kind not in ("response", "response_params"):
        raise ValueError(
            f"kind={kind!r}; expected 'response' (single observations) or 'response_params' "
            "(their mean)."
        )


def _mean_name(model: "bambi.Model") -> str:
    """Return the name under which Bambi stores the linear predictor."""
    parent = model.family.likelihood.parent
    return model.parameters[parent].alias or parent


def _only_group(model: "bambi.Model") -> str:
    """Return the grouping factor of the model's only group term."""
    terms = [
        (parameter, name)
        for parameter, component in model.conditional_parameters.items()
        for name in component.group_specific_terms
    ]
    parent = model.family.likelihood.parent
    if len(terms) != 1 or terms[0][0] != parent or not terms[0][1].startswith("1|"):
        names = _reading.shorten(f"{name} (of {parameter})" for parameter, name in terms)
        raise ValueError(
            f"the model has the group terms {names}; expected exactly one random intercept of "
            f"{parent}, such as (1|population): what the others are for a new group is not known."
        )
    return terms[0][1].removeprefix("1|")


def _row_labels(data: pd.DataFrame, posterior: xr.Dataset, group: str) -> list[str]:
    """Return the new group of each row."""
    if group not in data:
        return [_UNNAMED] * len(data)
    check_group_column(data, group, minimum_levels=1)
    labels = [str(label) for label in data[group]]
    seen = sorted(set(labels) & set(_reading.group_levels(posterior, group)))
    if seen:
        raise ValueError(
            f"{group} {seen[0]!r} is in the data that the model was fitted to; expected new groups "
            "only. Predict rows of known groups with model.predict(draws, data=...)."
        )
    return labels


def _common_part(posterior: xr.Dataset, model: "bambi.Model", data: pd.DataFrame) -> xr.Dataset:
    """Evaluate the common part of the linear predictor, and a sigma with its own formula."""
    try:
        predicted = model.predict(
            xr.DataTree.from_dict({"posterior": posterior}),
            data=data,
            include_group_specific=False,
            inplace=False,
        )
    except KeyError as error:
        raise ValueError(
            f"data have no column {error.args[0]!r}; they have {_reading.shorten(data.columns)}. "
            f"The model {model.formula.main!r} needs it."
        ) from error
    predicted = predicted["posterior"].to_dataset()
    mean = predicted[_mean_name(model)]
    bad = ~np.isfinite(mean).all(["chain", "draw"]).to_numpy()
    if bad.any():
        row = data.index[bad][0]
        raise ValueError(
            f"{bad.sum()} row(s) of data have no finite prediction, first row {row!r} "
            f"({data.loc[row].to_dict()}); expected finite predictors, inside the range of "
            "transformations such as log. Drop or correct these rows."
        )
    return predicted
