"""Build the notebooks from their Jupytext sources, and check that the pairs agree.

    python tools/notebooks.py build [SOURCE ...]   run the sources and write the .ipynb twins
    python tools/notebooks.py check [SOURCE ...]   compare cell by cell, without running anything

The percent script is the source. A cell's id is a hash of what the cell says, so that it stays the
same from build to build, and an edit changes the id of the edited cell only.
"""

import argparse
import base64
import hashlib
import os
import re
import sys
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("lectures", "solutions")
REMEDY = "make notebooks"
#: How jupyterlab-rise shows a lecture; of its themes the default one asks the network for fonts.
RISE = {
    "theme": "white",
    "transition": "none",
    "scroll": True,
    "center": False,
    "start_slideshow_at": "beginning",
}


def sources(root: Path = ROOT) -> list[Path]:
    """Find the scripts that have a notebook twin."""
    return sorted(
        path
        for folder in FOLDERS
        for path in (root / folder).rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(root).parts)
        and "-Copy" not in path.name
    )


def read_source(path: Path) -> nbformat.NotebookNode:
    """Turn a percent script into a notebook without outputs, with ids that depend on it alone."""
    notebook = jupytext.read(path, fmt="py:percent")
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        content = f"{cell.cell_type}\n{cell.source}"
        seen[content] += 1
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
    notebook.metadata = {
        "jupytext": notebook.metadata["jupytext"],
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": "python", "file_extension": ".py"},
    }
    if any("slideshow" in cell.metadata for cell in notebook.cells):
        notebook.metadata["rise"] = RISE
    # Which version of jupytext wrote the script says nothing about the notebook.
    notebook.metadata["jupytext"].get("text_representation", {}).pop("jupytext_version", None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Execute all cells in a fresh kernel whose working directory is `folder`."""
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    client.execute()
    metadata = notebook.metadata
    metadata.pop("widgets", None)
    metadata["language_info"] = {"name": "python", "file_extension": ".py"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _tidy_outputs(cell.outputs)
    return notebook


def _tidy_outputs(outputs: list) -> list:
    """Drop progress bars, join streams that arrived in pieces."""
    kept: list = []
    for output in outputs:
        if _is_progress_bar(output):
            continue
        same_stream = (
            output.output_type == "stream"
            and kept
            and kept[-1].output_type == "stream"
            and kept[-1].name == output.name
        )
        if same_stream:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def _is_progress_bar(output: nbformat.NotebookNode) -> bool:
    """Recognize what the sampler shows while it runs: a widget, an empty block, its log line."""
    if output.output_type == "stream" and output.name == "stderr":
        return all(line.startswith("NUTS[") for line in output.text.splitlines())
    data = output.get("data", {})
    if "application/vnd.jupyter.widget-view+json" in data:
        return True
    return "text/html" in data and not re.sub(r"<[^>]*>", "", data["text/html"]).strip()


def twin(source: Path) -> Path:
    """Name the notebook that belongs to a script."""
    return source.with_suffix(".ipynb")


def build(source: Path) -> None:
    """Run one script and write its twin; nothing is written unless every cell ran."""
    notebook = run(read_source(source), source.parent)
    nbformat.validate(notebook)
    target = twin(source)
    picture = readme_figure(notebook)
    partial = target.with_suffix(".ipynb.part")
    partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    partial.replace(target)
    if picture is not None:
        source.with_suffix(".png").write_bytes(picture)
    # Jupytext takes the newer of the two for the truth and refuses a notebook ahead of its script.
    os.utime(source)


def readme_figure(notebook: nbformat.NotebookNode) -> bytes | None:
    """Take README.md's figure from the cell tagged "readme-figure", if there is one."""
    for cell in notebook.cells:
        if "readme-figure" in cell.metadata.get("tags", []):
            pictures = [
                o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
            ]
            return base64.b64decode(pictures[0])
    return None


def differences(source: Path) -> list[str]:
    """Say where a notebook differs from its script, leaving outputs aside."""
    target = twin(source)
    if not target.exists():
        return [f"{target.name} does not exist"]
    expected = read_source(source)
    stored = nbformat.read(target, as_version=4)
    problems = []
    if len(expected.cells) != len(stored.cells):
        problems.append(f"{len(stored.cells)} cells, the script has {len(expected.cells)}")
    for number, (ours, theirs) in enumerate(zip(expected.cells, stored.cells, strict=False)):
        problems += [
            f"cell {number}: {what} differs"
            for what in ("cell_type", "source", "id", "metadata")
            if ours.get(what) != theirs.get(what)
        ]
    # The rest of the metadata belongs to kernel and editor: JupyterLab rewrites it on saving.
    problems += [
        f"notebook metadata: {key}.{entry} differs"
        for key, entry in (("jupytext", "formats"), ("kernelspec", "name"))
        if expected.metadata[key][entry] != stored.metadata.get(key, {}).get(entry)
    ]
    return problems


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["build", "check"])
    parser.add_argument("source", nargs="*", type=Path, help="percent scripts (default: all)")
    options = parser.parse_args(arguments)
    paths = options.source or sources()
    missing = [path for path in paths if path.suffix != ".py" or not path.exists()]
    if missing:
        parser.error(f"{missing[0]} is not a percent script (.py) that exists")
    if options.command == "build":
        for path in paths:
            print(f"running {path.stem} ...", flush=True)
            build(path.resolve())
        return 0
    stale = {path: problems for path in paths if (problems := differences(path.resolve()))}
    for path, problems in stale.items():
        print(f"{twin(path).name} is not what {path.name} says: {'; '.join(problems[:3])}.")
    if stale:
        print(f"Run: {REMEDY}")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
