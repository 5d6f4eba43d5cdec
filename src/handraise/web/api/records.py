"""What goes over the wire, as msgspec records; the OpenAPI document's schemas come from these.

Only a decision is not described field by field when it comes in: whatever an agent sends is judged
by the gate, which stops on what it cannot judge.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from handraise.model import AnswerKind, Escalation, OutcomeName, Reason, Resolution, Verdict

MAX_WAIT_S = 60
MAX_BATCH = 1000
MAX_LIST = 500


class VerdictOut(Struct, frozen=True, kw_only=True):
    """What the gate says: proceed, or escalate with every reason; only `may_act` lets it act."""

    verdict: Literal["proceed", "escalate"]
    may_act: bool
    routes: tuple[str, ...]
    tags: tuple[str, ...]
    reasons: tuple[Reason, ...]
    escalation_id: str | None
    version: str
    rehearsal: bool
    familiarity: float | None = None
    waived: tuple[str, ...] = ()


class ResolutionOut(Struct, frozen=True, kw_only=True):
    """What a person decided; only `may_act` lets the agent do `proposal`."""

    escalation_id: str
    outcome: OutcomeName
    may_act: bool
    proposal: Any
    instruction: str | None
    reason: str | None
    by: str | None
    at: datetime
    rehearsal: bool
    grant: str | None
    erased: bool = False


class AskOut(Struct, frozen=True, kw_only=True):
    """A question put to one route, and who has it."""

    id: str
    route: str
    state: Literal["open", "answered", "closed"]
    holder: str
    acknowledge_due_at: datetime | None
    decide_due_at: datetime
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None = None
    delegate: str | None = None
    answered_by: str | None = None
    answer: AnswerKind | None = None


class EscalationOut(Struct, frozen=True, kw_only=True):
    """An escalation as it stands now."""

    id: str
    agent: str
    version: str
    rehearsal: bool
    state: Literal["open", "resolved"]
    outcome: OutcomeName | None
    resolution: ResolutionOut | None
    case: str | None
    key: str | None
    proposal_digest: str
    reasons: tuple[Reason, ...]
    asks: tuple[AskOut, ...]
    created_at: datetime
    resolved_at: datetime | None
    due_at: datetime | None


class EscalationList(Struct, frozen=True, kw_only=True):
    """Escalations, newest first."""

    escalations: tuple[EscalationOut, ...]


class TableOut(Struct, frozen=True, kw_only=True):
    """The routing table that judges this agent now, and how its go-live record stands.

    `not_ready` says why nothing goes ahead; `waiting` is a newer version that nobody signed for.
    """

    agent: str
    version: str
    ready: bool
    rehearsal: bool
    text: str
    not_ready: str = ""
    waived: tuple[str, ...] = ()
    ends_at: datetime | None = None
    ends_why: str = ""
    waiting: str | None = None


class WorkState(Struct, frozen=True, kw_only=True):
    """Whether the work was still open; false means that it had ended or stalled before."""

    id: str
    open: bool
    escalation_id: str | None = None


class GrantOut(Struct, frozen=True, kw_only=True):
    """A grant: a compact JWS, good for doing exactly what was decided, once."""

    grant: str


class PublicKey(Struct, frozen=True, kw_only=True):
    """An Ed25519 key that grants are checked with."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]
    alg: Literal["Ed25519"]


class PublicKeys(Struct, frozen=True, kw_only=True):
    """The public keys, a JSON Web Key Set; the first one signs now."""

    keys: tuple[PublicKey, ...]


class Health(Struct, frozen=True, kw_only=True):
    """Whether this process can do its work."""

    status: Literal["live", "ready", "not_ready"]
    detail: str = ""


class WithdrawIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the agent takes its question back."""

    reason: Annotated[str, Meta(max_length=10_000)] = ""


class GrantIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision that goes ahead, with its key."""

    decision: dict[str, Any]


class GrantUseIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant, what is about to be done with it, and by which tool."""

    grant: str
    action: str | None
    proposal: Any
    by: Annotated[str, Meta(max_length=100)] = ""


class WorkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of work to be watched; `silent_after` in seconds, or like `10m`."""

    case: Annotated[str, Meta(max_length=500)] | None = None
    silent_after: (
        Annotated[float, Meta(gt=0, le=31_536_000)]
        | Annotated[
            str,
            Meta(pattern=r"^([1-9][0-9]{0,6}s|[1-9][0-9]{0,4}m|[1-9][0-9]{0,2}h|[1-9][0-9]?d)$"),
        ]
        | None
    ) = None


class PresenceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign of life; `every`, in seconds or like `5m`, is when the next one comes at the latest.

    `name` tells several processes of one agent apart.
    """

    every: (
        Annotated[float, Meta(ge=1, le=31_536_000)]
        | Annotated[
            str,
            Meta(pattern=r"^([1-9][0-9]{0,6}s|[1-9][0-9]{0,4}m|[1-9][0-9]{0,2}h|[1-9][0-9]?d)$"),
        ]
    )
    name: Annotated[str, Meta(pattern=r"^[!-~]([ -~]{0,98}[!-~])?$")] | None = None


class LeaveIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which process of the agent ends."""

    name: Annotated[str, Meta(pattern=r"^[!-~]([ -~]{0,98}[!-~])?$")] | None = None


class PresenceState(Struct, frozen=True, kw_only=True):
    """Whether signs of life of a process that ends were expected."""

    expected: bool


class FailedIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the work failed."""

    error: Annotated[str, Meta(max_length=10_000)] = ""


class AnswerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's answer; `digest` is that of the proposal before their eyes.

    `confirmation` is what a passkey answered to the `challenge` of a problem `confirmation_needed`,
    as the browser's `PublicKeyCredential.toJSON` says it.
    """

    kind: AnswerKind
    digest: str
    proposal: Any = None
    facts: dict[str, Any] | None = None
    reason: str | None = None
    instruction: str | None = None
    confirmation: dict[str, Any] | None = None


class NoteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words for the next person; may be empty."""

    note: Annotated[str, Meta(max_length=2_000)] = ""


class ReassignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets an ask, with words for them."""

    to: Annotated[str, Meta(max_length=200)]
    note: Annotated[str, Meta(max_length=2_000)] = ""


class DelegateIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who does the work of an ask, with words for them; null for its holder again."""

    to: Annotated[str, Meta(max_length=200)] | None
    note: Annotated[str, Meta(max_length=2_000)] = ""


class WaitQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long to wait for an answer, in seconds."""

    wait: Annotated[float, Meta(ge=0, le=MAX_WAIT_S)] = 0.0


class ListQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which escalations: the one with a key, or those of a state before an id."""

    key: str | None = None
    state: Literal["open", "resolved"] | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST)] = 100
    before: str | None = None


class NoQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Return a verdict as it goes over the wire."""
    return VerdictOut(
        verdict=verdict.outcome,
        may_act=verdict.may_act,
        routes=verdict.routes,
        tags=verdict.tags,
        reasons=verdict.reasons,
        escalation_id=verdict.escalation_id,
        version=verdict.version,
        rehearsal=verdict.rehearsal,
        familiarity=verdict.familiarity,
        waived=verdict.waived,
    )


def resolution_out(resolution: Resolution) -> ResolutionOut:
    """Return a resolution as it goes over the wire."""
    return ResolutionOut(
        escalation_id=resolution.escalation_id,
        outcome=resolution.outcome,
        may_act=resolution.may_act,
        proposal=resolution.proposal,
        instruction=resolution.instruction,
        reason=resolution.reason,
        by=resolution.by,
        at=resolution.at,
        rehearsal=resolution.rehearsal,
        grant=resolution.grant,
        erased=resolution.erased,
    )


def escalation_out(
    escalation: Escalation, with_grant: Callable[[Escalation], Resolution | None] | None = None
) -> EscalationOut:
    """Return an escalation as it goes over the wire.

    Args:
        escalation: as it stands.
        with_grant: gives its resolution with the grant: for its own agent only.
    """
    resolution = escalation.resolution() if with_grant is None else with_grant(escalation)
    return EscalationOut(
        id=escalation.id,
        agent=escalation.agent,
        version=escalation.version,
        rehearsal=escalation.rehearsal,
        state=escalation.state,
        outcome=escalation.outcome,
        resolution=resolution_out(resolution) if resolution else None,
        case=escalation.case,
        key=escalation.key,
        proposal_digest=escalation.proposal_digest,
        reasons=escalation.reasons,
        asks=tuple(
            AskOut(
                id=ask.id,
                route=ask.route,
                state=ask.state,
                holder=ask.holder,
                acknowledge_due_at=ask.acknowledge_due_at,
                decide_due_at=ask.decide_due_at,
                acknowledged_at=ask.acknowledged_at,
                acknowledged_until=ask.acknowledged_until,
                delegate=ask.delegate,
                answered_by=ask.answer.by if ask.answer else None,
                answer=ask.answer.kind if ask.answer else None,
            )
            for ask in escalation.asks
        ),
        created_at=escalation.created_at,
        resolved_at=escalation.resolved_at,
        due_at=escalation.due_at,
    )
