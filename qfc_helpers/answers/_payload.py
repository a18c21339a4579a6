"""What an answer leaves in the notebook: plain data of a strict schema."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["MIME_TYPE", "Payload", "PayloadError", "read_payload"]

#: Under this name the data stand in a cell's output, beside what is shown.
MIME_TYPE = "application/vnd.qfc.answer+json"
VERSION = 1
ANSWERED, OPEN, UNREADABLE = "answered", "open", "unreadable"

_STATUSES = (ANSWERED, OPEN, UNREADABLE)
_MAX_TEXT = 2000
_MAX_VALUES = 8
_MAX_ARGUMENTS = 8
_MAX_MAGNITUDE = 1e12


class PayloadError(ValueError):
    """Data that are not an answer; the message says which part is wrong."""


@dataclass(frozen=True)
class Payload:
    """One answer, as stored.

    Parameters
    ----------
    question : str
        The question's id.
    status : str
        "answered", "open" (nothing given yet) or "unreadable" (something that is no answer).
    values : tuple of float
        Numbers, the two ends of an interval, or quantiles of draws, as the question asks.
    ess : tuple of float
        Effective sample size for each value; empty if no draws were given.
    size : int
        Number of draws; 0 if none were given.
    shares : tuple of float
        For an interval: which share of the draws lies below each end; else empty.
    r_hat : float or None
        Of the quantity asked for.
    divergences : int or None
        In all chains.
    model : dict or None
        The model's specification, see `ModelSpecification.to_json`.
    message : str
        For an unreadable answer, what was wrong with it.
    """

    question: str
    status: str
    values: tuple[float, ...] = ()
    ess: tuple[float, ...] = ()
    size: int = 0
    shares: tuple[float, ...] = ()
    r_hat: float | None = None
    divergences: int | None = None
    model: dict[str, Any] | None = None
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON takes it."""
        data = asdict(self)
        for name in ("values", "ess", "shares"):
            data[name] = list(data[name])
        return {"version": VERSION, **data}


def read_payload(data: Any) -> Payload:
    """Read an answer from a notebook's output; trust nothing.

    Parameters
    ----------
    data
        What stands under `MIME_TYPE` in an output of the executed notebook.

    Raises
    ------
    PayloadError
        If a key is missing or unknown, or a value has another type, size or range than `answer`
        writes.

    Examples
    --------
    >>> read_payload(Payload("loo", "open").to_json()).status
    'open'
    >>> read_payload({"question": "loo"})
    Traceback (most recent call last):
    qfc_helpers.answers._payload.PayloadError: version=None; expected 1
    """
    if not isinstance(data, Mapping):
        raise PayloadError(f"an answer is an object, this is {type(data).__name__}")
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        raise PayloadError(f"version={_short(data.get('version'))}; expected {VERSION}")
    names = {"version", *Payload.__dataclass_fields__}
    if set(data) != names:
        raise PayloadError(
            f"other keys than expected: {_short(sorted(map(str, set(data) ^ names)))}"
        )
    if data["status"] not in _STATUSES:
        raise PayloadError(f"status={_short(data['status'])}; expected one of {_STATUSES}")
    size, divergences = (data[name] for name in ("size", "divergences"))
    return Payload(
        question=_text(data["question"], "question", 64),
        status=data["status"],
        values=_numbers(data["values"], "values"),
        ess=_numbers(data["ess"], "ess", lower=0),
        size=_count(size, "size"),
        shares=_numbers(data["shares"], "shares", lower=0, upper=1),
        r_hat=None if data["r_hat"] is None else _number(data["r_hat"], "r_hat", lower=0),
        divergences=None if divergences is None else _count(divergences, "divergences"),
        model=None if data["model"] is None else _model(data["model"]),
        message=_text(data["message"], "message", _MAX_TEXT),
    )


def _model(data: Any) -> dict[str, Any]:
    """Check types and sizes; what they mean is checked where the model is rebuilt."""
    keys = {"digest", "response", "group", "centered", "coefficients", "sd_alpha", "sd_obs"}
    if not isinstance(data, Mapping) or set(data) != keys:
        raise PayloadError(f"model={_short(data)}; expected an object with {sorted(keys)}")
    if not isinstance(data["centered"], bool):
        raise PayloadError("model.centered is not true or false")
    coefficients = data["coefficients"]
    if not isinstance(coefficients, Mapping) or len(coefficients) > _MAX_VALUES:
        raise PayloadError("model.coefficients is not a small object")
    checked = {name: _text(data[name], name, 200) for name in ("digest", "response", "group")}
    checked["centered"] = data["centered"]
    checked["coefficients"] = {
        _text(name, "coefficient", 200): list(_numbers(prior, "prior", count=2))
        for name, prior in coefficients.items()
    }
    for name in ("sd_alpha", "sd_obs"):
        prior = data[name]
        if not isinstance(prior, Mapping) or set(prior) != {"family", "arguments"}:
            raise PayloadError(f"model.{name} is not a prior")
        arguments = prior["arguments"]
        if not isinstance(arguments, Mapping) or len(arguments) > _MAX_ARGUMENTS:
            raise PayloadError(f"model.{name} has no small object of arguments")
        checked[name] = {
            "family": _text(prior["family"], "family", 40),
            "arguments": {_text(k, "argument", 40): _number(v, k) for k, v in arguments.items()},
        }
    return checked


def _text(value: Any, name: str, length: int) -> str:
    if not isinstance(value, str) or len(value) > length:
        raise PayloadError(f"{name} is not a text of at most {length} characters")
    return value


def _number(value: Any, name: str, lower: float = -_MAX_MAGNITUDE, upper: float = _MAX_MAGNITUDE):
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or value != value or not lower <= value <= upper:
        raise PayloadError(f"{name}={_short(value)}; expected a number from {lower:g} to {upper:g}")
    return float(value)


def _numbers(value: Any, name: str, count: int | None = None, **limits: float) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MAX_VALUES:
        raise PayloadError(f"{name} is not a list of at most {_MAX_VALUES} numbers")
    if count is not None and len(value) != count:
        raise PayloadError(f"{name} has {len(value)} numbers; expected {count}")
    return tuple(_number(entry, name, **limits) for entry in value)


def _count(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
        raise PayloadError(f"{name}={_short(value)}; expected a whole number, zero or more")
    return value


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
