"""Coming in: at a real OpenID provider, by a link, on two devices; and out of one from the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.browser.conftest import faultless_page
from tests.support.mailbox import free_port
from tests.support.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    HonestProvider,
    listening,
)
from tests.support.operation import RecordingSender
from tests.support.server import Server
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import TABLE

NORA = '  nora:  {name: Nora Feld, contact: "mailto:nora@example.com"}\n'
READ = TABLE.replace("people:\n", f"people:\n{NORA}", 1) + "readers: [nora]\n"

REFUSED = "Failed to load resource: the server responded with a status of 40"


@pytest.fixture
def operation(tmp_path: Path) -> Iterator[Operation]:
    """An operation whose people sign in at a provider of their own, both on this machine."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    callback = f"{address}/sign-in/openid/callback"
    with listening(lambda issuer: HonestProvider(issuer, callback)) as issuer:
        path = tmp_path / "support.yaml"
        path.write_text(READ)
        settings = Settings(
            base_url=address,
            secret="a secret that is long enough to be one",
            openid_issuer=issuer,
            openid_client_id=CLIENT_ID,
            openid_client_secret=CLIENT_SECRET,
            openid_name="Example",
        )
        operation = assemble([path], settings, sender=RecordingSender())
        verify_everybody(operation)
        sign(operation, path)
        server = Server.of(operation, port)
        yield operation
        server.close()
        operation.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that is refused things here, which a browser calls errors, as it does the provider's."""
    with faultless_page(browser, expected=REFUSED) as page:
        yield page


def test_somebody_comes_in_at_the_provider_and_out_from_elsewhere(
    operation: Operation, page: Page, browser: Browser
) -> None:
    address = operation.settings.address
    cookies = page.context.cookies

    # The way to a page is remembered through the provider and back.
    page.goto(f"{address}/table")
    page.get_by_role("link", name="Sign in with Example").click()
    page.get_by_role("button", name="dana", exact=True).click()
    expect(page).to_have_url(f"{address}/table")
    (kept,) = operation.store.identities()
    assert (kept.person, kept.ended_at) == ("dana", None)
    (session,) = operation.door.sessions.all("dana")
    assert (session.way, session.device) == ("openid", "Chrome on Linux")
    assert [one["name"] for one in cookies()] == ["handraise"], "what began the visit is gone"
    assert {(one["httpOnly"], one["sameSite"]) for one in cookies()} == {(True, "Lax")}

    # Going back to the answer of the provider lets nobody in again.
    page.goto(f"{address}/sign-in/openid/callback?code=x&state=y")
    expect(page.get_by_role("alert")).to_contain_text("did not begin in this browser")
    page.goto(f"{address}/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dana Reyes")

    # On another device by a link; the first one is ended from there.
    other = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    other.goto(operation.door.link("dana", "/me"))
    other.locator("main").get_by_role("button").click()
    sessions = other.locator("#sessions")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    expect(sessions).to_contain_text("signed in at Example")
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    sessions.get_by_role("button", name=re.compile("^End it")).click()
    expect(other.locator("#sessions").get_by_role("listitem")).to_have_count(1)
    page.reload()
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fme"))
    other.context.close()

    # Who is nobody here, or whose address nobody has checked, is told the same.
    said = set()
    for who in ("nobody", "eve"):
        page.get_by_role("link", name="Sign in with Example").click()
        page.get_by_role("button", name=who, exact=True).click()
        said.add(page.get_by_role("alert").inner_text())
    assert len(said) == 1
    assert "You could not be recognised here by your account." in said.pop()
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
    assert [one.person for one in operation.store.identities()] == ["dana"]


def test_a_reader_sees_a_question_and_nothing_to_answer_it_with(
    operation: Operation, page: Page
) -> None:
    unsure = {
        "type": "refund_request", "action": "refund", "confidence": 0.5,
        "proposal": {"refund": 40, "note": "late"},
    }  # fmt: skip
    verdict = operation.gates["support-agent"].decide(**unsure, case="ticket-991")
    page.goto(operation.door.link("nora", f"/escalations/{verdict.escalation_id}"))
    page.locator("main").get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("You can read this, but it is not yours to answer")
    expect(page.locator("main form[method=post]")).to_have_count(0)
    page.goto(f"{operation.settings.address}/me")
    expect(page.locator("main")).not_to_contain_text("None of your contacts is verified")
    expect(page.locator("main")).to_contain_text("You are on no route: no agent asks you anything.")
