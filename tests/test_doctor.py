"""The doctor passes on a sound set-up and names what is wrong with a broken one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qfc_helpers import doctor

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"^\[( OK |FAIL)\] \w+: .+$")


def test_a_sound_machine_passes_every_check():
    done = subprocess.run(
        [sys.executable, "-m", "qfc_helpers.doctor"], capture_output=True, text=True, cwd=ROOT
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == len(doctor.CHECKS)
    assert all(LINE.match(line) and " OK " in line for line in lines)
    assert re.search(r"took \d+\.\d s", lines[-1])


def change_lock(tmp_path, name, version):
    lock = tmp_path / "requirements.lock"
    text = (ROOT / "requirements.lock").read_text()
    changed = re.sub(rf"^{name}==\S+", f"{name}=={version}", text, flags=re.M)
    assert changed != text
    lock.write_text(changed)
    return lock


def test_another_version_is_named_with_the_remedy(tmp_path):
    lock = change_lock(tmp_path, "seaborn", "99.1")
    with pytest.raises(doctor.Failure, match=r"seaborn \S+ \(lock: 99\.1\).*Run: "):
        doctor.check_versions(lock)


def test_the_lock_itself_passes():
    assert "packages at the lock's versions" in doctor.check_versions()


def test_a_missing_lock_says_where_to_install_from(tmp_path):
    with pytest.raises(doctor.Failure, match="install the course from its own folder"):
        doctor.check_versions(tmp_path / "requirements.lock")


def test_an_old_arviz_is_named(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "0.23.4")
    with pytest.raises(doctor.Failure, match=r"ArviZ 0\.23\.4 is installed.*need version 1"):
        doctor.check_arviz()


def test_a_fit_that_fails_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr(doctor, "FIT", "raise ImportError('no compiler')")
    with pytest.raises(doctor.Failure, match="ImportError: no compiler"):
        doctor.check_fit()


def test_one_failure_does_not_stop_the_others(capsys):
    def fails():
        raise doctor.Failure("do this")

    def breaks():
        raise RuntimeError("anything")

    assert not doctor.examine({"a": fails, "b": breaks, "c": lambda: "fine"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[FAIL] a: do this"
    assert lines[1].startswith("[FAIL] b: RuntimeError('anything'). Run: ")
    assert lines[2] == "[ OK ] c: fine"
    assert all(map(LINE.match, lines))


def test_make_alone_lists_the_targets():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    for target in ("lab", "test", "notebooks", "lint", "lock", "doctor", "clean"):
        assert re.search(rf"^  make {target} +\w", listed, re.M)


@pytest.mark.parametrize("version", ["3.9.1", "3.15.0"])
def test_a_wrong_python_gets_one_line(tmp_path, version):
    """A stand-in that answers the Makefile's question as this version of Python would."""
    wrong = tmp_path / "python-wrong"
    numbers = tuple(map(int, version.split(".")))
    wrong.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && echo Python {version} && exit 0\n'
        f'exec {sys.executable} -c "import sys; sys.version_info = {numbers}; $2"\n'
    )
    wrong.chmod(0o755)
    fresh_shell = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        ["make", "doctor", f"PYTHON={wrong}", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT,
        env=fresh_shell,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert f"is needed; '{wrong}' is Python {version}" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_another_python_gets_one_line():
    """Without its site module a Python does not know that it belongs to .venv."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "qfc_helpers.doctor"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stdout == "[FAIL] Python: " + done.stdout.removeprefix("[FAIL] Python: ")
    assert len(done.stdout.splitlines()) == 1
    assert not done.stderr


def test_the_doctor_speaks_where_nothing_is_installed():
    """Without site-packages: a line per check, no traceback."""
    code = """
from qfc_helpers import doctor
doctor.examine({name: doctor.CHECKS[name] for name in ("versions", "ArviZ", "kernel")})
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert [line[1:5] for line in done.stdout.splitlines()] == ["FAIL"] * 3, done.stderr
    assert not done.stderr
