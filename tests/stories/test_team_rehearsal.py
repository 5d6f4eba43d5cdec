"""A whole team rehearses at once, while real work goes on beside it; nobody is left hanging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from handraise.model import Rehearsal
from handraise.service.rehearsing.cases import exercise_cases
from handraise.service.rehearsing.passed import passes
from handraise.service.rehearsing.showing import as_escalation
from tests.support.story import AGENT, MONDAY, TABLE, Story

ONE_A_DAY = TABLE.replace(
    'contact: "mailto:dana@example.com"', 'contact: "mailto:dana@example.com", capacity: 1 a day'
)


def rehearse(story: Story) -> Rehearsal:
    cases = exercise_cases(story.operation.shelf.newest(AGENT).tests)
    found = story.operation.rehearsals.start(
        AGENT, "priya", cases, source="the table's tests", lasts=timedelta(minutes=30)
    )
    story.cycle()
    return found


def answer(story: Story, rehearsal: Rehearsal, person: str, kind: Any = "approve") -> None:
    """Let a person answer everything that was put to them."""
    rehearsals = story.operation.rehearsals
    for ask in rehearsals.asks(rehearsal.id, person):
        digest = as_escalation(rehearsal, ask).proposal_digest
        rehearsals.answer(
            rehearsal.id, ask.number, person, kind=kind, digest=digest, reason="a reason"
        )
    story.cycle()


def asked(story: Story) -> None:
    story.expect(
        ("dana", "rehearsal", "[EXERCISE] 2 questions wait for you"),
        ("marc", "rehearsal", "[EXERCISE] 2 questions wait for you"),
        ("priya", "rehearsal", "[EXERCISE] 1 question waits for you"),
        ("ines", "rehearsal", "[EXERCISE] 1 question waits for you"),
    )


def over(story: Story) -> None:
    people = ("dana", "marc", "priya", "ines")
    story.expect(*((person, "rehearsal", "[EXERCISE] It is over") for person in people))


def test_the_whole_team_rehearses_and_learns_where_it_differs(story: Story):
    rehearsal = rehearse(story)
    asked(story)
    story.forward(minutes=5)
    answer(story, rehearsal, "dana")
    answer(story, rehearsal, "marc", "reject")
    answer(story, rehearsal, "ines")
    story.forward(minutes=10)
    story.cycle()
    story.expect(("priya", "rehearsal", "1 question still waits for you"))
    answer(story, rehearsal, "priya")

    over(story)
    found = story.operation.endings.protocol(story.operation.rehearsals.rehearsal(rehearsal.id))
    assert (found.agreement.alike, found.agreement.pairs) == (1, 4)
    assert set(passes(story.operation.store, AGENT, story.operation.signer)) == {
        "support_supervisor",
        "finance_lead",
        "owner",
    }


def test_real_work_goes_on_beside_it_and_finds_everybody_free(tell: Callable[..., Story]):
    story = tell(ONE_A_DAY)
    rehearsal = rehearse(story)
    asked(story)

    verdict = story.decide()

    assert not verdict.rehearsal
    story.expect(("dana", "asked", "May support-agent refund"))
    story.answer(verdict, "dana")
    assert not story.operation.rehearsals.asks(rehearsal.id, "dana")[0].kind
    story.operation.rehearsals.end(rehearsal.id, "priya")
    story.cycle()
    over(story)


def test_the_process_that_began_it_is_gone_and_another_ends_it(tell: Callable[..., Story]):
    first = tell()
    rehearsal = rehearse(first)
    asked(first)
    answer(first, rehearsal, "dana")
    first.close()

    other = tell(start=MONDAY + timedelta(hours=2), ready=False)
    other.cycle()

    ended = other.operation.rehearsals.rehearsal(rehearsal.id)
    assert ended.ended_why == "time"
    assert other.operation.endings.protocol(ended).people["dana"].answered == 2
    over(other)
    assert other.operation.rehearsals.waiting("marc") == []
