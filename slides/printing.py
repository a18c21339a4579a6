"""PDF files: slides for the projector, a handout for students, pages with notes for the speaker."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from .browser import chromium, wait_until_ready
from .build import Deck

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["print_decks"]

_WITH_NOTES = "yes => document.documentElement.classList.toggle('with-notes', yes)"


def print_decks(decks: Iterable[Deck], paper: str = "letter") -> None:
    """Print each deck three times, beside its HTML file.

    Parameters
    ----------
    decks : iterable of Deck
        What `build_deck` made; the names of the PDF files are added to it.
    paper : {"letter", "a4"}
        For handout and notes.
    """
    decks = list(decks)
    # Two browsers at work, each with half of the decks: starting one takes as long as a deck.
    halves = [half for half in (decks[0::2], decks[1::2]) if half]
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(_print_some, halves, [paper] * len(halves)))


def _print_some(decks: list[Deck], paper: str) -> None:
    with chromium() as browser:
        page = browser.new_context(offline=True).new_page()
        for deck in decks:
            slides = ("PDF", _print_slides(page, deck.path))
            deck.files = [slides, *_print_for_paper(page, deck.path, paper)]


def _print_slides(page: "Page", deck: Path) -> str:
    """One slide a page, all fragments shown, in the size of a slide."""
    page.goto(deck.resolve().as_uri() + "?print-pdf")
    wait_until_ready(page)
    target = deck.with_suffix(".pdf")
    page.pdf(path=target, prefer_css_page_size=True, print_background=True, tagged=True)
    return target.name


def _print_for_paper(page: "Page", deck: Path, paper: str) -> list[tuple[str, str]]:
    """Two slides a page with room to write, and one slide a page with the speaker's notes."""
    page.goto(deck.resolve().as_uri() + "?handout")
    wait_until_ready(page)
    margins = {"top": "12mm", "bottom": "12mm", "left": "14mm", "right": "14mm"}
    files = []
    for kind in ("handout", "notes"):
        page.evaluate(_WITH_NOTES, kind == "notes")
        target = deck.with_name(f"{deck.stem}-{kind}.pdf")
        page.pdf(path=target, format=paper, margin=margins, print_background=True, tagged=True)
        files.append((kind, target.name))
    return files
