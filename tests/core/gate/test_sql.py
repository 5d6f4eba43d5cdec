"""The table as SQL against the compiled gate, row by row, on DuckDB."""

import math

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.core.gate.sql import Inputs, judged_by
from handraise.core.table.read import read
from handraise.demo.example import MISSION_TABLE
from tests.support.past import create, fired_by_gate, signals_of
from tests.support.tables import ACTIONS, TYPES, calibrations, tables

SLOW = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NUMBERS = st.sampled_from(
    (None, 0.0, -0.0, 1.0, 40.0, 3.0, -6200.0, 5000.0, 5000.5, 1e299, -1e300, math.nan, math.inf)
) | st.floats(allow_nan=True)


def past(most=12):
    """Decisions of the past as typed columns: anything may be missing, not a number or too large."""
    return st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from((*TYPES, "new_thing", "it's", None)),
                "action": st.sampled_from((*ACTIONS, "fly", None)),
                "confidence": st.sampled_from((None, 0.0, 0.3, 0.5, 0.72, 1.0, 7.0, -0.1, math.nan))
                | st.floats(),
                "revenue": NUMBERS,
                "count": NUMBERS,
                "vip": st.sampled_from((None, True, False)),
                "reason": st.sampled_from((None, "fraud", "none", "else")),
                "word": st.sampled_from((None, "x", "y'")),
                "refund": NUMBERS,
                "monthly_change": NUMBERS,
            }
        ),
        min_size=1,
        max_size=most,
    )


def table_of(text):
    reading = read(text)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


@SLOW
@given(text=tables(), calibration=calibrations(), rows=past())
def test_sql_and_the_compiled_gate_agree_on_every_row(text, calibration, rows):
    table = replace(table_of(text), calibration=calibration)
    expected = [fired_by_gate(table, row) for row in rows]
    with duckdb.connect() as connection:
        create(connection.execute, rows)
        assert signals_of(table, connection.execute) == expected


def test_what_no_column_holds_is_missing_and_stops():
    table = table_of(MISSION_TABLE)
    query = judged_by(table, Inputs(type="'refund_request'", confidence="0.9"), "(SELECT 1) one")
    assert duckdb.execute(query.query).fetchone() == (0b010, 0b10, True)
    assert query.signals == ("confidence.1", "consequence.1", "novelty.1")
    assert query.routes == ("support_supervisor", "finance_lead")
