"""From an executed notebook's outputs to a verdict on each question.

The outputs are a stranger's data. They are read with a strict schema and judged in a process of
their own, which runs nothing of the student's and is stopped if it takes too long.

Which answer counts, if a question is answered more than once: the best one. A notebook tells at
once whether an answer is right, and trying again is allowed; so the order of tries says nothing.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .execute import Execution
from .questions import Exercise, questions_in
from .sandbox import ROOT

__all__ = ["Judge", "Mark", "marks", "payloads"]

#: As `qfc_helpers.answers.MIME_TYPE`, which is not imported here since that takes seconds.
MIME_TYPE = "application/vnd.qfc.answer+json"
_MAX_PAYLOADS, _MAX_BYTES = 2000, 20_000
#: So many different answers to one question are judged, the last ones.
_MAX_TRIES = 20
_RANK = {"open": 0, "unreadable": 1, "wrong": 2, "unreliable": 3, "right": 4}


@dataclass(frozen=True)
class Mark:
    """What one question earned, and why.

    Parameters
    ----------
    question : str
        Its id.
    points, out_of : float
        Earned, and possible.
    status : str
        A verdict's, or "missing" (no answer was given) or "not-reached" (the notebook stopped).
    message : str
        The reason, for the student; it never holds the right value.
    misconception : str or None
        Its id.
    hint, pointer, link : str
        The misconception's.
    notes : tuple of str
        What else is worth saying.
    """

    question: str
    points: float
    out_of: float
    status: str
    message: str
    misconception: str | None = None
    hint: str = ""
    pointer: str = ""
    link: str = ""
    notes: tuple[str, ...] = ()


def payloads(notebook: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    """Find all answers in the outputs of an executed notebook, whatever cell they stand in."""
    seen = 0
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            data = output.get("data")
            if isinstance(data, dict) and MIME_TYPE in data and seen < _MAX_PAYLOADS:
                seen += 1
                yield index, data[MIME_TYPE]


def marks(execution: Execution, exercise: Exercise, judge: "Judge") -> list[Mark]:
    """Judge all questions of an exercise.

    Parameters
    ----------
    execution : Execution
        What ran.
    exercise : Exercise
        What was asked.
    judge : Judge
        Gives a verdict on one answer.
    """
    notebook = json.loads(execution.notebook)
    tries: dict[str, dict[str, None]] = {question: {} for question in exercise.questions}
    for _, data in payloads(notebook):
        question = data.get("question") if isinstance(data, dict) else None
        text = json.dumps(data)
        if isinstance(question, str) and question in tries:
            if len(text) > _MAX_BYTES:
                text = json.dumps(f"it has {len(text)} bytes, expected at most {_MAX_BYTES}")
            tries[question].pop(text, None)
            tries[question][text] = None
    return [
        _mark(question, list(tries[question])[-_MAX_TRIES:], execution, exercise, judge, notebook)
        for question in exercise.questions
    ]


def _mark(
    question: str,
    tries: list[str],
    execution: Execution,
    exercise: Exercise,
    judge: "Judge",
    notebook: dict[str, Any],
) -> Mark:
    cell = exercise.cell_of(question)
    out_of = cell.points / len(cell.questions)
    verdicts = [judge(text) for text in tries]
    if not verdicts:
        if execution.stopped:
            message = f"Not reached: {stopping(execution, exercise, notebook)}"
            return Mark(question, 0.0, out_of, "not-reached", message)
        return Mark(question, 0.0, out_of, "missing", "The notebook gave no answer.")
    best = max(verdicts, key=lambda verdict: _RANK.get(verdict["status"], 0))
    points = out_of if best["status"] == "right" else 0.0
    return Mark(question, points, out_of, **best)


def stopping(execution: Execution, exercise: Exercise, notebook: dict[str, Any]) -> str:
    """Say where a notebook stopped, and why; empty if it did not."""
    if not execution.stopped:
        return ""
    if execution.cell is None:
        return f"{execution.words}."
    where = question_at(execution.cell, exercise, notebook)
    at = f" at the question {where}" if where else ""
    return f"the notebook stopped{at} (cell {execution.cell + 1}): {execution.words}."


def question_at(index: int, exercise: Exercise, notebook: dict[str, Any]) -> str | None:
    """Return the question that a cell works on: the next one that is asked."""
    for cell in notebook["cells"][index:]:
        asked = questions_in("".join(cell["source"]))
        for question in asked:
            if question in exercise.questions:
                return question
    return None


class Judge:
    """Judges answers in a process of its own; remembers what it was asked.

    Lines of JSON go to it and come back. It is stopped if an answer takes too long.

    Parameters
    ----------
    seconds : float
        What one answer may take.
    """

    def __init__(self, seconds: float = 60) -> None:
        self.seconds, self.known = seconds, {}
        self._process: subprocess.Popen | None = None

    def __call__(self, text: str) -> dict[str, Any]:
        """Return the verdict's parts on an answer, as JSON."""
        if text not in self.known:
            self.known[text] = self._ask(text)
        return self.known[text]

    def _ask(self, text: str) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._start()
        reply = self._exchange(text, self.seconds)
        if reply is not None:
            return reply
        self.close()
        message = "The answer could not be judged in time; its priors may be extreme."
        return {"status": "unreadable", "message": message}

    def _start(self) -> None:
        command = [sys.executable, "-m", "grading.judge"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        # The first reply waits for the imports, which are not a student's fault.
        if self._exchange("null", 300) is None:
            raise RuntimeError("The judge does not start: .venv/bin/python -m grading.judge")

    def _exchange(self, text: str, seconds: float) -> dict[str, Any] | None:
        """Send a line and read one; None if none comes in time."""
        received, end = b"", time.monotonic() + seconds
        with suppress(OSError, ValueError):
            self._process.stdin.write(text.encode("ascii") + b"\n")
            while not received.endswith(b"\n"):
                left = max(0.0, end - time.monotonic())
                if not select.select([self._process.stdout], [], [], left)[0]:
                    return None
                part = self._process.stdout.read(65536)
                if not part:
                    return None
                received += part
            return json.loads(received)
        return None

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None

    def __enter__(self) -> "Judge":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
