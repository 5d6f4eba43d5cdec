"""What was decided before about the same: escalations of one agent, action and type that ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import case, false, func, select, text, type_coerce

from handraise.store.columns import Document, Words
from handraise.store.database import Database
from handraise.store.schema import escalations as table
from handraise.store.schema.stops import ALIKE

READ = 20_000
"""Characters of a proposal that are read to compare it; one that is longer counts as unknown."""


class Decided(Struct, frozen=True):
    """An escalation that ended: how, by whom, when, and about what.

    Attributes:
        id: of the escalation.
        outcome: how it ended.
        by: who ended it; None for nobody.
        at: when.
        asked_digest: of the proposal as the agent asked.
        proposal: as it stood when it ended; None where there is none, or it is very long.
    """

    id: str
    outcome: str
    by: str | None
    at: datetime
    asked_digest: str
    proposal: Any


_PROPOSAL = type_coerce(table.c.proposal, Words)
_COLUMNS = (
    table.c.id,
    table.c.outcome,
    table.c.resolved_by,
    table.c.resolved_at,
    table.c.asked_digest,
    type_coerce(case((func.length(_PROPOSAL) <= READ, _PROPOSAL), else_=None), Document()),
)


def decided_alike(
    db: Database, agent: str, action: str, kind: str, *, besides: str = "", limit: int = 200
) -> list[Decided]:
    """Return the last escalations about the same that ended, newest first; no rehearsals.

    Args:
        db: the opened store.
        agent: of this agent.
        action: of this action, by its name.
        kind: of this situation type, by its name.
        besides: an escalation that is left out.
        limit: at most so many.
    """
    found = (
        select(*_COLUMNS)
        .where(table.c.agent == agent, table.c.action == action, table.c.type == kind)
        .where(table.c.rehearsal == false(), table.c.id != besides, text(ALIKE))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        return [Decided(*row) for row in connection.execute(found)]
