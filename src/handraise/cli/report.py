"""`report`: one page that says what a table does and promises, for those who answer for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, StoreUrl, one_table, settings_at
from handraise.cli.output import note, say, say_json, write_bytes, write_file
from handraise.clock import SystemClock
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.model import ReadyRecord

OUTPUT = Path("report.html")


def report(
    table: OneTable = DEFAULT_TABLE,
    backtest: Annotated[
        Path | None,
        typer.Option(
            "--backtest",
            metavar="FILE",
            help="What `handraise backtest HISTORY --out FILE` wrote.",
        ),
    ] = None,
    calibrated: Annotated[
        Path | None,
        typer.Option(
            "--calibrated",
            metavar="FILE",
            help="What `handraise calibrate DATA … --json > FILE` printed: promise and curves.",
        ),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            metavar="FILE",
            help="The calibration.json beside the table: the promise alone; "
            "otherwise the one that the table names.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="Where the page goes.")
    ] = OUTPUT,
    pdf: Annotated[
        Path | None,
        typer.Option(
            "--pdf",
            metavar="FILE",
            help="Print it as PDF too, by a Chromium or Chrome (HANDRAISE_BROWSER names one).",
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write one page of HTML that says what the table does and promises: one to read and to send.

    It is made of files that `handraise backtest` and `handraise calibrate` write. The page needs
    nothing else: no script, no network; light, dark, phone and paper. What is waived in the go-live
    record of this version, by the store, stands at its head.
    """
    _check_suffix("--output", output, (".html", ".htm"))
    if pdf is not None:
        _check_suffix("--pdf", pdf, (".pdf",))
    from msgspec.structs import replace

    from handraise.service.reporting.inputs import read_inputs
    from handraise.service.reporting.pdf import browser_path, pdf_of
    from handraise.service.reporting.report import page_of, report_html

    path = one_table(table)
    inputs = read_inputs(path, backtest=backtest, calibrated=calibrated, calibration=calibration)
    inputs = replace(inputs, record=_record(inputs.table, path, store))
    browser = None if pdf is None else browser_path(os.environ)
    now = SystemClock().now()
    html, page = report_html(inputs, now), page_of(inputs, now)
    write_file(output, html)
    written = [output]
    if pdf is not None and browser is not None:
        write_bytes(pdf, pdf_of(html, browser))
        written.append(pdf)
    verdict = _plain(page.verdict)
    notices = [_plain(words) for words in page.notices]
    if as_json:
        say_json({"verdict": verdict, "notices": notices, "written": [str(one) for one in written]})
        return
    say(verdict)
    for words in notices:
        note(f"note: {words}")
    for path in written:
        say(f"{path}: written ({path.stat().st_size / 1000:,.0f} kB)")


def _record(table: Table, path: Path, store: str | None) -> ReadyRecord | None:
    """Return the go-live record in force of exactly this version, or None."""
    from handraise.cli.looking import standing

    hold = standing(table, path, settings_at(store, path))
    if hold is None or not hold.holds or hold.record.version != table.version:
        return None
    return hold.record


def _check_suffix(option: str, path: Path, allowed: tuple[str, ...]) -> None:
    """Make sure that a file that is overwritten is one of reports.

    Raises:
        InputError: its name ends otherwise.
    """
    if path.suffix.lower() not in allowed:
        raise InputError(
            f"{option}: {path} does not end in {allowed[0]}", f"e.g. {option} report{allowed[0]}"
        )


def _plain(words: str) -> str:
    """Return words of a page for a terminal, which has no need of spaces that do not break."""
    return words.replace("\u00a0", " ")
