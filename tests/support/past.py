"""Decisions of the past as a table of typed columns, and what fired for each."""

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import routes_of
from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import Inputs
from handraise.model import Decision

NUMBER = ("confidence", "revenue", "count", "refund", "monthly_change")
KINDS = dict.fromkeys(NUMBER, "DOUBLE PRECISION") | {
    "type": "VARCHAR",
    "action": "VARCHAR",
    "vip": "BOOLEAN",
    "reason": "VARCHAR",
    "word": "VARCHAR",
}
FACTS = ("revenue", "count", "vip", "reason", "word")
FIELDS = ("refund", "monthly_change")


def create(execute, rows, name="past"):
    """Make a table of decisions; `execute` runs SQL."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in KINDS.items())
    execute(f"CREATE TABLE {name} (place INTEGER, {columns})")
    lines = ", ".join(
        f"({place}, {', '.join(_cell(row[one], kind) for one, kind in KINDS.items())})"
        for place, row in enumerate(rows)
    )
    execute(f"INSERT INTO {name} VALUES {lines}")


def inputs(table):
    """Return where the table's decisions stand in these columns."""
    stated = [id for id in FACTS if not table.facts[id].is_derived]
    return Inputs(
        type='"type"',
        action='"action"',
        confidence='"confidence"',
        facts={id: f'"{id}"' for id in stated},
        fields={id: f'"{id}"' for id in FIELDS},
    )


def signals_of(table, execute, name="past", translated=lambda query: query):
    """Return what fired for each decision, and who must agree, by SQL."""
    judged = judged_by(table, inputs(table), name, {"place": "place"})
    found = {}
    for place, mask, way, stops in execute(translated(judged.query)).fetchall():
        signals, routes = _named(judged.signals, mask), _named(judged.routes, way)
        assert stops == bool(signals)
        found[place] = signals, routes
    return [found[place] for place in sorted(found)]


def _named(names, bits):
    return {name for bit, name in enumerate(names) if bits >> bit & 1}


def fired_by_gate(table, row):
    """Return what fired and who must agree by the compiled gate.

    A column cannot hold what is no fact or no form: faults are left out.
    """
    facts = {id: row[id] for id in FACTS if row[id] is not None and not table.facts[id].is_derived}
    proposal = {id: row[id] for id in FIELDS if row[id] is not None}
    decision = Decision(
        type=row["type"],
        action=row["action"],
        confidence=row["confidence"],
        facts=facts,
        proposal=proposal,
    )
    verdict = compile_table(table)(decision)
    reasons = tuple(one for one in verdict.reasons if one.condition != "fault")
    return {one.row for one in reasons}, set(routes_of(reasons, table.several))


def _cell(value, kind):
    if value is None:
        return "NULL"
    if kind == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    quoted = str(value).replace("'", "''")
    return f"CAST('{quoted}' AS {kind})"
