"""Printing: which browser is taken, and what is said where none prints."""

import stat
from pathlib import Path

import pytest

from handraise.errors import SettingsError
from handraise.service.reporting import pdf


def program(path: Path, lines: str) -> str:
    """Write a program that stands in for a browser."""
    path.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


PRINTS = 'for one in "$@"; do case $one in --print-to-pdf=*) {} ;; esac; done'


def test_the_named_browser_is_taken(tmp_path: Path) -> None:
    named = program(tmp_path / "browser", "true")
    assert pdf.browser_path({"HANDRAISE_BROWSER": named}) == named


def test_a_name_that_cannot_be_run_is_said() -> None:
    with pytest.raises(SettingsError, match='HANDRAISE_BROWSER: "/no/such" cannot be run'):
        pdf.browser_path({"HANDRAISE_BROWSER": "/no/such"})


def test_without_a_browser_the_remedy_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "CANDIDATES", ("chromium",))
    with pytest.raises(SettingsError, match=r"none was found; install one.*or print the page"):
        pdf.browser_path({})
    found = program(tmp_path / "chromium", "true")
    assert pdf.browser_path({}) == found


def test_what_it_printed_is_the_answer(tmp_path: Path) -> None:
    write = r'printf "%%PDF-1.7 of it" > "${one#--print-to-pdf=}"'
    browser = program(tmp_path / "browser", PRINTS.format(write))
    assert pdf.pdf_of("<p>hello</p>", browser) == b"%PDF-1.7 of it"


def test_a_browser_that_fails_is_named(tmp_path: Path) -> None:
    browser = program(tmp_path / "browser", "exit 3")
    with pytest.raises(SettingsError, match=r"browser did not print \(CalledProcessError\)"):
        pdf.pdf_of("", browser)
    with pytest.raises(SettingsError, match=r"did not print \(FileNotFoundError\)"):
        pdf.pdf_of("", program(tmp_path / "idle", "true"))


def test_what_is_no_pdf_is_refused(tmp_path: Path) -> None:
    write = 'echo sorry > "${one#--print-to-pdf=}"'
    browser = program(tmp_path / "browser", PRINTS.format(write))
    with pytest.raises(SettingsError, match="printed no PDF"):
        pdf.pdf_of("", browser)


def test_a_browser_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "LONGEST_S", 0.2)
    with pytest.raises(SettingsError, match="TimeoutExpired"):
        pdf.pdf_of("", program(tmp_path / "browser", "exec sleep 60"))
