"""Pack what students get into one zip: lectures, exercises, helpers and the environment.

    python tools/student.py [TARGET]   write build/hierarchical-models.zip, or TARGET

The list below says what goes in; solutions, tests and tools for grading are not on it. The same
files give the same zip, byte for byte. Needs Python alone, and works with and without git.
"""

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "hierarchical-models"
CONTENTS = (
    ".python-version",
    "CITATION.cff",
    "LICENSE",
    "LICENSE-TEXT.md",
    "Makefile",
    "README.md",
    "environment.yml",
    "exercises",
    "lectures",
    "pyproject.toml",
    "qfc_helpers",
    "requirements.lock",
)
#: All files get one date: that of the lecture which the course follows.
DATE = (2023, 9, 25, 12, 0, 0)
NOT_OURS = ("__pycache__", ".ipynb_checkpoints", "-Copy", ".pyc", ".part")


def files(root: Path = ROOT) -> list[Path]:
    """List what goes in, relative to `root`; where there is git, only what it tracks."""
    found = [
        path.relative_to(root)
        for name in CONTENTS
        for path in ([root / name] if (root / name).is_file() else (root / name).rglob("*"))
        if path.is_file() and not any(mark in str(path.relative_to(root)) for mark in NOT_OURS)
    ]
    tracked = _tracked(root)
    kept = [path for path in found if tracked is None or path.as_posix() in tracked]
    missing = [name for name in CONTENTS if not any(path.parts[0] == name for path in kept)]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} is not there, or git does not track it; students need it. Restore it, "
            "or take it off the list in tools/student.py."
        )
    return sorted(kept)


def _tracked(root: Path) -> set[str] | None:
    """Return what git tracks; None if `root` is no repository of its own, or there is no git."""
    if not (root / ".git").exists():
        return None
    try:
        command = ["git", "ls-files", "-z", "--cached", "--", *CONTENTS]
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return set(done.stdout.split("\0"))


def pack(target: Path, root: Path = ROOT) -> Path:
    """Write the zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files(root):
            entry = zipfile.ZipInfo(f"{NAME}/{path.as_posix()}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every machine
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, (root / path).read_bytes())
    return target


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "build" / f"{NAME}.zip"
    parser.add_argument("target", nargs="?", type=Path, default=default)
    target = pack(parser.parse_args(arguments).target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
