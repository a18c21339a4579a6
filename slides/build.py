"""Put decks together: sections, style, fonts and scripts in one file each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .assets import HERE, katex_style, read, used_font_faces
from .exporter import DeckExporter
from .passes import run_passes, set_formulas, slides_of

__all__ = ["Deck", "build_deck", "lectures", "write_index"]

#: What a notebook's footer says.
SCRIPTS = (
    "reveal.js/dist/reveal.js",
    "reveal.js/dist/plugin/notes.js",
    "shrinkage.js",
    "deck.js",
)


@dataclass
class Deck:
    """A deck on disk."""

    path: Path
    title: str
    count: int
    files: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The notebook's name."""
        return self.path.stem


def lectures(folder: Path) -> list[Path]:
    """Find the notebooks that become decks: ``NN_name.ipynb``."""
    return sorted(p for p in folder.glob("[0-9][0-9]_*.ipynb") if "-Copy" not in p.name)


def build_deck(notebook: Path, folder: Path) -> Deck:
    """Turn a notebook, with the outputs stored in it, into one HTML file.

    Parameters
    ----------
    notebook : Path
        A lecture; nothing in it is run.
    folder : Path
        Where to put the deck.

    Returns
    -------
    Deck
        What was made.

    Raises
    ------
    ValueError
        If the notebook says something that cannot be shown.
    """
    stored = nbformat.read(notebook, as_version=4)
    try:
        body, _ = DeckExporter().from_notebook_node(
            stored, {"metadata": {"name": notebook.stem, "path": str(notebook.parent)}}
        )
        soup = BeautifulSoup(body, "html.parser")
        title = _title(soup)
        run_passes(soup, title)
        _add_motifs(soup)
        # The words of the sliders' figure are written by its script.
        fonts = used_font_faces(soup.get_text() + read("shrinkage.js"))
        set_formulas(soup)
    except ValueError as problem:
        raise ValueError(f"{notebook.name}: {problem}") from problem
    page = _environment().get_template("deck.html.j2")
    html = page.render(
        title=title,
        slides=soup.decode(formatter="minimal"),
        styles="\n".join(
            [
                read("reveal.js/dist/reveal.css"),
                katex_style(),
                fonts,
                read("style.css"),
            ]
        ),
        scripts=[_inlined(read(name)) for name in SCRIPTS],
    )
    path = folder / f"{notebook.stem}.html"
    path.write_text(html, encoding="utf-8")
    return Deck(path, title, len(slides_of(soup)))


def write_index(decks: Sequence[Deck], folder: Path) -> Path:
    """Write the page that lists the decks."""
    page = _environment().get_template("index.html.j2").render(decks=decks, styles="")
    page = (
        _environment()
        .get_template("index.html.j2")
        .render(
            decks=decks,
            styles=used_font_faces(BeautifulSoup(page, "html.parser").get_text())
            + read("style.css"),
        )
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(HERE / "page"), undefined=StrictUndefined)


def _title(soup: BeautifulSoup) -> str:
    """Name a deck by the second heading of its first slide, or by the first."""
    heading = soup.select_one("section h2") if soup.select_one("section h1 + h2") else None
    heading = heading or soup.select_one("section h1, section h2")
    if heading is None:
        raise ValueError("the first slide has no heading; begin it with a line like `# Title`.")
    return heading.get_text(" ", strip=True)


def _add_motifs(soup: BeautifulSoup) -> None:
    """Put the ornament on title and section slides: lines that are pulled together."""
    for kind in ("title", "section"):
        for sheet in soup.select(f"div.sheet.{kind}"):
            sheet.append(BeautifulSoup(read(f"{kind}.svg"), "html.parser"))


def _inlined(script: str) -> str:
    """Keep a script from ending the element that it stands in."""
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE)
