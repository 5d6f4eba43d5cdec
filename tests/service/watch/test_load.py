"""Deadlines, what waits and how much each holds: told from plain limits on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handraise.core.duty import Directory
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.model import PersonState
from handraise.service.watch.load import (
    Week,
    backlog_signals,
    capacity_signals,
    late_signals,
)
from handraise.store.figures import Drained, Missed, OpenAsks
from tests.service.watch.test_answers import answer
from tests.support.story import TABLE

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUPPORT, FINANCE = "support_supervisor", "finance_lead"
LIMITED = TABLE.replace('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 4 a day')
LIMITED = LIMITED.replace(
    '"mailto:marc@example.com"', '"mailto:marc@example.com", capacity: 2 open'
)


def table_of(text: str) -> Table:
    found = read(text, "handraise.yaml").table
    assert found is not None
    return found


class Counted:
    """A store that has counted what waits, what ended and what was missed."""

    def __init__(self, *counted: OpenAsks | Drained | Missed) -> None:
        self.waits = [one for one in counted if isinstance(one, OpenAsks)]
        self.ended = [one for one in counted if isinstance(one, Drained)]
        self.missed = [one for one in counted if isinstance(one, Missed)]

    def open_by_route(self, agent: str, older_than: Any, *, since: datetime) -> list[OpenAsks]:
        assert older_than[SUPPORT] == NOW - timedelta(hours=4)
        return self.waits

    def oldest_open(self, agent: str, route: str) -> list[str]:
        return ["e1"]

    def drained(self, agent: str, *, since: datetime) -> list[Drained]:
        return self.ended

    def missed_deadlines(self, agent: str, *, since: datetime) -> list[Missed]:
        return self.missed


def waits(count: int, **fields: Any) -> OpenAsks:
    return OpenAsks(
        **{
            "route": SUPPORT,
            "count": count,
            "oldest_at": NOW - timedelta(hours=6),
            "overdue": 0,
            "with_owner": 0,
            "fresh": count,
            **fields,
        }
    )


def missed(number: int, route: str = SUPPORT, person: str = "dana") -> Missed:
    return Missed(
        ask_id=f"e{number}.1", escalation_id=f"e{number}", route=route, person=person, at=NOW
    )


def week(*counted: Any, answers: Any = (), text: str = TABLE) -> tuple[Any, Week]:
    store: Any = Counted(*counted)
    return store, Week(store, table_of(text), answers, NOW)


def directory(**states: PersonState) -> Directory:
    people = dict.fromkeys(("dana", "marc", "ines", "priya"), PersonState())
    return Directory(owner="priya", states={**people, **states})


def test_a_route_that_misses_more_than_a_tenth_of_its_deadlines_is_told() -> None:
    late = answer(9, "marc", decide_due_at=NOW - timedelta(days=1))
    ended = Drained(route=SUPPORT, ended=20, fresh=20)
    _, found = week(missed(1), missed(1), missed(2), ended, waits(4), answers=[late])

    (signal,) = late_signals(found)

    assert signal.sentence == (
        "3 of 24 questions to support_supervisor went past a deadline in the last 7 days (12 %)."
    )
    assert signal.lines == (
        "To be picked up within 15m, decided within 4h.",
        "Told from 3 questions, and more than 10 %, on.",
    )
    assert (signal.examples, signal.about) == (("e1", "e2", "e9"), None)


@pytest.mark.parametrize(("past", "ended"), [(2, 2), (3, 30)])
def test_two_and_a_tenth_are_not_told(past: int, ended: int) -> None:
    counted = [missed(number) for number in range(past)]
    _, found = week(*counted, Drained(route=SUPPORT, ended=ended, fresh=0))

    assert list(late_signals(found)) == []


def test_deadlines_of_a_route_with_one_person_are_about_that_person() -> None:
    counted = [missed(number, FINANCE, "ines") for number in range(3)]
    _, found = week(*counted, Drained(route=FINANCE, ended=3, fresh=3))

    (signal,) = late_signals(found)

    assert signal.about == "ines"


def test_what_waits_longer_than_there_is_to_decide_is_told_with_where_it_leads() -> None:
    store, found = week(
        waits(40, overdue=31, with_owner=2, fresh=20), Drained(route=SUPPORT, ended=105, fresh=50)
    )

    (signal,) = backlog_signals(store, found)

    assert signal.sentence == (
        "40 questions to support_supervisor wait, the oldest for 6 hours; 31 for longer than the"
        " 4h there are to decide."
    )
    assert signal.lines == (
        "In the last 7 days 70 came and 105 ended: at this pace it is empty in 8 days.",
        "With the owner as the last resort: 2.",
    )
    assert signal.since == NOW - timedelta(hours=2)
    assert signal.examples == ("e1",)


def test_what_waits_for_one_person_alone_is_about_them() -> None:
    store, found = week(waits(4, route=FINANCE, overdue=3), waits(4, overdue=3))

    told = {one.subject: one.about for one in backlog_signals(store, found)}

    assert told == {f"route {SUPPORT}": None, f"route {FINANCE}": "ines"}


def test_what_grows_is_told_before_it_is_late() -> None:
    store, found = week(waits(20), Drained(route=SUPPORT, ended=50, fresh=41))

    (signal,) = backlog_signals(store, found)

    assert signal.since is None
    assert "61 came and 50 ended: it grows by 2 a day." in signal.lines[0]


@pytest.mark.parametrize(
    "counted",
    [
        [waits(2, overdue=2)],
        [waits(19)],
        [waits(400, oldest_at=NOW - timedelta(minutes=59))],
        [waits(20), Drained(route=SUPPORT, ended=50, fresh=40)],
        [waits(40, route="owner", overdue=9)],
    ],
)
def test_a_little_that_waits_is_not_told(counted: list[Any]) -> None:
    store, found = week(*counted)

    assert list(backlog_signals(store, found)) == []


def test_who_has_more_than_they_take_is_told_of_to_them_and_the_owner() -> None:
    _, found = week(text=LIMITED)
    states = directory(dana=PersonState(asks_today=5), marc=PersonState(open_asks=3))

    dana, marc = capacity_signals(found, states)

    assert (dana.subject, dana.about) == ("person dana", "dana")
    assert dana.sentence == "Dana Reyes has 5 questions of today; they take 4 a day."
    assert marc.sentence == "Marc Oyelaran has 3 open questions; they take 2 open."


def test_a_route_on_which_everybody_there_is_full_is_told_once_the_owner_has_three() -> None:
    full = {"dana": PersonState(asks_today=4), "marc": PersonState(open_asks=2)}
    _, found = week(waits(3, with_owner=3), text=LIMITED)

    (signal,) = capacity_signals(found, directory(**full))

    assert (signal.subject, signal.about) == (f"route {SUPPORT}", None)
    assert "3 of its questions are with the owner" in signal.sentence
    assert signal.lines == ("2 of 2 people on it are there.",)

    _, fewer = week(waits(3, with_owner=2), text=LIMITED)
    assert list(capacity_signals(fewer, directory(**full))) == []


def test_a_route_with_room_or_with_nobody_is_not_full() -> None:
    _, found = week(waits(3, with_owner=3), text=LIMITED)
    room = directory(dana=PersonState(asks_today=4))
    nobody = directory(dana=PersonState(away=True), marc=PersonState(active=False))

    assert list(capacity_signals(found, room)) == []
    assert list(capacity_signals(found, nobody)) == []
