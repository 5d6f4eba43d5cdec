"""The compiled gate against the oracle, over tables and decisions of every kind."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from handraise.core.table.read import read
from tests.core.oracle import judged
from tests.support.tables import calibrations, decisions, tables

SLOW = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def table_of(text):
    reading = read(text)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


@SLOW
@given(
    text=tables(),
    calibration=calibrations(),
    many=st.lists(decisions() | decisions(usable=True), min_size=1, max_size=12),
)
def test_the_gate_and_the_plain_interpreter_agree_on_every_row(text, calibration, many):
    table = msgspec.structs.replace(table_of(text), calibration=calibration)
    judge = compile_table(table)
    routes = {"owner", *table.routes}
    for decision in many:
        verdict = judge(decision)
        if any("could not judge" in reason.sentence for reason in verdict.reasons):
            assert verdict.routes == ("owner",)
            continue
        expected = judged(table, decision)
        of_rows = [reason for reason in verdict.reasons if reason.row != reason.condition]
        assert {reason.row for reason in of_rows} == expected.rows
        of_system = {reason.condition for reason in verdict.reasons if reason not in of_rows}
        assert of_system == expected.uncovered | ({"fault"} if expected.fault else set())
        assert verdict.escalated == expected.stops == (verdict.outcome == "escalate")
        assert [r.row for r in of_rows] == [r.id for r in table.rows if r.id in expected.rows]
        assert {reason.route for reason in verdict.reasons} <= routes
        first = of_rows[:1] if table.several == "first" else of_rows
        system = [reason for reason in verdict.reasons if reason not in of_rows]
        assert verdict.routes == tuple(dict.fromkeys(one.route for one in (*first, *system)))
        assert all(reason.sentence for reason in verdict.reasons)
        assert all(reason.sentence.encode() for reason in verdict.reasons)
