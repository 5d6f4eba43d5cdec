"""What the store keeps beside escalations, and the lines that are read from it.

Instants are aware UTC datetimes; durations are seconds and say so in the name (`_s`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from handraise.model.escalation import Ask
from handraise.model.familiar import Learned
from handraise.model.words import SignInWay, Urgency


class Message(Struct, frozen=True, kw_only=True):
    """A row of the outbox: words for one person, sent by a worker until it is out.

    Attributes:
        id: UUIDv7.
        kind: the notice's kind, `sign_in` or `alarm`.
        agent: whose table names the person's contacts.
        to: the person's id.
        contacts: where to send it, in order of preference, environment not yet filled in.
        subject: one line.
        body: plain text.
        escalation_id: the escalation concerned, if any.
        ask_id: the ask concerned, if any.
        created_at: when it was written.
        attempts: how often sending was tried.
        next_at: when to try next; None once sent or given up.
        state: pending; sent; failed (given up); bundled (another message told it, see `told_in`);
            dropped (it was no longer needed when its time came).
        error: what the channel said last.
        sent_at: when the channel took it.
        urgency: urgent ones are never held back.
        bundle: messages to one person with the same text here may be told as one; None never.
        only_while: `held`: needed only while `to` holds the open ask; `unacknowledged`: only while
            they hold it and have not acknowledged it; None always.
        told_in: the message that told this one too, when bundled.
    """

    id: str
    kind: str
    agent: str
    to: str
    contacts: tuple[str, ...]
    subject: str
    body: str
    escalation_id: str | None = None
    ask_id: str | None = None
    created_at: datetime
    attempts: int = 0
    next_at: datetime | None
    state: Literal["pending", "sent", "failed", "bundled", "dropped"] = "pending"
    error: str | None = None
    sent_at: datetime | None = None
    urgency: Urgency = "normal"
    bundle: str | None = None
    only_while: Literal["held", "unacknowledged"] | None = None
    told_in: str | None = None


class DecisionRecord(Struct, frozen=True, kw_only=True):
    """A judged decision as it is kept, whether it went ahead or stopped.

    Attributes:
        id: UUIDv7.
        agent: the agent's name.
        version: the table's version that judged.
        key: the idempotency key, if any.
        digest: of the whole decision; empty when the decision had no key and went ahead.
        case: the customer's matter, if any.
        type: the situation type as text, if it was usable.
        action: the action as text, if it was usable.
        confidence: in [0, 1], if it was usable.
        facts: the stated facts, plain JSON.
        proposal: the proposal, plain JSON.
        rows: the rows that fired; empty when it went ahead.
        rehearsal: whether this is practice.
        escalation_id: the escalation, when it stopped.
        decided_at: when it was judged.
        familiarity: the share of familiar decisions that are at least as unusual, in (0, 1]; None
            where it was not looked at, or could not be told.
        severity: of its action; None where it has none.
        audit: the probability with which it was drawn for an audit, in (0, 1]; None where it was
            not drawn.
    """

    id: str
    agent: str
    version: str
    key: str | None = None
    digest: str = ""
    case: str | None = None
    type: str | None = None
    action: str | None = None
    confidence: float | None = None
    facts: Any = None
    proposal: Any = None
    rows: tuple[str, ...] = ()
    rehearsal: bool = False
    escalation_id: str | None = None
    decided_at: datetime
    familiarity: float | None = None
    severity: str | None = None
    audit: float | None = None


class TableVersion(Struct, frozen=True, kw_only=True):
    """A version of an agent's table as it was registered.

    Attributes:
        agent: the agent's name.
        version: the digest of the table's meaning.
        source: the file's name, for people.
        text: the file as it was written.
        known: the known types that were read from a labelled file; empty when they stand in the
            table.
        registered_at: when a gate or server first opened it.
        learned: what it says of the learned files it names; None where it names none.
        calibration: the calibration it names, as plain values, so that a version keeps the map it
            was signed with; None where it names none.
    """

    agent: str
    version: str
    source: str
    text: str
    known: tuple[str, ...] = ()
    registered_at: datetime
    learned: Learned | None = None
    calibration: dict[str, Any] | None = None


class Waiver(Struct, frozen=True, kw_only=True):
    """A red line of the go-live checklist that the owner lets stand, until a certain day.

    Attributes:
        line: the code of the line, e.g. `drilled`.
        by: the owner who waived it.
        reason: why, in the owner's words.
        at: when it was waived.
        until: when it ends; the go-live record ends with it.
    """

    line: str
    by: str
    reason: str
    at: datetime
    until: datetime


class ReadyRecord(Struct, frozen=True, kw_only=True):
    """The go-live record for exactly one version of a table.

    Attributes:
        agent: the agent's name.
        version: the version it holds for.
        by: the owner who signed for it.
        at: when.
        statement: the signed statement (JWS, Ed25519) of all of this.
        evidence: the checklist, line by line.
        waivers: the red lines that the owner let stand.
        expires_at: when it ends by itself; None for never.
        expires_why: what ends it then, in plain words; empty for nothing.
    """

    agent: str
    version: str
    by: str
    at: datetime
    statement: str
    evidence: list[dict[str, Any]]
    waivers: tuple[Waiver, ...] = ()
    expires_at: datetime | None = None
    expires_why: str = ""


class AgentKey(Struct, frozen=True, kw_only=True):
    """A credential bound to one agent; the secret itself is never kept.

    Attributes:
        id: public part, shown in lists.
        agent: the one agent it speaks for.
        label: what it is for, in the operator's words.
        secret_hash: SHA-256 of the secret, hex.
        created_at: when it was made.
        revoked_at: when it was revoked, if so.
        used_at: when it was last used, to the nearest minute or so.
        may: `decide`: it is the agent's own; `outcomes`: it may only report outcomes, which those
            of the agent's own key never count as.
    """

    id: str
    agent: str
    label: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    may: Literal["decide", "outcomes"] = "decide"


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in person's session.

    Attributes:
        id: SHA-256 of the cookie's token, hex.
        person: who it is.
        created_at: when they signed in.
        expires_at: when it ends by itself.
        ended_at: when they signed out, or it was ended, if so.
        way: how they signed in.
        device: what it is on, in plain words, e.g. `Firefox on Android`; may be empty.
        seen_at: when it was last used, to the minute; None before the first use.
    """

    id: str
    person: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    way: SignInWay = "link"
    device: str = ""
    seen_at: datetime | None = None


class Work(Struct, frozen=True, kw_only=True):
    """A piece of the agent's task under watch; silence past its limit is a stall.

    Attributes:
        id: UUIDv7.
        agent: the agent's name.
        version: the table's version at the start.
        case: the customer's matter, if any.
        rehearsal: whether this is practice.
        started_at: when it began.
        beat_at: the last sign of life.
        silent_after_s: seconds of silence that make a stall.
        due_at: when the silence is too long; None once it has ended.
        state: open, done, failed (the agent crashed in it) or stalled.
        escalation_id: the escalation it became, if so.
    """

    id: str
    agent: str
    version: str
    case: str | None = None
    rehearsal: bool = False
    started_at: datetime
    beat_at: datetime
    silent_after_s: float
    due_at: datetime | None
    state: Literal["open", "done", "failed", "stalled"] = "open"
    escalation_id: str | None = None


class AskLine(Struct, frozen=True, kw_only=True):
    """One line of an inbox: enough to choose what to open next.

    Attributes:
        ask: the ask itself.
        escalation_id: its escalation.
        agent: the agent's name.
        version: of the table it began with.
        state: the escalation's state.
        outcome: how the escalation ended, if so.
        resolved_by: who ended it, if anybody.
        rehearsal: whether this is practice.
        type: the situation type, if usable.
        action: the action, if usable.
        case: the customer's matter, if any.
        proposal: what would be done, as it stands now.
        text: the customer's words, as the agent sent them.
        sentence: of the first reason that leads to the ask's route; else of the first reason.
        conditions: the conditions that held, each once.
        tags: the tags, each once.
        created_at: when the agent stopped.
        seen: whether its reader has opened it before; True where that was not asked.
        still: for which routes others have to agree too, one for each of their asks.
    """

    ask: Ask
    escalation_id: str
    agent: str
    version: str
    state: str
    outcome: str | None
    resolved_by: str | None
    rehearsal: bool
    type: str | None
    action: str | None
    case: str | None
    proposal: Any
    text: Any
    sentence: str
    conditions: tuple[str, ...]
    tags: tuple[str, ...]
    created_at: datetime
    seen: bool = True
    still: tuple[str, ...] = ()


class Holding(Struct, frozen=True):
    """In whose hands an open ask is: enough to see whether they are still there.

    Attributes:
        escalation_id: its escalation.
        agent: the agent's name.
        rehearsal: whether this is practice.
        route: the route that must agree.
        holder: the person who has it now.
        with_owner: whether it has come to the owner as the last resort.
        delegate: who does the work for the holder; None for nobody.
        also: people off the route who may answer it.
        acknowledged_at: when the holder took it; None before.
        assigned_at: when they got it.
    """

    escalation_id: str
    agent: str
    rehearsal: bool
    route: str
    holder: str
    with_owner: bool
    delegate: str | None
    also: tuple[str, ...]
    acknowledged_at: datetime | None
    assigned_at: datetime


class Counts(Struct, frozen=True, kw_only=True):
    """How many decisions of an agent went ahead and stopped, rehearsals apart.

    Attributes:
        decided: all of them.
        proceeded: those that went ahead.
        by_row: how often each row fired.
        by_outcome: how the resolved escalations ended.
        open: escalations still open.
        overdue: open asks whose due instant has passed.
    """

    decided: int = 0
    proceeded: int = 0
    by_row: Mapping[str, int] = {}
    by_outcome: Mapping[str, int] = {}
    open: int = 0
    overdue: int = 0
