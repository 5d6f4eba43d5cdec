"""Single decisions that two tables treat differently, with what the gate itself says of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from handraise.core.gate.sql_inputs import Judged
from handraise.core.gate.sql_text import BITS
from handraise.core.table.types import Table
from handraise.service.backtesting.both import Both, judged_twice
from handraise.service.backtesting.counting import MONEY
from handraise.service.backtesting.difference import Exchanged, Handover
from handraise.service.backtesting.examples import example_of
from handraise.service.backtesting.past import Past


class Exchanges(Struct, frozen=True, kw_only=True):
    """Examples of what changes between two tables.

    Attributes:
        past: where the decisions lie.
        both: the past, read for both tables.
        older: the table that judges first.
        newer: the other one.
        most: how many of each kind, 0 for none.
    """

    past: Past
    both: Both
    older: Table
    newer: Table
    most: int

    def stopping(self) -> tuple[Exchanged, ...]:
        """Return decisions that stop by the newer table alone, most money first."""
        return self._found("newer_stops AND NOT older_stops")

    def going(self) -> tuple[Exchanged, ...]:
        """Return decisions that stop by the older table alone: wrong ones, most money first."""
        wrong = 'CASE WHEN "correct" = FALSE THEN 0 ELSE 1 END'
        lead = [wrong] if "correct" in self.both.found.has else []
        return self._found("older_stops AND NOT newer_stops", lead)

    def moved(self, handovers: Sequence[Handover]) -> tuple[Exchanged, ...]:
        """Return decisions that go from some routes to others, most money first.

        Args:
            handovers: from which routes to which, at least one.
        """
        judged = judged_twice(self.older, self.newer, self.both)
        ways = [
            f"({_are(judged.older, one.before)} AND {_are(judged.newer, one.after)})"
            for one in handovers
        ]
        return self._found(f"({' OR '.join(ways)})")

    def _found(self, which: str, lead: Sequence[str] = ()) -> tuple[Exchanged, ...]:
        if not self.most:
            return ()
        judged = judged_twice(self.older, self.newer, self.both, whole=True)
        columns = self.both.carried
        has = self.both.found.has
        order = [*lead, *([f"{MONEY} DESC NULLS LAST"] if "stake" in has else [])]
        order += [f'"{key}" NULLS LAST' for key in ("at", "id", "type", "confidence") if key in has]
        query = (
            f"SELECT {', '.join(columns.values())} FROM ({judged.query}) j WHERE {which} "
            f"ORDER BY {', '.join(order)} LIMIT {int(self.most)}"
        )
        return tuple(
            self._exchanged(dict(zip(columns, line, strict=True)))
            for line in self.past.lines(query)
        )

    def _exchanged(self, line: dict[str, Any]) -> Exchanged:
        older = example_of(self.both.decision(line, is_newer=False), self.older)
        newer = example_of(self.both.decision(line, is_newer=True), self.newer)
        return Exchanged(
            id=older.id,
            at=older.at,
            type=older.type,
            action=older.action,
            confidence=older.confidence,
            facts=older.facts | newer.facts,
            was_right=older.was_right,
            stake=older.stake,
            older_routes=older.routes,
            newer_routes=newer.routes,
            older_sentences=older.sentences,
            newer_sentences=newer.sentences,
        )


def _are(judged: Judged, routes: Sequence[str]) -> str:
    """Return the truth in SQL that exactly these routes must agree."""
    bits = [0] * len(judged.ways)
    for place, route in enumerate(judged.routes):
        if route in routes:
            bits[place // BITS] |= 1 << place % BITS
    return " AND ".join(f"{way} = {value}" for way, value in zip(judged.ways, bits, strict=True))
