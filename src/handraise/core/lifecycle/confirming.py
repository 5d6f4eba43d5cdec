"""Which answers need a second confirmation: those that let the agent do what is rated bad enough.

INVARIANTS: stopping an agent never needs one; an action whose severity cannot be told needs one,
for doubt; what is confirmed is one answer by one person, down to the last value in it.
"""

from __future__ import annotations

import hashlib

from handraise.core.gate.digest import proposal_digest
from handraise.core.record import canonical
from handraise.core.table.types import Row, Table
from handraise.errors import ConfirmationNeededError
from handraise.model import OWNER, Answer, Escalation

LETTING_ACT = frozenset({"approve", "change"})
"""The answers after which the agent may act."""


def must_confirm(escalation: Escalation, kind: str, table: Table) -> bool:
    """Whether an answer of that kind needs a passkey, by the table the escalation began with.

    A drill needs one where its route may come to be asked for such a decision: it is practice of
    the real thing.
    """
    if table.confirm is None or kind not in LETTING_ACT:
        return False
    drilled = [one.route for one in escalation.reasons if one.condition == "drill"]
    if drilled:
        return bool(confirming_routes(table) & {*drilled})
    return is_rated_so(escalation.decision.action, table)


def is_rated_so(action: object, table: Table) -> bool:
    """Whether an action is rated at or above what the table has confirmed, or not rated at all."""
    if table.confirm is None:
        return False
    rated = table.actions.get(action) if isinstance(action, str) else None
    least = table.severity_rank(table.confirm)
    return rated is None or table.severity_rank(rated.severity) >= least


def confirming_routes(table: Table) -> frozenset[str]:
    """Return the routes that may be asked to let the agent do what must be confirmed."""
    if table.confirm is None:
        return frozenset()
    return frozenset({OWNER, *(row.to for row in table.rows if _may_concern(row, table))})


def _may_concern(row: Row, table: Table) -> bool:
    return not row.for_actions or any(is_rated_so(one, table) for one in row.for_actions)


def why_confirming(route: str, table: Table) -> str:
    r"""Return what may come to a route that must be confirmed; empty where nothing can.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> table = read(f"{MISSION_TABLE}confirm: high\n").table
        >>> why_confirming("finance_lead", table)
        'an action without a rating may come to finance lead'
    """
    if route not in confirming_routes(table):
        return ""
    if route == OWNER:
        return "what nobody else can decide comes to the owner"
    rows = [row for row in table.rows if row.to == route]
    found = [one for one in table.actions if is_rated_so(one, table) and _is_sent(one, rows)]
    what = f"{', '.join(found)}, rated {table.confirm} or worse," if found else _UNRATED
    return f"{what} may come to {route}".replace("_", " ")


_UNRATED = "an action without a rating"


def _is_sent(action: str, rows: list[Row]) -> bool:
    """Whether a row is about an action by its name, or about how bad it is."""
    return any(
        action in row.for_actions or (row.severity is not None and not row.for_actions)
        for row in rows
    )


def confirming_people(table: Table) -> tuple[str, ...]:
    """Return who may be asked for it, in the table's order; the owner may always be."""
    routes = confirming_routes(table)
    asked = {person for route in routes for person in table.route_people(route)}
    return tuple(person for person in table.people if person in asked)


def needs_confirmation(escalation: Escalation, kind: str, table: Table) -> bool:
    """Whether an answer of that kind counts only with a passkey; practice demands none by itself.

    A drill does: it is practice of the very thing.
    """
    is_drill = any(one.condition == "drill" for one in escalation.reasons)
    is_practice = escalation.rehearsal and not is_drill
    return must_confirm(escalation, kind, table) and not is_practice


def check_confirmed(answer: Answer, escalation: Escalation, table: Table) -> None:
    """Refuse an answer that needs a second confirmation and has none.

    Raises:
        ConfirmationNeededError: it needs one.
    """
    if answer.confirmed_with is None and needs_confirmation(escalation, answer.kind, table):
        raise needed_error(table)


def needed_error(table: Table) -> ConfirmationNeededError:
    """Return the refusal of an answer that has no confirmation."""
    return ConfirmationNeededError(
        f"confirmation: to let the agent do what is rated {table.confirm} or worse, "
        "or is not rated, takes your passkey",
        "confirm it on its page; to reject, instruct or take over takes none",
    )


def about(ask_id: str, answer: Answer, session: str) -> str:
    """Return what exactly a confirmation confirms: 64 hex digits.

    Args:
        ask_id: which ask is answered.
        answer: the answer; when it is given makes no difference.
        session: the hash of the session it is given in.
    """
    said = [
        "answer",
        session,
        answer.by,
        ask_id,
        answer.kind,
        answer.digest,
        proposal_digest(None, answer.proposal),
        proposal_digest(None, answer.facts),
        answer.reason or "",
        answer.instruction or "",
    ]
    sayable = [one.encode("utf-8", "replace").decode() for one in said]
    return hashlib.sha256(canonical(sayable).encode()).hexdigest()
