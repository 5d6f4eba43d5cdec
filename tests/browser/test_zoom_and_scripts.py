"""Every page at 200 % zoom and on the smallest phone, with long German words and Arabic text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from handraise.service.wiring import Operation
from tests.browser.on_a_friday import on_a_friday
from tests.support.server import Server
from tests.web.support import TABLE, UNSURE

AGENT = "support-agent"
WIDTHS = (640, 320)
"""A desk of 1280 at 200 % zoom, and at 400 %, which is the smallest phone too."""

GERMAN = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
SHIP = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ARABIC = "أرجو إعادة المبلغ كاملا خلال هذا الأسبوع، فقد دفعت مرتين عن الفاتورة نفسها"
NAME = "مها عبد الرحمن الأنصاري"

WORDS = TABLE.replace("Dana Reyes", f"Dr. Dana {SHIP}").replace("Marc Oyelaran", NAME)
WORDS = WORDS.replace("Priya Raman", f"Priya {GERMAN}")
WORDS = WORDS.replace("answers customers' requests", f"{GERMAN} {ARABIC}")
WORDS = WORDS.replace("tag: new situation", f"tag: {GERMAN}")

PAGES = (
    "/",
    "/?scope=all",
    f"/table/{AGENT}",
    f"/versions?agent={AGENT}",
    "/going-live",
    "/rehearsals",
    "/watch",
    "/figures",
    "/audits",
    "/thresholds",
    "/people",
    "/drills",
    "/keys",
    "/system",
    "/me",
    "/nothing",
    "/offline",
)

WRONG = """() => {
  const wrong = [];
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the document scrolls');
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.data.trim() || !text.parentElement.checkVisibility()) continue;
    if (text.parentElement.closest('.hidden, .skip, .who .name, option, script, svg')) continue;
    if (text.parentElement.closest('.stacks thead')?.clientWidth === 1) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    let left = 0, right = innerWidth, is_scrolled = false;
    for (let box = text.parentElement; box; box = box.parentElement) {
      const style = getComputedStyle(box);
      is_scrolled = ['auto', 'scroll'].includes(style.overflowX);
      if (is_scrolled) break;
      if (!['hidden', 'clip'].includes(style.overflowX)) continue;
      left = Math.max(left, box.getBoundingClientRect().left);
      right = Math.min(right, box.getBoundingClientRect().right);
      if (box.scrollHeight > box.clientHeight + 4) wrong.push('too low: ' + text.data.trim());
    }
    if (is_scrolled) continue;
    const cut = [...range.getClientRects()].some(
      one => one.width > 1 && (one.left < left - 4 || one.right > right + 4));
    if (cut) wrong.push('cut: ' + text.data.trim());
  }
  return wrong;
}"""
"""What is wrong with a page at its width.

What can be scrolled is not cut. The reader's own name in the head may be: it stands on `/me` whole.
"""

DIRECTIONS = """words => {
  const found = [...document.querySelectorAll('main .text, main .sentence, main h1')].filter(
    one => one.textContent.includes(words) && one.checkVisibility());
  return found.map(one => [one.dir, getComputedStyle(one).direction]);
}"""


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    operation = on_a_friday(tmp_path_factory.mktemp("zoom"), WORDS, hour=9)
    yield operation
    operation.close()


@pytest.fixture(scope="module")
def site(operation: Operation) -> Iterator[str]:
    server = Server.of(operation)
    yield server.url
    server.close()


def _stop(operation: Operation, **fields: Any) -> str:
    verdict = operation.gates[AGENT].decide(**{**UNSURE, **fields})
    assert verdict.escalation_id is not None
    return verdict.escalation_id


def _whole(page: Page, path: str) -> None:
    """Look at a page at each width, everything unfolded."""
    page.goto(path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 720})
        assert page.evaluate(WRONG) == [], f"{path} at {width} px"


def test_no_page_scrolls_sideways_or_cuts_words_at_any_zoom_and_in_any_script(
    browser: Browser, site: str, operation: Operation
) -> None:
    german = _stop(
        operation,
        type=GERMAN,
        text=f"{SHIP} {GERMAN}. Bitte prüfen.",
        case=f"{GERMAN}-{SHIP}",
        proposal={"refund": 39.9, "note": f"{SHIP}{GERMAN}"},
        context={
            GERMAN: SHIP,
            "lines": [{"title": SHIP, "count": 1}, {"title": GERMAN, "count": 2}],
        },
    )
    arabic = _stop(
        operation,
        text=ARABIC,
        case="طلب 991",
        proposal={"refund": 40, "note": ARABIC},
        context={"ملاحظة": ARABIC, "name": NAME},
    )
    context = browser.new_context()
    page = context.new_page()
    _whole(page, f"{site}/sign-in")
    page.goto(f"{site}/enter/{operation.door.link('priya').rsplit('/', 1)[1]}")
    page.click("main button.main")
    _, wall = operation.walls.make(GERMAN, "priya")
    for path in (*PAGES, wall.removeprefix("http://testserver")):
        _whole(page, site + path)
    for id in (german, arabic):
        _whole(page, f"{site}/escalations/{id}")

    said = page.evaluate(DIRECTIONS, ARABIC)
    assert len(said) >= 3, "the customer's words, the proposal, the context"
    assert set(map(tuple, said)) == {("auto", "rtl")}
    assert page.evaluate(DIRECTIONS, "support-agent wants")[0] == ["auto", "ltr"]
    assert page.locator("dt bdi", has_text="ملاحظة").count() == 1, "a name turns nothing round"
    page.goto(f"{site}/escalations/{german}")
    said = page.evaluate(DIRECTIONS, SHIP)
    assert set(map(tuple, said)) == {("auto", "ltr")}
    context.close()
