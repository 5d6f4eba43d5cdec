"""After an answer the page leads on: to what is due next, and back to the inbox one came from."""

from __future__ import annotations

import re
from html import unescape

from handraise.clock import ManualClock
from tests.web.support import Desk


def test_an_answer_leads_to_the_next_question_and_back(desk: Desk, clock: ManualClock) -> None:
    first = desk.stop(case="ticket-1")
    clock.advance(minutes=1)
    second = desk.stop(case="ticket-2", proposal={"refund": 75})
    session = desk.session("dana")
    listed = desk.page("/", session).text
    assert f'href="/escalations/{first.id}"' in listed

    page = desk.page(f"/escalations/{first.id}", session).text
    assert "Back to the inbox" not in page
    sent = desk.answer(first, session, "approve")
    assert sent.headers["location"] == f"/escalations/{first.id}#standing"
    page = unescape(desk.page(f"/escalations/{first.id}", session).text)
    (nav,) = re.findall('<nav class="onward".*?</nav>', page, re.DOTALL)
    assert f'href="/escalations/{second.id}"' in nav
    assert "Refund 75\xa0USD" in nav
    assert "15 minutes left to pick it up" in nav
    assert '<a class="big quiet" href="/">Back to the inbox</a>' in nav
    assert page.index("Approved") < page.index('<nav class="onward"')
    assert page.index('<nav class="onward"') < page.index("Why it stopped")

    desk.answer(second, session, "approve")
    page = desk.page(f"/escalations/{second.id}", session).text
    assert "Nothing else waits for you." in page
    assert "Next:" not in page


def test_the_inbox_one_came_from_is_kept_without_a_script(desk: Desk, clock: ManualClock) -> None:
    sure = desk.stop(case="ticket-1")
    clock.advance(minutes=1)
    strange = desk.stop(case="ticket-2", type="court_order")
    clock.advance(minutes=1)
    other = desk.stop(case="ticket-3", type="court_order")
    session = desk.session("dana")
    listed = unescape(desk.page("/?scope=routes&tag=new+situation", session).text)
    where = "?inbox=scope%3Droutes%26tag%3Dnew%2Bsituation"
    assert f'href="/escalations/{strange.id}{where}"' in listed
    assert sure.id not in listed

    page = unescape(desk.page(f"/escalations/{strange.id}{where}", session).text)
    kept = "scope=routes&tag=new+situation"
    assert f'name="inbox" value="{kept}"' in page
    fields = {"digest": strange.proposal_digest, "inbox": kept, "reason": "no"}
    ask = f"/asks/{strange.asks[0].id}"
    assert desk.post(f"{ask}/acknowledge", session, **fields).headers["location"].endswith(where)
    change = {"kind": "change", **fields, "proposal.refund": "30"}
    assert f'name="inbox" hidden>\n{kept}<' in unescape(
        desk.post(f"{ask}/preview", session, **change).text
    )
    sent = desk.post(f"{ask}/answer", session, kind="reject", **fields)
    assert sent.headers["location"] == f"/escalations/{strange.id}{where}#standing"
    page = unescape(desk.page(f"/escalations/{strange.id}{where}", session).text)
    assert f'href="/escalations/{other.id}{where}"' in page
    assert f'href="/?{kept}">Back to the inbox' in page

    desk.answer(other, session, "approve", inbox=kept)
    page = unescape(desk.page(f"/escalations/{other.id}{where}", session).text)
    assert f'href="/escalations/{sure.id}{where}"' in page  # the filter leaves nothing more


def test_an_inbox_that_is_none_leads_to_the_first_page(desk: Desk) -> None:
    done = desk.stop()
    session = desk.session("dana")
    desk.answer(done, session, "approve")
    for said in ("https%3A%2F%2Fexample.com", "scope%3Dmoon%26x%3D%22%3E", "%00" * 2_000):
        page = desk.page(f"/escalations/{done.id}?inbox={said}", session).text
        assert '<a class="big quiet" href="/">Back to the inbox</a>' in page


def test_the_page_says_the_deadline_that_comes_first_as_the_inbox_does(
    desk: Desk, clock: ManualClock
) -> None:
    asked = desk.stop()
    session = desk.session("dana")
    clock.advance(minutes=2)
    assert "13 minutes left to pick it up" in desk.page("/", session).text

    page = unescape(desk.page(f"/escalations/{asked.id}", session).text)
    assert 'href="#answer">Answer <span class="about">pick it up within 13 minutes</span>' in page
    head = re.sub(r"<[^>]+>", "", page[page.index('class="deciders"') :])
    assert "You pick it up for support supervisor by today 15:05 (in 13 minutes)" in head
    assert "and decide by today 18:50" in head
    assert "<strong>13 minutes left</strong> to pick it up" in page
    assert re.search(r"answer by <time[^>]*>today 18:50</time>", page)
    page = unescape(desk.page(f"/escalations/{asked.id}", desk.session("marc")).text)
    assert 'Answer <span class="about">4 hours left</span>' in page  # to pick it up is not his

    clock.advance(minutes=14)
    page = unescape(desk.page(f"/escalations/{asked.id}", session).text)
    assert 'Answer <span class="about">not picked up in time</span>' in page
    assert "<strong>Overdue by 1 minute</strong> to pick it up" in page

    desk.post(f"/asks/{asked.asks[0].id}/acknowledge", session)
    page = unescape(desk.page(f"/escalations/{asked.id}", session).text)
    assert 'Answer <span class="about">3 hours left</span>' in page
    assert "<strong>3 hours left</strong> to decide" in page
    assert "You decide for support supervisor" in page


def test_after_the_last_drill_comes_what_really_waits_and_never_nothing(desk: Desk) -> None:
    real, other = desk.stop(case="ticket-1"), desk.stop(case="ticket-2")
    drills = desk.operation.drills
    first, second = (
        desk.operation.desk.escalation(
            drills.start("support-agent", "support_supervisor", "priya", "dana").escalation_id,
            "dana",
        )
        for _ in range(2)
    )
    session = desk.session("dana")

    def led_on(inbox: str) -> str:
        where = f"?inbox={inbox.replace('=', '%3D')}" if inbox else ""
        done = desk.page(f"/escalations/{done_with.id}{where}", session).text
        (nav,) = re.findall('<nav class="onward".*?</nav>', unescape(done), re.DOTALL)
        return nav

    done_with = first  # whatever inbox the form names: drill or real is of the escalation itself
    desk.answer(done_with, session, "approve", inbox="scope=all")
    assert f"/escalations/{second.id}" in led_on("scope=all")
    assert f"/escalations/{second.id}?inbox=state%3Dpractice" in led_on("state=practice")
    done_with = second
    desk.answer(done_with, session, "approve", inbox="state=practice")
    nav = led_on("state=practice")
    assert f'href="/escalations/{real.id}"' in nav  # from there on it is the real inbox
    assert 'href="/?state=practice">Back to the inbox' in nav
    done_with = real
    desk.answer(done_with, session, "approve", inbox="state=practice")
    assert f"/escalations/{other.id}" in led_on("state=practice")
    done_with = other
    desk.answer(done_with, session, "approve")
    assert "Nothing else waits for you." in led_on("")
