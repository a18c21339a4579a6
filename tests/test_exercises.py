"""Exercises are what the solutions say, run untouched, and ask every question once."""

import re
import runpy
import shutil
import sys
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
import pytest

from qfc_helpers.answers import MIME_TYPE, QUESTIONS, judge, read_payload

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402

import exercises  # noqa: E402

NAMES = ["01_prior_sensitivity", "02_derived_parameters", "03_hyperdistributions", "04_radon"]
HEADING = re.compile(r"^## (\d[a-z]) .+ \((warm-up|core|stretch), (\d+) points?\)$", re.MULTILINE)
CALL = re.compile(r'^answer\("([\w-]+)", \w+(, model=\w+, draws=\w+)?\)$')


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Exercises, generated afresh."""
    return exercises.generate(tmp_path_factory.mktemp("release").resolve())


def exercise(name):
    return nbformat.read(exercises.EXERCISES / f"{name}.ipynb", as_version=4)


def solution(name):
    return nbformat.read(exercises.SOLUTIONS / f"{name}.ipynb", as_version=4)


def graded(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


# What is stored is what is generated


def test_there_are_four(made):
    expected = {f"{name}{suffix}" for name in NAMES for suffix in (".ipynb", ".py")}
    assert {path.name for path in made.iterdir()} == expected


def test_exercises_are_byte_for_byte_what_the_solutions_say(made):
    assert exercises.differences(made) == [], f"run: {exercises.REMEDY}"


def test_generating_again_gives_the_same_bytes(made, tmp_path):
    assert exercises.differences(exercises.generate(tmp_path.resolve()), made) == []


@pytest.mark.parametrize("change", ["edited", "missing", "extra"])
def test_an_exercise_edited_by_hand_is_noticed(made, tmp_path, change):
    stored = shutil.copytree(exercises.EXERCISES, tmp_path / "stored")
    path = stored / "04_radon.ipynb"
    if change == "edited":
        path.write_text(path.read_text().replace("(core, 3 points)", "(core, 4 points)", 1))
    elif change == "missing":
        path.unlink()
    else:
        path = stored / "05_mine.ipynb"
        path.write_text("{}")
    assert exercises.differences(made, stored) == [path.name]


def test_a_changed_solution_makes_the_exercises_stale(tmp_path):
    """nbgrader reads the folder's solutions: an edit of a task arrives in the exercise."""
    root = tmp_path / "course"
    root.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    path = root / "solutions" / "hierarchical" / "04_radon.ipynb"
    path.write_text(path.read_text().replace("Who is pulled", "Who is dragged"))
    made = exercises.generate((root / "release").resolve(), root)
    assert exercises.differences(made) == ["04_radon.ipynb", "04_radon.py"]


def test_nbgraders_complaint_is_passed_on(tmp_path):
    with pytest.raises(RuntimeError, match="nbgrader failed"):
        exercises.generate(tmp_path / "release", tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_is_the_notebook(name):
    script = jupytext.read(exercises.EXERCISES / f"{name}.py", fmt="py:percent")
    notebook = exercise(name)
    assert [cell.source for cell in script.cells] == [cell.source for cell in notebook.cells]
    assert [cell.metadata for cell in script.cells] == [cell.metadata for cell in notebook.cells]


# As a student gets them


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_exercise_runs_and_says_what_is_open(name, capsys):
    """(nbval runs them as notebooks.)"""
    runpy.run_path(str(exercises.EXERCISES / f"{name}.py"))
    said = capsys.readouterr().out
    for cell in graded(exercise(name)):
        if cell.cell_type == "code":
            assert f"{cell.metadata.nbgrader.grade_id}: still open" in said


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_holds_stubs_and_no_outputs(name):
    notebook = exercise(name)
    assert "jupytext" not in notebook.metadata, "a linked pair that could fall out of step"
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "solution-only" not in cell.metadata.get("tags", [])
        assert "BEGIN SOLUTION" not in cell.source
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("solution") and cell.cell_type == "code":
            *names, last = [line for line in cell.source.splitlines() if line]
            assert last == "# Your code here"
            assert all(re.fullmatch(r"\w+ = \.\.\.", line) for line in names)
        elif nbgrader.get("solution"):
            assert cell.source == "*Your answer here.*"
        elif nbgrader:
            assert cell.metadata["editable"] is False
            assert cell.metadata["deletable"] is False


# What is asked


def test_every_question_is_asked_once():
    asked = Counter(
        CALL.match(cell.source)[1]
        for name in NAMES
        for cell in graded(solution(name))
        if cell.cell_type == "code"
    )
    assert asked == Counter(list(QUESTIONS))


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_cell_is_one_line_with_its_own_id(name):
    for cell in graded(solution(name)):
        if cell.cell_type == "code":
            call = CALL.match(cell.source)
            assert call, cell.source
            assert call[1] == cell.metadata.nbgrader.grade_id
            assert bool(call[2]) == QUESTIONS[call[1]].needs_model


def test_ids_are_unique():
    ids = [
        cell.metadata.nbgrader.grade_id
        for name in NAMES
        for cell in solution(name).cells
        if "nbgrader" in cell.metadata
    ]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", NAMES)
def test_points_are_those_in_the_headings_and_add_up(name):
    said, points = {}, {}
    task = None
    for cell in exercise(name).cells:
        for number, kind, worth in HEADING.findall(cell.source):
            task, said[number] = number, (kind, int(worth))
        if cell.metadata.get("nbgrader", {}).get("grade"):
            points[task] = points.get(task, 0) + cell.metadata.nbgrader.points
    assert {number: worth for number, (_, worth) in said.items()} == points
    assert {kind for kind, _ in said.values()} == {"warm-up", "core", "stretch"}
    assert list(said) == [f"{int(name[:2])}{letter}" for letter in "abcdefghi"[: len(said)]]
    assert f"{sum(points.values())} points." in exercise(name).cells[0].source


# Solutions


@pytest.mark.parametrize("name", NAMES)
def test_the_model_solutions_are_right(name):
    """Judged from what is stored, as a grader does."""
    for cell in graded(solution(name)):
        if cell.cell_type == "code":
            (output,) = cell.outputs
            verdict = judge(read_payload(output.data[MIME_TYPE]))
            assert verdict.status == "right", str(verdict)
            assert verdict.notes == (), str(verdict)


@pytest.mark.parametrize("name", NAMES)
def test_a_written_answer_has_a_model_and_a_rubric_that_adds_up(name):
    written = [cell for cell in graded(solution(name)) if cell.cell_type == "markdown"]
    assert written
    for cell in written:
        model, rubric = cell.source.split("**Rubric**")
        assert model.startswith("**Model answer")
        assert len(model.split()) >= 60
        worth = re.findall(r"^- (\d+) points?: ", rubric, flags=re.MULTILINE)
        assert sum(map(int, worth)) == cell.metadata.nbgrader.points


@pytest.mark.parametrize("name", NAMES)
def test_a_model_answer_keeps_the_tasks_limit_of_words(name):
    limit = None
    for cell in solution(name).cells:
        said = re.search(r"at most\s+(\d+)\s+words", cell.source, flags=re.IGNORECASE)
        limit = int(said[1]) if said else limit
        if cell.source.startswith("**Model answer"):
            words = cell.source.split("**Rubric**")[0].split()
            assert limit is None or len(words) <= limit + 10, f"{len(words)} words, not {limit}"
            limit = None


def test_stale_solutions_stop_the_build(monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "differences", lambda path: ["cell 1: source differs"])
    assert exercises.main(["build"]) == 1
    assert "Run: make notebooks" in capsys.readouterr().out


def test_the_command_line_says_what_is_stale(made, monkeypatch, tmp_path, capsys):
    stored = shutil.copytree(exercises.EXERCISES, tmp_path / "stored")
    (stored / "04_radon.py").write_text("")
    monkeypatch.setattr(exercises, "EXERCISES", stored)
    assert exercises.main(["check"]) == 1
    assert "Run: make exercises" in capsys.readouterr().out
