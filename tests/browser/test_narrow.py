"""Pages on narrow screens: counters of many digits, and tables wider than where they stand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from handraise.service.wiring import Operation
from tests.browser.on_a_friday import on_a_friday
from tests.support.server import Server
from tests.web.support import TABLE, UNSURE

FULL = """() => {
  for (const link of document.querySelectorAll('.filters a')) {
    let number = link.querySelector('.number');
    if (!number) {
      number = document.createElement('b');
      number.className = 'number';
      link.append(' ', number);
    }
    number.textContent = '99+';
  }
  return document.documentElement.scrollWidth - innerWidth;
}"""
"""By how much an inbox is too wide once each of its counters shows as much as one can."""

EDGES = """() => [...document.querySelectorAll('.scroll')]
  .filter(box => box.scrollWidth > box.clientWidth)
  .map(box => [
    getComputedStyle(box).backgroundAttachment.split(', ').slice(0, 4).join(' '),
    box.tabIndex,
    Boolean(box.getAttribute('aria-label') || box.getAttribute('aria-labelledby')),
  ])"""
"""What shows that a box can be scrolled, whether the keyboard reaches it, whether it has a name."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Operation]]:
    operation = on_a_friday(tmp_path_factory.mktemp("narrow"), TABLE, hour=9)
    server = Server.of(operation)
    yield server.url, operation
    server.close()
    operation.close()


def test_full_counters_and_wide_tables_stay_within_a_phone(
    browser: Browser, site: tuple[str, Operation]
) -> None:
    url, operation = site
    operation.gates["support-agent"].decide(**UNSURE)
    context = browser.new_context(viewport={"width": 320, "height": 720})
    page = context.new_page()
    page.goto(f"{url}/enter/{operation.door.link('priya').rsplit('/', 1)[1]}")
    page.click("main button.main")
    page.goto(f"{url}/?scope=all")
    for width in (320, 360, 390, 640):
        page.set_viewport_size({"width": width, "height": 720})
        assert page.evaluate(FULL) <= 0, width

    page.set_viewport_size({"width": 320, "height": 720})
    page.goto(f"{url}/figures")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    edges = page.evaluate(EDGES)
    assert len(edges) >= 2
    assert {tuple(one) for one in edges} == {("local local scroll scroll", 0, True)}
    context.close()
