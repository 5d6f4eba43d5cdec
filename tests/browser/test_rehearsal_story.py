"""A team rehearses, with nothing pretended: mail, server, pages and the signed protocol are real."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.operation import RealOperation
from tests.browser.test_main_story import link_in, mailbox
from tests.support.mailbox import Mailbox, free_port, words_of

__all__ = ["mailbox"]


@pytest.fixture
def operation(tmp_path: Path, mailbox: Mailbox) -> Iterator[RealOperation]:
    """A served operation whose table nobody has signed for yet: a team rehearses before."""
    operation = RealOperation(tmp_path, free_port(), mailbox.url)
    operation.serve()
    for _ in range(3):
        assert mailbox.next()["Subject"] == "Please confirm this contact"
    yield operation
    operation.stop()


def enter(page: Page, address: str, person: str, name: str, mailbox: Mailbox) -> None:
    """Open a page as somebody who is not signed in yet, by the link that comes by mail."""
    page.goto(address)
    page.get_by_role("textbox").fill(f"{person}@example.com")
    page.get_by_role("button", name=re.compile("link")).click()
    mail = mailbox.next()
    assert mail["To"] == f"{person}@example.com"
    page.goto(link_in(words_of(mail), "enter"))
    page.get_by_role("button", name=re.compile(name)).click()


def test_everybody_answers_alone_and_the_owner_sees_how_far_they_are(
    operation: RealOperation, mailbox: Mailbox, page: Page, browser: Browser, tmp_path: Path
) -> None:
    operation.command("rehearse", "--as", "priya", "--for", "10m")
    asked = {}
    for _ in range(3):
        mail = mailbox.next()
        assert mail["Subject"].startswith("[EXERCISE] 1 question waits for you")
        asked[mail["To"].partition("@")[0]] = link_in(words_of(mail), "rehearsals")
    assert set(asked) == {"dana", "ines", "priya"}

    # The owner looks at the scoreboard, which follows by itself.
    owners = browser.new_context(viewport={"width": 1280, "height": 900})
    board = owners.new_page()
    enter(board, asked["priya"], "priya", "Priya Raman", mailbox)
    row = board.get_by_role("row", name=re.compile("Ines Duarte"))
    expect(row).to_contain_text("0 of 1")

    # Ines answers on her phone, and says what was unclear.
    enter(page, asked["ines"], "ines", "Ines Duarte", mailbox)
    page.get_by_role("link", name="Answer the next one").click()
    expect(page.get_by_text("Exercise, question 1 of 1.")).to_be_visible()
    page.get_by_text("Reject").first.click()
    reject = page.locator("details.reject")
    reject.get_by_label("Why not").fill("there is no invoice")
    reject.get_by_label("Was anything unclear?").fill("which invoice it was")
    reject.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", name="Exercise of support-agent")).to_be_visible()
    expect(row).to_contain_text("1 of 1", timeout=15_000)
    expect(board.get_by_text("which invoice it was")).to_have_count(0)

    # The owner is the last resort for the same question, and thinks otherwise.
    board.get_by_role("link", name="Answer the next one").click()
    board.get_by_role("button", name=re.compile("Approve")).click()
    expect(board.get_by_role("heading", name="Exercise of support-agent")).to_be_visible()
    board.get_by_role("button", name="End the exercise now").click()

    # It is over: everybody reads who answered what, and the protocol proves itself.
    expect(board.get_by_text("people differ")).to_be_visible()
    expect(board.get_by_text("which invoice it was")).to_be_visible()
    with board.expect_download() as got:
        board.get_by_role("link", name=re.compile("signed protocol")).click()
    got.value.save_as(tmp_path / "protocol.html")
    assert "whole, signed by this operation" in operation.command(
        "rehearse", "--verify", "protocol.html"
    )
    owners.close()
