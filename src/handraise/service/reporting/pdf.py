"""A report on paper: printed by a Chromium or Chrome, which gets a fresh profile and no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from handraise.errors import SettingsError

CANDIDATES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
VARIABLE = "HANDRAISE_BROWSER"
LONGEST_S = 120.0
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing is looked up, whatever a page asks for
    "--proxy-server=127.0.0.1:9",
    "--no-pdf-header-footer",
)


def browser_path(environment: Mapping[str, str]) -> str:
    """Return where a browser is that prints.

    Args:
        environment: `HANDRAISE_BROWSER` names one; otherwise the known names are looked for.

    Raises:
        SettingsError: there is none.
    """
    if named := environment.get(VARIABLE, ""):
        found = shutil.which(named)
        if found is None:
            raise SettingsError(
                f'{VARIABLE}: "{named}" cannot be run', "name a Chromium or Chrome, or unset it"
            )
        return found
    found = next((path for name in CANDIDATES if (path := shutil.which(name))), None)
    if found is None:
        raise SettingsError(
            "a PDF is printed by Chromium or Chrome, and none was found",
            f"install one, or name it: {VARIABLE}=/path/to/chrome; or print the page by hand",
        )
    return found


def pdf_of(html: str, browser: str) -> bytes:
    """Return a page as PDF.

    Args:
        html: the page, which needs nothing else.
        browser: where the browser is.

    Raises:
        SettingsError: it does not print.
    """
    with tempfile.TemporaryDirectory(prefix="handraise-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            browser,
            *FLAGS,
            *_as_root(),
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ]
        try:
            subprocess.run(  # noqa: S603 - the browser that the user has, and flags of ours
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LONGEST_S,
                check=True,
            )
            content = printed.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise SettingsError(
                f"{browser} did not print ({type(error).__name__})",
                f"name another one: {VARIABLE}=/path/to/chrome; or print the page by hand",
            ) from None
    if not content.startswith(b"%PDF"):
        raise SettingsError(f"{browser} printed no PDF", f"name another one: {VARIABLE}=…")
    return content


def _as_root() -> tuple[str, ...]:
    """Return what lets a browser start as root, who may have no sandbox."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ("--no-sandbox",) if is_root else ()
