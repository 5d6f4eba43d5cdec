"""What a decision of the past has, as SQL, and what the query that judges it gives."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from handraise.core.table.expression import fields_read, names_read
from handraise.core.table.types import Fact, Table

NO_TEXT, NO_NUMBER, NO_TRUTH = (
    f"CAST(NULL AS {kind})" for kind in ("VARCHAR", "DOUBLE", "BOOLEAN")
)


class Inputs(Struct, frozen=True, kw_only=True):
    """What a decision of the past has, each as SQL of its type; NULL is missing.

    Attributes:
        type: VARCHAR.
        action: VARCHAR.
        confidence: DOUBLE.
        facts: by fact: DOUBLE for numbers, BOOLEAN for truths, VARCHAR for texts. A fact that is
            worked out from the proposal may stand here instead of its fields.
        fields: by field of the proposal: DOUBLE.
        familiarity: DOUBLE: the share of familiar decisions at least as unusual.
    """

    type: str = NO_TEXT
    action: str = NO_TEXT
    confidence: str = NO_NUMBER
    facts: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}
    familiarity: str = NO_NUMBER


class Judged(Struct, frozen=True, kw_only=True):
    """The query that judges, and how to read what it gives.

    Attributes:
        query: a SELECT; its columns are those carried, the masks, the ways, and `stops`, BOOLEAN.
        signals: what fired, bit by bit: the ids of the rows in the table's order, then the names
            of conditions that may hold although no row looked.
        masks: the columns of their bits, 60 signals in each, the first signal lowest.
        routes: who must agree, bit by bit.
        ways: the columns of their bits, 60 routes in each, the first route lowest.
    """

    query: str
    signals: tuple[str, ...]
    masks: tuple[str, ...]
    routes: tuple[str, ...]
    ways: tuple[str, ...]


class Wanted(Struct, frozen=True, kw_only=True):
    """What the rows of a table read.

    Attributes:
        action: whether any row or fact depends on the action.
        facts: the facts that rows read, in the table's order.
        familiarity: whether a row holds decisions against what was learned.
    """

    action: bool
    facts: tuple[str, ...]
    familiarity: bool


def wanted_by(table: Table) -> Wanted:
    """Return what of a decision the rows of a table read; the type and the confidence always."""
    read = {name for row in table.rows if row.when for name in names_read(row.when)}
    facts = tuple(id for id in table.facts if id in read)
    by_action = any(table.facts[id].sources for id in facts) or any(
        row.for_actions or row.kind == "severity" for row in table.rows
    )
    is_read = bool(table.actions) or by_action or not read.isdisjoint({"action", "severity"})
    return Wanted(action=is_read, facts=facts, familiarity=bool(table.unfamiliar_rows))


def fields_of(fact: Fact) -> tuple[str, ...]:
    """Return the fields of the proposal that a fact is worked out from, each once."""
    sources = [fact.source] if fact.source is not None else list(fact.sources.values())
    return tuple(dict.fromkeys(field for node in sources for field in fields_read(node)))
