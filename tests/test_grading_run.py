"""Grading as a whole: stopped and resumed, on a cluster, with PostgreSQL, and without a sandbox."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

pytest.importorskip("nbgrader", reason="the grading group is not installed: make test installs it")

from grading_rooms import PRELUDE, ROOT, code, grade, no_sandbox, notebook, text

from grading import gradebook as books
from grading.collect import Submission
from grading.execute import Execution, Settings, execute
from grading.limits import Limits
from grading.notebooks import prepare, read
from grading.questions import read_exercises
from grading.schedule import run
from grading.score import Mark, marks

REASON = no_sandbox()
needs_bubblewrap = pytest.mark.skipif(bool(REASON), reason=REASON)
EXERCISES = read_exercises(ROOT / "exercises" / "hierarchical")
RADON = EXERCISES["04_radon"]
SETTINGS = Settings(Limits(cell_seconds=20, notebook_seconds=40))


def sleeping(number, seconds=1.0):
    """A notebook of its own that takes some time."""
    return notebook(code(f"import time\ntime.sleep({seconds})\nprint({number})"))


def stdout(execution):
    cells = nbformat.reads(execution.notebook, as_version=4).cells
    return "".join(o.text for cell in cells for o in cell.outputs if o.output_type == "stream")


# Without a sandbox


def test_no_sandbox_no_grading(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(sleeping(1))
    environment = os.environ | {"PATH": str(tmp_path)}
    done = grade(tmp_path / "in", tmp_path / "out", env=environment)
    assert done.returncode == 2
    assert "bubblewrap" in done.stderr
    assert "apt-get install" in done.stderr
    assert not (tmp_path / "out").exists()


def test_unsandboxed_when_asked():
    """Without bubblewrap a notebook still runs, if that was asked for."""
    result = execute(sleeping(5, 0).decode(), Settings(SETTINGS.limits, sandboxed=False))
    assert (result.stopped, stdout(result)) == ("", "5\n")


# Stopped and resumed


@needs_bubblewrap
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(4):
        data = notebook(code(f"{PRELUDE}\nimport time\ntime.sleep({1 + number % 2})\nx = {number}"))
        data = json.loads(data)
        data["cells"].append(code('answer("radon-aic", 0)'))
        (folder / f"student{number}.ipynb").write_text(json.dumps(data))
    command = [sys.executable, "-m", "grading", str(folder), f"--output={output}", "--workers=2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("Executed 1"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while leftovers() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not leftovers()
    before = len(list((output / "cache").glob("*.json")))
    done = grade(folder, output, "--workers=2")
    assert done.returncode == 0, done.stderr
    assert 1 <= before < 4
    assert f"{before} executed before" in done.stdout
    assert f"Executed {4 - before} of {4 - before}" in done.stdout
    assert len(list((output / "feedback").glob("*.html"))) == 4


def leftovers():
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        if "/qfc-" in command and "grading.client" not in command:
            found.append(process)
    return found


# A cluster


@needs_bubblewrap
def test_cluster_with_a_worker_killed(tmp_path):
    pytest.importorskip("distributed")
    address, processes = start_cluster(tmp_path, workers=2)
    try:
        jobs = [(str(number), sleeping(number).decode()) for number in range(5)]
        done = {}
        for key, result in run(jobs, SETTINGS, scheduler=address):
            if not done:
                processes[-1].send_signal(signal.SIGKILL)
            done[key] = result
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert {key: stdout(result) for key, result in done.items()} == {
        str(number): f"{number}\n" for number in range(5)
    }


def start_cluster(folder, workers):
    file = folder / "scheduler.json"
    base = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = [*base, "scheduler", "--host=127.0.0.1", "--port=0", *common]
    processes = [subprocess.Popen(scheduler, **quiet)]
    worker = [*base, "worker", *common, "--nthreads=1", "--no-nanny", "--host=127.0.0.1"]
    worker += [f"--local-directory={folder}"]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.1)
    return json.loads(file.read_text())["address"], processes


# The gradebook


def gradebook_holds_what_was_saved(course: Path, address: str):
    """Save, read back, grade a written answer as formgrader does, and save again."""
    from nbgrader.api import Gradebook

    books.prepare_course(course, address)
    student = Submission("ada-1", "Ada Lovelace", "1")
    cells = read(notebook(code('answer("radon-aic", 1)'), text("I think so.", "who-is-pulled")))
    made, _ = prepare(cells, RADON)
    given = [Mark(q, 1.0 if q == "radon-aic" else 0.0, 1.0, "right", "") for q in RADON.questions]
    with Gradebook(address, books.COURSE) as gradebook:
        books.save(gradebook, course, student, {RADON.name: (made, given)}, EXERCISES)
        submission = gradebook.find_submission(books.ASSIGNMENT, "ada-1")
        assert (submission.score, submission.max_score) == (1.0, 70.0)
        before = {one.cell: one.points for one in books.written(gradebook, "ada-1", RADON)}
        assert before == {"who-is-pulled": None, "officer-report": 0.0}
        grade = gradebook.find_grade("who-is-pulled", RADON.name, books.ASSIGNMENT, "ada-1")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
        books.save(gradebook, course, student, {RADON.name: (made, given)}, EXERCISES)
        after = {one.cell: one.points for one in books.written(gradebook, "ada-1", RADON)}
        assert after == {"who-is-pulled": 1.5, "officer-report": 0.0}
        assert gradebook.find_submission(books.ASSIGNMENT, "ada-1").score == 2.5


def test_gradebook_in_a_file(tmp_path):
    gradebook_holds_what_was_saved(tmp_path / "c", books.database(tmp_path / "c", None))


def postgresql():
    """The folder of Debian's newest PostgreSQL, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.mark.skipif(postgresql() is None, reason="PostgreSQL is not installed: not tested with it")
def test_gradebook_in_postgresql(tmp_path):
    pytest.importorskip("psycopg")
    import tempfile

    binaries = postgresql()
    # Its socket's path must be short, and the server refuses to be root.
    folder = Path(tempfile.mkdtemp(prefix="qfcpg"))
    as_user = []
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    call = {"check": True, "capture_output": True, "cwd": folder}
    data = folder / "data"
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, "-U", "grader", "-A", "trust", "-N"], **call
    )
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    control = [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    subprocess.run(
        [*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder
    )
    try:
        address = f"postgresql+psycopg://grader@/postgres?host={folder}"
        gradebook_holds_what_was_saved(tmp_path / "c", address)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **call)
        shutil.rmtree(folder)


# Marks


def verdict(text):
    """Stands for the judge's process: right if the value is 1."""
    data = json.loads(text)
    status = "right" if data.get("values") == [1.0] else "wrong"
    return {"status": status, "message": status}


def executed(*values, stopped="", cell=None):
    cells = []
    for value in values:
        data = {"question": "radon-aic", "values": [value]}
        output = {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.qfc.answer+json": data},
        }
        cells.append(code('answer("radon-aic", x)') | {"outputs": [output]})
    source = notebook(*cells, code('answer("radon-partial", y)')).decode()
    return Execution(stopped, "the kernel died", cell, 1.0, 0.5, source)


def marks_of(execution):
    return {mark.question: mark for mark in marks(execution, RADON, verdict)}


@pytest.mark.parametrize("values", [(1.0, 2.0), (2.0, 1.0), (2.0, 1.0, 2.0)])
def test_the_best_answer_counts(values):
    assert marks_of(executed(*values))["radon-aic"].points == RADON.cell_of("radon-aic").points


def test_what_was_answered_before_the_stop_counts():
    got = marks_of(executed(1.0, stopped="dead", cell=1))
    assert got["radon-aic"].status == "right"
    assert got["radon-partial"].status == "not-reached"
    assert "stopped at the question radon-partial (cell 2): the kernel died" in (
        got["radon-partial"].message
    )


def test_no_answer_no_points():
    got = marks_of(executed())
    assert {mark.status for mark in got.values()} == {"missing"}
    assert sum(mark.points for mark in got.values()) == 0
