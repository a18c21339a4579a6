"""The hostile set: every submission gets its mark and its message, and nothing gets out."""

import hashlib
import html
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hostile_cases import CASES, FIRST, SECOND, Case, around, honest

pytest.importorskip("nbgrader", reason="the grading group is not installed: make test installs it")

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from grading_rooms import ROOT, no_sandbox

if no_sandbox():
    pytest.skip(f"the hostile set: {no_sandbox()}", allow_module_level=True)

EASY = ["--cell-seconds=4", "--notebook-seconds=15", "--cpu-seconds=40", "--memory=700"]


def values():
    from qfc_helpers.answers import QUESTIONS

    return {key: float(QUESTIONS[key].truth(None).values[0]) for key in (FIRST, SECOND)}


def student_of(case: Case) -> str:
    return case.name.replace(" ", "-")


class Class:
    """A class of hostile students among honest ones, graded once."""

    def __init__(self, folder: Path) -> None:
        self.submissions, self.output = folder / "in", folder / "out"
        self.submissions.mkdir()
        self.secret = folder / "secret.txt"
        self.secret.write_text("canary")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0qfc-{os.getpid()}")
        self.abstract.listen()
        self.values = values()
        self.write()

    def write(self) -> None:
        from qfc_helpers.answers._specification import digest_of

        places = {
            "gradebook": str(self.output / "course" / "gradebook.db"),
            "solutions": str(ROOT / "solutions" / "hierarchical" / "04_radon.ipynb"),
            "submissions": str(self.submissions),
            "secret": str(self.secret),
            "port": self.listener.getsockname()[1],
            "abstract": f"\0qfc-{os.getpid()}",
            "digest": digest_of("radon", "log_radon ~ 1 + floor + (1|county)"),
        }
        self.files = {}
        for number, case in enumerate(CASES):
            if case.file is not None:
                data = case.file(self.values)
            else:
                body = case.body
                named = any(f"{{{key}" in body for key in places) or "{{" in body
                data = around(body.format(**places) if named else body, self.values)
            name = case.filename
            if not name or name == ".zip":
                name = f"{case.name}_{1000 + number}_1_04_radon{name or '.ipynb'}"
            (self.submissions / name).write_bytes(data)
            self.files[case.name] = name
        for number in range(3):
            (self.submissions / f"honest {number}_{number}_1_a.ipynb").write_bytes(
                honest(self.values, title=str(number))
            )
        (self.submissions / "linked_900_1_a.ipynb").symlink_to(self.secret)

    def grade(self, *options: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "grading", str(self.submissions), "--workers=2"]
        return subprocess.run(
            [*command, f"--output={self.output}", *EASY, *options],
            cwd=ROOT,
            env=os.environ | {"QFC_SECRET": "canary"},
            capture_output=True,
            text=True,
        )

    def scores(self) -> dict[str, float]:
        """Points by the name that the file begins with."""
        from nbgrader.api import Gradebook

        address = f"sqlite:///{self.output / 'course' / 'gradebook.db'}"
        with Gradebook(address, "hierarchical-models") as gradebook:
            handed_in = gradebook.assignment_submissions("hierarchical")
            return {one.student.id: one.score for one in handed_in}


def tree(folder: Path) -> dict[str, str]:
    """Digests of all files, except those that Python and tests write."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=folder,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    paths = [folder / name for name in names if name and (folder / name).is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def left_over() -> list[psutil.Process]:
    """Processes of sandboxes: of their users, or with their private folder in the command."""
    found = []
    for process in psutil.process_iter(["cmdline", "uids"]):
        command = " ".join(process.info["cmdline"] or ())
        users = process.info["uids"]
        if "/qfc-" in command or (users is not None and users.real >= 2_000_000_000):
            found.append(process)
    return found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    room = Class(folder)
    room.before, room.others = tree(ROOT), {one.pid for one in left_over()}
    room.done = room.grade()
    room.left = [one for one in left_over() if one.pid not in room.others]
    room.after = tree(ROOT)
    room.points = room.scores()
    return room


@pytest.fixture(scope="module")
def students(hostile):
    """Each case's student id, by the number in the file's name or by the name itself."""
    from grading.collect import Submission, _name, _who

    found = {}
    for case, file in hostile.files.items():
        name, lms_id, _, _ = _who((file,))
        found[case] = Submission("", name, lms_id)
    keyed = {one.lms_id or one.name: one for one in found.values()}
    _name(keyed)
    return {case: one.student for case, one in found.items()}


def test_graded(hostile):
    assert hostile.done.returncode == 0, hostile.done.stdout + hostile.done.stderr
    assert "Traceback" not in hostile.done.stderr


@pytest.mark.parametrize("case", CASES, ids=student_of)
def test_case(hostile, students, case):
    student = students[case.name]
    raw = (hostile.output / "feedback" / f"{student}.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<[^>]+>", " ", raw.split("</style>")[1]))
    assert hostile.points[student] == case.points, text[:600]
    assert re.search(case.message, text), text[-1500:]


def test_honest_students_keep_their_points(hostile):
    got = {name: points for name, points in hostile.points.items() if name.startswith("honest")}
    assert list(got.values()) == [2, 2, 2]


def test_links_are_not_followed(hostile):
    text = (hostile.output / "feedback" / "linked-900.html").read_text()
    assert "was not followed" in text
    assert "canary" not in text


def test_no_process_survives(hostile):
    assert not hostile.left


def test_nothing_outside_changed(hostile):
    assert hostile.before == hostile.after
    assert hostile.secret.read_text() == "canary"
    assert not list(hostile.output.rglob("canary*"))


def test_no_secret_in_what_was_graded(hostile):
    for path in (*(hostile.output / "cache").iterdir(), *(hostile.output / "feedback").iterdir()):
        assert 'canary"' not in path.read_text(encoding="utf-8"), path


def test_nobody_called(hostile):
    hostile.listener.settimeout(0.1)
    hostile.abstract.settimeout(0.1)
    for listener in (hostile.listener, hostile.abstract):
        with pytest.raises(TimeoutError):
            listener.accept()


def test_pages_run_nothing(hostile):
    for path in (hostile.output / "feedback").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in text
        assert not re.search(r"<(script|img|svg|iframe|object|link)\b", text), path


def test_grading_twice_gives_the_same_marks(hostile):
    again = hostile.grade()
    assert again.returncode == 0
    assert "Executed" not in again.stdout
    assert hostile.scores() == hostile.points
