"""Claims about every possible decision: the team's own, and those that hold of any sound table."""

from __future__ import annotations

from collections.abc import Iterator

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.claims import claimed, of_claim
from handraise.core.proof.doubt import never_errors, reachable_humans, unusable_stops
from handraise.core.proof.monotone import monotone_confidence, monotone_money
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Result
from handraise.core.proof.rows import row_claims
from handraise.core.proof.world import World
from handraise.core.table.types import Table

LIMITS: tuple[str, ...] = (
    "Numbers are real numbers in a proof; the gate computes with floats, which round. Of what is "
    "added, multiplied or calibrated a claim may fail by a last digit; a sum of very different "
    "sizes loses what is small, so (a + b) - b may be 0. Every counterexample was run through the "
    "gate itself.",
    "What the learned files say of a decision is taken to be any answer at all, whatever its words "
    "and facts are: nothing is proved about the files.",
    "The gate judges what it is sent. Whether the confidence and the stated facts are true, and "
    "whether the agent does what it proposes, is nothing that can be proved here.",
    "Where numbers of a decision are multiplied or divided by each other, a claim may stay open.",
)
"""What every proof leaves out, in plain sentences."""


def prove(table: Table, *, timeout_s: float = 10.0) -> tuple[Result, ...]:
    """Return what came of each claim: the team's own in their order, then those of every table.

    The same table gives the same results, unless a question runs out of time.

    Args:
        table: a table without errors.
        timeout_s: seconds that one question may take at most; all of them together may take six
            times that. What is not decided then is open.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> {result.state for result in prove(read(MISSION_TABLE).table)}
        {'proved'}
    """
    errors = never_errors(table)
    if errors.state == "refuted":
        left = Found("open", why=f"{errors.subject} cannot be read")
        return (*(of_claim(claim, left) for claim in table.claims), errors)
    world = World(table)
    reading = Reading(world, table)
    return tuple(results(reading, Asking(world, timeout_s), Judged(reading)))


def results(reading: Reading, asking: Asking, judged: Judged) -> Iterator[Result]:
    """Yield what came of each claim about a table."""
    for claim in reading.table.claims:
        yield claimed(claim, reading, asking, judged)
    yield never_errors(reading.table)
    yield from row_claims(reading, asking, judged)
    yield from unusable_stops(reading, asking, judged)
    yield from reachable_humans(reading, asking, judged)
    yield monotone_confidence(reading, asking, judged)
    yield from monotone_money(reading, asking, judged)
