"""What the exercises ask, and for how many points: read off the released notebooks."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

__all__ = ["Cell", "Exercise", "questions_in", "read_exercises"]

#: A call of `answer` with the question's id written out, as locked cells have it.
_CALL = re.compile(r"""\banswer\s*\(\s*(["'])([a-z0-9-]{1,64})\1""")


@dataclass(frozen=True)
class Cell:
    """A cell that nbgrader knows.

    Parameters
    ----------
    id : str
        nbgrader's ``grade_id``.
    kind : str
        "code" or "markdown".
    source : str
        As released.
    metadata : dict
        As released.
    points : float
        0 if the cell is not graded.
    questions : tuple of str
        Ids of the questions that the cell checks.
    """

    id: str
    kind: str
    source: str
    metadata: dict[str, Any]
    points: float
    questions: tuple[str, ...]

    @property
    def graded(self) -> bool:
        """Whether it earns points."""
        return bool(self.metadata["nbgrader"].get("grade"))

    @property
    def locked(self) -> bool:
        """Whether students should leave it as it is."""
        return bool(self.metadata["nbgrader"].get("locked"))

    @property
    def written(self) -> bool:
        """Whether a person grades it."""
        return self.graded and not self.questions


@dataclass(frozen=True)
class Exercise:
    """A released notebook: its name, title, and the cells that nbgrader knows, in order."""

    name: str
    title: str
    cells: tuple[Cell, ...]
    code: str

    @property
    def questions(self) -> tuple[str, ...]:
        """The ids of all questions, in order."""
        return tuple(question for cell in self.cells for question in cell.questions)

    @property
    def points(self) -> float:
        """What can be earned."""
        return sum(cell.points for cell in self.cells)

    def cell_of(self, question: str) -> Cell:
        """Return the cell that checks a question."""
        return next(cell for cell in self.cells if question in cell.questions)


def questions_in(source: str) -> tuple[str, ...]:
    """Return the ids of the questions that a cell's code answers.

    Examples
    --------
    >>> questions_in('answer("loo", elpd, model=model)')
    ('loo',)
    """
    return tuple(dict.fromkeys(match[2] for match in _CALL.finditer(source)))


def read_exercises(folder: Path) -> dict[str, Exercise]:
    """Read all released notebooks of an assignment.

    Raises
    ------
    ValueError
        If there is none, or two cells check the same question.
    """
    exercises = {path.stem: _read(path) for path in sorted(folder.glob("*.ipynb"))}
    if not exercises:
        raise ValueError(f"There are no notebooks in {folder}. Run: make exercises")
    seen: set[str] = set()
    for exercise in exercises.values():
        for question in exercise.questions:
            if question in seen:
                raise ValueError(f"Two cells check the question {question!r}.")
            seen.add(question)
    return exercises


def _read(path: Path) -> Exercise:
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id")]
    title = re.search(r"^#\s+(.+)$", notebook.cells[0].source, re.MULTILINE)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return Exercise(
        path.stem, title[1] if title else path.stem, tuple(map(_cell, cells)), "\n".join(code)
    )


def _cell(cell: Any) -> Cell:
    settings = cell.metadata["nbgrader"]
    checks = cell.cell_type == "code" and settings.get("grade") and settings.get("locked")
    return Cell(
        id=settings["grade_id"],
        kind=cell.cell_type,
        source=cell.source,
        metadata={"nbgrader": dict(settings)},
        points=float(settings.get("points", 0)) if settings.get("grade") else 0.0,
        questions=questions_in(cell.source) if checks else (),
    )
