"""Read an answer, show the verdict, and leave the answer in the cell's output."""

from typing import Any

import xarray as xr

from ._judge import find_question, judge
from ._payload import ANSWERED, MIME_TYPE, OPEN, UNREADABLE, Payload, read_payload
from ._questions import Question
from ._reading import UnreadableError, as_draws, kind
from ._specification import specify
from ._verdict import Verdict

__all__ = ["answer", "read_answer"]


def answer(question: str, value: Any, *, model: Any = None, draws: Any = None) -> None:
    """Check an answer: show the verdict, and leave the answer in the cell's output as data.

    An answer is compared with the exact posterior under the model's own priors, by quadrature. It
    may be off by four Monte Carlo standard errors and a little rounding; nobody needs to have the
    same random draws as somebody else.

    Parameters
    ----------
    question : str
        The question's id, as in the exercise.
    value
        The answer: a number, a few numbers, the two ends of an interval, or draws, as the question
        asks. ``...`` leaves the question open.
    model : bambi.Model, optional
        The model that was fitted; its priors are read off it.
    draws : xarray.DataTree or xarray.DataArray, optional
        What ``model.fit()`` returned, or the draws that the answer was computed from; they tell
        its Monte Carlo error.

    Raises
    ------
    ValueError
        If there is no such question. Whatever else is wrong is shown, not raised.

    See Also
    --------
    judge : the same verdict from the stored data alone.

    Examples
    --------
    >>> answer("derived-probability", ...)
    ○ derived-probability: still open. Asked for: Pr(alpha_2 > alpha_3).
    """
    payload = read_answer(find_question(question), value, model, draws)
    _show(judge(payload), payload)


def read_answer(question: Question, value: Any, model: Any = None, draws: Any = None) -> Payload:
    """Turn what was handed over into data; whatever is wrong with it becomes a message."""
    if value is ... or (isinstance(value, tuple | list) and any(part is ... for part in value)):
        return Payload(question.id, OPEN)
    try:
        payload = _measure(question, value, model, draws)
        return read_payload(payload.to_json())  # never store what could not be read again
    except ValueError as error:  # UnreadableError, and those of draws and exact
        message = str(error)
    except Exception as error:
        message = f"The answer could not be read ({type(error).__name__}: {str(error)[:300]})."
    return Payload(question.id, UNREADABLE, message=message[:1500])


def _measure(question: Question, value: Any, model: Any, draws: Any) -> Payload:
    if value is None:
        raise UnreadableError("The value is None. Does a function lack its return?")
    own = _own_draws(question, draws)
    if question.special is not None:
        value = question.special(value)
    measured = question.form.read(value, own)
    return Payload(
        question.id,
        ANSWERED,
        values=measured.values,
        ess=measured.ess,
        size=measured.size,
        shares=measured.shares,
        r_hat=measured.r_hat,
        divergences=_divergences(draws),
        model=_specification(question, model),
    )


def _own_draws(question: Question, draws: Any) -> xr.DataArray | None:
    """Return the draws of the quantity that is asked for, if there are any."""
    if draws is None or draws is ...:
        return None
    if isinstance(draws, xr.DataTree) and "posterior" in draws.children:
        return None if question.quantity is None else question.quantity(draws)
    if isinstance(draws, xr.DataTree | xr.Dataset):
        raise UnreadableError(
            "draws holds a part only; pass the whole of what model.fit() returned, not .posterior."
        )
    own = as_draws(draws)
    if own is None:
        raise UnreadableError(
            f"draws is {kind(draws)}; expected the DataTree that model.fit() returned, or the "
            "draws that the answer was computed from."
        )
    return own


def _specification(question: Question, model: Any) -> dict[str, Any] | None:
    if not question.formula:
        return None
    if model is None or model is ...:
        raise UnreadableError("Pass the model that you fitted as model=...")
    return specify(model).to_json()


def _divergences(draws: Any) -> int | None:
    if isinstance(draws, xr.DataTree) and "sample_stats" in draws.children:
        stats = draws["sample_stats"]
        return int(stats["diverging"].sum()) if "diverging" in stats else None
    return None


def _show(verdict: Verdict, payload: Payload) -> None:
    """Show the verdict; in a notebook the answer's data go with it."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(verdict)
        return
    if get_ipython() is None:
        print(verdict)
        return
    bundle = {
        "text/plain": str(verdict),
        "text/html": verdict._repr_html_(),
        MIME_TYPE: payload.to_json(),
    }
    display(bundle, raw=True)
