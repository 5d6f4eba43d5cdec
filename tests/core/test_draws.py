"""Draws made again: one left out, one put there, an audit that is not what events tell of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.draws import Lots, Told, draw_flaws, lots_of
from handraise.core.gate.drawing import drawn
from handraise.core.record import canonical
from handraise.core.table.types import Auditing
from handraise.model import ChainedEvent, Flaw, SealedDecision

KEY, NEW_KEY = b"k" * 32, b"n" * 32
LOTS = Lots((KEY,))
AT = "2026-11-22T19:50:10.000000Z"
ALL = Auditing(one_in={"high": 1}, to="support_supervisor", twice=0.0)
HALF = Auditing(one_in={"high": 2}, to="support_supervisor", twice=0.5)


def id_with(looks: int, auditing: Auditing = HALF, key: bytes = KEY, not_by: bytes = b"") -> str:
    """Return the id of a decision that the lot gives so many looks."""
    return next(
        id
        for id in (f"decision-{number}" for number in range(10_000))
        if len(drawn(auditing, "high", key, id)) == looks
        and not (not_by and drawn(auditing, "high", not_by, id))
    )


def decision(id: str = "d", **fields: Any) -> SealedDecision:
    given = {
        "id": id,
        "agent": "support-agent",
        "version": "v1",
        "rows": "[]",
        "rehearsal": False,
        "severity": "high",
        "decided_at": AT,
        **fields,
    }
    return SealedDecision(
        id=id,
        fields={name: value for name, value in given.items() if value is not None},
        content=(None, None),
        salt="s",
        content_digest=None,
        group="g",
        seal="s",
    )


def row(id: str = "d", look: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{id}.{look}",
        "agent": "support-agent",
        "version": "v1",
        "drawn_at": AT,
        "severity": "high",
        "state": "drawn",
        "probability": 1.0 if id == "d" else 0.25 if look == 2 else 0.5,  # by ALL, by HALF
        **fields,
    }


def whats(flaws: list[Flaw]) -> list[str]:
    return [f"{flaw.place}: {flaw.what}" for flaw in flaws]


def test_a_draw_that_is_as_the_lot_says_has_no_flaw():
    assert draw_flaws(decision(audit=1.0), [row()], ALL, LOTS) == []
    two = id_with(2)
    rows = [row(two), row(two, 2)]
    assert draw_flaws(decision(two, audit=0.5), rows, HALF, LOTS) == []
    assert draw_flaws(decision(id_with(0)), [], HALF, LOTS) == []


def test_what_the_lot_draws_and_was_left_out_is_found():
    one = decision()
    assert whats(draw_flaws(one, [], ALL, LOTS)) == [
        "decision d: the lot draws it for an audit, and it was left out"
    ]
    assert draw_flaws(one, [], None, LOTS) == []
    assert draw_flaws(one, [], ALL, None) == []


@pytest.mark.parametrize(
    "fields", [{"rows": '["novelty.1"]'}, {"escalation_id": "e"}, {"rehearsal": True}]
)
def test_what_stopped_or_was_practice_is_no_matter_of_lots(fields: dict[str, Any]):
    assert draw_flaws(decision(**fields), [], ALL, LOTS) == []
    (flaw, *_) = draw_flaws(decision(audit=1.0, **fields), [row()], ALL, LOTS)
    assert flaw.what == "it was drawn for an audit, and it did not go ahead"


def test_what_the_lot_does_not_draw_and_was_put_there_is_found():
    id = id_with(0)
    put = decision(id, audit=0.5)
    expected = f"decision {id}: the lot does not draw it: it was put among the audits"
    assert whats(draw_flaws(put, [row(id)], HALF, LOTS)) == [expected]
    assert whats(draw_flaws(put, [row(id)], None, LOTS)) == [expected]
    assert draw_flaws(put, [row(id)], HALF, None) == []


def test_a_probability_that_is_not_the_table_s_is_found():
    (flaw,) = draw_flaws(decision(audit=0.5), [row(probability=0.5)], ALL, LOTS)
    assert "with probability 0.5, and the table says otherwise" in flaw.what


@pytest.mark.parametrize("chance", ["often", 2.0, 0.0, True])
def test_a_probability_that_is_none_is_found(chance: Any):
    third = Auditing(one_in={"high": 3}, to="r", twice=0.0)
    (flaw,) = draw_flaws(decision(audit=chance), [row()], third, LOTS)
    assert flaw.place == "decision d"


def test_an_audit_that_is_gone_is_found():
    assert whats(draw_flaws(decision(audit=1.0), [], ALL, None)) == ["audit d.1: it is gone"]
    two = id_with(2)
    assert whats(draw_flaws(decision(two, audit=0.5), [row(two)], HALF, LOTS)) == [
        f"audit {two}.2: it is gone"
    ]


def test_a_second_look_that_the_lot_does_not_give_is_found():
    one = id_with(1)
    rows = [row(one), row(one, 2)]
    what = f"audit {one}.2: the lot gives no such look: it was put there"
    assert whats(draw_flaws(decision(one, audit=0.5), rows, HALF, LOTS)) == [what]
    assert draw_flaws(decision(one, audit=0.5), rows, None, LOTS) == []


def test_the_owner_s_last_word_needs_two_answers():
    two = id_with(2)
    answered = [row(two, look, state="answered") for look in (1, 2, 3)]
    assert draw_flaws(decision(two, audit=0.5), answered, HALF, LOTS) == []
    rows = [row(two), row(two, 2, state="answered"), row(two, 3, state="answered")]
    assert whats(draw_flaws(decision(two, audit=0.5), rows, HALF, LOTS)) == [
        f"audit {two}.3: the lot gives no such look: it was put there"
    ]


@pytest.mark.parametrize("state", ["drawn", "left_out"])
@pytest.mark.parametrize("probability", [1.0, 0.25, None, "often"])
def test_a_probability_of_a_draw_that_was_edited_is_found(state: str, probability: Any):
    one = id_with(1)
    rows = [row(one, state=state, probability=probability)]
    what = f"audit {one}.1: its probability is {probability}, and the draw gives 0.5: it was edited"
    assert whats(draw_flaws(decision(one, audit=0.5), rows, HALF, LOTS)) == [what]
    assert whats(draw_flaws(decision(one, audit=0.5), rows, None, None)) == [what]


def test_what_is_put_to_a_person_is_thinned_by_halves_and_never_else():
    one = decision(id_with(1), audit=0.5)

    def flaws(state: str, probability: Any) -> int:
        rows = [row(one.id, state=state, probability=probability)]
        return len(draw_flaws(one, rows, HALF, LOTS))

    assert [flaws("asked", chance) for chance in (0.5, 0.25, 0.5 * 2.0**-20)] == [0, 0, 0]
    assert [flaws("answered", chance) for chance in (1.0, 0.3, 0.0, None)] == [1, 1, 1, 1]


def test_a_second_look_has_the_probability_of_both_draws():
    two = id_with(2)
    rows = [row(two), row(two, 2, probability=0.5)]
    what = f"audit {two}.2: its probability is 0.5, and the draw gives 0.25: it was edited"
    assert whats(draw_flaws(decision(two, audit=0.5), rows, HALF, LOTS)) == [what]
    assert draw_flaws(decision(two, audit=0.5), rows, None, LOTS) == []


@pytest.mark.parametrize("name", ["agent", "version", "drawn_at", "severity"])
def test_an_audit_that_says_something_else_than_its_decision_is_found(name: str):
    assert whats(draw_flaws(decision(audit=1.0), [row(**{name: "x"})], ALL, LOTS)) == [
        f"audit d.1: its {name} is not its decision's: it was edited"
    ]


def test_a_decision_without_a_severity_has_an_audit_without_one():
    plain = Auditing(one_in={"": 1}, to="r", twice=0.0)
    none = decision(audit=1.0, severity=None)
    assert draw_flaws(none, [row(severity="")], plain, LOTS) == []


# After a rotation of the secret there are several keys: each counts for the time it was in use.

OLD_TIMES = [f"2026-11-{day:02d}T00:00:00.000000Z" for day in (1, 5)]
NEW_TIMES = [f"2026-11-{day:02d}T00:00:00.000000Z" for day in (6, 9)]
BOTH = (NEW_KEY, KEY)


def rotated() -> Lots:
    old, new = id_with(1, key=KEY, not_by=NEW_KEY), id_with(1, key=NEW_KEY, not_by=KEY)
    seen = [(old, at, 0.5) for at in reversed(OLD_TIMES)] + [(new, at, 0.5) for at in NEW_TIMES]
    return lots_of(BOTH, seen)


def test_each_key_counts_for_the_time_in_which_it_alone_drew():
    lots = rotated()
    assert lots.spans == (tuple(NEW_TIMES), tuple(OLD_TIMES))
    assert lots.in_use("2026-11-03") == (KEY,)
    assert lots.in_use("2026-11-07") == (NEW_KEY,)
    assert lots.in_use("2026-11-05T12") == BOTH
    assert lots_of((KEY,), []).in_use("2026-11-05T12") == (KEY,)


def test_a_draw_that_was_left_out_is_found_after_a_rotation_too():
    old = id_with(1, key=KEY, not_by=NEW_KEY)
    flaws = draw_flaws(decision(old, decided_at="2026-11-03"), [], HALF, rotated())
    assert whats(flaws) == [f"decision {old}: the lot draws it for an audit, and it was left out"]
    assert draw_flaws(decision(old, decided_at="2026-11-07"), [], HALF, rotated()) == []


def test_what_every_key_draws_or_none_tells_nothing_of_when_they_were_in_use():
    every = next(
        f"decision-{number}"
        for number in range(1000)
        if all(drawn(HALF, "high", key, f"decision-{number}") for key in BOTH)
    )
    assert lots_of(BOTH, [(every, AT, 0.5), ("d", AT, "odd")]).spans == (None, None)  # type: ignore[list-item]


# What events tell.


def event(kind: str, who: str = "handraise", **detail: Any) -> ChainedEvent:
    return ChainedEvent(
        seq=1,
        at=AT,
        kind=kind,
        who=who,
        agent="support-agent",
        escalation_id=None,
        ask_id=None,
        detail=canonical(detail),
        salt="s",
        detail_digest="",
        state_digest=None,
        link="",
    )


def told(*events: ChainedEvent) -> Told:
    found = Told()
    for one in events:
        found.note(one)
    return found


ASKED = event("audit_asked", audit="d.1", to="dana", probability=0.25)
CHOSEN = event("audit_chosen", "dana", audit="d.1", chosen="refund")
ANSWERED = event("audit_answered", "dana", audit="d.1", answer="wrong", stake=40.0)
KEPT = row(
    state="answered",
    person="dana",
    chosen="refund",
    answer="wrong",
    answered_by="dana",
    stake=40.0,
    probability=0.25,
)


def test_an_audit_that_stands_as_events_tell_has_no_flaw():
    found = told(event("created"), ASKED, CHOSEN, ANSWERED)
    assert found.flaws_of(KEPT) == []
    assert found.end() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("answer", "right"),
        ("answered_by", "marc"),
        ("chosen", None),
        ("stake", None),
        ("state", "asked"),
        ("person", "marc"),
        ("probability", 1.0),
    ],
)
def test_whatever_of_an_answer_is_edited_is_found(name: str, value: Any):
    (flaw,) = told(ASKED, CHOSEN, ANSWERED).flaws_of({**KEPT, name: value})
    assert flaw == Flaw(None, "audit d.1", f"its {name} is not what events tell: edited")


def test_an_audit_that_goes_to_another_is_blind_again():
    again = event("audit_asked", audit="d.1", to="marc")
    found = told(ASKED, CHOSEN, again)
    now = row(state="asked", person="marc", chosen=None, probability=0.25)
    assert found.flaws_of({**now, "answer": None, "answered_by": None, "stake": None}) == []


def test_the_owner_s_last_word_is_told_by_one_event():
    found = told(event("audit_answered", "priya", audit="d.3", answer="wrong"))
    last = {**KEPT, "id": "d.3", "person": "priya", "answered_by": "priya"}
    assert found.flaws_of({**last, "chosen": None, "stake": None}) == []


def test_an_answer_that_no_event_tells_of_is_found():
    (flaw,) = told().flaws_of(KEPT)
    assert flaw.what.startswith("no event tells that it was put to anybody")


def test_an_answer_that_is_gone_is_found():
    (flaw,) = told(ASKED, ANSWERED).end()
    assert flaw.place == "audit d.1"


LEFT_OUT = (event("audits_left_out", audits=["a.1", "b.1"]), event("audits_left_out"))


def test_audits_that_were_left_out_as_events_tell_have_no_flaw():
    found = told(*LEFT_OUT)
    assert found.left_out_flaws(["a.1", "b.1"]) == []
    assert found.end() == []


def test_an_audit_that_was_left_out_in_another_s_place_is_found_and_so_is_the_other():
    found = told(*LEFT_OUT)
    assert whats(found.left_out_flaws(["a.1", "x.1"])) == [
        "audit x.1: no event tells that it was left out: it was edited"
    ]
    assert whats(found.end()) == [
        "audit b.1: events tell that it was left out, and it is gone, or says otherwise"
    ]


def test_one_that_was_answered_and_left_out_afterwards_is_told_of_once():
    found = told(ASKED, ANSWERED)
    assert found.left_out_flaws(["d.1"]) == []
    assert [flaw.place for flaw in found.end()] == ["audit d.1"]


def test_an_event_whose_detail_cannot_be_read_tells_of_nothing():
    found = told(replace(ASKED, detail="{"))
    (flaw,) = found.flaws_of(KEPT)
    assert flaw.what.startswith("no event tells")
