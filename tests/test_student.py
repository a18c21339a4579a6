"""The students' zip: what is in it, what is not, and that it works."""

import io
import json
import os
import shutil
import subprocess
import sys
import tokenize
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import student  # noqa: E402

#: Shorter lines (")", "fit = ...") and pieces of text ("houses in the county") say nothing.
TELLING, TELLING_TEXT = 20, 40
#: Solution lines that give nothing away, looked at one by one. Where a line of a lecture happens
#: to be one of a solution: word one of them differently, or add it here.
TAUGHT = {
    # quoted in the task itself
    "model_slide.compute_log_prior(draws_slide)",
    "model_slide.compute_log_likelihood(draws_slide)",
    'model_slide.predict(draws_slide, kind="response")',
    # shown in the lectures or in a helper's example
    "alpha_j = group_intercepts(draws)",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return student.pack(tmp_path_factory.mktemp("zip") / "course.zip")


@pytest.fixture(scope="module")
def unzipped(archive):
    shutil.unpack_archive(archive, archive.parent)
    return archive.parent / student.NAME


def texts_in(code):
    """What stands between quotes."""
    kinds = (tokenize.STRING, tokenize.FSTRING_MIDDLE)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    texts = [token.string.strip("\"'").strip() for token in tokens if token.type in kinds]
    return [text for text in texts if len(text) >= TELLING_TEXT]


def region(source):
    """Lines between the marks, imports aside: lectures and tasks say which function is meant."""
    inside, lines = False, []
    for line in map(str.strip, source.splitlines()):
        if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            inside = "BEGIN" in line
        elif inside and not line.startswith(("import ", "from ")):
            lines.append(line)
    return lines


def secret_lines(cell):
    """What no student may see: a solution's code, a discussion's words, a model answer."""
    nbgrader = cell.metadata.get("nbgrader", {})
    if "solution-only" in cell.metadata.get("tags", []):
        lines = texts_in(cell.source) if cell.cell_type == "code" else cell.source.splitlines()
    elif nbgrader.get("solution") and cell.cell_type == "markdown":
        lines = cell.source.splitlines()
    else:
        lines = region(cell.source)
    return [line.strip() for line in lines if len(line.strip()) >= TELLING]


def secrets():
    sources = sorted((ROOT / "solutions").rglob("*.py"))
    assert len(sources) == 4
    return {
        line
        for source in sources
        for cell in jupytext.read(source, fmt="py:percent").cells
        for line in secret_lines(cell)
    } - TAUGHT


def strings(value):
    """All texts in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        # a notebook may keep a text as a list of its lines
        yield "".join(entry for entry in value if isinstance(entry, str))
        for entry in value:
            yield from strings(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from strings(entry)


def readable(path):
    """A file's text, or that of a notebook's cells and outputs."""
    text = path.read_bytes().decode("utf-8", errors="ignore")
    if path.suffix == ".ipynb":
        text += "\n".join(strings(json.loads(text)))
    return text


def leaks(folder):
    """Every secret line and the file that it is found in."""
    texts = {path: readable(path) for path in folder.rglob("*") if path.is_file()}
    return [
        (str(path.relative_to(folder)), line)
        for line in sorted(secrets())
        for path, text in texts.items()
        if line in text
    ]


def test_no_solution_is_in_it(unzipped):
    assert len(secrets()) > 300
    assert leaks(unzipped) == []


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_a_forgotten_solution_would_be_found(tmp_path, suffix):
    source = next((ROOT / "solutions").rglob(f"04_*{suffix}"))
    shutil.copy(source, tmp_path / f"notes{suffix}")
    found = leaks(tmp_path)
    assert any("Rubric" in line or "model.fit(" in line for _, line in found) or len(found) > 50


def test_it_holds_what_students_need_and_nothing_for_graders(unzipped):
    names = {path.relative_to(unzipped).as_posix() for path in unzipped.rglob("*")}
    for wanted in (
        "README.md",
        "Makefile",
        "environment.yml",
        "requirements.lock",
        "lectures/index.ipynb",
        "qfc_helpers/datasets/radon.csv",
        "exercises/hierarchical/01_prior_sensitivity.ipynb",
        "exercises/hierarchical/04_radon.py",
    ):
        assert wanted in names
    for unwanted in ("solutions", "grading", "tests", "tools", "nbgrader_config.py", ".git"):
        assert not any(name.split("/")[0] == unwanted for name in names)
    assert all("checkpoint" not in name and "__pycache__" not in name for name in names)


def test_the_same_files_give_the_same_zip_with_and_without_git(archive, unzipped, tmp_path):
    again = student.pack(tmp_path / "again.zip", unzipped)  # no git there
    assert again.read_bytes() == archive.read_bytes()


def test_what_git_does_not_track_stays_out(tmp_path):
    for name in student.CONTENTS:
        path = tmp_path / name
        if (ROOT / name).is_dir():
            path.mkdir()
            path = path / "kept.py"
        path.write_text("kept")
    run = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "-q"], **run)
    subprocess.run(["git", "add", "."], **run)
    (tmp_path / "exercises" / "mine.ipynb").write_text("{}")
    assert "exercises/mine.ipynb" not in {path.as_posix() for path in student.files(tmp_path)}
    shutil.rmtree(tmp_path / ".git")
    assert "exercises/mine.ipynb" in {path.as_posix() for path in student.files(tmp_path)}


def test_a_missing_part_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"\.python-version is not there"):
        student.files(tmp_path)


def test_zip_entries_are_plain_readable_files(archive):
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            assert entry.filename.startswith(f"{student.NAME}/")
            assert entry.date_time == student.DATE
            assert entry.external_attr >> 16 == 0o100644


def test_it_installs_and_an_exercise_runs(unzipped, tmp_path):
    """The helpers are installed from the zip; all other packages are this environment's."""
    pip = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    installed = tmp_path / "installed"
    command = [*pip, "--no-build-isolation", "--target", str(installed), str(unzipped)]
    subprocess.run(command, check=True, env=os.environ | {"VIRTUAL_ENV": sys.prefix})

    exercise = unzipped / "exercises" / "hierarchical" / "02_derived_parameters.ipynb"
    notebook = tmp_path / "elsewhere" / exercise.name
    notebook.parent.mkdir()
    shutil.copy(exercise, notebook)
    wanted = nbformat.read(notebook, as_version=4)
    wanted.cells.append(
        nbformat.v4.new_code_cell("import qfc_helpers; print(qfc_helpers.__file__)")
    )
    nbformat.write(wanted, notebook)
    convert = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    subprocess.run([*convert, str(notebook)], check=True, capture_output=True, env=environment)

    ran = nbformat.read(notebook, as_version=4)
    assert ran.cells[-1].outputs[0].text.startswith(str(installed))
    verdicts = [
        output.data["text/plain"]
        for cell in ran.cells
        for output in cell.get("outputs", [])
        if "text/plain" in output.get("data", {})
    ]
    assert len(verdicts) == 5
    assert all("still open" in verdict for verdict in verdicts)
