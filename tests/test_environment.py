"""pyproject.toml, requirements.lock and environment.yml agree, and hold no address."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
STUDENT = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
GROUPS = {
    group: [Requirement(text) for text in texts]
    for group, texts in PROJECT["dependency-groups"].items()
}


def requirements(lines):
    """Requirements by name and marker: a package may be locked once per platform."""
    parsed = [Requirement(line) for line in lines]
    return {(canonical(r.name), str(r.marker or "")): r for r in parsed}


def locked():
    return requirements(re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", LOCK, re.M))


def conda_pins():
    (section,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert section[-1] == "-e ."
    return requirements(section[:-1])


def closure(names):
    """Everything that the installed packages among `names` need, here and now."""
    found, waiting = set(), [(canonical(name), frozenset()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for text in metadata.requires(name) or []:
            need = Requirement(text)
            applies = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if need.marker is None or any(need.marker.evaluate(extra) for extra in applies):
                waiting.append((canonical(need.name), frozenset(need.extras)))
    return {name for name, _ in found}


def test_every_direct_dependency_is_bounded_below_and_locked_within_its_bounds():
    versions = {name: requirement for (name, _), requirement in locked().items()}
    for need in [*STUDENT, *(need for group in GROUPS.values() for need in group)]:
        assert any(clause.operator == ">=" for clause in need.specifier), need
        (pin,) = versions[canonical(need.name)].specifier
        assert pin.operator == "=="
        assert need.specifier.contains(pin.version), f"{need} but locked at {pin.version}"


def test_the_lock_has_hashes_for_all_and_addresses_for_none():
    blocks = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert len(blocks) == len(locked())
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?:|--(extra-)?index|--find-links|file:", LOCK)


def test_the_lock_serves_every_platform():
    markers = " ".join(marker for _, marker in locked())
    assert "darwin" in markers
    assert "win32" in markers


def test_conda_gets_the_locks_versions():
    lock = locked()
    for (name, marker), pin in conda_pins().items():
        # What students need somewhere, a grader may need everywhere: then the lock has no marker.
        same = lock.get((name, marker)) or lock[name, ""]
        assert pin.specifier == same.specifier, name


def test_conda_gets_all_that_students_need_and_nothing_else():
    pinned = {name for name, _ in conda_pins()}
    assert {canonical(need.name) for need in STUDENT} <= pinned
    needed = closure(need.name for need in STUDENT)
    assert needed <= pinned, f"run: make lock ({needed - pinned})"
    only_dev = {canonical(need.name) for group in GROUPS.values() for need in group} - needed
    assert not only_dev & pinned, "a student's environment holds no tools for development"


def test_conda_gets_the_python_of_this_repository():
    version = (ROOT / ".python-version").read_text().strip()
    assert f"python={version}" in ENVIRONMENT["dependencies"]
    assert f">={version}" in PROJECT["project"]["requires-python"]


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    pattern = re.compile(
        r"https?://(registry\.|files\.|[\w.]*pypi\.)|--index-ur[l]=|/(root|home/\w+)/"
    )
    this = Path(__file__).name
    for file in filter(None, files):
        path = ROOT / file
        if path.name != this and path.is_file() and path.suffix not in {".png"}:
            found = pattern.search(path.read_text(encoding="utf-8"))
            assert not found, f"{file}: {found[0]}"


def test_every_import_of_the_package_is_a_direct_dependency():
    declared = {canonical(need.name) for need in STUDENT}
    local = {"qfc_helpers", *sys.stdlib_module_names}
    for path in (ROOT / "qfc_helpers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                top = name.split(".")[0].replace("PIL", "pillow")
                assert top in local or canonical(top) in declared, f"{path.name}: {top}"
