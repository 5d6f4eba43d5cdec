"""How much of a table its tests reach, and what is missing by name."""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.core.trial.goals import Goal, GoalKind, Seen, goals_of, reaches


class Part(Struct, frozen=True, kw_only=True):
    """One kind of what the tests should reach.

    Attributes:
        reached: what some test reaches.
        missing: what none does.
    """

    reached: tuple[Goal, ...] = ()
    missing: tuple[Goal, ...] = ()

    @property
    def of(self) -> int:
        """How many there are."""
        return len(self.reached) + len(self.missing)


class Coverage(Struct, frozen=True, kw_only=True):
    """How much of a table its tests reach.

    Attributes:
        rows: the rows that fire.
        edges: at, just under and just over each limit.
        together: the sets of conditions that hold at once.
        opaque: rows whose limit cannot be told from a decision, and is not counted.
    """

    rows: Part
    edges: Part
    together: Part
    opaque: tuple[str, ...]

    @property
    def missing(self) -> tuple[Goal, ...]:
        """All that no test reaches: rows, then edges, then conditions."""
        return (*self.rows.missing, *self.edges.missing, *self.together.missing)

    @property
    def is_complete(self) -> bool:
        """Whether the tests reach every row and every edge."""
        return not self.rows.missing and not self.edges.missing


def coverage_of(table: Table, tried: Iterable[Seen]) -> Coverage:
    """Return how much of a table the decisions that were tried reach.

    Args:
        table: a table without errors.
        tried: each decision that was tried.
    """
    goals = goals_of(table)
    missing = list(goals)
    for one in tried:
        if not missing:
            break
        if any(reaches(table, goal, one) for goal in missing):
            missing = [goal for goal in missing if not reaches(table, goal, one)]
    lacking = {goal.key for goal in missing}
    return Coverage(
        rows=_part(goals, ("row",), lacking),
        edges=_part(goals, ("edge", "type"), lacking),
        together=_part(goals, ("together",), lacking),
        opaque=tuple(row.id for row in table.rows if row.kind == "unfamiliar"),
    )


def _part(goals: Iterable[Goal], kinds: tuple[GoalKind, ...], lacking: Container[str]) -> Part:
    of = [goal for goal in goals if goal.kind in kinds]
    return Part(
        reached=tuple(goal for goal in of if goal.key not in lacking),
        missing=tuple(goal for goal in of if goal.key in lacking),
    )
