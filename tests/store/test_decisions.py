"""The log of decisions: groups, keys, conflicts, counts."""

from __future__ import annotations

import math

from handraise.model import Counts, DecisionRecord
from handraise.store import Store
from tests.store.records import (
    AGENT,
    NOW,
    after,
    approval,
    make_escalation,
    make_record,
    rejection,
)


def test_a_group_is_kept_as_it_was(any_store: Store) -> None:
    group = [
        make_record(key="a", digest="d", case="ticket-991", rows=("confidence.1", "novelty.1")),
        make_record(key="b", digest="d", confidence=1, facts=None, proposal=None, type=None),
        make_record(key="c", digest="d", rehearsal=True, confidence=None, action=None),
    ]
    assert any_store.record_decisions(group) == []
    for record in group:
        assert record.key
        assert any_store.decision_by_key(AGENT, record.key, rehearsal=record.rehearsal) == record


def test_an_empty_group_is_nothing(any_store: Store) -> None:
    assert any_store.record_decisions([]) == []


def test_an_unknown_key_is_none(any_store: Store) -> None:
    any_store.record_decisions([make_record(key="a")])
    assert any_store.decision_by_key(AGENT, "b", rehearsal=False) is None
    assert any_store.decision_by_key("other", "a", rehearsal=False) is None
    assert any_store.decision_by_key(AGENT, "a", rehearsal=True) is None


def test_a_key_with_another_digest_is_a_conflict_and_not_kept(any_store: Store) -> None:
    first = make_record(key="a", digest="one")
    again = make_record(key="a", digest="one")
    other = make_record(key="a", digest="two")
    elsewhere = make_record(key="a", digest="two", agent="other")
    fresh = make_record(key="b", digest="two")
    assert any_store.record_decisions([first]) == []
    assert any_store.record_decisions([fresh, again, other, elsewhere]) == [other]
    assert any_store.decision_by_key(AGENT, "a", rehearsal=False) == first
    assert any_store.decision_by_key(AGENT, "b", rehearsal=False) == fresh


def test_a_conflict_within_a_group_is_found(any_store: Store) -> None:
    first, second = make_record(key="a", digest="one"), make_record(key="a", digest="two")
    assert any_store.record_decisions([first, second]) == [second]


def test_conflicts_are_found_in_a_large_group(any_store: Store) -> None:
    def group(digest: str) -> list[DecisionRecord]:
        return [make_record(key=f"key-{n}", digest=digest) for n in range(1200)]

    assert any_store.record_decisions(group("one")) == []
    assert any_store.record_decisions(group("one")) == []
    second = group("two")
    assert any_store.record_decisions(second) == second


def test_decisions_without_a_key_never_conflict(any_store: Store) -> None:
    group = [make_record() for _ in range(3)]
    assert any_store.record_decisions([*group, group[0]]) == []
    assert any_store.counts(AGENT, now=NOW).decided == 3


def test_a_confidence_that_is_no_number_is_kept_as_none(any_store: Store) -> None:
    any_store.record_decisions(
        [make_record(key=f"{value}", confidence=value) for value in (math.nan, math.inf, -math.inf)]
    )
    for key in ("nan", "inf", "-inf"):
        found = any_store.decision_by_key(AGENT, key, rehearsal=False)
        assert found is not None
        assert found.confidence is None


def test_counts_of_nothing_are_zero(any_store: Store) -> None:
    assert any_store.counts(AGENT, now=NOW) == Counts()


def test_decisions_and_escalations_are_counted_rehearsals_apart(any_store: Store) -> None:
    any_store.record_decisions(
        [
            make_record(),
            make_record(),
            make_record(rows=("confidence.1", "consequence.1")),
            make_record(agent="other"),
            make_record(rehearsal=True),
        ]
    )
    escalations = [
        make_escalation({"due_at": after(minutes=5)}, {"due_at": after(minutes=20)}),
        make_escalation(),
        make_escalation(),
        make_escalation(rehearsal=True),
    ]
    for escalation in escalations:
        any_store.create_escalation(make_record(escalation), escalation, [], [])
    any_store.change(escalations[1].id, lambda found: (approval(found, "ines"), []))
    any_store.change(escalations[2].id, lambda found: (rejection(found, "ines"), []))
    assert any_store.counts(AGENT, now=after(minutes=10)) == Counts(
        decided=6,
        proceeded=2,
        by_row={"confidence.1": 1, "consequence.1": 4},
        by_outcome={"approved": 1, "rejected": 1},
        open=1,
        overdue=1,
    )
    assert any_store.counts(AGENT, rehearsal=True, now=NOW) == Counts(
        decided=2, proceeded=1, by_row={"consequence.1": 1}, open=1
    )


def test_the_newest_real_decisions_come_first(any_store: Store) -> None:
    made = [make_record(key=f"{n}", decided_at=after(minutes=n)) for n in range(4)]
    practice = make_record(rehearsal=True, decided_at=after(minutes=9))
    foreign = make_record(agent="other", decided_at=after(minutes=9))
    any_store.record_decisions([*made, practice, foreign])
    assert any_store.recent_decisions(AGENT, limit=10) == made[::-1]
    assert any_store.recent_decisions(AGENT, limit=2) == [made[3], made[2]]
    assert any_store.recent_decisions(AGENT, limit=9, since=after(minutes=2)) == [made[3], made[2]]
    assert any_store.recent_decisions("nobody", limit=9) == []


def test_what_was_erased_is_no_recent_decision(any_store: Store) -> None:
    kept, gone = make_record(case="ticket-1"), make_record(case="ticket-2")
    any_store.record_decisions([kept, gone])
    any_store.erase([], case="ticket-2", by="priya", reason="asked for", now=NOW)
    assert any_store.recent_decisions(AGENT, limit=9) == [kept]


def test_how_sure_the_agent_was_is_told_of_one_version_among_the_newest(any_store: Store) -> None:
    made = [
        make_record(confidence=0.4, rows=("confidence.1",), version="v1"),
        make_record(confidence=None, type=None, action=None, version="v1"),
        make_record(confidence=0.9, version="v0"),
        make_record(confidence=0.8, version="v1", rehearsal=True),
        make_record(confidence=0.7, version="v1", agent="another-agent"),
        make_record(confidence=0.6, version="v1"),
    ]
    any_store.record_decisions(made)

    newest, blank, first = any_store.stated(AGENT, "v1", limit=9)
    assert (newest.confidence, newest.rows) == (0.6, ())
    assert (blank.type, blank.action, blank.confidence) == (None, None, None)
    assert (first.type, first.confidence, first.rows) == ("refund_request", 0.4, ("confidence.1",))
    assert any_store.stated(AGENT, "v1", limit=3) == [newest]
    assert any_store.stated(AGENT, "v9", limit=9) == []
