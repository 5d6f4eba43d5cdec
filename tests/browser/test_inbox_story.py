"""The inbox in a real browser: live, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from handraise.clock import ManualClock
from handraise.service.wiring import Operation
from tests.browser.on_a_friday import on_a_friday
from tests.support.server import Server
from tests.web.support import TABLE, UNSURE


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    operation = on_a_friday(tmp_path_factory.mktemp("inbox"), TABLE, hour=15)
    yield operation
    operation.close()


@pytest.fixture(scope="module")
def site(operation: Operation) -> Iterator[str]:
    server = Server.of(operation)
    yield server.url
    server.close()


@pytest.fixture(autouse=True)
def nothing_waits(operation: Operation) -> Iterator[None]:
    yield
    withdraw_all(operation)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    yield context
    context.close()


def come_in(context: BrowserContext, site: str, operation: Operation, person: str) -> Page:
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{site}/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
    page.click("main button.main")
    page.wait_for_load_state()
    assert wrong == []
    return page


def stop(operation: Operation, **fields: Any) -> str:
    verdict = operation.gates["support-agent"].decide(**{**UNSURE, **fields})
    assert verdict.escalation_id is not None
    return verdict.escalation_id


def withdraw_all(operation: Operation) -> None:
    for line in operation.inbox.lines("priya", scope="all"):
        operation.gates["support-agent"].withdraw(line.escalation_id)


def here(page: Page) -> str | None:
    return page.evaluate("document.activeElement.getAttribute('href')")  # type: ignore[no-any-return]


def test_a_page_too_many_says_that_it_is_live_no_more(
    context: BrowserContext, site: str, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handraise.web.live.MOST_PAGES", 1)
    page = come_in(context, site, operation, "dana")
    expect(page.locator("#live[data-joined]")).to_be_attached(timeout=20_000)
    other = context.new_page()
    other.goto(f"{site}/me")
    expect(other.locator("#live[data-joined]")).to_be_attached(timeout=20_000)
    expect(page.locator("#not-live")).to_be_visible()  # and stays: it asks again in a minute or so
    expect(other.locator("#not-live")).to_be_hidden()


def test_a_new_question_comes_to_an_open_page_and_moves_nothing(
    context: BrowserContext, site: str, operation: Operation
) -> None:
    first = stop(operation, case="ticket-first", text="x " * 400)
    page = come_in(context, site, operation, "dana")
    expect(page).to_have_title("(1) Inbox · Handraise")
    other = context.new_page()
    other.goto(f"{site}/me")
    expect(other.locator("#waiting-inbox")).to_have_text("1 waiting for you")
    page.keyboard.press("j")
    assert here(page) == f"/escalations/{first}"
    expect(page.locator("#live[data-joined]")).to_be_attached(timeout=20_000)
    expect(other.locator("#live[data-joined]")).to_be_attached(timeout=20_000)

    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(seconds=10)
    second = stop(operation, case="ticket-second")
    expect(page.locator(".lines > li")).to_have_count(2)
    expect(page).to_have_title("(2) Inbox · Handraise")
    expect(page.locator("#waiting-inbox")).to_have_text("2 waiting for you")
    expect(page.locator("#inbox-news")).to_have_text("1 new question")
    expect(page.locator("h1")).to_have_text("2 questions wait for you")
    assert here(page) == f"/escalations/{first}"
    expect(other.locator("#waiting-inbox")).to_have_text("2 waiting for you")

    operation.gates["support-agent"].withdraw(first)
    expect(page.locator(".lines > li")).to_have_count(1)
    expect(page.locator(f'a[href="/escalations/{second}"]')).to_be_visible()
    withdraw_all(operation)
    expect(page.locator("h1")).to_have_text("Nothing is waiting")
    expect(page.locator("#waiting-inbox")).to_be_hidden()

    dana = operation.door.sessions.all("dana")
    for session in dana:
        operation.door.sessions.end("dana", session.id)
    stop(operation, case="ticket-third")
    expect(page).to_have_url(f"{site}/sign-in")
    assert page.locator(".lines").count() == 0


def test_a_page_whose_scripts_come_late_is_live_all_the_same(
    context: BrowserContext, site: str, operation: Operation
) -> None:
    def late(route: Route) -> None:
        time.sleep(0.5)  # longer than the page takes to begin without it
        route.continue_()

    context.route("**/htmx-sse-*", late)
    page = come_in(context, site, operation, "dana")
    page.reload()
    expect(page.locator("#live[data-joined]")).to_be_attached(timeout=20_000)


def test_everything_is_reached_by_keyboard_and_no_key_sends_anything(
    context: BrowserContext, site: str, operation: Operation
) -> None:
    ids = [stop(operation, case=f"ticket-{number}") for number in range(3)]
    page = come_in(context, site, operation, "dana")
    press = page.keyboard.press
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        press(key)
        assert here(page) == f"/escalations/{ids[at]}", key
    press("r")
    page.wait_for_url(f"{site}/escalations/{ids[1]}#reject")
    expect(page.locator(".choice.reject")).to_have_attribute("open", "")
    expect(page.locator(".choice.reject textarea").first).to_be_focused()
    page.keyboard.type("art?")  # letters go where one types
    expect(page.locator(".choice.reject textarea").first).to_have_value("art?")

    page.locator("h1").first.evaluate("head => { head.tabIndex = -1; head.focus() }")
    for key, name in (("c", "change"), ("i", "instruct"), ("t", "take_over")):
        press(key)
        expect(page.locator(f".choice.{name}")).to_have_attribute("open", "")
        page.evaluate("document.activeElement.blur()")
    press("a")
    expect(page.locator("form.approve")).to_be_focused()
    for key in ("Space", "Enter"):  # which press a button, where one has the focus
        press(key)
    page.goto(site)
    for key in ("j", "a"):
        press(key)
    page.wait_for_url(f"{site}/escalations/{ids[0]}#approve")
    expect(page.locator("form.approve")).to_be_focused()
    press("Space")
    press("Tab")
    expect(page.locator("form.approve button")).to_be_focused()
    assert [operation.store.escalation(one).state for one in ids] == ["open"] * 3  # type: ignore[union-attr]

    page.evaluate("document.activeElement.blur()")
    press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    press("g")
    press("t")
    page.wait_for_url(f"{site}/table")  # until its scripts listen too
    press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("ticket 2")
    press("Enter")
    page.wait_for_url("**/?*q=ticket+2*")
    expect(page.locator(".lines > li")).to_have_count(1)
    press("j")
    press("o")
    opened = f"{site}/escalations/{ids[2]}?inbox=q%3Dticket%2B2"  # whence it leads back there
    page.wait_for_url(opened)

    press("?")
    page.locator("dialog#keys input").uncheck()
    press("Escape")
    press("g")
    press("i")
    expect(page).to_have_url(opened)


def test_without_javascript_the_inbox_is_whole_and_says_how_old_it_is(
    browser: Browser, site: str, operation: Operation
) -> None:
    stop(operation, case="ticket-plain", text="Where is my Café order?")
    stop(operation, case="ticket-odd", type="court_order")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = come_in(context, site, operation, "dana")
    assert page.locator(".lines > li").count() == 2
    assert page.locator(".as-of").inner_text().startswith("As of Friday 20 November 2026")
    page.fill("#q", 'CAFE "order')
    page.click(".find button")
    assert page.locator(".lines > li").count() == 1
    assert "ticket-plain" in page.locator(".lines").inner_text()
    page.click("text=Back to the inbox")
    page.click(".filter summary")
    page.select_option("#by-tag", "new situation")
    page.click(".filter button")
    assert "ticket-odd" in page.locator(".lines").inner_text()
    assert page.locator(".lines > li").count() == 1
    page.click("text=Show everything")
    assert page.locator(".lines > li").count() == 2
    context.close()
