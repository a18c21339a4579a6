"""The forms that an answer can have: numbers, an interval, draws.

Each form reads what a student hands over into plain numbers (`read`), and says how far these are
from a target (`distance`), in units of what Monte Carlo error and rounding can explain: up to one
is as good as right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from qfc_helpers.frequentist import AIC

from ._payload import Payload
from ._reading import UnreadableError, as_draws, kind, plain_numbers, scalar_draws

__all__ = [
    "ESS_MIN",
    "LEVEL",
    "DrawsForm",
    "Form",
    "IntervalForm",
    "Measured",
    "NumbersForm",
    "Target",
]

#: As in `qfc_helpers.draws.diagnose`. Never is more error granted than so many draws have.
ESS_MIN = 400
#: Monte Carlo standard errors that are granted; one right answer in 16,000 is farther off.
Z = 4.0
#: Probability by which a quantile may be off beside its Monte Carlo error.
TOLERANCE_PROBABILITY = 0.01
LEVEL = 0.95
_QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
_ENDS = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])


@dataclass(frozen=True)
class Measured:
    """What was read off an answer: see `Payload`."""

    values: tuple[float, ...]
    ess: tuple[float, ...] = ()
    size: int = 0
    shares: tuple[float, ...] = ()
    r_hat: float | None = None


@dataclass(frozen=True)
class Target:
    """A right value, or what a misconception gives.

    Parameters
    ----------
    values
        For numbers: shape (k,).
    unit
        For numbers: the standard deviation of one draw's contribution, shape (k,); zero where
        nothing is random.
    tolerance
        For numbers: what rounding and the like may add, shape (k,).
    cdf
        For intervals and draws: the distribution.
    """

    values: np.ndarray | None = None
    unit: np.ndarray | float = 0.0
    tolerance: np.ndarray | float = 0.0
    cdf: Callable[[np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True)
class NumbersForm:
    """One number, or a few.

    Parameters
    ----------
    count
        How many.
    names
        What they are, for messages.
    lower, upper
        Where they must lie.
    """

    count: int = 1
    names: str = "a number"
    lower: float = -np.inf
    upper: float = np.inf

    def read(self, value: Any, own: xr.DataArray | None) -> Measured:
        """Read numbers; draws are averaged. `own` are the posterior draws of the quantity."""
        draws = None if isinstance(value, AIC) else as_draws(value)
        if draws is not None:
            value = draws.mean(["chain", "draw"])
            own = draws if own is None else own
        numbers = plain_numbers(value, self.count, self.names)
        if not all(self.lower <= number <= self.upper for number in numbers):
            raise UnreadableError(
                f"Expected {self.names} between {self.lower:g} and {self.upper:g}; got "
                f"{', '.join(f'{number:g}' for number in numbers)}."
            )
        if own is None:
            return Measured(numbers)
        return Measured(numbers, _ess(own, self.count), _size(own), r_hat=_r_hat(own))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Return the largest deviation in units of what can be explained."""
        ess = effective(answer, self.count)
        allowed = Z * np.asarray(target.unit) / np.sqrt(ess) + target.tolerance
        return float(np.max(np.abs(np.array(answer.values) - target.values) / allowed))


@dataclass(frozen=True)
class IntervalForm:
    """The two ends of an equal-tailed interval of 95 %."""

    count: int = 2

    def read(self, value: Any, own: xr.DataArray | None) -> Measured:
        """Read two ends; `own` are the draws that they are quantiles of."""
        names = "the two ends of an interval, lower and upper"
        ends = plain_numbers(value, 2, names)
        if not ends[0] < ends[1]:
            raise UnreadableError(
                f"The interval runs from {ends[0]:.4g} to {ends[1]:.4g}; expected the lower end "
                "first, and the upper one above it."
            )
        if own is None:
            return Measured(ends)
        own = scalar_draws(own)
        shares = tuple(
            _share_below(own.to_numpy(), end, wanted)
            for end, wanted in zip(ends, _ENDS, strict=True)
        )
        ess = _ess(own, 2, [{"method": "quantile", "prob": prob} for prob in _ENDS])
        return Measured(ends, ess, _size(own), shares, _r_hat(own))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Compare in probability: which quantiles of the target the ends are."""
        return _distance_in_probability(answer, target, _ENDS, TOLERANCE_PROBABILITY / 2)


@dataclass(frozen=True)
class DrawsForm:
    """Draws from a distribution, of which five quantiles are kept."""

    count: int = _QUANTILES.size

    def read(self, value: Any, own: xr.DataArray | None = None) -> Measured:
        """Read draws."""
        draws = as_draws(value)
        if draws is None:
            raise UnreadableError(
                "Expected draws: a DataArray with the dimensions chain and draw, as the functions "
                f"of qfc_helpers.draws return, or a NumPy array; got {kind(value)}."
            )
        draws = scalar_draws(draws)
        if float(draws.std()) == 0:
            raise UnreadableError("All draws are the same number.")
        quantiles = np.quantile(draws.to_numpy(), _QUANTILES)
        options = [{"method": "quantile", "prob": prob} for prob in _QUANTILES]
        ess = _ess(draws, self.count, options)
        return Measured(tuple(map(float, quantiles)), ess, _size(draws), r_hat=_r_hat(draws))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Compare in probability: which quantiles of the target the answer's are."""
        return _distance_in_probability(answer, target, _QUANTILES, TOLERANCE_PROBABILITY)


Form = NumbersForm | IntervalForm | DrawsForm


def effective(answer: Payload | Measured, count: int) -> np.ndarray:
    """Return the effective sample sizes that count: no fewer than `ESS_MIN`, no more than draws.

    Whatever an answer claims, it is granted no more Monte Carlo error than the course allows.
    """
    if len(answer.ess) != count:
        return np.full(count, float(ESS_MIN))
    return np.clip(np.array(answer.ess), ESS_MIN, max(ESS_MIN, answer.size))


def _distance_in_probability(
    answer: Payload | Measured, target: Target, wanted: np.ndarray, tolerance: float
) -> float:
    """Compare quantiles with those wanted, on the scale of Normal scores.

    There an end at infinity is infinitely far away, however few draws there are.
    """
    error = Z * np.sqrt(wanted * (1 - wanted) / effective(answer, wanted.size)) + tolerance
    scores = stats.norm.ppf(wanted)
    found = np.clip(target.cdf(np.array(answer.values)), 1e-15, 1 - 1e-15)
    off = np.abs(stats.norm.ppf(found) - scores)
    return float(np.max(off * stats.norm.pdf(scores) / error))


def _share_below(draws: np.ndarray, end: float, wanted: float) -> float:
    """Return the share of draws below an end; of a rounded end, the nearest to what is wanted."""
    decimals = next((d for d in range(4) if abs(end - round(end, d)) < 1e-9), None)
    half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
    low, high = ((draws < end + shift).mean() for shift in (-half, half))
    return float(np.clip(wanted, low, high))


def _ess(draws: xr.DataArray, count: int, options: list[dict] | None = None) -> tuple[float, ...]:
    """Return effective sample sizes, of means unless told otherwise."""
    import arviz as az

    with np.errstate(all="ignore"):
        sizes = [az.ess(draws, **option) for option in options or [{"method": "mean"}]]
    flat = np.concatenate([np.asarray(size, dtype=float).ravel() for size in sizes])
    # Of draws that are all the same (an event that always happens) ArviZ knows none.
    flat = np.nan_to_num(flat, nan=_size(draws))
    if flat.size != count:
        flat = np.full(count, flat.min())
    return tuple(map(float, flat))


def _r_hat(draws: xr.DataArray) -> float | None:
    import arviz as az

    if draws.sizes["chain"] < 2 or draws.sizes["draw"] < 4:
        return None
    with np.errstate(all="ignore"):
        value = float(np.max(np.asarray(az.rhat(draws))))
    return value if np.isfinite(value) else None


def _size(draws: xr.DataArray) -> int:
    return draws.sizes["chain"] * draws.sizes["draw"]
