"""Rehearsals: everybody at once, each on their own, marked, and never among the real figures."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    InputError,
    NotFoundError,
)
from handraise.model import Decision, Rehearsal
from handraise.service.rehearsing.cases import ExerciseCase, exercise_cases
from handraise.service.rehearsing.passed import passes
from handraise.service.rehearsing.showing import as_escalation
from handraise.service.secrets import Signer
from tests.support.story import AGENT, BIG, SURE, UNSURE, Story, begun
from tests.support.verified import verify_everybody

story = pytest.fixture(begun)

HALF_AN_HOUR = timedelta(minutes=30)


def started(story: Story, cases: Sequence[ExerciseCase] | None = None, **more: Any) -> Rehearsal:
    if cases is None:
        cases = exercise_cases(story.operation.shelf.newest(AGENT).tests)
    given = {"source": "its tests", "lasts": HALF_AN_HOUR, **more}
    found = story.operation.rehearsals.start(AGENT, "priya", cases, **given)
    story.cycle()
    return found


def answer(story: Story, rehearsal: Rehearsal, number: int, person: str, **more: Any) -> None:
    rehearsals = story.operation.rehearsals
    _, ask = rehearsals.ask(rehearsal.id, number, person)
    digest = as_escalation(rehearsal, ask).proposal_digest
    given = {"kind": "approve", "digest": digest, **more}
    rehearsals.answer(rehearsal.id, number, person, **given)
    story.cycle()


def case(name: str, given: dict[str, Any]) -> ExerciseCase:
    return ExerciseCase(name=name, decision=Decision(**given))


def put(story: Story, rehearsal: Rehearsal) -> list[tuple[int, str, tuple[str, ...]]]:
    asks = story.operation.rehearsals.asks(rehearsal.id)
    return [(ask.number, ask.person, ask.routes) for ask in asks]


def rehearsed(story: Story) -> dict[str, datetime]:
    """Return when each route that was rehearsed was last."""
    found = passes(story.operation.store, AGENT, story.operation.signer)
    return {route: passed.at for route, passed in found.items()}


def test_each_question_is_put_to_everybody_of_its_route_in_one_message_each(story: Story):
    rehearsal = started(story)

    assert [one.name for one in rehearsal.questions] == ["unsure", "big", "new"]
    assert rehearsal.went_ahead == ("sure",)
    assert put(story, rehearsal) == [
        (1, "dana", ("support_supervisor",)),
        (1, "marc", ("support_supervisor",)),
        (1, "priya", ("owner",)),
        (2, "ines", ("finance_lead",)),
        (3, "dana", ("support_supervisor",)),
        (3, "marc", ("support_supervisor",)),
    ]
    link = f"https://handraise.example.com/rehearsals/{rehearsal.id}"
    story.expect(
        ("dana", "rehearsal", "[EXERCISE] 2 questions wait for you"),
        ("marc", "rehearsal", link),
        ("priya", "rehearsal", "[EXERCISE] 1 question waits for you"),
        ("ines", "rehearsal", "Nothing is done, whatever you answer"),
    )
    story.quiet()


def test_who_has_not_answered_half_way_is_reminded_once(story: Story):
    rehearsal = started(story)
    answer(story, rehearsal, 2, "ines")
    answer(story, rehearsal, 1, "dana")
    story.sender.sent.clear()

    story.forward(minutes=15)
    story.forward(minutes=5)

    story.expect(
        ("dana", "rehearsal", "1 question still waits for you"),
        ("marc", "rehearsal", "2 questions still wait for you"),
        ("priya", "rehearsal", "1 question still waits for you"),
    )
    story.quiet()


def test_it_ends_when_all_is_answered_and_everybody_hears_of_it(story: Story):
    rehearsal = started(story)
    story.sender.sent.clear()
    for number, person, _ in put(story, rehearsal):
        answer(story, rehearsal, number, person)

    ended = story.operation.rehearsals.rehearsal(rehearsal.id)

    assert (ended.ended_why, ended.ended_at) == ("answered", story.clock.now())
    assert sorted(one.to for one in story.sender.sent) == ["dana", "ines", "marc", "priya"]
    assert all("[EXERCISE] It is over" in one.subject for one in story.sender.sent)


def test_it_ends_by_itself_at_its_time_whoever_began_it(story: Story):
    rehearsal = started(story)
    story.forward(minutes=30)

    ended = story.operation.rehearsals.rehearsal(rehearsal.id)

    assert ended.ended_why == "time"
    assert story.operation.endings.protocol(ended).people["dana"].answered == 0
    with pytest.raises(AlreadyAnsweredError, match="over"):
        answer(story, rehearsal, 1, "dana")


def test_nothing_is_answered_after_its_time_though_no_worker_has_come_round(story: Story):
    rehearsal = started(story)
    story.clock.advance(minutes=30)

    with pytest.raises(AlreadyAnsweredError, match="over"):
        answer(story, rehearsal, 1, "dana")


def test_the_owner_alone_begins_and_ends_it(story: Story):
    rehearsals = story.operation.rehearsals
    with pytest.raises(AccessError, match='"dana" is not the owner'):
        rehearsals.start(AGENT, "dana", [], source="", lasts=HALF_AN_HOUR)
    rehearsal = started(story)
    with pytest.raises(AccessError, match='"dana" is not the owner'):
        rehearsals.end(rehearsal.id, "dana")

    ended = rehearsals.end(rehearsal.id, "priya")

    assert ended.ended_why == "owner"
    assert rehearsals.end(rehearsal.id, "priya") == ended


def test_a_second_one_of_the_same_agent_waits_for_the_end_of_the_first(story: Story):
    rehearsal = started(story)
    with pytest.raises(InputError, match="runs already"):
        started(story)
    story.operation.rehearsals.end(rehearsal.id, "priya")

    assert started(story).id != rehearsal.id


def test_it_holds_nobodys_capacity_and_is_in_no_figure(story: Story):
    store = story.operation.store
    before = store.counts(AGENT, now=story.clock.now())
    practice = store.counts(AGENT, rehearsal=True, now=story.clock.now())

    rehearsal = started(story)
    answer(story, rehearsal, 1, "dana")

    assert store.counts(AGENT, now=story.clock.now()) == before
    assert store.counts(AGENT, rehearsal=True, now=story.clock.now()) == practice
    assert store.open_load(["dana"], {"dana": story.clock.now()}) == {"dana": (0, 0)}
    assert store.escalations() == []
    assert store.asks() == []


def test_a_decision_is_real_while_an_exercise_runs(story: Story):
    started(story, [case("unsure", UNSURE)])
    story.sender.sent.clear()

    verdict = story.decide()

    assert verdict.escalated
    assert not verdict.rehearsal
    story.expect(("dana", "asked"))
    story.quiet()


def test_an_answer_must_be_one_that_a_real_question_would_take(story: Story):
    rehearsal = started(story)
    with pytest.raises(AnswerError, match="reason: say why"):
        answer(story, rehearsal, 1, "dana", kind="reject")
    with pytest.raises(AnswerError, match="refund"):
        answer(
            story, rehearsal, 1, "dana", kind="change", proposal={"refund": "much"}, reason="less"
        )
    with pytest.raises(AnswerError, match="unclear: longer"):
        answer(story, rehearsal, 1, "dana", unclear="?" * 2_001)

    answer(story, rehearsal, 1, "dana", kind="change", proposal={"refund": 20}, reason="less")

    with pytest.raises(AlreadyAnsweredError, match="you have answered this"):
        answer(story, rehearsal, 1, "dana")


def test_nobody_answers_what_was_not_put_to_them(story: Story):
    rehearsal = started(story)
    with pytest.raises(NotFoundError, match="not put to you"):
        story.operation.rehearsals.ask(rehearsal.id, 2, "dana")
    with pytest.raises(NotFoundError, match="no such exercise"):
        story.operation.rehearsals.of_person(rehearsal.id, "stranger")
    with pytest.raises(NotFoundError, match="no rehearsal"):
        story.operation.rehearsals.rehearsal("nothing")


def test_nobody_is_rung_while_away_and_nobody_who_has_left(story: Story):
    story.operation.roster.away("marc", None, None, "holiday", "marc")
    story.operation.roster.deactivate("ines", "priya", "moved on")
    story.cycle()
    story.sender.sent.clear()

    rehearsal = started(story)

    assert rehearsal.absent == {"marc": "is away", "ines": "has left"}
    assert rehearsal.left_out == {"big": "nobody of its routes can be asked"}
    assert {person for _, person, _ in put(story, rehearsal)} == {"dana", "priya"}
    assert {one.to for one in story.sender.sent} == {"dana", "priya"}


def test_nobody_is_asked_about_what_they_asked_for_themselves(story: Story):
    rehearsal = started(story, [case("for marc", {**UNSURE, "asked_by": "Marc Oyelaran"})])

    assert [person for _, person, _ in put(story, rehearsal)] == ["dana", "priya"]


def test_each_person_has_so_many_at_most_and_every_row_comes_first(story: Story):
    many = [case(f"unsure {n}", UNSURE) for n in range(4)]
    rehearsal = started(
        story, [*many, case("big", BIG), case("new", {**SURE, "type": "riddle"})], per_person=2
    )

    assert [one.name for one in rehearsal.questions] == ["unsure 0", "big", "new"]
    assert rehearsal.left_out["unsure 3"].startswith("dana and marc have 2 already")


def test_what_somebody_has_too_much_of_is_put_to_the_others_of_the_route(story: Story):
    changed(story, ("[ines]", "[ines, dana]"))
    cases = [case(f"big {n}", BIG) for n in range(3)] + [
        case(f"unsure {n}", UNSURE) for n in (0, 1)
    ]
    both = case("both", {**BIG, "confidence": 0.2})

    rehearsal = started(story, [*cases, both], per_person=2)

    given = Counter(person for _, person, routes in put(story, rehearsal) if routes != ("owner",))
    assert given == {"dana": 2, "ines": 2, "marc": 2}
    assert all("already" in why for why in rehearsal.left_out.values())


@pytest.mark.parametrize(
    ("cases", "more", "words"),
    [
        ([], {}, "no decisions"),
        ([case("sure", SURE)], {}, "none of the 1 decisions stops"),
        ([case("unsure", UNSURE)], {"lasts": timedelta(seconds=5)}, "cannot last"),
        ([case("unsure", UNSURE)], {"per_person": 0}, "0 questions for each person"),
        ([case("unsure", UNSURE)], {"per_person": 51}, "51 questions for each person"),
    ],
)
def test_an_exercise_without_anything_to_do_does_not_begin(
    story: Story, cases: list[ExerciseCase], more: dict[str, Any], words: str
):
    with pytest.raises(InputError, match=words):
        started(story, cases, **more)
    story.quiet()


def test_a_route_is_rehearsed_when_everybody_who_was_asked_for_it_answered(story: Story):
    rehearsal = started(story)
    answer(story, rehearsal, 1, "dana")
    answer(story, rehearsal, 2, "ines")
    answer(story, rehearsal, 1, "priya")
    assert rehearsed(story) == {}, "it still runs"
    at = story.clock.now()

    story.forward(minutes=30)

    assert rehearsed(story) == {"finance_lead": at, "owner": at}
    operation = story.operation
    found = passes(operation.store, AGENT, operation.signer)["finance_lead"]
    assert (found.people, found.rehearsal_id) == (("ines",), rehearsal.id)
    assert passes(operation.store, "other", operation.signer) == {}
    assert passes(operation.store, AGENT, None) == {}, "nothing can be checked"


@pytest.mark.parametrize("protocol", ["empty", "not signed", "of another one", "a go-live record"])
def test_what_was_written_into_the_store_by_hand_is_no_rehearsal(story: Story, protocol: str):
    operation = story.operation
    real = operation.rehearsals.end(started(story).id, "priya")
    statement = {
        "empty": "",
        "not signed": Signer("another secret that is long enough").sign({"statement": "rehearsal"}),
        "of another one": real.protocol,
        "a go-live record": operation.signer.sign({"statement": "ready"}),
    }[protocol]
    now = story.clock.now()
    forged = replace(real, id="forged", ended_at=None, ended_why=None, protocol=None)
    asks = [
        replace(ask, rehearsal_id="forged", answered_at=now, kind="approve")
        for ask in operation.rehearsals.asks(real.id)
    ]
    assert operation.store.begin_rehearsal(forged, asks, [], [])
    ended = replace(forged, ended_at=now, ended_why="answered", protocol=statement)
    assert operation.store.end_rehearsal(ended, asks, [], []) == "ended"

    assert rehearsed(story) == {}


def test_answers_written_into_the_store_by_hand_do_not_count(story: Story):
    rehearsal = started(story)
    operation = story.operation
    operation.rehearsals.end(rehearsal.id, "priya")
    with sqlite3.connect(story.path.parent / "handraise.db") as connection:
        connection.execute(
            "UPDATE rehearsal_asks SET kind = 'approve', answered_at = ?",
            (story.clock.now().isoformat(sep=" "),),
        )
    connection.close()
    assert all(ask.kind == "approve" for ask in operation.rehearsals.asks(rehearsal.id))

    assert rehearsed(story) == {}


def test_it_stands_in_the_record_and_the_record_is_whole(story: Story):
    rehearsal = started(story)
    answer(story, rehearsal, 1, "dana")
    story.operation.rehearsals.end(rehearsal.id, "priya")

    kinds = [one.kind for one in story.operation.store.show_events(limit=3)]

    assert kinds == ["rehearsal_started", "rehearsal_answered", "rehearsal_ended"]
    story.whole()


def changed(story: Story, *changes: tuple[str, str]) -> str:
    """Change the table and open it, without a signature; return the version that waits."""
    text = story.path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    story.path.write_text(text, encoding="utf-8")
    story.operation.open(story.path)
    return story.operation.shelf.newest(AGENT).version


def test_a_version_is_rehearsed_before_it_goes_live_also_by_who_is_new_on_it(story: Story):
    before = story.operation.shelf.newest(AGENT).version
    lena = '  lena:  {name: Lena Falk, contact: "mailto:lena@example.com"}\n'
    version = changed(story, ("routes:\n", f"{lena}routes:\n"), ("[ines]", "[ines, lena]"))
    assert version != before
    verify_everybody(story.operation)

    rehearsal = started(story)

    assert rehearsal.version == version
    asks = {person: number for number, person, _ in put(story, rehearsal)}
    answer(story, rehearsal, asks["lena"], "lena")
    assert story.operation.rehearsals.waiting("lena") == []


def test_an_owner_on_a_route_answers_one_question_for_both(story: Story):
    changed(story, ("[ines]", "[ines, priya]"))

    rehearsal = started(story)

    assert [one for one in put(story, rehearsal) if one[1] == "priya"] == [
        (2, "priya", ("finance_lead", "owner"))
    ]


def test_of_thousands_of_decisions_the_first_are_told_by_name_and_the_rest_counted(story: Story):
    sure = [case(f"sure {n}", SURE) for n in range(1_000)]
    unsure = [case(f"unsure {n}", UNSURE) for n in range(1_000)]

    rehearsal = started(story, [*sure, *unsure], per_person=3)

    assert len(rehearsal.questions) == 3
    assert rehearsal.went_ahead[-1] == "and 800 more"
    assert len(rehearsal.left_out) == 201
    assert rehearsal.left_out["and 797 more"] == "for reasons of the same kind"
