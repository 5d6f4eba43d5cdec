"""Going live: what each agent rests on, who has accepted, what is waived, and what ends."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from handraise.clock import ManualClock
from handraise.model import Waiver
from handraise.service.wiring import Operation
from tests.support.signed import lines_of, sign
from tests.web.support import Desk
from tests.web.test_movement_pages import text_of
from tests.web.test_my_duties import draft_table

AGENT = "support-agent"


def going_live(desk: Desk, person: str) -> str:
    """Return the words of the page as somebody sees it."""
    page = desk.page("/going-live", desk.session(person))
    assert page.status_code == 200
    return text_of(page.text)


def notes(desk: Desk, person: str, path: str = "/") -> str:
    """Return the words above a page; empty where there are none."""
    page = desk.page(path, desk.session(person)).text
    found = re.search(r'<aside class="notes".*?</aside>', page, re.DOTALL)
    return unescape(" ".join(re.sub("<[^>]*>", " ", found[0]).split())) if found else ""


def waive(operation: Operation, *codes: str) -> None:
    """Let the owner sign for the current table, some lines of it waived."""
    sign(operation, operation.shelf.current(AGENT), waive=codes)


def test_what_is_live_and_by_whom_is_said(desk: Desk) -> None:
    words = going_live(desk, "priya")
    assert "Live Signed by Priya Raman just now" in words
    assert "Its people have the capacity No backtest of this version is kept" in words
    assert "handraise backtest HISTORY --keep" in words
    assert "Dana Reyes accepted contact verified" in words


def test_the_page_is_found_by_what_it_is_called(desk: Desk) -> None:
    for headers in ({}, desk.session("priya")):
        answer = desk.client.get("/live", headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (307, "/going-live")


def test_people_see_what_stands_and_not_what_the_owner_types(desk: Desk) -> None:
    words = going_live(desk, "dana")
    assert "Its people have the capacity" in words
    assert "handraise backtest" not in words
    assert "You sign with" not in words
    assert "order-agent" not in words


def test_nothing_is_above_the_pages_while_nothing_is_waived_or_ends(desk: Desk) -> None:
    assert notes(desk, "dana") == ""


def test_a_waiver_stands_above_every_page_and_loudly_on_its_own(
    desk: Desk, operation: Operation
) -> None:
    waive(operation, "capacity")
    for path in ("/", "/me", "/people", "/table"):
        assert "support-agent is live without proof of this, waived until" in notes(
            desk, "ines", path
        )
        assert notes(desk, "ines", path).endswith(": capacity. See why")
    words = going_live(desk, "ines")
    assert words.count("Waived by Priya Raman until") == 1, "said where it is, and nowhere else"
    assert "a test has no evidence of it" in words


def test_several_waivers_are_counted_above_every_page(desk: Desk, operation: Operation) -> None:
    waive(operation, "capacity", "drilled")
    assert re.fullmatch(
        r"support-agent is live with 2 proofs waived, until [^;]+\. See why", notes(desk, "ines")
    )
    assert going_live(desk, "ines").count("Waived by Priya Raman until") == 2


def test_the_end_is_told_above_the_pages_a_week_before(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    waive(operation, "capacity")
    clock.advance(days=82)
    assert "stops" not in notes(desk, "dana")
    clock.advance(days=2)
    assert "support-agent stops in 6 days" in notes(desk, "dana")
    clock.advance(days=7)
    assert "support-agent stops at every decision: its go-live record ended on" in notes(
        desk, "dana"
    )
    assert "Not live Its go-live record ended on" in going_live(desk, "priya")


def test_who_has_gone_is_said_while_others_remain(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    clock.advance(minutes=1)
    operation.roster.deactivate("dana", "priya")
    words = going_live(desk, "priya")
    assert "Dana Reyes has left." in words
    assert "Everybody can be reached Dana Reyes has left." in words
    assert "support-agent stops in" in notes(desk, "marc")


def test_who_can_be_reached_no_more_is_said_while_others_remain(
    desk: Desk, operation: Operation
) -> None:
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE contacts SET verified_at = NULL WHERE person = 'dana'")
    words = going_live(desk, "priya")
    assert "Live Signed by Priya Raman" in words
    assert "Dana Reyes has no verified contact any more." in words
    assert notes(desk, "marc").count("Dana Reyes has no verified contact any more") == 1


def test_a_version_that_waits_is_shown_with_who_must_accept_it(desk: Desk) -> None:
    draft_table(desk, "below: 0.72", "below: 0.8")
    words = going_live(desk, "priya")
    assert "The next version Version" in words
    assert "Dana Reyes, Marc Oyelaran have not answered yet." in words
    assert "You sign with handraise ready --as priya" in words
    assert "Dana Reyes you not asked yet contact verified answer it" in going_live(desk, "dana")


def test_the_last_drill_of_each_route_is_shown(desk: Desk, operation: Operation) -> None:
    drill = operation.drills.start(AGENT, "finance_lead", "priya")
    assert "Finance lead is under way Ines Duarte" in going_live(desk, "priya")
    found = operation.store.escalation(drill.escalation_id)
    assert found is not None
    operation.desk.answer(found.asks[0].id, "ines", kind="approve", digest=found.proposal_digest)
    operation.drills.settle()
    words = going_live(desk, "priya")
    assert "Finance lead answered by the person it went to after less than a minute" in words
    assert "The owner none yet" in words


def test_the_words_of_a_waiver_are_never_markup(desk: Desk, operation: Operation) -> None:
    now = operation.clock.now()
    evil = Waiver(
        line="capacity", by="priya", reason="<script>alert(1)</script>", at=now,
        until=now + timedelta(days=3),
    )  # fmt: skip
    table = operation.shelf.current(AGENT)
    operation.readiness.sign(table, lines_of(table, red=("capacity",)), "priya", [evil])
    page = desk.page("/going-live", desk.session("dana")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_strangers_are_sent_to_the_door(desk: Desk) -> None:
    answer = desk.client.get("/going-live")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fgoing-live")
