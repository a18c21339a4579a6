"""From folders of learning-management systems to students, notebooks and points' files."""

import csv
import io
import zipfile

import pytest

pytest.importorskip("nbgrader", reason="the grading group is not installed: make test installs it")

from grading_rooms import ROOT, code, notebook, text

from grading.collect import collect
from grading.exports import Row, _brightspace, _canvas, _find, read_roster
from grading.notebooks import NotebookError, identify, prepare, read
from grading.questions import questions_in, read_exercises

EXERCISES = read_exercises(ROOT / "exercises" / "hierarchical")
RADON = EXERCISES["04_radon"]


def put(folder, *files):
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return collect(folder)


# Names


def test_brightspace_folders(tmp_path):
    (one,) = put(
        tmp_path,
        ("12-34 - Zoë O'Neil - Nov 5, 2026 1130 PM/04_radon.ipynb", b"late"),
        ("12-34 - Zoë O'Neil - Nov 5, 2026 930 AM/04_radon.ipynb", b"early"),
        ("index.html", b""),
    )
    assert (one.name, one.lms_id, one.student) == ("Zoë O'Neil", "12", "zoe-o-neil-12")
    assert [file.data for file in one.files] == [b"early", b"late"]


def test_canvas_files(tmp_path):
    students = put(
        tmp_path,
        ("doejane_LATE_123_9_04_radon-2.ipynb", b"third"),
        ("doejane_123_8_04_radon-1.ipynb", b"second"),
        ("doejohn_124_8_04_radon.ipynb", b""),
    )
    assert [one.student for one in students] == ["doejane-123", "doejohn-124"]
    assert [file.data for file in students[0].files][-1] == b"third"


def test_moodle_and_plain_folders(tmp_path):
    students = put(
        tmp_path,
        ("Ada Lovelace_77_assignsubmission_file_/a.ipynb", b""),
        ("grace/hierarchical/b.ipynb", b""),
        ("linus.ipynb", b""),
    )
    assert {one.student for one in students} == {"ada-lovelace-77", "grace", "linus"}


def test_two_students_of_one_name_stay_two(tmp_path):
    students = put(tmp_path, ("José/a.ipynb", b"1"), ("Jose/a.ipynb", b"2"), ("漢/a.ipynb", b"3"))
    assert len({one.student for one in students}) == 3


def test_same_folder_same_students(tmp_path):
    files = [(f"{name}/a.ipynb", b"") for name in ("José", "Jose", "b")]
    first = [one.student for one in put(tmp_path / "1", *files)]
    assert first == [one.student for one in put(tmp_path / "2", *reversed(files))]


def test_zip_is_read_not_unpacked(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("work/04_radon.ipynb", b"x")
        archive.writestr("__MACOSX/._04_radon.ipynb", b"y")
        archive.writestr("../out.ipynb", b"z")
    before = sorted(tmp_path.rglob("*"))
    (one,) = put(tmp_path, ("a.zip", buffer.getvalue()))
    assert [file.data for file in one.files] == [b"x"]
    assert "leads out" in one.problems[0]
    assert len(sorted(tmp_path.rglob("*"))) == len(before) + 1


@pytest.mark.parametrize("made", [True, False])
def test_nothing_to_grade(tmp_path, made):
    folder = tmp_path / "in"
    if made:
        folder.mkdir()
    with pytest.raises(ValueError, match="no submissions" if made else "is no folder"):
        collect(folder)


# Notebooks


def test_exercise_is_known_by_its_cells_not_its_name():
    cells = read(notebook(code('answer("radon-aic", 1)')))
    assert identify(cells, "01_prior_sensitivity.ipynb", EXERCISES) == "04_radon"
    assert identify(read(notebook(code("1"))), "my 04_radon (1).ipynb", EXERCISES) == "04_radon"
    assert identify(read(notebook(code("1"))), "homework.ipynb", EXERCISES) is None


def test_every_graded_cell_once():
    twice = text("mine", "who-is-pulled")
    made, _ = prepare(read(notebook(twice, text("*Your answer here.*", "who-is-pulled"))), RADON)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made.cells]
    for cell in RADON.cells:
        if cell.graded:
            assert ids.count(cell.id) == 1
    (kept,) = [
        c
        for c in made.cells
        if c.metadata.get("nbgrader", {}).get("grade_id")
        == twice["metadata"]["nbgrader"]["grade_id"]
    ]
    assert kept.source == "mine"


def test_untouched_notebook_stays_untouched():
    path = ROOT / "exercises" / "hierarchical" / "04_radon.ipynb"
    cells = read(path.read_bytes())
    made, notes = prepare(cells, RADON)
    assert [cell.source for cell in made.cells] == [cell["source"] for cell in cells]
    assert not notes


def test_deleted_check_comes_back_after_the_work():
    path = ROOT / "exercises" / "hierarchical" / "04_radon.ipynb"
    cells = [cell for cell in read(path.read_bytes()) if cell["id"] != "radon-aic"]
    made, notes = prepare(cells, RADON)
    sources = [cell.source for cell in made.cells]
    work = next(i for i, source in enumerate(sources) if source.startswith("aic_partial = ..."))
    assert questions_in(sources[work + 1]) == ("radon-aic",)
    assert "radon-aic" in notes[0]


def test_points_come_from_the_exercise():
    rich = code('answer("radon-aic", 1)', "radon-aic")
    rich["metadata"]["nbgrader"]["points"] = 1000
    made, _ = prepare(read(notebook(rich)), RADON)
    (cell,) = [
        c for c in made.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "radon-aic"
    ]
    assert cell.metadata["nbgrader"]["points"] == RADON.cell_of("radon-aic").points


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "no valid JSON"),
        (b"[1]", "not a notebook"),
        (b'{"nbformat": 4}', "has no cells"),
        (notebook({"cell_type": "evil"}), "neither code nor text"),
        (notebook(code(7)), "not text"),
        (notebook(*[code("")] * 501), "501 cells"),
    ],
)
def test_what_is_no_notebook(data, words):
    with pytest.raises(NotebookError, match=words):
        read(data)


# Files to upload

BRIGHTSPACE = "OrgDefinedId,Username,Last Name,First Name\n#20,#jdoe,Doe,Jane\n#21,#eo,O'Neil,Zoë\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section\n"
    "    Points Possible,,,,\n"
    '"Doe, Jane",123,s1,jdoe,A\n"Doe, Jim",124,s2,jim,A\n'
)


@pytest.fixture
def roster(tmp_path):
    def make(content):
        path = tmp_path / "roster.csv"
        path.write_text(content, encoding="utf-8-sig")
        return read_roster(path)

    return make


def test_brightspace_rows(roster):
    rows = [Row("zoe-12", "Zoë O'Neil", "12", 7.5), Row("x", "Nobody", "", 0)]
    known = {row.student: _find(row, roster(BRIGHTSPACE)) for row in rows}
    lines = _brightspace(rows, known, 70)
    assert lines[0][2].endswith(" Points Grade")
    assert lines[1] == ["#21", "#eo", "7.5", "#"]
    assert lines[2] == ["", "", "0", "#"]


def test_canvas_rows_by_number_and_by_name(roster):
    rows = [Row("a", "doejane", "123", 1.0), Row("b", "doejim", "", 2.0)]
    known = {row.student: _find(row, roster(CANVAS)) for row in rows}
    lines = _canvas(rows, known, 70)
    assert lines[1][-1] == "70"
    assert lines[2] == ["Doe, Jane", "123", "s1", "jdoe", "A", "1"]
    assert lines[3] == ["Doe, Jim", "124", "s2", "jim", "A", "2"]


def test_two_of_one_name_are_not_guessed(roster):
    content = CANVAS + '"Doe, Jane",125,s3,jane2,A\n'
    assert _find(Row("a", "Jane Doe", "", 1.0), roster(content)) == {}


def test_names_are_no_formulas():
    lines = _canvas([Row("a", "=cmd|x", "", 1.0)], {"a": {}}, 70)
    assert lines[2][0] == "'=cmd|x"
    assert list(csv.reader(["'=cmd|x"])) == [["'=cmd|x"]]


def test_roster_of_another_kind(roster):
    with pytest.raises(ValueError, match="no column OrgDefinedId"):
        roster("Name,Points\nx,1\n")
