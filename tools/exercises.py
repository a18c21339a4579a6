"""Make the exercises out of the solutions, and check that they are what the solutions say.

    python tools/exercises.py build   write exercises/
    python tools/exercises.py check   compare exercises/ with what would be written

nbgrader takes the solutions out and leaves stubs (its settings are in nbgrader_config.py); Jupytext
writes each notebook's script. Nothing in the result depends on the day or the machine. The two are
no linked pair as those of the lectures are: students work in the notebook, and hand in one file.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat

sys.path.insert(0, str(Path(__file__).parent))
import notebooks

ROOT = notebooks.ROOT
ASSIGNMENT = "hierarchical"
SOLUTIONS = ROOT / "solutions" / ASSIGNMENT
EXERCISES = ROOT / "exercises" / ASSIGNMENT
REMEDY = "make exercises"


def generate(release: Path, root: Path = ROOT) -> Path:
    """Write the exercises into a folder below `release`, and return that folder."""
    command = [
        *(sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT),
        *("--force", "--no-db", "--log-level=WARN"),
        f"--CourseDirectory.release_directory={release}",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    folder = release / ASSIGNMENT
    made = sorted(folder.glob("*.ipynb"))
    if done.returncode or not made:
        raise RuntimeError(f"nbgrader failed:\n{done.stdout}{done.stderr}")
    for path in made:
        finish(path)
    return folder


def finish(path: Path) -> None:
    """Keep only metadata that are the same everywhere, and write the script beside it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    script = jupytext.writes(notebook, fmt="py:percent")
    script = re.sub(r"^#\s+jupytext_version:.*\n", "", script, flags=re.MULTILINE)
    path.with_suffix(".py").write_text(script, encoding="utf-8")


def differences(made: Path, stored: Path = EXERCISES) -> list[str]:
    """Name the files that are missing, left over or different."""
    files = {
        name: {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}
        for name, folder in (("made", made), ("stored", stored))
    }
    names = sorted({*files["made"], *files["stored"]})
    return [name for name in names if files["made"].get(name) != files["stored"].get(name)]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["build", "check"])
    command = parser.parse_args(arguments).command
    stale = [path.name for path in sorted(SOLUTIONS.glob("*.py")) if notebooks.differences(path)]
    if stale:
        print(f"The notebook of {stale[0]} is not up to date. Run: {notebooks.REMEDY}")
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        made = generate(Path(temporary).resolve())
        if command == "build":
            shutil.rmtree(EXERCISES, ignore_errors=True)
            shutil.copytree(made, EXERCISES)
            return 0
        stale = differences(made, EXERCISES)
    for name in stale:
        print(f"exercises/{ASSIGNMENT}/{name} is not what the solutions say.")
    if stale:
        print(f"Run: {REMEDY}")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
