"""Decisions judged by their cell against decisions judged one by one, on DuckDB."""

import duckdb
from hypothesis import given

from handraise.core.gate.cells import MOST_CELLS, cells_of
from handraise.core.gate.sql import judged_by
from tests.core.gate.test_sql import SLOW, past, table_of
from tests.support.past import create, inputs
from tests.support.tables import tables


def both(table, rows):
    """Return what is said decision by decision, and cell by cell."""
    carried = {"place": "place"}
    with duckdb.connect() as connection:
        create(connection.execute, rows)
        one_by_one = judged_by(table, inputs(table), "past", carried)
        cells = cells_of(table, inputs(table), "past", carried)
        assert cells is not None
        assert cells.count <= MOST_CELLS
        connection.execute(f"CREATE TEMP TABLE cells AS {cells.judged.query}")
        assert connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT hr_code), MIN(hr_code), MAX(hr_code) FROM cells"
        ).fetchone() == (cells.count, cells.count, 0, cells.count - 1)
        joined = cells.joined("cells")
        assert (joined.signals, joined.routes) == (one_by_one.signals, one_by_one.routes)
        return (
            sorted(connection.execute(one_by_one.query).fetchall()),
            sorted(connection.execute(joined.query).fetchall()),
        )


@SLOW
@given(text=tables(), rows=past())
def test_cells_say_what_is_said_decision_by_decision(text, rows):
    one_by_one, by_cells = both(table_of(text), rows)
    assert by_cells == one_by_one
