"""The real browser of this machine, driven by Playwright; one for all tests of a file."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium(*options: str) -> Generator[Browser]:
    """The browser, while the block runs."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path is not None, "the pages are tested in Chromium: install it (Debian's package is chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *options], timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()
