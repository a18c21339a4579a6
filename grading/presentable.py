"""Make a stranger's notebook safe to look at, in formgrader and in nbgrader's feedback.

These show HTML in outputs and in Markdown as it is, in a page that may do whatever the grader may.
So outputs are cut down to text and pictures, and Markdown is rendered here, cleaned by bleach, and
put back as one block of plain HTML.
"""

import copy
import re
from typing import Any

import bleach
import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

__all__ = ["presentable"]

_SHOWN = ("text/plain", "image/png", "image/jpeg")
_MAX_TEXT, _MAX_OUTPUTS = 200_000, 100
_TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
    ),
    *(
        "img",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
    ),
    *("tr", "ul"),
}
#: Commands of MathJax that make links or load code.
_COMMANDS = re.compile(r"\\(href|class|cssId|style|require|html\w*)(?![a-zA-Z])")


def presentable(notebook: Any) -> Any:
    """Return a copy that runs nothing when it is shown.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed, a stranger's.
    """
    shown = copy.deepcopy(notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [_output(output) for output in cell.outputs[:_MAX_OUTPUTS]]
        elif cell.cell_type == "markdown":
            cell.source = clean_markdown(cell.source, cell.pop("attachments", {}))
        else:
            cell.source = bleach.clean(cell.source, tags=set())
    return shown


def clean_markdown(source: str, attachments: dict[str, Any] | None = None) -> str:
    """Render Markdown, and keep of the HTML what cannot run.

    Examples
    --------
    >>> clean_markdown("**a** <script>x</script> [k](javascript:x)")
    '<div><p><strong>a</strong> &lt;script&gt;x&lt;/script&gt; <a>k</a></p></div>'
    """
    renderer = IPythonRenderer(escape=False, attachments=attachments or {})
    rendered = MarkdownWithMath(renderer=renderer).render(_COMMANDS.sub(r"\1", source))
    kept = bleach.clean(
        rendered,
        tags=_TAGS,
        attributes=_attribute,
        protocols={"http", "https", "mailto", "data"},
    )
    # A blank line would end the block, and what follows would be read as Markdown again.
    return "<div>" + re.sub(r"\n\s*\n", "\n&nbsp;\n", kept.strip()) + "</div>"


def _attribute(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return value.startswith("data:image/")  # pasted; others would call the network
    if tag == "a" and name == "href":
        return value.startswith(("http://", "https://", "#"))
    return tag == "img" and name == "alt"


def _output(output: Any) -> Any:
    if output.output_type == "stream":
        output.text = _text(output.text)
    elif output.output_type == "error":
        output.ename, output.evalue = _text(output.ename), _text(output.evalue)
        output.traceback = [_text(line) for line in output.traceback[:_MAX_OUTPUTS]]
    else:
        kept = {kind: output.data[kind] for kind in _SHOWN if kind in output.data}
        kept = {kind: value for kind, value in kept.items() if isinstance(value, str)}
        for kind, value in kept.items():
            kept[kind] = (
                _text(value) if kind == "text/plain" else re.sub("[^A-Za-z0-9+/=]", "", value)
            )
        output.data, output.metadata = nbformat.from_dict(kept), nbformat.from_dict({})
    return output


def _text(text: Any) -> str:
    text = "".join(text) if isinstance(text, list) else str(text)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}\n[cut off]"
