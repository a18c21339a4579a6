"""Read the pinned npm packages, and inline what a page needs of them."""

import base64
import re
from functools import cache
from pathlib import Path

__all__ = ["font_faces", "katex_style", "read", "used_font_faces"]

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"

#: A style sheet of each text face; a page takes from it the subsets that hold its characters.
FONT_SHEETS = (
    "@fontsource-variable/source-sans-3/index.css",
    "@fontsource-variable/source-sans-3/wght-italic.css",
    "@fontsource-variable/source-code-pro/index.css",
    "@fontsource-variable/source-code-pro/wght-italic.css",
    "@fontsource/noto-color-emoji/index.css",
)


@cache
def read(name: str) -> str:
    """Read a text file of an npm package, or one of ours in ``slides/page``.

    Parameters
    ----------
    name : str
        Path below ``slides/node_modules`` or below ``slides/page``.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    FileNotFoundError
        If the packages have not been fetched.
    """
    for folder in (HERE / "page", MODULES):
        if (folder / name).exists():
            return (folder / name).read_text(encoding="utf-8")
    raise FileNotFoundError(
        f"{name} is missing in slides/node_modules. Run `make slides` once with the network: it "
        "fetches what the slides are made of."
    )


def used_font_faces(text: str) -> str:
    """Give the ``@font-face`` rules, fonts inlined, that the characters of a text call for.

    Parameters
    ----------
    text : str
        All that the page shows.

    Returns
    -------
    str
        Style rules without any address.
    """
    characters = set(map(ord, text))
    rules = []
    for sheet in FONT_SHEETS:
        for rule, ranges in font_faces(sheet):
            if any(low <= character <= high for low, high in ranges for character in characters):
                rules.append(_inline_fonts(rule, MODULES / Path(sheet).parent))
    return "\n".join(rules)


def font_faces(sheet: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """Split a style sheet into its ``@font-face`` rules and their ranges of characters."""
    return [
        (rule, parse_ranges(re.search(r"unicode-range:([^;}]*)", rule)[1]))
        for rule in re.findall(r"@font-face\s*{[^}]*}", read(sheet))
    ]


def parse_ranges(text: str) -> list[tuple[int, int]]:
    """Read a CSS ``unicode-range``.

    Examples
    --------
    >>> parse_ranges("U+0-FF, U+131")
    [(0, 255), (305, 305)]
    """
    pairs = [part.strip()[2:].split("-") for part in text.split(",")]
    return [(int(pair[0], 16), int(pair[-1], 16)) for pair in pairs]


def katex_style() -> str:
    """Give KaTeX's style sheet with its fonts inlined."""
    return _inline_fonts(read("katex/dist/katex.min.css"), MODULES / "katex" / "dist")


def _inline_fonts(style: str, folder: Path) -> str:
    """Replace every ``src`` by its WOFF2 file as data; drop the older formats."""

    def data(match: re.Match[str]) -> str:
        name = re.search(r"url\(([^)]*\.woff2)\)", match[0])[1]
        content = base64.b64encode((folder / name).read_bytes()).decode("ascii")
        return f'src:url(data:font/woff2;base64,{content}) format("woff2")'

    return re.sub(r"src:\s*url\([^;}]*", data, style)
