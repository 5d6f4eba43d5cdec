"""The Watch page: what is wrong, who may see it, who may take it, what is not watched."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.model import Promise
from handraise.service.wiring import Operation
from tests.support.watched import AGENT, LITTLE, OF_DANA, SLOW, FakeWatcher
from tests.web.support import SURE, UNSURE, Desk
from tests.web.test_movement_pages import text_of

PATH = f"/watch?agent={AGENT}"


def find(operation: Operation, clock: ManualClock, *signals: object) -> None:
    """Let the watch find some signals."""
    watcher = FakeWatcher(*signals, kinds=["too_little", "late", "unread"])  # type: ignore[arg-type]
    operation.watch.watchers = (watcher,)
    clock.advance(minutes=1)
    operation.watch.look()


def words(desk: Desk, person: str, path: str = PATH) -> str:
    """Return the words of the page as somebody sees it."""
    page = desk.page(path, desk.session(person))
    assert page.status_code == 200
    return text_of(page.text)


def to_take(desk: Desk, person: str) -> str:
    """Return how many alarms the head of a page says there are to take; empty for none.

    The tab says it beside the others of its section, and the section on every page.
    """
    session = desk.session(person)
    tab = re.search(r'>(\d+)<span class="hidden"> to take', desk.page("/watch", session).text)
    section = re.search(r'id="waiting-watch">(\d+)<', desk.page("/", session).text)
    assert bool(tab) == bool(section)
    assert not (tab and section) or tab[1] == section[1]
    return tab[1] if tab else ""


def decide(operation: Operation, clock: ManualClock, sure: int, unsure: int) -> None:
    """Let the agent decide, some of it alone."""
    gate = operation.gates[AGENT]
    for number in range(sure):
        gate.decide(**{**SURE, "case": f"sure-{number}"})
    for number in range(unsure):
        gate.decide(**{**UNSURE, "case": f"unsure-{number}"})
    operation.recorder.flush()
    clock.advance(minutes=1)
    operation.worker.tick()


def test_an_operation_that_nobody_watches_says_so(desk: Desk) -> None:
    assert "Nobody watches: no worker looks at what happens." in words(desk, "dana")


def test_an_operation_in_which_nothing_is_wrong_says_so(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock)
    said = words(desk, "dana")
    assert "Nothing is wrong so far; with 0 decisions it is too early to say more." in said
    assert "What is not watched" in said
    assert "handraise backtest HISTORY --keep" in said


def test_an_alarm_is_told_with_what_it_means_and_who_has_it(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, LITTLE, SLOW)
    said = words(desk, "dana")
    assert "2 alarms." in said
    assert said.index("Oversight mistakes may pass unseen") < said.index("People those who")
    assert "Row confidence.1 stops 3.1 % (2.2-4.3 %) instead of 11.9 %." in said
    assert "Its confidence may be inflated" in said
    assert "type refund_request: 12 instead of 61 of 400" in said
    assert "Nobody has it yet." in said
    assert "I have it" not in said


def test_what_is_about_a_person_is_seen_by_them_and_the_owner(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, OF_DANA)
    for person in ("dana", "priya"):
        assert "31 of 40 approvals" in words(desk, person)
    for person in ("marc", "ines"):
        said = words(desk, person)
        assert "31 of 40" not in said
        assert "One alarm is about a person: they and the owner see it." in said
        assert "1 alarm, about a person and not shown here." in said


def test_the_people_of_another_table_see_nothing(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, LITTLE)
    for path in (PATH, "/watch/rates.csv?agent=support-agent", "/watch/rates.svg?agent=x"):
        assert desk.page(path, desk.session("olga")).status_code == 403
    assert "order-agent" in words(desk, "olga", "/watch")


def test_the_owner_takes_an_alarm(desk: Desk, operation: Operation, clock: ManualClock) -> None:
    find(operation, clock, LITTLE)
    (alarm,) = operation.store.alarms(AGENT)
    session = desk.session("priya")
    assert to_take(desk, "priya") == "1"
    assert to_take(desk, "dana") == ""
    answer = desk.post(f"/watch/{alarm.id}/acknowledge", session)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/watch?agent=support-agent&done=taken",
    )
    said = words(desk, "priya", answer.headers["Location"])
    assert "You have it. You are told again in a week" in said
    assert "1 alarm, 1 taken or put off." in said
    assert "You have it since today" in said
    assert "Priya Raman has it since today" in words(desk, "dana")
    assert to_take(desk, "priya") == ""


def test_the_owner_puts_an_alarm_off(desk: Desk, operation: Operation, clock: ManualClock) -> None:
    find(operation, clock, LITTLE)
    (alarm,) = operation.store.alarms(AGENT)
    answer = desk.post(f"/watch/{alarm.id}/snooze", desk.session("priya"), **{"for": "3 days"})
    assert answer.status_code == 303
    (alarm,) = operation.store.alarms(AGENT)
    assert alarm.snoozed_until == clock.now() + timedelta(days=3)
    assert "Put off by you until" in words(desk, "priya")


@pytest.mark.parametrize(("person", "status"), [("dana", 403), ("olga", 403)])
def test_nobody_else_takes_an_alarm(
    desk: Desk, operation: Operation, clock: ManualClock, person: str, status: int
) -> None:
    find(operation, clock, LITTLE)
    (alarm,) = operation.store.alarms(AGENT)
    session = desk.session(person)
    assert desk.post(f"/watch/{alarm.id}/acknowledge", session).status_code == status
    snoozed = desk.post(f"/watch/{alarm.id}/snooze", session, **{"for": "a day"})
    assert snoozed.status_code == status
    (alarm,) = operation.store.alarms(AGENT)
    assert (alarm.state, alarm.snoozed_until) == ("open", None)


def test_what_is_no_choice_or_no_alarm_is_refused(desk: Desk) -> None:
    session = desk.session("priya")
    assert desk.post("/watch/nothing/acknowledge", session).status_code == 404
    assert desk.post("/watch/nothing/snooze", session, **{"for": "ever"}).status_code == 422


def test_an_example_that_went_ahead_has_no_page_and_is_named_by_its_case(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    decide(operation, clock, sure=1, unsure=1)
    records = operation.store.recent_decisions(AGENT, limit=2)
    went, stopped = sorted(records, key=lambda one: one.case or "")
    find(
        operation,
        clock,
        replace(LITTLE, examples=(went.id, str(stopped.escalation_id), "forgotten")),
    )
    page = desk.page(PATH, desk.session("dana")).text
    assert "<bdi>sure-0</bdi>" in page
    assert f'href="/escalations/{stopped.escalation_id}">example 2</a>.' in page
    assert went.id not in page


def test_while_there_is_little_data_the_table_beside_the_plot_stands_open(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    decide(operation, clock, sure=2, unsure=1)
    page = desk.page(PATH, desk.session("dana")).text
    assert re.search(r'<details class="fold" open>\s*<summary>The same as a table', page)
    assert re.search(r'<img [^>]*alt="The share[^>]*width="660" height="240"', page)
    assert "Every bar begins at 0 % and ends at" in page


def test_what_was_over_lately_is_listed(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, LITTLE)
    find(operation, clock, LITTLE)
    find(operation, clock)
    operation.watch.watchers[0].found = ()  # type: ignore[attr-defined]
    clock.advance(minutes=1)
    operation.watch.look()
    said = words(desk, "dana")
    assert "Over in the last week, or no longer looked at Row confidence.1 stops" in said
    assert "It was over just now (today 14:54), after 3 minutes; it began today 14:51." in said


def test_rates_stand_beside_their_promise_as_a_bar_a_table_and_csv(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    table = operation.shelf.current(AGENT)
    promise = Promise(
        agent=AGENT,
        version=table.version,
        at=clock.now(),
        decisions=1_000,
        stopped=119,
        rows={"confidence.1": 100, "consequence.1": 9, "novelty.1": 10},
        conditions={"confidence": 100, "consequence": 9, "novelty": 10},
        routes={"support_supervisor": 110, "finance_lead": 9},
        types={"refund_request": (1_000, 119)},
        first=None,
        last=None,
    )
    operation.store.save_promise(promise)
    decide(operation, clock, 18, 2)
    said = words(desk, "dana")
    assert "All decisions no change found" in said
    assert "10 % (1.2–32 %) of 20, last week; promised 12 % (10–14 %) of 1,000" in said
    assert "A backtest promised 10 % to 14 %." in said
    assert "condition confidence" not in said.lower()  # one row alone makes it up
    csv = desk.page("/watch/rates.csv?agent=support-agent", desk.session("dana")).content
    head, line = csv.decode("utf-8-sig").split()
    assert head == '"from","stopped","decisions","share","low","high"'
    assert line.split(",")[1:4] == ["2", "20", "0.1"]
    svg = desk.page("/watch/rates.svg?agent=support-agent", desk.session("dana"))
    assert (svg.status_code, svg.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "promised" in svg.text


def test_nothing_is_plotted_before_the_first_decision(desk: Desk) -> None:
    answer = desk.page("/watch/rates.svg?agent=support-agent", desk.session("dana"))
    assert answer.status_code == 404


def test_figures_that_cannot_be_read_hide_no_alarm(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, LITTLE)

    def broken(agent: str) -> None:
        raise ZeroDivisionError(agent)

    operation.rates.rates = broken  # type: ignore[assignment,method-assign]
    said = words(desk, "dana")
    assert "Row confidence.1 stops 3.1 %" in said
    assert "How often it stops: the figures cannot be read now." in said


def test_hostile_words_of_a_type_stay_words(
    desk: Desk, operation: Operation, clock: ManualClock
) -> None:
    find(operation, clock, replace(LITTLE, lines=("<script>alert(1)</script>\u202e",)))
    page = desk.page(PATH, desk.session("dana")).text
    assert "<script" not in re.sub(r"<script src[^>]*>", "", page)
    assert "[U+202E]" in unescape(page)
