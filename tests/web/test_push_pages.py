"""The app's files, and the devices on the page of a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.service.wiring import Operation
from handraise.settings import Settings
from tests.support.push_service import PushService
from tests.web.support import Desk

PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:149.0) Gecko/149.0 Firefox/149.0"


@pytest.fixture
def service(clock: ManualClock) -> Iterator[PushService]:
    service = PushService(lambda: clock.now().timestamp())
    yield service
    service.close()


@pytest.fixture
def settings(service: PushService) -> Settings:
    return Settings(
        base_url="http://testserver",
        console=True,
        secret="a secret that is long enough to be one",
        push_hosts=(service.url,),
    )


def test_everybody_may_have_what_makes_the_pages_an_app(client: TestClient) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest.headers["Content-Type"] == "application/manifest+json"
    found = manifest.json()
    assert (found["start_url"], found["display"]) == ("/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in found["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in found["icons"]:
        assert client.get(icon["src"]).headers["Content-Type"] == "image/png"
    for path in ("/manifest.webmanifest", "/service-worker.js", "/offline"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-cache"
        assert "manifest-src 'self'; worker-src 'self'" in headers["Content-Security-Policy"]


def test_the_worker_keeps_static_files_that_are_there_and_no_page(client: TestClient) -> None:
    script = client.get("/service-worker.js").text
    kept = json.loads(script.split("const FILES = ", 1)[1].split(";\n", 1)[0])
    assert {"/static/push.js", "/static/icon.svg", "/static/app/badge-96.png"} <= set(kept)
    for path in kept:
        assert path.startswith("/static/")
        assert client.get(path).status_code == 200
    asked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/offline").text))
    assert asked <= set(kept)


def test_a_device_is_turned_on_tried_and_stopped(
    desk: Desk, service: PushService, operation: Operation
) -> None:
    dana = desk.session("dana")
    page = desk.page("/me", dana).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    browser = service.browser("phone", key[1])
    form = {**browser.subscription(), "key": key[1], "csrf": dana["X-CSRF-Token"]}
    headers = {"Cookie": dana["Cookie"], "User-Agent": PHONE}
    on = desk.client.post("/me/push", headers=headers, data=form)
    assert on.headers["Location"] == "/me?done=told"
    (kept,) = operation.store.pushes("dana")
    dana["Cookie"] += f"; handraise-device={kept.id}"
    assert f"handraise-device={kept.id}; HttpOnly" in on.headers["Set-Cookie"]

    page = desk.page("/me?done=told", dana).text
    assert "Firefox on Android" in page
    assert "this device" in page
    assert 'id="push-on"' not in page

    assert desk.post(f"/me/push/{kept.id}/test", dana).headers["Location"] == "/me?done=tried"
    assert browser.received[0].content["path"] == "/me"
    again = desk.post(f"/me/push/{kept.id}/test", dana)
    assert (again.status_code, "a moment ago" in again.text) == (422, True)

    ines = desk.session("ines")
    desk.post(f"/me/push/{kept.id}/stop", ines)
    assert operation.store.pushes("dana", live=True)
    assert desk.post(f"/me/push/{kept.id}/stop", dana).headers["Location"] == "/me?done=stopped"
    assert operation.store.pushes("dana", live=True) == []
    assert 'id="push-on"' in desk.page("/me", dana).text


def test_signing_out_stops_it_on_that_device_only(
    desk: Desk, service: PushService, operation: Operation
) -> None:
    dana, pushing = desk.session("dana"), operation.pushing
    phone, desktop = (
        pushing.turn_on(
            "dana",
            **service.browser(name, pushing.public_key).subscription(),
            key=pushing.public_key,
            label=name,
        )
        for name in ("phone", "desktop")
    )
    dana["Cookie"] += f"; handraise-device={phone.id}"
    out = desk.post("/sign-out", dana)
    assert out.headers["Location"] == "/sign-in"
    assert [one.id for one in operation.store.pushes("dana", live=True)] == [desktop.id]


def test_signing_out_elsewhere_stops_the_devices_there(
    desk: Desk, service: PushService, operation: Operation
) -> None:
    pushing = operation.pushing

    def turned_on(person: str, name: str) -> str:
        browser = service.browser(name, pushing.public_key)
        return pushing.turn_on(
            person, **browser.subscription(), key=pushing.public_key, label=name
        ).id

    def told(person: str) -> list[str]:
        return [one.label for one in operation.store.pushes(person, live=True)]

    phone = turned_on("dana", "phone")
    turned_on("dana", "lost")
    turned_on("ines", "other")
    dana, lost = desk.session("dana"), desk.session("dana")
    dana["Cookie"] += f"; handraise-device={phone}"
    assert "Ending one session stops no device" in desk.page("/me", dana).text
    desk.post("/me/sessions/end-others", dana)
    assert (told("dana"), told("ines")) == (["phone"], ["other"])
    assert desk.page("/me", lost).status_code == 303
    assert "you ended all your other sessions" in desk.page("/me", dana).text

    desk.post("/people/dana/sign-out", desk.session("priya"))
    assert (told("dana"), told("ines")) == ([], ["other"])
    assert "you were signed out everywhere" in desk.page("/me", desk.session("dana")).text
    desk.stop(case="after it was lost")
    operation.worker.tick()
    assert pushing.settle(5)
    assert service.asked == 0


def test_what_a_stranger_or_a_broken_browser_sends_is_refused(desk: Desk) -> None:
    dana = desk.session("dana")
    refused = desk.post("/me/push", dana, endpoint="https://10.0.0.1/x", key="k")
    assert (refused.status_code, "No push service that may be asked" in refused.text) == (422, True)
    dana["X-CSRF-Token"] = "guessed"
    assert desk.post("/me/push", dana).status_code == 403


def test_what_failed_is_said(desk: Desk, service: PushService, operation: Operation) -> None:
    pushing, dana = operation.pushing, desk.session("dana")
    browser = service.browser("phone", pushing.public_key)
    kept = pushing.turn_on(
        "dana", **browser.subscription(), key=pushing.public_key, label="<b>Phone</b>"
    )
    service.answer = (500, {})
    failed = desk.post(f"/me/push/{kept.id}/test", dana)
    assert "the push service answered 500" in failed.text
    assert "&lt;b&gt;Phone&lt;/b&gt;" in failed.text
    assert browser.endpoint not in failed.text
    operation.store.end_push(kept.id, operation.clock.now(), error="the browser is gone")
    assert "It is not told any more: the browser is gone." in desk.page("/me", dana).text


def test_without_the_extra_it_is_not_offered(desk: Desk, operation: Operation) -> None:
    operation.pushing.is_offered = False
    assert 'id="devices"' not in desk.page("/me", desk.session("dana")).text
