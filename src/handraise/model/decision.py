"""What the agent asks, what the gate says, and what a person decided.

Nothing here decides: these are the records on the agent's side.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

from handraise.model.words import ConditionName, OutcomeName

SHOWN_REASONS = 3


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
        asked_by: the person on the table who asked the agent for this, if any: never the one who
            decides about it.
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
    asked_by: Any = None


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
        familiarity: the share of familiar decisions that are at least as unusual, in (0, 1]; None
            where nothing was looked at, or it cannot be told.
        waived: the codes of the go-live lines that the owner let stand, e.g. `drilled`.
    """

    decision: Any
    reasons: tuple[Reason, ...] = ()
    routes: tuple[str, ...] = ()
    version: str = ""
    rehearsal: bool = False
    escalation_id: str | None = None
    waiter: Any = None
    familiarity: float | None = None
    waived: tuple[str, ...] = ()

    @property
    def escalated(self) -> bool:
        """Whether the agent must stop."""
        return bool(self.reasons)

    @property
    def outcome(self) -> Literal["proceed", "escalate"]:
        """The verdict as one word."""
        return "escalate" if self.reasons else "proceed"

    @property
    def may_act(self) -> bool:
        """Whether the agent may do its proposal now: proceed, and no rehearsal."""
        return not self.reasons and not self.rehearsal

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

    def __repr__(self) -> str:
        """Return what the gate said, nothing of the decision: it may hold a customer's words."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Verdict({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the same for a terminal."""
        shown: list[tuple[str, Any]] = [("outcome", self.outcome), ("may_act", self.may_act)]
        if self.reasons:
            sentences = [reason.sentence for reason in self.reasons[:SHOWN_REASONS]]
            if len(self.reasons) > SHOWN_REASONS:
                sentences.append(f"and {len(self.reasons) - SHOWN_REASONS} more")
            shown += [("routes", self.routes), ("reasons", tuple(sentences))]
        if self.familiarity is not None:
            shown.append(("familiarity", self.familiarity))
        if self.waived:
            shown.append(("waived", self.waived))
        return [*shown, ("escalation_id", self.escalation_id), ("rehearsal", self.rehearsal)]


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
        grant: the signed, single-use statement of what may be done (a compact JWS), with which the
            tool that acts can check it; only when approved or changed, and no rehearsal.
        erased: whether what it was about has been erased since: it allows nothing any more.
    """

    escalation_id: str
    outcome: OutcomeName
    proposal: Any = None
    instruction: str | None = None
    reason: str | None = None
    by: str | None = None
    at: datetime
    rehearsal: bool = False
    grant: str | None = None
    erased: bool = False

    @property
    def may_act(self) -> bool:
        """Whether the agent may do `proposal` now: approved or changed, no rehearsal or erased."""
        agreed = self.outcome in {"approved", "changed"}
        return agreed and not self.rehearsal and not self.erased

    def __repr__(self) -> str:
        """Return how it ended: no grant, no proposal, nobody's words, as it may be logged."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Resolution({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the same for a terminal."""
        names = ("escalation_id", "outcome", "may_act", "by", "at", "rehearsal", "erased")
        return [(name, getattr(self, name)) for name in names]
