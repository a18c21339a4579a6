"""Turn what students hand over into numbers and draws, or say what it is not."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from qfc_helpers.frequentist import AIC

__all__ = ["UnreadableError", "as_draws", "kind", "plain_numbers", "scalar_draws"]

_CONTAINERS = xr.DataTree | xr.Dataset | xr.DataArray | np.ndarray | pd.Series
#: An array with more entries than this is taken for draws.
_FEW = 8
#: More chains than this, or shorter ones, and the axes are taken to be exchanged.
_MOST_CHAINS, _SHORTEST_CHAIN = 50, 20


class UnreadableError(ValueError):
    """What was handed over is no answer to the question; the message says what is expected."""


def plain_numbers(value: Any, count: int, names: str) -> tuple[float, ...]:
    """Turn a number, a sequence, or an object of ArviZ or the course's, into floats."""
    if isinstance(value, AIC):
        value = value.value
    for attribute in ("estimate", "elpd"):  # draws.Probability, ArviZ's ELPDData
        if not isinstance(value, _CONTAINERS) and hasattr(value, attribute):
            value = getattr(value, attribute)
    value = _single_variable(value)
    array = None
    if not isinstance(value, bool | np.bool_ | str | bytes):
        try:
            array = np.asarray(value, dtype=float).ravel()
        except (TypeError, ValueError, OverflowError):
            array = None
    if array is None:
        raise UnreadableError(f"Expected {names}; got {kind(value)}.")
    if array.size != count:
        numbers = "one number" if array.size == 1 else f"{array.size} numbers"
        raise UnreadableError(f"Expected {names}; got {numbers}.")
    if not np.isfinite(array).all() or np.abs(array).max() > 1e12:
        raise UnreadableError(f"Expected {names}; got {array.tolist()}.")
    return tuple(map(float, array))


def as_draws(value: Any) -> xr.DataArray | None:
    """Return draws with the dimensions chain and draw, or None if this is something else."""
    value = _single_variable(value)
    if isinstance(value, xr.DataArray):
        if "sample" in value.dims and "chain" not in value.dims:
            value = _one_chain(value)
        if not {"chain", "draw"} <= set(value.dims):
            return None
        return _checked(value)
    if isinstance(value, pd.Series):
        value = value.to_numpy()
    if (
        not isinstance(value, np.ndarray | list | tuple)
        or np.size(np.asarray(value, object)) <= _FEW
    ):
        return None
    try:
        array = np.squeeze(np.asarray(value, dtype=float))
    except (TypeError, ValueError, OverflowError):
        raise UnreadableError(f"Expected draws as numbers; got {kind(value)}.") from None
    if array.ndim > 2:
        raise UnreadableError(
            f"Expected draws of one quantity, shape (chain, draw); got an array of shape "
            f"{array.shape}. Select the quantity that the task asks for."
        )
    array = np.atleast_2d(array)
    if array.shape[0] > _MOST_CHAINS or array.shape[1] < _SHORTEST_CHAIN:
        raise UnreadableError(
            f"An array of draws has the shape (chain, draw); this one has {array.shape}. "
            "Are the axes exchanged?"
        )
    return _checked(xr.DataArray(array, dims=("chain", "draw")))


def scalar_draws(draws: xr.DataArray) -> xr.DataArray:
    """Return draws of one quantity, shape (chain, draw), or say that there are several."""
    extra = [name for name in draws.dims if name not in ("chain", "draw")]
    if any(draws.sizes[name] > 1 for name in extra):
        raise UnreadableError(
            f"The draws have more than one quantity, along {', '.join(map(repr, extra))}. "
            "Select the one that the task asks for with .sel(...)."
        )
    return draws.squeeze(extra, drop=True).transpose("chain", "draw")


def kind(value: Any) -> str:
    """Name the type of something, for messages."""
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


def _single_variable(value: Any) -> Any:
    """Take the only variable out of a Dataset or DataTree; other things are left alone."""
    if isinstance(value, xr.DataTree):
        value = (value["posterior"] if "posterior" in value.children else value).to_dataset()
    if not isinstance(value, xr.Dataset):
        return value
    if len(value.data_vars) != 1:
        raise UnreadableError(
            f"Expected one quantity; got {len(value.data_vars)}: "
            f"{', '.join(map(str, list(value.data_vars)[:6]))}. Compute the one that the task "
            "asks for."
        )
    return next(iter(value.data_vars.values()))


def _one_chain(stacked: xr.DataArray) -> xr.DataArray:
    """Undo `az.extract` and `stack`; without an index of chains all draws make one chain."""
    if isinstance(stacked.indexes.get("sample"), pd.MultiIndex):
        names = dict(zip(stacked.indexes["sample"].names, ("chain", "draw"), strict=False))
        if set(names) == {"chain", "draw"}:
            return stacked.unstack("sample")  # noqa: PD010
    unlabeled = stacked.drop_vars("sample", errors="ignore")
    return unlabeled.rename(sample="draw").expand_dims("chain")


def _checked(draws: xr.DataArray) -> xr.DataArray:
    if draws.dtype.kind == "b":  # an event that happens or not
        draws = draws.astype(float)
    if draws.dtype.kind not in "fiu" or not np.isfinite(draws.to_numpy()).all():
        raise UnreadableError("Some of the draws are not finite numbers.")
    return draws
