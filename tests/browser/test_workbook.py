"""The workbook in a real browser: without scripts, by keyboard, on a phone; axe finds nothing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from handraise.service.workbooks import WorkbookFile
from tests.cli.running import PROGRAM
from tests.core.interview.answering import wholesaler

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGES = ["/chapter/agent", "/chapter/actions", "/chapter/roles", "/points", "/table"]


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    """The link that the command prints."""
    command = [*PROGRAM, "init", "--interview", "--browser", "--no-browser"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/open/\S+", process.stdout.readline())
    assert found is not None
    yield found.group()
    process.send_signal(2)
    assert process.wait(20) == 0
    process.stdout.close()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label).select_option(option)


def test_a_table_is_made_without_scripts_and_by_keyboard(
    browser: Browser, link: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=SIZES["phone"], java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("What do you call the agent?").fill("appointment desk")
    page.keyboard.press("Enter")  # saves, and goes on
    expect(page.get_by_role("heading", level=1)).to_have_text("What reaches it")
    page.get_by_label("Which kinds of request does it know?").fill("first visit\nfollow-up")
    go_on = page.get_by_role("button", name="Save and go on", exact=True)
    go_on.click()
    page.get_by_label("What may it do?").fill("book an appointment")
    choose(page, "How bad is that?", "low")
    choose(page, "Does money move when it does that, or is it given up", "no")
    page.get_by_role("button", name="Save and stay").click()
    expect(page.get_by_label("Up to which amount may it do that alone?")).to_have_count(0)
    go_on.click()
    page.get_by_label("Who is it (full name)?").fill("Nia Okoro")
    page.get_by_label("How are they reached?").fill("nia at example")
    go_on.click()
    expect(page.get_by_role("alert")).to_contain_text("One answer could not be used")
    page.get_by_label("How are they reached?").fill("nia@example.com")
    go_on.click()
    page.get_by_label("What is the role called?").fill("front desk")
    choose(page, "First", "Nia Okoro")
    go_on.click()
    page.get_by_label("How sure must it be to go on alone?").fill("90")
    choose(page, "From which level on does a human always decide?", "critical")
    go_on.click()
    choose(page, "Who is the last resort?", "Nia Okoro")
    go_on.click()
    expect(page.get_by_text("Nia Okoro is alone as front desk.")).to_be_visible()
    page.get_by_role("button", name="Save and go on to the table").click()
    page.get_by_role("button", name="Write the table").click()
    expect(page.get_by_role("status")).to_contain_text("Written")
    assert "agent: appointment_desk" in (tmp_path / "handraise.yaml").read_text("utf-8")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(
    browser: Browser, link: str, tmp_path: Path, scheme: str
) -> None:
    WorkbookFile(tmp_path / "handraise.yaml").keep(wholesaler(roles__1__expected="80"))
    context = browser.new_context(viewport=SIZES["desk"], color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(link)
    for path in PAGES:
        page.goto(f"{link.split('/open/')[0]}{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.set_viewport_size(SIZES["phone"])
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
        page.set_viewport_size(SIZES["desk"])
    context.close()
