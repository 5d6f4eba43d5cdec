"""The records that everything else passes around: frozen, plain, no behaviour beyond reading.

Nothing here decides, stores or sends. Instants are aware UTC datetimes; durations are seconds and
say so in the name (`_s`) or are `timedelta`. Records of the routing table live in
`handraise.core.table.types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

OWNER = "owner"
"""The reserved name of the last resort: a route that is always there, to the table's owner."""

ConditionName = Literal["confidence", "consequence", "novelty", "fault", "stall", "not_ready"]
AnswerKind = Literal["approve", "change", "reject", "instruct", "take_over"]
OutcomeName = Literal[
    "approved", "changed", "rejected", "instructed", "taken_over", "withdrawn", "expired"
]

ANSWER_KINDS: tuple[AnswerKind, ...] = ("approve", "change", "reject", "instruct", "take_over")
OUTCOMES: tuple[OutcomeName, ...] = (
    "approved",
    "changed",
    "rejected",
    "instructed",
    "taken_over",
    "withdrawn",
    "expired",
)
REASON_REQUIRED: frozenset[AnswerKind] = frozenset({"change", "reject", "take_over"})
"""The answers that must say why."""


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """What the agent is about to do.

    Nothing is checked here: the gate judges whatever it gets, and doubt stops.

    Attributes:
        type: the situation type, e.g. `refund_request`.
        action: the kind of thing done, e.g. `refund`.
        confidence: how sure the agent is, in [0, 1].
        facts: declared, typed values that rows read.
        text: the request in the customer's own words.
        proposal: exactly what would be done, plain JSON.
        context: what the human needs to decide, JSON or Markdown; never trusted as markup.
        case: the customer's matter, to group by.
        key: the idempotency key of this one decision.
    """

    type: Any = None
    action: Any = None
    confidence: Any = None
    facts: Any = {}
    text: Any = None
    proposal: Any = None
    context: Any = None
    case: Any = None
    key: Any = None


class Reason(Struct, frozen=True, kw_only=True):
    """Why the agent stops: one row that fired, or what the system itself raised.

    Attributes:
        row: the row's name (`consequence.1`), or the condition for what the system raises.
        condition: which condition held.
        route: who must agree; `owner` for the last resort.
        observed: what was seen, as plain text.
        limit: the limit it was held against, as plain text; empty where there is none.
        sentence: one plain sentence for the person.
        tag: the row's tag, e.g. `new situation`.
    """

    row: str
    condition: ConditionName
    route: str
    observed: str
    limit: str
    sentence: str
    tag: str | None = None


class Waiter(Protocol):
    """Something that knows the resolution of an escalation: an embedded or a remote gate."""

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution, or raise `StillOpenError` after `timeout`."""
        ...


class Verdict(Struct, frozen=True, gc=False):
    """What the gate says to a decision: `proceed` or `escalate`, with every reason.

    Attributes:
        decision: what was judged.
        reasons: every reason in the table's order; empty means proceed.
        routes: who must agree, each once, in the order of the reasons.
        version: the version of the table that judged.
        rehearsal: whether this is practice: it counts nowhere and allows nothing.
        escalation_id: the durable escalation, when there is one.
        waiter: what `wait` asks; set by the gate that made the verdict.
    """

    decision: Any
    reasons: tuple[Reason, ...] = ()
    routes: tuple[str, ...] = ()
    version: str = ""
    rehearsal: bool = False
    escalation_id: str | None = None
    waiter: Any = None

    @property
    def escalated(self) -> bool:
        """Whether the agent must stop."""
        return bool(self.reasons)

    @property
    def outcome(self) -> Literal["proceed", "escalate"]:
        """The verdict as one word."""
        return "escalate" if self.reasons else "proceed"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the rows that fired, each once, in order."""
        return tuple(dict.fromkeys(reason.tag for reason in self.reasons if reason.tag))

    def wait(self, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided.

        Args:
            timeout: seconds, or a duration such as `"2h"`; None waits for as long as it takes.

        Raises:
            StillOpenError: nobody has answered within `timeout`; ask again later by id or key.
            StoreUnavailableError: the escalation could not be recorded; the agent stays stopped.
            InputError: `timeout` is no duration.
        """
        from handraise.errors import NotFoundError, StoreUnavailableError

        if not self.reasons:
            raise NotFoundError(
                "there is nothing to wait for: the verdict is proceed",
                "call wait() only when verdict.escalated",
            )
        if self.escalation_id is None or self.waiter is None:
            raise StoreUnavailableError(
                "this escalation could not be recorded, so nobody can answer it",
                "keep the agent stopped and decide again with the same key",
            )
        waiter: Waiter = self.waiter
        return waiter.wait(self.escalation_id, timeout)


class Resolution(Struct, frozen=True, kw_only=True):
    """What a person decided, for the agent.

    Attributes:
        escalation_id: which escalation.
        outcome: approved, changed, rejected, instructed, taken_over, withdrawn or expired.
        proposal: what may be done now; only when approved or changed, otherwise None.
        instruction: words for the agent, when instructed.
        reason: why, in the person's words.
        by: the person's id; None when nobody answered (withdrawn, expired).
        at: when it was resolved.
        rehearsal: whether this is practice: it allows nothing.
    """

    escalation_id: str
    outcome: OutcomeName
    proposal: Any = None
    instruction: str | None = None
    reason: str | None = None
    by: str | None = None
    at: datetime
    rehearsal: bool = False

    @property
    def may_act(self) -> bool:
        """Whether the agent may do `proposal` now: approved or changed, and no rehearsal."""
        return self.outcome in {"approved", "changed"} and not self.rehearsal


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
    """

    kind: AnswerKind
    by: str
    at: datetime
    digest: str
    proposal: Any = None
    facts: dict[str, Any] | None = None
    reason: str | None = None
    instruction: str | None = None


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
        reminders: how often the owner was reminded.
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


NoticeKind = Literal["asked", "moved_on", "with_owner", "reminder", "resolved", "asked_again"]


class Notice(Struct, frozen=True, kw_only=True):
    """That a person must be told something; the service words it and hands it to the outbox.

    Attributes:
        kind: `asked` (you have it), `moved_on` (it went to the next person), `with_owner` (you are
            the last resort), `reminder`, `asked_again` (the proposal changed), `resolved`.
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
        active: whether they are still on the newest table.
        open_asks: how many asks they hold now.
        asks_today: how many were put to them since midnight in their zone.
    """

    active: bool = True
    open_asks: int = 0
    asks_today: int = 0


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
        state: pending, sent or failed (given up).
        error: what the channel said last.
        sent_at: when the channel took it.
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
    state: Literal["pending", "sent", "failed"] = "pending"
    error: str | None = None
    sent_at: datetime | None = None


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
    """

    agent: str
    version: str
    source: str
    text: str
    known: tuple[str, ...] = ()
    registered_at: datetime


class ReadyRecord(Struct, frozen=True, kw_only=True):
    """The go-live record for exactly one version of a table.

    Attributes:
        agent: the agent's name.
        version: the version it holds for.
        by: the owner who signed for it.
        at: when.
        statement: the signed statement (JWS, Ed25519) of all of this.
        evidence: the checklist, line by line.
    """

    agent: str
    version: str
    by: str
    at: datetime
    statement: str
    evidence: list[dict[str, Any]]


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
    """

    id: str
    agent: str
    label: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in person's session.

    Attributes:
        id: SHA-256 of the cookie's token, hex.
        person: who it is.
        created_at: when they signed in.
        expires_at: when it ends by itself.
        ended_at: when they signed out, if so.
    """

    id: str
    person: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


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
        state: the escalation's state.
        outcome: how the escalation ended, if so.
        rehearsal: whether this is practice.
        type: the situation type, if usable.
        action: the action, if usable.
        sentence: the first reason's sentence.
        conditions: the conditions that held, each once.
        tags: the tags, each once.
        created_at: when the agent stopped.
    """

    ask: Ask
    escalation_id: str
    agent: str
    state: str
    outcome: str | None
    rehearsal: bool
    type: str | None
    action: str | None
    sentence: str
    conditions: tuple[str, ...]
    tags: tuple[str, ...]
    created_at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """Something wrong, or worth knowing, in a routing table.

    Attributes:
        severity: `error` (the table cannot be used) or `warning` (it can, but look).
        code: a short stable name, e.g. `unknown-person`.
        message: what is wrong, lower case, the user's words in quotes.
        hint: the remedy.
        file: the file's name as the user gave it.
        line: 1-based.
        column: 1-based.
        path: where in the table, e.g. `routes.finance_lead.people[0]`.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str = ""
    file: str = "handraise.yaml"
    line: int = 1
    column: int = 1
    path: str = ""

    def line_text(self) -> str:
        """Return `file:line:column: message; hint`, as editors and people read it."""
        mark = "" if self.severity == "error" else "warning: "
        tail = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.message}{tail}"


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
