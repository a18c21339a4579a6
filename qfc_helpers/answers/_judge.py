"""Judge stored answers: data in, verdict out; nothing of a student's is run."""

import functools
import json
from typing import Any

import numpy as np

from . import _payload, _verdict
from ._forms import ESS_MIN, LEVEL, IntervalForm, Target
from ._misconceptions import MISCONCEPTIONS
from ._payload import Payload
from ._questions import QUESTIONS, Question
from ._specification import LECTURE_PRIORS, digest_of, exact_posterior
from ._verdict import Verdict

__all__ = ["find_question", "judge"]

#: As in `qfc_helpers.draws.diagnose`: above it something is said ...
_RHAT_WANTED = 1.01
#: ... but good draws exceed it now and then by chance. Above this one they hardly ever do.
_RHAT_MAX = 1.05
#: What the tasks ask for.
_DRAWS_WANTED = 4000
#: A wrong answer is named after a misconception if that one explains it, and explains it so much
#: better than the right value does.
_NAMED_WITHIN, _TIMES_BETTER = 1.5, 2.0
#: Tails of an interval that come from the very draws may differ by interpolation alone.
_TAIL_TOLERANCE = 0.003
#: Beyond this, tails are wrong whatever the reason.
_TAIL_LIMIT = 0.012
_LEVELS = (0.5, 0.8, 0.89, 0.9, 0.94, 0.99)


def judge(payload: Payload) -> Verdict:
    """Judge a stored answer; nothing of the student's is run.

    It checks numbers, not who computed them: the verdict on a forged answer is that of an honest
    one with the same values, and it is never granted more Monte Carlo error than 400 effective
    draws have.

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
    question = find_question(payload.question)
    if payload.status == _payload.OPEN:
        return Verdict(question.id, _verdict.OPEN, f"Asked for: {question.asks}.")
    if payload.status == _payload.UNREADABLE:
        return Verdict(question.id, _verdict.UNREADABLE, payload.message)
    wrong = _check_shape(question, payload)
    if wrong is None and question.formula:
        wrong = _check_model(question, payload)
    if wrong is not None:
        return wrong
    specification = json.dumps(payload.model, sort_keys=True) if question.formula else ""
    try:
        truth, mistakes = _targets(question.id, specification)
    except (ValueError, TypeError, ArithmeticError) as error:
        if not specification:
            raise
        message = f"There is no exact posterior under these priors. {error}"
        return Verdict(question.id, _verdict.UNREADABLE, message)
    return _compare(question, payload, truth, mistakes)


def find_question(question: str) -> Question:
    """Return a question by its id, or say which there are."""
    if not isinstance(question, str) or question not in QUESTIONS:
        raise ValueError(
            f"There is no question {question!r}. The questions are {', '.join(QUESTIONS)}."
        )
    return QUESTIONS[question]


@functools.lru_cache(maxsize=256)
def _targets(question_id: str, specification: str) -> tuple[Target, dict[str, Target]]:
    """Compute what is right, and what each misconception gives, under these priors."""
    question, posterior = QUESTIONS[question_id], None
    if specification:
        posterior = exact_posterior(json.loads(specification), question.data, question.formula)
    mistakes = {name: make(posterior) for name, make in question.mistakes.items()}
    return question.truth(posterior), mistakes


def _check_shape(question: Question, payload: Payload) -> Verdict | None:
    """Refuse data that `answer` would not have written for this question."""
    count = question.form.count
    interval = isinstance(question.form, IntervalForm)
    consistent = (
        len(payload.values) == count
        and len(payload.ess) in (0, count)
        and bool(payload.ess) == bool(payload.size)
        and len(payload.shares) == (2 if interval and payload.size else 0)
    )
    if consistent:
        return None
    message = "The stored answer does not have the form of an answer to this question."
    return Verdict(question.id, _verdict.UNREADABLE, message)


def _check_model(question: Question, payload: Payload) -> Verdict | None:
    """Say what is different from the model that the task asks for."""

    def wrong(message: str) -> Verdict:
        return Verdict(question.id, _verdict.WRONG, message)

    spec = payload.model
    if spec is None:
        message = "Pass the model that you fitted as model=..."
        return Verdict(question.id, _verdict.UNREADABLE, message)
    asked = digest_of(question.data, question.formula)
    if set(spec["coefficients"]) != set(asked["predictors"]):
        has, wants = (", ".join(names) for names in (spec["coefficients"], asked["predictors"]))
        return wrong(f"The model has the terms {has}; the task asks for {wants}.")
    for part in ("response", "group"):
        if spec[part] != asked[part]:
            return wrong(f"The model's {part} is {spec[part]!r}; expected {asked[part]!r}.")
    if spec["digest"] != asked["digest"]:
        return wrong(
            f"The data are not the rows of {question.data} as they are loaded. Load them afresh, "
            "and fit the model to all rows, unchanged."
        )
    given = spec["coefficients"] | {name: spec[name] for name in ("sd_alpha", "sd_obs")}
    if question.changed_priors and not spec["centered"] and _same(given, LECTURE_PRIORS):
        return wrong("These are the lecture's priors; the task asks for your own.")
    if question.priors is None:
        return None
    if spec["centered"]:
        return _named(question, payload, "centered-prior")
    for name, prior in question.priors.items():
        if not _same({name: given[name]}, {name: prior}):
            return wrong(
                f"The prior of {name} is {_in_words(given[name])}; the task asks for "
                f"{_in_words(prior)}."
            )
    return None


def _same(given: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Compare priors number by number."""
    one, two = _flat(given), _flat(asked)
    return set(one) == set(two) and all(
        np.isclose(one[name], two[name], rtol=1e-6, atol=1e-9) for name in two
    )


def _flat(priors: dict[str, Any]) -> dict[tuple[str, ...], float]:
    """Name each number of some priors."""
    flat: dict[tuple[str, ...], float] = {}
    for name, prior in priors.items():
        if isinstance(prior, dict):
            family = prior["family"]
            flat |= {(name, family, key): value for key, value in prior["arguments"].items()}
        else:
            flat |= {(name, "Normal", "mu"): prior[0], (name, "Normal", "sigma"): prior[1]}
    return flat


def _in_words(prior: Any) -> str:
    if isinstance(prior, dict):
        arguments = ", ".join(f"{key}={value:g}" for key, value in prior["arguments"].items())
        return f"{prior['family']}({arguments})"
    return f"Normal({prior[0]:g}, {prior[1]:g})"


def _compare(
    question: Question, payload: Payload, truth: Target, mistakes: dict[str, Target]
) -> Verdict:
    """Hold the values against the right ones, then against each misconception's."""
    if question.needs_draws and not payload.ess:
        message = (
            "Pass the draws that the answer comes from as draws=..., so that its Monte Carlo error "
            "is known."
        )
        return Verdict(question.id, _verdict.UNRELIABLE, message)
    distance = question.form.distance(payload, truth)
    name = _name_tails(payload)
    if name is None and distance > 1:
        name = _name_mistake(question, payload, distance, mistakes)
    if name is not None:
        return _named(question, payload, name)
    unreliable = _check_draws(question, payload)
    if unreliable is not None:
        return unreliable
    if distance <= 1 and not _tails_are_off(payload):
        message = f"{question.asks[0].upper()}{question.asks[1:]}."
        return Verdict(question.id, _verdict.RIGHT, message, None, _notes(payload))
    reason = "This is another number."
    if question.needs_draws or not isinstance(truth.unit, float):
        reason = "This is too far from the posterior: Monte Carlo error cannot explain it."
    message = f"{reason} Asked for: {question.asks}."
    return Verdict(question.id, _verdict.WRONG, message, None, _notes(payload))


def _name_mistake(
    question: Question, payload: Payload, distance: float, mistakes: dict[str, Target]
) -> str | None:
    """Return the misconception that explains a wrong answer, if one does clearly."""
    others = {name: question.form.distance(payload, target) for name, target in mistakes.items()}
    nearest = min(others, key=others.get, default=None)
    if nearest is None or others[nearest] > min(_NAMED_WITHIN, distance / _TIMES_BETTER):
        return None
    return nearest


def _tails(payload: Payload) -> np.ndarray | None:
    """Return which shares of the student's own draws lie outside of an interval."""
    if len(payload.shares) != 2:
        return None
    return np.array([payload.shares[0], 1 - payload.shares[1]])


def _tails_are_off(payload: Payload) -> bool:
    tails = _tails(payload)
    return tails is not None and np.abs(tails - (1 - LEVEL) / 2).max() > _TAIL_LIMIT


def _name_tails(payload: Payload) -> str | None:
    """Name an interval of another probability, or with unequal tails."""
    tails = _tails(payload)
    if tails is None:
        return None
    tolerance = _TAIL_TOLERANCE + 1.5 / payload.size
    total, apart = tails.sum(), abs(tails[0] - tails[1])
    if abs(total - (1 - LEVEL)) <= tolerance:
        return "unequal-tails" if apart > _TAIL_LIMIT else None
    if apart > 2 * tolerance:
        return None
    near = any(abs(total - (1 - level)) <= tolerance for level in _LEVELS)
    return "interval-level" if near else None


def _check_draws(question: Question, payload: Payload) -> Verdict | None:
    """Refuse to judge what too few or poor draws say."""
    if not payload.ess:
        return None
    ess = min(payload.ess)
    if (payload.r_hat or 0) > _RHAT_MAX:
        message = (
            f"The chains do not agree: R-hat is {payload.r_hat:.3f}; wanted: at most "
            f"{_RHAT_WANTED}."
        )
    elif ess < ESS_MIN:
        message = (
            f"{MISCONCEPTIONS['too-few-draws'].message} {payload.size:,} draws are worth "
            f"{ess:.0f} independent ones; wanted: at least {ESS_MIN}."
        )
    else:
        return None
    notes = _notes(payload)
    return Verdict(question.id, _verdict.UNRELIABLE, message, "too-few-draws", notes)


def _notes(payload: Payload) -> tuple[str, ...]:
    notes = []
    if payload.divergences:
        notes.append(
            f"{payload.divergences} of the draws diverged; fit with target_accept=0.99, and look "
            "at what diagnose says."
        )
    if 0 < payload.size < _DRAWS_WANTED:
        notes.append(
            f"These are {payload.size:,} draws; with {_DRAWS_WANTED:,}, as the task asks, more "
            "mistakes can be told from chance."
        )
    if _RHAT_WANTED < (payload.r_hat or 0) <= _RHAT_MAX:
        notes.append(
            f"R-hat is {payload.r_hat:.3f}, a little above {_RHAT_WANTED}: the chains do not agree "
            "as well as they should. Draw more."
        )
    return tuple(notes)


def _named(question: Question, payload: Payload, name: str) -> Verdict:
    message = MISCONCEPTIONS[name].message
    return Verdict(question.id, _verdict.WRONG, message, name, _notes(payload))
