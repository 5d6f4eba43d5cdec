"""One escalation in a real browser: hostile words stay words, a change is previewed in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from handraise.service.wiring import Operation
from tests.browser.on_a_friday import on_a_friday
from tests.support.server import Server
from tests.web.support import TABLE, UNSURE
from tests.web.test_hostile_text import CORPUS, nested

MOST_NODES = 20_000
MOST_BYTES = 2_500_000

GIANTS: dict[str, dict[str, Any]] = {
    "quotes": {"context": ">" * 100_000 + " deep", "text": "> " * 40_000},
    "cells": {"context": "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000},
    "word": {"text": "x" * 1_048_576, "context": {"word": "y" * 1_048_576}},
    "depth": {"context": nested(500), "action": "send_reply", "proposal": nested(500)},
    "keys": {
        "context": {f"key {number}": number for number in range(100_000)},
        "action": "send_reply",
        "proposal": {f"field_{number}": number for number in range(19_000)},
    },
    "accents": {"text": "Z" + "\u0301\u0488" * 40_000, "context": {"Z" + "\u0300" * 5_000: 1}},
    "marks": {"text": "a\u202eb\u200b" * 20_000, "context": "*a* " + "p\u0430y " * 2_000},
}


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    operation = on_a_friday(tmp_path_factory.mktemp("answer"), TABLE, hour=9)
    yield operation
    operation.close()


@pytest.fixture(scope="module")
def site(operation: Operation) -> Iterator[str]:
    server = Server.of(operation)
    yield server.url
    server.close()


@contextmanager
def _signed_in(browser: Browser, site: str, operation: Operation, person: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
    page.click("main button.main")
    yield page
    context.close()


def _stop(operation: Operation, **fields: Any) -> str:
    verdict = operation.gates["support-agent"].decide(**{**UNSURE, **fields})
    assert verdict.escalation_id is not None
    return verdict.escalation_id


def test_nothing_hostile_is_active_and_no_page_is_boundless(
    browser: Browser, site: str, operation: Operation
) -> None:
    ids = {
        "corpus": _stop(
            operation,
            type=CORPUS[0],
            text="\n\n".join(CORPUS),
            context="# x\n\n" + "\n\n".join(f"* {text}" for text in CORPUS),
            case=CORPUS[1],
            proposal={text: [text, {text: text}] for text in CORPUS},
            facts={text: text for text in CORPUS},
        )
    }
    ids |= {name: _stop(operation, **fields) for name, fields in GIANTS.items()}
    with _signed_in(browser, site, operation, "priya") as page:
        said: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        for name, id in ids.items():
            answer = page.goto(f"{site}/escalations/{id}")
            assert answer is not None
            assert answer.status == 200, name
            assert len(answer.body()) < MOST_BYTES, name
            assert page.evaluate("document.querySelectorAll('*').length") < MOST_NODES, name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            odd = "iframe, object, embed, main script, main img, main style, main link, main base"
            assert page.locator(odd).count() == 0, name
            ours = page.locator("main a").evaluate_all("all => all.map(one => one.href)")
            assert all(one.startswith(site) for one in ours), name
        assert said == []
        assert all(one.startswith(site) for one in asked)


def test_a_change_is_previewed_in_place_and_what_was_typed_stays(
    browser: Browser, site: str, operation: Operation
) -> None:
    id = _stop(operation, case="in place")
    with _signed_in(browser, site, operation, "dana") as page:
        page.goto(f"{site}/escalations/{id}")
        page.click(".choice.change summary")
        refund, why = (
            page.get_by_label("refund"),
            page.locator(".choice.change textarea[name=reason]:not([hidden])"),
        )
        refund.fill("much")
        why.fill("half of it")
        look = page.get_by_role("button", name="Look at your change")
        look.click()
        expect(page.get_by_role("heading", name="Mend this first")).to_be_visible()
        refund.fill("25")
        look.click()
        expect(page.get_by_text("If you send it, support-agent may refund 25")).to_be_visible()
        assert page.url == f"{site}/escalations/{id}"
        wrong = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in wrong] == []
        assert (refund.input_value(), why.input_value()) == ("25", "half of it")
        page.get_by_role("button", name="Send this change").click()
        expect(page.locator("#standing")).to_contain_text("Approved with changes")
    kept = operation.store.escalation(id)
    assert kept is not None
    assert kept.proposal == {"refund": 25}


def test_an_open_page_learns_that_somebody_was_faster_and_keeps_what_was_typed(
    browser: Browser, site: str, operation: Operation
) -> None:
    id = _stop(operation, case="two of us")
    with _signed_in(browser, site, operation, "dana") as page:
        page.clock.install()
        page.goto(f"{site}/escalations/{id}")
        page.click(".choice.reject summary")
        page.locator(".choice.reject textarea").fill("not like this")
        operation.store.note_looker(id, "marc", operation.clock.now())
        page.clock.run_for(21_000)
        expect(page.get_by_text("Marc Oyelaran has this open too.")).to_be_visible()
        escalation = operation.store.escalation(id)
        assert escalation is not None
        operation.desk.answer(
            escalation.asks[0].id, "marc", kind="approve", digest=escalation.proposal_digest
        )
        page.clock.run_for(21_000)
        expect(page.locator(".others")).to_contain_text("Marc Oyelaran approved it just now")
        assert page.locator(".choice.reject textarea").input_value() == "not like this"
        page.locator(".choice.reject button").click()
        expect(page.get_by_role("heading", name="Somebody was faster")).to_be_visible()
        page.get_by_text("What you had written").click()
        expect(page.get_by_text("not like this")).to_be_visible()


def test_two_who_look_learn_of_each_other_at_once(
    browser: Browser, site: str, operation: Operation
) -> None:
    id = _stop(operation, case="both look")
    with (
        _signed_in(browser, site, operation, "marc") as marc,
        _signed_in(browser, site, operation, "dana") as dana,
    ):
        marc.goto(f"{site}/escalations/{id}")
        marc.wait_for_selector("#live[data-joined]", state="attached")
        dana.goto(f"{site}/escalations/{id}")
        expect(marc.get_by_text("Dana Reyes has this open too.")).to_be_visible()
        marc.click(".choice.reject summary")
        why = marc.locator(".choice.reject textarea[name=reason]")
        why.fill("paid last week")
        dana.locator(".approve button").click()
        expect(marc.get_by_text("Dana Reyes approved it")).to_be_visible()
        expect(why).to_have_value("paid last week")
        expect(dana.get_by_role("link", name="Back to the inbox")).to_be_visible()
