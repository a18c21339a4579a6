"""Read a notebook that a stranger wrote, and make it ready to run."""

import json
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from .questions import Cell, Exercise, questions_in

__all__ = ["NotebookError", "identify", "prepare", "read"]

MAX_BYTES = 25 * 1024**2
MAX_CELLS = 500
MAX_SOURCE = 2 * 1024**2
_MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_IMAGES = ("image/png", "image/jpeg", "image/gif")


class NotebookError(ValueError):
    """A file that cannot be graded; the message says why, for the student."""


def read(data: bytes) -> list[dict[str, Any]]:
    """Read a notebook's cells; keep the kind, the source, nbgrader's id, and little else.

    Outputs are dropped: only those count that an execution writes.

    Returns
    -------
    list of dict
        With keys ``kind``, ``source``, ``id`` (nbgrader's, or empty), ``may_fail`` and
        ``attachments``.

    Raises
    ------
    NotebookError
        If it cannot be read, or is larger than a notebook has reason to be.
    """
    if len(data) > MAX_BYTES:
        raise NotebookError(
            f"The file has {len(data) // 1024**2} MB; at most {MAX_BYTES // 1024**2} are read. "
            "Clear the outputs and hand it in again."
        )
    cells = _cells(_parse(data))
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are read.")
    cells = [_cell(cell) for cell in cells]
    if sum(len(cell["source"]) for cell in cells) > MAX_SOURCE:
        raise NotebookError("The notebook's cells hold more than 2 MB of text.")
    return cells


def _parse(data: bytes) -> Mapping[str, Any]:
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotebookError(
            f"The file is not a notebook: it is no valid JSON ({type(error).__name__}). Open it in "
            "Jupyter, save it, and hand it in again."
        ) from None
    if not isinstance(notebook, dict):
        raise NotebookError("The file is valid JSON, but not a notebook.")
    return notebook


def _cells(notebook: Mapping[str, Any]) -> list[Any]:
    if notebook.get("nbformat") in (1, 2, 3):
        sheets = notebook.get("worksheets")
        count = sum(len(s.get("cells", ())) for s in sheets or () if isinstance(s, dict))
        if count > MAX_CELLS:
            raise NotebookError(f"The notebook has {count} cells; at most {MAX_CELLS} are read.")
        try:
            notebook = nbformat.convert(nbformat.from_dict(notebook), 4)
        except Exception as error:  # whatever a stranger's file makes an old converter do
            raise NotebookError(
                f"The notebook has an old format and could not be converted "
                f"({type(error).__name__}). Save it with a current Jupyter."
            ) from None
    if not isinstance(notebook.get("cells"), list):
        raise NotebookError("The file is valid JSON, but not a notebook: it has no cells.")
    return notebook["cells"]


def _cell(cell: Any) -> dict[str, Any]:
    if not isinstance(cell, Mapping) or cell.get("cell_type") not in _MAKERS:
        raise NotebookError("A cell is neither code nor text.")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError("A cell's source is not text.")
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        raise NotebookError("A cell's source holds half a character (a lone surrogate).") from None
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    settings, tags = metadata.get("nbgrader"), metadata.get("tags")
    grade_id = settings.get("grade_id") if isinstance(settings, Mapping) else None
    return {
        "kind": cell["cell_type"],
        "source": source,
        "id": grade_id if isinstance(grade_id, str) else "",
        "may_fail": isinstance(tags, list) and "raises-exception" in tags,
        "attachments": _attachments(cell.get("attachments")),
    }


def _attachments(value: Any) -> dict[str, dict[str, str]]:
    """Keep pictures pasted into a text."""
    if not isinstance(value, Mapping):
        return {}
    return {
        name: {kind: data for kind, data in bundle.items() if kind in _IMAGES}
        for name, bundle in value.items()
        if isinstance(bundle, Mapping) and all(isinstance(data, str) for data in bundle.values())
    }


def identify(
    cells: list[dict[str, Any]], name: str, exercises: Mapping[str, Exercise]
) -> str | None:
    """Say which exercise this is: by what it holds, else by the file's name."""
    ids = {cell["id"] for cell in cells} - {""}
    asked = {question for cell in cells for question in questions_in(cell["source"])}
    known = {
        key: len(ids & {cell.id for cell in exercise.cells}) + len(asked & set(exercise.questions))
        for key, exercise in exercises.items()
    }
    best = max(known, key=known.__getitem__)
    if known[best]:
        return best
    return next((key for key in exercises if key in name), None)


def prepare(cells: list[dict[str, Any]], exercise: Exercise) -> tuple[Any, list[str]]:
    """Bring the exercise's own cells into a submission.

    Every graded cell stands in the result once, with the metadata it was released
    with. What a student wrote stays, in the student's order. A check that was deleted or no longer
    checks is put back, in such a way that its failing stops nothing.

    Returns
    -------
    tuple
        The notebook, without outputs, and notes of what was changed.
    """
    notes: list[str] = []
    made = [_make(cell) for cell in cells]
    originals, previous, put_back = list(made), None, []
    asked = {question for cell in cells for question in questions_in(cell["source"])}
    for cell in exercise.cells:
        index = _choose(cell, cells, notes)
        if index is not None:
            one = originals[index]
            one.metadata.update(nbformat.from_dict(json.loads(json.dumps(cell.metadata))))
        elif not cell.graded:
            continue
        else:
            one = _restore(cell, bool(cell.questions) and set(cell.questions) <= asked)
            place = next((i for i, other in enumerate(made) if other is previous), len(made) - 1)
            made.insert(place + 1, one)
            put_back.append(cell.id)
        previous = one
    if put_back:
        notes.append(f"Missing from the notebook, or changed, and put back: {', '.join(put_back)}.")
    for number, cell in enumerate(made):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel}), notes


def _make(cell: Mapping[str, Any]) -> Any:
    made = _MAKERS[cell["kind"]](cell["source"])
    if cell["may_fail"] and cell["kind"] == "code":
        made.metadata["tags"] = ["raises-exception"]
    if cell["attachments"] and cell["kind"] == "markdown":
        made["attachments"] = nbformat.from_dict(cell["attachments"])
    return made


def _choose(cell: Cell, cells: list[dict[str, Any]], notes: list[str]) -> int | None:
    """Return which of a submission's cells is this one of the exercise's, if any is.

    Of copies it is the last that differs from what was released, else the last; of checks, the
    last that still checks.
    """
    found = [
        index
        for index, one in enumerate(cells)
        if one["id"] == cell.id and one["kind"] == cell.kind
    ]
    if len(found) > 1:
        notes.append(f"The cell {cell.id} stands there {len(found)} times.")
    if cell.questions:
        found = [i for i in found if set(cell.questions) <= set(questions_in(cells[i]["source"]))]
        if found and cells[found[-1]]["source"].strip() != cell.source.strip():
            notes.append(f"The check of {cell.id} was edited.")
    changed = [index for index in found if cells[index]["source"].strip() != cell.source.strip()]
    if not cell.questions and changed:
        return changed[-1]
    return found[-1] if found else None


def _restore(cell: Cell, answered_elsewhere: bool) -> Any:
    source = cell.source
    if cell.questions and answered_elsewhere:
        source = "# This check stands elsewhere in the notebook."
    made = _MAKERS[cell.kind](source, metadata=json.loads(json.dumps(cell.metadata)))
    if cell.kind == "code":
        made.metadata["tags"] = ["raises-exception"]
    return made
