"""Throughput of grading: a class of generated, seeded submissions, as students hand them in.

Half of the class is right, a quarter makes mistakes that the check knows by name, a quarter stopped
in the middle. Each student hands in one exercise, with a seed of their own, so that no two
executions are the same. What is not spent in the cells themselves is our overhead: starting
sandboxes and kernels, reading outputs, judging, and the gradebook.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = ROOT / "solutions" / "hierarchical"
CLASS_SIZE = int(os.environ.get("QFC_CLASS_SIZE", "200"))
#: What students write instead; each is a mistake that the check names.
MISTAKES = (
    ("reml=False", "reml=True"),
    ("[0.025, 0.975]", "[0.055, 0.945]"),
    ('"2", "3"', '"3", "2"'),
    ("center_predictors=False", "center_predictors=True"),
)


def submission(number: int) -> tuple[str, str, nbformat.NotebookNode]:
    """Return what student `number` hands in: the kind, the exercise's name, the notebook."""
    rng = np.random.default_rng(number)
    path = sorted(SOLUTIONS.glob("*.ipynb"))[number % 4]
    notebook = nbformat.read(path, as_version=4)
    kind = rng.choice(["right", "wrong", "half"], p=[0.5, 0.25, 0.25])
    cells = []
    for cell in notebook.cells:
        if "solution-only" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = cell.source.replace("2023", str(1000 + number))
            if kind == "wrong":
                for right, wrong in MISTAKES:
                    cell.source = cell.source.replace(right, wrong)
        cells.append(cell)
    notebook.cells = cells[: len(cells) // 2] if kind == "half" else cells
    return str(kind), path.stem, notebook


def run() -> dict[str, float]:
    """Grade a class; return counts, seconds and shares."""
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as temporary:
        folder, output = Path(temporary) / "in", Path(temporary) / "out"
        kinds = {}
        for number in range(CLASS_SIZE):
            kinds[number], name, notebook = submission(number)
            place = folder / f"student{number:03d}"
            place.mkdir(parents=True)
            nbformat.write(notebook, place / f"{name}.ipynb")
        command = [sys.executable, "-m", "grading", str(folder), f"--output={output}"]
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        in_cells = sum(_cell_seconds(path) for path in (output / "cache").glob("*.json"))
        again = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        again = time.perf_counter() - again
    return {
        "submissions": CLASS_SIZE,
        "cores": workers,
        "seconds": seconds,
        "per_minute_and_core": CLASS_SIZE / (seconds / 60) / workers,
        "overhead": 1 - in_cells / (seconds * workers),
        "seconds_again": again,
    }


def _cell_seconds(path: Path) -> float:
    """Add up what the cells of an execution took."""
    execution = json.loads(path.read_text())
    total = 0.0
    for cell in json.loads(execution["notebook"])["cells"]:
        times = cell.get("metadata", {}).get("execution", {})
        if "shell.execute_reply" in times and "iopub.status.busy" in times:
            start, end = (
                datetime.fromisoformat(times[key].replace("Z", "+00:00"))
                for key in ("iopub.status.busy", "shell.execute_reply")
            )
            total += (end - start).total_seconds()
    return total


def report(results: dict[str, float]) -> str:
    """Format the results as a table."""
    return (
        f"Grading {results['submissions']} submissions on {results['cores']} cores\n"
        f"  {results['seconds'] / 60:.1f} minutes; "
        f"{results['per_minute_and_core']:.1f} submissions a minute and core\n"
        f"  not spent in the cells: {results['overhead']:.0%}\n"
        f"  graded again, nothing to execute: {results['seconds_again']:.0f} s"
    )
