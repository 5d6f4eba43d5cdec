"""What customers write, and what agents send, comes back as it was and never makes a write fail."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.model import (
    ANSWER_KINDS,
    OUTCOMES,
    Answer,
    Ask,
    Decision,
    Escalation,
    Move,
    Reason,
)
from handraise.store import Store
from handraise.store.columns import LONGEST_NAME, clean, document_text, instant_text, short
from tests.store.records import (
    AGENT,
    NOW,
    make_escalation,
    make_event,
    make_message,
    make_record,
    new_id,
    rejection,
)

ODD = {
    "nul": "be\0fore",
    "lone surrogate": "a\ud800b",
    "both": "\0\udfff",
    "emoji": "🙋 please",
    "right to left": "\u202eabc",
    "quotes": "'; DROP TABLE asks; -- \" % %s ? :x \\",
    "line ends": "a\r\nb\u2028c",
    "long": "é" * 100_000,
    "empty": "",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_text_is_kept_everywhere(any_store: Store, text: str) -> None:
    decision = Decision(
        type=text, action=text, text=text, proposal={text: [text]}, case=text, key=text
    )
    escalation = make_escalation(decision=decision, digest=text)
    record = make_record(escalation, type=text, action=text, facts={text: text})
    event = make_event(escalation, kind=text, detail={text: text})
    message = make_message(escalation, subject=text, body=text, contacts=(text,))
    assert any_store.create_escalation(record, escalation, [event], [message]) is None
    assert any_store.create_escalation(record, escalation, [event], [message]) is not None
    any_store.change(escalation.id, lambda found: (rejection(found, "ines"), []))
    any_store.message_failed(message.id, text, next_at=NOW)

    found = any_store.escalation(escalation.id)
    assert found is not None
    assert found.digest == clean(text)
    assert found.decision.text in {text, clean(text)}
    known = any_store.decision_by_key(AGENT, text, rehearsal=False)
    assert known is not None
    assert (known.id, known.key, known.case) == (record.id, short(text), clean(text))
    assert any_store.events(escalation.id)[0].kind == clean(text)
    assert any_store.messages()[0].body == any_store.messages()[0].error == clean(text)
    found = any_store.held_before(AGENT, text, "asked", rehearsal=False)
    assert [id for id, _ in found] == [escalation.id]


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [("plain", "plain"), ("a\0b", "a\ufffdb"), ("\ud83d!\udc00", "\ufffd!\ufffd"), ("é", "é")],
)
def test_only_what_no_database_keeps_is_replaced(given_text: str, kept: str) -> None:
    assert clean(given_text) == kept


def test_two_long_names_stay_two() -> None:
    longest = "x" * LONGEST_NAME
    assert short(longest) == longest
    assert short(longest + "a") != short(longest + "b")
    assert len(short(longest * 100)) < LONGEST_NAME


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (math.nan, None),
        ([math.inf, -math.inf], [None, None]),
        ({1: "a", "\ud800": ("\udfff",)}, {"1": "a", "\ufffd": ["\ufffd"]}),
        ({("a", 1): {2}}, {"('a', 1)": [2]}),
        ({"x": 1 + 2j}, {"x": "(1+2j)"}),
        (10**40, 10**40),
        (Decision(text="\ud800", facts={"at": NOW}).text, "\ufffd"),
    ],
)
def test_a_document_is_made_of_what_json_can_say(value: Any, kept: Any) -> None:
    assert msgspec.json.decode(document_text(value)) == kept


def test_a_record_with_odd_text_stays_a_record() -> None:
    decision = Decision(text="\ud800", facts={"at": NOW}, confidence=object())
    kept = msgspec.json.decode(document_text(decision), type=Decision)
    assert (kept.text, kept.facts) == ("\ufffd", {"at": "2026-11-22T19:50:10.123456Z"})


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_instants_are_texts_of_one_width(instant: datetime) -> None:
    try:
        expected = instant.astimezone(UTC)
    except OverflowError:
        return
    text = instant_text(instant)
    assert len(text) == 27
    assert datetime.fromisoformat(text) == expected


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_sort_as_texts(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        instant_text(datetime(2026, 11, 22))  # noqa: DTZ001 - what is refused


INSTANTS = st.datetimes(timezones=st.just(UTC))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NAMES = st.text(min_size=1, max_size=10).map(clean)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)
REASONS = st.builds(
    Reason,
    row=WORDS,
    condition=st.sampled_from(["confidence", "consequence", "novelty", "fault", "stall"]),
    route=WORDS,
    observed=WORDS,
    limit=WORDS,
    sentence=WORDS,
    tag=st.none() | WORDS,
)
DECISIONS = st.builds(
    Decision,
    type=PLAIN,
    action=PLAIN,
    confidence=PLAIN,
    facts=PLAIN,
    text=PLAIN,
    proposal=PLAIN,
    context=PLAIN,
    case=PLAIN,
    key=st.none(),
)
ANSWERS = st.builds(
    Answer,
    kind=st.sampled_from(ANSWER_KINDS),
    by=WORDS,
    at=INSTANTS,
    digest=WORDS,
    proposal=PLAIN,
    facts=st.none() | OBJECTS,
    reason=st.none() | WORDS,
    instruction=st.none() | WORDS,
)


@st.composite
def asks(draw: st.DrawFn, escalation_id: str, position: int, states: list[str]) -> Ask:
    state = draw(st.sampled_from(states))
    return Ask(
        id=f"{escalation_id}.{position}",
        route=draw(WORDS),
        state=state,  # type: ignore[arg-type]
        holder=draw(NAMES),
        with_owner=draw(st.booleans()),
        tried=tuple(draw(st.lists(NAMES, max_size=3))),
        assigned_at=draw(INSTANTS),
        acknowledge_due_at=draw(st.none() | INSTANTS),
        decide_due_at=draw(INSTANTS),
        acknowledged_at=draw(st.none() | INSTANTS),
        reminders=draw(st.integers(0, 1000)),
        due_at=draw(INSTANTS) if state == "open" else None,
        answer=draw(ANSWERS) if state == "answered" else None,
    )


@st.composite
def escalations(draw: st.DrawFn) -> Escalation:
    escalation_id = new_id()
    is_open = draw(st.booleans())
    states = [["open"], ["open", "answered"]] if is_open else [["answered", "closed"]]
    outcome = None if is_open else draw(st.sampled_from(OUTCOMES))
    return Escalation(
        id=escalation_id,
        agent=draw(NAMES),
        version=draw(WORDS),
        rehearsal=draw(st.booleans()),
        decision=draw(DECISIONS),
        digest=draw(WORDS),
        proposal=draw(PLAIN),
        proposal_digest=draw(WORDS),
        asked_digest=draw(WORDS),
        facts=draw(OBJECTS),
        reasons=tuple(draw(st.lists(REASONS, max_size=3))),
        asks=tuple(
            draw(asks(escalation_id, position, states[min(position, len(states)) - 1]))
            for position in range(1, draw(st.integers(1, 3)) + 1)
        ),
        state="open" if is_open else "resolved",
        outcome=outcome,
        resolved_by=None if outcome in {None, "withdrawn", "expired"} else draw(WORDS),
        reason=draw(st.none() | WORDS),
        instruction=draw(st.none() | WORDS),
        created_at=draw(INSTANTS),
        resolved_at=None if is_open else draw(INSTANTS),
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=escalations(), second=escalations())
def test_any_escalation_comes_back_equal(
    any_store: Store, first: Escalation, second: Escalation
) -> None:
    assert any_store.create_escalation(make_record(first), first, [], []) is None
    assert any_store.escalation(first.id) == first
    assert any_store.escalations(limit=1) == [first]

    changed = replace(
        second,
        id=first.id,
        asks=tuple(
            replace(ask, id=f"{first.id}.{position}")
            for position, ask in enumerate((*second.asks, *second.asks, *second.asks), start=1)
        ),
    )
    any_store.change(first.id, lambda _found: (Move(escalation=changed), []))
    assert any_store.escalation(first.id) == changed
