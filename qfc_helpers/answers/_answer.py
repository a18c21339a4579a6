"""Read an answer, judge it, show the verdict, and leave the answer in the cell's output."""

import functools
import json
from typing import Any

import numpy as np
import xarray as xr

from . import _payload
from ._forms import ESS_MIN, LEVEL, IntervalForm, Target, UnreadableError
from ._misconceptions import MISCONCEPTIONS
from ._payload import MIME_TYPE, Payload
from ._questions import QUESTIONS, Question
from ._specification import LECTURE_PRIORS, digest_of, exact_posterior, specify
from ._verdict import OPEN, RIGHT, UNREADABLE, UNRELIABLE, WRONG, Verdict

__all__ = ["answer", "judge"]

#: As in `qfc_helpers.draws.diagnose`: above it something is said ...
_RHAT_WANTED = 1.01
#: ... but good draws exceed it now and then by chance. Above this one they hardly ever do.
_RHAT_MAX = 1.05
#: What the tasks ask for.
_DRAWS_WANTED = 4000
#: A wrong answer is named after a misconception if it is so near to what that one gives, in the
#: units of `distance`; and nearer than to the right value.
_NAMED_WITHIN = 1.5
#: What interpolation between draws and rounding may change in an interval's tails.
_TAIL_TOLERANCE = 0.002
_LEVELS = (0.5, 0.8, 0.89, 0.9, 0.94, 0.99)


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
        What ``model.fit()`` returned, or the draws of the quantity itself; from these come the
        Monte Carlo error and the diagnostics. Without them the fewest draws that the course
        allows are assumed.

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
    payload = _read(_find(question), value, model, draws)
    _show(judge(payload), payload)


def judge(payload: Payload) -> Verdict:
    """Judge a stored answer; nothing of the student's is run.

    Parameters
    ----------
    payload : Payload
        From `read_payload`.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        If there is no such question.

    Examples
    --------
    >>> judge(Payload("aic-ml", "answered", values=(85.09,))).misconception
    'reml-aic'
    """
    question = _find(payload.question)
    if payload.status == _payload.OPEN:
        return Verdict(question.id, OPEN, f"Asked for: {question.asks}.")
    if payload.status == _payload.UNREADABLE:
        return Verdict(question.id, UNREADABLE, payload.message)
    if len(payload.values) != question.form.count:
        message = f"Expected {question.form.count} values; the answer has {len(payload.values)}."
        return Verdict(question.id, UNREADABLE, message)
    specification = ""
    if question.needs_model:
        wrong_model = _check_model(question, payload)
        if wrong_model is not None:
            return wrong_model
        specification = json.dumps(payload.model, sort_keys=True)
    try:
        truth, mistakes = _targets(question.id, specification)
    except (ValueError, TypeError) as error:
        if not specification:
            raise
        message = f"There is no exact posterior under these priors. {error}"
        return Verdict(question.id, UNREADABLE, message)
    return _compare(question, payload, truth, mistakes)


@functools.lru_cache(maxsize=256)
def _targets(question_id: str, specification: str) -> tuple[Target, dict[str, Target]]:
    """Compute what is right, and what each misconception gives, under these priors."""
    question, posterior = QUESTIONS[question_id], None
    if specification:
        posterior = exact_posterior(json.loads(specification), question.data, question.formula)
    mistakes = {name: make(posterior) for name, make in question.mistakes.items()}
    return question.truth(posterior), mistakes


def _find(question: str) -> Question:
    if not isinstance(question, str) or question not in QUESTIONS:
        raise ValueError(
            f"There is no question {question!r}. The questions are {', '.join(QUESTIONS)}."
        )
    return QUESTIONS[question]


# Reading


def _read(question: Question, value: Any, model: Any, draws: Any) -> Payload:
    """Turn what was handed over into data; whatever is wrong with it becomes a message."""
    if value is ... or value is None:
        return Payload(question.id, _payload.OPEN)
    try:
        own = _own_draws(question, draws)
        measured = question.form.read(value, own)
        specification = _specification(question, model)
    except ValueError as error:  # UnreadableError, and those of draws and exact
        return Payload(question.id, _payload.UNREADABLE, message=str(error)[:1500])
    except (TypeError, KeyError, AttributeError) as error:
        message = f"The answer could not be read ({type(error).__name__}: {str(error)[:300]})."
        return Payload(question.id, _payload.UNREADABLE, message=message)
    return Payload(
        question.id,
        _payload.ANSWERED,
        values=measured.values,
        ess=measured.ess,
        size=measured.size,
        shares=measured.shares,
        r_hat=measured.r_hat,
        divergences=_divergences(draws),
        model=specification,
    )


def _own_draws(question: Question, draws: Any) -> xr.DataArray | None:
    """Return the draws of the quantity that is asked for, if there are any."""
    if draws is None or draws is ...:
        return None
    if isinstance(draws, xr.DataArray):
        extra = [name for name in draws.dims if name not in ("chain", "draw")]
        return draws.squeeze(drop=True) if extra and question.form.count < 3 else draws
    if not isinstance(draws, xr.DataTree):
        raise UnreadableError(
            f"draws is {type(draws).__name__}; expected the DataTree that model.fit() returned."
        )
    return None if question.quantity is None else question.quantity(draws)


def _specification(question: Question, model: Any) -> dict[str, Any] | None:
    if not question.needs_model:
        return None
    if model is None or model is ...:
        raise UnreadableError("Pass the model that you fitted as model=...")
    return specify(model).to_json()


def _divergences(draws: Any) -> int | None:
    if isinstance(draws, xr.DataTree) and "sample_stats" in draws.children:
        stats = draws["sample_stats"]
        return int(stats["diverging"].sum()) if "diverging" in stats else None
    return None


# Judging


def _check_model(question: Question, payload: Payload) -> Verdict | None:
    """Say what is different from the model that the task asks for."""
    spec = payload.model
    if spec is None:
        return Verdict(question.id, UNREADABLE, "Pass the model that you fitted as model=...")
    if spec["digest"] != digest_of(question.data, question.formula):
        message = (
            f"The model is not “{question.formula}” on all rows of {question.data}. Load the data "
            "afresh, and fit that formula."
        )
        return Verdict(question.id, WRONG, message)
    given = spec["coefficients"] | {name: spec[name] for name in ("sd_alpha", "sd_obs")}
    if question.changed_priors and not spec["centered"] and _same(given, LECTURE_PRIORS):
        message = "These are the lecture's priors; the task asks for your own."
        return Verdict(question.id, WRONG, message)
    if question.priors is None:
        return None
    if spec["centered"]:
        return _named(question, "centered-intercept")
    if set(given) != set(question.priors):
        return Verdict(question.id, WRONG, f"The model is not “{question.formula}”.")
    for name, prior in question.priors.items():
        if not _same({name: given[name]}, {name: prior}):
            message = (
                f"The prior of {name} is {_in_words(given[name])}; the task asks for "
                f"{_in_words(prior)}."
            )
            return Verdict(question.id, WRONG, message)
    return None


def _same(given: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Compare priors number by number."""
    if set(given) != set(asked):
        return False
    for name, prior in asked.items():
        other = given[name]
        if isinstance(prior, dict):
            if other["family"] != prior["family"]:
                return False
            prior, other = prior["arguments"], other["arguments"]
            if set(prior) != set(other):
                return False
            prior, other = ([entry[key] for key in sorted(prior)] for entry in (prior, other))
        if not np.allclose(prior, other, rtol=1e-6, atol=1e-9):
            return False
    return True


def _in_words(prior: Any) -> str:
    if isinstance(prior, dict):
        arguments = ", ".join(f"{key}={value:g}" for key, value in prior["arguments"].items())
        return f"{prior['family']}({arguments})"
    return f"Normal({prior[0]:g}, {prior[1]:g})"


def _compare(
    question: Question, payload: Payload, truth: Target, mistakes: dict[str, Target]
) -> Verdict:
    """Hold the values against the right ones, then against each misconception's."""
    notes = _notes(payload)
    distance = question.form.distance(payload, truth)
    wrong_tails = _check_tails(question, payload)
    if distance <= 1 and wrong_tails is None:
        unreliable = _check_draws(question, payload)
        if unreliable is not None:
            return unreliable
        return Verdict(
            question.id, RIGHT, f"{question.asks[0].upper()}{question.asks[1:]}.", None, notes
        )
    others = {name: question.form.distance(payload, target) for name, target in mistakes.items()}
    nearest = min(others, key=others.get, default=None)
    if distance > 1 and nearest is not None and others[nearest] <= min(_NAMED_WITHIN, distance):
        return _named(question, nearest, notes)
    if wrong_tails is not None:
        return _named(question, wrong_tails, notes)
    unreliable = _check_draws(question, payload)
    if unreliable is not None:
        return unreliable
    message = f"It is farther off than chance explains. Asked for: {question.asks}."
    return Verdict(question.id, WRONG, message, None, notes)


def _check_tails(question: Question, payload: Payload) -> str | None:
    """Compare an interval with the quantiles of the student's own draws."""
    if not isinstance(question.form, IntervalForm) or len(payload.shares) != 2:
        return None
    tails = np.array([payload.shares[0], 1 - payload.shares[1]])
    tolerance = _TAIL_TOLERANCE + 1.5 / max(payload.size, 1)
    if np.abs(tails - (1 - LEVEL) / 2).max() <= tolerance:
        return None
    if abs(tails.sum() - (1 - LEVEL)) <= 2 * tolerance:
        return "unequal-tails"
    for level in _LEVELS:
        if abs(tails.sum() - (1 - level)) <= 2 * tolerance:
            return "interval-level"
    return None


def _check_draws(question: Question, payload: Payload) -> Verdict | None:
    """Refuse to judge what too few or poor draws say."""
    if not payload.ess:
        return None
    ess = min(payload.ess)
    if ess < ESS_MIN or (payload.r_hat or 0) > _RHAT_MAX:
        r_hat = "" if payload.r_hat is None else f", R-hat is {payload.r_hat:.3f}"
        message = (
            f"{MISCONCEPTIONS['too-few-draws'].message} {payload.size} draws are worth {ess:.0f} "
            f"independent ones{r_hat}; wanted: at least {ESS_MIN}, and at most {_RHAT_WANTED}."
        )
        return Verdict(question.id, UNRELIABLE, message, "too-few-draws")
    return None


def _notes(payload: Payload) -> tuple[str, ...]:
    notes = []
    if 0 < payload.size < _DRAWS_WANTED:
        notes.append(
            f"These are {payload.size:,} draws; with {_DRAWS_WANTED:,}, as the task asks, more "
            "mistakes can be told from chance."
        )
    if (payload.r_hat or 0) > _RHAT_WANTED:
        notes.append(
            f"R-hat is {payload.r_hat:.3f}, a little above {_RHAT_WANTED}: the chains do not agree "
            "as well as they should. Draw more."
        )
    if payload.divergences:
        notes.append(
            f"{payload.divergences} of the draws diverged; fit with target_accept=0.99, and look "
            "at what diagnose says."
        )
    return tuple(notes)


def _named(question: Question, name: str, notes: tuple[str, ...] = ()) -> Verdict:
    return Verdict(question.id, WRONG, MISCONCEPTIONS[name].message, name, notes)


# Showing


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
