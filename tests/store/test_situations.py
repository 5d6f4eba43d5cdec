"""New situations: what people answered, what they say it is, and how usual decisions were."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.errors import NotFoundError, StoreError
from handraise.model import Decision, Escalation, Learned, SaidOf, TableVersion
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.store import Store
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
    rejection,
)
from tests.support.databases import raw

WORDS = "can I pay with shells"
NOVEL = make_reason(row="novelty.1", condition="novelty", sentence="unlike the familiar")
QUOTING = make_reason(sentence='the customer wrote "condition":"novelty" here')


def stopped(store: Store, text: Any = WORDS, **fields: Any) -> Escalation:
    decision = Decision(type="payment", action="reply", text=text, facts={"total": 4})
    made = make_escalation(**{"decision": decision, "reasons": (NOVEL,), **fields})
    happened = [make_event(made, detail={"rows": ["novelty.1"]})]
    assert store.create_escalation(make_record(made), made, happened, []) is None
    return made


def answered(store: Store, *, move: Any = approval, at: Any = NOW, **fields: Any) -> Escalation:
    made = stopped(store, **fields)
    store.change(made.id, lambda found: (move(found, "ines", at), []))
    return made


def ids(found: list[Any]) -> list[str]:
    return [one.escalation_id for one in found]


def named(store: Store, *of: Escalation, label: str | None = "shells", by: str = "dana") -> int:
    return store.say_situation(AGENT, [one.id for one in of], label, by=by, now=NOW)


def test_what_was_unfamiliar_and_answered_comes_newest_first(any_store: Store) -> None:
    first = answered(any_store, facts={"total": 5})
    second = answered(any_store, move=rejection, at=after(hours=1))

    newest, oldest = any_store.new_situations(AGENT)

    assert (newest.escalation_id, newest.outcome) == (second.id, "rejected")
    assert (oldest.escalation_id, oldest.text, oldest.type) == (first.id, WORDS, "payment")
    assert (oldest.facts, oldest.outcome, oldest.by, oldest.at, oldest.said) == (
        {"total": 5},
        "approved",
        "ines",
        NOW,
        None,
    )
    assert ids(any_store.new_situations(AGENT, limit=1)) == [second.id]
    assert ids(any_store.new_situations(AGENT, since=after(minutes=1))) == [second.id]
    assert any_store.new_situations("another-agent") == []


def test_what_is_open_practice_or_familiar_is_no_new_situation(any_store: Store) -> None:
    waiting = stopped(any_store)
    rehearsed = answered(any_store, rehearsal=True)
    familiar = answered(any_store, reasons=(make_reason(), QUOTING))

    def withdrawn(found: Escalation, by: str, at: Any) -> Any:
        move = approval(found, by, at)
        ended = replace(move.escalation, outcome="withdrawn", resolved_by=None)
        return replace(move, escalation=ended)

    taken_back = answered(any_store, move=withdrawn)

    assert any_store.new_situations(AGENT) == []
    for one in (waiting, rehearsed, familiar, taken_back):
        assert any_store.situations_of(AGENT, [one.id]) == []
        with pytest.raises(NotFoundError, match=f"no new situation {one.id}"):
            named(any_store, one)
    assert all(
        event.kind != "situation_named"
        for one in (waiting, rehearsed, familiar, taken_back)
        for event in any_store.events(one.id)
    )


@pytest.mark.parametrize("text", [None, 7, "  ", ["a"]])
def test_a_text_that_is_none_is_left_out(any_store: Store, text: Any) -> None:
    answered(any_store, text=text)

    [found] = any_store.new_situations(AGENT)

    assert found.text is None


def test_what_a_person_says_is_kept_and_told(any_store: Store) -> None:
    first, second = answered(any_store), answered(any_store)

    assert named(any_store, first, second, first) == 2

    said = SaidOf("shells", "dana", NOW)
    assert [one.said for one in any_store.new_situations(AGENT)] == [said, said]
    assert ids(any_store.named_situations(AGENT)) == [first.id, second.id]
    told = any_store.events(second.id)[-1]
    assert (told.kind, told.who, told.detail) == ("situation_named", "dana", {"label": "shells"})


def test_the_same_word_again_is_no_news(any_store: Store) -> None:
    made = answered(any_store)
    named(any_store, made)
    before = any_store.events(made.id)

    assert named(any_store, made, by="marc") == 0

    assert any_store.events(made.id) == before
    [kept] = any_store.named_situations(AGENT)
    assert kept.said == SaidOf("shells", "dana", NOW)


def test_a_later_word_replaces_the_earlier_one(any_store: Store) -> None:
    made = answered(any_store)
    named(any_store, made)

    assert named(any_store, made, label=None, by="marc") == 1

    assert any_store.named_situations(AGENT) == []
    [kept] = any_store.new_situations(AGENT)
    assert kept.said == SaidOf(None, "marc", NOW)
    told = any_store.events(made.id)[-1]
    assert told.detail == {"label": None, "before": "shells"}
    assert named(any_store, made, label=None, by="marc") == 0


def test_what_people_said_is_listed_without_reading_the_words(any_store: Store) -> None:
    first, second, left = (answered(any_store) for _ in range(3))
    named(any_store, first)
    any_store.say_situation(AGENT, [second.id], None, by="marc", now=after(hours=1))

    said = any_store.said_situations(AGENT)

    assert [(id, one.label, one.by) for id, one in said] == [
        (second.id, None, "marc"),
        (first.id, "shells", "dana"),
    ]
    assert [id for id, _ in any_store.said_situations(AGENT, since=NOW)] == [second.id]
    assert [id for id, _ in any_store.said_situations(AGENT, limit=1)] == [second.id]
    assert any_store.said_situations("another-agent") == []
    assert ids(any_store.new_situations(AGENT, unnamed=True)) == [left.id]


def test_naming_is_all_or_nothing(any_store: Store) -> None:
    made = answered(any_store)
    foreign = answered(any_store, agent="another-agent")

    for unknown in ("nothing", foreign.id):
        with pytest.raises(NotFoundError, match=f"no new situation {unknown}"):
            any_store.say_situation(AGENT, [made.id, unknown], "shells", by="dana", now=NOW)

    assert any_store.named_situations(AGENT) == []


def test_many_are_named_at_once(any_store: Store) -> None:
    made = [answered(any_store) for _ in range(3)]
    unknown = [new_id() for _ in range(600)]

    found = any_store.situations_of(AGENT, [*unknown, *(one.id for one in made)])

    assert ids(found) == [one.id for one in made]
    assert named(any_store, *made) == 3
    assert ids(any_store.named_situations(AGENT, limit=2)) == [one.id for one in made[1:]]


def test_nothing_of_what_was_erased_comes_back(any_store: Store) -> None:
    record = Record(any_store, Signer("a secret of the operation, long enough"), ManualClock(NOW))
    made = answered(any_store)
    named(any_store, made, label="12 Quiet Lane")

    record.redact(escalation_id=made.id, by="priya", reason="asked for")

    assert any_store.new_situations(AGENT) == []
    assert any_store.named_situations(AGENT) == []
    with pytest.raises(NotFoundError):
        named(any_store, made)
    with any_store.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM situations").all() == []
        kept = connection.exec_driver_sql("SELECT * FROM events").all()
    assert "Quiet Lane" not in str(kept)
    assert record.verify().flaws == ()


def test_what_was_said_leaves_the_record_whole(any_store: Store) -> None:
    record = Record(any_store, Signer("a secret of the operation, long enough"), ManualClock(NOW))
    made = answered(any_store, familiarity=0.004)
    named(any_store, made)

    assert any_store.changed_outside(made.id) is None
    assert record.verify().flaws == ()
    kept = any_store.escalation(made.id)
    assert kept is not None
    assert kept.familiarity == 0.004
    raw(any_store, "UPDATE escalations SET familiarity = 0.5")
    assert any_store.changed_outside(made.id) is not None


@pytest.mark.parametrize("column", ["label", "said_by"])
def test_the_schema_refuses_empty_words(any_store: Store, column: str) -> None:
    named(any_store, answered(any_store))

    with pytest.raises(StoreError):
        raw(any_store, f"UPDATE situations SET {column} = ''")
    with pytest.raises(StoreError):
        raw(any_store, "UPDATE situations SET escalation_id = 'nothing'")


def usual(p: float | None, minutes: int, **fields: Any) -> Any:
    return make_record(familiarity=p, decided_at=after(minutes=minutes), **fields)


def test_how_usual_decisions_were_comes_in_order(any_store: Store) -> None:
    any_store.record_decisions([usual(0.5, 1), usual(1.0, 2), usual(None, 3), usual(0.25, 4)])
    any_store.record_decisions([usual(0.1, 5, rehearsal=True), usual(0.1, 6, agent="another")])
    made = make_escalation(familiarity=0.01)
    stop = make_record(made, familiarity=0.01, decided_at=after(minutes=7))
    any_store.create_escalation(stop, made, [make_event(made)], [])

    found = any_store.familiarity_over_time(AGENT)

    assert found == [
        (after(minutes=1), 0.5),
        (after(minutes=2), 1.0),
        (after(minutes=4), 0.25),
        (after(minutes=7), 0.01),
    ]
    assert any_store.familiarity_over_time(AGENT, since=after(minutes=4)) == found[2:]
    assert any_store.familiarity_over_time(AGENT, limit=1) == found[3:]


def test_a_number_that_is_no_share_is_left_out(any_store: Store) -> None:
    any_store.record_decisions([usual(p, 1) for p in (0.0, -1.0, 1.5, float("nan"))])

    assert any_store.familiarity_over_time(AGENT) == []


def learned_version(version: str, digest: str | None) -> TableVersion:
    learned = None
    if digest is not None:
        learned = Learned(
            folder="learned", digest=digest, facts={}, reads_text=True, least_rate=0.01
        )
    return TableVersion(
        agent=AGENT, version=version, source="t", text="", registered_at=NOW, learned=learned
    )


def test_decisions_are_told_apart_by_what_they_were_held_against(any_store: Store) -> None:
    for number, digest in enumerate((None, "a" * 64, "b" * 64, "b" * 64)):
        any_store.register_table(learned_version(f"v{number}", digest))
        any_store.record_decisions([usual(0.1 * (number + 1), number, version=f"v{number}")])

    found = any_store.familiarity_over_time(AGENT, learned="b" * 64)

    assert [at for at, _ in found] == [after(minutes=2), after(minutes=3)]
    assert any_store.familiarity_over_time(AGENT, learned="c" * 64) == []
    kept = any_store.table_version(AGENT, "v1")
    assert kept == learned_version("v1", "a" * 64)
    assert any_store.newest_table(AGENT) == learned_version("v3", "b" * 64)


def test_unusual_stops_are_listed_newest_first_or_nearest_the_line(any_store: Store) -> None:
    for version, digest in (("v-new", "d" * 64), ("v-old", "e" * 64)):
        any_store.register_table(learned_version(version, digest))
    far, near, odd = (
        stopped(any_store, version="v-new", familiarity=p, text=f"text {p}")
        for p in (0.001, 0.019, 0.01)
    )
    stopped(any_store, version="v-new", familiarity=0.5)
    stopped(any_store, version="v-new", familiarity=None)
    stopped(any_store, version="v-old", familiarity=0.01)
    stopped(any_store, version="v-new", familiarity=0.01, rehearsal=True)
    any_store.change(near.id, lambda found: (approval(found, "ines", NOW), []))

    def listed(**fields: Any) -> list[str]:
        return ids(any_store.unusual_stops(AGENT, learned="d" * 64, up_to=0.02, **fields))

    assert listed() == [odd.id, near.id, far.id]
    assert listed(nearest=True, limit=2) == [near.id, odd.id]
    found = any_store.unusual_stops(AGENT, learned="d" * 64, up_to=0.02)[1]
    assert (found.text, found.type, found.familiarity) == ("text 0.019", "payment", 0.019)
    assert (found.outcome, found.at) == ("approved", near.created_at)
    assert any_store.unusual_stops("another-agent", learned="d" * 64, up_to=1.0) == []
