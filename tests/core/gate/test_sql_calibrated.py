"""A calibrated confidence in SQL: the very number that the gate works out, to the last bit."""

import math

import duckdb
import numpy as np
import pytest
from msgspec.structs import replace

from handraise.core.confidence.mapping import CalibrationMap, calibrated
from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import Inputs
from handraise.core.table.types import Calibration
from tests.support.calibrated import CALIBRATION, calibrated_table
from tests.support.two_tables import changed, table_of

INPUTS = Inputs(type="'refund'", confidence="confidence", facts={"revenue": "0.0"})


def drawn_map(chance, knots):
    """Return a map whose knots lie anywhere, steep and flat."""
    stated, found = (np.sort(chance.random(knots)) for _ in range(2))
    inner = zip(stated.tolist(), found.tolist(), strict=True)
    return CalibrationMap("isotonic", ((0.0, float(found[0] / 2)), *inner, (1.0, 1.0)))


def rows_of(numbers):
    """Return rows that fire unless the confidence is one of the numbers, to the last bit."""
    return "\n".join(f"    - {{when: confidence != {one!r}, to: finance}}" for one in numbers)


@pytest.mark.parametrize("knots", [1, 5, 62])
def test_the_number_is_the_gates_to_the_last_bit(knots):
    chance = np.random.default_rng(knots)
    fitted = drawn_map(chance, knots)
    edges = [x for x, _ in fitted.knots]
    near = [math.nextafter(x, to) for x in edges[1:-1] for to in (0.0, 1.0)]
    stated = [*edges, *near, *chance.random(40).tolist(), -0.0, 5e-324, 1e-9]
    expected = [calibrated(fitted, one) for one in stated]
    text = changed(("    - {when: revenue > 1000, to: finance}", rows_of(expected)))
    table = replace(table_of(text), calibration=replace(CALIBRATION, map=fitted))
    judged = judged_by(table, INPUTS, "past", {"place": "place"})
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE past (place INTEGER, confidence DOUBLE)")
        connection.executemany("INSERT INTO past VALUES (?, ?)", list(enumerate(stated)))
        lines = connection.execute(judged.query).fetchall()
    for place, *masks, _way, _stops in lines:
        bits = sum(mask << 60 * word for word, mask in enumerate(masks[: len(judged.masks)]))
        row = judged.signals.index(f"consequence.{place + 1}")
        assert not bits >> row & 1, (stated[place], expected[place])
    assert len(lines) == len(stated)


def test_what_is_unusable_has_no_calibrated_number_and_stops():
    table = calibrated_table()
    judged = judged_by(table, Inputs(type="'card_lost'", confidence="score"), "past")
    values = ("NULL", "CAST('nan' AS DOUBLE)", "CAST('inf' AS DOUBLE)", "1.5", "-0.1")
    unusable = " UNION ALL ".join(f"SELECT CAST({one} AS DOUBLE) score" for one in values)
    query = judged.query.replace("FROM past", f"FROM ({unusable}) past")
    row = judged.signals.index("confidence.1")
    assert [mask >> row & 1 for mask, *_ in duckdb.connect().execute(query).fetchall()] == [1] * 5


def test_without_a_calibration_the_query_is_what_it_was():
    plain = table_of(changed())
    assert "stated" not in judged_by(plain, INPUTS, "past").query
    one = replace(
        plain, calibration=Calibration(file="", digest="d", labels=9, map=CALIBRATION.map)
    )
    assert "stated" in judged_by(one, INPUTS, "past").query
