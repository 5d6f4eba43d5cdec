"""Whether a new table is at least as strict as an older one, for every possible decision.

Both are read in one world: the same decision, judged by two tables. Each gate is then run on what
is found.
"""

from __future__ import annotations

from collections.abc import Iterator

import z3
from msgspec import Struct

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import State, Witness
from handraise.core.proof.spelling import Evaluate
from handraise.core.proof.terms import either
from handraise.core.proof.world import World
from handraise.core.table.types import Table
from handraise.model import Verdict


class Strictness(Struct, frozen=True, kw_only=True):
    """How two tables differ in what they stop.

    Attributes:
        state: `proved` where nothing goes ahead that stopped before; `refuted` by `goes_now`.
        why: one plain sentence where it is not proved.
        goes_now: a decision that stopped before and goes ahead now; its verdict is the new one.
        before: what the gate of the older table said about it.
        stops_now: a decision that went ahead before and stops now.
        fewer: routes that some decision asked before and asks no more although it still stops,
            each with such a decision and the new verdict.
        is_same: whether both are proved to stop the same decisions and to ask the same routes.
        notes: what the comparison takes for granted, each in one plain sentence.
    """

    state: State
    why: str = ""
    goes_now: Witness | None = None
    before: Verdict | None = None
    stops_now: Witness | None = None
    fewer: tuple[tuple[str, Witness], ...] = ()
    is_same: bool = False
    notes: tuple[str, ...] = ()


def strictness(older: Table, newer: Table, *, timeout_s: float = 10.0) -> Strictness:
    """Return whether the newer table is at least as strict as the older one.

    Args:
        older: a table without errors.
        newer: another one.
        timeout_s: seconds that one question may take at most; all of them together may take six
            times that.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> older = read(MISSION_TABLE).table
        >>> newer = read(MISSION_TABLE.replace("0.72", "0.7")).table
        >>> found = strictness(older, newer)
        >>> found.state, found.goes_now.decision.confidence, found.before.routes
        ('refuted', 0.7, ('support_supervisor',))
    """
    world = World(older, newer)
    before, after = Reading(world, older), Reading(world, newer)
    return _Comparison(before, after, Asking(world, timeout_s)).strictness()


class _Comparison:
    """Two readings of one world, and what is asked of them."""

    def __init__(self, before: Reading, after: Reading, asking: Asking) -> None:
        self.before = before
        self.after = after
        self.asking = asking
        self.old_gate, self.new_gate = Judged(before), Judged(after)

    def strictness(self) -> Strictness:
        goes_now = self._find(self.before.stops, z3.Not(self.after.stops))
        stops_now = self._find(self.after.stops, z3.Not(self.before.stops))
        lost = {route: self._lost(route) for route in self.before.routes}
        fewer = [(route, found.witnesses[1]) for route, found in lost.items() if found.witnesses]
        gained = self.asking.is_possible(self._asks_more())
        questions = [goes_now, stops_now, *lost.values()]
        decision = goes_now.witnesses or (None, None)
        return Strictness(
            state=goes_now.state,
            why="a decision that stopped goes ahead now" if goes_now.witnesses else goes_now.why,
            goes_now=decision[1],
            before=decision[0].verdict if decision[0] is not None else None,
            stops_now=stops_now.witnesses[1] if stops_now.witnesses else None,
            fewer=tuple(fewer),
            is_same=gained is False and all(one.state == "proved" for one in questions),
            notes=tuple(self._notes()),
        )

    def _find(self, *goal: z3.BoolRef) -> Found:
        nicer = (
            z3.And(self.before.sound, self.after.sound),
            z3.And(self.before.complete, self.after.complete),
            self.after.complete,
        )
        return self.asking.find(goal, self._show, nicer)

    def _show(self, found: Evaluate) -> tuple[Witness, ...]:
        """Return the decision as both gates judged it; nothing where one says another thing."""
        old, new = self.old_gate.one(found), self.new_gate.one(found)
        return (*old, *new) if old and new else ()

    def _lost(self, route: str) -> Found:
        asks_no_more = z3.Not(self.after.asks(route))
        return self._find(self.before.asks(route), self.after.stops, asks_no_more)

    def _asks_more(self) -> z3.BoolRef:
        gained = [
            z3.And(self.after.asks(route), z3.Not(self.before.asks(route)))
            for route in self.after.routes
        ]
        return either(gained, self.after.context)

    def _notes(self) -> Iterator[str]:
        """Yield what is taken for granted where the two tables read different things."""
        old, new = self.before.table, self.after.table
        for id in dict.fromkeys((*old.facts, *new.facts)):
            if (id in old.facts) != (id in new.facts):
                which = "older" if id in old.facts else "newer"
                yield f"{id} is declared in the {which} table alone, and sent to that one only"
            elif old.facts[id].is_derived != new.facts[id].is_derived:
                yield f"{id} is worked out in one table and stated in the other"
        if old.unfamiliar_rows and new.unfamiliar_rows and _learned(old) != _learned(new):
            yield "what was learned differs: the two may say anything about the same decision"
        elif bool(old.unfamiliar_rows) != bool(new.unfamiliar_rows):
            which = "older" if old.unfamiliar_rows else "newer"
            yield f"only the {which} table holds decisions against what was learned"


def _learned(table: Table) -> str:
    return table.known.learned.digest if table.known.learned is not None else ""
