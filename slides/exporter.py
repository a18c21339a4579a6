"""nbconvert's reveal.js export, with our template, our code blocks and marks for formulas."""

from typing import Any

import nbformat
from jinja2 import pass_context
from nbconvert.exporters.slides import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from traitlets import default

from .assets import HERE
from .mathematics import placeholder

__all__ = ["DeckExporter", "OutputApart", "code_block"]


def code_block(source: str, language: str = "python", steps: str = "") -> str:
    """Write code as numbered, colored lines.

    Parameters
    ----------
    source : str
        The code.
    language : str
        A name that Pygments knows.
    steps : str
        Which lines to light, step by step, in reveal.js's notation: ``"1-3|5,7|all"``.

    Returns
    -------
    str
        HTML; each step after the first is an empty fragment behind the code.

    Raises
    ------
    ValueError
        If `steps` names a line that the code does not have.
    """
    lexer = get_lexer_by_name(language, stripnl=True)
    lines = highlight(source, lexer, HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    first, *others = [_lines_of_step(step, len(lines)) for step in steps.split("|")]
    body = "\n".join(f'<span class="line">{line}</span>' for line in lines)
    marks = "".join(f'<span class="fragment step" data-lines="{step}"></span>' for step in others)
    return f'<div class="code" data-lines="{first}"><pre><code>{body}</code></pre>{marks}</div>'


def _lines_of_step(step: str, count: int) -> str:
    """Write out one step as the numbers of its lines; nothing stands for all of them.

    Examples
    --------
    >>> _lines_of_step("1-3,5", 9)
    '1 2 3 5'
    """
    if step.strip() in ("", "all"):
        return ""
    numbers: list[int] = []
    for part in step.split(","):
        low, _, high = part.strip().partition("-")
        numbers += range(int(low), int(high or low) + 1)
    if not all(1 <= number <= count for number in numbers):
        raise ValueError(
            f"the steps of a code cell name lines {step!r}, but it has {count} lines. Correct "
            '"lines" in the cell\'s "slideshow" metadata.'
        )
    return " ".join(map(str, numbers))


class _Renderer(IPythonRenderer):
    """Markdown to HTML: formulas are marked, code looks like the code of a code cell."""

    steps = ""

    def inline_math(self, body: str) -> str:
        return placeholder(body, display=False)

    def block_math(self, body: str) -> str:
        return placeholder(body, display=True)

    def latex_environment(self, name: str, body: str) -> str:
        return placeholder(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_block(code, (info or "text").split()[0], self.steps)


class OutputApart(Preprocessor):
    """Move the output of cells tagged "output-apart" to a slide of its own, below its code."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Split those cells in two."""
        cells = []
        for cell in nb.cells:
            cells.append(cell)
            if "output-apart" in cell.metadata.get("tags", []):
                below = nbformat.v4.new_code_cell(
                    metadata={"slideshow": {"slide_type": "subslide"}, "tags": ["hide-input"]},
                    outputs=cell.outputs,
                )
                cells.append(below)
                cell.outputs = []
        nb.cells = cells
        return nb, resources


class DeckExporter(SlidesExporter):
    """Turn a notebook into the sections of a deck, with its stored outputs."""

    @default("template_name")
    def _template_name_default(self) -> str:
        return "deck"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(HERE / "templates")]

    def default_filters(self) -> Any:
        """Add our filters to nbconvert's."""
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html
        yield "code_block", code_block

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Convert the Markdown of a cell or of an output."""
        cell = context.get("cell", {})
        renderer = _Renderer(
            escape=False,
            attachments=cell.get("attachments", {}),
            embed_images=True,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            exclude_anchor_links=True,
        )
        renderer.steps = cell.get("metadata", {}).get("slideshow", {}).get("lines", "")
        return MarkdownWithMath(renderer=renderer).render(source)
