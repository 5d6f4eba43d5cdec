"""Grants: signed statements of what may be done once, and the check that one fits what will be.

A grant is a compact JWS (Ed25519) over the digest of an action and its proposal. It is made anew
whenever it is read, and its id stays the same, so that it is one grant however often it is read.
INVARIANT: nothing is taken for a grant that was not signed as one; values are never quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from joserfc.jwk import OKPKey
from msgspec import Meta, Struct

from handraise.core.gate.digest import Plainer, proposal_digest
from handraise.core.table.form import shown
from handraise.errors import GrantError
from handraise.model import DecisionRecord, Escalation
from handraise.service.secrets import Signer, kid_of, payload_of

GRANT_TYPE = "handraise-grant+jws"
"""The `typ` of a grant: a statement of another kind is none."""
GRANT_LASTS = timedelta(hours=24)
"""How long after the resolution, or the proceed, a grant may be used."""
CLOCK_SKEW = timedelta(seconds=60)
"""How far the clocks of who signs and who checks may be apart."""
MAX_NAMED = 200
"""So long an action or a case is named in a grant; the digest binds an action of any length."""
MAX_GRANT = 100_000
MAX_BY = 100
"""So long the name of the tool that uses a grant is kept."""

FindKey = Callable[[str], OKPKey | None]
"""Gives the public key of a name, or None."""

Instant = Annotated[int, Meta(ge=0, le=253_402_300_799)]
GrantOutcome = Literal["approved", "changed", "proceed"]

NO_KEY = ("there is no grant without a key", 'decide with a key, e.g. key="ticket-991/1"')
ASK_AGAIN = "do not act; decide anew, with a new key"


class Agreement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who agreed for a route.

    Attributes:
        route: the route.
        by: the person's id.
        on_behalf_of: the holder for whom a delegate answered; None where nobody stood in.
    """

    route: str
    by: str
    on_behalf_of: str | None = None


class Grant(Struct, frozen=True, kw_only=True):
    """What may be done once, as it was signed.

    Attributes:
        id: the same for the same resolution or decision.
        agent: who may do it.
        escalation_id: the escalation it was approved in; None for what went ahead.
        version: the version of the table that judged.
        action: the kind of thing done; None where it had no usable name.
        digest: of the action with its proposal.
        approved_by: who agreed, for each route; empty for what went ahead.
        outcome: approved, changed, or proceed.
        case: the customer's matter; None where there is none, or a very long one.
        issued_at: when it was resolved, or went ahead.
        expires_at: until when it may be used.
    """

    id: str
    agent: str
    escalation_id: str | None
    version: str
    action: str | None
    digest: str
    approved_by: tuple[Agreement, ...]
    outcome: GrantOutcome
    case: str | None
    issued_at: datetime
    expires_at: datetime


class _Claims(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant as it is signed; a claim of a later release is not passed over."""

    iss: Literal["handraise"] = "handraise"
    jti: str
    agent: str
    escalation_id: str | None
    version: str
    action: str | None
    digest: str
    approved_by: tuple[Agreement, ...]
    outcome: GrantOutcome
    case: str | None
    iat: Instant
    exp: Instant


def grant_of_escalation(signer: Signer, escalation: Escalation) -> str | None:
    """Return the grant of an escalation; None unless it allows something, and in a rehearsal."""
    claims = _claims_of_escalation(escalation)
    return None if claims is None else signer.sign(msgspec.to_builtins(claims), GRANT_TYPE)


def allowed_by_escalation(escalation: Escalation) -> Grant | None:
    """Return what the grant of an escalation says; None where there is none."""
    claims = _claims_of_escalation(escalation)
    return None if claims is None else _grant(claims)


def _claims_of_escalation(escalation: Escalation) -> _Claims | None:
    resolution = escalation.resolution()
    if resolution is None or not resolution.may_act or resolution.outcome not in _ALLOWING:
        return None
    agreed = (
        Agreement(route=ask.route, by=ask.answer.by, on_behalf_of=ask.answer.on_behalf_of)
        for ask in escalation.asks
        if ask.answer is not None
    )
    return _Claims(
        jti=escalation.id,
        agent=escalation.agent,
        escalation_id=escalation.id,
        version=escalation.version,
        action=_named(escalation.decision.action),
        digest=proposal_digest(escalation.decision.action, resolution.proposal),
        approved_by=tuple(agreed),
        outcome=_ALLOWING[resolution.outcome],
        case=_named(escalation.case),
        iat=_second(resolution.at),
        exp=_second(resolution.at + GRANT_LASTS),
    )


_ALLOWING: dict[str, GrantOutcome] = {"approved": "approved", "changed": "changed"}


def grant_of_decision(signer: Signer, record: DecisionRecord) -> str:
    """Return the grant of a recorded decision that went ahead.

    Args:
        signer: signs it.
        record: of a decision without reasons, and of no rehearsal.
    """
    return signer.sign(msgspec.to_builtins(_claims_of_decision(record)), GRANT_TYPE)


def allowed_by_decision(record: DecisionRecord) -> Grant:
    """Return what the grant of a recorded decision that went ahead says."""
    return _grant(_claims_of_decision(record))


def _claims_of_decision(record: DecisionRecord) -> _Claims:
    return _Claims(
        jti=record.id,
        agent=record.agent,
        escalation_id=None,
        version=record.version,
        action=_named(record.action),
        digest=proposal_digest(record.action, record.proposal),
        approved_by=(),
        outcome="proceed",
        case=_named(record.case),
        iat=_second(record.decided_at),
        exp=_second(record.decided_at + GRANT_LASTS),
    )


def _named(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= MAX_NAMED else None


def _second(at: datetime) -> int:
    return int(at.timestamp())


def checked_grant(
    grant: Any, *, action: str | None, proposal: Any, find: FindKey, agent: str | None, at: datetime
) -> Grant:
    """Return what a grant says, when it fits what will be done; whether it was used is not asked.

    Args:
        grant: the compact JWS.
        action: the kind of thing that will be done.
        proposal: exactly what will be done.
        find: gives the keys that count.
        agent: whose grant it must be; None for any agent of these keys.
        at: the present instant.

    Raises:
        GrantError: it does not fit, and why.
    """
    found = read_grant(grant, find)
    if at >= found.expires_at + CLOCK_SKEW:
        raise GrantError(f"this grant expired at {moment(found.expires_at)}", ASK_AGAIN)
    if found.issued_at > at + CLOCK_SKEW:
        raise GrantError("this grant is from the future", "see to the clocks of both machines")
    if agent is not None and found.agent != agent:
        raise GrantError(f"this grant is for {shown(found.agent)}, not for {shown(agent)}")
    if found.action != action:
        raise GrantError(
            f"this grant is for the action {shown(found.action)}, not for {shown(action)}"
        )
    if found.digest != proposal_digest(action, plain_proposal(proposal)):
        raise GrantError(
            "this grant is for another proposal", "do exactly what was approved, or decide anew"
        )
    return found


def plain_proposal(proposal: Any) -> Any:
    """Return what will be done in plain values, as it is compared with what was approved.

    6200 and 6200.0 are the same number; "6200" is not, and true is not 1.

    Raises:
        GrantError: it holds something that is no plain, exact value.
    """
    plainer = Plainer()
    plain = plainer.plain(proposal, "proposal")
    if plainer.notes:
        raise GrantError(
            "no grant fits this: it holds something that is no plain JSON",
            "use texts, numbers, true, false, null, lists, and names with such values",
        )
    return plain


def read_grant(grant: Any, find: FindKey) -> Grant:
    """Return what a grant says, signed by one of the keys that count.

    Raises:
        GrantError: it is none, or not signed by one of these keys.
    """
    if grant is None or grant == "":
        raise GrantError(
            "there is no grant", "give resolution.grant, or for a proceed gate.grant(verdict)"
        )
    kid = kid_of(grant, GRANT_TYPE) if isinstance(grant, str) and len(grant) < MAX_GRANT else None
    if kid is None:
        raise GrantError("this is no grant", "give resolution.grant exactly as it was read")
    key = find(kid)
    if key is None:
        raise GrantError(
            "this grant is signed by a key that does not count here",
            "is it of this operation, and are these its present keys?",
        )
    content = payload_of(grant, key)
    if content is None:
        raise GrantError("the signature of this grant is not good", "it was changed, or made up")
    try:
        claims = msgspec.json.decode(content, type=_Claims)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise GrantError(
            "this grant says something that is not understood", "is it of a later release?"
        ) from None
    return _grant(claims)


def _grant(claims: _Claims) -> Grant:
    issued_at, expires_at = (datetime.fromtimestamp(at, UTC) for at in (claims.iat, claims.exp))
    return Grant(
        id=claims.jti,
        agent=claims.agent,
        escalation_id=claims.escalation_id,
        version=claims.version,
        action=claims.action,
        digest=claims.digest,
        approved_by=claims.approved_by,
        outcome=claims.outcome,
        case=claims.case,
        issued_at=issued_at,
        # Never longer than we say, whoever signed it.
        expires_at=min(expires_at, issued_at + GRANT_LASTS),
    )


def moment(at: datetime) -> str:
    """Return an instant in words."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
