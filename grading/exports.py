"""Points as files: nbgrader's CSV, and one each for D2L Brightspace and Canvas.

Both systems know students by numbers of their own. With a roster (the file that the system itself
exports from its gradebook) the rows carry these; without one, only what the submissions' names say.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from .gradebook import ASSIGNMENT

__all__ = ["Row", "read_roster", "write_all"]

ITEM = "Hierarchical models"


@dataclass(frozen=True)
class Row:
    """One student's points."""

    student: str
    name: str
    lms_id: str
    points: float


def read_roster(path: Path) -> list[dict[str, str]]:
    """Read the gradebook's export of Brightspace or Canvas.

    Raises
    ------
    ValueError
        If it has none of the columns by which these systems know students.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = set(rows[0]) if rows else set()
    if not columns & {"OrgDefinedId", "Username", "ID", "SIS Login ID"}:
        raise ValueError(
            f"The roster {path} has no column OrgDefinedId or Username (Brightspace), and no ID "
            "(Canvas). Export the gradebook of your system as CSV, and give that file."
        )
    return rows


def write_all(
    gradebook: Gradebook, folder: Path, rows: list[Row], total: float, roster: list[dict[str, str]]
) -> list[Row]:
    """Write the three files; return the students whom the roster does not know."""
    folder.mkdir(parents=True, exist_ok=True)
    plugin = CsvExportPlugin()
    plugin.to, plugin.assignment = str(folder / "nbgrader.csv"), [ASSIGNMENT]
    plugin.export(gradebook)
    known = {row.student: _find(row, roster) for row in rows}
    _write(folder / "brightspace.csv", _brightspace(rows, known, total))
    _write(folder / "canvas.csv", _canvas(rows, known, total))
    return [row for row in rows if roster and not known[row.student]]


def _find(row: Row, roster: list[dict[str, str]]) -> dict[str, str]:
    """Find a student in the roster, by number or else by name, if there is just one."""
    for test in (
        lambda entry: row.lms_id and entry.get("ID") == row.lms_id,
        lambda entry: row.name and _letters(row.name) in _names(entry),
    ):
        found = [entry for entry in roster if test(entry)]
        if len(found) == 1:
            return found[0]
    return {}


def _names(entry: dict[str, str]) -> set[str]:
    first, last = entry.get("First Name", ""), entry.get("Last Name", "")
    student = entry.get("Student") or ""  # Canvas: "Last, First", and lastfirst in file names
    names = {first + last, last + first, student, "".join(reversed(student.split(",")))}
    return {_letters(name) for name in names} - {""}


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in plain if character.isalnum())


def _brightspace(
    rows: list[Row], known: dict[str, dict[str, str]], total: float
) -> list[list[str]]:
    lines = [["OrgDefinedId", "Username", f"{ITEM} Points Grade", "End-of-Line Indicator"]]
    for row in rows:
        entry = known[row.student]
        number, user = (entry.get(key, "") for key in ("OrgDefinedId", "Username"))
        lines.append([_safe(number, "#"), _safe(user, "#"), f"{row.points:g}", "#"])
    return lines


def _canvas(rows: list[Row], known: dict[str, dict[str, str]], total: float) -> list[list[str]]:
    keys = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    lines = [[*keys, ITEM], ["    Points Possible", "", "", "", "", f"{total:g}"]]
    for row in rows:
        entry = {"Student": row.name, "ID": row.lms_id} | known[row.student]
        lines.append([*(_safe(entry.get(key, "")) for key in keys), f"{row.points:g}"])
    return lines


def _safe(text: str, allowed: str = "") -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    text = re.sub(r"[\x00-\x1f]", " ", text)
    starts = text[:1] in ("=", "+", "-", "@", "|", "%") and text[:1] not in allowed
    return f"'{text}" if text and starts else text


def _write(path: Path, lines: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
