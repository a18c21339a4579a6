# ruff: noqa: E501
"""Submissions that each try one thing, with the mark and the message that they must get.

A submission answers `radon-no-pooling` honestly (1 point), does its thing, and answers `radon-aic`
honestly (1 point). Bombs are small, and all of them run in the sandbox.
"""

import io
import json
import zipfile
from dataclasses import dataclass

MIME = "application/vnd.qfc.answer+json"
FIRST, SECOND = "radon-no-pooling", "radon-aic"
#: An `answer` that starts at once: it leaves what the true one leaves.
PRELUDE = f'''
from IPython.display import display
def answer(question, value, **fields):
    payload = {{"version": 1, "question": question, "status": "answered", "values": [value], "ess": [],
        "size": 0, "shares": [], "r_hat": None, "divergences": None, "model": None, "message": ""}}
    display({{"{MIME}": payload | fields}}, raw=True)
'''


@dataclass(frozen=True)
class Case:
    """One submission.

    ``body`` is the code between the honest answers; or, for a whole file, what `file` returns.
    ``message``, a regular expression, must be on the student's page.
    """

    name: str
    points: float
    message: str = ""
    body: str = ""
    file: object = None
    filename: str = ""


def code(source, **metadata):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def text(source, **metadata):
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def notebook(*cells, **metadata):
    document = {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)}
    return json.dumps(document).encode()


def first(values):
    return code(f'{PRELUDE}\nanswer("{FIRST}", {values[FIRST]!r})')


def second(values):
    return code(f'answer("{SECOND}", {values[SECOND]!r})')


def around(body, values):
    return notebook(first(values), code(body), second(values))


def honest(values, **metadata):
    return notebook(first(values), second(values), **metadata)


def zipped(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def payload(question, value, **fields):
    return {
        "version": 1,
        "question": question,
        "status": "answered",
        "values": [value],
        "ess": [],
        "size": 0,
        "shares": [],
        "r_hat": None,
        "divergences": None,
        "model": None,
        "message": "",
    } | fields


def locked(question, source):
    return code(source, nbgrader={"grade_id": question, "grade": True, "locked": True})


# Files


def stored_outputs(values):
    cell = code("pass")
    cell["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {MIME: payload(SECOND, 2097.70)}}
    ]
    cell["outputs"][0]["data"][MIME]["values"] = [values[SECOND]]
    return notebook(first(values), cell)


def old_format(values):
    cells = [
        {"cell_type": "code", "input": cell["source"], "language": "python", "outputs": []}
        | {"metadata": {}, "collapsed": False, "prompt_number": 1}
        for cell in (first(values), second(values))
    ]
    document = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    return json.dumps(document | {"worksheets": [{"cells": cells, "metadata": {}}]}).encode()


def no_points_from_metadata(values):
    rich = {"grade_id": FIRST, "grade": True, "locked": True, "points": 1000, "schema_version": 3}
    cell = first(values)
    cell["metadata"] = {"nbgrader": rich}
    return notebook(cell, code("pass", nbgrader=rich | {"grade_id": "invented", "points": 50}))


def odd_metadata(values):
    cell = first(values)
    cell["metadata"] = {"nbgrader": [1], "tags": {"a": 1}}
    other = second(values) | {"metadata": {"nbgrader": {"grade_id": {"x": []}}}}
    return notebook(cell, other, kernelspec=7, language_info=None)


def split_and_reordered(values):
    return notebook(
        code(PRELUDE),
        code(f"b = {values[SECOND]!r}"),
        code(f'answer("{SECOND}", b)', nbgrader={"grade_id": "renamed"}),
        text("In between."),
        code(f"a = {values[FIRST]!r}\nc = 0"),
        code(f'answer("{FIRST}",\n       a)'),
    )


def checks_deleted(values):
    """Honest: the checks are gone, the work is there."""
    return notebook(
        code(f"{PRELUDE}\nalpha_no = {values[FIRST]!r}", nbgrader={"grade_id": f"{FIRST}-work"}),
        code(f"aic_partial = {values[SECOND]!r}", nbgrader={"grade_id": f"{SECOND}-work"}),
    )


def checks_edited(values):
    return notebook(
        code(f"{PRELUDE}\nalpha_no = {values[FIRST]!r}", nbgrader={"grade_id": f"{FIRST}-work"}),
        locked(FIRST, "assert True\nprint('✓ radon-no-pooling: right')"),
        code("aic_partial = 0", nbgrader={"grade_id": f"{SECOND}-work"}),
        locked(SECOND, "pass"),
    )


def duplicated_cells(values):
    wrong = code(f'answer("{FIRST}", 0)', nbgrader={"grade_id": FIRST, "grade": True})
    return notebook(code(PRELUDE), *[wrong] * 3, *[first(values) | wrong["metadata"]] * 2, wrong)


def link_to(target):
    """A zip that holds a link."""
    entry = zipfile.ZipInfo("link.ipynb")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    return zipped((entry, target))


def encrypted(values):
    """A zip that says it is encrypted."""
    data = bytearray(zipped(("a.ipynb", honest(values))))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def deep(_):
    return b'{"nbformat": 4, "cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def surrogate(values):
    cell = first(values)
    cell["source"] += '\nx = "\ud800"'
    return notebook(cell)


def answers(*given):
    """Code that leaves answers as they are given, without the prelude's shape."""
    return "\n".join(f"display({{'{MIME}': {one}}}, raw=True)" for one in given)


def values_of(*values):
    return "\n".join(f'answer("{SECOND}", {value})' for value in values)


STOPPED = f"stopped at the question {SECOND}"
SLOW = "a cell took longer than"

EXHAUSTING = [
    Case("fork bomb", 1, "BlockingIOError|MB of memory", "import os, signal\nfor _ in range(10**5):\n"
         "    if os.fork() == 0:\n        signal.pause()"),
    Case("fork bomb that never ends", 1, f"{SLOW}|MB of memory", "import subprocess, sys\nsubprocess.run([sys.executable, "
         "'-ISc', '''\nimport os, time\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n"
         "        pass\n    time.sleep(0.2)\n'''])"),
    Case("threads without end", 1, "RuntimeError", "import threading, time\nfor _ in range(10**5):\n"
         "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"),
    Case("memory at once", 1, "MemoryError", "x = bytearray(10**11)"),
    Case("memory bit by bit", 1, "MB of memory", "import time\nx = []\nwhile True:\n"
         "    x.append(b'x' * 10**7)\n    time.sleep(0.02)"),
    Case("memory of many processes", 1, "MB of memory", "import os, time\nfor _ in range(9):\n"
         "    if os.fork() == 0:\n        x = b'x' * 10**8\n        time.sleep(60)\ntime.sleep(60)"),
    Case("memory that is shared", 1, "No space left", "with open('/dev/shm/x', 'wb') as f:\n"
         "    pass\nfor i in range(99):\n    open(f'/dev/shm/{i}', 'wb').write(b'x' * 2**25)"),
    Case("memory without a name", 1, "PermissionError", "import os\nos.memfd_create('x')"),
    Case("endless loop", 1, SLOW, "while True:\n    pass"),
    Case("endless loop in C", 1, SLOW, "import itertools\nsum(itertools.repeat(0))"),
    Case("deaf to signals", 1, SLOW, "import signal, time\nfor s in (2, 15):\n"
         "    signal.signal(s, signal.SIG_IGN)\nwhile True:\n    try:\n        time.sleep(9)\n"
         "    except BaseException:\n        pass"),
    Case("a thread that survives", 2, "", "import threading, time\n"
         "threading.Thread(target=time.sleep, args=(600,)).start()"),
    Case("a daemon that survives", 2, "", "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
         "    if os.fork() == 0:\n        for f in range(99):\n            try:\n                os.close(f)\n"
         "            except OSError:\n                pass\n        time.sleep(600)\n    os._exit(0)"),
    Case("output without end", 1, "MB of (output|memory)", "while True:\n    print('x' * 10**6)"),
    Case("one large message", 1, "", "display({'text/plain': 'x' * 10**8}, raw=True)"),
    Case("many small outputs", 1, "MB of output", "while True:\n    display({'text/plain': 'x' * 10**5},"
         " raw=True)"),
    Case("disk", 1, "No space left", "for i in range(99):\n"
         "    open(f'/tmp/{i}', 'wb').write(b'x' * 2**25)"),
    Case("one large file", 1, "OSError", "f = open('/tmp/x', 'wb')\nf.truncate(10**12)"),
    Case("files among the sockets", 1, "not for files", "import ipykernel, os, time\n"
         "here = os.path.dirname(ipykernel.get_connection_file())\nfor i in range(2000):\n"
         "    open(f'{here}/{i}', 'w').write('x')\ntime.sleep(4)"),
    Case("large files among the sockets", 1, "not for files", "import ipykernel, os, time\n"
         "here = os.path.dirname(ipykernel.get_connection_file())\nfor i in range(3):\n"
         "    open(f'{here}/{i}', 'wb').write(b'x' * 2**25)\ntime.sleep(4)"),
]  # fmt: skip

REACHING = [
    Case("the gradebook", 1, "FileNotFoundError", "open({gradebook!r}).read()"),
    Case("the solutions", 1, "FileNotFoundError", "open({solutions!r}).read()"),
    Case("the grader's code", 1, "ModuleNotFoundError", "import grading"),
    Case("a file of the grader's", 1, "FileNotFoundError", "open({secret!r}).read()"),
    Case("other submissions", 1, "FileNotFoundError", "import os\nos.listdir({submissions!r})"),
    Case("passwords", 1, "FileNotFoundError", "open('/etc/passwd').read()"),
    Case("the environment's variables", 1, "KeyError", "import os\nos.environ['QFC_SECRET']"),
    Case("change the course", 1, "PermissionError|OSError", "import qfc_helpers.data\n"
         "open(qfc_helpers.data.__file__, 'a').write('#')"),
    Case("a file at the root", 1, "Read-only|Permission", "open('/x', 'w')"),
    Case("a file among the devices", 1, "Read-only|Permission", "open('/dev/x', 'w')"),
    Case("an address on the network", 1, "OSError", "import socket\n"
         "socket.create_connection(('192.0.2.1', 80), 2)"),
    Case("a server on this machine", 1, "ConnectionRefusedError", "import socket\n"
         "socket.create_connection(('127.0.0.1', {port}), 2)"),
    Case("a socket without a name", 1, "ConnectionRefusedError", "import socket\n"
         "socket.socket(socket.AF_UNIX).connect({abstract!r})"),
    Case("kill the parent", 2, "", "import os\ntry:\n    os.kill(os.getppid(), 9)\n"
         "except PermissionError:\n    pass"),
    Case("kill all", 2, "", "import os\ntry:\n    os.kill(-1, 9)\nexcept OSError:\n    pass"),
    Case("trace a process", 1, "AssertionError", "import ctypes\n"
         "assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0"),
    Case("a namespace of its own", 1, "CalledProcessError", "import subprocess\n"
         "subprocess.run(['unshare', '--user', 'true'], check=True)"),
    Case("mount", 1, "CalledProcessError", "import subprocess\n"
         "subprocess.run(['mount', '-t', 'tmpfs', 'x', '/usr'], check=True)"),
    Case("become root", 1, "PermissionError", "import os\nos.setuid(0)\n"
         "raise PermissionError if os.getuid() == 0 else AssertionError"),
    Case("delete all", 2, "", "import shutil\nfor place in ('/home', '/tmp', '/dev/shm'):\n    shutil.rmtree(place, ignore_errors=True)"),
]  # fmt: skip

DYING = [
    Case("leave", 1, "the kernel died", "import os\nos._exit(0)"),
    Case("kill itself", 1, "the kernel died", "import os\nos.kill(os.getpid(), 9)"),
    Case("crash in C", 1, "the kernel died", "import ctypes\nctypes.string_at(1)"),
    Case("an error", 1, f"{STOPPED} \\(cell 2\\): ZeroDivisionError", "1 / 0"),
    Case("a syntax error", 1, f"{STOPPED} \\(cell 2\\): SyntaxError", "def f(:"),
    Case("exit", 1, STOPPED, "raise SystemExit"),
    Case("wait for a person", 1, "StdinNotImplementedError", "input()"),
    Case("a cell that a shell runs", 2, "", "%%bash\nrm -rf ~ /tmp 2>/dev/null || true"),
]  # fmt: skip

FORGING = [
    Case("a check of its own", 1, "no answer", file=lambda v: notebook(
        first(v), code("def answer(*a, **k):\n    print('✓ radon-aic: right')"),
        code(f'answer("{SECOND}", 1)'))),
    Case("numpy patched", 1, "not right", "import numpy as np\nnp.allclose = lambda *a, **k: True\n"
         "np.abs = lambda *a: 0\n" + values_of(1), lambda v: notebook(first(v), code(
         "import numpy as np\nnp.allclose = lambda *a, **k: True\n" + values_of(1)))),
    Case("a verdict among the data", 1, "no answer", file=lambda v: notebook(first(v), code(answers(
        payload(SECOND, 1) | {"verdict": "right", "points": 99})))),
    Case("a status of its own", 1, "no answer", file=lambda v: notebook(first(v), code(answers(
        payload(SECOND, 1, status="right"))))),
    Case("outputs stored by hand", 1, "no answer", file=stored_outputs),
    Case("points in the metadata", 1, "", file=no_points_from_metadata),
    Case("metadata of odd types", 2, "", file=odd_metadata),
    Case("checks edited", 1, "put back", file=checks_edited),
    Case("checks deleted by accident", 2, "put back", file=checks_deleted),
    Case("cells duplicated", 1, "", file=duplicated_cells),
    Case("cells split and in another order", 2, "", file=split_and_reordered),
    Case("not a number", 1, "expected a number", file=lambda v: notebook(first(v), code(
        values_of("float('nan')", "float('inf')", "-1e308", 10**4000, "True", "'2097.7'", "[2097.7]",
                  "None", "{}")))),
    Case("too many values", 1, "at most 8", file=lambda v: notebook(first(v), code(
        f'answer("{SECOND}", 1, values=[2097.7] * 9)'))),
    Case("a text without end", 1, "no answer", file=lambda v: notebook(first(v), code(
        f'answer("{SECOND}", 1, message="x" * 10**6)'))),
    Case("thousands of guesses", 1, "", file=lambda v: notebook(first(v), code(
        f'for guess in range(4000):\n    answer("{SECOND}", guess)'))),
    Case("a question that looks like another", 1, "no answer", file=lambda v: notebook(
        first(v), code(values_of(0).replace(SECOND, "r\u0430don-aic")),
        code(values_of(v[SECOND]).replace(SECOND, "radon\u2010aic")),
        code(values_of(v[SECOND]).replace(SECOND, "radon-aic\u200b")))),
    Case("a question that is none", 2, "", "answer('__class__', 1)\nanswer('../../x', 1)\n"
         "answer(['radon-aic'], 1)"),
    Case("extreme priors", 2, "", "prior = dict(family='HalfNormal', arguments=dict(sigma=1e-12))\n"
         "answer('radon-partial', 1.0, model=dict(digest={digest!r}, response='log_radon', "
         "group='county', centered=True, coefficients=dict(Intercept=[0, 1e12], floor=[0, 1e-12]), "
         "sd_alpha=prior, sd_obs=prior))"),
    Case("a script in an output", 2, "", "display({{'text/html': '<script>alert(1)</script>', "
         "'application/javascript': 'alert(1)', 'image/svg+xml': '<svg onload=\"alert(1)\"/>'}}, raw=True)"),
    Case("a script in an answer", 1, "alert\\(2\\)", file=lambda v: notebook(first(v), code(
        f'answer("{SECOND}", 1, status="unreadable", message="<script>alert(2)</script>")'))),
    Case("a script in an error", 1, "alert\\(3\\)",
         "raise ValueError('<script>alert(3)</script>')"),
    Case("errors allowed everywhere", 2, "", file=lambda v: notebook(
        first(v), code("1 / 0", tags=["raises-exception"]), second(v))),
]  # fmt: skip

FILES = [
    Case("a name with a script", 2, "", file=honest,
         filename="<img src=x onerror=alert(4)>_77_88_x.ipynb"),
    Case("a name with paths", 2, "", file=honest, filename="..\\..\\..%2f..%2fetc_5_6_a.ipynb"),
    Case("a name that writes backwards", 2, "", file=honest, filename="\u202eevil\u200b_7_8_a.ipynb"),
    Case("a name that is a formula", 2, "", file=honest, filename="=cmd|calc_9_10_a.ipynb"),
    Case("a name without letters", 2, "", file=honest, filename="漢字.ipynb"),
    Case("a file renamed", 2, "", file=honest, filename="renamed_11_12_final FINAL (2).ipynb"),
    Case("a zip", 2, "", file=lambda v: zipped(("work/04.ipynb", honest(v))), filename=".zip"),
    Case("a zip that leads out", 0, "leads out of the zip", file=lambda v: zipped(
        ("../../../canary.ipynb", honest(v)), ("/tmp/canary.ipynb", honest(v))), filename=".zip"),
    Case("a zip with a link", 0, "is a link", file=lambda v: link_to("/etc/passwd"), filename=".zip"),
    Case("a zip in a zip", 0, "zip within a zip", file=lambda v: zipped(
        ("a.zip", zipped(("a.ipynb", honest(v))))), filename=".zip"),
    Case("a zip bomb", 0, "at most 25 are read", file=lambda v: zipped(
        ("a.ipynb", b" " * 60_000_000)), filename=".zip"),
    Case("a zip of many files", 0, "holds 2000 files", file=lambda v: zipped(
        *((f"{i}.ipynb", b"{}") for i in range(2000))), filename=".zip"),
    Case("a zip with a password", 0, "cannot be read", file=encrypted, filename=".zip"),
    Case("a zip that is none", 0, "is no zip", file=lambda v: b"PK\x03\x04nonsense", filename=".zip"),
    Case("invalid JSON", 0, "no valid JSON", file=lambda v: honest(v)[:-20]),
    Case("not UTF-8", 0, "no valid JSON", file=lambda v: b"\xff\xfe\x00"),
    Case("empty", 0, "no valid JSON", file=lambda v: b""),
    Case("another JSON", 0, "not a notebook", file=lambda v: b'{"cells": 7}'),
    Case("brackets without end", 0, "no valid JSON", file=deep),
    Case("a number without end", 0, "no valid JSON", file=lambda v: b'{"nbformat": 4, "x": 1'
         + b"0" * 10_000 + b"}"),
    Case("half a character", 0, "half a character", file=surrogate),
    Case("format 3", 2, "", file=old_format),
    Case("a wrong kernel", 2, "", file=lambda v: honest(v, kernelspec={"name": "evil",
         "display_name": "x", "language": "R"})),
    Case("a hundred thousand cells", 0, "at most 500", file=lambda v: notebook(
        *[{"cell_type": "code", "source": ""}] * 100_000)),
    Case("a million cells", 0, "at most 25", file=lambda v: notebook(
        *[{"cell_type": "code", "source": ""}] * 1_000_000)),
    Case("another course's notebook", 0, "none of this assignment", file=lambda v: notebook(
        code("1 + 1")), filename="another_13_14_homework.ipynb"),
]  # fmt: skip

CASES = [*EXHAUSTING, *REACHING, *DYING, *FORGING, *FILES]
