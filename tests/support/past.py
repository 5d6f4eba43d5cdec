"""Decisions of the past as a table of typed columns, and what fired for each."""

from handraise.core.gate.compile import compile_table
from handraise.core.gate.sql import Inputs, judged_by
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
    """Return what fired for each decision, by SQL."""
    judged = judged_by(table, inputs(table), name, {"place": "place"})
    found = {}
    for place, *masks, stops in execute(translated(judged.query)).fetchall():
        bits = sum(int(mask) << (60 * n) for n, mask in enumerate(masks))
        names = {one for bit, one in enumerate(judged.signals) if bits >> bit & 1}
        assert stops == bool(names)
        found[place] = names
    return [found[place] for place in sorted(found)]


def fired_by_gate(table, row):
    """Return what fired by the compiled gate; faults are no signals of rows, and are left out."""
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
    return {one.row for one in verdict.reasons if one.condition != "fault"}


def _cell(value, kind):
    if value is None:
        return "NULL"
    if kind == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    quoted = str(value).replace("'", "''")
    return f"CAST('{quoted}' AS {kind})"
