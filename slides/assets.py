"""Read the pinned npm packages, and inline what a page needs of them."""

import base64
import io
import re
from functools import cache
from pathlib import Path

from fontTools import subset

__all__ = ["font_faces", "katex_style", "parse_ranges", "read", "used_font_faces"]

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"

#: Text faces, cut into subsets; a page takes those that hold its characters.
TEXT_SHEETS = (
    "@fontsource-variable/source-sans-3/index.css",
    "@fontsource-variable/source-sans-3/wght-italic.css",
    "@fontsource-variable/source-code-pro/index.css",
    "@fontsource-variable/source-code-pro/wght-italic.css",
)
#: For what they lack; a page takes single characters.
SYMBOL_SHEETS = (
    "@fontsource/noto-sans-symbols-2/index.css",
    "@fontsource/noto-emoji/index.css",
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
        All that the page shows, formulas apart.

    Returns
    -------
    str
        Style rules without any address.

    Raises
    ------
    ValueError
        If none of the fonts has a character: it would look different on each machine.
    """
    missing = {ord(character) for character in text if not character.isspace()}
    rules = []
    wanted = missing
    for sheet in TEXT_SHEETS:
        for rule, ranges in font_faces(sheet):
            if covered := _within(wanted, ranges):
                rules.append(_inline_fonts(rule, MODULES / Path(sheet).parent))
                missing = missing - covered
    for sheet in SYMBOL_SHEETS:
        for rule, ranges in font_faces(sheet):
            if missing and (covered := _within(missing, ranges)):
                file = re.search(r"url\(([^)]*\.woff)\)", rule)[1]
                content, had = _cut_out(MODULES / Path(sheet).parent / file, covered)
                rules.append(_with_source(rule, content, "woff"))
                missing = missing - had
    if missing:
        raise ValueError(
            f"no font of the slides has the character {chr(min(missing))!r} "
            f"(U+{min(missing):04X}). Write it in another way, or add a font that has it to "
            "slides/package.json and SYMBOL_SHEETS."
        )
    return "\n".join(rules)


def _within(characters: set[int], ranges: list[tuple[int, int]]) -> set[int]:
    return {c for c in characters if any(low <= c <= high for low, high in ranges)}


def _cut_out(file: Path, characters: set[int]) -> tuple[bytes, set[int]]:
    """Make a font of those of the characters that a font has."""
    options = subset.Options(flavor="woff", layout_features=[], hinting=False)
    font = subset.load_font(str(file), options)
    had = characters & set(font.getBestCmap())
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=had)
    subsetter.subset(font)
    target = io.BytesIO()
    subset.save_font(font, target, options)
    return target.getvalue(), had


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
    """Replace the source of every face by its WOFF2 file as data; drop the older formats."""

    def inlined(face: re.Match[str]) -> str:
        name = re.search(r"url\(([^)]*\.woff2)\)", face[0])[1]
        return _with_source(face[0], (folder / name).read_bytes(), "woff2")

    return re.sub(r"@font-face\s*{[^}]*}", inlined, style)


def _with_source(rule: str, content: bytes, kind: str) -> str:
    """Give a face its font as data."""
    data = base64.b64encode(content).decode("ascii")
    source = f'src:url(data:font/{kind};base64,{data}) format("{kind}")'
    return re.sub(r"src:\s*url\([^;}]*", lambda _: source, rule)
