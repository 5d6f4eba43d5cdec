"""Advice: open once, kept up to date, settled once, and the stops that speak for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.model import Advice
from handraise.store import Store
from handraise.store.advice import LoneStop
from tests.store.records import (
    AGENT,
    NOW,
    after,
    approval,
    make_escalation,
    make_event,
    make_reason,
    make_record,
    new_id,
)


def make_advice(**fields: Any) -> Advice:
    return Advice(
        **{
            "id": new_id(),
            "agent": AGENT,
            "version": "v1",
            "kind": "threshold",
            "subject": "confidence.1",
            "sentence": "lower it",
            "lines": ("100 approved",),
            "change": "-a\n+b",
            "evidence": 100,
            "made_at": NOW,
            **fields,
        }
    )


def kept(store: Store, *found: Advice, now: datetime = NOW) -> int:
    return store.keep_advice(AGENT, {"threshold", "silent_row"}, found, now)


def kinds_of_events(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        found = connection.exec_driver_sql("SELECT kind, who FROM events ORDER BY seq")
        return [(kind, who) for kind, who in found]


def test_one_is_open_for_each_row_and_kind_and_is_kept_up_to_date(any_store: Store) -> None:
    first = make_advice()
    assert kept(any_store, first) == 1
    again = make_advice(sentence="lower it more", evidence=240, made_at=after(days=1))
    other = make_advice(subject="confidence.2")

    assert kept(any_store, again, other, now=after(days=1)) == 1

    found = {one.subject: one for one in any_store.advice(AGENT, state="open")}
    assert found["confidence.1"] == replace(first, sentence="lower it more", evidence=240)
    assert found["confidence.2"] == other
    assert any_store.advice("another-agent") == []


def test_what_nothing_speaks_for_any_more_is_past(any_store: Store) -> None:
    gone, other_kind = make_advice(), make_advice(kind="type", subject="gift card")
    any_store.keep_advice(AGENT, {"threshold", "type"}, [gone, other_kind], NOW)

    assert kept(any_store, now=after(days=2)) == 0

    found = any_store.one_advice(gone.id)
    assert found == replace(gone, state="past", settled_at=after(days=2))
    assert any_store.one_advice(other_kind.id) == other_kind
    assert any_store.one_advice("unknown") is None


def test_it_is_settled_once(any_store: Store) -> None:
    one = make_advice()
    kept(any_store, one)

    assert any_store.settle_advice(one.id, "declined", "priya", "too few", after(days=1))
    assert not any_store.settle_advice(one.id, "taken", "priya", "", after(days=2))

    found = any_store.one_advice(one.id)
    assert found is not None
    assert (found.state, found.settled_by, found.reason) == ("declined", "priya", "too few")
    assert any_store.advice(AGENT, since=after(days=1)) == [found]
    assert any_store.advice(AGENT, since=after(days=2)) == []
    assert kept(any_store, make_advice()) == 1, "another may be open then"
    assert kinds_of_events(any_store) == [
        ("advice_made", "handraise"),
        ("advice_declined", "priya"),
        ("advice_made", "handraise"),
    ]


def stopped(store: Store, *rows: str, confidence: float | None = 0.6, **fields: Any) -> Any:
    reasons = tuple(make_reason(row=row, condition="confidence") for row in rows)
    made = make_escalation(reasons=reasons, **fields)
    record = make_record(made, confidence=confidence)
    store.create_escalation(record, made, [make_event(made)], [])
    return made


def test_what_one_row_alone_stopped_comes_with_what_became_of_it(any_store: Store) -> None:
    answered = stopped(any_store, "confidence.1")
    any_store.change(answered.id, lambda found: (approval(found, "ines", NOW), []))
    stopped(any_store, "confidence.1", confidence=0.7)
    stopped(any_store, "confidence.1", "consequence.1")
    stopped(any_store, "confidence.1", confidence=None)
    stopped(any_store, "confidence.1", rehearsal=True)
    stopped(any_store, "confidence.1", version="v2")
    stopped(any_store, "confidence.1", agent="order-agent")

    found = any_store.lone_stops(AGENT, "v1", "confidence.1")

    assert found == [
        LoneStop("refund_request", 0.6, "approved"),
        LoneStop("refund_request", 0.7, None),
    ]
    assert any_store.lone_stops(AGENT, "v1", "confidence.1", limit=1) == found[:1]
