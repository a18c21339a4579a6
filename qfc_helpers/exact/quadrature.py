"""Adaptive two-dimensional quadrature of a log density, and exact draws from it.

The rule is a nested trapezoid rule. Along the first coordinate ``x = x0 + s0 h(t)``; along the
second, for each ``x``, ``y = ridge(x) + width(x) h(u)``, with ``h(t) = sinh(a t) / a``, so that a
narrow curved ridge is followed wherever it runs. The function h makes tails that fall off
exponentially fall off double exponentially, and for smooth integrands on the whole line the
trapezoid rule converges geometrically in the number of points. The region comes from a scan, not
from an assumption; the step is halved until the integral and the moments agree.

References
----------
Trefethen and Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56(3).
Stenger (1993), Numerical Methods Based on Sinc and Analytic Functions, chapter 4.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

__all__ = ["Quadrature", "QuadratureError", "integrate"]

Function = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Integrand values below exp(-_NEGLIGIBLE) of the peak (6e-16) are left out.
_NEGLIGIBLE = 35.0
# The scan's step and the distance to which tails are followed, in the unbounded coordinates.
# A log likelihood in log standard deviations has features of order one, whatever the sample size.
_SCAN_STEP = 0.5
_SCAN_REACH = 12.0
_FAR = 300.0
_MAX_POINTS = 400_000
# Step of finite differences; small against one, the scale on which log likelihoods bend.
_DELTA = 1e-3
# How fast the nodes' spacing grows towards the tails.
_STRETCH = 0.3

_TOO_STEEP = (
    "The density of the two standard deviations varies too steeply to be sampled by rejection. "
    "Use smoother priors, or a smaller tolerance for a finer grid."
)


class QuadratureError(ValueError):
    """The posterior of the two standard deviations could not be integrated to the tolerance."""


@dataclass(frozen=True)
class Ridge:
    """Where the second coordinate's nodes lie, as piecewise linear functions of ``t``."""

    x0: float
    s0: float
    t: np.ndarray
    center: np.ndarray
    width: np.ndarray

    def x(self, t: np.ndarray) -> np.ndarray:
        return self.x0 + self.s0 * _stretch(t)

    def t_of_x(self, x: np.ndarray) -> np.ndarray:
        return _unstretch((x - self.x0) / self.s0)

    def center_width(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.interp(t, self.t, self.center), np.interp(t, self.t, self.width)

    def map(self, t: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x, y and the log Jacobian at (t, u)."""
        center, width = self.center_width(t)
        x, y = self.x(t), center + width * _stretch(u)
        jacobian = np.log(self.s0) + _log_slope(t) + np.log(width) + _log_slope(u)
        return x, y, jacobian


@dataclass(frozen=True)
class Quadrature:
    """A converged rule: nodes and weights, and the functions that sit on them.

    Parameters
    ----------
    x, y
        Shape (T, U), the nodes.
    weights
        Shape (T, U), normalized to sum to one.
    log_integral
        Log of the integral.
    error
        Estimated error of averages over every other node along each axis: the largest change,
        when all nodes are used, of the log integral and of the moments in units of their standard
        deviations. Answers use all nodes, so their error is smaller by far.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    log_integral: float
    error: float
    log_density: Function
    ridge: Ridge
    t: np.ndarray
    u: np.ndarray
    log_values: np.ndarray

    @property
    def steps(self) -> tuple[float, float]:
        """Return the distances between nodes in t and in u."""
        return float(self.t[1] - self.t[0]), float(self.u[1] - self.u[0])

    def nodes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x, y and weight of the nodes for averages, each of shape (G,).

        All nodes of the finer rule. None is dropped for its small weight: under a heavy-tailed
        hyperprior the far tail has next to no weight and yet a share of the variance.
        """
        x, y, weights = (array.ravel() for array in (self.x, self.y, self.weights))
        kept = weights > 0
        return x[kept], y[kept], weights[kept] / weights[kept].sum()

    def cdf_x(self, x: np.ndarray) -> np.ndarray:
        """Cumulative distribution of the first coordinate, by the integral of its sinc series."""
        return _sinc_cdf(self.ridge.t_of_x(x), self.t, self.weights.sum(axis=1))

    def cdf_y(self, y: np.ndarray) -> np.ndarray:
        """Cumulative distribution of the second coordinate."""
        center, width = self.ridge.center_width(self.t)
        result = np.zeros(np.shape(y))
        for i in np.flatnonzero(self.weights.sum(axis=1) > 1e-17):
            u = _unstretch((y - center[i]) / width[i])
            result += _sinc_cdf(u, self.u, self.weights[i])
        return result

    def density_x(self, x: np.ndarray) -> np.ndarray:
        """Density of the first coordinate: the inner integral at each value, shape (m,)."""
        center, width = self.ridge.center_width(self.ridge.t_of_x(x))
        y = center[:, None] + width[:, None] * _stretch(self.u)
        log_f = self._evaluate(np.broadcast_to(x[:, None], y.shape), y) + _log_slope(self.u)
        return self.steps[1] * width * np.exp(log_f - self.log_integral).sum(axis=1)

    def density_y(self, y: np.ndarray) -> np.ndarray:
        """Density of the second coordinate: the outer integral at each value, shape (m,)."""
        x = self.ridge.x(self.t)
        x, y = np.broadcast_arrays(x[None, :], y[:, None])
        log_f = self._evaluate(x, y) + _log_slope(self.t)
        return self.steps[0] * self.ridge.s0 * np.exp(log_f - self.log_integral).sum(axis=1)

    def sample(self, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``size`` independent points, by rejection below a piecewise constant envelope.

        Cells are chosen in proportion to their area times an upper bound of the integrand in
        them; a point, uniform in its cell, is kept with probability integrand / bound. What is
        kept has the density itself, not an interpolation of it.
        """
        slack = 0.02
        for _ in range(12):
            draws = self._rejection(size, rng, slack)
            if draws is not None:
                return draws
            slack = 2 * slack + 0.1
        raise QuadratureError(_TOO_STEEP)

    def _rejection(
        self, size: int, rng: np.random.Generator, slack: float
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Try to draw; return None if the envelope turned out not to be one."""
        bound, rows, columns = self._envelope(slack)
        probability = np.exp(bound - bound.max())
        peak = np.exp(self.log_values.max() - bound.max())
        acceptance = peak / self.weights.max() / probability.sum()
        if acceptance < 1e-2:
            raise QuadratureError(_TOO_STEEP)
        cumulative = np.cumsum(probability) / probability.sum()
        kept_t, kept_u, found = [], [], 0
        while found < size:
            batch = int((size - found) / min(acceptance, 1.0) * 1.1) + 32
            cell = np.searchsorted(cumulative, rng.random(batch), side="right")
            t = self.t[rows[cell]] + self.steps[0] * rng.random(batch)
            u = self.u[columns[cell]] + self.steps[1] * rng.random(batch)
            log_ratio = self._log_transformed(t, u) - bound[cell]
            if (log_ratio > 0).any():
                return None
            accepted = np.log(rng.random(batch)) < log_ratio
            kept_t.append(t[accepted])
            kept_u.append(u[accepted])
            found += int(accepted.sum())
        t, u = np.concatenate(kept_t)[:size], np.concatenate(kept_u)[:size]
        x, y, _ = self.ridge.map(t, u)
        return x, y

    def _envelope(self, slack: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log upper bounds of the cells that matter and their rows and columns.

        Along either axis a concave function rises in a cell by no more than the lines through
        its neighbors allow; ``slack`` is for what is not concave.
        """
        values = self.log_values
        rise = _highest_corner(_edge_rise(values), 1) + _highest_corner(_edge_rise(values.T).T, 0)
        corner = _highest_corner(_highest_corner(values, 0), 1)
        rows, columns = np.nonzero(corner > values.max() - _NEGLIGIBLE)
        return corner[rows, columns] + rise[rows, columns] + slack, rows, columns

    def _log_transformed(self, t: np.ndarray, u: np.ndarray) -> np.ndarray:
        x, y, jacobian = self.ridge.map(t, u)
        return self._evaluate(x, y) + jacobian

    def _evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _finite(self.log_density(x.ravel(), y.ravel())).reshape(x.shape)


def integrate(
    log_density: Function,
    start: tuple[float, float],
    moments: Callable[[np.ndarray, np.ndarray], np.ndarray],
    tolerance: float = 1e-7,
) -> Quadrature:
    """Integrate ``exp(log_density)`` over the plane.

    Parameters
    ----------
    log_density
        Function of two arrays of shape (G,).
    start
        A point in the middle of the region worth scanning.
    moments
        Function of two arrays of shape (G,) that returns positive quantities, shape (m, G),
        whose means and standard deviations have to converge, too. The tails are followed until
        the quantities' squares are covered.
    tolerance
        Largest change allowed at the last halving of the step.

    Raises
    ------
    QuadratureError
        If the integral does not converge.

    Examples
    --------
    >>> rule = integrate(
    ...     lambda x, y: -0.5 * (x**2 + (y - x) ** 2), (0.0, 0.0),
    ...     lambda x, y: np.exp([x, y]),
    ... )
    >>> bool(abs(rule.log_integral - np.log(2 * np.pi)) < 1e-9)
    True
    """

    def safe(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _finite(log_density(x.ravel(), y.ravel())).reshape(np.shape(x))

    def with_tails(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the integrand, or that of the largest second moment where it is larger."""
        with np.errstate(all="ignore"):
            growth = 2 * np.log(moments(x.ravel(), y.ravel())).reshape((-1, *np.shape(x)))
            growth = growth - reference.reshape((-1,) + (1,) * np.ndim(x))
            return _finite(safe(x, y) + np.maximum(growth.max(axis=0), 0))

    scan = _scan(safe, start)
    reference = 2 * np.log(moments(*(np.atleast_1d(value) for value in scan.peak)))
    x0, s0 = _outer_scale(safe, scan)
    ridge = _follow_ridge(safe, scan, x0, s0)
    t_range, u_range = _region(with_tails, ridge, scan)
    ridge = _refine_ridge(safe, scan, ridge, t_range)
    return _converge(safe, ridge, t_range, u_range, moments, tolerance)


@dataclass(frozen=True)
class _Scan:
    """A coarse look at the whole region."""

    x: np.ndarray
    y: np.ndarray
    ridge: np.ndarray
    width: np.ndarray
    profile: np.ndarray  # log of the inner integral, up to a constant, by Laplace's method
    peak: tuple[float, float]


def _scan(f: Function, start: tuple[float, float]) -> _Scan:
    """Evaluate on a coarse grid, moved until the highest point is inside."""
    center = np.array(start, dtype=float)
    offsets = np.arange(-_SCAN_REACH, _SCAN_REACH + _SCAN_STEP, _SCAN_STEP)
    for _ in range(40):
        x, y = center[0] + offsets, center[1] + offsets
        values = f(*np.meshgrid(x, y, indexing="ij"))
        i, j = np.unravel_index(np.argmax(values), values.shape)
        inside = 0 < i < x.size - 1 and 0 < j < y.size - 1
        if np.isfinite(values[i, j]) and inside:
            ridge, width = _inner_scale(f, x, y, values)
            profile = f(x, ridge) + np.log(width)
            return _Scan(x, y, ridge, width, profile, (float(x[i]), float(y[j])))
        if not np.isfinite(values[i, j]):
            break
        center = np.array([x[i], y[j]])
    raise QuadratureError(
        "The posterior of the two standard deviations has no peak that could be found: it seems "
        "to grow without bound. Check that the response varies within groups and that both "
        "priors are proper and on the response's scale."
    )


def _inner_scale(
    f: Function, x: np.ndarray, y: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Locate, for each x, the highest y and the width of the peak there.

    These place the nodes and no more: a poor choice costs nodes, not accuracy.
    """
    best = np.clip(np.argmax(values, axis=1), 1, y.size - 2)
    lower, upper = y[best - 1], y[best + 1]
    center = y[best]
    for _ in range(5):
        _, slope, bend = _derivatives(lambda v: f(x, v), center)
        with np.errstate(all="ignore"):
            newton = np.where(bend < 0, center - slope / bend, np.where(slope > 0, upper, lower))
        center = np.clip(np.nan_to_num(newton, nan=0.0), lower, upper)
    top, _, bend = _derivatives(lambda v: f(x, v), center)
    failed = ~((top >= values[np.arange(x.size), best] - 1e-6) & (bend < 0))
    if failed.any():
        xs = x[failed]
        center[failed] = _golden(lambda v: f(xs, v), lower[failed], upper[failed])
        middle = center[failed]
        bend[failed] = -1 / _drop(lambda v: f(xs, middle + v), f(xs, middle)) ** 2
    return center, np.clip(1 / np.sqrt(-bend), 1e-7, 2.0)


def _derivatives(f: Callable, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return value and the first two derivatives of many functions, by central differences."""
    low, middle, high = (f(v + step) for step in (-_DELTA, 0.0, _DELTA))
    with np.errstate(invalid="ignore"):
        return middle, (high - low) / (2 * _DELTA), (high - 2 * middle + low) / _DELTA**2


def _golden(f: Callable, lower: np.ndarray, upper: np.ndarray, rounds: int = 14) -> np.ndarray:
    """Maximize many functions of one variable at once by golden-section search."""
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(rounds):
        left, right = upper - ratio * (upper - lower), lower + ratio * (upper - lower)
        go_left = f(left) > f(right)
        upper, lower = np.where(go_left, right, upper), np.where(go_left, lower, left)
    return 0.5 * (lower + upper)


def _drop(f: Callable, top: np.ndarray, amount: float = 0.5) -> np.ndarray:
    """Return a distance, within a factor of three, at which each function drops by ``amount``."""
    distance = np.full(top.shape, 1e-4)
    for _ in range(10):
        done = f(distance) < top - amount
        if done.all():
            break
        distance = np.where(done, distance, 3 * distance)
    return distance


def _outer_scale(f: Function, scan: _Scan) -> tuple[float, float]:
    """Return center and scale of the outer marginal: from the scan, or from its peak if narrow."""
    weight = np.exp(scan.profile - scan.profile.max())
    weight /= weight.sum()
    mean = float(weight @ scan.x)
    sd = float(np.sqrt(weight @ (scan.x - mean) ** 2))
    if sd > 1.2 * _SCAN_STEP:
        return mean, 0.7 * sd
    peak, hessian = np.array(scan.peak), np.eye(2)
    for _ in range(8):  # Newton's method for the joint peak
        gradient, hessian = _gradient_hessian(f, peak)
        if not (np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian)[-1] < 0):
            return mean, max(sd, 0.1 * _SCAN_STEP)
        peak = peak - np.clip(np.linalg.solve(hessian, gradient), -_SCAN_STEP, _SCAN_STEP)
    return float(peak[0]), float(np.sqrt(np.linalg.inv(-hessian)[0, 0]))


def _gradient_hessian(f: Function, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return gradient and Hessian at a point, by central differences."""
    i, j = np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij")
    v = f(point[0] + _DELTA * i, point[1] + _DELTA * j)
    gradient = np.array([v[2, 1] - v[0, 1], v[1, 2] - v[1, 0]]) / (2 * _DELTA)
    mixed = (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4
    hessian = np.array(
        [
            [v[2, 1] - 2 * v[1, 1] + v[0, 1], mixed],
            [mixed, v[1, 2] - 2 * v[1, 1] + v[1, 0]],
        ]
    )
    return gradient, hessian / _DELTA**2


def _follow_ridge(f: Function, scan: _Scan, x0: float, s0: float) -> Ridge:
    """Follow the ridge over the whole range, on a coarse grid."""
    reach = _unstretch(_FAR / s0)
    t = np.linspace(-reach, reach, 2 * int(np.ceil(reach / 0.5)) + 1)
    if min(s0, scan.width[scan.profile > scan.profile.max() - _NEGLIGIBLE].min()) < 0.1:
        return _ridge_at(f, scan, x0, s0, t)
    # Wide peaks: between the scan's points, and beyond them, its own ridge is good enough.
    x = x0 + s0 * _stretch(t)
    center = np.interp(x, scan.x, scan.ridge)
    return Ridge(x0, s0, t, center, np.interp(x, scan.x, scan.width))


def _ridge_at(f: Function, scan: _Scan, x0: float, s0: float, t: np.ndarray) -> Ridge:
    x = x0 + s0 * _stretch(t)
    values = f(*np.meshgrid(x, scan.y, indexing="ij"))
    center, width = _inner_scale(f, x, scan.y, values)
    return Ridge(x0, s0, t, center, width)


def _region(
    with_tails: Function, ridge: Ridge, scan: _Scan
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Find the rectangle in (t, u) outside of which the integrand is negligible."""
    reach = _unstretch(_FAR / ridge.width.min())
    u = np.linspace(-reach, reach, 2 * int(np.ceil(reach / 0.5)) + 1)
    t_grid, u_grid = np.meshgrid(ridge.t, u, indexing="ij")
    x, y, jacobian = ridge.map(t_grid, u_grid)
    inside = np.abs(y - ridge.center[:, None]) <= _FAR
    values = np.where(inside, with_tails(x, y) + jacobian, -np.inf)
    significant = values > values.max() - _NEGLIGIBLE
    rows, columns = np.flatnonzero(significant.any(axis=1)), np.flatnonzero(significant.any(axis=0))
    seen = scan.profile > scan.profile.max() - _NEGLIGIBLE  # a second peak between coarse nodes
    t_scan = ridge.t_of_x(scan.x[seen])
    low, high = min(rows[0], np.searchsorted(ridge.t, t_scan.min())), rows[-1]
    high = max(high, np.searchsorted(ridge.t, t_scan.max()))
    _check_tails(low, high, ridge.t.size)
    _check_tails(columns[0], columns[-1], u.size)
    return (ridge.t[low - 1], ridge.t[high + 1]), (u[columns[0] - 1], u[columns[-1] + 1])


def _check_tails(first: int, last: int, size: int) -> None:
    if first < 1 or last > size - 2:
        raise QuadratureError(
            "A tail of the posterior of the two standard deviations does not come to an end "
            "within the range of floating-point numbers. Use a prior with lighter tails, or one "
            "whose density near zero is bounded."
        )


def _refine_ridge(f: Function, scan: _Scan, ridge: Ridge, t_range: tuple[float, float]) -> Ridge:
    """Follow the ridge again, on a finer grid in the region that matters."""
    t = np.linspace(*t_range, int(np.ceil((t_range[1] - t_range[0]) / 0.25)) + 1)
    return _ridge_at(f, scan, ridge.x0, ridge.s0, t)


def _converge(
    f: Function,
    ridge: Ridge,
    t_range: tuple[float, float],
    u_range: tuple[float, float],
    moments: Callable,
    tolerance: float,
) -> Quadrature:
    """Halve the steps, each as long as leaving out every other node along it makes a difference."""
    steps = np.array([0.25, 0.25])
    while True:
        fine = _rule(f, ridge, t_range, u_range, steps)
        reference = _moments(fine, moments)
        changes = [
            _change(fine, reference, _thin(fine, *every), moments) for every in ((2, 1), (1, 2))
        ]
        if max(changes) < tolerance:
            return replace(fine, error=_change(fine, reference, _thin(fine, 2, 2), moments))
        steps = np.where(np.array(changes) < tolerance, steps, steps / 2)
        size = np.ptp(t_range) * np.ptp(u_range) / steps.prod()
        if not (np.isfinite(fine.log_integral) and size < _MAX_POINTS):
            raise QuadratureError(
                f"The integral over the two standard deviations did not converge: the error is "
                f"estimated as {max(changes):.1e}, above the tolerance of {tolerance:.1e}. A prior "
                "density with a kink can cause this, or hardly more rows than groups and "
                "coefficients; use a smooth and narrower prior, or raise the tolerance."
            )


def _rule(
    f: Function,
    ridge: Ridge,
    t_range: tuple[float, float],
    u_range: tuple[float, float],
    steps: np.ndarray,
) -> Quadrature:
    t, u = (
        low + step * np.arange(np.ceil((high - low) / step) + 1)
        for (low, high), step in zip((t_range, u_range), steps, strict=True)
    )
    x, y, jacobian = ridge.map(*np.meshgrid(t, u, indexing="ij"))
    return _normalized(x, y, f(x, y) + jacobian, f, ridge, t, u)


def _normalized(
    x: np.ndarray,
    y: np.ndarray,
    log_values: np.ndarray,
    f: Function,
    ridge: Ridge,
    t: np.ndarray,
    u: np.ndarray,
) -> Quadrature:
    peak = log_values.max()
    weights = np.exp(log_values - peak)
    total = weights.sum()
    log_integral = float(peak + np.log(total) + np.log(t[1] - t[0]) + np.log(u[1] - u[0]))
    return Quadrature(x, y, weights / total, log_integral, np.inf, f, ridge, t, u, log_values)


def _thin(rule: Quadrature, every_t: int, every_u: int) -> Quadrature:
    """Leave out nodes."""
    kept = (slice(None, None, every_t), slice(None, None, every_u))
    return _normalized(
        rule.x[kept],
        rule.y[kept],
        rule.log_values[kept],
        rule.log_density,
        rule.ridge,
        rule.t[kept[0]],
        rule.u[kept[1]],
    )


def _moments(rule: Quadrature, moments: Callable) -> np.ndarray:
    """Return mean and standard deviation of each quantity, shape (2, m)."""
    values = moments(rule.x.ravel(), rule.y.ravel())
    weights = rule.weights.ravel()
    mean = np.where(weights > 0, values, 0) @ weights
    variance = np.where(weights > 0, (values - mean[:, None]) ** 2, 0) @ weights
    return np.stack([mean, np.sqrt(variance)])


def _change(
    fine: Quadrature, reference: np.ndarray, coarse: Quadrature, moments: Callable
) -> float:
    """Return the largest difference: of log integrals, or of moments in standard deviations."""
    difference = np.abs(_moments(coarse, moments) - reference) / reference[1]
    return float(max(abs(coarse.log_integral - fine.log_integral), difference.max()))


def _highest_corner(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the larger of each two neighbors along an axis."""
    values = np.moveaxis(values, axis, 0)
    return np.moveaxis(np.maximum(values[:-1], values[1:]), 0, axis)


def _edge_rise(values: np.ndarray) -> np.ndarray:
    """Bound how far a concave function rises between neighbors along the first axis."""
    padded = np.pad(values, ((1, 1), (0, 0)), constant_values=-np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        from_left = padded[1:-2] - padded[:-3]
        from_right = padded[2:-1] - padded[3:]
        rise = 1 / (1 / from_left + 1 / from_right)
    concave = (from_left > 0) & (from_right > 0)
    return np.where(concave, np.minimum(rise, 1.0), 0.0)


def _sinc_cdf(t: np.ndarray, nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Integrate the sinc series through the nodes from minus infinity to each t."""
    step = nodes[1] - nodes[0]
    sine_integral, _ = special.sici(np.pi * (np.asarray(t)[..., None] - nodes) / step)
    return (0.5 + sine_integral / np.pi) @ weights


def _stretch(t: np.ndarray) -> np.ndarray:
    return np.sinh(_STRETCH * t) / _STRETCH


def _unstretch(z: np.ndarray) -> np.ndarray:
    return np.arcsinh(_STRETCH * z) / _STRETCH


def _log_slope(t: np.ndarray) -> np.ndarray:
    """Return the log derivative of `_stretch`."""
    return np.logaddexp(_STRETCH * t, -_STRETCH * t) - np.log(2)


def _finite(values: np.ndarray) -> np.ndarray:
    """Replace what is not a number (overflow far out in a tail) by minus infinity."""
    return np.where(np.isnan(values) | (values == np.inf), -np.inf, values)
