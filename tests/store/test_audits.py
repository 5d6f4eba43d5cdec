"""Decisions drawn by lot: written with their decision or not at all, each step taken once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from handraise.errors import StoreError
from handraise.model import Audit, DecisionRecord, Tally
from handraise.store import Store
from handraise.store.inserts import insert
from handraise.store.rows import values_of
from handraise.store.schema import events, tallies
from tests.store.records import AGENT, NOW, after, make_message, make_record, new_id

DUE = after(days=3)


def make_drawn(number: int = 0, **fields: Any) -> DecisionRecord:
    given = {"severity": "high", "audit": 0.005, "decided_at": after(seconds=number), **fields}
    return make_record(**given)


def make_audit(record: DecisionRecord, look: int = 1, **fields: Any) -> Audit:
    return Audit(
        **{
            "id": f"{record.id}.{look}",
            "decision_id": record.id,
            "agent": record.agent,
            "version": record.version,
            "severity": record.severity or "",
            "probability": record.audit,
            "text": "I would like my money back.",
            "context": {"customer": "c-17"},
            "drawn_at": record.decided_at,
            **fields,
        }
    )


def kept(store: Store, *looks: int, number: int = 0, **fields: Any) -> list[Audit]:
    """Return the audits of a decision that is in the store now."""
    record = make_drawn(number)
    audits = [make_audit(record, look, **fields) for look in looks or (1,)]
    assert store.record_decisions([record], audits) == []
    return audits


def told(store: Store) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what the record tells of audits."""
    found = select(events.c.kind, events.c.who, events.c.detail).order_by(events.c.seq)
    with store.read() as connection:
        rows = connection.execute(found.where(events.c.kind.startswith("audit"))).all()
    return [tuple(row) for row in rows]


def test_an_audit_comes_back_as_it_was(any_store: Store) -> None:
    (audit,) = kept(any_store)
    assert any_store.audit(audit.id) == audit
    assert any_store.audits(AGENT) == [audit]
    assert any_store.audit("none") is None


def test_a_decision_keeps_its_severity_and_the_probability_it_was_drawn_with(
    any_store: Store,
) -> None:
    record = make_drawn()
    any_store.record_decisions([record], [make_audit(record)])
    assert any_store.decision_by_id(record.id) == record


@pytest.mark.parametrize("seal", [True, False])
def test_a_decision_whose_audit_cannot_be_written_is_not_written_either(
    any_store: Store, seal: bool
) -> None:
    record = make_drawn()
    with pytest.raises(StoreError):
        any_store.record_decisions([record], [make_audit(record, probability=0.0)], seal=seal)
    assert any_store.decision_by_id(record.id) is None


def test_what_is_written_twice_is_kept_once(any_store: Store) -> None:
    record = make_drawn(key="k", digest="d")
    audit = make_audit(record)
    any_store.record_decisions([record], [audit])
    any_store.record_decisions([record], [audit])
    again = replace(record, id=new_id())
    aside = make_drawn(1)
    both = [make_audit(again), make_audit(aside)]
    assert any_store.record_decisions([again, aside], both) == []
    assert any_store.audits(AGENT) == [audit, both[1]]


def test_the_audit_of_a_conflicting_key_is_passed_over(any_store: Store) -> None:
    any_store.record_decisions([make_drawn(key="k", digest="d")])
    other = make_drawn(key="k", digest="another")
    assert any_store.record_decisions([other], [make_audit(other)]) == [other]
    assert any_store.audits(AGENT) == []


def test_audits_are_found_by_what_is_asked_of_them(any_store: Store) -> None:
    (early,), (late,) = kept(any_store, number=1), kept(any_store, number=2)
    any_store.ask_audit(early.id, "dana", DUE, NOW)
    asked = any_store.audits(AGENT, state="asked")
    assert [one.id for one in asked] == [early.id]
    assert any_store.audits(AGENT, person="dana") == asked
    assert any_store.audits(None, since=after(seconds=2)) == [late]
    assert any_store.audits(AGENT, limit=1) == asked
    assert any_store.audits(AGENT, decision_id=late.decision_id) == [late]
    assert any_store.audits("another") == []


def test_an_audit_is_put_to_one_person_and_the_record_says_so(any_store: Store) -> None:
    (audit,) = kept(any_store)
    message = make_message(kind="audits")
    asked = any_store.ask_audit(audit.id, "dana", DUE, NOW, probability=0.001, messages=[message])
    assert asked
    found = any_store.audit(audit.id)
    assert found == replace(
        audit, state="asked", person="dana", asked_at=NOW, due_at=DUE, probability=0.001
    )
    assert [one.id for one in any_store.messages()] == [message.id]
    detail = {"audit": audit.id, "to": "dana", "probability": 0.001}
    assert told(any_store) == [("audit_asked", "handraise", detail)]


def test_of_two_who_put_it_to_somebody_one_does(any_store: Store) -> None:
    (audit,) = kept(any_store)
    assert any_store.ask_audit(audit.id, "dana", DUE, NOW)
    assert not any_store.ask_audit(audit.id, "marc", DUE, NOW, messages=[make_message()])
    assert not any_store.ask_audit("none", "marc", DUE, NOW)
    assert any_store.messages() == []
    assert len(told(any_store)) == 1


def test_an_audit_goes_on_to_another_as_from_whoever_has_it(any_store: Store) -> None:
    (audit,) = kept(any_store)
    any_store.ask_audit(audit.id, "dana", DUE, NOW)
    any_store.choose(audit.id, "dana", "refund", NOW)
    assert not any_store.ask_audit(audit.id, "ines", DUE, NOW, before="marc")
    assert any_store.ask_audit(audit.id, "ines", after(days=5), after(days=1), before="dana")
    found = any_store.audit(audit.id)
    assert found is not None
    assert (found.person, found.due_at, found.chosen) == ("ines", after(days=5), None)
    assert found.probability == audit.probability
    detail = {"audit": audit.id, "to": "ines", "from": "dana"}
    assert told(any_store)[-1] == ("audit_asked", "handraise", detail)


def test_only_what_nobody_was_asked_about_is_left_out(any_store: Store) -> None:
    (first,), (second,), (third,) = (kept(any_store, number=number) for number in range(3))
    any_store.ask_audit(first.id, "dana", DUE, NOW)
    ids = [third.id, first.id, second.id]
    assert any_store.leave_out_audits(ids, NOW) == 2
    assert any_store.leave_out_audits(ids, NOW) == 0
    assert any_store.leave_out_audits([], NOW) == 0
    left = any_store.audits(AGENT, state="left_out")
    assert [one.id for one in left] == [second.id, third.id]
    last = [one for one in told(any_store) if one[0] == "audits_left_out"]
    assert last == [("audits_left_out", "handraise", {"audits": [second.id, third.id]})]


def test_what_a_person_would_have_done_is_said_once_and_by_them(any_store: Store) -> None:
    (audit,) = kept(any_store)
    assert not any_store.choose(audit.id, "dana", "refund", NOW)
    any_store.ask_audit(audit.id, "dana", DUE, NOW)
    assert not any_store.choose(audit.id, "marc", "refund", NOW)
    assert any_store.choose(audit.id, "dana", "refund", NOW)
    assert not any_store.choose(audit.id, "dana", "send_reply", NOW)
    found = any_store.audit(audit.id)
    assert found is not None
    assert (found.chosen, found.chosen_at) == ("refund", NOW)
    detail = {"audit": audit.id, "chosen": "refund"}
    assert told(any_store)[1:] == [("audit_chosen", "dana", detail)]


def test_the_first_answer_stands(any_store: Store) -> None:
    (audit,) = kept(any_store)
    assert not any_store.answer_audit(audit.id, "dana", "right", None, "", NOW)
    any_store.ask_audit(audit.id, "dana", DUE, NOW)
    assert any_store.answer_audit(audit.id, "dana", "wrong", 120.5, "Too much.", after(hours=1))
    assert not any_store.answer_audit(audit.id, "priya", "right", None, "", after(hours=2))
    found = any_store.audit(audit.id)
    assert found is not None
    answered = (found.answer, found.stake, found.note, found.answered_by, found.answered_at)
    assert answered == ("wrong", 120.5, "Too much.", "dana", after(hours=1))
    detail = {"audit": audit.id, "answer": "wrong", "stake": 120.5}
    assert told(any_store)[1:] == [("audit_answered", "dana", detail)]
    assert not any_store.choose(audit.id, "dana", "refund", NOW)
    assert not any_store.ask_audit(audit.id, "marc", DUE, NOW, before="dana")


def test_the_owner_settles_once_what_two_people_said(any_store: Store) -> None:
    first, second = kept(any_store, 1, 2)
    for one, person, answer in ((first, "dana", "right"), (second, "marc", "wrong")):
        decision_id = one.decision_id
        assert not any_store.settle_audit(decision_id, "priya", "wrong", None, "", NOW)
        any_store.ask_audit(one.id, person, DUE, NOW)
        any_store.answer_audit(one.id, person, answer, None, "", NOW)  # type: ignore[arg-type]
    assert any_store.settle_audit(first.decision_id, "priya", "wrong", 40.0, "Twice.", NOW)
    assert not any_store.settle_audit(first.decision_id, "priya", "right", None, "", NOW)
    looks = any_store.audited(AGENT)
    said = [(one.look, one.person, one.answer, one.stake) for one in looks]
    assert said == [
        (3, "priya", "wrong", 40.0),
        (2, "marc", "wrong", None),
        (1, "dana", "right", None),
    ]


def test_an_estimate_is_given_what_it_needs_and_no_words(any_store: Store) -> None:
    (old,), (new,) = kept(any_store, number=1), kept(any_store, number=2, version="v2")
    any_store.ask_audit(new.id, "dana", DUE, NOW)
    any_store.choose(new.id, "dana", "send_reply", NOW)
    found = any_store.audited(AGENT)
    assert [one.decision_id for one in found] == [new.decision_id, old.decision_id]
    assert (found[0].action, found[0].chosen, found[0].look) == ("refund", "send_reply", 1)
    assert (found[0].severity, found[0].probability, found[0].due_at) == ("high", 0.005, DUE)
    assert (found[1].state, found[1].person, found[1].answer) == ("drawn", None, None)
    assert any_store.audited(AGENT, version="v2") == found[:1]
    assert any_store.audited(AGENT, since=after(seconds=2)) == found[:1]
    assert any_store.audited(AGENT, limit=1) == found[:1]
    assert any_store.audited("another") == []


def test_what_went_ahead_is_counted_by_severity_in_whole_hours(any_store: Store) -> None:
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    tally = Tally(agent=AGENT, version="v1", hour=hour, type="t", severity="high", rows=(), count=5)
    rows = [
        tally,
        replace(tally, type="u", count=2),
        replace(tally, severity="", count=3),
        replace(tally, rows=("novelty.1",), count=100),
        replace(tally, version="v2", count=30),
        replace(tally, hour=after(hours=-1).replace(minute=0, second=0, microsecond=0), count=200),
        replace(tally, agent="another", count=1000),
    ]
    with any_store.write() as connection:
        insert(connection, tallies, [values_of(row) for row in rows])
    assert any_store.alone(AGENT, NOW, NOW) == {"high": 37, "": 3}
    assert any_store.alone(AGENT, NOW, NOW, version="v1") == {"high": 7, "": 3}
    assert any_store.alone(AGENT, after(hours=-1), NOW, version="v1") == {"high": 207, "": 3}
    assert any_store.alone(AGENT, after(days=1), after(days=2)) == {}
