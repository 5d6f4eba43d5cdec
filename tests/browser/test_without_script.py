"""Every answer, on a phone and on a desk, in a browser whose JavaScript is switched off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import handraise
from handraise import Verdict
from tests.browser.operation import RealOperation
from tests.cli.running import WAIVED
from tests.support.mailbox import Mailbox, free_port, words_of

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
UNSURE = {"type": "refund_request", "action": "refund", "confidence": 0.4}

Open = Callable[..., Page]


class Office:
    """A served operation, its agent, and the people who sign in to it."""

    def __init__(self, operation: RealOperation, mailbox: Mailbox, browser: Browser) -> None:
        self.url = operation.url
        self.agent = handraise.connect(operation.url, operation.agent_key())
        self._mailbox = mailbox
        self._browser = browser
        self._states: dict[str, Any] = {}
        self._asked = 0

    def close(self) -> None:
        self.agent.close()

    def stop(self) -> Verdict:
        """Return the verdict of an unsure refund."""
        self._asked += 1
        proposal = {"refund": 40, "note": "late"}
        return self.agent.decide(**UNSURE, proposal=proposal, case=f"ticket-{self._asked}")

    def link(self, page: Page, person: str) -> str:
        """Return the link that a person asks for on the page and gets by mail."""
        page.goto(f"{self.url}/sign-in")
        page.get_by_role("textbox").fill(f"{person}@example.com")
        page.get_by_role("button", name=re.compile("link")).click()
        found = None
        while found is None:  # mails about escalations come in between
            mail = self._mailbox.next()
            found = re.search(r"http://127\.0\.0\.1:\d+/enter/\S+", words_of(mail))
        return found.group(0)

    def page(self, size: str, person: str = "") -> Page:
        """Return a page without JavaScript, signed in where a person is named."""
        options: dict[str, Any] = {"viewport": SIZES[size], "java_script_enabled": False}
        if not person:
            return self._browser.new_context(**options).new_page()
        if person not in self._states:
            page = self.page(size)
            page.goto(self.link(page, person))
            page.locator("main").get_by_role("button").click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            self._states[person] = page.context.storage_state()
            page.context.close()
        return self._browser.new_context(**options, storage_state=self._states[person]).new_page()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Office]:
    """One office for all stories of this file: each has its own escalation."""
    mailbox = Mailbox()
    operation = RealOperation(tmp_path_factory.mktemp("office"), free_port(), mailbox.url)
    operation.command("ready", "--as", "priya", *WAIVED)
    operation.serve()
    operation.settle_in(mailbox)
    office = Office(operation, mailbox, browser)
    yield office
    office.close()
    operation.stop()
    mailbox.close()


@pytest.fixture
def open_page(office: Office) -> Iterator[Open]:
    """Opens pages that are closed with the story."""
    with ExitStack() as stack:

        def opened(size: str, person: str = "") -> Page:
            page = office.page(size, person)
            stack.callback(page.context.close)
            return page

        yield opened


def choice(page: Page, kind: str) -> Locator:
    """Return the form of an answer, unfolded."""
    found = page.locator(f"details.{kind}")
    found.locator("summary").click()
    return found


def from_the_inbox(page: Page, office: Office, verdict: Verdict) -> None:
    """Open an escalation from the list, as somebody does who has many."""
    page.goto(office.url)
    line = page.locator(f'a[href^="/escalations/{verdict.escalation_id}"]')
    expect(line).to_contain_text("Refund 40\u00a0USD (note late)")
    line.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("May it?")


@pytest.mark.parametrize("size", SIZES)
def test_approving_lets_the_agent_act(size: str, office: Office, open_page: Open) -> None:
    verdict, page = office.stop(), open_page(size, "dana")
    from_the_inbox(page, office, verdict)
    page.get_by_role("button", name="I have it").click()
    expect(page.locator(".asks")).to_contain_text("With you, picked up.")
    page.get_by_role("button", name="Approve: refund 40\u00a0USD (note late)").click()
    expect(page.locator("#standing")).to_contain_text("Approved by you")
    resolution = verdict.wait("30s")
    assert (resolution.outcome, resolution.by, resolution.may_act) == ("approved", "dana", True)
    assert resolution.proposal == {"refund": 40, "note": "late"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kind", "label", "button", "outcome", "said"),
    [
        ("reject", "Why not", "Reject", "rejected", "Rejected by you"),
        ("instruct", "What should it do", "Send these words", "instructed", "Sent back with"),
        ("take_over", "Why", "Take over", "taken_over", "Taken over by a person"),
    ],
)
def test_every_other_answer_keeps_the_agent_from_acting(
    size: str,
    kind: str,
    label: str,
    button: str,
    outcome: str,
    said: str,
    office: Office,
    open_page: Open,
) -> None:
    verdict, page = office.stop(), open_page(size, "dana")
    from_the_inbox(page, office, verdict)
    form = choice(page, kind)
    form.get_by_label(label).fill("she <b>was</b> paid last week")
    form.get_by_role("button", name=button).click()
    expect(page.locator("#standing")).to_contain_text(said)
    expect(page.locator("#standing")).to_contain_text("she <b>was</b> paid last week")
    resolution = verdict.wait("30s")
    assert (resolution.outcome, resolution.by, resolution.may_act) == (outcome, "dana", False)
    words = resolution.instruction if kind == "instruct" else resolution.reason
    assert words == "she <b>was</b> paid last week"
    page.goto(f"{office.url}/?state=ended")
    line = page.locator(f'a[href^="/escalations/{verdict.escalation_id}"]')
    expect(line).to_contain_text("support supervisor: you ")


@pytest.mark.parametrize("size", SIZES)
def test_who_comes_second_is_told_and_loses_no_word(
    size: str, office: Office, open_page: Open
) -> None:
    verdict, slow = office.stop(), open_page(size, "dana")
    from_the_inbox(slow, office, verdict)
    form = choice(slow, "reject")
    form.get_by_label("Why not").fill("paid last week")
    fast = open_page(size, "priya")
    fast.goto(f"{office.url}/escalations/{verdict.escalation_id}")
    fast.get_by_role("button", name="Approve").click()
    expect(fast.locator("#standing")).to_contain_text("Approved by you")
    form.get_by_role("button", name="Reject").click()
    notice = slow.get_by_role("alert")
    expect(notice).to_contain_text("Somebody was faster")
    expect(notice).to_contain_text("Priya Raman approved it")
    notice.locator("summary").click()
    expect(notice).to_contain_text("paid last week")
    assert verdict.wait("30s").by == "priya"


@pytest.mark.parametrize("size", SIZES)
def test_a_link_works_once(size: str, office: Office, open_page: Open) -> None:
    first, second = open_page(size), open_page(size)
    link = office.link(first, "ines")
    for page in (first, second):  # looking uses nothing up
        page.goto(link)
        expect(page.get_by_role("button", name=re.compile("Ines Duarte"))).to_be_visible()
    first.get_by_role("button", name=re.compile("Ines Duarte")).click()
    expect(first.get_by_role("heading", level=1)).to_contain_text("Nothing is waiting")
    second.get_by_role("button", name=re.compile("Ines Duarte")).click()
    expect(second.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    expect(second.get_by_role("textbox")).to_be_visible()
