"""The chain of hashes, and how an edit of it is located: example by example, and by property."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.core.erasing import bare_of
from handraise.core.record import (
    ERASED,
    GENESIS,
    UNREADABLE,
    Walk,
    canonical,
    chained,
    checkpoint_flaw,
    content_digest_of,
    decision_flaws,
    detail_of,
    digest_of,
    group_detail,
    seal_of,
    state_flaw,
    state_of,
    statement_of,
)
from handraise.model import Answer, ChainedEvent, Checkpoint, Decision, Flaw, Head, SealedDecision
from tests.store.records import NOW, make_ask, make_escalation

START = Head(0, 0, GENESIS)


def made(number: int, kind: str = "created", **fields: Any) -> ChainedEvent:
    detail = fields.pop("detail", canonical({"n": number}))
    salt = f"{number:032x}"
    return ChainedEvent(
        **{
            "seq": 0,
            "at": f"2026-11-22T19:50:{number:02}.000000Z",
            "kind": kind,
            "who": "dana",
            "agent": "support-agent",
            "detail": detail,
            "salt": salt,
            "detail_digest": digest_of(salt, detail),
            "link": "",
            **fields,
        }
    )


def chain(count: int = 8) -> tuple[list[ChainedEvent], Head]:
    return chained(START, 0, [made(number) for number in range(1, count + 1)])


def walked(
    events: Sequence[ChainedEvent], head: Head | None, checkpoints: Sequence[Checkpoint] = ()
) -> list[Flaw]:
    walk = Walk(checkpoints)
    found = [flaw for event in events for flaw in walk.step(event)]
    return [*found, *walk.end(head), *walk.missing_checkpoints(one.day for one in checkpoints)]


def places(flaws: Sequence[Flaw]) -> list[str]:
    return [flaw.place for flaw in flaws]


def checkpoint(
    event: ChainedEvent, count: int | None = None, day: str = "2026-11-22"
) -> Checkpoint:
    seq = event.seq
    return Checkpoint(
        day=day, seq=seq, count=count or seq, link=event.link, at=NOW, statement="signed"
    )


def test_a_link_can_be_made_with_nothing_but_a_sha256() -> None:
    """As the documents say it, for whoever checks an export with a tool of their own."""
    import hashlib
    import json

    (event,), head = chained(START, 0, [made(1)])
    said = [1, event.at, "created", "dana", "support-agent", None, None, event.detail_digest, None]
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    assert event.link == hashlib.sha256((GENESIS + text).encode()).hexdigest() == head.link
    salted = f"{event.salt}{event.detail}"
    assert event.detail_digest == hashlib.sha256(salted.encode()).hexdigest()
    assert hashlib.sha256(b"handraise record 1").hexdigest() == GENESIS


def test_a_whole_chain_has_no_flaw() -> None:
    events, head = chain()
    assert (head.seq, head.count) == (8, 8)
    assert walked(events, head) == []
    assert walked([], START) == []


def test_a_number_that_somebody_used_is_passed_over() -> None:
    (event,), head = chained(START, 7, [made(1)])
    assert (event.seq, head.seq, head.count) == (8, 8, 1)
    assert walked([event], head) == []


EDITS: dict[str, Any] = {
    "at": "2026-11-22T19:50:59.000000Z",
    "kind": "resolved",
    "who": "priya",
    "agent": "another",
    "escalation_id": "e",
    "ask_id": "e.1",
    "detail": '{"n":99}',
    "salt": "f" * 32,
    "detail_digest": "0" * 64,
    "state_digest": "0" * 64,
    "link": "0" * 64,
}


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_an_edited_event_is_located(name: str, place: int) -> None:
    events, head = chain()
    events[place] = replace(events[place], **{name: EDITS[name]})
    assert set(places(walked(events, head))) == {f"event {place + 1}"}


@pytest.mark.parametrize(
    ("behind", "place", "what"),
    [(4, "event 4", "it is gone"), (6, "events 4 to 6", "they are gone")],
)
def test_what_is_gone_behind_an_edited_event_is_told(behind: int, place: str, what: str) -> None:
    events, head = chain()
    events[2] = replace(events[2], who="priya")
    del events[3:behind]
    assert [(flaw.place, flaw.what) for flaw in walked(events, head)] == [
        ("event 3", "it was edited, or moved here"),
        (place, what),
    ]


def test_an_event_that_was_put_in_between_is_told() -> None:
    events, head = chain()
    events.insert(4, replace(events[2], seq=4, who="priya"))
    (flaw,) = walked(events, head)
    assert (flaw.place, flaw.what) == ("event 4", "it is no part of the chain: it was put there")


@given(data=st.data())
def test_deleted_events_are_located(data: st.DataObject) -> None:
    events, head = chain()
    first = data.draw(st.integers(1, 8))
    last = data.draw(st.integers(first, 8))
    left = [event for event in events if not first <= event.seq <= last]
    named = f"event {first}" if first == last else f"events {first} to {last}"
    assert places(walked(left, head)) == [named]


@given(place=st.integers(0, 7), seq=st.integers(20, 30))
def test_an_event_put_at_the_end_is_located_and_the_rest_still_fits(place: int, seq: int) -> None:
    events, head = chain()
    stray = replace(events[place], seq=seq)
    assert places(walked([*events, stray], head)) == [f"event {seq}"]
    more, later = chained(head, seq, [made(9), made(10)])
    assert places(walked([*events, stray, *more], later)) == [f"event {seq}"]


@given(st.permutations(range(8)))
def test_events_in_another_order_are_flaws_where_they_moved(order: list[int]) -> None:
    events, head = chain()
    moved = [replace(events[old], seq=new) for new, old in enumerate(order, start=1)]
    found = set(places(walked(moved, head)))
    for new, old in enumerate(order, start=1):
        if new != old + 1:
            assert f"event {new}" in found
    if order == sorted(order):
        assert found == set()


def test_a_long_row_of_events_that_do_not_fit_is_got_over() -> None:
    events, head = chain(300)
    broken = [
        replace(event, who="x", link="0" * 64) if 10 <= event.seq < 260 else event
        for event in events
    ]
    found = places(walked(broken, head))
    assert {"event 10", "event 259"} <= set(found)


def test_the_row_that_says_where_the_chain_ends_is_held_against_it() -> None:
    events, head = chain()
    assert places(walked(events, None)) == ["the end of the chain"]
    assert places(walked(events, replace(head, count=9))) == ["the end of the chain"]
    assert places(walked(events, replace(head, link="0" * 64))) == ["the end of the chain"]
    assert places(walked(events, replace(head, seq=9))) == ["event 9"]
    assert places(walked(events, Head(7, 7, events[6].link))) == ["the end of the chain"]


def test_a_checkpoint_holds_a_chain_that_was_written_anew() -> None:
    events, head = chain()
    signed = [checkpoint(events[2]), checkpoint(events[5], day="2026-11-23")]
    assert walked(events, head, signed) == []
    anew, ends = chained(START, 0, [made(number, who="x") for number in range(1, 9)])
    flaws = walked(anew, ends, signed)
    assert places(flaws) == ["checkpoint 2026-11-22", "checkpoint 2026-11-23"]
    assert flaws[1].what.endswith("between event 4 and event 6")


def test_a_checkpoint_counts() -> None:
    events, head = chain()
    flaws = walked(events, head, [checkpoint(events[2], count=4)])
    assert [flaw.what for flaw in flaws] == ["it signed 4 events, and there are 3"]
    both = [checkpoint(events[2]), checkpoint(events[2], count=2, day="2026-11-23")]
    assert places(walked(events, head, both)) == ["checkpoint 2026-11-23"]


def test_what_a_checkpoint_ends_with_must_be_there() -> None:
    events, _ = chain()
    cut = Head(5, 5, events[4].link)
    assert places(walked(events[:5], cut, [checkpoint(events[7])])) == ["checkpoint 2026-11-22"]


def test_an_end_that_cannot_be_read_is_a_flaw_of_its_own() -> None:
    events, _ = chain()
    (flaw,) = walked(events, UNREADABLE)
    assert (flaw.seq, flaw.place) == (events[-1].seq, "the end of the chain")
    assert "it cannot be read" in flaw.what


def test_a_checkpoint_that_an_event_tells_of_must_be_there() -> None:
    said = [
        made(1),
        made(2, kind="checkpoint", detail=canonical({"day": "2026-11-22"})),
        made(3, kind="checkpoint", detail=canonical({})),
    ]
    events, head = chained(START, 0, said)
    flaws = walked(events, head)
    assert flaws == [Flaw(2, "checkpoint 2026-11-22", "event 2 tells of it, and it is gone")]
    assert walked(events, head, [checkpoint(events[0])]) == []


def test_a_checkpoint_is_what_was_signed() -> None:
    one = checkpoint(chain()[0][2])
    assert checkpoint_flaw(one, statement_of(one)) is None
    edited = checkpoint_flaw(one, {**statement_of(one), "count": 2})
    assert edited is not None
    assert "not what was signed" in edited.what
    unsigned = checkpoint_flaw(one, None)
    assert unsigned is not None
    assert "not valid" in unsigned.what


def erased(event: ChainedEvent) -> ChainedEvent:
    return replace(event, detail=ERASED, salt=None)


def test_an_erased_detail_leaves_the_chain_whole_where_a_redaction_says_so() -> None:
    said = [made(1, escalation_id="e"), made(2), made(3, kind="redacted", escalation_id="e")]
    events, head = chained(START, 0, said)
    events[0] = erased(events[0])
    walk = Walk()
    assert [flaw for event in events for flaw in walk.step(event)] == []
    assert walk.end(head) == []
    assert (walk.erased, walk.redacted) == (1, {"e": 3})


def test_an_erased_detail_that_no_redaction_tells_of_is_a_flaw() -> None:
    said = [made(1), made(2, kind="redacted", escalation_id="e"), made(3, escalation_id="e")]
    events, head = chained(START, 0, said)
    flaws = walked([erased(events[0]), events[1], erased(events[2])], head)
    assert places(flaws) == ["event 1", "event 3"]
    anew = replace(erased(events[2]), detail='{"n":4}')
    assert places(walked([*events[:2], anew], head)) == ["event 3", "event 3"]


def test_a_redaction_of_a_case_is_remembered() -> None:
    events, _ = chained(START, 0, [made(1, kind="redacted", detail=canonical({"case": "c"}))])
    walk = Walk()
    walk.step(events[0])
    assert walk.redacted_cases == {"c"}


@pytest.mark.parametrize("value", [None, 5, 1.5, True, b"\xff", ""])
@pytest.mark.parametrize("name", [name for name in EDITS if name != "salt"])
def test_no_value_in_a_row_is_too_odd_to_be_a_flaw(name: str, value: Any) -> None:
    events, head = chain(3)
    if getattr(events[1], name) == value:
        return
    events[1] = replace(events[1], **{name: value})
    assert "event 2" in places(walked(events, head))


def test_details_that_cannot_be_read_say_nothing() -> None:
    assert detail_of(made(1, detail="{")) == {}
    assert detail_of(made(1, detail="[]")) == {}
    assert detail_of(erased(made(1))) == {}
    assert detail_of(made(7)) == {"n": 7}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_the_canonical_text_is_one_however_often_it_is_read(value: Any) -> None:
    text = canonical(value)
    assert canonical(msgspec.json.decode(text)) == text


def test_a_state_leaves_out_what_is_null() -> None:
    state = state_of({"id": "e", "reason": None}, [{"id": "e.1", "answer": None}])
    assert state == '[{"id":"e"},{"id":"e.1"}]'


def test_an_escalation_is_held_against_the_event_that_tells_of_it() -> None:
    state = state_of({"id": "e"}, [])
    event = made(1, salt="s", state_digest=digest_of("s", state), seq=17)
    assert state_flaw("e", state, event) is None
    flaw = state_flaw("e", state_of({"id": "e", "outcome": "approved"}, []), event)
    assert flaw is not None
    assert (flaw.seq, flaw.place) == (17, "escalation e")
    gone = state_flaw("e", state, None)
    assert gone is not None
    assert "its events were deleted" in gone.what


def decision(id: str, **fields: Any) -> SealedDecision:
    one = SealedDecision(
        **{
            "id": id,
            "fields": {"id": id, "action": "refund"},
            "content": ("{}", '{"refund":40}'),
            "salt": "s",
            "content_digest": None,
            "group": "g",
            "seal": None,
            **fields,
        }
    )
    return replace(one, seal=seal_of(one))


@pytest.fixture
def sealed() -> tuple[ChainedEvent, list[SealedDecision]]:
    rows = [decision("a"), decision("b"), decision("c")]
    detail = canonical(group_detail("g", [str(one.seal) for one in rows]))
    return made(1, kind="recorded", detail=detail, seq=5), rows


def test_decisions_as_they_were_recorded_have_no_flaw(
    sealed: tuple[ChainedEvent, list[SealedDecision]],
) -> None:
    event, rows = sealed
    assert decision_flaws(event, rows) == []
    bare = replace(
        rows[1], content=(None, None), salt=None, content_digest=content_digest_of(rows[1])
    )
    assert decision_flaws(event, [rows[0], bare, rows[2]]) == []


@pytest.mark.parametrize(
    "edit",
    [
        {"fields": {"id": "b", "action": "delete"}},
        {"content": ("{}", '{"refund":4000}')},
        {"salt": "t"},
        {"salt": None},
        {"content_digest": "0"},
        {"seal": "0"},
        {"salt": None, "content": (None, None)},
    ],
)
def test_an_edited_decision_is_located(
    sealed: tuple[ChainedEvent, list[SealedDecision]], edit: dict[str, Any]
) -> None:
    event, rows = sealed
    flaws = decision_flaws(event, [rows[0], replace(rows[1], **edit), rows[2]])
    assert flaws == [Flaw(5, "decision b", "it was edited")]


def test_what_stands_in_place_of_erased_content_is_a_flaw(
    sealed: tuple[ChainedEvent, list[SealedDecision]],
) -> None:
    event, rows = sealed
    anew = replace(rows[1], salt=None, content_digest=content_digest_of(rows[1]))
    assert places(decision_flaws(event, [rows[0], anew, rows[2]])) == ["decision b"]


def test_decisions_that_are_gone_or_sealed_anew_are_missed(
    sealed: tuple[ChainedEvent, list[SealedDecision]],
) -> None:
    event, rows = sealed
    (gone,) = decision_flaws(event, rows[:2])
    assert gone.what == "there were 3, and there are 2"
    (anew,) = decision_flaws(event, [*rows[:2], decision("c", salt="t")])
    assert anew.what == "at least one was edited, and its seal with it"


def test_what_is_left_of_an_erased_escalation() -> None:
    answer = Answer(
        kind="reject", by="ines", at=NOW, digest="d", facts={"a": 1}, proposal={}, reason="w"
    )
    found = make_escalation(
        {"answer": answer, "state": "answered"},
        {},
        decision=Decision(type=["odd"], action="refund", confidence="high", text="t", case=5),
        reason="words",
    )
    bare = bare_of(found, NOW)
    assert bare.decision == Decision(
        type=None, action="refund", confidence=None, facts={}, context={"erased": "2026-11-22"}
    )
    assert (bare.reason, bare.instruction, bare.erased_at) == ("erased", None, NOW)
    assert bare.asks[0].answer == Answer(
        kind="reject", by="ines", at=NOW, digest="d", reason="erased"
    )
    assert bare.asks[1] == make_ask(found.id, 2)
    assert {reason.sentence for reason in bare.reasons} == {"erased"}
    again = bare_of(bare, datetime(2027, 1, 1, tzinfo=UTC))
    assert again.erased_at == NOW
    for asked_by, left in (
        ("dana", "dana"),
        ("dana ines", "dana ines"),
        ("Jane Customer", "erased"),
        ("dana, for Jane", "erased"),
        ("erased", "erased"),
        (["dana"], None),
    ):
        asked = make_escalation(decision=Decision(asked_by=asked_by))
        assert bare_of(asked, NOW, {"dana", "ines"}).decision.asked_by == left
    kept = bare_of(make_escalation(decision=Decision(type="t", confidence=0.5)), NOW)
    assert (kept.decision.type, kept.decision.confidence) == ("t", 0.5)
