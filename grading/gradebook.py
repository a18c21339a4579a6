"""nbgrader's gradebook: made from the solutions, filled with our marks, read back for the feedback.

Its formgrader and its exports work on what stands here. Points that a person gave are never
touched.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade
from traitlets.config import PyFileConfigLoader

from .collect import Submission
from .presentable import presentable
from .questions import Exercise
from .sandbox import ROOT
from .score import Mark

__all__ = [
    "ASSIGNMENT",
    "COURSE",
    "Written",
    "database",
    "prepare_course",
    "save",
    "written",
]

ASSIGNMENT, COURSE = "hierarchical", "hierarchical-models"
_CONFIGURATION = '''"""nbgrader's settings for this folder of grades; written by `make grade`."""

c = get_config()  # noqa: F821
load_subconfig({base!r})  # noqa: F821

c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.db_url = {address!r}
'''


@dataclass(frozen=True)
class Written:
    """What a written answer earned; None if nobody has read it yet."""

    cell: str
    points: float | None
    out_of: float
    comment: str = ""


def database(course: Path, address: str | None) -> str:
    """Return the database's address.

    That is the one given, else ``c.CourseDirectory.db_url`` of the nbgrader_config.py at the root,
    else a file in the course's folder.
    """
    base = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    configured = base.get("CourseDirectory", {}).get("db_url")
    return address or configured or f"sqlite:///{(course / 'gradebook.db').resolve()}"


def prepare_course(course: Path, address: str) -> None:
    """Write nbgrader's configuration, and tell the gradebook about the assignment.

    Raises
    ------
    RuntimeError
        If nbgrader refuses; with its words.
    """
    course.mkdir(parents=True, exist_ok=True)
    # nbgrader calls alembic by its bare name.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    text = _CONFIGURATION.format(
        base=str(ROOT / "nbgrader_config.py"),
        root=str(course.resolve()),
        source=str(ROOT / "solutions"),
        address=address,
    )
    (course / "nbgrader_config.py").write_text(text, encoding="utf-8")
    released, stamp = course / "release" / ASSIGNMENT, course / ".prepared"
    sources = sorted((ROOT / "solutions" / ASSIGNMENT).glob("*.ipynb"))
    state = json.dumps([address, *(path.read_text("utf-8") for path in sources)])
    if stamp.exists() and stamp.read_text("utf-8") == state and released.exists():
        with suppress(Exception), Gradebook(address, COURSE) as gradebook:
            gradebook.find_assignment(ASSIGNMENT)
            return
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT]
    command += ["--force", "--create", "--log-level=WARN"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"nbgrader could not prepare the gradebook:\n{done.stderr[-3000:]}")
    stamp.write_text(state, encoding="utf-8")


def save(
    gradebook: Gradebook,
    course: Path,
    submission: Submission,
    graded: Mapping[str, tuple[Any, list[Mark]]],
    exercises: Mapping[str, Exercise],
) -> None:
    """Write one student's marks, and the notebooks that formgrader shows.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        Open.
    course : pathlib.Path
        nbgrader's folder.
    submission : Submission
        Whose.
    graded : dict
        For each exercise that was handed in, the executed notebook and its marks.
    exercises : dict
        All exercises.
    """
    first, _, last = submission.name.rpartition(" ")
    # nbgrader's export puts no quotes around what holds a comma.
    plain = {
        "first_name": _plain(first),
        "last_name": _plain(last),
        "lms_user_id": submission.lms_id,
    }
    gradebook.update_or_create_student(submission.student, **plain)
    gradebook.update_or_create_submission(ASSIGNMENT, submission.student)
    folder = course / "autograded" / submission.student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    for name, exercise in exercises.items():
        notebook, marks = graded.get(name, (None, []))
        path = folder / f"{name}.ipynb"
        if notebook is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(nbformat.writes(presentable(notebook)), encoding="utf-8")
        _save_exercise(gradebook, submission.student, exercise, notebook, marks)
    gradebook.db.commit()


def _plain(name: str) -> str:
    return " ".join(re.sub(r'[,"<>&]', " ", name).split()).lstrip("=+-@|%")


def _save_exercise(
    gradebook: Gradebook, student: str, exercise: Exercise, notebook: Any, marks: list[Mark]
) -> None:
    submitted = gradebook.find_submission_notebook(exercise.name, ASSIGNMENT, student)
    grades = {grade.name: grade for grade in submitted.grades}
    earned = {mark.question: mark.points for mark in marks}
    cells = {} if notebook is None else _cells_by_id(notebook)
    for cell in exercise.cells:
        grade = grades.get(cell.id)
        if grade is None:
            continue
        if not cell.written:
            grade.auto_score = sum(earned.get(question, 0.0) for question in cell.questions)
            grade.needs_manual_grade = False
            continue
        # None if there is something to read; 0 if nothing was written.
        score = determine_grade(cells[cell.id])[0] if cell.id in cells else 0.0
        grade.auto_score = score
        grade.needs_manual_grade = score is None and grade.manual_score is None


def _cells_by_id(notebook: Any) -> dict[str, Any]:
    found = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    return {key: cell for key, cell in found.items() if key}


def written(gradebook: Gradebook, student: str, exercise: Exercise) -> list[Written]:
    """Read what written answers earned, and what was remarked on them."""
    submitted = gradebook.find_submission_notebook(exercise.name, ASSIGNMENT, student)
    comments = {comment.name: comment.comment or "" for comment in submitted.comments}
    grades = {grade.name: grade for grade in submitted.grades}
    result = []
    for cell in exercise.cells:
        if cell.written and cell.id in grades:
            grade = grades[cell.id]
            points = None if grade.needs_manual_grade else float(grade.score)
            result.append(Written(cell.id, points, cell.points, comments.get(cell.id, "")))
    return result
