"""The report in a real browser: accessible, on phones and paper, without script or network."""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from handraise.service.reporting.inputs import read_inputs
from handraise.service.reporting.pdf import pdf_of
from handraise.service.reporting.report import report_html
from tests.browser.conftest import browser_path
from tests.support.reported import reported

NOW = datetime(2026, 11, 28, 17, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with everything that one can have."""
    files = reported(tmp_path_factory.mktemp("reported"), 1_000)
    inputs = read_inputs(files.table, backtest=files.backtest, calibrated=files.calibrated)
    return report_html(inputs, NOW)


@pytest.fixture(params=["light", "dark"])
def opened(
    request: pytest.FixtureRequest, browser: Browser, html: str, tmp_path: Path
) -> Iterator[Page]:
    """The report in one colour scheme; it may ask for nothing."""
    path = tmp_path / "report.html"
    path.write_text(html, "utf-8")
    context = browser.new_context(
        viewport={"width": 1100, "height": 900}, color_scheme=request.param
    )
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: said.append(one.text))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert asked == [path.as_uri()]
    assert said == []


def test_axe_finds_nothing_at_any_width(opened: Page) -> None:
    for width in (1100, 360):
        opened.set_viewport_size({"width": width, "height": 900})
        wrong = Axe().run(opened).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in wrong] == []


def test_nothing_runs_over_the_edge(opened: Page) -> None:
    for width in (1100, 700, 360):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        wide = opened.locator(".plot.wide").first.is_visible()
        assert wide == (width > 640)
        assert opened.locator(".plot.narrow").first.is_visible() != wide


def test_plots_have_the_colours_of_the_scheme(opened: Page) -> None:
    is_dark = opened.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = "rgb(27, 35, 38)" if is_dark else "rgb(255, 255, 255)"
    fill = "getComputedStyle(document.querySelector('.plot.wide svg > rect')).fill"
    assert opened.evaluate(fill) == ground
    opened.emulate_media(media="print")
    assert opened.evaluate(fill) == "rgb(255, 255, 255)"


def test_headings_stand_in_order(opened: Page) -> None:
    levels = [
        int(tag[1])
        for tag in opened.eval_on_selector_all(
            "h1, h2, h3, h4", "all => all.map(one => one.tagName)"
        )
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_pdf_has_pages_with_text(html: str) -> None:
    found = browser_path()
    assert found
    pdf = pdf_of(html, found)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 4
    assert b"support-agent" in pdf  # its title
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    drawn = b"".join(_inflated(one) for one in streams)
    assert drawn.count(b" Tj") + drawn.count(b" TJ") > 500
    assert b"beginbfchar" in drawn or b"beginbfrange" in drawn  # what its letters mean


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
