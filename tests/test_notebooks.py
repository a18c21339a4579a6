"""Scripts and notebooks agree; what is stored in the notebooks is fit to be read and shown."""

import copy
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402

SOURCES = notebooks.sources()
LECTURES = [source for source in SOURCES if re.match(r"lectures/\d", str(source.relative_to(ROOT)))]
SOLUTIONS = [source for source in SOURCES if source.is_relative_to(ROOT / "solutions")]
SLIDE_TYPES = {"slide", "subslide", "fragment", "notes", "skip", "-"}


def name(path):
    return str(path.relative_to(ROOT))


def stored(source):
    return nbformat.read(notebooks.twin(source), as_version=4)


def outputs(source):
    return [
        (cell, output)
        for cell in stored(source).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def test_there_are_lectures_and_solutions():
    assert "lectures/01_pooling.py" in map(name, SOURCES)
    assert len(SOLUTIONS) == 4


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_the_notebook_is_what_the_script_says(source):
    assert notebooks.differences(source) == [], f"run: {notebooks.REMEDY}"


@pytest.fixture
def pair(tmp_path):
    """A small pair in a folder of its own."""
    source = tmp_path / "01_small.py"
    header = SOURCES[0].read_text().split("# ---\n")[1]
    cells = ["# %% [markdown]\n# Hello", "# %%\n1 + 1", "# %%\n1 + 1"]
    source.write_text("# ---\n" + header + "# ---\n\n" + "\n\n".join(cells) + "\n")
    notebooks.build(source)
    return source


def test_rebuilding_changes_nothing(pair):
    before = notebooks.twin(pair).read_bytes()
    notebooks.build(pair)
    assert notebooks.twin(pair).read_bytes() == before
    assert notebooks.differences(pair) == []


def test_an_edit_changes_one_id_and_makes_the_notebook_stale(pair, capsys):
    before = [cell.id for cell in notebooks.read_source(pair).cells]
    assert len(set(before)) == 3
    pair.write_text(pair.read_text().replace("Hello", "Good evening"))
    after = [cell.id for cell in notebooks.read_source(pair).cells]
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, True]
    assert notebooks.main(["check", str(pair)]) == 1
    assert "Run: make notebooks" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["source", "metadata", "id", "order", "missing", "extra"])
def test_a_notebook_edited_by_hand_is_noticed(pair, what):
    notebook = nbformat.read(notebooks.twin(pair), as_version=4)
    if what == "source":
        notebook.cells[1].source = "1 + 2"
    elif what == "metadata":
        notebook.cells[1].metadata["tags"] = ["hide-input"]
    elif what == "id":
        notebook.cells[1].id = "abc"
    elif what == "order":
        notebook.cells.reverse()
    elif what == "missing":
        del notebook.cells[2]
    else:
        notebook.cells.append(copy.deepcopy(notebook.cells[0]))
        notebook.cells[-1].id = "other"
    notebooks.twin(pair).write_text(nbformat.writes(notebook))
    assert notebooks.differences(pair)


def test_saving_in_jupyterlab_does_not_make_a_notebook_stale(pair):
    """JupyterLab writes the kernel's full language_info and a widget state."""
    notebook = nbformat.read(notebooks.twin(pair), as_version=4)
    notebook.metadata["language_info"]["version"] = "3.13.0"
    notebook.metadata["widgets"] = {}
    del notebook.metadata["jupytext"]["text_representation"]
    notebooks.twin(pair).write_text(nbformat.writes(notebook))
    assert notebooks.differences(pair) == []


def test_checkpoints_are_no_sources(tmp_path):
    hidden = tmp_path / "lectures" / ".ipynb_checkpoints"
    hidden.mkdir(parents=True)
    (hidden / "01_a-checkpoint.py").touch()
    (tmp_path / "lectures" / "01_a.py").touch()
    (tmp_path / "lectures" / "01_a-Copy1.py").touch()
    assert [path.name for path in notebooks.sources(tmp_path)] == ["01_a.py"]


def test_a_missing_notebook_is_noticed(pair):
    notebooks.twin(pair).unlink()
    assert notebooks.differences(pair) == ["01_small.ipynb does not exist"]


def test_a_failing_cell_leaves_the_old_notebook_alone(pair):
    before = notebooks.twin(pair).read_bytes()
    pair.write_text(pair.read_text().replace("1 + 1", "1 / 0"))
    with pytest.raises(Exception, match="ZeroDivisionError"):
        notebooks.build(pair)
    assert notebooks.twin(pair).read_bytes() == before
    assert [path.name for path in pair.parent.iterdir() if "part" in path.name] == []


def test_jupytext_takes_the_script_for_the_newer_one(pair):
    assert pair.stat().st_mtime >= notebooks.twin(pair).stat().st_mtime


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_stored_notebooks_are_clean(source):
    text = notebooks.twin(source).read_text(encoding="utf-8")
    assert len(text) < 1.5e6
    assert not re.search(r"/(home|root|work|Users)/|site-packages", text), "a path of one machine"
    assert "widget-view" not in text, "a progress bar or a dead widget"
    assert all(output.output_type != "error" for _, output in outputs(source))
    assert all(cell.execution_count for cell in stored(source).cells if cell.cell_type == "code"), (
        "a cell that was not run"
    )


@pytest.mark.parametrize("source", LECTURES, ids=name)
def test_every_cell_knows_its_place_on_the_slides(source):
    for cell in stored(source).cells:
        assert cell.metadata.get("slideshow", {}).get("slide_type") in SLIDE_TYPES, cell.source[:60]


@pytest.mark.parametrize("source", LECTURES, ids=name)
def test_a_live_slideshow_asks_for_no_fonts(source):
    """jupyterlab-rise's default theme loads its fonts from the network."""
    assert stored(source).metadata["rise"]["theme"] == "white"


@pytest.mark.parametrize("source", LECTURES + SOLUTIONS, ids=name)
def test_every_figure_is_drawn_and_described(source):
    """Stored figures are there and described; the tag makes nbval assert that they are drawn.

    (nbval compares the figure's text, such as "<Figure size 1000x560 with 1 Axes>".)
    """
    draws = re.compile(r"\bplot_\w+\(|\bsns\.\w+plot\(")
    for cell in stored(source).cells:
        if cell.cell_type == "code" and draws.search(cell.source) and "def " not in cell.source:
            figures = [o for o in cell.outputs if "image/png" in o.get("data", {})]
            assert figures, f"no figure under: {cell.source[:60]}"
            tags = cell.metadata.get("tags", [])
            assert "nbval-check-output" in tags, f"nbval does not look at: {cell.source[:60]}"
    for cell, output in outputs(source):
        if "image/png" in output.get("data", {}):
            alt = output.metadata.get("image/png", {}).get("alt", "")
            assert len(alt.split()) >= 8, f"no alt text under: {cell.source[:60]}"


@pytest.mark.parametrize("source", LECTURES + SOLUTIONS, ids=name)
def test_prose_states_no_result(source):
    """A decimal number in a Markdown cell was typed by somebody; results are printed by code."""
    for cell in stored(source).cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"\$.*?\$|`[^`]*`|\]\([^)]*\)", "", cell.source, flags=re.DOTALL)
            assert not re.search(r"\d\.\d", prose), cell.source


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_links_lead_somewhere(source):
    for cell in stored(source).cells:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", cell.source):
            if cell.cell_type == "markdown":
                assert (source.parent / target).exists(), target


def test_the_readmes_picture_is_the_lectures_figure():
    picture = ROOT / "lectures" / "01_pooling.png"
    assert picture.read_bytes() == notebooks.readme_figure(stored(SOURCES[0]))
    assert "lectures/01_pooling.png" in (ROOT / "README.md").read_text()


def test_notebook_json_is_written_the_way_jupyter_does():
    text = notebooks.twin(SOURCES[0]).read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text)["nbformat_minor"] == 5
