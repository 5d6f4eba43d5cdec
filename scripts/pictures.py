"""Makes the pictures of the documents: a real operation on examples, seen by a real browser.

    .venv/bin/python scripts/pictures.py [FOLDER]

Needs the development environment (`make dev`) and a browser: `scripts/browser` finds one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
import watched
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette

from handraise.cli.examples import SUPPORT_TABLE
from handraise.clock import ManualClock
from handraise.core.table.types import Table
from handraise.service.going_live.waiving import waivers_of
from handraise.service.reading.tables import open_table
from handraise.service.rehearsing.cases import exercise_cases
from handraise.service.rehearsing.showing import as_escalation
from handraise.service.reporting.inputs import read_inputs
from handraise.service.reporting.report import report_html
from handraise.service.wiring import Operation, assemble
from handraise.service.workbooks import WorkbookFile
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.workbook.app import Desk, create_workbook_app
from handraise.web.workbook.guard import Guard

ROOT = Path(__file__).parent.parent
PORT = 8799
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
"""A Wednesday on which everybody of the example is there."""

DECISIONS = [
    {
        "type": "refund_request",
        "action": "refund",
        "confidence": 0.96,
        "proposal": {"refund": 6200, "note": "duplicate invoice"},
        "text": "You charged our office twice for the 40 desk phones. I want the 6,200 back "
        "this week, the accountant is already asking.",
        "context": {"customer since": 2019, "invoice": "L-2207", "lines": 38, "open tickets": 1},
        "case": "ticket-991",
    },
    {
        "type": "refund_request",
        "action": "refund",
        "confidence": 0.58,
        "proposal": {"refund": 39.9},
        "text": "hi, so the thing you sent me is not the thing i wanted and also my bill?? pls fix",
        "case": "ticket-1004",
    },
    {
        "type": "roaming_bill",
        "action": "refund",
        "confidence": 0.83,
        "proposal": {"refund": 1840},
        "text": "I am stuck at the airport and my phone says I owe you 1,840 dollars "
        "for two days abroad.",
        "case": "ticket-1011",
    },
    {
        "type": "change_address",
        "action": "delete_account",
        "confidence": 0.91,
        "proposal": {},
        "text": "We moved. Please forget the old address, in fact forget everything about us.",
        "case": "ticket-1016",
    },
]


def main() -> int:
    """Write the pictures; return the exit code."""
    sys.path.insert(0, str(ROOT))  # the examples of the tests
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    browser_path = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "scripts" / "browser"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        place = Path(made)
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        operation = _operation(place)
        with _serving(create_app(operation), PORT):
            _take(browser, operation, folder)
            _take_rehearsal(browser, operation, folder)
        operation.close()
        _take_watch(browser, place / "watched", folder)
        _take_report(browser, place, folder)
        _take_workbook(browser, place, folder)
        browser.close()
    return 0


@contextmanager
def _serving(app: Starlette, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    pause, thread = threading.Event(), threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            pause.wait(0.05)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _operation(place: Path) -> Operation:
    clock = ManualClock(NOW)
    operation = _signed(place, SUPPORT_TABLE, clock)
    _send_away(operation)
    (gate,) = operation.gates.values()
    for number, fields in enumerate(DECISIONS):
        gate.decide(**fields, key=f"picture/{number}")
    clock.advance(minutes=7)
    return operation


def _signed(place: Path, text: str, clock: ManualClock, waived_days: int = 20) -> Operation:
    """Return the operation of a table that its owner has signed."""
    path = place / "handraise.yaml"
    path.write_text(text, "utf-8")
    settings = Settings(base_url=f"http://127.0.0.1:{PORT}", console=True)
    operation = assemble([path], settings, clock=clock)
    table, _ = open_table(path)
    _settle_in(operation)
    _sign(operation, table, waived_days)
    return operation


def _sign(operation: Operation, table: Table, waived_days: int) -> None:
    """Let the owner sign, and waive what an example cannot have."""
    now = operation.clock.now()
    lines = operation.checklists.lines(table)
    red = [line.code for line in lines if line.state == "red"]
    reason = "the first weeks are watched closely; there is no history yet"
    waivers = waivers_of(red, table.owner, reason, now + timedelta(days=waived_days), now)
    waived = operation.checklists.lines(table, waivers)
    operation.readiness.sign(table, waived, table.owner, waivers)


def _settle_in(operation: Operation) -> None:
    """Let everybody confirm their contacts and accept their duties."""
    roster = operation.roster
    roster.invite()
    for message in operation.store.messages(state="pending"):
        code = re.search(r"/verify/(\S+)", operation.door.unsealed(message).body)
        if code:
            roster.verify(code[1])
    for person in operation.shelf.people():
        for duty in roster.duties(person):
            roster.accept(duty.agent, person, duty.digest)


def _send_away(operation: Operation) -> None:
    """Let somebody say that they will be away."""
    away_at = NOW.replace(hour=14) + timedelta(days=5)
    operation.roster.away("dana", away_at, away_at + timedelta(days=4), "holiday", "dana")


def _take(browser: Browser, operation: Operation, folder: Path) -> None:
    for name, scheme, width, height in (
        ("", "light", 1280, 820),
        ("-dark", "dark", 1280, 820),
        ("-phone", "light", 390, 844),
    ):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=1,
        )
        page = context.new_page()
        page.goto(operation.door.link(_owner(operation)))
        page.get_by_role("button").first.click()
        page.goto(f"{operation.settings.base_url}/?scope=all")
        page.screenshot(path=folder / f"inbox{name}.png")
        asked = operation.store.escalations(limit=10)[-1]
        page.goto(f"{operation.settings.base_url}/escalations/{asked.id}")
        page.screenshot(path=folder / f"escalation{name}.png", full_page=True)
        for part in ("table", "people", "going-live"):
            page.goto(f"{operation.settings.base_url}/{part}")
            is_long = part == "going-live"  # its head says enough
            page.screenshot(path=folder / f"{part}{name}.png", full_page=not is_long)
        page.goto(operation.door.link("dana", "/me"))
        page.get_by_role("button").last.click()
        page.screenshot(path=folder / f"me{name}.png", full_page=True)
        context.close()


def _take_rehearsal(browser: Browser, operation: Operation, folder: Path) -> None:
    """Take the scoreboard of an exercise that runs."""
    agent = operation.shelf.agents()[0]
    table = operation.shelf.newest(agent)
    rehearsals = operation.rehearsals
    begun = rehearsals.start(
        agent,
        table.owner,
        exercise_cases(table.tests),
        source="the table's tests",
        lasts=timedelta(minutes=30),
    )
    first = rehearsals.asks(begun.id)[0]
    _, ask = rehearsals.ask(begun.id, first.number, first.person)
    digest = as_escalation(begun, ask).proposal_digest
    rehearsals.answer(begun.id, first.number, first.person, kind="approve", digest=digest)
    page = browser.new_page(viewport={"width": 1280, "height": 820})
    page.goto(operation.door.link(table.owner, f"/rehearsals/{begun.id}"))
    page.get_by_role("button").last.click()
    page.screenshot(path=folder / "rehearsal.png", full_page=True)
    page.close()


def _take_workbook(browser: Browser, place: Path, folder: Path) -> None:
    """Take a chapter of the workbook, with what was answered before."""
    from tests.core.interview.answering import wholesaler

    os.chdir(place)  # the page names the file as it was given
    file = WorkbookFile(Path("invoices.yaml"))
    file.keep(wholesaler())
    desk = Desk(file=file, guard=Guard())
    with _serving(create_workbook_app(desk), PORT + 1):
        place_of = f"http://127.0.0.1:{PORT + 1}"
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{place_of}/open/{desk.guard.link}")
        page.goto(f"{place_of}/chapter/actions")
        page.screenshot(path=folder / "workbook.png")
        page.close()


def _take_watch(browser: Browser, place: Path, folder: Path) -> None:
    """Take the pages of the watch, three weeks into an operation."""
    place.mkdir()
    clock = ManualClock(watched.BEGIN)
    operation = _signed(place, watched.AUDITED, clock, waived_days=60)
    watched.past(place, place / "handraise.yaml")
    watched.live(operation, clock)
    with _serving(create_app(operation), PORT):
        watched.take(browser, operation, folder)
    operation.close()


def _take_report(browser: Browser, place: Path, folder: Path) -> None:
    """Take the head of a report on a made past of the example's table."""
    from tests.support.reported import reported

    made = place / "reported"
    made.mkdir()
    files = reported(made, 6_000)
    inputs = read_inputs(files.table, backtest=files.backtest, calibrated=files.calibrated)
    page_file = made / "report.html"
    page_file.write_text(report_html(inputs, NOW), "utf-8")
    context = browser.new_context(viewport={"width": 1100, "height": 1520})
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.screenshot(path=folder / "report.png")
    context.close()


def _owner(operation: Operation) -> str:
    return operation.shelf.newest(operation.shelf.agents()[0]).owner


if __name__ == "__main__":
    sys.exit(main())
