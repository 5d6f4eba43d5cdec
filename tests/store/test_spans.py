"""For how long asks were open: a row each time, kept with every move of a real life."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from handraise.errors import AlreadyAnsweredError
from handraise.store import Store
from handraise.store.schema import ask_spans
from handraise.store.spans import EndedSpan, Flow, Standing
from tests.store.records import AGENT, NOW, after, approval, make_escalation, make_record
from tests.store.test_at_once import all_at_once
from tests.support.lives import Life

LATER = after(days=30)
FINANCE, SUPPORT = "finance_lead", "support_supervisor"


class Kept:
    """A life whose every move is kept in a store."""

    def __init__(self, store: Store, *routes: str) -> None:
        self.store = store
        self.life = Life(*routes, now=NOW)
        move = self.life.move
        assert move is not None
        record = make_record(move.escalation)
        assert store.create_escalation(record, move.escalation, list(move.events), []) is None

    def keep(self, *, together: bool = False) -> None:
        """Keep the last move of the life; `together` as the worker does for many."""
        move = self.life.move
        assert move is not None
        if together:
            self.store.change_many(["e1"], lambda _: (move, []))
        else:
            self.store.change("e1", lambda _: (move, []))


def all_there_was(store: Store) -> Flow:
    return store.flow(AGENT, NOW, LATER)


def span(route: str, asked_at: datetime, ended_at: datetime, **fields: object) -> EndedSpan:
    told = {"conditions": ("consequence",), "picked_up_at": None, "answer": None, "by": None}
    return EndedSpan(route=route, asked_at=asked_at, ended_at=ended_at, **{**told, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("together", [False, True])
def test_an_ask_is_open_from_when_it_is_put_until_it_is_answered(
    any_store: Store, together: bool
) -> None:
    kept = Kept(any_store, FINANCE)
    assert all_there_was(any_store) == Flow(came={FINANCE: 1}, ended=(), missed=(), outcomes={})

    kept.life.now = after(minutes=5)
    kept.life.acknowledge("ines")
    kept.keep(together=together)
    kept.life.now = after(minutes=12)
    kept.life.answer("ines")
    kept.keep(together=together)

    had = {"picked_up_at": after(minutes=5), "answer": "approve", "by": "ines"}
    found = all_there_was(any_store)
    assert found.ended == (span(FINANCE, NOW, after(minutes=12), **had),)
    assert found.outcomes == {"approved": 1}


def test_who_answers_at_once_had_it_then(any_store: Store) -> None:
    kept = Kept(any_store, FINANCE)
    kept.life.now = after(minutes=3)
    kept.life.answer("ines", "instruct")
    kept.keep()

    [only] = all_there_was(any_store).ended
    assert (only.picked_up_at, only.answer) == (after(minutes=3), "instruct")


def test_an_ask_that_is_asked_again_begins_another_and_the_first_stays_as_it_was(
    any_store: Store,
) -> None:
    kept = Kept(any_store, SUPPORT, FINANCE)
    for minutes, answer in ((4, "dana"), (9, "ines"), (20, "dana")):
        kept.life.now = after(minutes=minutes)
        if answer == "ines":
            kept.life.change("ines", {"refund": 20}, 2, SUPPORT)
        else:
            kept.life.answer("dana")
        kept.keep()

    found = all_there_was(any_store)
    assert found.came == {FINANCE: 1, SUPPORT: 2}
    assert [(one.route, one.asked_at, one.ended_at, one.answer) for one in found.ended] == [
        (SUPPORT, NOW, after(minutes=4), "approve"),
        (FINANCE, NOW, after(minutes=9), "change"),
        (SUPPORT, after(minutes=9), after(minutes=20), "approve"),
    ]
    assert [one.picked_up_at for one in found.ended] == [one.ended_at for one in found.ended]


def test_what_ends_with_its_escalation_ends_without_an_answer(any_store: Store) -> None:
    kept = Kept(any_store, SUPPORT, FINANCE)
    kept.life.now = after(minutes=2)
    kept.life.acknowledge("ines", 2)
    kept.keep()
    kept.life.now = after(minutes=6)
    kept.life.answer("dana", "reject")
    kept.keep()

    found = all_there_was(any_store)
    closed = next(one for one in found.ended if one.route == FINANCE)
    assert closed == span(FINANCE, NOW, after(minutes=6), picked_up_at=after(minutes=2))
    assert found.outcomes == {"rejected": 1}


def test_a_missed_deadline_is_told_with_who_had_it_and_the_ask_stays_open(
    any_store: Store,
) -> None:
    kept = Kept(any_store, SUPPORT)
    kept.life.now = after(minutes=1)
    kept.life.acknowledge("dana")
    kept.keep()
    kept.life.wait(hours=4)
    kept.keep(together=True)

    found, waiting = any_store.flow_and_standing(AGENT, NOW, LATER)
    assert (found.came, found.ended) == ({SUPPORT: 1}, ())
    assert found.missed == ((SUPPORT, "dana"),)
    assert waiting == {SUPPORT: Standing(1, NOW)}

    kept.life.answer("marc")
    kept.keep()
    [only] = all_there_was(any_store).ended
    assert (only.asked_at, only.picked_up_at, only.by) == (NOW, after(minutes=1), "marc")


def test_a_stretch_begins_with_its_first_instant_and_ends_before_its_last(
    any_store: Store,
) -> None:
    kept = Kept(any_store, FINANCE)
    kept.life.now = after(minutes=12)
    kept.life.answer("ines")
    kept.keep()

    before, within, behind = (
        any_store.flow(AGENT, after(minutes=since), after(minutes=until))
        for since, until in ((-5, 0), (0, 12), (12, 13))
    )
    assert (before.came, before.ended) == ({}, ())
    assert (within.came, within.ended, within.outcomes) == ({FINANCE: 1}, (), {})
    assert (behind.came, len(behind.ended), behind.outcomes) == ({}, 1, {"approved": 1})


def test_what_waits_is_told_by_route_and_only_of_that_agent_in_earnest(any_store: Store) -> None:
    assert any_store.first_asked(AGENT) is None
    for minutes, fields in (
        (7, {}),
        (3, {}),
        (1, {"agent": "another-agent"}),
        (0, {"rehearsal": True}),
    ):
        asks = ({"assigned_at": after(minutes=minutes)}, {"route": SUPPORT, "assigned_at": LATER})
        made = make_escalation(*asks, **fields)
        any_store.create_escalation(make_record(made), made, [], [])

    _, waiting = any_store.flow_and_standing(AGENT, NOW, LATER)
    assert waiting == {
        FINANCE: Standing(2, after(minutes=3)),
        SUPPORT: Standing(2, LATER),
    }
    assert any_store.first_asked(AGENT) == after(minutes=3)
    assert all_there_was(any_store).came == {FINANCE: 2}


def test_what_is_not_written_leaves_no_span(any_store: Store) -> None:
    first, second = (make_escalation(key="once") for _ in range(2))
    assert any_store.create_escalation(make_record(first), first, [], []) is None
    assert any_store.create_escalation(make_record(second), second, [], []) is not None

    def fail(_: object) -> None:
        raise AlreadyAnsweredError("somebody was faster")

    with pytest.raises(AlreadyAnsweredError):
        any_store.change(first.id, fail)  # type: ignore[arg-type]
    assert spans(any_store) == [(f"{first.id}.1", None, None)]


def test_of_many_answers_at_once_one_ends_the_span(any_store: Store) -> None:
    made = make_escalation()
    any_store.create_escalation(make_record(made), made, [], [])

    def answer(hand: int) -> int:
        try:
            at = after(minutes=hand)
            any_store.change(made.id, lambda found: (approval(found, f"person-{hand}", at), []))
        except AlreadyAnsweredError:
            return 0
        return 1

    assert sum(all_at_once(8, answer)) == 1
    ended = any_store.escalation(made.id)
    assert ended is not None
    assert spans(any_store) == [(f"{made.id}.1", ended.resolved_at, ended.resolved_by)]


def spans(store: Store) -> list[tuple[str, datetime | None, str | None]]:
    of = ask_spans.c
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(of.ask_id, of.ended_at, of.by))]
