"""Makes pictures of every page: real operations on examples, seen by a real browser.

    .venv/bin/python scripts/pictures.py            those that the documents show, in docs/pictures
    .venv/bin/python scripts/pictures.py FOLDER     all of them, whole, to look at

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
from typing import Any

import uvicorn
import watched
from album import LOOKS, Album, Shot
from playwright.sync_api import Page, sync_playwright
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

ANSWERS: list[tuple[Any, dict[str, Any]]] = [
    ("approve", {}),
    ("change", {"proposal": {"refund": 20}, "reason": "half of it was used"}),
    ("reject", {"reason": "it was delivered on Friday, and signed for"}),
    ("instruct", {"instruction": "offer a voucher of 50, and a call"}),
]
"""What was answered before."""


def main() -> int:
    """Write the pictures; return the exit code."""
    sys.path.insert(0, str(ROOT))  # the examples of the tests
    documents = ROOT / "docs" / "pictures"
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else documents
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _named_in_documents() if folder == documents else None
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
        album = Album(browser, folder, wanted)
        _take_day(album, place / "day")
        _take_watch(album, place / "watched")
        _take_situations(album, place / "learned")
        _take_report(album, place / "reported")
        _take_workbook(album, place)
        browser.close()
    for picture in documents.glob("*.png") if wanted is not None else ():
        if picture.stem not in wanted:
            picture.unlink()
    return 0


def _named_in_documents() -> frozenset[str]:
    """Return the names of the pictures that the documents show."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts = [page.read_text("utf-8") for page in pages]
    return frozenset(name for text in texts for name in re.findall(r"pictures/([\w-]+)\.png", text))


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


def _take_day(album: Album, place: Path) -> None:
    """Take an ordinary day: questions, people, the table, and going live."""
    place.mkdir()
    clock = ManualClock(NOW)
    operation = _signed(place, SUPPORT_TABLE, clock)
    _send_away(operation)
    asked = _ask(operation, clock)
    question = f"/escalations/{asked}"
    with _serving(create_app(operation), PORT):
        album.take(operation, None, [Shot("sign-in", "/sign-in")])
        questions = [
            Shot("inbox", "/?scope=all"),
            Shot("escalation", question),
            Shot("change", question, _change),
            Shot("going-live", "/going-live"),
        ]
        album.take(operation, "priya", questions)
        album.take(operation, "dana", [Shot("me", "/me")])
        _take_exercise(album, operation)
        _take_house(album, operation, place / "handraise.yaml")
    operation.close()


def _ask(operation: Operation, clock: ManualClock) -> str:
    """Let the agent ask; return the id of the question about the most money."""
    (gate,) = operation.gates.values()
    asked = [
        gate.decide(**fields, key=f"picture/{number}") for number, fields in enumerate(DECISIONS)
    ]
    for number, (kind, words) in enumerate(ANSWERS):
        verdict = gate.decide(**{**DECISIONS[1], "case": f"ticket-{985 + number}"})
        clock.advance(minutes=1)
        _answer(operation, verdict.escalation_id or "", kind, **words)
    clock.advance(minutes=4)
    return asked[0].escalation_id or ""


def _answer(operation: Operation, escalation_id: str, kind: Any, **words: Any) -> None:
    """Let whoever is asked first answer."""
    found = operation.store.escalation(escalation_id)
    if found is not None:
        ask, digest = found.asks[0], found.proposal_digest
        operation.desk.answer(ask.id, ask.holder, kind=kind, digest=digest, **words)


def _change(page: Page) -> None:
    """Look at a change before it counts."""
    choice = page.locator("details.choice.change").first
    choice.locator("summary").click()
    choice.locator("input[type=text], input[type=number], input:not([type])").first.fill("4900")
    choice.locator("textarea[name=reason]").fill("One of the two invoices was paid back in June.")
    choice.get_by_role("button", name="Look at your change").click()
    page.get_by_role("button", name="Approve").last.wait_for()
    page.wait_for_load_state("load")


def _take_house(album: Album, operation: Operation, table: Path) -> None:
    """Take what belongs to the team: drills, keys, the system, the walls, a second version."""
    agent = operation.shelf.agents()[0]
    old = operation.shelf.current(agent).version
    operation.drills.start(agent, "finance_lead", "priya")
    operation.door.make_key(agent, "the support desk's server")
    _, address = operation.walls.make("over the support desk", "priya")
    operation.worker.tick()
    _, wall = address.split(str(operation.settings.base_url), 1)
    album.take(operation, None, [Shot("wall", wall)])
    text = table.read_text("utf-8").replace("below: 0.72", "below: 0.8")
    table.write_text(text.replace("capacity: 15 a day", "capacity: 20 a day"), "utf-8")
    operation.open(table)
    new = operation.shelf.newest(agent).version
    house = [
        Shot("people", "/people"),
        Shot("table", f"/table/{agent}/{old}"),
        Shot("versions", f"/versions?agent={agent}&old={old}&new={new}"),
        Shot("drills", "/drills"),
        Shot("keys", "/keys"),
        Shot("system", "/system"),
    ]
    album.take(operation, "priya", house)


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


def _take_exercise(album: Album, operation: Operation) -> None:
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
    album.take(operation, table.owner, [Shot("rehearsal", f"/rehearsals/{begun.id}")])
    rehearsals.end(begun.id, table.owner)


def _take_workbook(album: Album, place: Path) -> None:
    """Take a chapter of the workbook, with what was answered before."""
    from tests.core.interview.answering import wholesaler

    os.chdir(place)  # the page names the file as it was given
    file = WorkbookFile(Path("invoices.yaml"))
    file.keep(wholesaler())
    for number, look in enumerate(LOOKS):
        desk = Desk(file=file, guard=Guard())  # it lets one browser in
        port = PORT + 1 + number
        with _serving(create_workbook_app(desk), port), album.looking(look) as page:
            page.goto(f"http://127.0.0.1:{port}/open/{desk.guard.link}")
            page.goto(f"http://127.0.0.1:{port}/chapter/actions")
            album.keep(page, f"workbook{look.suffix}")


def _take_watch(album: Album, place: Path) -> None:
    """Take the pages of the watch, three weeks into an operation."""
    place.mkdir()
    clock = ManualClock(watched.BEGIN)
    operation = _signed(place, watched.AUDITED, clock, waived_days=60)
    watched.past(place, place / "handraise.yaml")
    watched.live(operation, clock)
    with _serving(create_app(operation), PORT):
        shots = [Shot(name, f"/{name}") for name in ("watch", "figures", "thresholds")]
        album.take(operation, "priya", shots)
        (waiting, *_) = operation.audits.mine("marc")
        audits = [Shot("audits", "/audits"), Shot("audit", f"/audits/{waiting.id}")]
        album.take(operation, "marc", audits)
    operation.close()


def _take_situations(album: Album, place: Path) -> None:
    """Take the kinds of request that an agent met and had not learned."""
    from tests.web.familiar import SHELLS, given, table_text, usual_texts, write_learned

    place.mkdir()
    write_learned(place / "known")
    operation = _signed(place, table_text(usual_texts()[0]), ManualClock(NOW))
    (gate,) = operation.gates.values()
    for number, text in enumerate((*SHELLS, "the kettle sings at night", *usual_texts()[:6])):
        verdict = gate.decide(**given(text, case=f"ticket-{1030 + number}"))
        if verdict.escalation_id is not None:
            _answer(operation, verdict.escalation_id, "approve")
    with _serving(create_app(operation), PORT):
        album.take(operation, "priya", [Shot("situations", "/situations")])
    operation.close()


def _take_report(album: Album, made: Path) -> None:
    """Take a report on a made past of the example's table."""
    from tests.support.reported import reported

    made.mkdir()
    files = reported(made, 6_000)
    inputs = read_inputs(files.table, backtest=files.backtest, calibrated=files.calibrated)
    page_file = made / "report.html"
    page_file.write_text(report_html(inputs, NOW), "utf-8")
    for look in LOOKS:
        with album.looking(look) as page:
            page.goto(page_file.as_uri())
            album.keep(page, f"report{look.suffix}")


if __name__ == "__main__":
    sys.exit(main())
