"""Sufficient statistics of a random-intercept model: computed once, in one pass over the rows.

With ``y = X b + u[group] + e`` the likelihood needs the data only through the cross-products
within groups and the groups' sizes and means. Groups of the same size enter the marginal
likelihood through one common factor, so their between-group products are summed up front: from
then on a likelihood evaluation costs (number of distinct group sizes) x (coefficients squared),
however many rows and groups there are.

Numerics: the design is replaced by an orthogonal basis and the response by its least-squares
residual, so that nothing is computed as a small difference of large numbers.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

__all__ = ["SufficientStatistics", "sufficient_statistics"]


@dataclass(frozen=True)
class SufficientStatistics:
    """What the likelihood needs of the data.

    The columns are those of ``[Q, r]``: the basis ``Q = X @ inv(triangle)`` with
    ``Q'Q = n I``, and the residual ``r = y - Q @ center`` of least squares.

    Parameters
    ----------
    n_rows
        Number of observations.
    triangle
        Shape (p, p), upper triangular.
    center
        Shape (p,), the least-squares coefficients on the basis.
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
    triangle: np.ndarray
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
        flat = theta.reshape(-1, self.n_coefficients)
        return linalg.solve_triangular(self.triangle, flat.T).T.reshape(theta.shape)

    def linear_form(self, row: np.ndarray) -> np.ndarray:
        """Turn a linear form of the design's coefficients into one of the basis's."""
        return linalg.solve_triangular(self.triangle, row, trans="T")


def on_basis(statistics: SufficientStatistics, design: np.ndarray) -> np.ndarray:
    """Return the rows of a design, shape (m, p), on the statistics' basis."""
    return linalg.solve_triangular(statistics.triangle, design.T, trans="T").T


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
        Statistics whose basis and center to use, instead of the data's own. Without some rows the
        design may lose its rank, but on the basis of all rows nothing is lost.

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
    columns = np.empty((n_rows, n_coefficients + 1))
    if like is None:
        triangle, center = _orthogonalize(response, design, columns)
    else:
        triangle, center = like.triangle, like.center
        columns[:, :-1] = on_basis(like, design)
        columns[:, -1] = response - columns[:, :-1] @ center
    sizes = np.bincount(group, minlength=n_groups)
    means = group_means(columns, group, sizes)
    size_values, size_index, size_counts = np.unique(sizes, return_inverse=True, return_counts=True)
    between = np.zeros((size_values.size, n_coefficients + 1, n_coefficients + 1))
    for size in range(size_values.size):
        selected = means[size_index == size]
        between[size] = selected.T @ selected
    columns -= means[group]
    return SufficientStatistics(
        n_rows=n_rows,
        triangle=triangle,
        center=center,
        within=columns.T @ columns,
        sizes=sizes,
        means=means,
        size_values=size_values,
        size_counts=size_counts,
        size_index=size_index,
        between=between,
    )


def _orthogonalize(
    response: np.ndarray, design: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill ``columns`` with ``[Q, r]``; return the triangle and the least-squares center."""
    n_rows, n_coefficients = design.shape
    basis, triangle = linalg.qr(design, mode="economic", check_finite=False)
    root = np.sqrt(n_rows)
    signs = np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
    columns[:, :n_coefficients] = basis * (signs * root)
    basis = columns[:, :n_coefficients]
    center = basis.T @ response / n_rows
    residual = response - basis @ center
    correction = basis.T @ residual / n_rows  # a second pass removes the rounding of the first
    columns[:, n_coefficients] = residual - basis @ correction
    return triangle * signs[:, None] / root, center + correction
