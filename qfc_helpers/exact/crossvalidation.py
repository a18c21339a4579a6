"""Leave-one-out and leave-one-group-out predictive densities, exactly and mostly without refits.

Given the two standard deviations s the model is Gaussian, and what is left out is predicted in
closed form. With q(s) = p(left out | rest, s), the posterior without it is proportional to the
full posterior divided by q(s), so that p(left out | rest) = 1 / E[1 / q(s)], the expectation being
over the quadrature's nodes: an integral, not an average over draws. Where dividing by q(s) moves
the posterior towards the edge of the region that the nodes cover, the integral is done afresh
without the rows in question.

References
----------
Vehtari, Gelman and Gabry (2017), Practical Bayesian model evaluation, Statistics and Computing 27.
Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 5.4.2.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from scipy import special

from .gaussian import Conditional, cholesky_factor, solve_lower
from .quadrature import QuadratureError
from .statistics import SufficientStatistics
from .structure import RandomInterceptModel

__all__ = ["Nodes", "leave_one_group_out", "leave_one_out"]

_MAX_ELEMENTS = 2_000_000
# Below this share of the whole, a difference has lost its digits.
CANCELLED = 1e-8
# Nodes this far below the heaviest one form the edge, and may hold this much of the reweighted
# posterior: the nodes end at 1e-15, and what lies beyond is smaller still.
_EDGE = 1e-11
_EDGE_MASS = 1e-8


@dataclass(frozen=True)
class Nodes:
    """The quadrature's nodes: standard deviations and weights, each of shape (G,)."""

    sd_alpha: np.ndarray
    sd_obs: np.ndarray
    weights: np.ndarray


def leave_one_out(
    model: RandomInterceptModel,
    statistics: SufficientStatistics,
    given: Conditional,
    nodes: Nodes,
    refit: Callable[[np.ndarray], float],
) -> np.ndarray:
    """Return log p(y_i | all other observations), shape (n,).

    Parameters
    ----------
    model, statistics, given, nodes
        The model, and its conditional distributions at the nodes.
    refit
        Function that integrates afresh with the rows where its argument is True, and returns log
        p(the rest | those rows).
    """
    p = statistics.n_coefficients
    means = statistics.means[model.group]
    deviations = _columns(model, statistics) - means
    deviations[statistics.sizes[model.group] == 1] = 0  # but for rounding
    variance = nodes.sd_obs[:, None] ** 2

    def log_predictive(rows: slice) -> np.ndarray:
        size = statistics.sizes[model.group[rows]]
        mean, within = means[rows], deviations[rows]
        # Within and between groups apart: no difference of nearly equal numbers, not even where
        # each group has one row and sd_obs may be next to nothing.
        total = variance + size * nodes.sd_alpha[:, None] ** 2
        row = within[:, :p] / variance[:, :, None] + mean[:, :p] / total[:, :, None]
        whole = (1 + (size - 1) * nodes.sd_alpha[:, None] ** 2 / variance) / total
        precision = whole - (solve_lower(given.cholesky, row) ** 2).sum(axis=-1)
        # One minus the leverage: near zero it has no digits left, and the row is refitted.
        precision = np.where(precision < CANCELLED * whole, np.nan, precision)
        weighted = (within[:, p] - given.mean @ within[:, :p].T) / variance
        weighted += (mean[:, p] - given.mean @ mean[:, :p].T) / total
        return 0.5 * (np.log(precision) - np.log(2 * np.pi) - weighted**2 / precision)

    def refit_without(i: int) -> float:
        with _naming(f"row {i} of the data (the first is row 0)"):
            return refit(np.arange(model.response.size) != i)

    cost = nodes.weights.size * (p + 1)
    return _expectations(log_predictive, model.response.size, cost, nodes, refit_without)


def leave_one_group_out(
    model: RandomInterceptModel,
    statistics: SufficientStatistics,
    given: Conditional,
    nodes: Nodes,
    refit: Callable[[np.ndarray], float],
) -> np.ndarray:
    """Return log p(all observations of a group | all other groups), shape (J,).

    Parameters
    ----------
    model, statistics, given, nodes, refit
        As for `leave_one_out`.
    """
    p = statistics.n_coefficients
    within = _within_by_group(model, statistics)
    variance = nodes.sd_obs[:, None] ** 2
    precision = given.cholesky @ given.cholesky.transpose(0, 2, 1)
    log_determinant = np.log(np.diagonal(given.cholesky, axis1=1, axis2=2)).sum(axis=1)[:, None]
    form = np.concatenate([-given.mean, np.ones((given.mean.shape[0], 1))], axis=1)

    def log_predictive(groups: slice) -> np.ndarray:
        size, means = statistics.sizes[groups], statistics.means[groups]
        total = variance + size * nodes.sd_alpha[:, None] ** 2
        products = means[:, :, None] * means[:, None, :]
        products = (size / total)[:, :, None, None] * products
        products = products + within[groups] / variance[:, :, None, None]
        applied = np.einsum("gjab,gb->gja", products, form)
        shape = (-1, p, p)
        remaining = precision[:, None] - products[:, :, :p, :p]
        rest = cholesky_factor(remaining.reshape(shape)).reshape(remaining.shape)
        # Where nearly all that is known of a coefficient comes from this group, the difference
        # has lost its digits: leave the answer to integrating afresh.
        pivots = np.diagonal(rest, axis1=2, axis2=3) ** 2
        known = np.diagonal(precision, axis1=1, axis2=2)[:, None]
        rest = np.where((pivots < CANCELLED * known).any(axis=2)[:, :, None, None], np.nan, rest)
        solved = solve_lower(rest.reshape(shape), applied[:, :, :p].reshape(-1, p))
        quadratic = np.einsum("gja,ga->gj", applied, form)
        quadratic = quadratic + (solved**2).sum(axis=-1).reshape(quadratic.shape)
        log_rest = np.log(np.diagonal(rest, axis1=2, axis2=3)).sum(axis=-1)
        log_scale = (size - 1) * np.log(variance) + np.log(total) + size * np.log(2 * np.pi)
        return log_rest - log_determinant - 0.5 * (log_scale + quadratic)

    def refit_without(j: int) -> float:
        with _naming(f"group {model.group_labels[j]!r}"):
            return refit(model.group != j)

    cost = nodes.weights.size * (p + 1) ** 2
    return _expectations(log_predictive, statistics.n_groups, cost, nodes, refit_without)


@contextmanager
def _naming(left_out: str) -> Iterator[None]:
    """Say what could not be left out."""
    try:
        yield
    except QuadratureError as error:
        raise QuadratureError(
            f"Without {left_out} there is no posterior to predict it from: what remains fits "
            f"perfectly, or nearly so. Leave-one-out is not defined for these data. ({error})"
        ) from error


def _columns(model: RandomInterceptModel, statistics: SufficientStatistics) -> np.ndarray:
    """Return the rows of the basis and their residuals, shape (n, p + 1)."""
    forms = statistics.on_basis(model.design)
    residual = model.response - model.offset - forms @ statistics.center
    return np.column_stack([forms, residual])


def _within_by_group(model: RandomInterceptModel, statistics: SufficientStatistics) -> np.ndarray:
    """Return cross-products of deviations from the group mean, shape (J, p + 1, p + 1)."""
    p = statistics.n_coefficients
    columns = _columns(model, statistics) - statistics.means[model.group]
    columns[statistics.sizes[model.group] == 1] = 0  # but for rounding
    result = np.empty((statistics.n_groups, p + 1, p + 1))
    for a in range(p + 1):
        for b in range(a + 1):
            sums = np.bincount(model.group, columns[:, a] * columns[:, b], statistics.n_groups)
            result[:, a, b] = result[:, b, a] = sums
    return result


def _expectations(
    log_predictive: Callable[[slice], np.ndarray],
    size: int,
    cost: int,
    nodes: Nodes,
    refit: Callable[[int], float],
) -> np.ndarray:
    """Return -log E[1 / q] for each of ``size`` things left out, block by block."""
    result = np.empty(size)
    log_weights = np.log(nodes.weights)
    edge = nodes.weights < _EDGE * nodes.weights.max()
    block = max(1, _MAX_ELEMENTS // cost)
    for start in range(0, size, block):
        part = slice(start, min(start + block, size))
        reweighted = log_weights[:, None] - log_predictive(part)
        total = special.logsumexp(reweighted, axis=0)
        edge_mass = np.exp(reweighted[edge] - total).sum(axis=0)
        result[part] = -total
        for i in np.flatnonzero(~(edge_mass < _EDGE_MASS)):
            result[start + i] = refit(start + i)
    return result
