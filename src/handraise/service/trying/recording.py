"""Real decisions as tests: what the agent brought, and the verdict that was given then.

INVARIANT: a customer's text and the context never stand in a test. What was rehearsed is left out,
and so is what stopped for another reason than the table's: not ready, silence, a held-back
proposal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.table.types import Table
from handraise.core.trial.trial import PlacedCase
from handraise.model import DecisionRecord, Escalation
from handraise.store import Store

FIELDS = ("type", "action", "confidence", "facts", "proposal")

_ENDED = {
    "approved": "people approved it",
    "changed": "people changed it",
    "rejected": "people rejected it",
    "instructed": "people gave other instructions",
    "taken_over": "a person took it over",
}


class Recorded(Struct, frozen=True, kw_only=True):
    """What came of recording.

    Attributes:
        cases: the tests, the newest decision first.
        repeated: how many decisions were the same as another one in all that is given.
        elsewhere: how many stopped for a reason that is not the table's, so that no table can say
            what should come of them.
        wordings: how many stopped because their words were unlike what was learned: words are not
            recorded.
    """

    cases: tuple[PlacedCase, ...]
    repeated: int
    elsewhere: int
    wordings: int


def recorded(
    store: Store,
    table: Table,
    *,
    limit: int,
    since: datetime | None = None,
    texts: Mapping[str, str] | None = None,
) -> Recorded:
    """Return the newest real decisions of an agent as tests.

    Args:
        store: where they are kept.
        table: the agent's table: it says which rows look at words.
        limit: so many decisions are looked at.
        since: only those judged at this instant or after.
        texts: a familiar text of the team's own by type, which stands in for the customer's.
    """
    found: dict[bytes, PlacedCase] = {}
    repeated = elsewhere = wordings = 0
    unfamiliar = {row.id for row in table.unfamiliar_rows}
    for record in store.recent_decisions(table.agent, limit=limit, since=since):
        escalation = store.escalation(record.escalation_id) if record.escalation_id else None
        routes = _routes(record, escalation)
        if routes is None or not set(routes) <= {*table.routes, "owner"}:
            elsewhere += 1
        elif not unfamiliar.isdisjoint(record.rows):
            wordings += 1
        else:
            given = _given(record, (texts or {}).get(record.type or ""))
            key = msgspec.json.encode(given, order="sorted")
            repeated += key in found
            name = _name(record, escalation)
            found.setdefault(key, PlacedCase(name=name, given=given, escalate=routes))
    return Recorded(
        cases=tuple(found.values()), repeated=repeated, elsewhere=elsewhere, wordings=wordings
    )


def _routes(record: DecisionRecord, escalation: Escalation | None) -> tuple[str, ...] | None:
    """Return the routes that a decision was stopped at; None where the table alone did not say."""
    if not record.rows:
        return ()
    if escalation is None or not set(record.rows).isdisjoint(("not_ready", "stall", "drill")):
        return None
    asked = {reason.route for reason in escalation.reasons if reason.row in record.rows}
    return _once(ask.route for ask in escalation.asks if ask.route in asked) or None


def _once(routes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(routes))


def _given(record: DecisionRecord, text: str | None) -> dict[str, Any]:
    given = {name: getattr(record, name) for name in FIELDS}
    given["text"] = text
    return {name: value for name, value in given.items() if value is not None and value != {}}


def _name(record: DecisionRecord, escalation: Escalation | None) -> str:
    """Return a name that says what it was, when, and what people made of it."""
    what = ", ".join(part for part in (record.type, record.action) if part) or "a decision"
    ended = _ENDED.get(escalation.outcome or "", "") if escalation is not None else ""
    after = f": {ended}" if ended else ""
    return f"{record.decided_at:%Y-%m-%d %H:%M} {what[:300]} ({record.id[-6:]}){after}"
