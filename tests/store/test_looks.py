"""What tells to whom audits are put: on both databases."""

from __future__ import annotations

from typing import Any

from handraise.model import Audit
from handraise.store import Store
from tests.store.records import AGENT, NOW, after, approval, make_escalation, make_record

DUE = after(days=3)


def kept(store: Store, number: int = 0, *, looks: int = 1, **fields: Any) -> list[Audit]:
    """Return the audits of a decision that is in the store now."""
    severity = fields.pop("severity", "high")
    record = make_record(severity=severity, audit=0.5, decided_at=after(hours=number))
    found = [
        Audit(
            id=f"{record.id}.{look}",
            decision_id=record.id,
            agent=record.agent,
            version=record.version,
            severity=severity,
            probability=0.5,
            drawn_at=record.decided_at,
            **fields,
        )
        for look in range(1, looks + 1)
    ]
    assert store.record_decisions([record], found) == []
    return found


def test_what_a_person_has_in_hand_comes_the_soonest_due_first(any_store: Store) -> None:
    late, soon, done, other = (kept(any_store, number)[0] for number in range(4))
    any_store.ask_audit(late.id, "dana", after(days=5), NOW)
    any_store.ask_audit(soon.id, "dana", DUE, NOW)
    any_store.ask_audit(done.id, "dana", DUE, NOW)
    any_store.ask_audit(other.id, "marc", DUE, NOW)
    any_store.answer_audit(done.id, "dana", "right", None, "", NOW)
    assert [one.id for one in any_store.audits_in_hand("dana")] == [soon.id, late.id]
    assert [one.id for one in any_store.audits_in_hand("dana", limit=1)] == [soon.id]
    assert any_store.audits_in_hand("ines") == []
    assert [any_store.audits_waiting(who) for who in ("dana", "marc", "ines")] == [2, 1, 0]


def test_what_was_put_to_whom_counts_answered_or_not(any_store: Store) -> None:
    first, second, third = (kept(any_store, number)[0] for number in range(3))
    any_store.ask_audit(first.id, "dana", DUE, NOW)
    any_store.ask_audit(second.id, "dana", DUE, after(hours=2))
    any_store.ask_audit(third.id, "marc", DUE, after(hours=2))
    any_store.answer_audit(second.id, "dana", "right", None, "", after(hours=3))
    assert any_store.audits_put(AGENT, NOW) == {"dana": 2, "marc": 1}
    assert any_store.audits_put(AGENT, after(hours=1)) == {"dana": 1, "marc": 1}
    assert any_store.audits_put("order-agent", NOW) == {}


def test_draws_are_counted_by_severity_each_decision_once(any_store: Store) -> None:
    assert any_store.first_draw(AGENT) is None
    kept(any_store, 0, looks=2)
    left_out = kept(any_store, 1, severity="low")
    kept(any_store, 2)
    any_store.leave_out_audits([left_out[0].id], NOW)
    assert any_store.draws(AGENT, NOW, after(hours=3)) == {"high": 2, "low": 1}
    assert any_store.draws(AGENT, after(hours=1), after(hours=2)) == {"low": 1}
    assert any_store.draws("order-agent", NOW, after(hours=3)) == {}
    assert any_store.first_draw(AGENT) == NOW
    assert any_store.left_out(AGENT, NOW) == 1
    assert any_store.left_out(AGENT, after(hours=2)) == 0


def test_who_decided_in_a_case_is_known_and_rehearsals_count_nothing(any_store: Store) -> None:
    for case, rehearsal in (("c-1", False), ("c-2", False), ("c-3", True)):
        made = make_escalation(case=case, rehearsal=rehearsal)
        any_store.create_escalation(make_record(made), made, [], [])
        if case != "c-2":
            any_store.change(made.id, lambda found: (approval(found, "ines"), []))
    assert any_store.deciders(AGENT, "c-1") == {"ines"}
    assert any_store.deciders(AGENT, "c-2") == any_store.deciders(AGENT, "c-3") == set()
    assert any_store.deciders("order-agent", "c-1") == set()


def test_how_audits_are_thinned_is_kept_in_place_of_what_was(any_store: Store) -> None:
    assert any_store.carried_audits(AGENT) is None
    for state in ({"until": "2026-03-02"}, {"until": "2026-03-03", "cuts": {}}):
        any_store.carry_audits(AGENT, state, NOW)
        assert any_store.carried_audits(AGENT) == state
    assert any_store.carried_audits("another") is None


def test_whoever_chose_is_known_also_once_the_look_went_to_another(any_store: Store) -> None:
    (one,), (another,) = kept(any_store, 0), kept(any_store, 1)
    for audit in (one, another):
        any_store.ask_audit(audit.id, "dana", DUE, NOW)
    any_store.choose(one.id, "dana", "refund", after(hours=2))
    any_store.ask_audit(one.id, "marc", DUE, after(hours=3), before="dana")
    assert any_store.choosers(AGENT, one.decision_id, NOW) == {"dana"}
    assert any_store.choosers(AGENT, another.decision_id, NOW) == set()
    assert any_store.choosers("order-agent", one.decision_id, NOW) == set()


def test_what_concerns_audits_changes_their_mark_and_nothing_else_does(any_store: Store) -> None:
    (one,) = kept(any_store, 0)
    marks = [any_store.audits_mark(AGENT)]
    any_store.ask_audit(one.id, "dana", DUE, NOW)
    marks.append(any_store.audits_mark(AGENT))
    any_store.choose(one.id, "dana", "refund", NOW)
    marks.append(any_store.audits_mark(AGENT))
    any_store.answer_audit(one.id, "dana", "right", None, "", NOW)
    marks.append(any_store.audits_mark(AGENT))
    assert len(set(marks)) == len(marks)
    any_store.record_decisions([make_record()], [])
    assert any_store.audits_mark(AGENT) == marks[-1]
