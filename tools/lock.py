"""Write requirements.lock and the pins in environment.yml from pyproject.toml.

    python tools/lock.py [--upgrade]

`requirements.lock` holds every group for every platform, with hashes and without any index
address. conda hands the whole pip section of `environment.yml` to one pip call, and pip refuses an
editable package beside hashes; the section therefore names the same versions without hashes, for
the students' packages only, and then the package itself.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Made by `make lock` from pyproject.toml and requirements.lock; do not edit by hand.
# conda, Binder's repo2docker and JupyterHub read this file:
#     conda env create -f environment.yml && conda activate hierarchical-models
# The versions are those of requirements.lock. The hashes are left out, since pip takes no editable
# package beside hashes and conda gives all of this to one pip call.
name: hierarchical-models
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={python}
  - pip
  - pip:
"""


def compile_lock(upgrade: bool = False) -> None:
    """Resolve all groups into requirements.lock; keep the pins there unless told to upgrade."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    _uv_compile(
        "pyproject.toml",
        *[argument for group in groups for argument in ("--group", group)],
        "--generate-hashes",
        *(["--upgrade"] if upgrade else []),
        "--output-file=requirements.lock",
    )


def student_pins() -> list[str]:
    """Resolve what students need, at the versions of requirements.lock."""
    text = _uv_compile(
        "pyproject.toml", "--no-annotate", "--no-header", "--constraints=requirements.lock"
    )
    return [line.strip() for line in text.splitlines() if "==" in line]


def write_environment(pins: list[str]) -> None:
    """Write environment.yml."""
    python = (ROOT / ".python-version").read_text().strip()
    entries = [*pins, "-e ."]
    lines = [f'      - "{entry}"' if ";" in entry else f"      - {entry}" for entry in entries]
    text = HEADER.format(python=python) + "\n".join(lines) + "\n"
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")


def _uv_compile(*arguments: str) -> str:
    """Run ``uv pip compile`` for every platform from the lowest Python that the course supports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lowest = re.match(r">=(\d+\.\d+)", project["requires-python"]).group(1)
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
        *("--python-version", lowest, "--no-emit-index-url", "--no-emit-find-links"),
        "--custom-compile-command=make lock",
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    compile_lock(parser.parse_args().upgrade)
    write_environment(student_pins())


if __name__ == "__main__":
    main()
