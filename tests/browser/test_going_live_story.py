"""A team goes live in four commands: the people confirm and accept, every route is drilled, the owner signs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import handraise
from tests.browser.operation import RealOperation
from tests.browser.test_main_story import link_in
from tests.support.mailbox import Mailbox, free_port, words_of

NO_HISTORY = ("--waive", "capacity", "--because", "no history yet", "--until", "30d")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def operation(tmp_path: Path, mailbox: Mailbox) -> Iterator[RealOperation]:
    """A served operation whose people have confirmed and accepted; nobody has signed."""
    operation = RealOperation(tmp_path, free_port(), mailbox.url)
    operation.serve()
    operation.settle_in(mailbox)
    yield operation
    operation.stop()


def answer_drill(page: Page, asked: EmailMessage, mailbox: Mailbox) -> None:
    """Let whoever a drill came to sign in and answer it."""
    assert "[DRILL]" in asked["Subject"]
    page.goto(link_in(words_of(asked), "escalations"))
    page.get_by_role("textbox").fill(asked["To"])
    page.get_by_role("button", name=re.compile("link")).click()
    page.goto(link_in(words_of(mailbox.next()), "enter"))
    page.locator("main").get_by_role("button").click()
    page.locator("form").get_by_role("button", name=re.compile("Approve")).first.click()
    expect(page.locator("#standing")).to_contain_text("Approved")


def test_a_team_goes_live(operation: RealOperation, mailbox: Mailbox, browser: Browser) -> None:
    drilling = subprocess.Popen(
        [sys.executable, "-m", "handraise", "drill", "--all", "--wait", "60s"],
        cwd=operation.folder,
        env=operation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    pages = {}
    for asked in [mailbox.next() for _ in range(3)]:
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        answer_drill(page, asked, mailbox)
        pages[asked["To"]] = page
    out, _ = drilling.communicate(timeout=60)
    assert (drilling.returncode, out.count("the path works")) == (0, 3), out

    with pytest.raises(AssertionError, match="not ready: its people have the capacity"):
        operation.command("ready", "--as", "priya")
    signed = operation.command("ready", "--as", "priya", *NO_HISTORY)
    assert "Priya Raman has signed for version" in signed
    assert "it ends on" in signed

    with handraise.connect(operation.url, operation.agent_key()) as gate:
        verdict = gate.decide(
            type="refund_request", action="refund", confidence=0.97, proposal={"refund": 40}
        )
        assert verdict.outcome == "proceed"

    page = pages["ines@example.com"]
    page.goto(operation.url)
    page.get_by_role("link", name="See why").click()
    expect(page.get_by_role("heading", name="Going live")).to_be_visible()
    expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()
    expect(page.get_by_text("no history yet").first).to_be_visible()
    expect(page.get_by_text("3 of 3 within 30 days")).to_be_visible()
