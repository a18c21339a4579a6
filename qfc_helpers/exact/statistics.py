"""Sufficient statistics of a random-intercept model: computed once, in one pass over the rows.

With ``y = X b + u[group] + e`` the likelihood needs the data only through the cross-products
within groups and the groups' sizes and means. Groups of the same size enter the marginal
likelihood through one common factor, so their between-group products are summed up front: from
then on a likelihood evaluation costs (number of distinct group sizes) x (coefficients squared),
however many rows and groups there are.

Numerics: the design is replaced by a basis that is orthogonal both over all rows and within groups,
and the response by a residual from coefficients near the best, so that nothing is computed as a
small difference of large numbers, however small the residual standard deviation is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

__all__ = ["SufficientStatistics", "sufficient_statistics"]

# The weight of the whole data, relative to the data's own rows, in the basis of a part of them.
_TRACE = 1e-4


@dataclass(frozen=True)
class SufficientStatistics:
    """What the likelihood needs of the data.

    The columns are those of ``[Q, r]``: the basis ``Q = X @ inverse`` with ``Q'Q = n I`` and
    ``Q'Q`` within groups diagonal, and the residual ``r = y - Q @ center``.

    Parameters
    ----------
    n_rows
        Number of observations.
    transform, inverse
        Shape (p, p). ``transform @ b`` are the coefficients on the basis; its inverse.
    log_determinant
        Log absolute determinant of ``transform``.
    center
        Shape (p,), coefficients on the basis close to the best: those within groups where groups
        say something, else those of least squares.
    within
        Shape (p + 1, p + 1), cross-products of deviations from the group means.
    sizes
        Shape (J,), number of rows in each group.
    means
        Shape (J, p + 1), group means.
    size_values, size_counts
        Shape (K,), the distinct group sizes and how many groups have each.
    size_index
        Shape (J,), where each group's size stands in ``size_values``.
    between
        Shape (K, p + 1, p + 1), products of group means with themselves, summed over the groups
        of each size (not multiplied by it).
    """

    n_rows: int
    transform: np.ndarray
    inverse: np.ndarray
    log_determinant: float
    center: np.ndarray
    within: np.ndarray
    sizes: np.ndarray
    means: np.ndarray
    size_values: np.ndarray
    size_counts: np.ndarray
    size_index: np.ndarray
    between: np.ndarray

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.sizes.size

    @property
    def n_coefficients(self) -> int:
        """Number of columns of the design."""
        return self.center.size

    @property
    def residual_sd(self) -> float:
        """Standard deviation of the least-squares residual, groups ignored."""
        between = self.size_values @ self.between[:, -1, -1]
        return float(np.sqrt((self.within[-1, -1] + between) / self.n_rows))

    def coefficients(self, theta: np.ndarray) -> np.ndarray:
        """Turn coefficients on the basis, shape (..., p), into those of the design."""
        return theta @ self.inverse.T

    def on_basis(self, rows: np.ndarray) -> np.ndarray:
        """Turn rows of a design, or linear forms of its coefficients, into those of the basis."""
        return rows @ self.inverse


def group_means(columns: np.ndarray, group: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the means of each column by group, shape (J, number of columns)."""
    sums = [np.bincount(group, weights=column, minlength=sizes.size) for column in columns.T]
    return np.stack(sums, axis=1) / sizes[:, None]


def sufficient_statistics(
    response: np.ndarray,
    design: np.ndarray,
    group: np.ndarray,
    n_groups: int,
    like: SufficientStatistics | None = None,
) -> SufficientStatistics:
    """Reduce the data to their sufficient statistics.

    Parameters
    ----------
    response
        Shape (n,).
    design
        Shape (n, p), of full column rank.
    group
        Shape (n,), integers from 0 to ``n_groups - 1``; every group has at least one row.
    n_groups
        Number of groups.
    like
        Statistics of more rows of the same data. Without some rows the design may lose its rank;
        a trace of the whole data's in the choice of the basis (not in the statistics) restores it.

    Examples
    --------
    >>> import numpy as np
    >>> stats = sufficient_statistics(
    ...     np.array([1.0, 2.0, 6.0]), np.ones((3, 1)), np.array([0, 0, 1]), 2
    ... )
    >>> stats.center  # the mean
    array([3.])
    >>> stats.sizes
    array([2, 1])
    """
    n_rows, n_coefficients = design.shape
    if like is not None:
        weight = _TRACE * np.sqrt(n_rows)
        design = np.concatenate([design, weight * like.transform])
        response = np.concatenate([response, weight * like.center])
    columns, triangle, center = _orthogonalize(response, design)
    columns = columns[:n_rows]
    sizes = np.bincount(group, minlength=n_groups)
    means = group_means(columns, group, sizes)
    columns -= means[group]
    rotation, shift, within = _diagonalize(columns)
    means[:, :-1] = means[:, :-1] @ rotation
    means[:, -1] -= means[:, :-1] @ shift
    size_values, size_index, size_counts = np.unique(sizes, return_inverse=True, return_counts=True)
    between = np.zeros((size_values.size, n_coefficients + 1, n_coefficients + 1))
    for size in range(size_values.size):
        selected = means[size_index == size]
        between[size] = selected.T @ selected
    return SufficientStatistics(
        n_rows=n_rows,
        transform=rotation.T @ triangle,
        inverse=linalg.solve_triangular(triangle, rotation),
        log_determinant=float(np.log(np.diagonal(triangle)).sum()),
        center=rotation.T @ center + shift,
        within=within,
        sizes=sizes,
        means=means,
        size_values=size_values,
        size_counts=size_counts,
        size_index=size_index,
        between=between,
    )


def _diagonalize(deviations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotate the basis so that it is orthogonal within groups, too.

    Parameters
    ----------
    deviations
        Shape (n, p + 1), the deviations of ``[Q, r]`` from their group means.

    Returns
    -------
    tuple
        The rotation (p, p); the shift (p,) of the coefficients to their best values within groups;
        the cross-products (p + 1, p + 1) after both, with zeros where they are zero.
    """
    n_rows, p = deviations.shape[0], deviations.shape[1] - 1
    basis, residual = deviations[:, :p], deviations[:, p]
    values, rotation = np.linalg.eigh(basis.T @ basis)
    values[values < 1e-13 * n_rows] = 0  # constant within every group, but for rounding
    products = rotation.T @ (basis.T @ residual)
    determined = values > 1e-8 * n_rows
    shift = np.where(determined, products / np.where(determined, values, 1), 0)
    residual = residual - basis @ (rotation @ shift)
    within = np.zeros((p + 1, p + 1))
    within[np.arange(p), np.arange(p)] = values
    loose = ~determined & (values > 0)
    within[:p, p] = within[p, :p] = np.where(loose, products, 0)
    within[p, p] = residual @ residual
    return rotation, shift, within


def _orthogonalize(
    response: np.ndarray, design: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``[Q, r]``, the triangle of which ``Q @ triangle`` is the design, and the center."""
    n_rows, p = design.shape
    basis, triangle = linalg.qr(design, mode="economic", check_finite=False)
    root = np.sqrt(n_rows)
    signs = np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
    columns = np.empty((n_rows, p + 1))
    columns[:, :p] = basis * (signs * root)
    basis = columns[:, :p]
    center = basis.T @ response / n_rows
    residual = response - basis @ center
    correction = basis.T @ residual / n_rows  # a second pass removes the rounding of the first
    columns[:, p] = residual - basis @ correction
    return columns, triangle * signs[:, None] / root, center + correction
