"""Passkeys in a real browser, with an authenticator of its own (CDP): made, used, refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, expect

from handraise.model import Escalation
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.mailbox import free_port
from tests.support.server import Server
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import TABLE, UNSURE

CANCELLED = """() => {
  const refused = new DOMException("the operation was cancelled", "NotAllowedError");
  navigator.credentials.get = () => Promise.reject(refused);
}"""
"""What a browser says when its person closes the window that asks for the passkey."""


class Desk:
    """Dana's browser, before a server that is reached as http://localhost."""

    def __init__(self, operation: Operation, page: Page) -> None:
        self.operation = operation
        self.page = page
        self.url = operation.settings.address
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        self.device = ""

    def plug_in(self) -> None:
        """Give the browser an authenticator that knows who holds it."""
        made = self.cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self.device = made["authenticatorId"]

    def holds(self, *, is_verified: bool) -> None:
        """Say whether the finger on the authenticator is the right one."""
        said = {"authenticatorId": self.device, "isUserVerified": is_verified}
        self.cdp.send("WebAuthn.setUserVerified", said)

    def enter(self, person: str = "dana", after: str = "/") -> None:
        self.page.goto(self.operation.door.link(person, after))
        self.page.get_by_role("button").click()

    def stop(self, **fields: Any) -> Escalation:
        verdict = self.operation.gates["support-agent"].decide(**{**UNSURE, **fields})
        assert verdict.escalation_id is not None
        return self.now(verdict.escalation_id)

    def now(self, id: str) -> Escalation:
        found = self.operation.store.escalation(id)
        assert found is not None
        return found

    def approve(self, stopped: Escalation) -> None:
        self.page.goto(f"{self.url}/escalations/{stopped.id}")
        self.page.get_by_role("button", name="Approve:").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Confirm with your passkey")


def is_whole(page: Page) -> None:
    """Fail on what axe finds, in both colour schemes, and on what runs over the edge."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in wrong] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    path: Path = tmp_path_factory.mktemp("passkeys") / "support.yaml"
    path.write_text(f"{TABLE}\nconfirm: high\n", encoding="utf-8")
    port = free_port()
    settings = Settings(
        base_url=f"http://localhost:{port}",
        console=True,
        secret="a secret that is long enough to be one",
    )
    operation = assemble([path], settings)
    verify_everybody(operation)
    sign(operation, path)
    server = Server.of(operation, port)
    yield operation
    server.close()
    operation.close()


@pytest.fixture
def desk(operation: Operation, browser: Browser) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield Desk(operation, page)
    context.close()
    assert wrong == []


def test_a_passkey_is_added_signs_in_and_confirms(desk: Desk):
    page = desk.page
    desk.enter(after="/me")
    said = page.locator("#passkeys [role=status]")
    desk.plug_in()
    desk.holds(is_verified=False)
    page.get_by_role("button", name="Add a passkey").click()
    expect(said).to_contain_text("Nothing was sent.")

    desk.holds(is_verified=True)
    page.get_by_label("What you call the new one").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys strong")).to_have_text("My phone")
    assert page.url.endswith("/me?done=passkey#passkeys")
    for fold in page.locator("#passkeys summary").all():
        fold.click()
    is_whole(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(said).to_contain_text("There is a passkey of yours on this device already.")

    page.goto(f"{desk.url}/me")
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who are you?")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{desk.url}/")
    (kept,) = desk.operation.passkeys.of("dana")
    assert kept.uses > 0

    stopped = desk.stop(key="confirmed")
    desk.approve(stopped)
    expect(page.locator(".answered")).to_contain_text("You approve: refund")
    is_whole(page)
    desk.holds(is_verified=False)
    page.get_by_role("button", name="Confirm with your passkey").click()
    expect(page.locator("main [role=status]")).to_contain_text("Nothing was sent.")
    desk.holds(is_verified=True)
    page.evaluate(CANCELLED)
    page.get_by_role("button", name="Confirm with your passkey").click()
    expect(page.locator("main [role=status]")).to_contain_text("You cancelled it")
    assert desk.now(stopped.id).state == "open"

    desk.approve(stopped)
    page.get_by_role("button", name="Confirm with your passkey").click()
    page.wait_for_url("**/escalations/*")
    assert desk.now(stopped.id).outcome == "approved"
    expect(page.locator("main")).to_contain_text("confirmed with a passkey")


def test_without_a_passkey_the_page_says_how_to_go_on(desk: Desk, browser: Browser):
    desk.enter("marc")
    stopped = desk.stop(key="without")
    desk.approve(stopped)
    expect(desk.page.locator(".barred")).to_contain_text("You have no passkey yet.")
    desk.page.get_by_role("link", name="Back to the question").click()
    assert desk.page.url.endswith(f"/escalations/{stopped.id}")

    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{desk.url}/sign-in")
    expect(plain.get_by_role("button", name="Send me a link")).to_be_visible()
    expect(plain.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    context.close()
