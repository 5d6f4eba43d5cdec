"""Whether a new table is at least as strict as an older one, for every possible decision.

Both are read in one world: the same decision, judged by two tables. Each gate is then run on what
is found.
"""

from __future__ import annotations

from collections.abc import Iterator

import z3
from msgspec import Struct, structs

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import State, Witness
from handraise.core.proof.spelling import Evaluate
from handraise.core.proof.terms import either, every
from handraise.core.proof.world import World
from handraise.core.table.types import Table
from handraise.model import Verdict

MAY_DIFFER = "where it comes to something else, the learned files may say something else"


class Fewer(Struct, frozen=True, kw_only=True):
    """A decision about which a route is asked no more, although it still stops.

    Attributes:
        route: who was asked.
        now: the decision; its verdict is the new one.
        before: what the gate of the older table said about it.
    """

    route: str
    now: Witness
    before: Verdict


class Strictness(Struct, frozen=True, kw_only=True):
    """How two tables differ in what they stop.

    Attributes:
        state: `proved` where nothing goes ahead that stopped before; `refuted` by `goes_now`.
        why: one plain sentence where it is not proved.
        goes_now: a decision that stopped before and goes ahead now; its verdict is the new one.
        before: what the gate of the older table said about it.
        stops_now: a decision that went ahead before and stops now.
        fewer: routes that some decision asked before and asks no more although it still stops.
        is_same: whether both are proved to stop the same decisions and to ask the same routes.
        notes: what the comparison takes for granted, each in one plain sentence.
    """

    state: State
    why: str = ""
    goes_now: Witness | None = None
    before: Verdict | None = None
    stops_now: Witness | None = None
    fewer: tuple[Fewer, ...] = ()
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
    world.rules.extend(_answered_alike(before, after))
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
        fewer = [
            Fewer(route=route, now=found.witnesses[1], before=found.witnesses[0].verdict)
            for route, found in lost.items()
            if found.witnesses
        ]
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
        elif old.unfamiliar_rows and new.unfamiliar_rows:
            for id in _declared_otherwise(old, new):
                yield f"{id} was learned, and is declared otherwise: {MAY_DIFFER}"
        elif bool(old.unfamiliar_rows) != bool(new.unfamiliar_rows):
            which = "older" if old.unfamiliar_rows else "newer"
            yield f"only the {which} table holds decisions against what was learned"


def _answered_alike(one: Reading, other: Reading) -> Iterator[z3.BoolRef]:
    """Yield that the same learned files say the same wherever they are asked about the same."""
    learned = one.table.known.learned
    if learned is None or _learned(one.table) != _learned(other.table):
        return
    same = [_is_same(id, one, other) for id in learned.facts]
    tell = one.can_tell == other.can_tell
    yield z3.Implies(
        every([*same, one.can_look, other.can_look], one.context),
        z3.And(tell, z3.Implies(one.can_tell, one.familiarity == other.familiarity)),
    )


def _is_same(fact: str, one: Reading, other: Reading) -> z3.BoolRef:
    """Return whether a fact comes to the same in both, or can be used in neither."""
    is_neither = z3.And(z3.Not(one.usable[fact]), z3.Not(other.usable[fact]))
    is_either = z3.And(one.usable[fact], other.usable[fact])
    return z3.Or(is_neither, z3.And(is_either, one.values[fact] == other.values[fact]))


def _declared_otherwise(old: Table, new: Table) -> Iterator[str]:
    """Yield the learned facts that the two tables do not declare alike."""
    learned = old.known.learned
    for id in learned.facts if learned is not None else ():
        one, other = (structs.replace(t.facts[id], unit="", about="") for t in (old, new))
        if one != other:
            yield id


def _learned(table: Table) -> str:
    return table.known.learned.digest if table.known.learned is not None else ""
