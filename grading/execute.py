"""From a notebook to an executed one, or to the reason why not; each content once."""

import copy
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from .limits import MB, Limits
from .sandbox import ROOT

__all__ = ["Cache", "Execution", "Settings", "execute", "key_of"]

#: What the client may need beyond the notebook's own time.
_GRACE_SECONDS = 150
_MAX_RESULT = 120 * MB


@dataclass(frozen=True)
class Settings:
    """How to execute.

    Parameters
    ----------
    limits : Limits
        What a notebook may use.
    sandboxed : bool
        False only if the grader asked for it.
    seed : str or None
        Folder with what compilers and fonts have cached, copied into the sandbox's home.
    """

    limits: Limits = field(default_factory=Limits)
    sandboxed: bool = True
    seed: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON takes them."""
        return asdict(self)


@dataclass(frozen=True)
class Execution:
    """What came of a notebook's execution.

    Parameters
    ----------
    stopped : str
        Why it stopped: "error", "cell-time", "time", "memory", "cpu", "output", "disk", "dead", or
        "start" if the sandbox itself did not start; empty if it ran to its end.
    words : str
        The same, for people.
    cell : int or None
        In which cell.
    seconds, start_seconds : float
        In all, and until the kernel was ready.
    notebook : str
        With the outputs of what ran.
    """

    stopped: str
    words: str
    cell: int | None
    seconds: float
    start_seconds: float
    notebook: str


def key_of(notebook: Any, settings: Settings, environment: str) -> str:
    """Return a hash of all that an execution depends on: code, limits and environment."""
    code = [
        [cell.source, cell.metadata.get("tags", [])]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    shape = [cell.cell_type for cell in notebook.cells]
    parts = [code, shape, settings.limits.to_json(), settings.sandboxed, environment]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def environment_hash() -> str:
    """Return a hash of the lock, of what students import, and of what executes."""
    digest = hashlib.sha256()
    helpers = sorted((ROOT / "qfc_helpers").rglob("*.py"))
    own = [Path(__file__).with_name(f"{name}.py") for name in ("client", "launch", "sandbox")]
    for path in (ROOT / "requirements.lock", *helpers, *own):
        digest.update(path.read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def execute(source: str, settings: Settings) -> Execution:
    """Execute a notebook in a process of its own, and that in its sandbox.

    Parameters
    ----------
    source : str
        The notebook.
    settings : Settings
        How.

    Returns
    -------
    Execution
        Never an exception for what a submission does.
    """
    result = _attempt(source, settings)
    if result.stopped == "start":  # nothing of the student's has run yet
        result = _attempt(source, settings)
    return result


def _attempt(source: str, settings: Settings) -> Execution:
    with tempfile.TemporaryDirectory(prefix="qfc-job-") as folder:
        job, out, errors = (Path(folder) / name for name in ("job", "result", "errors"))
        job.write_text(json.dumps({"notebook": source, "settings": settings.to_json()}))
        limit = settings.limits.notebook_seconds + _GRACE_SECONDS
        with errors.open("wb") as log:
            client = subprocess.Popen(
                [sys.executable, "-m", "grading.client", str(job), str(out)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            code = client.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(client.pid, signal.SIGKILL)
            client.wait()
        if code is None:
            return _failed(source, "time", "the notebook took too long, and did not stop", limit)
        if code != 0 or not out.exists() or out.stat().st_size > _MAX_RESULT:
            return _failed(source, "dead", "the notebook broke what reads its output", 0.0)
        return Execution(**json.loads(out.read_text(encoding="utf-8")))


def _failed(source: str, stopped: str, words: str, seconds: float) -> Execution:
    return Execution(stopped, words, None, seconds, 0.0, source)


class Cache:
    """Executions by content, one file each; a file is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, key: str) -> Execution | None:
        """Return an execution that was done before."""
        with suppress(OSError, ValueError, TypeError):
            return Execution(**json.loads((self.folder / f"{key}.json").read_text("utf-8")))
        return None

    def store(self, key: str, execution: Execution) -> None:
        """Keep an execution, unless the sandbox was what failed."""
        if execution.stopped == "start":
            return
        unfinished = self.folder / f"{key}.{os.getpid()}.unfinished"
        unfinished.write_text(json.dumps(asdict(execution)), encoding="utf-8")
        unfinished.replace(self.folder / f"{key}.json")


def with_sources(execution: Execution, notebook: Any) -> Execution:
    """Put an execution's outputs under this notebook's texts, which the cache does not compare."""
    executed = nbformat.reads(execution.notebook, as_version=4)
    merged = copy.deepcopy(notebook)
    for cell, source in zip(merged.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = source.outputs, source.execution_count
    return replace(execution, notebook=nbformat.writes(merged))
