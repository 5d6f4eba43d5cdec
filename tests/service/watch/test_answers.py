"""Nobody differs, or nobody can have read: what a route's and a row's answers say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handraise.core.monitor.people import Answered
from handraise.core.monitor.signals import Signal
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.service.watch.answers import (
    NOBODY_READS,
    ROW_STOPS_TOO_MUCH,
    Read,
    agreeing_signals,
    unread_signals,
)
from handraise.store.figures import AnswerCount
from tests.support.story import TABLE

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STARTED = NOW - timedelta(days=20)
SUPPORT = "support_supervisor"


@pytest.fixture(scope="module")
def table() -> Table:
    found = read(TABLE, "handraise.yaml").table
    assert found is not None
    return found


class Counted:
    """A store that has counted some answers."""

    def __init__(self, *counts: AnswerCount) -> None:
        self.counts = list(counts)

    def answer_counts(self, *_: Any, since: datetime) -> list[AnswerCount]:
        self.since = since
        return self.counts


def count(answers: int, approvals: int, *rows: str, route: str = SUPPORT) -> AnswerCount:
    return AnswerCount(rows=rows, route=route, answers=answers, approvals=approvals)


def answer(number: int, by: str, **fields: Any) -> Answered:
    at = NOW - timedelta(hours=number)
    return Answered(
        **{
            "escalation_id": f"e{number}",
            "ask_id": f"e{number}.1",
            "version": "v1",
            "route": SUPPORT,
            "rows": ("confidence.1",),
            "by": by,
            "holder": by,
            "kind": "approve",
            "created_at": at,
            "assigned_at": at,
            "acknowledged_at": None,
            "decide_due_at": at,
            "at": at,
            **fields,
        }
    )


def given(*people: str, fast: int = 0, many: int = 24, **fields: Any) -> Read:
    """Return what so many approvals by turns say, of which the last were too fast."""
    answers = tuple(answer(n, people[n % len(people)], **fields) for n in range(many))
    return Read(
        answers=answers,
        had={one.ask_id: 2.0 for one in answers},
        words={one.escalation_id: 100 for one in answers},
        fast=frozenset(one.ask_id for one in answers[:fast]),
    )


def agreeing(table: Table, read: Read, *counts: AnswerCount) -> list[Signal]:
    store: Any = Counted(*counts)
    return list(agreeing_signals(store, table, read, STARTED, NOW))


def unread(table: Table, read: Read) -> list[Signal]:
    return list(unread_signals(table, read, STARTED, NOW))


def test_a_row_that_nobody_ever_differs_on_stops_too_much(table: Table) -> None:
    row, route = agreeing(table, given("dana", "marc"), count(900, 899, "confidence.1"))

    assert (row.subject, route.subject) == ("row confidence.1", f"route {SUPPORT}")
    assert row.sentence.startswith(
        "People differed from the agent in 1 of 900 answers to what the first "
        "confidence row (confidence.1) stopped"
        " (surely in fewer than 1."
    )
    assert (row.means, row.about, row.since) == (ROW_STOPS_TOO_MUCH, None, STARTED)


def test_where_it_is_not_read_that_people_agree_says_nothing(table: Table) -> None:
    row, _ = agreeing(table, given("dana", "marc", fast=12), count(900, 900, "confidence.1"))

    assert row.means == NOBODY_READS
    assert row.lines == ("Of 24 approvals in the last weeks 12 came faster than they can be read.",)


@pytest.mark.parametrize("counted", [(99, 99), (250, 250), (900, 870)])
def test_few_answers_and_some_that_differ_say_nothing(
    table: Table, counted: tuple[int, int]
) -> None:
    assert agreeing(table, given("dana", "marc"), count(*counted, "confidence.1")) == []


def test_answers_count_for_the_rows_that_led_to_their_route(table: Table) -> None:
    both = ("confidence.1", "consequence.1")
    found = agreeing(
        table,
        given("dana", "marc"),
        count(900, 900, *both, route=SUPPORT),
        count(900, 600, *both, route="finance_lead"),
        count(900, 900, "fault", route="owner"),
    )

    assert [one.subject for one in found] == ["row confidence.1", f"route {SUPPORT}"]


def test_what_one_person_alone_answered_is_about_that_person(table: Table) -> None:
    found = agreeing(table, given("dana"), count(900, 900, "confidence.1"))

    assert {one.about for one in found} == {"dana"}


def test_what_was_answered_before_on_a_route_with_one_person_is_about_them_too(
    table: Table,
) -> None:
    nothing_new = Read(answers=(), had={}, words={}, fast=frozenset())
    counted = count(900, 900, "consequence.1", route="finance_lead")

    assert {one.about for one in agreeing(table, nothing_new, counted)} == {"ines"}
    two = agreeing(table, nothing_new, count(900, 900, "confidence.1"))
    assert {one.about for one in two} == {None}


def test_approvals_that_are_too_fast_are_told_of_the_route_and_of_each_person(
    table: Table,
) -> None:
    route, dana, marc = unread(table, given("dana", "marc", fast=48, many=48))

    assert (route.about, dana.about, marc.about) == (None, "dana", "marc")
    assert (route.examples, dana.examples) == ((), ("e42", "e44", "e46"))
    assert dana.sentence.startswith("24 of 24 approvals by Dana Reyes came faster")


def test_somebody_who_is_on_no_table_any_more_is_told_of_by_their_id(table: Table) -> None:
    _, gone = unread(table, given("gone", fast=24))

    assert "approvals by gone" in gone.sentence


def test_a_share_that_is_not_surely_more_than_a_fifth_is_nobodys_fault(table: Table) -> None:
    assert unread(table, given("dana", fast=8)) == []


def test_what_was_approved_before_the_table_was_in_force_does_not_count(table: Table) -> None:
    old = NOW - timedelta(days=21)

    assert unread(table, given("dana", fast=24, at=old)) == []
