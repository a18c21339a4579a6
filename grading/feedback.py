"""One HTML page for each student: what each question earned, why, and where to look.

Everything on it that a student wrote is escaped; outputs are not shown; there is no script, and a
policy in the page forbids any. The right answer is nowhere on it.
"""

from html import escape

from .collect import Submission
from .gradebook import Written
from .questions import Exercise
from .score import Mark

__all__ = ["page"]

_WORDS = {
    "right": "✓ right",
    "wrong": "✗ not right",
    "open": "○ left open",
    "unreliable": "? cannot be judged",
    "unreadable": "! cannot be read",
    "missing": "○ no answer",
    "not-reached": "○ not reached",
}
_STYLE = """
body { font: 18px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #111; }
h2 { border-bottom: 2px solid #CCC; margin-top: 2em; }
.question { border-left: 6px solid #8A2C0D; background: #F7F7F7; padding: .5em 1em; margin: 1em 0; }
.right { border-color: #14532D; } .open, .missing, .not-reached, .later { border-color: #767676; }
.unreliable, .unreadable { border-color: #5B4300; }
.points { float: right; font-weight: bold; }
.problem { background: #FDF3E7; padding: .5em 1em; }
"""


def page(
    submission: Submission,
    exercises: dict[str, Exercise],
    marks: dict[str, list[Mark]],
    answers: dict[str, list[Written]],
    notes: dict[str, list[str]],
) -> str:
    """Write one student's page.

    Parameters
    ----------
    submission : Submission
        Whose.
    exercises : dict
        By name.
    marks : dict
        Of each exercise that was handed in.
    answers : dict
        What written answers earned, of each exercise.
    notes : dict
        What was remarkable about an exercise: duplicates, where it stopped, cells put back.
    """
    earned = sum(mark.points for each in marks.values() for mark in each)
    earned += sum(one.points or 0 for each in answers.values() for one in each)
    total = sum(exercise.points for exercise in exercises.values())
    parts = [
        f"<h1>{escape(submission.name)}</h1>",
        f"<p><strong>{earned:g} of {total:g} points.</strong>{_waiting(answers)}</p>",
    ]
    parts += [f'<p class="problem">{escape(problem)}</p>' for problem in submission.problems]
    for name, exercise in exercises.items():
        parts.append(f"<h2>{escape(exercise.title)}</h2>")
        parts += [f'<p class="problem">{escape(note)}</p>' for note in notes.get(name, ())]
        if name not in marks:
            parts.append("<p>Not handed in.</p>")
            continue
        parts += [_question(mark) for mark in marks[name]]
        parts += [_written(one) for one in answers.get(name, ())]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Feedback: {escape(submission.name)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _waiting(answers: dict[str, list[Written]]) -> str:
    count = sum(one.points is None for each in answers.values() for one in each)
    return f" Written answers still to be read: {count}." if count else ""


def _question(mark: Mark) -> str:
    hint = ""
    if mark.hint:
        where = f" See {escape(mark.pointer)}." if mark.pointer else ""
        hint = f"<br><em>Hint:</em> {escape(mark.hint)}{where}"
    words = escape(_WORDS.get(mark.status, mark.status))
    notes = "".join(f"<br><em>Note:</em> {escape(note)}" for note in mark.notes)
    return (
        f'<div class="question {escape(mark.status)}">'
        f'<span class="points">{mark.points:g} / {mark.out_of:g}</span>'
        f"<strong>{escape(mark.question)}: {words}.</strong> "
        f"{escape(mark.message)}{hint}{notes}</div>"
    )


def _written(one: Written) -> str:
    points = "not read yet" if one.points is None else f"{one.points:g} / {one.out_of:g}"
    comment = f" {escape(one.comment)}" if one.comment else ""
    return (
        f'<div class="question {"right" if one.points else "later"}">'
        f'<span class="points">{points}</span>'
        f"<strong>{escape(one.cell)}: written answer.</strong>{comment}</div>"
    )
