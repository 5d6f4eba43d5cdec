"""What tests reach of a table: rows, edges where they decide, and sets of conditions."""

from collections.abc import Iterator

import pytest

from handraise.core.table.types import Table
from handraise.core.trial.coverage import Part, coverage_of
from handraise.core.trial.goals import Seen, goals_of
from handraise.model import Decision
from tests.core.trial.trials import RATED, decision, looked_at, table, when


def reached(table: Table, *decisions: Decision) -> list[str]:
    """Return the names of the edges that decisions reach."""
    edges = coverage_of(table, [looked_at(table, one) for one in decisions]).edges
    return [goal.name for goal in edges.reached]


def of_row(names: list[str], row: str = "consequence.1") -> list[str]:
    return [name.removesuffix(f" ({row})") for name in names if name.endswith(f"({row})")]


def names(part: Part) -> list[str]:
    return [goal.name for goal in part.missing]


def test_nothing_tried_reaches_nothing() -> None:
    found = coverage_of(table(), [])
    assert names(found.rows) == ["confidence.1", "consequence.1", "novelty.1"]
    assert (len(found.edges.missing), found.edges.of) == (8, 8)
    assert found.together.of == 8
    assert not found.is_complete
    assert len(found.missing) == 3 + 8 + 8
    assert found.opaque == ()


@pytest.mark.parametrize(
    ("confidence", "edge"),
    [
        (0.72, ["at: confidence below 0.72"]),
        (0.71, ["just under: confidence below 0.72"]),
        (0.7199999, ["just under: confidence below 0.72"]),
        (0.73, ["just over: confidence below 0.72"]),
        (0.70, []),
        (0.74, []),
        (None, []),
        ("sure", []),
    ],
)
def test_the_edges_of_a_threshold(confidence: object, edge: list[str]) -> None:
    found = reached(table(), decision(confidence=confidence))
    assert of_row(found, "confidence.1") == edge


@pytest.mark.parametrize(
    ("x", "edge"),
    [
        (100, ["at: x > 100"]),
        (99, ["just under: x > 100"]),
        (101, ["just over: x > 100"]),
        (102, []),
        (None, []),
    ],
)
def test_the_edges_of_a_comparison(x: object, edge: list[str]) -> None:
    assert of_row(reached(table(), decision(facts={"x": x}))) == edge


def test_a_comparison_that_decides_nothing_has_not_been_tried() -> None:
    made = when('x > 100 and word == "fraud"')
    assert of_row(reached(made, decision(facts={"x": 100, "word": "other"}))) == []
    assert of_row(reached(made, decision(facts={"x": 100, "word": "fraud"}))) == ["at: x > 100"]


def test_an_edge_is_not_reached_where_arithmetic_fails() -> None:
    made = when("x / y > 2 or n > 3")
    assert of_row(reached(made, decision(facts={"x": 2, "y": 1, "n": 0}))) == ["at: x / y > 2"]
    assert of_row(reached(made, decision(facts={"x": 2, "y": 0, "n": 3}))) == []


def test_a_narrowed_row_is_reached_only_by_what_it_is_for() -> None:
    rows = "{severity: high, to: finance, for: {type: [card_lost], action: [refund, reply]}}"
    made = table(rows, more=RATED)
    asked = decision(type="card_lost", action="refund", facts={})
    assert of_row(reached(made, asked)) == ["at: severity high"]
    assert of_row(reached(made, decision(type="card_lost", action="reply", facts={}))) == [
        "just under: severity high"
    ]
    assert of_row(reached(made, decision(action="refund", facts={}))) == []
    assert of_row(reached(made, decision(type="card_lost", action="delete", facts={}))) == []
    assert of_row(reached(made, decision(type=None, action="refund", facts={}))) == []
    assert of_row(reached(made, decision(type="card_lost", action="sing", facts={}))) == []


def test_thresholds_by_type_are_reached_by_their_type() -> None:
    made = table(confidence="{below: {card_lost: 0.9, else: 0.72}, to: supervisor}")
    asked = [decision(type=type, confidence=0.9) for type in ("card_lost", "address", None)]
    assert of_row(reached(made, *asked), "confidence.1") == [
        "at: confidence below 0.9 for card_lost"
    ]
    asked = [decision(type=type, confidence=0.72) for type in ("card_lost", None)]
    assert of_row(reached(made, *asked), "confidence.1") == []
    assert of_row(reached(made, decision(confidence=0.72)), "confidence.1") == [
        "at: confidence below 0.72 for every other type"
    ]


def test_a_known_and_an_unknown_type_are_both_tried() -> None:
    made = table()
    assert of_row(reached(made, decision()), "novelty.1") == ["a known type"]
    assert of_row(reached(made, decision(type="riddle")), "novelty.1") == ["an unknown type"]
    assert of_row(reached(made, decision(type=7)), "novelty.1") == []


def test_a_row_about_new_types_that_is_for_known_ones_is_never_met_by_a_new_one() -> None:
    made = table(novelty="{unknown: type, to: supervisor, for: {type: [card_lost]}}")
    edges = [goal.name for goal in goals_of(made) if goal.kind == "type"]
    assert edges == ["a known type (novelty.1)"]


def test_sets_of_conditions_are_those_that_could_be_judged() -> None:
    made = table()
    tried = [
        decision(),
        decision(confidence=0.5),
        decision(confidence=0.5, type="riddle", facts={"x": 500}),
        decision(confidence=None, type="riddle"),
        decision(type="riddle", facts={"undeclared": 1}),
    ]
    found = coverage_of(made, [looked_at(made, one) for one in tried])
    assert [goal.name for goal in found.together.reached] == [
        "together: no condition",
        "together: confidence alone",
        "together: confidence, consequence and novelty",
    ]


def test_trying_ends_early_once_all_is_reached() -> None:
    made = table()
    tried = [
        decision(confidence=confidence, type=type, facts={"x": x})
        for confidence in (0.71, 0.72, 0.73)
        for type in ("card_lost", "riddle")
        for x in (99, 100, 101)
    ]

    def one_by_one() -> Iterator[Seen]:
        yield from (looked_at(made, one) for one in (*tried, decision()))
        raise AssertionError

    found = coverage_of(made, one_by_one())
    assert found.missing == ()
    assert found.is_complete
