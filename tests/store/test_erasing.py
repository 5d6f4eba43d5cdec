"""Personal data erased on request: nothing of it is left, and the record still holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.core.gate.digest import decision_digest, proposal_digest
from handraise.errors import EscalationError, InputError, NotFoundError
from handraise.model import Answer, Audit, Decision, DecisionRecord, Escalation, Move
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.store import Store, open_store
from tests.store.records import (
    AGENT,
    NOW,
    after,
    make_escalation,
    make_event,
    make_message,
    make_reason,
    make_record,
    rejection,
)

WORDS = "Jane Customer lives at 12 Quiet Lane"
CASE = "ticket-991"
DECISION = Decision(
    type="refund_request",
    action="refund",
    confidence=0.91,
    text=f"{WORDS}, says the text",
    proposal={"refund": 6200, "note": f"{WORDS}, says the proposal"},
    facts={"revenue_usd": 6200, "name": f"{WORDS}, says a fact"},
    context={"customer": f"{WORDS}, says the context"},
    case=CASE,
    key="ticket-991/1",
)


@pytest.fixture
def record(any_store: Store) -> Record:
    return Record(any_store, Signer("a secret of the operation, long enough"), ManualClock(NOW))


def stopped(store: Store, decision: Decision = DECISION) -> Escalation:
    made = make_escalation(
        decision=decision,
        digest=decision_digest(decision),
        facts=decision.facts,
        proposal_digest=proposal_digest(decision.action, decision.proposal),
        asked_digest=proposal_digest(decision.action, decision.proposal),
        reasons=(make_reason(observed=f"{WORDS}, observed", sentence=f"{WORDS}, in a sentence"),),
    )
    kept = make_record(made, facts=decision.facts, proposal=decision.proposal)
    happened = [make_event(made, detail={"rows": [], "note": f"{WORDS}, says an event"})]
    message = make_message(made, subject=f"{WORDS}, subject", body=f"{WORDS}, body")
    assert store.create_escalation(kept, made, happened, [message]) is None
    return made


def rejected(found: Escalation) -> tuple[Move, list[object]]:
    answer = Answer(
        kind="reject",
        by="ines",
        at=after(hours=1),
        digest=found.proposal_digest,
        proposal={"note": f"{WORDS}, changed"},
        facts={"name": f"{WORDS}, changed"},
        reason=f"{WORDS}, is why",
        instruction=f"{WORDS}, is what to do",
    )
    move = rejection(found, "ines", after(hours=1))
    asks = tuple(replace(ask, answer=answer) for ask in move.escalation.asks)
    ended = replace(
        move.escalation,
        asks=asks,
        reason=f"{WORDS}, is why",
        instruction=f"{WORDS}, is what to do",
    )
    events = tuple(replace(event, detail={"reason": f"{WORDS}, why"}) for event in move.events)
    return replace(move, escalation=ended, events=events), []


def audited(record: DecisionRecord) -> Audit:
    return Audit(
        id=f"{record.id}.1",
        decision_id=record.id,
        agent=record.agent,
        version=record.version,
        severity="",
        probability=1.0,
        text=f"{WORDS}, in their own words",
        context={"name": WORDS},
        drawn_at=record.decided_at,
    )


@pytest.fixture
def ended(any_store: Store, record: Record) -> Escalation:
    made = stopped(any_store)
    any_store.change(made.id, rejected)  # type: ignore[arg-type]
    aside = make_record(case=CASE, facts={"name": WORDS}, proposal={"note": WORDS}, audit=1.0)
    any_store.record_decisions([aside], [audited(aside)])
    any_store.ask_audit(f"{aside.id}.1", "dana", after(days=3), NOW)
    any_store.answer_audit(f"{aside.id}.1", "dana", "wrong", 40.0, f"{WORDS}, so wrong", NOW)
    record.tick()
    found = any_store.escalation(made.id)
    assert found is not None
    return found


def files_of(store: Store) -> bytes:
    place = store.place.path
    return b"".join(path.read_bytes() for path in sorted(place.parent.glob(f"{place.name}*")))


def everything_in(store: Store) -> str:
    with store.read() as connection:
        tables = (
            "escalations",
            "asks",
            "events",
            "outbox",
            "decisions",
            "works",
            "chain",
            "used_grants",
            "situations",
            "audits",
            "ask_spans",
            "inbox_lines",
            "search_words",
        )
        return str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])


def test_what_it_was_about_goes_and_who_decided_stays(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    assert WORDS in everything_in(any_store)
    erased = record.redact(case=CASE, by="priya", reason="asked for by its customer")
    assert (erased.escalations, erased.events, erased.messages, erased.decisions) == (1, 2, 1, 2)
    assert not erased.leaves_copies
    assert WORDS not in everything_in(any_store)
    found = any_store.escalation(ended.id)
    assert found is not None
    assert found.erased_at == NOW
    assert (found.outcome, found.resolved_by, found.resolved_at) == (
        "rejected",
        "ines",
        after(hours=1),
    )
    assert found.asks[0].answer is not None
    assert (found.asks[0].answer.by, found.asks[0].answer.reason) == ("ines", "erased")
    assert [reason.row for reason in found.reasons] == ["consequence.1"]
    assert found.decision.context == {"erased": "2026-11-22"}
    assert (found.decision.text, found.proposal, found.facts) == (None, None, {})
    resolution = found.resolution()
    assert resolution is not None
    assert resolution.erased
    assert not resolution.may_act


@pytest.mark.parametrize(("asked_by", "left"), [("dana", "dana"), (f"dana for {WORDS}", "erased")])
def test_who_asked_stays_only_where_it_is_somebody_who_is_asked(
    any_store: Store, record: Record, asked_by: str, left: str
) -> None:
    any_store.contact_asked("dana", "mailto:dana@example.com", "hash", NOW)
    made = stopped(any_store, replace(DECISION, asked_by=asked_by))
    any_store.change(made.id, rejected)  # type: ignore[arg-type]
    record.redact(case=CASE, by="priya", reason="asked for")
    found = any_store.escalation(made.id)
    assert found is not None
    assert found.decision.asked_by == left
    assert WORDS not in everything_in(any_store)
    assert record.verify().flaws == ()


def test_what_was_noted_with_a_grant_goes(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    """Of what was approved, and of what went ahead, whose event belongs to no escalation."""
    aside = make_record(case=CASE, proposal={"note": "x"})
    any_store.record_decisions([aside])
    assert any_store.use_grant(ended.id, AGENT, ended.id, f"mail to {WORDS}", NOW)
    assert any_store.use_grant(aside.id, AGENT, None, f"mail to {WORDS}", NOW)
    assert any_store.use_grant("another", AGENT, None, "mail", NOW)
    record.redact(case=CASE, by="priya", reason="asked for")
    assert WORDS not in everything_in(any_store)
    assert any_store.used_grant(ended.id) == any_store.used_grant(aside.id) == (NOW, "erased")
    assert any_store.used_grant("another") == (NOW, "mail")
    assert record.verify().flaws == ()


def test_the_record_still_holds_and_says_how_much_was_erased(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    record.redact(escalation_id=ended.id, by="priya", reason="asked for")
    report = record.verify()
    assert (report.flaws, report.erased, report.decisions) == ((), 2, 2)
    last = any_store.events(ended.id)[-1]
    assert (last.kind, last.who, last.detail) == ("redacted", "priya", {"reason": "asked for"})
    assert any_store.events(ended.id)[0].detail == {"erased": True}
    record.tick()
    assert record.verify().flaws == ()


def test_nothing_is_left_in_the_file(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    record = Record(store, Signer("a secret of the operation, long enough"), ManualClock(NOW))
    for _ in range(5):  # so that pages are split, and rows move
        made = stopped(store, replace(DECISION, key=None, text=f"{WORDS} {'x' * 9000}"))
        store.change(made.id, rejected)  # type: ignore[arg-type]
    assert WORDS.encode() in files_of(store)
    erased = record.redact(case=CASE, by="priya", reason="asked for")
    assert (erased.escalations, erased.leaves_copies) == (5, False)
    assert WORDS.encode() not in files_of(store)
    assert record.verify().flaws == ()
    store.close()


def test_copies_that_a_reader_holds_are_told_of_and_go_the_next_time(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    record = Record(store, None, ManualClock(NOW))
    made = stopped(store)
    store.change(made.id, rejected)  # type: ignore[arg-type]
    with store.proof() as proof:
        proof.head()
        assert record.redact(case=CASE, by="priya", reason="asked for").leaves_copies
        assert WORDS.encode() in files_of(store)
    again = record.redact(case=CASE, by="priya", reason="asked for")
    assert not again.leaves_copies
    assert (again.events, again.decisions) == (0, 0)
    assert WORDS.encode() not in files_of(store)
    store.close()


def test_a_key_still_finds_its_decision_and_a_rejection_still_holds(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    record.redact(case=CASE, by="priya", reason="asked for")
    known = any_store.decision_by_key(AGENT, "ticket-991/1", rehearsal=False)
    assert known is not None
    assert (known.digest, known.escalation_id) == (ended.digest, ended.id)
    held = any_store.held_before(AGENT, CASE, ended.asked_digest, rehearsal=False)
    assert held == [(ended.id, None)]


def test_what_is_open_is_not_erased(any_store: Store, record: Record) -> None:
    made = stopped(any_store)
    for named in ({"escalation_id": made.id}, {"case": CASE}):
        with pytest.raises(EscalationError, match="is open: somebody must still decide"):
            record.redact(**named, by="priya", reason="asked for")  # type: ignore[arg-type]
    with pytest.raises(EscalationError, match="is open"):
        any_store.erase([made.id], by="priya", reason="asked for", now=NOW)
    assert WORDS in everything_in(any_store)


def test_a_message_that_tells_of_several_holds_it_up(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    together = make_message(kind="bundle", body=WORDS)
    any_store.add_messages([together])
    with any_store.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE outbox SET state = 'bundled', next_at = NULL, told_in = '{together.id}'"
            " WHERE escalation_id IS NOT NULL"
        )
    with pytest.raises(EscalationError, match="on its way"):
        record.redact(case=CASE, by="priya", reason="asked for")
    any_store.message_sent(together.id, NOW)
    assert record.redact(case=CASE, by="priya", reason="asked for").messages == 2
    assert WORDS not in everything_in(any_store)


def test_what_was_said_in_an_audit_goes_and_what_it_counted_for_stays(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    record.redact(case=CASE, by="priya", reason="asked for")
    (audit,) = any_store.audits(ended.agent)
    assert (audit.text, audit.context, audit.note) == (None, None, "erased")
    assert (audit.answer, audit.stake, audit.answered_by) == ("wrong", 40.0, "dana")
    assert any_store.is_erased(audit.decision_id)


def test_a_message_that_is_not_out_yet_is_dropped(
    any_store: Store, record: Record, ended: Escalation
) -> None:
    record.redact(case=CASE, by="priya", reason="asked for")
    (message,) = any_store.messages()
    assert (message.state, message.body, message.next_at) == ("dropped", "erased", None)


def test_a_case_that_only_went_ahead_is_erased_too(any_store: Store, record: Record) -> None:
    any_store.record_decisions([make_record(case="quiet", proposal={"note": WORDS})], seal=False)
    erased = record.redact(case="quiet", by="priya", reason="asked for")
    assert (erased.escalations, erased.decisions) == (0, 1)
    assert WORDS not in everything_in(any_store)
    record.tick()
    assert record.verify().flaws == ()
    (told,) = record.show(person="priya")
    assert (told.kind, told.escalation_id) == ("redacted", None)


def test_what_is_named_wrongly_is_refused(record: Record, ended: Escalation) -> None:
    for named in ({}, {"case": CASE, "escalation_id": ended.id}):
        with pytest.raises(InputError, match="nothing to erase was named"):
            record.to_erase(**named)
    for named in ({"case": "unknown"}, {"escalation_id": "unknown"}):
        with pytest.raises(NotFoundError, match="there is nothing of"):
            record.to_erase(**named)
    for by, reason in ((" ", "why"), ("priya", "")):
        with pytest.raises(InputError, match="who does it and why"):
            record.redact(case=CASE, by=by, reason=reason)


def test_an_export_of_what_was_erased_holds(record: Record, ended: Escalation) -> None:
    from handraise.service.recording.exported import File

    record.redact(case=CASE, by="priya", reason="asked for")
    lines = list(record.export())
    assert WORDS not in "".join(lines)
    report = File().read(lines)
    assert (report.flaws, report.erased) == ((), 2)
