"""Decisions judged by their cell against decisions judged one by one, on DuckDB."""

import duckdb
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from handraise.core.gate.cells import MOST_CELLS, cells_of
from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import Inputs
from tests.core.gate.test_sql import SLOW, decided, past, when
from tests.support.learned import learned_table
from tests.support.past import create, inputs
from tests.support.support_table import table_of
from tests.support.tables import calibrations, tables


def kept(connection, cells):
    """Keep the judged cells; return the names of the tables."""
    names, count = [], 0
    for place, judged in enumerate(cells.judged):
        names.append(f"cells{place}")
        connection.execute(f"CREATE TEMP TABLE cells{place} AS {judged.query}")
        lines, codes, least, most = connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT hr_code), MIN(hr_code), MAX(hr_code) "
            f"FROM cells{place}"
        ).fetchone()
        assert (lines, least, most) == (codes, 0, codes - 1)
        count += lines
    assert count == cells.count
    return names


def both(table, rows):
    """Return what is said decision by decision, and cell by cell."""
    carried = {"place": "place"}
    with duckdb.connect() as connection:
        create(connection.execute, rows)
        one_by_one = judged_by(table, inputs(table), "past", carried)
        cells = cells_of(table, inputs(table), "past", carried)
        assert cells is not None
        assert cells.count <= MOST_CELLS
        joined = cells.joined(kept(connection, cells))
        assert (joined.signals, joined.routes) == (one_by_one.signals, one_by_one.routes)
        return (
            sorted(connection.execute(one_by_one.query).fetchall()),
            sorted(connection.execute(joined.query).fetchall()),
        )


@settings(SLOW, max_examples=25)
@given(text=tables(), calibration=calibrations(), rows=past())
def test_cells_say_what_is_said_decision_by_decision(text, calibration, rows):
    one_by_one, by_cells = both(replace(table_of(text), calibration=calibration), rows)
    assert by_cells == one_by_one


ROWS = [
    decided(type=type, action=action, confidence=confidence, revenue=revenue, vip=vip, word=word)
    for type in ("address", "card_lost", "new_thing", None)
    for action in ("reply", "delete", "fly", None)
    for confidence in (0.0, 0.49, 0.5, 1.0, 7.0, None)
    for revenue, vip, word in (
        (20.0, True, "x"),
        (-20.0, False, "y'"),
        (20.5, None, None),
        (None, True, "z"),
        (7.0, False, "x"),
    )
]


@pytest.mark.parametrize(
    "condition",
    [
        "revenue > 20",
        "revenue >= 20 or revenue < -20",
        "20 <= revenue",
        "-revenue > 20",
        "abs(revenue) > 20",
        "abs(revenue) <= 20 and vip",
        "revenue == 7",
        "revenue != 7 and not vip",
        "revenue in [7, 20]",
        "-30 < revenue <= 20",
        "5 > 3 and revenue > 0",
        "vip",
        "true or vip",
        "vip == (revenue > 7)",
        "(revenue + 1 > 7) == vip",
        'word != "x"',
        'word in ["y\'"]',
        'reason == "none"',
        'type == "card_lost" and confidence < 0.5',
        'action == "delete"',
        'severity >= "high"',
        'severity in ["low"]',
        "confidence < -0.5",
        "0.3 <= confidence < -1",
        "1 < -confidence",
        "-confidence >= 0",
        "confidence > 7 or confidence <= 1",
        "confidence >= 0 and confidence < 1",
        "confidence == 0 or confidence == 1",
        "confidence in [0, 0.49, 1, 20]",
        "abs(confidence) > 0.49",
        "revenue > count",
        "revenue / (revenue - 7) > 1",
        "max(revenue, 7) > 7",
        "count > 2 and count < 3",
    ],
)
def test_each_kind_of_condition_is_cut_or_worked_out(condition):
    one_by_one, by_cells = both(when(condition), ROWS)
    assert by_cells == one_by_one


def test_narrowed_rows_and_thresholds_by_type_have_cells_of_their_own():
    table = when(
        {"when": "vip", "to": "finance", "for": {"type": ["card_lost"], "action": ["delete"]}},
        {"severity": "critical", "to": "owner"},
        escalate={
            "confidence": [{"below": {"address": 0.4, "else": 0.5}, "to": "support"}],
            "novelty": [{"unknown": "type", "to": "support", "for": {"type": ["address"]}}],
        },
    )
    one_by_one, by_cells = both(table, ROWS)
    assert by_cells == one_by_one


def test_a_table_without_actions_or_facts_has_cells():
    table = when('word == "something else" or word == "x"', actions=False)
    rows = [*ROWS, decided(word="something else"), decided(word="something else.")]
    one_by_one, by_cells = both(table, rows)
    assert by_cells == one_by_one
    one_by_one, by_cells = both(when("false", actions=False), ROWS)
    assert by_cells == one_by_one


def test_a_share_on_record_is_cut_at_its_rate():
    table, carried = learned_table(), {"p": "p"}
    inputs = Inputs(
        type="'card_lost'", action="'send_reply'", confidence="0.95",
        facts={"reason": "'other'"}, familiarity="p",
    )  # fmt: skip
    source = "(VALUES (0.02), (0.0200001), (0.0), (1.0), (1.5), (NULL)) v(p)"
    cells = cells_of(table, inputs, source, carried)
    with duckdb.connect() as connection:
        by_cells = connection.execute(cells.joined(kept(connection, cells)).query).fetchall()
        query = judged_by(table, inputs, source, carried).query
        assert sorted(map(str, by_cells)) == sorted(map(str, connection.execute(query).fetchall()))


def test_what_has_too_many_cells_is_judged_one_by_one():
    listed = ", ".join(map(str, range(150)))
    shares = ", ".join(f"0.{n}" for n in range(10, 99))
    rows = (f"revenue in [{listed}]", f"count in [{listed}]", f"confidence in [{shares}]")
    table = when(*rows, several="first")
    assert cells_of(table, inputs(table), "past", {}) is None
    apart = cells_of(when(*rows), inputs(table), "past", {})
    assert apart.count < MOST_CELLS / 100
