"""The sandbox: a bubblewrap command in which a kernel sees only what it needs.

What each layer does:

- bubblewrap: namespaces (no network, no other processes), only the environment and /usr in sight,
  read-only; writable are a few folders in memory, of limited size, and the sockets' folder.
- `launch`: limits of the kernel (memory, CPU seconds, files, processes), a filter of system calls,
  and, if the grader is root, another user.
- `client`: watches memory, CPU seconds and the sockets' folder from outside, and stops what exceeds
  them or the time.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import launch
from .limits import MB, Limits

__all__ = ["SandboxError", "command", "protections"]

ROOT = Path(__file__).resolve().parent.parent
#: Users' numbers that nobody has; one for each sandbox, since the kernel counts processes by user.
_FIRST_UID = 2_000_000_000
_HOME, _LAUNCH, _SEED = "/home/student", "/launch.py", "/seed"
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts")


class SandboxError(RuntimeError):
    """There is no sandbox here; the message says why."""


def uid_inside() -> int | None:
    """Return the user to become inside, or None if the grader is no root."""
    return _FIRST_UID + os.getpid() if os.geteuid() == 0 else None


def command(
    inside: list[str],
    limits: Limits,
    *,
    private: Path | None = None,
    seed: Path | None = None,
    home: Path | None = None,
    uid: int | None = None,
) -> list[str]:
    """Return the command that runs `inside` in the sandbox.

    Parameters
    ----------
    inside : list of str
        Command and arguments; the command with its full path.
    limits : Limits
        What it may use.
    private : pathlib.Path, optional
        The one folder shared with the outside, for the kernel's sockets.
    seed : pathlib.Path, optional
        A folder whose contents the home folder gets.
    home : pathlib.Path, optional
        A folder that is the home folder, and keeps what is written there. Never for a submission.
    uid : int, optional
        User to become; needed if the grader is root.
    """
    folders = [*_namespaces(uid), "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/tmp", _HOME, "/dev/shm"):  # first: the course itself may lie below /tmp
        mode = ["--perms", "1777"] if uid is not None else []
        folders += [*mode, "--size", str(limits.disk), "--tmpfs", folder]
    folders += _read_only()
    if home is not None:
        folders += ["--bind", str(home), _HOME]
    if private is not None:
        folders += [*_parents([str(private)]), "--bind", str(private), str(private)]
    if seed is not None:
        folders += ["--ro-bind", str(seed), _SEED]
    folders += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", _HOME]
    settings = {
        "uid": uid,
        "limits": _resource_limits(limits),
        "seed": _SEED if seed is not None else None,
        "filter": platform.machine() in launch._CALLS,
    }
    start = [sys.executable, "-I", "-S", _LAUNCH, json.dumps(settings)]
    return [*folders, *_environment(limits), "--", *start, *inside]


def _namespaces(uid: int | None) -> list[str]:
    base = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    if uid is None:
        return [*base, "--unshare-all", "--unshare-user", "--disable-userns"]
    # Root in a user namespace stays root to the kernel, which counts no processes of root's.
    names = ("ipc", "pid", "net", "uts", "cgroup-try")
    capabilities = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*base, *(f"--unshare-{name}" for name in names), *capabilities]


def _read_only() -> list[str]:
    """Show the system's programs, the environment, and qfc_helpers; nothing else."""
    arguments: list[str] = []
    for path in _SYSTEM:
        if Path(path).is_symlink():
            arguments += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            arguments += ["--ro-bind", path, path]
    helpers = str(ROOT / "qfc_helpers")
    shown = [*_SYSTEM_FILES, sys.base_prefix, sys.prefix, helpers]
    shown = [path for path in dict.fromkeys(shown) if Path(path).exists()]
    shown = [path for path in shown if not path.startswith("/usr/")]
    arguments += _parents(shown)
    for path in shown:
        arguments += ["--ro-bind", path, path]
    return [*arguments, "--ro-bind", str(Path(launch.__file__).resolve()), _LAUNCH]


def _parents(paths: list[str]) -> list[str]:
    """Make the folders above; bubblewrap's own are for root alone, which the user inside is not."""
    parents = {str(parent) for path in paths for parent in Path(path).parents}
    made = sorted(parents - {"/", "/tmp", "/usr"})
    return [part for parent in made for part in ("--perms", "755", "--dir", parent)]


def _resource_limits(limits: Limits) -> dict[str, int]:
    return {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(limits.cpu_seconds),
        # Numerical libraries reserve much more than they use; `client` watches what is used.
        "RLIMIT_DATA": limits.memory + 2000 * MB,
        "RLIMIT_FSIZE": limits.file,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_STACK": 8 * MB,
    }


def _environment(limits: Limits) -> list[str]:
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
        str(limits.threads),
    )
    values = {
        "HOME": _HOME,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": f"{_HOME}/.ipython",
        "RAYON_NUM_THREADS": str(limits.threads),
        **threads,
    }
    return [part for name, value in values.items() for part in ("--setenv", name, value)]


def protections(limits: Limits | None = None) -> list[str]:
    """Try the sandbox, and say what protects this machine.

    Raises
    ------
    SandboxError
        If bubblewrap is missing, or does not work here.
    """
    limits = limits or Limits()
    if shutil.which("bwrap") is None:
        raise SandboxError(
            "bubblewrap (the command bwrap) is not installed, and submissions are programs of "
            "strangers. On Debian and Ubuntu: sudo apt-get install bubblewrap"
        )
    with tempfile.TemporaryDirectory(prefix="qfc-") as folder:
        uid = uid_inside()
        if uid is not None:
            os.chown(folder, uid, uid)
        probe = [sys.executable, "-I", "-c", "import os; print(os.getuid())"]
        line = command(probe, limits, private=Path(folder), uid=uid)
        done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise SandboxError(
            f"bubblewrap does not work here: {done.stderr.strip() or done.returncode}. Where the "
            "system forbids user namespaces, its administrator can allow them to bwrap."
        )
    on = ["bubblewrap (no network, own processes and files)", "limits of memory, CPU, files"]
    on.append(f"another user ({uid})" if uid is not None else "no further user namespaces")
    if platform.machine() in launch._CALLS:
        on.append("filter of system calls")
    return [*on, "watch over memory, CPU and sockets' folder"]
