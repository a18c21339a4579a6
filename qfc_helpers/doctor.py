"""Check a student's set-up before class: ``python -m qfc_helpers.doctor`` (or ``make doctor``)."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

__all__ = ["Failure", "examine", "main"]

ROOT = Path(__file__).resolve().parent.parent
#: The slowest laptop that we want to use in class compiles and samples within this time.
PATIENCE_SECONDS = 120

FIT = """
import bambi
from qfc_helpers.data import load_scorpions
model = bambi.Model("weight ~ 1 + length + (1|population)", load_scorpions())
draws = model.fit(inference_method="nutpie", draws=200, tune=200, chains=2, random_seed=1,
                  progressbar=False)
assert draws.posterior["length"].shape == (2, 200)
"""


class Failure(Exception):
    """A check that failed; its text says what to do."""


class WrongPython(Failure):
    """Not the course's Python: further checks would examine the wrong installation."""


def check_python() -> str:
    """Check that Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    here = Path(sys.prefix)
    if (ROOT / ".venv").is_dir() and here != ROOT / ".venv" and not (here / "conda-meta").is_dir():
        raise WrongPython("this is another Python than the course's. Run: make doctor")
    if not (3, 12) <= sys.version_info < (3, 15):
        raise WrongPython(f"Python {version} is here, 3.12 to 3.14 is needed. {_reinstall()}")
    return f"Python {version}"


def check_versions(lock: Path = ROOT / "requirements.lock") -> str:
    """Check that the installed packages are those of the lock."""
    if not lock.exists():
        raise Failure(
            "requirements.lock was not found beside qfc_helpers; install the course from its own "
            "folder (README), so that the versions can be compared."
        )
    locked = _locked_versions(lock)
    installed = {name: version for name in locked if (version := _installed_version(name))}
    needed = [re.match(r"[\w.-]+", r).group() for r in metadata.requires("qfc-helpers") or []]
    absent = sorted(name for name in map(_normal, needed) if name not in installed)
    if absent:
        raise Failure(f"not installed: {', '.join(absent)}. {_reinstall()}")
    other = [
        f"{name} {installed[name]} (lock: {'/'.join(sorted(versions))})"
        for name, versions in sorted(locked.items())
        if name in installed and installed[name] not in versions
    ]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        raise Failure(
            f"other versions than the lock's: {', '.join(other[:3])}{more}. {_reinstall()}"
        )
    return f"{len(set(locked) & set(installed))} packages at the lock's versions"


def check_arviz() -> str:
    """Check that ArviZ is of the generation that the notebooks are written for."""
    version = metadata.version("arviz")
    if version.split(".")[0] != "1":
        raise Failure(
            f"ArviZ {version} is installed, the notebooks need version 1 (0.x has other functions "
            f"and other defaults). {_reinstall()}"
        )
    return f"ArviZ {version}"


def check_kernel() -> str:
    """Check that JupyterLab's Python kernel starts, and is this Python."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        outputs = []
        client.execute_interactive(
            "import sys, qfc_helpers; print(sys.prefix)", output_hook=outputs.append, timeout=60
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    text = "".join(o["content"].get("text", "") for o in outputs).strip()
    if Path(text or ".").resolve() != Path(sys.prefix).resolve():
        raise Failure(
            "JupyterLab's kernel 'python3' belongs to another Python, or cannot import "
            "qfc_helpers. Remove it with 'jupyter kernelspec remove python3', then: " + _reinstall()
        )
    return "the notebook kernel starts"


def check_fit() -> str:
    """Compile and sample a small hierarchical model in a fresh process, as a notebook would."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", FIT], capture_output=True, text=True, timeout=10 * PATIENCE_SECONDS
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Failure(f"a small fit failed: {reason}. {_reinstall()}")
    if seconds > PATIENCE_SECONDS:
        raise Failure(
            f"a small fit took {seconds:.0f} s. Close other programs and run this once more: the "
            "second time should take a few seconds. If not, use Binder or a newer machine."
        )
    return f"a small fit took {seconds:.1f} s from start to end (again: less, it was compiled now)"


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "versions": check_versions,
    "ArviZ": check_arviz,
    "kernel": check_kernel,
    "fit": check_fit,
}


def examine(checks: dict[str, Callable[[], str]]) -> bool:
    """Run the checks, print one line each, and say whether all passed.

    Parameters
    ----------
    checks : dict of str to callable
        A check returns what it found, or raises `Failure` with what to do.

    Returns
    -------
    bool
        True if none failed.

    Examples
    --------
    >>> examine({"Python": lambda: "Python 3.12.1"})
    [ OK ] Python: Python 3.12.1
    True
    """
    passed = True
    for name, check in checks.items():
        try:
            print(f"[ OK ] {name}: {check()}", flush=True)
        except Exception as error:  # a broken set-up breaks in any way it likes
            reason = str(error) if isinstance(error, Failure) else f"{error!r}. {_reinstall()}"
            print(f"[FAIL] {name}: {reason}", flush=True)
            passed = False
            if isinstance(error, WrongPython):
                break
    return passed


def main() -> int:
    """Run all checks; 0 if the machine is ready for class."""
    return 0 if examine(CHECKS) else 1


def _reinstall() -> str:
    """Say how to mend the installation, the way this one was made."""
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return "Run: conda env update -f environment.yml --prune"
    return "Run: make clean && make lab"


def _locked_versions(lock: Path) -> dict[str, set[str]]:
    """Read name and versions off a lock (a package may have one version per platform)."""
    versions: dict[str, set[str]] = {}
    for match in re.finditer(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.M):
        versions.setdefault(_normal(match[1]), set()).add(match[2])
    return versions


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
