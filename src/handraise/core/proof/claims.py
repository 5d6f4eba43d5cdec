"""The team's own claims of every possible decision."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec
import z3

from handraise.core.gate.compile import Judge, compile_table
from handraise.core.proof.asking import TOO_LATE, Asking, Found, Judged
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Result, Witness
from handraise.core.proof.spelling import Evaluate
from handraise.core.proof.terms import either
from handraise.core.table.expression import Node
from handraise.core.table.types import Claim, Row, Table
from handraise.model import OWNER

NOTHING = "it claims nothing: no decision is like this; mend its when"
OF_SOUND = frozenset({"always", "unreachable"})
"""The claims that are about sound decisions alone; the others are about every decision."""

PROBE = "claim.when"
"""The row that asks the gate whether a claim's `when` is true."""


def claimed(claim: Claim, reading: Reading, asking: Asking, judged: Judged) -> Result:
    """Return what came of a claim.

    `reaches` and `never` are about every decision for which `when` is true, whatever else of it is
    missing or broken; `always` and `unreachable` about every sound one.
    """
    meant = [reading.holds(claim.when)]
    if claim.kind in OF_SOUND:
        meant.append(reading.sound)
    is_true = probed(reading.table, claim.when)

    def show(found: Evaluate) -> tuple[Witness, ...]:
        witness = judged.witness(found)
        return (witness,) if witness is not None and is_true(witness) else ()

    nicer = (reading.sound, reading.complete)
    found = asking.find([*meant, _fault(claim, reading)], show, nicer)
    if found.state == "proved":
        found = _about_something(found, asking.is_possible(*meant))
    return of_claim(claim, found)


def _about_something(proved: Found, is_possible: bool | None) -> Found:
    """Return a proof as it is, if some decision is like what is claimed; None is not known."""
    if is_possible is None:
        return Found("open", why=TOO_LATE)
    return proved if is_possible else Found("refuted", why=NOTHING)


def of_claim(claim: Claim, found: Found) -> Result:
    """Return the answer to a claim's question as what came of the claim."""
    return found.result(
        "claim", claim.name, why=_why(claim, found), subject=claim.name, line=claim.line
    )


def _fault(claim: Claim, reading: Reading) -> z3.BoolRef:
    """Return what a decision would be that the claim does not hold of."""
    asked = [reading.asks(route) for route in claim.routes]
    match claim.kind:
        case "reaches":
            return either([z3.Not(one) for one in asked], reading.context)
        case "unreachable":
            return either(asked, reading.context)
        case "never":
            return z3.Not(reading.stops)
        case _:
            return reading.stops


def _why(claim: Claim, found: Found) -> str:
    """Return what the gate said of a decision for which the claim does not hold."""
    if not found.witnesses:
        return ""
    verdict = found.witnesses[0].verdict
    if not verdict.escalated:
        return "a decision goes ahead"
    if claim.kind == "always":
        return f"a decision stops: {verdict.reasons[0].sentence}"
    asked = " and ".join(verdict.routes)
    return f"a decision asks {asked}"


def probed(table: Table, when: Node | None) -> Callable[[Witness], bool]:
    """Return what asks the gate itself whether an expression is true of a decision."""

    @cache
    def judge() -> Judge:
        probe = Row(id=PROBE, condition="consequence", kind="when", to=OWNER, when=when)
        return compile_table(msgspec.structs.replace(table, rows=(*table.rows, probe)))

    def is_true(witness: Witness) -> bool:
        reasons = judge()(witness.decision).reasons
        return any(reason.row == PROBE and bool(reason.limit) for reason in reasons)

    return is_true if when is not None else lambda witness: True
