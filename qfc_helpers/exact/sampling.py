"""Draws from the exact posterior, in the shape of Bambi's `fit`."""

import functools
import time
from importlib import metadata
from typing import Any

import numpy as np
import xarray as xr

from . import gaussian
from .gaussian import CoefficientPrior, solve_upper
from .quadrature import Quadrature
from .statistics import SufficientStatistics
from .structure import RandomInterceptModel

__all__ = ["draw_parameters", "to_datatree"]


def draw_parameters(
    model: RandomInterceptModel,
    statistics: SufficientStatistics,
    prior: CoefficientPrior,
    rule: Quadrature,
    size: int,
    rng: np.random.Generator,
    group_effects: bool,
) -> dict[str, np.ndarray]:
    """Draw independent parameter vectors.

    The two standard deviations come from their exact joint posterior, the coefficients from their
    Normal given these, the group effects from their Normals given both.

    Returns
    -------
    dict
        ``sd_alpha`` and ``sd_obs``, shape (size,); ``coefficients``, shape (size, p), on the scale
        of the design; ``group_effects``, shape (size, J), or absent.
    """
    x, y = rule.sample(size, rng)
    sd_alpha = model.prior_sd_alpha.to_scale(x)
    sd_obs = model.prior_sd_obs.to_scale(y)
    given = gaussian.condition(statistics, prior, sd_alpha, sd_obs)
    noise = rng.standard_normal(given.mean.shape)
    theta = given.mean + solve_upper(given.cholesky, noise)
    draws = {
        "sd_alpha": sd_alpha,
        "sd_obs": sd_obs,
        "coefficients": statistics.coefficients(statistics.center + theta),
    }
    if group_effects:
        factor, variance = gaussian.group_effects(
            statistics.size_values, sd_alpha[:, None], sd_obs[:, None]
        )
        residual = statistics.means[:, -1] - theta @ statistics.means[:, :-1].T
        effects = rng.standard_normal((size, statistics.n_groups))
        effects *= np.sqrt(variance)[:, statistics.size_index]
        residual *= factor[:, statistics.size_index]
        effects += residual
        draws["group_effects"] = effects
    return draws


def to_datatree(
    model: RandomInterceptModel,
    draws: dict[str, np.ndarray],
    chains: int,
    started: float,
    error: float,
    log_likelihood: bool,
) -> xr.DataTree:
    """Arrange draws as Bambi's `fit` does: the same groups, names, dimensions and coordinates."""
    coords = {"chain": np.arange(chains), "draw": np.arange(draws["sd_obs"].size // chains)}
    sample_dims = {"sample_dims": ["chain", "draw"]}
    posterior = _posterior(model, draws, coords)
    observed = xr.Dataset(
        {model.names.response: ("__obs__", model.response)},
        coords={"__obs__": np.arange(model.response.size)},
    )
    groups = {
        "posterior": posterior.assign_attrs(_attributes(started, error), **sample_dims),
        "sample_stats": _sample_stats(coords).assign_attrs(
            _attributes(started, error), **sample_dims
        ),
        "constant_data": xr.Dataset().assign_attrs(_attributes(), sample_dims=[]),
        "observed_data": observed.assign_attrs(_attributes(), sample_dims=[]),
    }
    if log_likelihood:
        values = _log_likelihood(model, draws)
        shape = (chains, -1, model.response.size)
        groups["log_likelihood"] = xr.Dataset(
            {model.names.response: (("chain", "draw", "__obs__"), values.reshape(shape))},
            coords={**coords, "__obs__": np.arange(model.response.size)},
        ).assign_attrs(_attributes())
    return xr.DataTree.from_dict(groups)


def _posterior(
    model: RandomInterceptModel, draws: dict[str, np.ndarray], coords: dict[str, np.ndarray]
) -> xr.Dataset:
    """Build the posterior group; variables and coordinates in Bambi's order."""
    chains, sample = coords["chain"].size, ("chain", "draw")
    coefficients = draws["coefficients"] @ model.report.T
    coords, variables = dict(coords), {}
    for term in model.terms:
        values = coefficients[:, term.columns]
        if term.dim is None:
            variables[term.name] = (sample, values.reshape(chains, -1))
        else:
            coords[term.dim] = np.asarray(term.labels, dtype=_label_type(term.labels))
            shape = (chains, -1, len(term.labels))
            variables[term.name] = ((*sample, term.dim), values.reshape(shape))
    names = model.names
    variables[names.sd_obs] = (sample, draws["sd_obs"].reshape(chains, -1))
    variables[names.sd_alpha] = (sample, draws["sd_alpha"].reshape(chains, -1))
    if "group_effects" in draws:
        coords[names.group_dim] = np.asarray(model.group_labels, dtype=object)
        shape = (chains, -1, len(model.group_labels))
        variables[names.group] = (
            (*sample, names.group_dim),
            draws["group_effects"].reshape(shape),
        )
    return xr.Dataset(variables, coords=coords)


def _label_type(labels: tuple) -> Any:
    return object if isinstance(labels[0], str) else None


def _sample_stats(coords: dict[str, np.ndarray]) -> xr.Dataset:
    """Describe the draws: independent, so there is no sampler whose behavior could be reported."""
    shape = tuple(values.size for values in coords.values())
    return xr.Dataset(
        {"independent": (tuple(coords), np.ones(shape, dtype=bool))}, coords=coords
    ).assign_attrs(
        method="independent draws from the exact posterior (quadrature and rejection, no MCMC)"
    )


@functools.cache
def _version(package: str) -> str:
    """Return an installed version; looking it up is slower than the draws."""
    return metadata.version(package)


def _attributes(started: float | None = None, error: float | None = None) -> dict[str, Any]:
    from datetime import UTC, datetime

    attributes = {
        "created_at": datetime.now(UTC).isoformat(),
        "creation_library": "qfc_helpers",
        "creation_library_version": _version("qfc-helpers"),
        "creation_library_language": "Python",
        "modeling_interface": "bambi",
        "modeling_interface_version": _version("bambi"),
    }
    if started is not None:
        attributes |= {
            "inference_library": "qfc_helpers.exact",
            "inference_library_version": _version("qfc-helpers"),
            "sampling_time": time.perf_counter() - started,
            "integration_error": error,
        }
    return attributes


def _log_likelihood(model: RandomInterceptModel, draws: dict[str, np.ndarray]) -> np.ndarray:
    """Return the log density of each observation in each draw, shape (size, n)."""
    if "group_effects" not in draws:
        raise ValueError(
            "log_likelihood=True needs the group effects: leave group_effects=True, or use loo(), "
            "which needs no draws."
        )
    residual = draws["coefficients"] @ model.design.T
    residual += draws["group_effects"][:, model.group]
    np.subtract(model.response - model.offset, residual, out=residual)
    residual /= draws["sd_obs"][:, None]
    np.square(residual, out=residual)
    constant = np.log(draws["sd_obs"]) + 0.5 * np.log(2 * np.pi)
    return -0.5 * residual - constant[:, None]
