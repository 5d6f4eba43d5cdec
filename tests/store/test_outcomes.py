"""What later turned out to be right: kept, counted, and never by the agent's own word."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import DecisionRecord, Outcome, OutcomeCounts
from handraise.store import Store
from handraise.store.columns import short
from tests.store.records import AGENT, NOW, after, make_escalation, make_event, make_record, new_id

OTHER = "order-agent"


def decided(store: Store, **fields: Any) -> DecisionRecord:
    record = make_record(**fields)
    assert store.record_decisions([record]) == []
    return record


def outcome(of: DecisionRecord, **fields: Any) -> Outcome:
    return Outcome(
        **{
            "id": new_id(),
            "agent": of.agent,
            "decision_id": of.id,
            "is_right": True,
            "at": NOW,
            "told_at": after(days=30),
            "source": "file",
            "by": "dana",
            **fields,
        }
    )


def test_the_newest_told_counts_and_the_earlier_ones_stay(any_store: Store) -> None:
    record = decided(any_store)
    first = outcome(record, told_at=after(days=30))
    later = outcome(record, told_at=after(days=90), is_right=False, stake=80.5, note="charged back")

    assert any_store.tell_outcomes([first]) == 1
    assert any_store.tell_outcomes([later]) == 1

    assert any_store.outcome_of([record.id, "unknown"]) == {record.id: later}
    assert any_store.outcomes_of(record.id) == [first, later]
    assert any_store.outcomes_of("unknown") == []


def test_the_agents_own_word_is_kept_and_never_counts(any_store: Store) -> None:
    record = decided(any_store)
    told = outcome(record, is_right=False)
    own = outcome(record, source="agent", by=AGENT, told_at=after(days=60))

    assert any_store.tell_outcomes([told, own]) == 2

    assert any_store.outcome_of([record.id]) == {record.id: told}
    assert any_store.outcomes_of(record.id) == [told, own]
    assert any_store.outcomes_alone(AGENT).own_word == 1
    assert any_store.outcomes_alone(AGENT).wrong == 1


def test_what_is_said_again_is_no_news(any_store: Store) -> None:
    record = decided(any_store)
    first = outcome(record, stake=3.0)
    again = outcome(record, stake=3.0, told_at=after(days=31))
    without_instant = outcome(record, stake=3.0, at=after(days=32), told_at=after(days=32))
    another_day = outcome(record, stake=3.0, at=after(days=1), told_at=after(days=33))

    assert any_store.tell_outcomes([first]) == 1
    assert any_store.tell_outcomes([again, without_instant]) == 0
    assert any_store.tell_outcomes([another_day]) == 1
    assert any_store.outcomes_of(record.id) == [first, another_day]


def test_each_is_an_event_without_anybodys_words(any_store: Store) -> None:
    stopped = make_escalation()
    kept = make_record(stopped)
    any_store.create_escalation(kept, stopped, [make_event(stopped)], [])
    any_store.tell_outcomes([outcome(kept, is_right=False, stake=7.0, note="Mr Smith called")])

    event = any_store.events(stopped.id)[-1]

    assert (event.kind, event.who, event.at) == ("outcome_told", "dana", after(days=30))
    assert event.detail["decision"] == kept.id
    assert (event.detail["is_right"], event.detail["stake"]) == (False, 7.0)
    assert "Smith" not in str(event.detail)


def test_all_are_kept_or_none(any_store: Store) -> None:
    record = decided(any_store)
    nowhere = outcome(make_record())

    with pytest.raises(StoreError):
        any_store.tell_outcomes([outcome(record), nowhere])

    assert any_store.outcome_of([record.id]) == {}


def test_those_taken_alone_are_counted_once_each(any_store: Store) -> None:
    right, wrong, dear, unknown = (decided(any_store) for _ in range(4))
    stopped = decided(any_store, rows=("confidence.1",))
    elsewhere = decided(any_store, agent=OTHER)
    any_store.tell_outcomes(
        [
            outcome(right, is_right=False, told_at=after(days=1)),
            outcome(right, told_at=after(days=2)),
            outcome(wrong, is_right=False),
            outcome(dear, is_right=False, stake=120.0),
            outcome(unknown, source="agent", by=AGENT, is_right=False),
            outcome(stopped, is_right=False, stake=9.0),
            outcome(elsewhere, is_right=False, stake=9.0),
        ]
    )

    counts = any_store.outcomes_alone(AGENT)

    assert (counts.told, counts.wrong, counts.staked, counts.cost) == (3, 2, 1, 120.0)
    assert counts.own_word == 1
    none = OutcomeCounts(alone=0, told=0, wrong=0, staked=0, cost=0.0, own_word=0)
    assert any_store.outcomes_alone(AGENT, since=after(days=1)) == none


def test_decisions_are_found_by_id_and_by_key(any_store: Store) -> None:
    keyed = decided(any_store, key="ticket-991/1", digest="d")
    practice = decided(any_store, key="ticket-991/1", digest="d", rehearsal=True)
    long = replace(decided(any_store, key="k" * 400, digest="d"), key=short("k" * 400))
    plain = decided(any_store)
    decided(any_store, agent=OTHER, key="ticket-991/1", digest="d")

    assert any_store.decisions_by_key(AGENT, ["ticket-991/1", "k" * 400, "unknown"]) == {
        "ticket-991/1": keyed,
        "k" * 400: long,
    }
    assert any_store.decisions_by_id(AGENT, [plain.id, practice.id, "unknown"]) == {
        plain.id: plain,
        practice.id: practice,
    }
    assert any_store.decisions_by_id(AGENT, []) == {}
