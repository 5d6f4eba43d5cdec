"""The page of figures: what it says, who sees what, its pictures and its CSV."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from html import unescape

import pytest

from handraise.clock import ManualClock
from handraise.service.plots.drawing import missing, warm_up
from handraise.service.rehearsing.cases import exercise_cases
from tests.web.support import BIG, SURE, Desk
from tests.web.test_movement_pages import text_of

PATH = "/figures?agent=support-agent&period=24h"


def words(desk: Desk, person: str, path: str = PATH) -> str:
    """Return the words of the page as somebody sees it."""
    page = desk.page(path, desk.session(person))
    assert page.status_code == 200
    return text_of(page.text)


def decided(desk: Desk, clock: ManualClock) -> None:
    """Let ten decisions be made, of which three stop, and two of these be answered."""
    gate = desk.operation.gates["support-agent"]
    for number in range(7):
        gate.decide(**{**SURE, "case": f"sure-{number}"})
    first = desk.stop(case="a")
    second = desk.stop(case="b")
    desk.stop(**BIG, case="c")
    desk.operation.recorder.flush()
    clock.advance(minutes=10)
    for one, kind in ((first, "approve"), (second, "reject")):
        digest = one.proposal_digest
        desk.operation.desk.answer(one.asks[0].id, "dana", kind=kind, digest=digest, reason="no")
        clock.advance(minutes=20)
    desk.operation.worker.tick()


def test_an_operation_of_which_nothing_is_known_yet_says_so(desk: Desk) -> None:
    said = words(desk, "dana")
    assert "No decisions in the last 24 hours." in said
    assert "Nothing waits, and nothing came in the last 24 hours." in said
    assert "You answered nothing in the last 24 hours." in said
    assert "/figures/" not in desk.page(PATH, desk.session("dana")).text


def test_each_figure_says_its_latest_values_in_words(desk: Desk, clock: ManualClock) -> None:
    decided(desk, clock)
    said = words(desk, "priya")
    for sentence in (
        "3 of 10 decisions (30 %) in the last 24 hours. This hour so far: no decisions.",
        "Not sure enough stopped most: 2 of 10 decisions (20 %).",
        "Support supervisor stopped most: 2 of 10 decisions (20 %).",
        "Refund request stopped most: 3 of 10 decisions (30 %).",
        "1 open ask waits now on finance lead. 3 came in the last 24 hours",
        "The oldest waits for 50 minutes now.",
        "Half was answered within 20 minutes, nine of ten within 30 minutes; the mean is 20 minutes"
        " (2 questions, the last 24 hours).",
        "1 of 2 answers (50 %) in the last 24 hours.",
        "1 deadline passed without the person who had it, in the last 24 hours.",
        "2 escalations ended in the last 24 hours",
    ):
        assert sentence in said


def test_a_figure_is_a_picture_and_a_table_and_rows(desk: Desk, clock: ManualClock) -> None:
    decided(desk, clock)
    session = desk.session("priya")
    rows = desk.page("/figures/stopped.csv?agent=support-agent&period=24h", session)
    assert rows.headers["Content-Disposition"] == 'attachment; filename="stopped.csv"'
    assert rows.content.startswith(b"\xef\xbb\xbf")  # spreadsheets on Windows need it
    lines = rows.content.decode("utf-8-sig").splitlines()
    assert lines[0] == '"from","to","stopped","decisions","share"'
    assert len(lines) == 25
    assert lines[-2].endswith('+00:00",3,10,0.3')
    if missing():
        pytest.skip("plots are not drawn here")
    shown = re.findall(r'<img src="(/figures/[^"]+)"', desk.page(PATH, session).text)
    assert len(shown) == 15
    for address in shown[:1] + shown[-1:]:
        drawn = desk.page(unescape(address), session)
        assert drawn.headers["Content-Type"] == "image/svg+xml"
        assert "<text" in drawn.text
    assert desk.page("/figures/nothing.svg?agent=support-agent", session).status_code == 404
    assert desk.page("/figures?agent=support-agent&period=1y", session).status_code == 404


def test_nobody_else_sees_the_figures_of_an_agent(desk: Desk) -> None:
    for path in (PATH, "/figures/stopped.svg?agent=support-agent"):
        assert desk.page(path, desk.session("olga")).status_code == 403


def test_thresholds_are_told_with_what_was_promised_and_seen(desk: Desk) -> None:
    said = words(desk, "dana", "/thresholds?agent=support-agent")
    assert "every type stops below 0.72 goes to support supervisor" in said
    assert "No calibration lies beside the table" in said
    assert "What audits and outcomes say now" in said
    assert "Nothing is advised" in said
    assert desk.page("/thresholds?agent=support-agent", desk.session("olga")).status_code == 403


def test_which_agent_is_looked_at_is_kept_from_page_to_page(desk: Desk) -> None:
    session = desk.session("priya")
    for path in ("watch", "figures", "audits", "situations", "thresholds", "going-live"):
        page = desk.page(f"/{path}?agent=support-agent", session).text
        [tabs] = re.findall(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
        led = [unescape(one) for one in re.findall(r'href="([^"]+)"', tabs)]
        assert len(led) > 3
        assert all(one.endswith("?agent=support-agent") for one in led), path
    for path in ("audits", "going-live"):
        assert desk.page(f"/{path}?agent=order-agent", desk.session("dana")).status_code == 403
        every = desk.page(f"/{path}", session).text
        assert f'href="/{path}"' in every


def test_the_exercises_of_a_team_are_listed(desk: Desk) -> None:
    path = "/rehearsals?agent=support-agent"
    assert "There was none yet" in words(desk, "dana", path)
    cases = exercise_cases(desk.operation.shelf.newest("support-agent").tests)
    found = desk.operation.rehearsals.start(
        "support-agent", "priya", cases, source="tests", lasts=timedelta(minutes=30)
    )
    page = desk.page(path, desk.session("marc")).text
    assert f'href="/rehearsals/{found.id}"' in page
    assert "waits for you" in text_of(page)
    assert desk.page(path, desk.session("olga")).status_code == 403


def test_how_sure_the_agent_was_is_drawn_with_the_threshold(desk: Desk, clock: ManualClock) -> None:
    path, session = "/thresholds?agent=support-agent", desk.session("dana")
    said = words(desk, "dana", path)
    assert "This version has judged nothing of this row's yet." in said
    assert "Nothing that went ahead by this version was found right or wrong yet." in said
    assert "/thresholds/" not in desk.page(path, session).text

    decided(desk, clock)
    assert "Of the newest 10 decisions this row stopped 2 (20 %)." in words(desk, "dana", path)
    sent = desk.page("/thresholds/row-1.csv?agent=support-agent", session).content
    rows = sent.decode("utf-8-sig").splitlines()
    assert rows[0] == '"from","to","stopped","passed"'
    assert (len(rows), sum(int(row.split(",")[2]) for row in rows[1:])) == (21, 2)
    if missing():
        pytest.skip("plots are not drawn here")
    [address] = re.findall(r'<img src="(/thresholds/[^"]+)"', desk.page(path, session).text)
    assert "stops below 0.72" in desk.page(unescape(address), session).text
    for name in ("row-2.svg", "right.svg", "nothing.csv"):
        found = desk.page(f"/thresholds/{name}?agent=support-agent", session)
        assert found.status_code == 404


def test_what_draws_is_imported_in_the_background() -> None:
    thread = warm_up()
    assert (thread is None) == bool(missing())
    if thread is not None:
        assert thread.daemon
        thread.join()
        assert "altair" in sys.modules
