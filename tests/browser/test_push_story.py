"""The pages as an app on a telephone: told of a question, opened by a tap, honest when offline.

The push service is a real one on loopback; only the browser's own way to Google's or Mozilla's is
replaced, since there is no network: what the browser would hand over comes from our push service,
and what it takes is handed to the service worker as the browser would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, expect

from handraise.clock import SystemClock
from handraise.service.wiring import Operation
from tests.support.mailbox import free_port
from tests.support.operation import BIG, gate_of, opened
from tests.support.push_service import Browser, PushService
from tests.support.server import Server

CUSTOMER = {
    "text": "Mrs Abernathy lost her card in Lisbon",
    "context": {"street": "Rua Augusta 7"},
    "case": "ticket-991",
}
SUBSCRIBED = """
const found = %s;
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async (options) => {
  const raw = String.fromCharCode(...new Uint8Array(options.applicationServerKey));
  const key = btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (!options.userVisibleOnly || key !== found.key) throw new Error("another key");
  return { toJSON: () => ({ endpoint: found.endpoint, keys: found }) };
};
"""
TAPPED = """async () => {
  const opened = [];
  self.clients.openWindow = async (address) => opened.push(address);
  self.clients.matchAll = async () => [];
  for (const notification of await self.registration.getNotifications()) {
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  }
  await new Promise((turn) => setTimeout(turn)); // what it began has had its turn
  return opened;
}"""
"""Taps what is shown, as far as a script may: it opens no windows itself."""

SHOWN = """async (titles) => {
  const registration = await navigator.serviceWorker.ready;
  const until = Date.now() + 20_000;
  for (;;) {
    const shown = await registration.getNotifications();
    const isAll = titles.every((title) => shown.some((one) => one.title === title));
    if ((isAll && shown.length === titles.length) || Date.now() > until) {
      return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
    }
    await new Promise((turn) => requestAnimationFrame(turn));
  }
}"""


@pytest.fixture
def service() -> Iterator[PushService]:
    service = PushService(lambda: SystemClock().now().timestamp())
    yield service
    service.close()


@pytest.fixture
def operation(tmp_path: Path, service: PushService) -> Iterator[Operation]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    operation = opened(tmp_path, base_url=url, port=port, push_hosts=(service.url,))
    server = Server.of(operation, port)
    yield operation
    server.close()
    operation.close()


@pytest.fixture
def phone(
    browser: Chromium, operation: Operation, service: PushService
) -> Iterator[tuple[Page, Browser]]:
    """A telephone on which Ines is signed in, and its browser as the push service knows it."""
    url = operation.settings.address
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    context.grant_permissions(["notifications"], origin=url)
    cookie, _, _ = operation.door.enter(operation.door.link("ines").rsplit("/", 1)[1])
    context.add_cookies([{"name": "handraise", "value": cookie, "url": url}])
    own = service.browser("phone", operation.pushing.public_key)
    found = json.dumps({**own.subscription(), "key": own.site_key})
    context.add_init_script(SUBSCRIBED % found)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page, own
    context.close()


def deliver(devtools: CDPSession, registrations: list[str], url: str, content: str) -> None:
    """Hand a decrypted message to the service worker, as the browser does."""
    message = {"origin": url, "registrationId": registrations[-1], "data": content}
    devtools.send("ServiceWorker.deliverPushMessage", message)


def test_a_telephone_shows_that_a_question_waits_and_nothing_of_it(
    operation: Operation, phone: tuple[Page, Browser]
) -> None:
    page, own = phone
    url = operation.settings.address
    devtools = page.context.new_cdp_session(page)
    registrations: list[str] = []

    def noted(event: dict[str, Any]) -> None:
        registrations.extend(one["registrationId"] for one in event["registrations"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", noted)
    devtools.send("ServiceWorker.enable")

    # She turns it on, and tries it.
    page.goto(f"{url}/me")
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_text("This device is told from now on")).to_be_visible()
    expect(page.locator("#devices")).to_contain_text("this device")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("The push service took it")).to_be_visible()
    assert own.received.pop().content["title"] == "This device is told"

    # A question comes; what is pushed is shown, and holds no word of it.
    stopped = gate_of(operation).decide(**BIG, **CUSTOMER)
    operation.worker.tick()
    assert operation.pushing.settle(20)
    (told,) = own.received
    deliver(devtools, registrations, url, json.dumps(told.content))
    shown = shown_by(page, told.content["title"])
    assert shown[0]["title"].endswith("support-agent needs you")
    assert shown[0]["data"] == {"path": f"/escalations/{stopped.escalation_id}"}
    everything = json.dumps(shown)
    for word in ("Abernathy", "Lisbon", "Augusta", "991", "6200", "refund", "Ines", "Duarte"):
        assert word not in everything
    # A tap opens the page of it, and never another site's.
    worker = page.context.service_workers[0]
    assert worker.evaluate(TAPPED) == [f"{url}/escalations/{stopped.escalation_id}"]
    away = {**told.content, "title": "Elsewhere", "path": "https://evil.example.com/"}
    deliver(devtools, registrations, url, json.dumps(away))
    shown_by(page, "Elsewhere")
    assert worker.evaluate(TAPPED) == []

    # A second one about the same replaces it; what cannot be read still says to look.
    deliver(devtools, registrations, url, json.dumps({**told.content, "title": "Still waits"}))
    shown_by(page, "Still waits")
    deliver(devtools, registrations, url, "not to be read")
    shown_by(page, "Still waits", "Handraise needs you")

    # It can be installed.
    assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],  # as every profile of a test is
    )

    # Offline nothing of the page is left, and it comes back by itself.
    page.goto(f"{url}/escalations/{stopped.escalation_id}")
    expect(page.get_by_text("Abernathy").first).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert "Abernathy" not in page.content()
    kept = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)))).flat()"
    )
    assert "/offline" in kept
    assert all(path == "/offline" or path.startswith("/static/") for path in kept)
    colour = "getComputedStyle(document.querySelector('.card')).borderRadius"
    assert page.evaluate(colour) != "0px"  # its style is kept too
    page.context.set_offline(False)
    expect(page.get_by_text("Abernathy").first).to_be_visible()


def shown_by(page: Page, *titles: str) -> list[dict[str, Any]]:
    """Return what the device shows, as soon as it is what has these titles."""
    shown: list[dict[str, Any]] = page.evaluate(SHOWN, list(titles))
    assert {one["title"] for one in shown} == set(titles)
    return shown
