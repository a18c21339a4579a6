"""Read a random-intercept model off a Bambi model object, and refuse what is outside.

This is the only module that knows Bambi. It reads the design matrices and priors that Bambi has
when the model object exists; neither building nor fitting is needed, and nothing is changed.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from qfc_helpers._validation import check_frame

from .priors import scale_prior
from .structure import CommonTerm, Names, RandomInterceptModel, UnsupportedModelError

__all__ = ["read_formula", "read_model"]

_OUTSIDE = (
    "The exact posterior is for a Gaussian response with identity link, common effects with "
    "Normal priors and one (1|group) term. Fit the model with model.fit() instead."
)


def read_model(model: Any) -> RandomInterceptModel:
    """Read a Bambi model, built or not.

    Parameters
    ----------
    model
        A `bambi.Model`.

    Raises
    ------
    UnsupportedModelError
        If a part of the model is outside of what can be integrated exactly.
    ValueError
        If the data or a prior cannot be used.

    Examples
    --------
    >>> import bambi as bmb, pandas as pd
    >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
    >>> read_model(bmb.Model("y ~ 1 + (1|g)", data)).group_labels
    ('a', 'b', 'c')
    """
    _check_is_model(model)
    _check_likelihood(model)
    component = model.parameters[model.family.likelihood.parent]
    term = _only_group_term(component)
    sd_alpha_prior = _group_prior(term)
    label = term.alias or term.name
    names = _names(model, label, term)
    return _assemble(
        model,
        group=np.asarray(term.group_index),
        labels=tuple(str(group) for group in term.groups),
        names=names,
        sd_alpha_prior=sd_alpha_prior,
    )


def read_formula(
    formula: str, data: pd.DataFrame, priors: dict | None = None, **options: Any
) -> RandomInterceptModel:
    """Read a model given as Bambi's constructor takes it, without its table of groups.

    Bambi holds one column of indicators for each group, which for many groups does not fit into
    memory. Here Bambi gets the formula without the group term, and the group column is read from
    the data.

    Parameters
    ----------
    formula, data, priors, **options
        As in `bambi.Model`.

    Raises
    ------
    UnsupportedModelError
        As `read_model`.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"y": [1.0, 2, 4, 3, 5, 9], "g": list("aabbcc")})
    >>> read_formula("y ~ 1 + (1|g)", data).names.sd_alpha
    '1|g_sigma'
    """
    import bambi as bmb

    common_formula, factor = _split_formula(formula)
    check_frame(data, [factor])
    data = _complete_rows(data, formula, factor, options.get("dropna", False))
    priors = dict(priors or {})
    group_prior = priors.pop(f"1|{factor}", priors.pop("group_specific", None))
    try:
        model = bmb.Model(common_formula, data, priors=priors, **options)
    except KeyError as error:
        # A name that is neither a column nor known where the formula is evaluated.
        check_frame(data, [error.args[0]])
        raise
    _check_likelihood(model)
    if group_prior is None:
        group_prior = _default_group_prior(model)
    codes, labels = _factorize(data[factor])
    name = f"1|{factor}"
    return _assemble(
        model,
        group=codes,
        labels=labels,
        names=Names(
            response=_alias(model.response_term),
            sd_obs=_alias(model.parameters["sigma"]),
            group=name,
            sd_alpha=f"{name}_sigma",
            group_dim=f"{factor}__factor_dim",
        ),
        sd_alpha_prior=_hyperprior(group_prior, name),
    )


def _check_is_model(model: Any) -> None:
    if not all(hasattr(model, name) for name in ("parameters", "family", "response_term")):
        raise UnsupportedModelError(
            f"Expected a bambi.Model, got {type(model).__name__}. "
            'Build one with bambi.Model("y ~ x + (1|group)", data) and pass it unfitted.'
        )


def _check_likelihood(model: Any) -> None:
    """Check everything that shapes the density of the response."""
    family = model.family
    if family.name != "gaussian":
        raise UnsupportedModelError(
            f"The family is {family.name!r}: its likelihood cannot be integrated over the group "
            f"effects in closed form. {_OUTSIDE}"
        )
    link = family.link["mu"].name
    if link != "identity":
        raise UnsupportedModelError(
            f"The link is {link!r}: the mean is then not linear in the effects. {_OUTSIDE}"
        )
    if "sigma" not in model.marginal_parameters:
        raise UnsupportedModelError(
            "The formula models `sigma`: the residual standard deviation then differs between "
            f"observations. {_OUTSIDE}"
        )
    response = model.response_term
    for kind in ("censored", "truncated", "weighted", "constrained"):
        if getattr(response, f"is_{kind}"):
            raise UnsupportedModelError(
                f"The response {response.name!r} is {kind}: its density is then not Gaussian. "
                f"{_OUTSIDE}"
            )
    if model.potentials:
        raise UnsupportedModelError(
            f"The model has potentials, which change the posterior arbitrarily. {_OUTSIDE}"
        )


def _only_group_term(component: Any) -> Any:
    """Return the single random-intercept term."""
    terms = component.group_specific_terms
    if not terms:
        raise UnsupportedModelError(
            "The model has no group term: expected exactly one, such as (1|group). Without one "
            "there is nothing to pool; use model.fit() or ordinary regression."
        )
    if len(terms) > 1:
        raise UnsupportedModelError(
            f"The model has {len(terms)} group terms, {', '.join(map(repr, terms))}: each adds a "
            f"dimension to the integral. Keep one (1|group). {_OUTSIDE}"
        )
    name, term = next(iter(terms.items()))
    if term.kind != "intercept":
        raise UnsupportedModelError(
            f"The group term {name!r} is a varying slope: only a varying intercept (1|group) "
            f"leaves a two-dimensional integral. {_OUTSIDE}"
        )
    return term


def _group_prior(term: Any) -> Any:
    return _hyperprior(term.prior, term.name)


def _hyperprior(prior: Any, name: str) -> Any:
    """Return the hyperprior of the group effects' standard deviation."""
    arguments = getattr(prior, "args", {})
    if getattr(prior, "name", None) != "Normal" or set(arguments) != {"mu", "sigma"}:
        raise UnsupportedModelError(
            f"The prior of {name!r} is {prior}: expected Normal(mu=0, sigma=<prior>), because "
            f"only Normal group effects can be integrated out. {_OUTSIDE}"
        )
    mean = arguments["mu"]
    if hasattr(mean, "args") or np.any(np.asarray(mean, dtype=float) != 0):
        raise UnsupportedModelError(
            f"The prior of {name!r} has mu={mean}: expected 0. Bambi's default (non-centered) "
            "form ignores it without a word; give the groups' mean a prior as 'Intercept'."
        )
    return arguments["sigma"]


def _names(model: Any, label: str, term: Any) -> Names:
    factor = term.alias or term.name.split("|")[1]
    return Names(
        response=_alias(model.response_term),
        sd_obs=_alias(model.parameters["sigma"]),
        group=label,
        sd_alpha=f"{label}_{term.hyperprior_alias.get('sigma', 'sigma')}",
        group_dim=f"{factor}__factor_dim",
    )


def _alias(component: Any) -> str:
    return component.alias or component.name


def _assemble(
    model: Any,
    group: np.ndarray,
    labels: tuple[str, ...],
    names: Names,
    sd_alpha_prior: Any,
) -> RandomInterceptModel:
    """Put the parts together and check the data."""
    component = model.parameters["mu"]
    if component.hsgp_terms:
        raise UnsupportedModelError(
            f"The model has the Gaussian process {', '.join(component.hsgp_terms)}. {_OUTSIDE}"
        )
    response = np.asarray(model.response_term.data, dtype=float).squeeze()
    _check_response(response, names.response)
    _check_groups(group, labels, names.group)
    offset = sum(
        (np.asarray(term.data, dtype=float).ravel() for term in component.offset_terms.values()),
        start=np.zeros(response.size),
    )
    design, report, mean, sd, terms = _common_part(model, component, response.size)
    _check_offset(offset)
    _check_design(design, terms)
    _check_residual(response - offset, design, group, names.response)
    return RandomInterceptModel(
        response=response,
        offset=offset,
        design=design,
        prior_mean=mean,
        prior_sd=sd,
        report=report,
        terms=terms,
        intercept=0 if component.intercept_term is not None else None,
        group=group,
        group_labels=labels,
        names=names,
        prior_sd_alpha=scale_prior(sd_alpha_prior, names.sd_alpha),
        prior_sd_obs=scale_prior(model.parameters["sigma"].prior, names.sd_obs),
    )


def _common_part(
    model: Any, component: Any, n_rows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[CommonTerm, ...]]:
    """Return design, report matrix, prior mean and sd, and the terms."""
    columns, means, sds, terms = [], [], [], []
    intercept = component.intercept_term
    entries = [] if intercept is None else [(intercept, np.ones((n_rows, 1)))]
    entries += [
        (term, np.asarray(term.data, dtype=float).reshape(n_rows, -1))
        for term in component.common_terms.values()
    ]
    # All of them before any prior: default priors take their scales from the predictors.
    for term, values in entries:
        _check_finite(values, f"The predictor {_alias(term)!r}")
    start = 0
    for term, values in entries:
        width = values.shape[1]
        mean, sd = _normal_prior(term, width)
        dim, labels = next(iter(term.coords.items()), (None, None))
        if dim is not None and term.alias:
            dim = f"{term.alias}_dim"
        terms.append(
            CommonTerm(
                name=_alias(term),
                columns=slice(start, start + width),
                dim=dim,
                labels=None if labels is None else tuple(np.asarray(labels).tolist()),
            )
        )
        columns.append(values)
        means.append(mean)
        sds.append(sd)
        start += width
    design = np.concatenate(columns, axis=1) if columns else np.empty((n_rows, 0))
    report = np.eye(start)
    if intercept is not None and start > 1 and model.center_predictors:
        predictor_means = design[:, 1:].mean(axis=0)
        design[:, 1:] -= predictor_means
        report[0, 1:] = -predictor_means
    empty = np.empty(0)
    return (
        design,
        report,
        np.concatenate([empty, *means]),
        np.concatenate([empty, *sds]),
        tuple(terms),
    )


def _normal_prior(term: Any, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of a term's Normal prior, each of shape (width,)."""
    prior, name = term.prior, term.name
    family = getattr(prior, "name", None)
    if family in {"Flat", "HalfFlat"}:
        raise UnsupportedModelError(
            f"The prior of {name!r} is flat (improper), so there is no marginal likelihood. Give "
            f'it a Normal prior, for example bmb.Prior("Normal", mu=0, sigma=10).'
        )
    arguments = getattr(prior, "args", {})
    plain = family == "Normal" and getattr(prior, "dist", None) is None
    if not plain or not set(arguments) <= {"mu", "sigma"}:
        raise UnsupportedModelError(
            f"The prior of {name!r} is {prior}: expected Normal(mu, sigma), because only Normal "
            f"coefficients can be integrated out in closed form. {_OUTSIDE}"
        )
    mean = np.broadcast_to(np.asarray(arguments.get("mu", 0.0), dtype=float).ravel(), (width,))
    sd = np.broadcast_to(np.asarray(arguments.get("sigma", 1.0), dtype=float).ravel(), (width,))
    if not (np.isfinite(mean).all() and np.isfinite(sd).all() and (sd > 0).all()):
        raise ValueError(
            f"The prior of {name!r} is Normal(mu={mean}, sigma={sd}): expected finite numbers and "
            "a positive sigma."
        )
    return mean, sd


def _check_response(response: np.ndarray, name: str) -> None:
    if response.ndim != 1:
        raise UnsupportedModelError(
            f"The response {name!r} has shape {response.shape}; expected one column."
        )
    _check_finite(response, f"The response {name!r}")
    if np.ptp(response) == 0:
        raise ValueError(
            f"The response {name!r} is constant (always {response[0]:g}): there is no variation "
            "to divide between and within groups. Check that the right column is used."
        )


def _check_finite(values: np.ndarray, what: str) -> None:
    """Refuse an array, shape (n,) or (n, columns), with values that are not finite."""
    rows = np.flatnonzero(~np.isfinite(values).reshape(values.shape[0], -1).all(axis=1))
    if rows.size:
        raise ValueError(
            f"{what} has {rows.size} row(s) with values that are not finite, the first "
            f"({values[rows[0]]}) in row {rows[0]}. Remove or correct these rows."
        )


def _check_offset(offset: np.ndarray) -> None:
    _check_finite(offset, "The offset")


def _check_groups(group: np.ndarray, labels: tuple[str, ...], name: str) -> None:
    if len(labels) < 2:
        raise ValueError(
            f"The group term {name!r} has one group ({labels[0]!r}); expected two or more, "
            "because one group says nothing about the variation among groups. Leave the term out."
        )
    empty = np.flatnonzero(np.bincount(group, minlength=len(labels)) == 0)
    if empty.size:
        shown = ", ".join(repr(labels[i]) for i in empty[:5])
        raise ValueError(
            f"The group term {name!r} has {empty.size} level(s) without data ({shown}). Drop them "
            "with data[column].cat.remove_unused_categories(), or combine interacting columns into "
            "one; for a group that was not observed, use new_group()."
        )


def _check_design(design: np.ndarray, terms: tuple[CommonTerm, ...]) -> None:
    """Refuse columns that others determine."""
    scale = np.sqrt((design**2).mean(axis=0))
    zero = np.flatnonzero(scale == 0)
    names = [term.name for term in terms for _ in range(*term.columns.indices(design.shape[1]))]
    if zero.size:
        raise ValueError(f"The predictor {names[zero[0]]!r} is constant. Leave it out.")
    products = (design / scale).T @ (design / scale) / design.shape[0]
    values, vectors = np.linalg.eigh(products) if scale.size else (np.ones(1), np.ones((0, 1)))
    if values[0] < 1e-12 * max(values[-1], 1):
        involved = [names[i] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 1e-4)]
        raise ValueError(
            f"The predictors {', '.join(map(repr, dict.fromkeys(involved)))} are perfectly "
            "collinear: one is determined by the others, so the data cannot tell their "
            "coefficients apart. Leave one of them out."
        )


def _check_residual(response: np.ndarray, design: np.ndarray, group: np.ndarray, name: str) -> None:
    """Refuse data that groups and predictors fit perfectly: the likelihood has no bound there."""
    sizes = np.bincount(group)
    columns = np.column_stack([design, response])
    sums = [np.bincount(group, weights=column) for column in columns.T]
    columns -= (np.stack(sums, axis=1) / sizes[:, None])[group]
    scale = np.sqrt((columns[:, :-1] ** 2).sum(axis=0))
    magnitude = np.sqrt((design**2).sum(axis=0))
    varying = scale > 1e-10 * magnitude
    within = columns[:, :-1][:, varying] / scale[varying]
    coefficients, _, rank, _ = np.linalg.lstsq(within, columns[:, -1], rcond=1e-10)
    freedom = response.size - sizes.size - rank
    residual = columns[:, -1] - within @ coefficients
    noise = 1e-13 * np.sqrt(response.size) * np.abs(response).max()
    if freedom > 0 and np.linalg.norm(residual) <= noise:
        raise ValueError(
            f"The groups and predictors fit the response {name!r} perfectly: the residual "
            "variance is zero and the posterior of the residual standard deviation does not "
            "exist. Check that the response is not computed from a predictor or the group."
        )


def _split_formula(formula: str) -> tuple[str, str]:
    """Split ``"y ~ x + (1|g)"`` into ``"y ~ x"`` and ``"g"``."""
    from formulae import model_description

    if not isinstance(formula, str):
        raise UnsupportedModelError(
            f"Expected a formula as a string, got {type(formula).__name__}. {_OUTSIDE}"
        )
    found = list(re.finditer(r"\+?\s*\(\s*1\s*\|\s*(`[^`]+`|\w+)\s*\)", formula))
    n_bars = formula.count("|")
    if len(found) != 1 or n_bars != 1:
        raise UnsupportedModelError(
            f"The formula {formula!r} has {n_bars} group term(s); expected exactly one of the "
            f"form (1|column). {_OUTSIDE}"
        )
    match = found[0]
    rest = formula[: match.start()] + formula[match.end() :]
    if rest.rstrip().endswith("~"):
        rest += " 1"
    rest = re.sub(r"~\s*\+", "~ ", rest)
    expected, got = model_description(formula), model_description(rest)
    if expected.common_terms != got.common_terms:
        raise UnsupportedModelError(
            f"The formula {formula!r} could not be taken apart. Write the group term last, as in "
            "'y ~ x + (1|group)'."
        )
    return rest, match.group(1).strip("`")


def _complete_rows(data: pd.DataFrame, formula: str, factor: str, drop: bool) -> pd.DataFrame:
    """Drop or refuse rows with a missing value in a variable of the formula."""
    from formulae import model_description

    used = [name for name in model_description(formula).var_names if name in data.columns]
    missing = data[used].isna().any(axis=1).to_numpy()
    if not missing.any():
        return data
    if drop:
        return data[~missing]
    columns = [name for name in used if data[name].isna().any()]
    raise ValueError(
        f"The data have {int(missing.sum())} row(s) with a missing value, in "
        f"{', '.join(map(repr, columns))}. Remove them with data.dropna(subset={columns!r}), or "
        "pass dropna=True."
    )


def _factorize(column: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return codes and labels of the groups, in Bambi's order."""
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        categories = column.cat.categories
        codes = column.cat.codes.to_numpy()
    else:
        codes, categories = pd.factorize(column.to_numpy(), sort=True)
    return codes, tuple(str(category) for category in categories)


def _default_group_prior(model: Any) -> Any:
    """Return the prior that Bambi gives to (1|group) by default."""
    import bambi as bmb

    if not model.auto_scale:
        raise UnsupportedModelError(
            "With auto_scale=False, the default prior of the group term is flat (improper). Give "
            'it one: priors={"1|group": bmb.Prior("Normal", mu=0, '
            'sigma=bmb.Prior("HalfNormal", sigma=10))}.'
        )
    _, sigma = model.scaler.get_intercept_stats()
    return bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=sigma))
