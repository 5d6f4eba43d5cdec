"""Claims of every table: nothing goes ahead in doubt, nothing fails, every stop names a person."""

from __future__ import annotations

from collections.abc import Iterator

import z3

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Result
from handraise.core.proof.terms import either
from handraise.core.table.expression import Name, Node, children
from handraise.core.table.types import Table
from handraise.model import OWNER

NEVER_FAILS = "the gate never fails while it judges: every expression takes any usable value"


def never_errors(table: Table) -> Result:
    """Return whether every expression reads only what it can take.

    What divides by zero or leaves the real line is caught, and fires the row; so nothing else can
    fail than a name that is not there, or that is something else than the expression takes it for.
    """
    wrong = [(row, name) for row in table.rows for name in slips(table, row.when)]
    if not wrong:
        return Found("proved").result("never-errors", NEVER_FAILS, why="")
    row, name = wrong[0]
    why = f"{row.id} reads {name}, which the table does not have like this"
    refuted = Found("refuted")
    return refuted.result("never-errors", NEVER_FAILS, why=why, subject=row.id, line=row.line)


KINDS = {"number": "number", "integer": "number", "boolean": "boolean"}
BUILT_IN = {"type": "text", "action": "text", "confidence": "number"}


def slips(table: Table, node: Node | None) -> Iterator[str]:
    """Yield the names that an expression takes for something else than they are."""
    kinds = {id: KINDS.get(fact.type, "text") for id, fact in table.facts.items()} | BUILT_IN
    if table.actions:
        kinds["severity"] = "severity"
    if isinstance(node, Name) and kinds.get(node.id) != node.type:
        yield node.id
    for child in children(node) if node is not None else ():
        yield from slips(table, child)


def unusable_stops(reading: Reading, asking: Asking, judged: Judged) -> Iterator[Result]:
    """Yield, for each kind of value, whether nothing goes ahead where it cannot be used."""
    for subject, (name, doubt) in _doubts(reading).items():
        found = asking.find([doubt, z3.Not(reading.stops)], judged.one)
        yield found.result("unusable-stops", name, why="a decision goes ahead", subject=subject)


def _doubts(reading: Reading) -> dict[str, tuple[str, z3.BoolRef]]:
    """Return each kind of doubt: the claim, and what a decision is like that gives rise to it."""
    usable, table = reading.usable, reading.table
    found = {
        "confidence": (
            "nothing goes ahead without a usable confidence",
            z3.Not(usable["confidence"]),
        ),
        "type": ("nothing of an unknown or missing type goes ahead", z3.Not(reading.is_known)),
    }
    if table.actions:
        found["action"] = ("nothing goes ahead whose action is not rated", z3.Not(usable["action"]))
    for id, fact in table.facts.items():
        if where := reading.where_read(id):
            sentence = f"nothing goes ahead where {id} cannot be used and a row reads it"
            found[id] = (sentence, z3.And(z3.Not(usable[id]), either(where, reading.context)))
        if fact.is_derived:
            sentence = f"nothing goes ahead where the agent says another {id} than the proposal"
            found[f"{id} stated"] = (sentence, reading.faults[id])
    found["undeclared"] = (
        "nothing goes ahead with a fact that the table does not declare",
        z3.Or(reading.faults["undeclared"], reading.faults["facts"]),
    )
    if any(action.form for action in table.actions.values()):
        found["proposal"] = (
            "nothing goes ahead whose proposal does not fit its action",
            reading.faults["proposal"],
        )
    if rows := reading.where("unfamiliar"):
        found["familiarity"] = (
            "nothing goes ahead that cannot be held against what was learned, where a row asks",
            z3.And(z3.Not(reading.can_tell), either(rows, reading.context)),
        )
    return found


def reachable_humans(reading: Reading, asking: Asking, judged: Judged) -> Iterator[Result]:
    """Yield whether every stop asks somebody, and for each route whether that is a person."""
    asked = either([reading.asks(route) for route in reading.routes], reading.context)
    found = asking.find([reading.stops, z3.Not(asked)], judged.one)
    why = "a decision stops and asks nobody"
    yield found.result("reachable-human", "every stop asks somebody", why=why)
    for route in reading.routes:
        yield _reachable(route, reading, asking, judged)


def _reachable(route: str, reading: Reading, asking: Asking, judged: Judged) -> Result:
    """Return whether the people of a route are there and have a contact; the owner too."""
    table = reading.table
    people = dict.fromkeys((*table.route_people(route), table.owner))
    gone = [id for id in people if id not in table.people or not table.people[id].contacts]
    who = "the owner" if route == OWNER else f"everybody of {route}"
    name = f"{who} has a contact"
    if not gone:
        return Found("proved").result("reachable-human", name, why="", subject=route)
    found = asking.find([reading.asks(route)], judged.one, (reading.complete,))
    refuted = Found("refuted", found.witnesses)
    why = f"{gone[0]} has no contact"
    return refuted.result("reachable-human", name, why=why, subject=route)
