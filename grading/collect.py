"""From the folder that a learning-management system exports to students and their notebooks.

Known names: D2L Brightspace, Canvas, Moodle; else a folder for each student, or a file. Nothing is
unpacked to the disk, no link is followed, and a name is never used as a path.
"""

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from zlib import error as zlib_error

from .notebooks import MAX_BYTES

__all__ = ["File", "Submission", "collect"]

MAX_ZIP = 100 * 1024**2
MAX_ENTRIES = 1000
MAX_FILES = 200_000
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-\d+ - (?P<name>.+?) - "
    r"(?P<when>[A-Z][a-z]{2,8} \d{1,2}, \d{4} \d{3,4} [AP]M)(?: - (?P<file>.+))?"
)
_CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_(?P<try>\d+)_(?P<file>.+)")
_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_[a-z]+_?")


@dataclass(frozen=True, order=True)
class File:
    """One notebook's bytes, and what tells the last of several.

    Parameters
    ----------
    when : float
        Time that the system wrote into the name; 0 if it did not.
    attempt : int
        Number that the system added to the name; 0 if it did not.
    changed : float
        Time of the file itself.
    name : str
        The file's, for messages.
    data : bytes
        Its beginning, see `MAX_BYTES`.
    """

    when: float
    attempt: int
    changed: float
    name: str
    data: bytes = field(compare=False, repr=False)


@dataclass
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student : str
        Id in the gradebook: lower-case letters, digits and hyphens.
    name : str
        As the learning-management system has it, without characters that cannot be seen.
    lms_id : str
        The system's number for the student, or empty.
    files : list of File
        All notebooks, the oldest first.
    problems : list of str
        What could not be read, for the student.
    """

    student: str
    name: str
    lms_id: str = ""
    files: list[File] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def collect(folder: Path) -> list[Submission]:
    """Collect all submissions below a folder.

    Raises
    ------
    ValueError
        If it is no folder, or holds nothing.
    """
    if not folder.is_dir():
        raise ValueError(
            f"SUBMISSIONS={folder} is no folder. Give the folder that your learning-management "
            "system exported, unzipped."
        )
    found: dict[str, Submission] = {}
    for path in _walk(folder):
        parts = path.relative_to(folder).parts
        name, lms_id, when, attempt = _who(parts)
        key = lms_id or unicodedata.normalize("NFC", name)
        one = found.setdefault(key, Submission("", name, lms_id))
        _read(path, when, attempt, one)
    if not found:
        raise ValueError(f"There are no submissions in {folder}.")
    _name(found)
    for one in found.values():
        one.files.sort()
    return sorted(found.values(), key=lambda one: one.student)


def _walk(folder: Path) -> Iterator[Path]:
    """Give all files, those behind links included as links, in an order that is always the same."""
    seen = 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _ignored(name))
        for name in sorted(names):
            seen += 1
            if seen > MAX_FILES:
                raise ValueError(f"There are more than {MAX_FILES} files in {folder}.")
            if not _ignored(name):
                yield Path(base) / name
        for name in folders:
            if (Path(base) / name).is_symlink():
                yield Path(base) / name


def _ignored(name: str) -> bool:
    hidden = name.startswith(".") and not name.startswith("..")
    return hidden or name in ("__MACOSX", "index.html", "Thumbs.db", "desktop.ini")


def _who(parts: tuple[str, ...]) -> tuple[str, str, float, int]:
    """Read name, number, time and attempt off a path."""
    for part in parts:
        if match := _BRIGHTSPACE.fullmatch(part):
            return match["name"], match["id"], _time(match["when"]), 0
        if match := _MOODLE.fullmatch(part):
            return match["name"], match["id"], 0.0, 0
    stem = PurePosixPath(parts[-1]).stem
    if match := _CANVAS.fullmatch(parts[-1]):
        # Canvas adds -1, -2, ... to the name of a file that is handed in again.
        again = re.search(r"-(\d{1,3})$", stem)
        return match["name"], match["id"], 0.0, int(again[1]) if again else 0
    return (parts[0] if len(parts) > 1 else stem), "", 0.0, 0


def _time(text: str) -> float:
    for months in ("%b", "%B"):
        try:
            date, clock, half = text.rsplit(" ", 2)
            parsed = datetime.strptime(f"{date} {clock:0>4} {half}", f"{months} %d, %Y %I%M %p")
            return parsed.timestamp()
        except ValueError:
            continue
    return 0.0


def _name(found: dict[str, Submission]) -> None:
    """Give every student an id that is a safe file name, and nobody else's."""
    slugs: dict[str, list[str]] = {}
    for key, one in found.items():
        one.name = _NOT_SHOWN.sub("", one.name).strip()[:120] or "(no name)"
        plain = unicodedata.normalize("NFKD", one.name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48] or "student"
        slug = f"{slug}-{one.lms_id[:20]}" if one.lms_id else slug
        slugs.setdefault(slug, []).append(key)
    for slug, keys in slugs.items():
        for key in keys:
            mark = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:8]
            plain = len(keys) == 1 and slug != "student"
            found[key].student = slug if plain else f"{slug}-{mark}"


def _read(path: Path, when: float, attempt: int, one: Submission) -> None:
    name = _NOT_SHOWN.sub("", path.name.encode("utf-8", "replace").decode())[:200]
    try:
        status = path.lstat()
    except OSError as error:
        one.problems.append(f"{name}: cannot be read ({error.strerror}).")
        return
    if not stat.S_ISREG(status.st_mode):
        one.problems.append(f"{name}: is a link or no file, and was not followed.")
        return
    order = (when, attempt, status.st_mtime)
    suffix = path.suffix.lower()
    if suffix == ".ipynb":
        one.files.append(File(*order, name, _head(path, MAX_BYTES)))
    elif suffix == ".zip" and status.st_size > MAX_ZIP:
        one.problems.append(f"{name}: is larger than {MAX_ZIP // 1024**2} MB; it was not opened.")
    elif suffix == ".zip":
        _unzip(path.read_bytes(), name, order, one)
    else:
        one.problems.append(f"{name}: is neither a notebook nor a zip; it was not looked at.")


def _head(path: Path, most: int) -> bytes:
    """Read a little more than may be, so that what is too large is seen to be."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _unzip(data: bytes, name: str, order: tuple[float, int, float], one: Submission) -> None:
    """Read the notebooks of a zip into memory; nothing is written anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                one.problems.append(f"{name}: holds {len(entries)} files; it was not opened.")
                return
            left = MAX_ZIP
            for entry in sorted(entries, key=lambda entry: entry.filename):
                left -= _entry(archive, entry, name, order, left, one)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        one.problems.append(f"{name}: is no zip that can be read ({type(error).__name__}).")


def _entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    name: str,
    order: tuple[float, int, float],
    left: int,
    one: Submission,
) -> int:
    """Read one file of a zip; return how many bytes it has."""
    inner = PurePosixPath(entry.filename.replace("\\", "/"))
    shown = _NOT_SHOWN.sub("", f"{name}/{entry.filename}").encode("utf-8", "replace").decode()[:200]
    if entry.is_dir() or any(_ignored(part) for part in inner.parts if part != ".."):
        return 0
    if inner.is_absolute() or ".." in inner.parts or re.match("[A-Za-z]:", entry.filename):
        one.problems.append(f"{shown}: has a name that leads out of the zip; it was not opened.")
        return 0
    if stat.S_ISLNK(entry.external_attr >> 16):
        one.problems.append(f"{shown}: is a link, and was not followed.")
        return 0
    if inner.suffix.lower() != ".ipynb":
        if inner.suffix.lower() == ".zip":
            one.problems.append(f"{shown}: is a zip within a zip; it was not opened.")
        return 0
    if left <= 0:
        one.problems.append(f"{shown}: the zip holds more than {MAX_ZIP // 1024**2} MB.")
        return 0
    try:
        with archive.open(entry) as file:
            data = file.read(min(MAX_BYTES, left) + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib_error) as error:
        one.problems.append(f"{shown}: cannot be read ({type(error).__name__}).")
        return 0
    one.files.append(File(*order, inner.name[:200], data))
    return len(data)
