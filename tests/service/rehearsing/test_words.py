"""What an exercise came to, in words: small numbers as numbers, and nobody flattered."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from handraise.core.agreement import Agreement
from handraise.model import Decision
from handraise.service.rehearsing import words
from handraise.service.rehearsing.protocol import Answered, Asked, Protocol, Told

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NONE = Agreement(alike=0, pairs=0, compared=0, alpha=None)


def answered(person: str = "dana", kind: str | None = "approve", **more: object) -> Answered:
    given = Answered(
        person=person,
        routes=("support_supervisor",),
        seen_at=None,
        answered_at=None if kind is None else START + timedelta(minutes=4),
        kind=kind,
        proposal=None,
        facts=None,
        reason=None,
        instruction=None,
        unclear="",
    )
    return replace(given, **more)


def asked(*answers: Answered, **more: object) -> Asked:
    question = Asked(
        number=1,
        name="unsure",
        decision=Decision(),
        reasons=(),
        routes=("support_supervisor",),
        expected=None,
        before="",
        answers=answers,
        alike=0,
        pairs=0,
    )
    return replace(question, **more)


def protocol(*questions: Asked) -> Protocol:
    return Protocol(
        id="r1",
        agent="support-agent",
        version="v1",
        by="priya",
        source="its tests",
        started_at=START,
        ends_at=START + timedelta(minutes=30),
        ended_at=START + timedelta(minutes=30),
        ended_why="time",
        people={"dana": Told(name="Dana Reyes", told_at=START, asked=1, answered=1)},
        absent={},
        questions=questions,
        went_ahead=(),
        left_out={},
        agreement=NONE,
        by_route={},
        by_row={},
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (NONE, "No question was answered by two people"),
        (Agreement(alike=3, pairs=4, compared=8, alpha=None), "3 of 4 pairs .* too few"),
        (Agreement(alike=1, pairs=1, compared=2, alpha=None), "^1 of 1 pair of answers"),
        (Agreement(alike=9, pairs=12, compared=24, alpha=0.4321), "alpha is 0.43"),
        (Agreement(alike=12, pairs=12, compared=24, alpha=None), "nobody answered anything else"),
    ],
)
def test_agreement_is_said_in_pairs_and_by_a_coefficient_where_there_is_one(
    found: Agreement, said: str
):
    assert re.search(said, words.agreement_sentence(found))


@pytest.mark.parametrize(
    ("expected", "answers", "said"),
    [
        ((), (answered(),), "expects it to go ahead, and it stopped; 1 of 1 person approved"),
        (("support_supervisor",), (), "and it did; nobody answered."),
        (
            ("finance_lead", "owner"),
            (answered(kind="reject"), answered("marc"), answered("ines", None)),
            "stop at finance_lead and the owner, and it stopped at support_supervisor; "
            "1 of 2 people approved it as it is.",
        ),
    ],
)
def test_what_the_case_expects_stands_beside_what_people_said(
    expected: tuple[str, ...], answers: tuple[Answered, ...], said: str
):
    (line,) = words.expectation_words(asked(*answers, expected=expected))
    assert said in line


def test_nothing_is_said_of_a_case_that_expects_nothing():
    assert words.expectation_words(asked(answered())) == ()


def test_a_change_says_to_what():
    change = answered(kind="change", proposal={"refund": 20}, facts={"years": 3})
    assert words.answer_words(change) == 'change to {"refund":20}, facts {"years":3}'
    assert words.answer_words(answered(kind="change")) == "change"
    assert words.answer_words(answered(kind=None)) == "no answer"


def test_what_stayed_open_says_whether_it_was_opened():
    one = asked(answered(kind=None), answered("marc", None, seen_at=START))
    assert words.unanswered(protocol(one)) == (
        "Question 1 (unsure): Dana Reyes never opened it",
        "Question 1 (unsure): marc opened it and did not answer",
    )


def test_words_are_tamed_and_counted():
    assert words.tame("a\u202eb\nc" + "d" * 400).startswith("a[U+202E]b cddd")
    assert words.tame("d" * 400)[-1] == "…"
    assert words.joined(["a", "b", "c"]) == "a, b and c"
    assert words.joined(["a"]) == "a"
    assert words.counted(2_000, "person", "people") == "2,000 people"
    assert words.after_words(protocol(), answered()) == "4m"


def test_the_verdict_counts_who_answered_and_not_who_was_asked():
    found = replace(
        protocol(asked(answered(), answered("marc", None))),
        people={
            "dana": Told(name="Dana Reyes", told_at=START, asked=1, answered=1),
            "marc": Told(name="Marc Oyelaran", told_at=None, asked=1, answered=0),
        },
    )
    said = words.verdict_words(found)
    assert said.startswith("1 of 2 answers came in time, from 1 of 2 people.")
    assert words.late(found) == ("Marc Oyelaran",)
