"""A student's model as plain data, and back to its exact posterior."""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from qfc_helpers import data as data_sets
from qfc_helpers.exact import ExactPosterior
from qfc_helpers.exact.priors import is_closed_form
from qfc_helpers.exact.reading import read_model
from qfc_helpers.exact.structure import RandomInterceptModel

__all__ = ["LECTURE_PRIORS", "ModelSpecification", "exact_posterior", "specify"]

_LOADERS = {"scorpions": data_sets.load_scorpions, "radon": data_sets.load_radon}


@dataclass(frozen=True)
class ModelSpecification:
    """Data, terms and priors of a random-intercept model.

    Parameters
    ----------
    digest : str
        Of the data that the model holds, see `_digest`.
    response, group : str
        The columns' names.
    centered : bool
        Whether the predictors are centered, so that the prior of the intercept is for a mean
        predictor.
    coefficients : dict
        Mean and standard deviation of each coefficient's Normal prior.
    sd_alpha, sd_obs : dict
        ``family`` and ``arguments`` of the standard deviations' priors.
    """

    digest: str
    response: str
    group: str
    centered: bool
    coefficients: dict[str, list[float]]
    sd_alpha: dict[str, Any]
    sd_obs: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the specification as JSON takes it."""
        return asdict(self)


def _half_normal(sigma: float) -> dict[str, Any]:
    return {"family": "HalfNormal", "arguments": {"sigma": sigma}}


#: The priors of the lecture's Stan program.
LECTURE_PRIORS: dict[str, Any] = {
    "Intercept": [50.0, 15.0],
    "length": [0.0, 10.0],
    "sd_alpha": _half_normal(100.0),
    "sd_obs": _half_normal(25.0),
}


def specify(model: Any) -> ModelSpecification:
    """Describe a Bambi model.

    Raises
    ------
    ValueError
        If it is not a Gaussian random-intercept model with priors that the check knows.
    """
    read = read_model(model)
    if read.intercept is None or any(term.dim is not None for term in read.terms):
        raise ValueError(
            "The model has a categorical predictor or no intercept, which no exercise asks for."
        )
    for prior in (read.prior_sd_alpha, read.prior_sd_obs):
        _check_known(prior.family, prior.arguments)
    return ModelSpecification(
        digest=_digest(read),
        response=read.names.response,
        group=read.names.group.removeprefix("1|"),
        centered=bool(model.center_predictors) and len(read.terms) > 1,
        coefficients={
            term.name: [
                float(read.prior_mean[term.columns][0]),
                float(read.prior_sd[term.columns][0]),
            ]
            for term in read.terms
        },
        sd_alpha=_prior(read.prior_sd_alpha),
        sd_obs=_prior(read.prior_sd_obs),
    )


def _check_known(family: str, arguments: Mapping[str, float]) -> None:
    if not is_closed_form(family, arguments):
        raise ValueError(
            f"The check does not know the prior {family!r} with {', '.join(arguments) or '-'} "
            "for a standard deviation; use HalfNormal, HalfStudentT, HalfCauchy, Exponential, "
            "Gamma, InverseGamma, LogNormal, Weibull or Uniform."
        )


def _prior(prior: Any) -> dict[str, Any]:
    return {"family": prior.family, "arguments": {k: float(v) for k, v in prior.arguments.items()}}


def _digest(model: RandomInterceptModel) -> str:
    """Return a hash of the rows, whatever their order and that of the terms, to eight digits."""
    means = -model.report[0, 1:] if model.intercept is not None else 0.0
    predictors = dict(zip(_predictors(model), (model.design[:, 1:] + means).T, strict=True))
    columns = [model.response, *(predictors[name] for name in sorted(predictors))]
    labels = np.array([label.removesuffix(".0") for label in model.group_labels])[model.group]
    rows = sorted(
        " ".join([*(f"{value:.8g}" for value in row), label])
        for *row, label in zip(*columns, labels, strict=True)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def exact_posterior(specification: dict[str, Any], data: str, formula: str) -> ExactPosterior:
    """Compute the posterior under a specification's priors, on the course's own data.

    Parameters
    ----------
    specification
        As `ModelSpecification.to_json` gives it, checked by `read_payload`.
    data
        "scorpions" or "radon".
    formula
        The question's formula; the specification's own names are only compared.

    Raises
    ------
    ValueError
        If the priors have no exact posterior.
    """
    return _cached_posterior(json.dumps(specification, sort_keys=True), data, formula)


@functools.lru_cache(maxsize=64)
def _cached_posterior(specification: str, data: str, formula: str) -> ExactPosterior:
    import bambi as bmb

    spec = json.loads(specification)
    for name in ("sd_alpha", "sd_obs"):
        _check_known(**spec[name])
    priors: dict[str, Any] = {
        name: bmb.Prior("Normal", mu=mean, sigma=sd)
        for name, (mean, sd) in spec["coefficients"].items()
    }
    sd_alpha, sd_obs = (
        bmb.Prior(spec[name]["family"], **spec[name]["arguments"])
        for name in ("sd_alpha", "sd_obs")
    )
    priors[f"1|{spec['group']}"] = bmb.Prior("Normal", mu=0, sigma=sd_alpha)
    priors["sigma"] = sd_obs
    return ExactPosterior.from_formula(
        formula, load(data), priors, center_predictors=spec["centered"]
    )


@functools.cache
def load(data: str) -> pd.DataFrame:
    """Load one of the course's data sets."""
    return _LOADERS[data]()


def _predictors(model: RandomInterceptModel) -> list[str]:
    return [term.name for term in model.terms[1:]]


@functools.cache
def digest_of(data: str, formula: str) -> dict[str, Any]:
    """Return digest and names that a model of this formula has on the course's data."""
    import bambi as bmb

    model = read_model(bmb.Model(formula, load(data)))
    return {
        "digest": _digest(model),
        "predictors": [term.name for term in model.terms],
        "response": model.names.response,
        "group": model.names.group.removeprefix("1|"),
    }
