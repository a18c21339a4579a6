"""The class report for the grader: one HTML page with figures."""

import base64
import io
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qfc_helpers.theme import use_qfc_theme

from .collect import Submission
from .questions import Exercise
from .score import Mark
from .similar import similar

__all__ = ["page"]

#: What became of an answer: its color and hatch, so that color alone tells nothing.
_KINDS = {
    "right": ("#14532D", ""),
    "unreliable": ("#E78021", "//"),
    "wrong": ("#8A2C0D", "xx"),
    "unreadable": ("#5B4300", "++"),
    "open": ("#BBBBBB", ""),
    "missing": ("#DDDDDD", ".."),
    "not-reached": ("#FFFFFF", "--"),
}
_STYLE = """
body { font: 17px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #111; }
table { border-collapse: collapse; } td, th { padding: .2em .8em; border-bottom: 1px solid #CCC; }
th { text-align: left; } td.n { text-align: right; } img { max-width: 100%; }
"""


def page(
    students: Sequence[Submission],
    work: Sequence[Any],
    exercises: dict[str, Exercise],
    protections: Sequence[str],
) -> str:
    """Write the report.

    Parameters
    ----------
    students : list of Submission
        All.
    work : list of Graded
        All notebooks, scored.
    exercises : dict
        By name.
    protections : list of str
        What protected this machine.
    """
    use_qfc_theme()
    marks = [mark for one in work for mark in one.marks]
    parts = [
        "<h1>Class report</h1>",
        f"<p>{len(students)} students, {len(work)} notebooks. Sandbox: "
        f"{escape('; '.join(protections))}.</p>",
        "<h2>What became of each question</h2>",
        _picture(*_questions(marks, exercises)) if marks else "<p>None.</p>",
        "<h2>Commonest misconceptions</h2>",
        _misconceptions(marks),
        "<h2>Points</h2>",
        _picture(*_points(students, work, exercises)),
        "<h2>Notebooks that stopped</h2>",
        _table(
            ("student", "notebook", "why"),
            [
                (one.submission.student, one.exercise.name, one.execution.words)
                for one in work
                if one.execution.stopped
            ],
        ),
        "<h2>Slowest notebooks</h2>",
        _slowest(work),
        "<h2>Near-identical submissions</h2>",
        "<p>The share of the smaller one's own code that both have, by tokens, whatever the names. "
        "A reason to look, no proof.</p>",
        _pairs(work, exercises),
        "<h2>Files that could not be graded, and other remarks</h2>",
        _table(
            ("student", "remark"),
            [(one.student, problem) for one in students for problem in one.problems]
            + [
                (one.submission.student, f"{one.exercise.name}: {n}")
                for one in work
                for n in one.notes
            ],
        ),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>Class report</title><style>{_STYLE}</style></head><body>"
        f"{''.join(parts)}</body></html>\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>None.</p>"
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{titles}</tr>{lines}</table>"


def _picture(figure: Any, alt: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def _questions(marks: Sequence[Mark], exercises: dict[str, Exercise]) -> tuple[Any, str]:
    asked = {mark.question for mark in marks}
    names = [name for one in exercises.values() for name in one.questions if name in asked]
    counts = {name: Counter(m.status for m in marks if m.question == name) for name in names}
    figure, axes = plt.subplots(figsize=(11, 0.42 * len(names) + 1.6))
    left = np.zeros(len(names))
    for kind, (color, hatch) in _KINDS.items():
        width = np.array([counts[name][kind] for name in names], dtype=float)
        axes.barh(names, width, left=left, color=color, hatch=hatch, edgecolor="black", label=kind)
        left += width
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("notebooks")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    right = {name: counts[name]["right"] / max(1, sum(counts[name].values())) for name in names}
    hardest = min(right, key=right.__getitem__)
    return figure, (
        f"One bar for each question, with what became of its answers. {hardest} has the smallest "
        f"share of right answers, {right[hardest]:.0%}."
    )


def _misconceptions(marks: Sequence[Mark]) -> str:
    counts = Counter(
        (mark.question, mark.misconception, mark.message) for mark in marks if mark.misconception
    )
    rows = [(count, *what) for what, count in counts.most_common(15)]
    return _table(("how often", "question", "misconception", "what students are told"), rows)


def _points(
    students: Sequence[Submission], work: Sequence[Any], exercises: dict[str, Exercise]
) -> tuple[Any, str]:
    checked = sum(
        cell.points for exercise in exercises.values() for cell in exercise.cells if cell.questions
    )
    points = dict.fromkeys((one.student for one in students), 0.0)
    for one in work:
        points[one.submission.student] += sum(mark.points for mark in one.marks)
    values = np.array(list(points.values()))
    figure, axes = plt.subplots(figsize=(9, 3.6))
    axes.hist(values, bins=np.linspace(0, max(checked, 1), 21), color="#3697DC", edgecolor="black")
    axes.axvline(np.median(values), color="black", linestyle="--", label="median")
    axes.set_xlabel(f"points of checked questions (of {checked:g})")
    axes.set_ylabel("students")
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure, (
        f"Histogram of points that the checked questions earned: median {np.median(values):g} of "
        f"{checked:g}."
    )


def _slowest(work: Sequence[Any]) -> str:
    ranked = sorted(work, key=lambda one: -one.execution.seconds)[:10]
    return _table(
        ("seconds", "student", "notebook"),
        [
            (f"{one.execution.seconds:.0f}", one.submission.student, one.exercise.name)
            for one in ranked
        ],
    )


def _pairs(work: Sequence[Any], exercises: dict[str, Exercise]) -> str:
    rows = []
    for name, exercise in exercises.items():
        codes = {
            one.submission.student: "\n".join(
                cell.source for cell in one.notebook.cells if cell.cell_type == "code"
            )
            for one in work
            if one.exercise.name == name
        }
        rows += [
            (f"{pair.share:.0%}", name, pair.first, pair.second)
            for pair in similar(codes, exercise.code)
        ]
    rows.sort(key=lambda row: -int(row[0].rstrip("%")))
    return _table(("same", "notebook", "student", "student"), rows[:100])
