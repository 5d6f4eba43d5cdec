"""What was decided before about the same: only what ended, of this agent, action and type."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from handraise.model import Decision, Escalation
from handraise.store import Store
from tests.store.records import AGENT, after, make_escalation, make_record
from tests.store.test_escalations import keep


def _asked(action: str = "refund", kind: str = "refund_request", **fields: Any) -> Escalation:
    decision = Decision(type=kind, action=action, proposal=fields.pop("proposal", {"refund": 40}))
    return make_escalation(decision=decision, **fields)


def _ended(store: Store, escalation: Escalation, outcome: str = "approved") -> str:
    asks = tuple(replace(ask, state="closed", due_at=None) for ask in escalation.asks)
    fields = {"state": "resolved", "outcome": outcome, "resolved_by": "ines"}
    over = replace(escalation, asks=asks, resolved_at=after(minutes=5), **fields)
    assert (
        store.create_escalation(make_record(over, rehearsal=over.rehearsal), over, [], []) is None
    )
    return escalation.id


def test_only_what_ended_about_the_same_is_found_newest_first(any_store: Store) -> None:
    first = _ended(any_store, _asked())
    _ended(any_store, _asked(action="send_reply"))
    _ended(any_store, _asked(kind="court_order"))
    _ended(any_store, _asked(rehearsal=True))
    _ended(any_store, _asked(agent="another"))
    keep(any_store, _asked())
    last = _ended(any_store, _asked(proposal={"refund": 7}), "rejected")
    found = any_store.decided_alike(AGENT, "refund", "refund_request")
    assert [(one.id, one.outcome, one.proposal) for one in found] == [
        (last, "rejected", {"refund": 7}),
        (first, "approved", {"refund": 40}),
    ]
    assert (found[0].by, found[0].at) == ("ines", after(minutes=5))
    assert [one.id for one in any_store.decided_alike(AGENT, "refund", "refund_request", limit=1)]
    (left,) = any_store.decided_alike(AGENT, "refund", "refund_request", besides=last)
    assert left.id == first


def test_a_very_long_proposal_is_not_read_for_it(any_store: Store) -> None:
    long = _ended(any_store, _asked(proposal={"refund": 40, "note": "n" * 30_000}))
    (found,) = any_store.decided_alike(AGENT, "refund", "refund_request")
    assert (found.id, found.proposal) == (long, None)


def test_names_of_any_length_are_kept_and_those_too_long_to_index_are_not_compared(
    any_store: Store,
) -> None:
    name = "é" * 5_000
    _ended(any_store, _asked(action=name, kind=name))
    assert any_store.decided_alike(AGENT, name, name) == []


def test_the_question_is_answered_by_its_index(any_store: Store) -> None:
    _ended(any_store, _asked())
    is_sqlite = any_store.place.engine == "sqlite"
    asked = (
        f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} SELECT id FROM escalations "
        "WHERE agent = 'a' AND action = 'b' AND type = 'c' AND outcome IS NOT NULL "
        "AND length(action) <= 200 AND length(type) <= 200 "
        f"AND rehearsal = {0 if is_sqlite else 'false'} ORDER BY id DESC LIMIT 200"
    )
    with any_store.read() as connection:
        if not is_sqlite:  # a planner that sees a handful of rows reads them all
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_sort = off")
        plan = connection.exec_driver_sql(asked)
        shown = " ".join(str(row[-1]) for row in plan)
    assert "ix_escalations_alike" in shown
    assert "TEMP B-TREE" not in shown
    assert "Sort" not in shown
