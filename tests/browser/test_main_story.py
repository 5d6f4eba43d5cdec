"""The main job, end to end, with nothing pretended: mail, browser, server, agent are all real."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import handraise
from tests.browser.operation import RealOperation
from tests.cli.running import WAIVED
from tests.support.mailbox import Mailbox, free_port, words_of


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def operation(tmp_path: Path, mailbox: Mailbox) -> Iterator[RealOperation]:
    """A served operation whose table is ready."""
    operation = RealOperation(tmp_path, free_port(), mailbox.url)
    operation.command("ready", "--as", "priya", *WAIVED)
    operation.serve()
    operation.settle_in(mailbox)
    yield operation
    operation.stop()


def link_in(text: str, kind: str) -> str:
    """Return the link of a kind that stands in a mail."""
    found = re.search(rf"http://127\.0\.0\.1:\d+/{kind}/\S+", text)
    assert found, text
    return found.group(0)


def test_a_person_changes_the_amount_and_the_waiting_agent_receives_it(
    operation: RealOperation, mailbox: Mailbox, page: Page
) -> None:
    key = operation.agent_key()
    with handraise.connect(operation.url, key) as gate, ThreadPoolExecutor() as pool:
        verdict = gate.decide(
            type="refund_request",
            action="refund",
            confidence=0.97,
            proposal={"refund": 6200, "note": "duplicate invoice"},
            text="You charged our office twice, I want the 6,200 back!",
            context={"invoice": "L-2207", "customer since": 2019},
            case="ticket-991",
            key="ticket-991/1",
        )
        assert verdict.routes == ("finance_lead",)
        waiting = pool.submit(verdict.wait, "60s")

        asked = mailbox.next()
        assert asked["To"] == "ines@example.com"
        assert "6,200" in asked["Subject"]
        page.goto(link_in(words_of(asked), "escalations"))

        # Not signed in: she asks for a one-time link, which comes by mail too.
        expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
        page.get_by_role("textbox").fill("ines@example.com")
        page.get_by_role("button", name=re.compile("link")).click()
        sign_in = mailbox.next()
        assert sign_in["To"] == "ines@example.com"
        page.goto(link_in(words_of(sign_in), "enter"))
        page.get_by_role("button", name=re.compile("Ines Duarte")).click()

        # She reads why it stopped, what would be done, and what the customer wrote.
        expect(page.get_by_text("revenue is 6,200 USD").first).to_be_visible()
        expect(page.get_by_text("You charged our office twice").first).to_be_visible()
        expect(page.get_by_text("L-2207").first).to_be_visible()

        # She changes the amount and says why.
        page.get_by_text("Change it").click()
        change = page.locator("details.change")
        change.get_by_label("refund").fill("620")
        change.get_by_label("Why").fill("one digit too many")
        change.get_by_role("button", name="Look at your change").click()
        expect(page.get_by_text("If you send it, support-agent may refund 620")).to_be_visible()
        page.get_by_role("button", name="Send this change").click()
        expect(page.locator("#standing")).to_contain_text("Approved with changes by you")
        expect(page.locator("tr.changed")).to_contain_text("620")

        resolution = waiting.result(timeout=60)
    assert resolution.outcome == "changed"
    assert resolution.proposal == {"refund": 620, "note": "duplicate invoice"}
    assert resolution.by == "ines"
    assert resolution.reason == "one digit too many"
    assert resolution.may_act
