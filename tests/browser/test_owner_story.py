"""The owner's phone: Dana is away, so it came to them; they give it to Marc, and Marc approves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from handraise.clock import ManualClock
from handraise.model import Absence, Escalation
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.mailbox import free_port
from tests.support.operation import RecordingSender
from tests.support.server import Server
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import TABLE, UNSURE

ONLY_DANA = TABLE.replace("people: [dana, marc]", "people: [dana]")


@pytest.fixture
def operation(tmp_path: Path, clock: ManualClock) -> Iterator[Operation]:
    """An operation on a clock that stands, served on this machine."""
    path = tmp_path / "support.yaml"
    path.write_text(ONLY_DANA)
    port = free_port()
    settings = Settings(
        base_url=f"http://127.0.0.1:{port}", secret="a secret that is long enough to be one"
    )
    operation = assemble([path], settings, clock=clock, sender=RecordingSender())
    verify_everybody(operation)
    sign(operation, path)
    server = Server.of(operation, port)
    yield operation
    server.close()
    operation.close()


def stop_while_dana_is_away(operation: Operation) -> Escalation:
    now = operation.clock.now()
    ends_at = now + timedelta(days=8)
    absence = Absence(
        id="away-1", person="dana", starts_at=now, ends_at=ends_at, by="dana", set_at=now
    )
    operation.store.set_absence(replace(absence, note="holiday"))
    verdict = operation.gates["support-agent"].decide(**UNSURE, case="ticket-991")
    found = operation.store.escalation(verdict.escalation_id or "")
    assert found is not None
    return found


def enter(operation: Operation, page: Page, person: str, after: str) -> None:
    """Come in by a one-time link that leads to a page."""
    page.goto(operation.door.link(person, after))
    page.locator("main").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("May it?")


def test_the_owner_sees_who_is_away_and_gives_it_to_marc_who_approves(
    operation: Operation, page: Page
) -> None:
    escalation = stop_while_dana_is_away(operation)
    address = f"/escalations/{escalation.id}"
    enter(operation, page, "priya", address)

    # Before anything else: that it is hers as the last resort, and why.
    head = page.locator("header.question")
    expect(head).to_contain_text("You were asked, for support supervisor, as the last resort.")
    expect(head).to_contain_text("Dana Reyes is away until Mon 30 Nov, 14:50 (America/New_York).")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390

    # She need not decide it herself.
    page.get_by_text("Somebody else should have this").click()
    moving = page.locator("details.move")
    offered = moving.get_by_label("To whom").locator("option").all_inner_texts()
    assert offered == [
        "Choose somebody",
        "Marc Oyelaran (not on support supervisor)",
        "Ines Duarte (not on support supervisor)",
    ]
    moving.get_by_label("To whom").select_option(label=offered[1])
    moving.get_by_label("A word to them").fill("You know this customer. Is 40 right?")
    moving.get_by_role("button", name="Give it to them").click()
    expect(page.locator(".asks")).to_contain_text("With Marc Oyelaran, not picked up yet.")
    page.get_by_role("button", name="Sign out").click()

    enter(operation, page, "marc", address)
    expect(head).to_contain_text("Priya Raman gave it to you.")
    expect(head).to_contain_text("You know this customer. Is 40 right?")
    page.get_by_role("button", name="Approve: refund 40").click()
    expect(page.locator("#standing")).to_contain_text("Approved by you")

    kept = operation.store.escalation(escalation.id)
    assert kept is not None
    assert (kept.outcome, kept.resolved_by) == ("approved", "marc")
