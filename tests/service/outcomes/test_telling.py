"""What turned out, as an agent's own program says it, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.errors import InputError, NotFoundError
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.outcomes.reading import OutcomeColumns, read_outcomes
from handraise.service.outcomes.telling import NOT_NAMED, Outcomes, Report, refuse_bad
from handraise.service.wiring import Operation
from tests.core.test_instants import ENDS_OF_TIME
from tests.support.operation import AGENT, SURE, UNSURE, opened


def id_of(operation: Operation, key: str) -> str:
    found = operation.store.decision_by_key(AGENT, key, rehearsal=operation.rehearsal)
    assert found is not None
    return found.id


def test_an_agent_reports_months_later_by_key_or_id(
    operation: Operation, gate: EmbeddedGate, clock: ManualClock
) -> None:
    gate.decide(**SURE, key="a")
    clock.advance(days=200)
    assert gate.outcome("a", is_right=False, stake=40, note=" charged back ")
    assert not gate.outcome(id_of(operation, "a"), is_right=False, stake=40, note="charged back")
    assert gate.outcome("a", True)
    first, second = operation.store.outcomes_of(id_of(operation, "a"))
    assert (first.source, first.by, first.stake, first.note) == (
        "agent",
        AGENT,
        40.0,
        "charged back",
    )
    assert (second.is_right, second.at) == (True, clock.now())
    assert operation.store.outcome_of([id_of(operation, "a")]) == {}


def test_the_asynchronous_gate_reports_too(operation: Operation, gate: EmbeddedGate) -> None:
    gate.decide(**UNSURE, key="a")

    async def report() -> bool:
        return await AsyncGate(gate).outcome("a", is_right=True)

    assert asyncio.run(report())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"is_right": 1}, "is_right: expected True or False"),
        ({"is_right": "yes"}, "is_right: expected True or False"),
        ({"is_right": None}, "is_right: expected True or False"),
        ({"decision": 7, "is_right": True}, "decision: expected its key or its id"),
        ({"is_right": True, "at": "2026-11-22"}, "at: expected a datetime with a zone"),
        ({"is_right": True, "at": datetime(2026, 11, 22)}, "at: expected a datetime"),  # noqa: DTZ001
        ({"is_right": True, "stake": float("nan")}, "stake: expected a number"),
        ({"is_right": True, "stake": -1}, "stake: expected a number"),
        ({"is_right": True, "stake": True}, "stake: expected a number"),
        ({"is_right": True, "note": 3}, "note: expected text"),
        ({"is_right": True, "note": "x" * 2_001}, "longer than 2,000 characters"),
    ],
)
def test_what_is_of_another_type_is_refused(
    gate: EmbeddedGate, arguments: dict[str, Any], said: str
) -> None:
    gate.decide(**SURE, key="a")
    with pytest.raises(InputError, match=said):
        gate.outcome(arguments.pop("decision", "a"), arguments.pop("is_right"), **arguments)


def test_unknown_decisions_rehearsals_and_odd_instants_are_refused(
    operation: Operation, gate: EmbeddedGate, clock: ManualClock
) -> None:
    gate.decide(**SURE, key="a")
    with pytest.raises(NotFoundError, match="no decision of this id or key"):
        gate.outcome("b", is_right=True)
    with pytest.raises(InputError, match="lies in the future"):
        gate.outcome("a", is_right=True, at=clock.now() + timedelta(hours=1))
    with pytest.raises(InputError, match="before it was decided"):
        gate.outcome("a", is_right=True, at=clock.now() - timedelta(days=2))
    for text in ENDS_OF_TIME:
        with pytest.raises(InputError, match=r"lies in the future|before it was decided"):
            gate.outcome("a", is_right=True, at=datetime.fromisoformat(text))
    ahead = clock.now() + timedelta(minutes=4)
    assert gate.outcome("a", is_right=True, at=ahead), "another clock may be ahead a little"
    (told,) = operation.store.outcomes_of(id_of(operation, "a"))
    assert told.at == clock.now()


def test_nothing_turned_out_of_a_rehearsal(folder: Any, clock: ManualClock) -> None:
    operation = opened(folder, clock=clock, rehearsal=True, is_ready=False)
    try:
        gate = operation.gates[AGENT]
        gate.decide(**SURE, key="a")
        with pytest.raises(InputError, match="was a rehearsal"):
            gate.outcome("a", is_right=True)
    finally:
        operation.close()


def test_a_report_names_one_decision_in_one_way(operation: Operation) -> None:
    outcomes = Outcomes(operation.store, operation.shelf, operation.clock)
    unnamed = Report(place="one", is_right=True)
    twice = replace(unnamed, place="two", id="a", key="b")
    taken = outcomes.take(AGENT, [unnamed, twice], source="file", by="dana")
    assert [one.why for one in taken.bad] == [NOT_NAMED, NOT_NAMED]
    with pytest.raises(InputError, match="one: expected exactly one name"):
        refuse_bad(taken, 2)
    with pytest.raises(NotFoundError, match="no agent"):
        outcomes.take("nobody", [], source="file", by="dana")


def test_erasing_a_case_takes_the_words_about_how_it_turned_out(
    operation: Operation, gate: EmbeddedGate
) -> None:
    gate.decide(**SURE, key="a", case="ticket-1")
    gate.outcome("a", is_right=False, stake=3, note="Mr Smith charged back")
    store = operation.store
    store.erase([], case="ticket-1", by="priya", reason="asked for", now=operation.clock.now())
    (told,) = store.outcomes_of(id_of(operation, "a"))
    assert (told.is_right, told.stake, told.note) == (False, 3.0, "erased")


def test_parquet_rows_are_named_by_their_number(folder: Any) -> None:
    duckdb = pytest.importorskip("duckdb")
    place = folder / "paid.parquet"
    duckdb.sql(
        "SELECT * FROM (VALUES ('a', true, 4.5), ('b', NULL, NULL), ('c', false, -1)) t(k, ok, cost)"
    ).write_parquet(str(place))
    columns = OutcomeColumns(correct="ok", key="k", stake="cost")
    read = read_outcomes([place], columns)
    assert (read.rows, read.unknown) == (3, 1)
    assert [(one.key, one.is_right, one.stake) for one in read.reports] == [
        ("a", True, 4.5),
        ("c", False, -1.0),
    ]
    assert read.reports[1].place == f"{place}: row 3"
