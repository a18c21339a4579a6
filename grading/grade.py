"""The whole way from a folder of submissions to grades."""

import sys
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from . import exports, feedback, report, schedule
from .collect import Submission, collect
from .execute import Cache, Execution, Settings, environment_hash, key_of, with_sources
from .gradebook import ASSIGNMENT, COURSE, Written, database, prepare_course, save, written
from .limits import Limits
from .notebooks import NotebookError, identify, prepare, read
from .questions import Exercise, read_exercises
from .sandbox import ROOT, protections
from .score import Judge, Mark, marks, stopping
from .seed import seed

__all__ = ["Graded", "Options", "grade"]


@dataclass(frozen=True)
class Options:
    """How to grade; see the command line's help."""

    output: Path = Path("grades")
    limits: Limits = field(default_factory=Limits)
    sandboxed: bool = True
    workers: int | None = None
    scheduler: str = ""
    database: str | None = None
    fresh: bool = False
    roster: Path | None = None
    exercises: Path = ROOT / "exercises" / ASSIGNMENT


@dataclass
class Graded:
    """One notebook of one student, on its way."""

    submission: Submission
    exercise: Exercise
    notebook: Any
    key: str
    notes: list[str] = field(default_factory=list)
    execution: Execution | None = None
    marks: list[Mark] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)


def grade(submissions: Path, options: Options) -> int:
    """Grade a folder; return 0, or 1 if a notebook could not be run for reasons of this machine.

    Raises
    ------
    SandboxError
        If there is no sandbox and none was declined.
    ValueError
        If there is nothing to grade.
    RuntimeError
        If the gradebook cannot be made.
    """
    warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")
    roster = [] if options.roster is None else exports.read_roster(options.roster)
    protected = _protections(options)
    for line in protected:
        print(f"Sandbox: {line}")
    exercises = read_exercises(options.exercises)
    students = collect(submissions)
    course = options.output / "course"
    address = database(course, options.database)
    prepare_course(course, address)
    settings = Settings(options.limits, options.sandboxed)
    environment = environment_hash()
    work = [one for student in students for one in _open(student, exercises, settings, environment)]
    print(f"{len(students)} students, {len(work)} notebooks.")
    _execute(work, settings, options)
    with Judge() as judge:
        for one in work:
            _score(one, judge)
    with Gradebook(address, COURSE) as gradebook:
        _store(gradebook, students, work, exercises, course)
        _export(gradebook, students, exercises, options.output / "exports", roster)
    _write(students, work, exercises, options.output)
    text = report.page(students, work, exercises, protected)
    (options.output / "report.html").write_text(text, encoding="utf-8")
    failed = [one for one in work if one.execution.stopped == "start"]
    for one in failed:
        print(f"Not run, the sandbox did not start: {one.submission.student} {one.exercise.name}")
    print(
        f"Done. Gradebook: {address}. Pages: {options.output / 'feedback'}. "
        f"Class: {options.output / 'report.html'}. To upload: {options.output / 'exports'}"
    )
    return 1 if failed else 0


def _protections(options: Options) -> list[str]:
    if not options.sandboxed:
        return ["OFF. Submissions run with your own rights, as you asked."]
    return protections(options.limits)


def _open(
    student: Submission, exercises: dict[str, Exercise], settings: Settings, environment: str
) -> Iterable[Graded]:
    """Read one student's files, and choose one for each exercise: the last one."""
    chosen: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    notes: dict[str, list[str]] = {}
    for file in student.files:
        try:
            cells = read(file.data)
        except NotebookError as error:
            student.problems.append(f"{file.name}: {error}")
            continue
        name = identify(cells, file.name, exercises)
        if name is None:
            student.problems.append(f"{file.name}: is none of this assignment's notebooks.")
            continue
        if name in chosen:
            notes.setdefault(name, []).append(
                f"Handed in more than once; the last one counts, {file.name}."
            )
        chosen[name] = (file.name, cells)
    for name in exercises:
        if name in chosen:
            notebook, changes = prepare(chosen[name][1], exercises[name])
            key = key_of(notebook, settings, environment)
            yield Graded(student, exercises[name], notebook, key, [*notes.get(name, []), *changes])


def _execute(work: list[Graded], settings: Settings, options: Options) -> None:
    """Execute each content once; show how far it is."""
    cache = Cache(options.output / "cache")
    done: dict[str, Execution] = {}
    todo: dict[str, str] = {}
    for one in work:
        known = None if options.fresh else cache.load(one.key)
        if known is not None:
            done[one.key] = known
        elif one.key not in todo:
            todo[one.key] = nbformat.writes(one.notebook)
    if done:
        print(f"{len(done)} executed before.")
    settings = _with_seed(settings, options, todo.values())
    started, total = time.monotonic(), len(todo)
    results = schedule.run(
        todo.items(), settings, workers=options.workers, scheduler=options.scheduler
    )
    for count, (key, execution) in enumerate(results, 1):
        cache.store(key, execution)
        done[key] = execution
        _progress(count, total, time.monotonic() - started)
    for one in work:
        one.execution = with_sources(done[one.key], one.notebook)


def _with_seed(settings: Settings, options: Options, sources: Iterable[str]) -> Settings:
    """Warm the compilers up, if anything is to be fitted here."""
    if not settings.sandboxed or options.scheduler or not any(".fit(" in one for one in sources):
        return settings
    made = seed(options.output, environment_hash(), settings.limits)
    if made is None:
        print("The warm-up of the compilers failed; every notebook compiles for itself.")
    return replace(settings, seed=None if made is None else str(made))


def _progress(count: int, total: int, seconds: float) -> None:
    left = seconds / count * (total - count)
    words = f"about {left / 60:.0f} min left" if left >= 90 else f"about {left:.0f} s left"
    text = f"Executed {count} of {total}; {words if count < total else 'all done'}."
    if sys.stdout.isatty():
        print(f"\r{text:<60}", end="\n" if count == total else "", flush=True)
    else:
        print(text, flush=True)


def _score(one: Graded, judge: Judge) -> None:
    one.marks = marks(one.execution, one.exercise, judge)
    executed = nbformat.reads(one.execution.notebook, as_version=4)
    stop = stopping(one.execution, one.exercise, executed)
    if stop:
        one.notes.append(f"{stop[0].upper()}{stop[1:]}")
    one.notebook = executed


def _store(
    gradebook: Gradebook,
    students: list[Submission],
    work: list[Graded],
    exercises: dict[str, Exercise],
    course: Path,
) -> None:
    by_student = _by_student(work)
    for student in students:
        mine = by_student.get(student.student, [])
        graded = {one.exercise.name: (one.notebook, one.marks) for one in mine}
        save(gradebook, course, student, graded, exercises)
        for one in mine:
            one.written = written(gradebook, student.student, one.exercise)


def _export(
    gradebook: Gradebook,
    students: list[Submission],
    exercises: dict[str, Exercise],
    folder: Path,
    roster: list[dict[str, str]],
) -> None:
    total = sum(exercise.points for exercise in exercises.values())
    rows = [
        exports.Row(
            one.student,
            one.name,
            one.lms_id,
            float(gradebook.find_submission(ASSIGNMENT, one.student).score),
        )
        for one in students
    ]
    for row in exports.write_all(gradebook, folder, rows, total, roster):
        print(f"Not in the roster: {row.name} ({row.student})")


def _by_student(work: list[Graded]) -> dict[str, list[Graded]]:
    result: dict[str, list[Graded]] = {}
    for one in work:
        result.setdefault(one.submission.student, []).append(one)
    return result


def _write(
    students: list[Submission], work: list[Graded], exercises: dict[str, Exercise], output: Path
) -> None:
    folder = output / "feedback"
    folder.mkdir(parents=True, exist_ok=True)
    by_student = _by_student(work)
    for student in students:
        mine = by_student.get(student.student, [])
        text = feedback.page(
            student,
            exercises,
            {one.exercise.name: one.marks for one in mine},
            {one.exercise.name: one.written for one in mine},
            {one.exercise.name: one.notes for one in mine},
        )
        (folder / f"{student.student}.html").write_text(text, encoding="utf-8")
