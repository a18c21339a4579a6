"""Runs inside the sandbox, before the kernel: limits, a filter of system calls, then `exec`.

It must not import anything beyond the standard library: `python -I -S` starts it in milliseconds.
What it lays on itself, its children cannot take off again.

    launch.py SETTINGS-AS-JSON COMMAND ...
"""

import ctypes
import errno
import json
import os
import platform
import resource
import shutil
import struct
import sys

_DENY = 0x00050000  # SECCOMP_RET_ERRNO
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
#: New user, mount, pid, network, IPC, UTS and control-group namespaces.
_NEW_NAMESPACES = 0x7E020000

# Memory that no limit counts (memfd_create, shmget, ...), other processes (ptrace, process_vm_*),
# mounts and namespaces, keys, and parts of the kernel with a history of holes.
_COMMON = [447, 425, 426, 427, 428, 429, 430, 431, 432, 433, 442]
_CALLS = {
    "x86_64": {
        "arch": 0xC000003E,
        "clone": 56,
        "clone3": 435,
        "denied": [
            *(29, 30, 64, 68, 101, 155, 161, 165, 166, 240, 248, 249, 250, 272, 298, 303, 304),
            *(308, 310, 311, 312, 319, 321, 323),
            *_COMMON,
        ],
    },
    "aarch64": {
        "arch": 0xC00000B7,
        "clone": 220,
        "clone3": 435,
        "denied": [
            *(194, 196, 190, 186, 117, 41, 51, 40, 39, 180, 217, 218, 219, 97, 241, 264, 265),
            *(268, 270, 271, 272, 279, 280, 282),
            *_COMMON,
        ],
    },
}


def filter_program(machine: str) -> list[tuple[int, int, int, int]] | None:
    """Return the filter as BPF instructions (code, jump if true, jump if false, operand)."""
    calls = _CALLS.get(machine)
    if calls is None:
        return None
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, calls["arch"]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # the x32 interface numbers its calls anew
        (_RETURN, 0, 0, _DENY | errno.EPERM),
        # Its flags lie in memory where a filter cannot look; libraries then fall back to clone.
        (_EQUAL, 0, 1, calls["clone3"]),
        (_RETURN, 0, 0, _DENY | errno.ENOSYS),
    ]
    for number in calls["denied"]:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _DENY | errno.EPERM)]
    return [
        *program,
        (_EQUAL, 0, 3, calls["clone"]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _DENY | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def install_filter() -> bool:
    """Filter system calls from here on; whether that worked."""
    program = filter_program(platform.machine())
    if program is None:
        return False
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    descriptor = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return libc.prctl(_PR_SET_SECCOMP, _FILTER, descriptor, 0, 0) == 0


def set_limits(settings: dict) -> None:
    """Lay limits on this process and its children, hard ones."""
    for name, value in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))


def drop_root(uid: int | None) -> None:
    """Become an ordinary user; for good."""
    if uid is None:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def copy_into(source: str, home: str) -> None:
    """Copy what stands in a folder; the home folder itself belongs to somebody else."""
    for entry in os.scandir(source):
        target = os.path.join(home, entry.name)  # noqa: PTH118
        copy = shutil.copytree if entry.is_dir() else shutil.copy2
        copy(entry.path, target)


def main() -> None:
    """Lay down what is not needed, then become the kernel."""
    settings, command = json.loads(sys.argv[1]), sys.argv[2:]
    drop_root(settings["uid"])
    set_limits(settings)
    if settings["seed"]:
        copy_into(settings["seed"], os.environ["HOME"])
    if not install_filter() and settings["filter"]:
        sys.exit("The filter of system calls could not be installed.")
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
