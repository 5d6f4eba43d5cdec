"""What came of an exercise: who answered what and when, where people differ, what was unclear.

INVARIANT: it tells of the answers as they are kept, and is signed in the transaction that ends the
exercise; nothing is worked out from anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.agreement import Agreement, agreement_of
from handraise.core.gate.digest import proposal_digest
from handraise.model import Decision, Reason, Rehearsal, RehearsalAsk, RehearsalQuestion
from handraise.service.secrets import Signer

STATEMENT = "rehearsal"
METHOD = (
    "Two answers are alike when they are of the same kind, and for a change when the changed "
    "values are the same, too. Each pair of people who answered the same question counts once. "
    "Krippendorff's alpha (answers without an order) is 1 where all agree and 0 where they agree "
    "as by chance; it is told for 20 comparable answers or more."
)


class Told(Struct, frozen=True, kw_only=True):
    """A person who took part.

    Attributes:
        name: their full name.
        told_at: when a channel took the message that asked them; None when none did.
        asked: how many questions were put to them.
        answered: how many they answered in time.
    """

    name: str
    told_at: datetime | None
    asked: int
    answered: int


class Answered(Struct, frozen=True, kw_only=True):
    """What one person said to one question; the fields are those of `RehearsalAsk`."""

    person: str
    routes: tuple[str, ...]
    seen_at: datetime | None
    answered_at: datetime | None
    kind: str | None
    proposal: Any
    facts: dict[str, Any] | None
    reason: str | None
    instruction: str | None
    unclear: str


class Asked(Struct, frozen=True, kw_only=True):
    """One question with everybody's answers.

    Attributes, where `RehearsalQuestion` does not say it:
        alike: pairs of answers that are the same.
        pairs: pairs of answers.
    """

    number: int
    name: str
    decision: Decision
    reasons: tuple[Reason, ...]
    routes: tuple[str, ...]
    expected: tuple[str, ...] | None
    before: str
    answers: tuple[Answered, ...]
    alike: int
    pairs: int


class Protocol(Struct, frozen=True, kw_only=True):
    """The protocol of an exercise.

    Attributes, where `Rehearsal` does not say it:
        people: everybody who was asked, by id.
        agreement: over all questions.
        by_route: for each route, over the answers that people gave for it.
        by_row: for each row, over the questions at which it fired.
    """

    id: str
    agent: str
    version: str
    by: str
    source: str
    started_at: datetime
    ends_at: datetime
    ended_at: datetime
    ended_why: str
    people: dict[str, Told]
    absent: dict[str, str]
    questions: tuple[Asked, ...]
    went_ahead: tuple[str, ...]
    left_out: dict[str, str]
    agreement: Agreement
    by_route: dict[str, Agreement]
    by_row: dict[str, Agreement]

    @property
    def answers(self) -> tuple[Answered, ...]:
        """Every answer that was given or is missing, question by question."""
        return tuple(answer for question in self.questions for answer in question.answers)


def protocol_of(
    rehearsal: Rehearsal,
    asks: Sequence[RehearsalAsk],
    *,
    names: Mapping[str, str],
    told: Mapping[str, datetime],
    now: datetime,
    why: str,
) -> Protocol:
    """Return the protocol of an exercise that ends now.

    Args:
        rehearsal: as it stands.
        asks: everything that was put to people.
        names: full names by id.
        told: when each person was told, as far as they were.
        now: when it ends.
        why: why, one of the words of `Rehearsal.ended_why`.
    """
    of_number = {question.number: question for question in rehearsal.questions}
    routes = dict.fromkeys(route for ask in asks for route in ask.routes)
    rows = dict.fromkeys(one.row for each in rehearsal.questions for one in each.reasons)
    return Protocol(
        id=rehearsal.id,
        agent=rehearsal.agent,
        version=rehearsal.version,
        by=rehearsal.by,
        source=rehearsal.source,
        started_at=rehearsal.started_at,
        ends_at=rehearsal.ends_at,
        ended_at=now,
        ended_why=why,
        people={
            one.person: _told(one.person, asks, names, told.get(one.person))
            for one in rehearsal.invited
        },
        absent=rehearsal.absent,
        questions=tuple(_asked(question, asks) for question in rehearsal.questions),
        went_ahead=rehearsal.went_ahead,
        left_out=rehearsal.left_out,
        agreement=_agreement(asks),
        by_route={
            route: _agreement(ask for ask in asks if route in ask.routes) for route in routes
        },
        by_row={
            row: _agreement(ask for ask in asks if _has(of_number[ask.number], row)) for row in rows
        },
    )


def signed(protocol: Protocol, signer: Signer) -> str:
    """Return a protocol as a signed statement (JWS)."""
    return signer.sign({**msgspec.to_builtins(protocol), "statement": STATEMENT})


def protocol_in(statement: str, signer: Signer) -> Protocol | None:
    """Return the protocol that a statement holds; None where this operation has not signed it."""
    found = signer.verified(statement)
    if found is None or found.pop("statement", None) != STATEMENT:
        return None
    try:
        return msgspec.convert(found, Protocol)
    except msgspec.ValidationError:
        return None


def said(ask: RehearsalAsk | Answered) -> str:
    """Return an answer such that two people who say the same have the same."""
    if ask.kind != "change":
        return ask.kind or ""
    return f"change {proposal_digest(None, ask.proposal)} {proposal_digest(None, ask.facts)}"


def _has(question: RehearsalQuestion, row: str) -> bool:
    return any(reason.row == row for reason in question.reasons)


def _agreement(asks: Iterable[RehearsalAsk]) -> Agreement:
    answers: dict[int, list[str]] = {}
    for ask in asks:
        if ask.kind is not None:
            answers.setdefault(ask.number, []).append(said(ask))
    return agreement_of(answers.values())


def _told(
    person: str, asks: Sequence[RehearsalAsk], names: Mapping[str, str], told_at: datetime | None
) -> Told:
    theirs = [ask for ask in asks if ask.person == person]
    return Told(
        name=names.get(person, person),
        told_at=told_at,
        asked=len(theirs),
        answered=sum(ask.kind is not None for ask in theirs),
    )


def _asked(question: RehearsalQuestion, asks: Sequence[RehearsalAsk]) -> Asked:
    own = [ask for ask in asks if ask.number == question.number]
    found = _agreement(own)
    return Asked(
        number=question.number,
        name=question.name,
        decision=question.decision,
        reasons=question.reasons,
        routes=question.routes,
        expected=question.expected,
        before=question.before,
        answers=tuple(map(_answered, own)),
        alike=found.alike,
        pairs=found.pairs,
    )


def _answered(ask: RehearsalAsk) -> Answered:
    return Answered(**{name: getattr(ask, name) for name in Answered.__struct_fields__})
