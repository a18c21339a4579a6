"""Marginal distributions without draws: means, standard deviations, quantiles, densities.

Two kinds: mixtures of Normals over the quadrature's nodes (everything linear in the effects), and
the two standard deviations themselves. Both answer the same questions, as xarray.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from scipy import special

from .priors import ScalePrior
from .quadrature import Quadrature

__all__ = ["Marginal", "NormalMixture", "ScaleMarginal"]

# Elements of (nodes x quantities) handled at once.
_MAX_ELEMENTS = 4_000_000

Components = Callable[[slice], tuple[np.ndarray, np.ndarray]]


class Marginal(ABC):
    """The exact marginal distribution of one quantity, or of one for each label of a dimension.

    `mean`, `sd`, `quantile`, `density` and `cdf` return DataArrays with the quantity's own
    dimensions; `quantile` adds ``quantile``, `density` and `cdf` add ``value``.
    """

    name: str
    dims: tuple[str, ...]
    coords: Mapping[str, Any]
    size: int

    @abstractmethod
    def _mean_sd(self) -> tuple[np.ndarray, np.ndarray]:
        """Return means and standard deviations, each of shape (size,)."""

    @abstractmethod
    def _cdf(self, values: np.ndarray) -> np.ndarray:
        """Return probabilities for values of shape (m,), shape (m, size)."""

    @abstractmethod
    def _density(self, values: np.ndarray) -> np.ndarray:
        """Return densities for values of shape (m,), shape (m, size)."""

    @abstractmethod
    def _quantile(self, probabilities: np.ndarray) -> np.ndarray:
        """Return quantiles for probabilities of shape (m,), shape (m, size)."""

    def mean(self) -> xr.DataArray:
        """Return the posterior mean."""
        return self._label(self._mean_sd()[0])

    def sd(self) -> xr.DataArray:
        """Return the posterior standard deviation."""
        return self._label(self._mean_sd()[1])

    def quantile(self, q: float | Sequence[float]) -> xr.DataArray:
        """Return quantiles.

        Parameters
        ----------
        q
            Probability or probabilities, strictly between 0 and 1.

        Raises
        ------
        ValueError
            If a probability is not between 0 and 1.
        """
        probabilities = _points(q, "q")
        if not ((probabilities > 0) & (probabilities < 1)).all():
            raise ValueError(
                f"q={q!r} has values outside of (0, 1); expected probabilities such as 0.05."
            )
        result = self._label(self._quantile(probabilities), quantile=probabilities)
        return result.isel(quantile=0) if np.ndim(q) == 0 else result

    def density(self, values: Sequence[float] | None = None) -> xr.DataArray:
        """Return the probability density.

        Parameters
        ----------
        values
            Where to evaluate it; by default at 200 points between the quantiles 0.0005 and 0.9995.
        """
        if values is None:
            ends = self._quantile(np.array([0.0005, 0.9995]))
            values = np.linspace(ends.min(), ends.max(), 200)
        values = _points(values)
        return self._label(self._density(values), value=values)

    def cdf(self, values: float | Sequence[float]) -> xr.DataArray:
        """Return the probability of being at most each value."""
        array = _points(values)
        result = self._label(self._cdf(array), value=array)
        return result.isel(value=0) if np.ndim(values) == 0 else result

    def _label(self, array: np.ndarray, **extra: np.ndarray) -> xr.DataArray:
        """Give names to an array of shape (size,) or (len(extra), size)."""
        shape = tuple(values.size for values in extra.values())
        shape += tuple(len(self.coords[dim]) for dim in self.dims)
        return xr.DataArray(
            array.reshape(shape),
            dims=(*extra, *self.dims),
            coords={**extra, **self.coords},
            name=self.name,
        )


def _points(values: float | Sequence[float], name: str = "values") -> np.ndarray:
    """Return numbers as an array of shape (m,), or say what is wrong with them."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        array = np.array([np.nan])
    if array.ndim != 1 or np.isnan(array).any():
        raise ValueError(
            f"{name}={values!r}; expected a number or a one-dimensional sequence of numbers, none "
            "of them missing."
        )
    return array


@dataclass(frozen=True)
class NormalMixture(Marginal):
    """A mixture of Normal distributions over the nodes of the quadrature.

    Parameters
    ----------
    weights
        Shape (G,), summing to one.
    components
        Function that returns the Normals' means and standard deviations, each of shape
        (G, number of quantities), for a slice of the quantities.
    """

    name: str
    weights: np.ndarray
    components: Components
    size: int
    dims: tuple[str, ...] = ()
    coords: Mapping[str, Any] = field(default_factory=dict)

    def _blocks(self):
        block = max(1, _MAX_ELEMENTS // self.weights.size)
        for start in range(0, self.size, block):
            part = slice(start, min(start + block, self.size))
            yield part, *self.components(part)

    def _mean_sd(self) -> tuple[np.ndarray, np.ndarray]:
        mean, sd = np.empty(self.size), np.empty(self.size)
        for part, means, sds in self._blocks():
            mean[part] = self.weights @ means
            sd[part] = np.sqrt(self.weights @ (sds**2 + (means - mean[part]) ** 2))
        return mean, sd

    def _over_values(self, values: np.ndarray, function: Callable) -> np.ndarray:
        result = np.empty((values.size, self.size))
        for part, means, sds in self._blocks():
            for i, value in enumerate(values):
                result[i, part] = self.weights @ function((value - means) / sds, sds)
        return result

    def _cdf(self, values: np.ndarray) -> np.ndarray:
        return self._over_values(values, lambda z, _: special.ndtr(z))

    def _density(self, values: np.ndarray) -> np.ndarray:
        return self._over_values(values, lambda z, sds: _normal_density(z) / sds)

    def _quantile(self, probabilities: np.ndarray) -> np.ndarray:
        result = np.empty((probabilities.size, self.size))
        for part, means, sds in self._blocks():
            for i, probability in enumerate(probabilities):
                result[i, part] = _mixture_quantile(probability, self.weights, means, sds)
        return result


def _normal_density(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


def _mixture_quantile(
    probability: float, weights: np.ndarray, means: np.ndarray, sds: np.ndarray
) -> np.ndarray:
    """Solve for a quantile of many mixtures by Newton's method, safeguarded by bisection."""
    spread = special.ndtri(probability) * sds
    heavy = weights > 1e-13  # the bracket need not reach what no probability notices
    lower = (means + spread)[heavy].min(axis=0)
    upper = (means + spread)[heavy].max(axis=0)
    mean = weights @ means
    sd = np.sqrt(weights @ (sds**2 + (means - mean) ** 2))
    x = np.clip(mean + special.ndtri(probability) * sd, lower, upper)
    for _ in range(100):
        z = (x - means) / sds
        excess = weights @ special.ndtr(z) - probability
        lower, upper = np.where(excess < 0, x, lower), np.where(excess < 0, upper, x)
        slope = weights @ (_normal_density(z) / sds)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = x - excess / slope
        outside = ~((new > lower) & (new < upper))
        new = np.where(outside, 0.5 * (lower + upper), new)
        if (np.abs(new - x) < 1e-10 * sd).all():
            return new
        x = new
    return x


@dataclass(frozen=True)
class ScaleMarginal(Marginal):
    """The posterior of one of the two standard deviations.

    Parameters
    ----------
    rule
        The quadrature.
    prior
        The standard deviation's prior, which says how it maps to the unbounded coordinate.
    is_group
        Whether this is the groups' standard deviation (the rule's first coordinate).
    """

    name: str
    rule: Quadrature
    prior: ScalePrior
    is_group: bool
    dims: tuple[str, ...] = ()
    coords: Mapping[str, Any] = field(default_factory=dict)
    size: int = 1

    def _mean_sd(self) -> tuple[np.ndarray, np.ndarray]:
        x, y, weights = self.rule.nodes()
        values = self.prior.to_scale(x if self.is_group else y)
        mean = weights @ values
        sd = np.sqrt(weights @ (values - mean) ** 2)
        return np.array([mean]), np.array([sd])

    def _cdf_unbounded(self, z: np.ndarray) -> np.ndarray:
        return self.rule.cdf_x(z) if self.is_group else self.rule.cdf_y(z)

    def _cdf(self, values: np.ndarray) -> np.ndarray:
        result = np.where(values >= self.prior.upper, 1.0, 0.0)
        inside = (values > self.prior.lower) & (values < self.prior.upper)
        z = self.prior.to_unbounded(values[inside])
        result[inside] = np.clip(self._cdf_unbounded(z), 0, 1)
        return result[:, None]

    def _density(self, values: np.ndarray) -> np.ndarray:
        result = np.zeros(values.size)
        inside = (values > self.prior.lower) & (values < self.prior.upper)
        result[inside] = self._density_unbounded(self.prior.to_unbounded(values[inside]))
        # At an end of the prior's interval the limit: the outermost nodes are closer to it than
        # any digit tells. (No residual variation at all is not a possible value.)
        nodes = self.rule.x if self.is_group else self.rule.y
        for end, z in ((self.prior.lower, nodes.min()), (self.prior.upper, nodes.max())):
            if np.isfinite(end) and (end > 0 or self.is_group):
                result[values == end] = self._limit(end, z)
        return result[:, None]

    def _density_unbounded(self, z: np.ndarray) -> np.ndarray:
        """Return the density of the standard deviation at points of the unbounded coordinate."""
        density = self.rule.density_x(z) if self.is_group else self.rule.density_y(z)
        return density * np.exp(-self.prior.log_jacobian(z))

    def _limit(self, end: float, z: float) -> float:
        with np.errstate(all="ignore"):
            log_prior = float(self.prior.log_density(np.array([end]))[0])
        if np.isinf(log_prior) or np.isnan(log_prior):
            return np.inf if log_prior == np.inf else 0.0
        return float(self._density_unbounded(np.array([z]))[0])

    def _quantile(self, probabilities: np.ndarray) -> np.ndarray:
        nodes = self.rule.x if self.is_group else self.rule.y
        important = nodes[self.rule.weights > 1e-17]
        lower = np.full(probabilities.shape, important.min())
        upper = np.full(probabilities.shape, important.max())
        # Bisection to 2^-50 of the range: the cdf is cheap, and monotone but for rounding.
        for _ in range(50):
            middle = 0.5 * (lower + upper)
            below = self._cdf_unbounded(middle) < probabilities
            lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
        return self.prior.to_scale(0.5 * (lower + upper))[:, None]
