"""The machine's Chromium, without network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["MISSING", "chromium", "executable", "wait_until_ready"]

MISSING = (
    "no Chromium or Chrome on this machine. On Debian: apt-get install chromium. Elsewhere install "
    "Chrome, or say where it is: CHROMIUM=/path/to/chrome."
)

_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def executable() -> str | None:
    """Find Chromium or Chrome; ``CHROMIUM`` in the environment comes first."""
    return next(filter(None, map(shutil.which, [os.environ.get("CHROMIUM", ""), *_NAMES])), None)


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Start Chromium with the network off and an empty profile; stop it at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            chromium_sandbox=not (hasattr(os, "geteuid") and os.geteuid() == 0),
            args=[
                *("--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
                # Whatever name is asked for, there is no such host.
                *("--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"),
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


def wait_until_ready(page: "Page", seconds: float = 10) -> bool:
    """Wait until a deck has set its type and started; say whether it did."""
    from playwright.sync_api import TimeoutError

    try:
        page.locator("html.ready").wait_for(state="attached", timeout=1000 * seconds)
    except TimeoutError:
        return False
    return True
