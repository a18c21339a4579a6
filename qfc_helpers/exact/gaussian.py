"""The Gaussian algebra: everything that is known once the two standard deviations are.

References
----------
Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 2.2 and appendix A.
Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), Bayesian Data Analysis, chapter 15.
"""

from dataclasses import dataclass

import numpy as np

from .statistics import SufficientStatistics

__all__ = [
    "CoefficientPrior",
    "Conditional",
    "cholesky_factor",
    "coefficient_prior",
    "condition",
    "group_effects",
    "solve_lower",
]

# Evaluations handled at once are limited so that temporary arrays stay small.
_MAX_ELEMENTS = 4_000_000


@dataclass(frozen=True)
class CoefficientPrior:
    """The Normal prior of the coefficients, on the statistics' basis, relative to their center.

    Parameters
    ----------
    mean
        Shape (p,).
    precision
        Shape (p, p).
    log_determinant
        Log determinant of the precision.
    """

    mean: np.ndarray
    precision: np.ndarray
    log_determinant: float


@dataclass(frozen=True)
class Conditional:
    """The coefficients given the two standard deviations, at G points.

    Parameters
    ----------
    log_marginal
        Shape (G,), log density of the response with coefficients and group effects integrated out.
    mean
        Shape (G, p), relative to the statistics' center.
    cholesky
        Shape (G, p, p), lower Cholesky factors of the precision.
    """

    log_marginal: np.ndarray
    mean: np.ndarray
    cholesky: np.ndarray


def coefficient_prior(
    statistics: SufficientStatistics, mean: np.ndarray, sd: np.ndarray
) -> CoefficientPrior:
    """Express independent Normal priors of the design's coefficients on the basis."""
    scaled = statistics.inverse / sd[:, None]
    return CoefficientPrior(
        mean=statistics.transform @ mean - statistics.center,
        precision=scaled.T @ scaled,
        log_determinant=float(-2 * (np.log(sd).sum() + statistics.log_determinant)),
    )


def flat_prior(statistics: SufficientStatistics) -> CoefficientPrior:
    """Return the flat prior under which the algebra gives the restricted likelihood."""
    p = statistics.n_coefficients
    log_determinant = p * np.log(2 * np.pi) - 2 * statistics.log_determinant
    return CoefficientPrior(np.zeros(p), np.zeros((p, p)), float(log_determinant))


def condition(
    statistics: SufficientStatistics,
    prior: CoefficientPrior,
    sd_alpha: np.ndarray,
    sd_obs: np.ndarray,
) -> Conditional:
    """Condition on the two standard deviations.

    Parameters
    ----------
    statistics, prior
        The data and the coefficients' prior.
    sd_alpha, sd_obs
        Shape (G,), in units of the response.

    Examples
    --------
    One observation in each of two groups; the sample is bivariate Normal:

    >>> import numpy as np
    >>> from scipy.stats import multivariate_normal
    >>> from qfc_helpers.exact.statistics import sufficient_statistics
    >>> stats = sufficient_statistics(np.array([1.0, 4]), np.ones((2, 1)), np.array([0, 1]), 2)
    >>> prior = coefficient_prior(stats, np.zeros(1), np.ones(1))
    >>> result = condition(stats, prior, np.array([2.0]), np.array([3.0]))
    >>> covariance = 13 * np.eye(2) + np.ones((2, 2))
    >>> expected = multivariate_normal(cov=covariance).logpdf([1, 4])
    >>> bool(np.isclose(result.log_marginal[0], expected))
    True
    """
    p = statistics.n_coefficients
    block = max(1, _MAX_ELEMENTS // (statistics.size_values.size + (p + 1) ** 2))
    parts = [
        _condition_block(statistics, prior, sd_alpha[i : i + block], sd_obs[i : i + block])
        for i in range(0, max(1, sd_alpha.size), block)
    ]
    if len(parts) == 1:
        return parts[0]
    return Conditional(
        np.concatenate([part.log_marginal for part in parts]),
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.cholesky for part in parts]),
    )


def _condition_block(
    statistics: SufficientStatistics,
    prior: CoefficientPrior,
    sd_alpha: np.ndarray,
    sd_obs: np.ndarray,
) -> Conditional:
    p = statistics.n_coefficients
    variance = sd_obs**2
    group_total = variance[:, None] + statistics.size_values * sd_alpha[:, None] ** 2
    products = (statistics.size_values / group_total) @ statistics.between.reshape(-1, (p + 1) ** 2)
    products = products.reshape(-1, p + 1, p + 1) + statistics.within / variance[:, None, None]
    precision = products[:, :p, :p] + prior.precision
    cholesky = cholesky_factor(precision)
    right = products[:, :p, p] + prior.precision @ prior.mean
    mean = _solve(cholesky, right)
    # Evaluated at the minimum as two sums of squares: no cancellation.
    residual_form = np.concatenate([-mean, np.ones((mean.shape[0], 1))], axis=1)
    from_prior = mean - prior.mean
    quadratic = _form(products, residual_form) + _form(prior.precision, from_prior)
    quadratic = np.maximum(quadratic, 0)  # rounding, where both variances are all but zero
    n_within = statistics.n_rows - statistics.n_groups
    log_determinant = (
        n_within * np.log(variance)
        + np.log(group_total) @ statistics.size_counts
        + 2 * np.log(np.diagonal(cholesky, axis1=1, axis2=2)).sum(axis=1)
        - prior.log_determinant
    )
    constant = statistics.n_rows * np.log(2 * np.pi)
    return Conditional(-0.5 * (constant + log_determinant + quadratic), mean, cholesky)


def cholesky_factor(precision: np.ndarray) -> np.ndarray:
    """Return lower Cholesky factors; NaN where a matrix is not positive definite."""
    try:
        return np.linalg.cholesky(precision)
    except np.linalg.LinAlgError:
        factors = np.full_like(precision, np.nan)
        for i, matrix in enumerate(precision):
            try:
                factors[i] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                continue
        return factors


def solve_lower(cholesky: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve ``L x = right`` for stacks: L (G, p, p), right (G, ..., p)."""
    solution = np.empty(np.broadcast_shapes(right.shape, (cholesky.shape[0], *right.shape[1:])))
    expand = (slice(None),) + (None,) * (right.ndim - 2)
    for i in range(cholesky.shape[-1]):
        known = np.einsum("gk,g...k->g...", cholesky[:, i, :i], solution[..., :i])
        solution[..., i] = (right[..., i] - known) / cholesky[:, i, i][expand]
    return solution


def solve_upper(cholesky: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve ``L' x = right`` for stacks: L (G, p, p), right (G, ..., p)."""
    solution = np.empty_like(right)
    expand = (slice(None),) + (None,) * (right.ndim - 2)
    for i in reversed(range(cholesky.shape[-1])):
        known = np.einsum("gk,g...k->g...", cholesky[:, i + 1 :, i], solution[..., i + 1 :])
        solution[..., i] = (right[..., i] - known) / cholesky[:, i, i][expand]
    return solution


def _solve(cholesky: np.ndarray, right: np.ndarray) -> np.ndarray:
    return solve_upper(cholesky, solve_lower(cholesky, right))


def _form(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return the quadratic forms ``v' M v``, shape (G,)."""
    return np.einsum("gi,gi->g", np.matmul(matrix, vector[:, :, None])[:, :, 0], vector)


def group_effects(
    size: np.ndarray, sd_alpha: np.ndarray, sd_obs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the shrinkage factor and the variance of a group effect given the coefficients.

    Both have the broadcast shape of the arguments. The factor is the weight of the group's own
    mean: 0 is complete pooling, 1 no pooling.

    Examples
    --------
    >>> factor, variance = group_effects(3.0, 2.0, 2.0)
    >>> float(factor), float(variance)
    (0.75, 1.0)
    """
    total = sd_obs**2 + size * sd_alpha**2
    return size * sd_alpha**2 / total, sd_alpha**2 * sd_obs**2 / total
