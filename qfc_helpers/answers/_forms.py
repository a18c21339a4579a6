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

from qfc_helpers.frequentist import AIC

from ._payload import Payload

__all__ = [
    "ESS_MIN",
    "DrawsForm",
    "IntervalForm",
    "Measured",
    "NumbersForm",
    "Target",
    "UnreadableError",
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


class UnreadableError(ValueError):
    """What was handed over is no answer to the question; the message says what is expected."""


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
    """

    count: int = 1
    names: str = "a number"

    def read(self, value: Any, draws: xr.DataArray | None) -> Measured:
        """Read numbers; posterior draws are averaged. `draws` are the quantity's own."""
        own = _draws_of(value)
        if own is not None:
            value = own.mean(["chain", "draw"])
            draws = own if draws is None else draws
        numbers = _plain_numbers(value, self.count, self.names)
        if draws is None:
            return Measured(numbers)
        return Measured(numbers, _ess(draws, self.count), _size(draws), r_hat=_r_hat(draws))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Return the largest deviation in units of what can be explained."""
        if len(answer.values) != self.count:
            return np.inf
        ess = np.array(effective(answer, self.count))
        allowed = Z * np.asarray(target.unit) / np.sqrt(ess) + target.tolerance
        return float(np.max(np.abs(np.array(answer.values) - target.values) / allowed))


@dataclass(frozen=True)
class IntervalForm:
    """The two ends of an equal-tailed interval of 95 %."""

    count: int = 2

    def read(self, value: Any, draws: xr.DataArray | None) -> Measured:
        """Read two ends; `draws` are the quantity's own."""
        ends = _plain_numbers(value, 2, "the two ends of an interval, lower and upper")
        if not ends[0] < ends[1]:
            raise UnreadableError(
                f"The interval runs from {ends[0]:.4g} to {ends[1]:.4g}; expected the lower end "
                "first, and the upper one above it."
            )
        if draws is None:
            return Measured(ends)
        array = draws.to_numpy().ravel()
        shares = tuple(float((array < end).mean()) for end in ends)
        ess = _ess(draws, 2, [{"method": "quantile", "prob": prob} for prob in _ENDS])
        return Measured(ends, ess, array.size, shares, _r_hat(draws))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Compare in probability: which quantiles of the target the ends are."""
        if len(answer.values) != 2:
            return np.inf
        ess = np.array(effective(answer, 2))
        allowed = Z * np.sqrt(_ENDS * (1 - _ENDS) / ess) + TOLERANCE_PROBABILITY / 2
        off = np.abs(target.cdf(np.array(answer.values)) - _ENDS)
        return float(np.max(off / allowed))


@dataclass(frozen=True)
class DrawsForm:
    """Draws from a distribution, of which five quantiles are kept."""

    count: int = _QUANTILES.size

    def read(self, value: Any, draws: xr.DataArray | None = None) -> Measured:
        """Read draws."""
        own = _draws_of(value)
        if own is None:
            raise UnreadableError(
                f"Expected draws: a DataArray with the dimensions chain and draw, as the functions "
                f"of qfc_helpers.draws return, or a NumPy array; got {_kind(value)}."
            )
        if own.size > own.sizes["chain"] * own.sizes["draw"]:
            extra = [name for name in own.dims if name not in ("chain", "draw")]
            raise UnreadableError(
                f"The draws have more than one quantity, along {', '.join(map(repr, extra))}. "
                "Select the one that the task asks for with .sel(...)."
            )
        own = own.squeeze([name for name in own.dims if name not in ("chain", "draw")], drop=True)
        if float(own.std()) == 0:
            raise UnreadableError("All draws are the same number.")
        quantiles = np.quantile(own.to_numpy(), _QUANTILES)
        ess = _ess(own, self.count, [{"method": "quantile", "prob": prob} for prob in _QUANTILES])
        return Measured(tuple(map(float, quantiles)), ess, own.size, r_hat=_r_hat(own))

    def distance(self, answer: Payload | Measured, target: Target) -> float:
        """Compare in probability: which quantiles of the target the answer's are."""
        if len(answer.values) != self.count:
            return np.inf
        ess = np.array(effective(answer, self.count))
        allowed = Z * np.sqrt(_QUANTILES * (1 - _QUANTILES) / ess) + TOLERANCE_PROBABILITY
        return float(np.max(np.abs(target.cdf(np.array(answer.values)) - _QUANTILES) / allowed))


def effective(answer: Payload | Measured, count: int) -> list[float]:
    """Return the effective sample sizes that count: no fewer than `ESS_MIN`, no more than draws.

    Whatever an answer claims, it is granted no more Monte Carlo error than the course allows.
    """
    if len(answer.ess) != count:
        return [float(ESS_MIN)] * count
    return [max(ESS_MIN, min(ess, answer.size)) for ess in answer.ess]


def _plain_numbers(value: Any, count: int, names: str) -> tuple[float, ...]:
    """Turn a number, a sequence or an xarray object into floats."""
    if isinstance(value, AIC):
        value = value.value
    for attribute in ("estimate", "elpd"):  # draws.Probability, ArviZ's ELPDData
        if not isinstance(value, xr.DataArray | np.ndarray) and hasattr(value, attribute):
            value = getattr(value, attribute)
    if isinstance(value, xr.Dataset) and len(value.data_vars) == 1:
        value = next(iter(value.data_vars.values()))
    try:
        array = np.asarray(value, dtype=float).ravel()
    except (TypeError, ValueError):
        array = None
    if array is None or isinstance(value, bool | str):
        raise UnreadableError(f"Expected {names}; got {_kind(value)}.")
    if array.size != count:
        raise UnreadableError(f"Expected {names}; got {array.size} numbers.")
    if not np.isfinite(array).all():
        raise UnreadableError(f"Expected {names}; got {array.tolist()}, which is not finite.")
    return tuple(map(float, array))


def _draws_of(value: Any) -> xr.DataArray | None:
    """Return draws with the dimensions chain and draw, or None if this is something else."""
    if isinstance(value, xr.DataTree) and "posterior" in value.children:
        value = value["posterior"].to_dataset()
    if isinstance(value, xr.Dataset):
        if len(value.data_vars) != 1:
            raise UnreadableError(
                f"Expected one quantity; got {len(value.data_vars)}: "
                f"{', '.join(map(str, list(value.data_vars)[:6]))}. Compute the one that the task "
                "asks for."
            )
        value = next(iter(value.data_vars.values()))
    if isinstance(value, np.ndarray | list) and np.size(value) > 8:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu" or array.ndim > 2:
            raise UnreadableError(f"Expected draws as numbers; got {_kind(value)}.")
        value = xr.DataArray(np.atleast_2d(array).astype(float), dims=("chain", "draw"))
    if not (isinstance(value, xr.DataArray) and {"chain", "draw"} <= set(value.dims)):
        return None
    if value.dtype.kind not in "fiu" or not np.isfinite(value.to_numpy()).all():
        raise UnreadableError("Some of the draws are not finite numbers.")
    return value


def _ess(draws: xr.DataArray, count: int, options: list[dict] | None = None) -> tuple[float, ...]:
    """Return effective sample sizes, of means unless told otherwise."""
    import arviz as az

    with np.errstate(all="ignore"):
        sizes = [az.ess(draws, **option) for option in options or [{"method": "mean"}]]
    flat = np.concatenate([np.asarray(size, dtype=float).ravel() for size in sizes])
    flat = np.nan_to_num(flat, nan=draws.sizes["chain"] * draws.sizes["draw"])
    return tuple(map(float, np.broadcast_to(flat, (count,)) if flat.size == 1 else flat[:count]))


def _r_hat(draws: xr.DataArray) -> float | None:
    import arviz as az

    if draws.sizes["chain"] < 2 or draws.sizes["draw"] < 4:
        return None
    with np.errstate(all="ignore"):
        value = float(np.max(np.asarray(az.rhat(draws))))
    return value if np.isfinite(value) else None


def _size(draws: xr.DataArray) -> int:
    return draws.sizes["chain"] * draws.sizes["draw"]


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
