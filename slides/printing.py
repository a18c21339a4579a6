"""PDF files: slides for the projector, a handout for students, pages with notes for the speaker."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .browser import chromium
from .build import Deck

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["print_decks"]


def print_decks(decks: Iterable[Deck], paper: str = "letter") -> None:
    """Print each deck three times, beside its HTML file.

    Parameters
    ----------
    decks : iterable of Deck
        What `build_deck` made; the names of the PDF files are added to it.
    paper : {"letter", "a4"}
        For handout and notes.
    """
    with chromium() as browser:
        context = browser.new_context(offline=True)
        page = context.new_page()
        for deck in decks:
            deck.files = [
                ("PDF", _print_slides(page, deck)),
                *_print_for_paper(page, deck, paper),
            ]


def _print_slides(page: "Page", deck: Deck) -> str:
    """One slide a page, all fragments shown, in the size of a slide."""
    page.goto(deck.path.as_uri() + "?print-pdf")
    page.locator(".pdf-page").first.wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")
    target = deck.path.with_suffix(".pdf")
    page.pdf(path=target, prefer_css_page_size=True, print_background=True, tagged=True)
    return target.name


def _print_for_paper(page: "Page", deck: Deck, paper: str) -> list[tuple[str, str]]:
    """Two slides a page with room to write, and one slide a page with the speaker's notes."""
    page.goto(deck.path.as_uri() + "?handout")
    page.evaluate("document.fonts.ready.then(() => true)")
    margins = {"top": "12mm", "bottom": "12mm", "left": "14mm", "right": "14mm"}
    files = []
    for kind in ("handout", "notes"):
        page.evaluate(
            f"document.documentElement.classList.toggle('with-notes', {int(kind == 'notes')})"
        )
        target = deck.path.with_name(f"{deck.name}-{kind}.pdf")
        page.pdf(path=target, format=paper, margin=margins, print_background=True, tagged=True)
        files.append((kind, target.name))
    return files
