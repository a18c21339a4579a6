"""Look at every slide in a real browser, at two sizes, without network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .assets import read
from .browser import chromium, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["KINDS", "SIZES", "Problem", "check_deck", "check_decks"]

#: A small projector and a large one, in CSS pixels.
SIZES = ((1280, 720), (1920, 1080))
#: What a slide must keep to: the smallest text (pixels at 720 lines), how much a figure, with
#: its text of 16 points, may be shrunk for the same, WCAG's contrast, words in an alt text.
LIMITS = {"text": 18, "figure": 0.81, "contrast": 4.5, "words": 4}
#: What can be wrong.
KINDS = (
    *("outside", "overlap", "small", "request", "console", "alt", "math", "contrast", "keyboard"),
    "empty",
)

_POSITION = """() => ({
  ...Reveal.getIndices(), last: Reveal.isLastSlide(), more: Reveal.availableFragments().next,
  total: Reveal.getTotalSlides(), number: Reveal.getSlidePastCount() + 1,
  title: Reveal.getCurrentSlide().dataset.title ?? "",
})"""
# Slides of a test shall not wait for their transitions.
_STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


@dataclass(frozen=True, order=True)
class Problem:
    """Something on a slide that must not be shown."""

    deck: str
    slide: int
    title: str
    kind: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.deck}, slide {self.slide} ({self.title[:40]})" if self.slide else self.deck
        return f"{where}: {self.what}. {self.remedy[:1].upper()}{self.remedy[1:]}."


def check_decks(decks: Iterable[Path], sizes: Sequence[tuple[int, int]] = SIZES) -> list[Problem]:
    """Check decks in one browser.

    Parameters
    ----------
    decks : iterable of Path
        HTML files.
    sizes : sequence of (int, int)
        Width and height of the window, in CSS pixels.

    Returns
    -------
    list of Problem
        Each once; empty if all is well.
    """
    found: set[Problem] = set()
    with chromium() as browser:
        for deck in decks:
            for size in sizes:
                found.update(check_deck(browser, deck, size))
    return sorted(found)


def check_deck(browser: "Browser", deck: Path, size: tuple[int, int]) -> list[Problem]:
    """Walk through a deck with the keyboard, and look at every step.

    Parameters
    ----------
    browser : playwright Browser
        From `slides.browser.chromium`.
    deck : Path
        An HTML file.
    size : (int, int)
        Width and height of the window, in CSS pixels.

    Returns
    -------
    list of Problem
        Those of this deck at this size.
    """
    context = browser.new_context(
        offline=True, viewport={"width": size[0], "height": size[1]}, service_workers="block"
    )
    problems: list[Problem] = []
    at: dict[str, Any] = {"number": 0, "title": ""}

    def report(kind: str, what: str, remedy: str) -> None:
        problems.append(Problem(deck.stem, at["number"], at["title"], kind, what, remedy))

    page = context.new_page()
    address = deck.resolve().as_uri()

    def see_request(request: Any) -> None:
        url = request.url.split("#")[0].split("?")[0]
        if url != address and not url.startswith("data:"):
            report("request", f"the page asks for {url[:80]}", "inline it into the deck")

    page.on("request", see_request)
    page.on("requestfailed", lambda r: report("request", f"{r.url[:80]} did not load", "inline it"))
    page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning")
            and report("console", f"the console says {message.text[:120]!r}", "correct the script")
        ),
    )
    page.on("pageerror", lambda e: report("console", f"a script fails: {e}", "correct it"))
    try:
        page.goto(address)
        page.add_style_tag(content=_STILL)
        if wait_until_ready(page):
            _walk(page, at, report)
        else:
            report("console", "the deck does not start", "look at the browser's console")
    finally:
        context.close()
    return list(dict.fromkeys(problems))


def _walk(page: "Page", at: dict[str, Any], report: Any) -> None:
    """Press the right arrow until the deck ends; look at each stop."""
    visited = set()
    at.update(page.evaluate(_POSITION))
    while True:
        visited.add((at["h"], at["v"]))
        for problem in page.evaluate(_script(), LIMITS):
            report(*problem)
        if at["last"] and not at["more"]:
            break
        before = (at["h"], at["v"], at.get("f"))
        page.keyboard.press("ArrowRight")
        at.update(page.evaluate(_POSITION))
        if (at["h"], at["v"], at.get("f")) == before:
            report("keyboard", "the right arrow leads no further", "find out what takes the key")
            return
    if len(visited) != at["total"]:
        report(
            "keyboard",
            f"the right arrow led to {len(visited)} of {at['total']} slides",
            "use reveal.js's linear navigation",
        )


@cache
def _script() -> str:
    return read("check.js")
