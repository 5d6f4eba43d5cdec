"""Claims about every possible decision: the team's own, and those that hold of any sound table."""

from __future__ import annotations

from handraise.core.proof.result import Result
from handraise.core.table.types import Table

LIMITS: tuple[str, ...] = (
    "Numbers are real numbers here; the gate computes with floats, which round. Every "
    "counterexample was run through the gate itself.",
)


def prove(table: Table, *, timeout_s: float = 10.0) -> tuple[Result, ...]:
    """Return what came of each claim: the team's own in their order, then the built-in ones."""
    raise NotImplementedError
