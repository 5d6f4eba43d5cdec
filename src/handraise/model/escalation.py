"""An escalation with its asks and answers, and what a move of its life yields.

Instants are aware UTC datetimes. Who may move what, and when, is `handraise.core.lifecycle`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from handraise.model.decision import Decision, Reason, Resolution
from handraise.model.words import AnswerKind, OutcomeName


class Answer(Struct, frozen=True, kw_only=True):
    """One person's answer to an ask.

    Attributes:
        kind: approve, change, reject, instruct or take_over.
        by: the person's id.
        at: when it was given.
        digest: of the proposal the person had before their eyes.
        proposal: the changed proposal, for `change` only.
        facts: the changed stated facts, for `change` only.
        reason: why; required for change, reject and take_over.
        instruction: words for the agent; required for instruct.
        on_behalf_of: the holder for whom a delegate answered; None where nobody stood in.
        confirmed_with: the id of the passkey that confirmed exactly this; None where none did.
    """

    kind: AnswerKind
    by: str
    at: datetime
    digest: str
    proposal: Any = None
    facts: dict[str, Any] | None = None
    reason: str | None = None
    instruction: str | None = None
    on_behalf_of: str | None = None
    confirmed_with: str | None = None


class Ask(Struct, frozen=True, kw_only=True):
    """A question put to one route, held by one person at a time.

    Attributes:
        id: the escalation's id, a dot and a number.
        route: the route that must agree; `owner` for the last resort.
        state: open; answered (this route has agreed); closed (ended with the escalation).
        holder: the person who has it now. Never empty.
        with_owner: whether it has come to the owner as the last resort.
        tried: who has had it, in order, the present holder included.
        assigned_at: when the present holder got it.
        acknowledge_due_at: until when the holder must acknowledge; None once acknowledged.
        decide_due_at: until when the holder must decide.
        acknowledged_at: when the holder acknowledged.
        acknowledged_until: when that acknowledgement expires and must be given again; None while
            there is none.
        delegate: who does the work for the holder, who stays responsible; None for nobody.
        also: people off the route to whom the owner has given the right to answer this ask.
        reminders: how often the present holder was reminded.
        due_at: the next instant the worker must look at it; None when no longer open.
        answer: the answer, when answered.
    """

    id: str
    route: str
    state: Literal["open", "answered", "closed"]
    holder: str
    with_owner: bool = False
    tried: tuple[str, ...] = ()
    assigned_at: datetime
    acknowledge_due_at: datetime | None
    decide_due_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    delegate: str | None = None
    also: tuple[str, ...] = ()
    reminders: int = 0
    due_at: datetime | None
    answer: Answer | None = None


class Escalation(Struct, frozen=True, kw_only=True):
    """The durable record that a human must decide.

    Attributes:
        id: UUIDv7, so that ids sort by time.
        agent: the agent's name in the table.
        version: the version of the table it began with, and keeps.
        rehearsal: whether this is practice.
        decision: what the agent was about to do, as plain JSON values.
        digest: of the whole decision.
        proposal: the proposal as it stands now, after any change.
        proposal_digest: of `proposal` as it stands now (with the action); answers bind to it.
        asked_digest: of the agent's own proposal (with the action), as first asked.
        facts: the stated facts as they stand now.
        reasons: every reason, those that a change added included.
        asks: one for each route that must agree.
        state: open or resolved.
        outcome: how it ended; None while open.
        resolved_by: who ended it; None while open, and for withdrawn or expired.
        reason: the words that go with the outcome.
        instruction: the words for the agent, when instructed.
        created_at: when the agent stopped.
        resolved_at: when it ended; None while open.
        erased_at: when what it was about was erased; None while it is there.
        familiarity: the share of familiar decisions that are at least as unusual, in (0, 1]; None
            where it was not looked at, or could not be told.
    """

    id: str
    agent: str
    version: str
    rehearsal: bool
    decision: Decision
    digest: str
    proposal: Any
    proposal_digest: str
    asked_digest: str
    facts: dict[str, Any]
    reasons: tuple[Reason, ...]
    asks: tuple[Ask, ...]
    state: Literal["open", "resolved"] = "open"
    outcome: OutcomeName | None = None
    resolved_by: str | None = None
    reason: str | None = None
    instruction: str | None = None
    created_at: datetime
    resolved_at: datetime | None = None
    erased_at: datetime | None = None
    familiarity: float | None = None

    @property
    def case(self) -> str | None:
        """The customer's matter."""
        return self.decision.case if isinstance(self.decision.case, str) else None

    @property
    def key(self) -> str | None:
        """The idempotency key of the decision."""
        return self.decision.key if isinstance(self.decision.key, str) else None

    @property
    def due_at(self) -> datetime | None:
        """The next instant the worker must look at it; None when it has ended."""
        dues = [ask.due_at for ask in self.asks if ask.due_at is not None]
        return min(dues) if dues else None

    def ask(self, ask_id: str) -> Ask | None:
        """Return the ask of that id, or None."""
        return next((ask for ask in self.asks if ask.id == ask_id), None)

    def resolution(self) -> Resolution | None:
        """Return what was decided, or None while it is open."""
        if self.outcome is None or self.resolved_at is None:
            return None
        return Resolution(
            escalation_id=self.id,
            outcome=self.outcome,
            proposal=self.proposal if self.outcome in {"approved", "changed"} else None,
            instruction=self.instruction,
            reason=self.reason,
            by=self.resolved_by,
            at=self.resolved_at,
            rehearsal=self.rehearsal,
            erased=self.erased_at is not None,
        )


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened: who, what, when.

    Attributes:
        at: when.
        kind: `created`, `assigned`, `advanced`, `acknowledged`, `answered`, `resolved`, …
        who: the person's id, `agent:NAME`, or `handraise`.
        agent: the agent concerned.
        escalation_id: the escalation concerned, if any.
        ask_id: the ask concerned, if any.
        detail: plain JSON values that explain it.
    """

    at: datetime
    kind: str
    who: str
    agent: str
    escalation_id: str | None = None
    ask_id: str | None = None
    detail: dict[str, Any] = {}


NoticeKind = Literal[
    "asked", "moved_on", "with_owner", "reminder", "resolved", "asked_again", "delegated"
]


class Notice(Struct, frozen=True, kw_only=True):
    """That a person must be told something; the service words it and hands it to the outbox.

    Attributes:
        kind: `asked` (you have it), `moved_on` (it went to the next person), `with_owner` (you are
            the last resort), `reminder`, `asked_again` (the proposal changed), `resolved`,
            `delegated` (somebody asks you to do the work of it).
        to: the person's id.
        ask_id: the ask concerned.
        why: one plain sentence, e.g. why it moved.
    """

    kind: NoticeKind
    to: str
    ask_id: str
    why: str = ""


class Move(Struct, frozen=True, kw_only=True):
    """What a move of the lifecycle yields: the new record, what happened, who must be told."""

    escalation: Escalation
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()


class PersonState(Struct, frozen=True, kw_only=True):
    """How a person stands at this moment, as the store knows it.

    Attributes:
        active: whether they are on the newest table and have not left.
        open_asks: how many asks they hold now.
        asks_today: how many were put to them since midnight in their zone.
        declined: whether they have declined their duty by the newest table.
        away: whether they are away now.
        away_until: until when, where that is known.
        reachable: whether at least one of their contacts is verified.
        shifts: their shifts by the on-call calendar of their hours: (start, end) in UTC, sorted,
            apart from each other; None where it cannot be read; empty without a calendar.
        only_reads: whether the newest table lets them read, and nothing else.
    """

    active: bool = True
    open_asks: int = 0
    asks_today: int = 0
    declined: bool = False
    away: bool = False
    away_until: datetime | None = None
    reachable: bool = True
    shifts: tuple[tuple[datetime, datetime], ...] | None = ()
    only_reads: bool = False
