"""Build decks and look at them: ``python -m slides build``, ``python -m slides check``."""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m slides", description=__doc__)
    parser.add_argument("command", choices=["build", "check"])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "slides")
    parser.add_argument("--paper", choices=["letter", "a4"], default="letter")
    parser.add_argument("--no-pdf", action="store_true", help="HTML only")
    options = parser.parse_args(arguments)
    return build(options) if options.command == "build" else check(options)


def build(options: argparse.Namespace) -> int:
    """Build every lecture's deck, its PDF files and the index."""
    from . import browser, printing
    from .build import build_deck, lectures, write_index

    started = time.monotonic()
    options.output.mkdir(parents=True, exist_ok=True)
    try:
        decks = [build_deck(path, options.output) for path in lectures(ROOT / "lectures")]
    except ValueError as problem:
        print(problem)
        return 1
    if not options.no_pdf and browser.executable() is None:
        print(f"No PDF files: {browser.MISSING}")
    elif not options.no_pdf:
        printing.print_decks(decks, options.paper)
    index = write_index(decks, options.output)
    for deck in decks:
        size = deck.path.stat().st_size / 1e6
        print(f"{deck.path.name:24} {deck.count:3} slides {size:5.1f} MB  {deck.title}")
    print(f"{time.monotonic() - started:.0f} s. Open {index}")
    return 0


def check(options: argparse.Namespace) -> int:
    """Look at every slide of the decks that were built."""
    from . import browser
    from .check import check_decks

    if browser.executable() is None:
        print(f"Nothing checked: {browser.MISSING}")
        return 1
    decks = sorted(options.output.glob("[0-9][0-9]_*.html"))
    problems = check_decks(decks)
    for problem in problems:
        print(problem)
    print(f"{len(decks)} decks, {len(problems)} problems.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
