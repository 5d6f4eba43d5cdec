"""A real browser: the system's Chromium, with a fresh profile for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def browser_path() -> str | None:
    """Return where a browser is: `HANDRAISE_BROWSER`, or one on the path."""
    named = os.environ.get("HANDRAISE_BROWSER")
    return named or next((found for name in CANDIDATES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that ends with the session."""
    path = browser_path()
    assert path, "no browser was found; scripts/browser installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def faultless_page(browser: Browser, *, expected: str | None = None) -> Iterator[Page]:
    """Give a page of a fresh profile, on a phone, that fails the test on any error of its own.

    Args:
        browser: where it is opened.
        expected: how an error begins that is part of the test.
    """
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [one for one in wrong if expected is None or not one.startswith(expected)] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile that fails the test on any error of its own."""
    with faultless_page(browser) as page:
        yield page
