"""How an escalation begins: an ask for each route that must agree, each in one person's hands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from handraise.core.duty import Directory, pick
from handraise.core.gate.digest import proposal_digest
from handraise.core.lifecycle.parts import (
    added,
    assigned,
    assignment_notice,
    event,
    skipped,
)
from handraise.core.lifecycle.rights import shut_out
from handraise.core.table.types import Table
from handraise.model import OWNER, Ask, Decision, Escalation, Move, Verdict


def open_escalation(
    *,
    id: str,
    verdict: Verdict,
    plain: Decision,
    digest: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move:
    """Return a new escalation with an ask for each route of the verdict, and who is told.

    Args:
        id: a fresh UUIDv7.
        verdict: a stop; its routes get an ask each. Without a route the owner is asked.
        plain: the decision in plain values.
        digest: of `plain`.
        table: the table that judged.
        directory: how everybody stands now.
        now: the present instant.
    """
    bound = proposal_digest(plain.action, plain.proposal)
    escalation = Escalation(
        id=id,
        agent=table.agent,
        version=table.version,
        rehearsal=verdict.rehearsal,
        decision=plain,
        digest=digest,
        proposal=plain.proposal,
        proposal_digest=bound,
        asked_digest=bound,
        facts=plain.facts if isinstance(plain.facts, dict) else {},
        reasons=verdict.reasons,
        asks=(),
        created_at=now,
        familiarity=verdict.familiarity,
    )
    routes = verdict.routes or (OWNER,)
    detail = {
        "rows": list(dict.fromkeys(reason.row for reason in verdict.reasons)),
        "routes": list(routes),
    }
    created = event(escalation, "created", f"agent:{table.agent}", now, None, detail)
    started = Move(escalation=escalation, events=(created,))
    return with_asks(started, routes, table, directory, now)


def with_asks(
    moved: Move, routes: Sequence[str], table: Table, directory: Directory, now: datetime
) -> Move:
    """Return the move with new asks for each route: as many as it needs of its people."""
    for route in routes:
        found = table.routes.get(route)
        for _ in range(found.needs if found else 1):
            moved = _with_ask_of(moved, route, table, directory, now)
            directory = directory.with_load(given=[moved.escalation.asks[-1].holder])
    return moved


def _with_ask_of(
    moved: Move, route: str, table: Table, directory: Directory, now: datetime
) -> Move:
    escalation = moved.escalation
    blank = Ask(
        id=f"{escalation.id}.{len(escalation.asks) + 1}",
        route=route,
        state="open",
        holder=directory.owner,
        assigned_at=now,
        acknowledge_due_at=now,
        decide_due_at=now,
        due_at=now,
    )
    never = shut_out(escalation, blank, table, directory)
    picked = pick(table, route, directory, (), now, never=never)
    ask = assigned(blank, picked, table, directory, now)
    detail = {
        "to": picked.person,
        "route": route,
        "with_owner": picked.with_owner,
        "skipped": skipped(picked),
    }
    grown = replace(escalation, asks=(*escalation.asks, ask))
    given = event(grown, "assigned", "handraise", now, ask.id, detail)
    return added(moved, grown, [given], [assignment_notice(ask, picked, "")])
