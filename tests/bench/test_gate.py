"""The contestants of `bench.gate` answer alike; what they take is nobody's test."""

from itertools import product
from math import nan

import pytest

from bench import chain, zen_modes
from bench.rules import many_rows, narrowed_rows, three_rows, zen_content
from handraise.core.gate.compile import compile_table
from handraise.model import Decision

CONFIDENCES = (0.91, 0.72, 0.7199999, 0, 1, 1.5, -0.1, None, "0.91", True, nan)
FACTS = (
    None,
    {},
    *({"revenue_usd": value} for value in (40, -5000, 5000.01, -6200.0, None, "40", True)),
    {"revenue_usd": 40, "revenue_eur": 40},
)
TYPES = ("refund_request", "court_order", "", None, 7)
DECISIONS = [
    {"type": type, "action": "refund", "confidence": confidence, "facts": facts}
    for type, confidence, facts in product(TYPES, CONFIDENCES, FACTS)
]
NO_FACTS = ([], "revenue_usd", 40)


def test_the_if_chain_stops_where_the_gate_does() -> None:
    judge = compile_table(three_rows())
    for fields in [*DECISIONS, *({**DECISIONS[0], "facts": facts} for facts in NO_FACTS)]:
        ours, theirs = judge(Decision(**fields)), chain.judge(Decision(**fields))
        assert [(one.row, one.route, one.tag) for one in ours.reasons] == [
            (one.row, one.route, one.tag) for one in theirs.reasons
        ], fields
        assert ours.routes == theirs.routes


@pytest.mark.parametrize("rows", [3, 50])
def test_zen_engine_fires_the_rows_that_the_gate_does(rows: int) -> None:
    judge = compile_table(many_rows(rows))
    engine = zen_modes.static_engine(zen_content(rows))
    for fields in DECISIONS:
        ours = {reason.row for reason in judge(Decision(**fields)).reasons}
        assert ours == zen_modes.rows_fired(engine, fields), fields


def test_every_mode_of_zen_engine_lets_the_measured_decision_go_ahead() -> None:
    for rows in (3, 50):
        for name, mode in zen_modes.modes(rows).items():
            found = mode.run()
            answers = found if isinstance(found, list) else [found]
            results = [one.get("data", one)["result"] for one in answers]
            assert results == [[]] * mode.jobs, name


def test_a_narrowed_row_looks_at_its_own_type_alone() -> None:
    table = narrowed_rows(1_000)
    judge = compile_table(table)
    money = {"revenue_usd": 9_000}
    ours = judge(Decision(type="type_500", confidence=0.91, facts=money))
    assert [reason.row for reason in ours.reasons] == ["consequence.1", "consequence.502"]
    assert len(table.rows) == 1_000
