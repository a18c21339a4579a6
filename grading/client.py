"""Runs one notebook, in a process of its own, and writes down what came of it.

    python -m grading.client JOB.json

Outside of the sandbox, but with limits too: what the kernel sends is a stranger's. If this process
dies, so does the sandbox.
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# jsonschema loads a parser of Internet addresses for a check that notebooks do not need; it doubles
# the time that this process takes to start.
sys.modules.setdefault("rfc3987_syntax", None)

import nbformat
import psutil
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from . import sandbox
from .limits import MB, Limits

__all__ = ["main", "run"]

_WATCH_SECONDS = 0.25
_START_SECONDS = 90
#: Least memory to leave to the machine.
_SPARE = 400 * MB
_KERNEL = "submission"


class Client(NotebookClient):
    """nbclient, with a limit on what the kernel sends."""

    def guard(self, limits: Limits) -> None:
        """Set the limits."""
        self.limits, self.received, self.reached, self.stopped = limits, 0, 0, ""
        self.grader = os.getppid()

    def process_message(self, msg: dict, cell: Any, cell_index: int) -> Any:
        """Count before anything is kept."""
        self.received += len(json.dumps(msg["content"], default=str))
        if self.received > self.limits.output:
            self.stop("output", f"more than {self.limits.output // MB} MB of output")
        if self.stopped:
            return (
                None
                if msg["msg_type"] != "status"
                else super().process_message(msg, cell, cell_index)
            )
        return super().process_message(msg, cell, cell_index)

    def stop(self, reason: str, words: str) -> None:
        """End the sandbox, with all that runs in it."""
        if not self.stopped:
            self.stopped = reason
            self.words = words
        with suppress(ProcessLookupError):
            os.kill(self.km.provisioner.pid, 9)

    async def watch(self, private: Path) -> None:
        """Stop what the kernel's own limits do not see, for they count each process alone."""
        limits, gone = self.limits, {}  # CPU seconds, also of processes that have ended
        while not self.stopped:
            family = _family(self.km.provisioner.pid)
            for process in family:
                with suppress(psutil.Error):
                    gone[process.pid] = sum(process.cpu_times()[:2])
            if os.getppid() != self.grader:
                self.stop("dead", "the grader is gone")
            elif _memory(family) > limits.memory:
                self.stop("memory", f"more than {limits.memory // MB} MB of memory")
            elif psutil.virtual_memory().available < _SPARE:
                self.stop("memory", "the machine's memory was used up")
            elif sum(gone.values()) > limits.cpu_seconds:
                self.stop("cpu", f"more than {limits.cpu_seconds:g} CPU seconds")
            elif _weight(private) > limits.file:
                self.stop("disk", "files in a folder that is not for files")
            await asyncio.sleep(_WATCH_SECONDS)


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def _memory(family: list[psutil.Process]) -> int:
    """Return the bytes in use; what processes share counts once, if that matters."""
    total = sum(_bytes(process, "rss") for process in family)
    if total <= _SPARE:
        return total
    return sum(_bytes(process, "pss") for process in family)


def _bytes(process: psutil.Process, kind: str) -> int:
    with suppress(psutil.Error):
        if kind == "rss":
            return process.memory_info().rss
        return process.memory_full_info().pss
    return 0


def _weight(folder: Path, most: int = 1000) -> int:
    """Return the bytes in a folder; very many files weigh as much as a very large one."""
    total, seen, stack = 0, 0, [folder]
    while stack:
        with suppress(OSError), os.scandir(stack.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > most:
                    return 2**62
                if entry.is_dir(follow_symlinks=False):
                    stack.append(Path(entry.path))
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def kernel_manager(
    private: Path, limits: Limits, seed: Path | None, sandboxed: bool
) -> AsyncKernelManager:
    """Return the manager of a kernel in the sandbox, which speaks over sockets in a folder."""
    uid = sandbox.uid_inside() if sandboxed else None
    sockets = private / "k"
    sockets.mkdir(mode=0o700)
    specs = private / "spec" / _KERNEL
    specs.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    argv += ["--HistoryManager.enabled=False"]
    if sandboxed:
        argv = sandbox.command(argv, limits, private=sockets, seed=seed, uid=uid)
    spec = {"argv": argv, "display_name": "Submission", "language": "python"}
    (specs / "kernel.json").write_text(json.dumps(spec))
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, limits.message)
    manager = AsyncKernelManager(
        kernel_name=_KERNEL,
        kernel_spec_manager=KernelSpecManager(
            kernel_dirs=[str(specs.parent)], ensure_native_kernel=False
        ),
        connection_file=str(sockets / "connection.json"),
        transport="ipc",
        ip=str(sockets / "s"),
        context=context,
    )
    manager.write_connection_file()
    if uid is not None:
        for path in (sockets, sockets / "connection.json"):
            os.chown(path, uid, uid)
    return manager


async def _run(notebook: Any, private: Path, settings: dict[str, Any]) -> dict[str, Any]:
    limits, started = Limits(**settings["limits"]), time.monotonic()
    seed = Path(settings["seed"]) if settings.get("seed") else None
    manager = kernel_manager(private, limits, seed, settings["sandboxed"])
    client = Client(
        notebook,
        km=manager,
        timeout=limits.cell_seconds,
        startup_timeout=_START_SECONDS,
        on_cell_start=lambda cell, cell_index: setattr(client, "reached", cell_index),
    )
    client.guard(limits)
    result = {"stopped": "", "words": "", "cell": None, "start_seconds": 0.0}
    watch = None
    try:
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        async with client.async_setup_kernel(**nowhere):
            result["start_seconds"] = time.monotonic() - started
            watch = asyncio.ensure_future(client.watch(private / "k"))
            await asyncio.wait_for(_cells(client), limits.notebook_seconds)
    except Exception as error:
        result["stopped"], result["words"] = _reason(error, client, limits)
        if watch is None:  # nothing of the student's has run yet
            result["stopped"] = "start"
        result["cell"] = client.reached
    finally:
        if watch is not None:
            watch.cancel()
        with suppress(Exception):
            os.kill(manager.provisioner.pid, 9)
        with suppress(Exception):
            await asyncio.wait_for(manager.shutdown_kernel(now=True), 10)
    return result | {"seconds": time.monotonic() - started}


async def _cells(client: Client) -> None:
    for index, cell in enumerate(client.nb.cells):
        await client.async_execute_cell(cell, index)
        if client.stopped:
            raise DeadKernelError(client.words)


def _reason(error: Exception, client: Client, limits: Limits) -> tuple[str, str]:
    if client.stopped:
        return client.stopped, client.words
    if isinstance(error, CellTimeoutError):
        return "cell-time", f"a cell took longer than {limits.cell_seconds:g} seconds"
    if isinstance(error, TimeoutError):
        return "time", f"the notebook took longer than {limits.notebook_seconds:g} seconds"
    if isinstance(error, CellExecutionError):
        return "error", f"{str(error.ename)[:80]}: {str(error.evalue)[:300]}"
    if isinstance(error, DeadKernelError):
        return "dead", "the kernel died"
    return "dead", f"the kernel could not be used ({type(error).__name__})"


def run(source: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Execute a notebook; return it, and where and why it stopped, if it did."""
    notebook = nbformat.reads(source, as_version=4)
    private = Path(tempfile.mkdtemp(prefix="qfc-"))
    try:
        result = asyncio.run(_run(notebook, private, settings))
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return result | {"notebook": nbformat.writes(notebook)}


def main() -> None:
    """Read the job, do it, write the result beside it."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_DATA, (2000 * MB, resource.RLIM_INFINITY))
    result = run(job["notebook"], job["settings"])
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
