"""A team rehearsal: one exercise with all the named people at once, and what each of them answered.

Nothing of it is an escalation: it holds nobody's capacity, grants nothing and counts nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from handraise.model.decision import Decision, Reason
from handraise.model.words import AnswerKind


class RehearsalQuestion(Struct, frozen=True, kw_only=True):
    """A decision of the exercise that stops, as everybody who is asked sees it.

    Attributes:
        number: its place in the exercise, from 1.
        name: of the case, one line for people.
        decision: what the agent was about to do, as plain JSON values.
        reasons: every reason, as the gate of the rehearsed version gave them.
        routes: who must agree, in the order of the reasons.
        expected: the routes the case expects; empty for `proceed`; None where it expects nothing.
        before: how it ended when it was real; empty where it was not.
        familiarity: the share of familiar decisions that are at least as unusual, in (0, 1].
    """

    number: int
    name: str
    decision: Decision
    reasons: tuple[Reason, ...]
    routes: tuple[str, ...]
    expected: tuple[str, ...] | None = None
    before: str = ""
    familiarity: float | None = None


class RehearsalInvitation(Struct, frozen=True, kw_only=True):
    """That a person was asked to take part.

    Attributes:
        person: who.
        message_id: the message that asked them.
    """

    person: str
    message_id: str


class Rehearsal(Struct, frozen=True, kw_only=True):
    """One exercise of an agent's team.

    Attributes:
        id: UUIDv7.
        agent: whose table.
        version: of the table, which judged the decisions.
        by: the owner who started it.
        source: where the decisions came from, in words.
        questions: those that stop, in order.
        went_ahead: the names of those that go ahead by themselves.
        left_out: the names of those that stop and were not put to anybody, with why.
        invited: who was asked, each once.
        absent: people of the routes who were not asked, with why.
        started_at: when.
        ends_at: when it ends by itself.
        reminded_at: when those who had not answered were reminded; None before.
        ended_at: when it ended; None while it runs.
        ended_why: `answered` by everybody; `time` was over; the `owner` ended it.
        protocol: the signed protocol (JWS); None while it runs.
    """

    id: str
    agent: str
    version: str
    by: str
    source: str
    questions: tuple[RehearsalQuestion, ...]
    went_ahead: tuple[str, ...] = ()
    left_out: dict[str, str] = {}
    invited: tuple[RehearsalInvitation, ...] = ()
    absent: dict[str, str] = {}
    started_at: datetime
    ends_at: datetime
    reminded_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: Literal["answered", "time", "owner"] | None = None
    protocol: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self.ended_at is None

    def question(self, number: int) -> RehearsalQuestion | None:
        """Return the question of that number, or None."""
        return next((one for one in self.questions if one.number == number), None)


class RehearsalAsk(Struct, frozen=True, kw_only=True):
    """One question of an exercise put to one person, who answers on their own.

    Attributes:
        rehearsal_id: of which exercise.
        number: which question.
        person: to whom it is put.
        routes: for which routes they answer; `owner` for the last resort.
        seen_at: when they first opened it; None before.
        answered_at: when they answered; None before.
        kind: what they answered; None before, as all that follows.
        proposal: the changed proposal, for `change` only.
        facts: the changed stated facts, for `change` only.
        reason: why, in their words.
        instruction: words for the agent, for `instruct` only.
        unclear: what was unclear to them; may be empty.
    """

    rehearsal_id: str
    number: int
    person: str
    routes: tuple[str, ...]
    seen_at: datetime | None = None
    answered_at: datetime | None = None
    kind: AnswerKind | None = None
    proposal: Any = None
    facts: dict[str, Any] | None = None
    reason: str | None = None
    instruction: str | None = None
    unclear: str = ""
