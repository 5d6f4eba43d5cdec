"""Which series a decision counts in, and what is promised of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from handraise.core.monitor.series import Kind, counts_by_series, fed_by, promised_counts
from handraise.core.table.types import Table
from handraise.model import Promise
from tests.support.support_table import TABLE, table_of

TYPES = {"refund_request": (600, 60), "card_lost": (0, 0), "I want Bob": (40, 40)}


@pytest.fixture(scope="module")
def table() -> Table:
    return table_of(TABLE)


def promise_of(table: Table) -> Promise:
    return Promise(
        agent=table.agent,
        version=table.version,
        at=datetime(2026, 1, 5, tzinfo=UTC),
        decisions=1000,
        stopped=120,
        rows={"confidence.1": 70, "consequence.1": 20, "novelty.1": 40},
        conditions={"confidence": 70, "consequence": 20, "novelty": 40},
        routes={"supervisor": 100, "finance": 20},
        types=TYPES,
    )


def test_each_row_condition_route_and_known_type_that_came_is_a_series(table: Table) -> None:
    assert promised_counts(promise_of(table), table) == {
        "all": (120, 1000),
        "row confidence.1": (70, 1000),
        "row consequence.1": (20, 1000),
        "row novelty.1": (40, 1000),
        "condition confidence": (70, 1000),
        "condition consequence": (20, 1000),
        "condition novelty": (40, 1000),
        "route supervisor": (100, 1000),
        "route finance": (20, 1000),
        "type refund_request": (60, 600),
    }


def test_a_decision_that_went_ahead_stops_in_no_series(table: Table) -> None:
    assert fed_by("refund_request", (), {}, "every") == set()


def test_a_stop_counts_in_all_its_type_its_rows_and_their_conditions_and_routes(
    table: Table,
) -> None:
    rows = {row.id: row for row in table.rows}
    fired = ("confidence.1", "consequence.1")
    every = fed_by("refund_request", fired, rows, "every")
    assert every == {
        "all",
        "type refund_request",
        "row confidence.1",
        "row consequence.1",
        "condition confidence",
        "condition consequence",
        "route supervisor",
        "route finance",
    }
    assert every - fed_by("refund_request", fired, rows, "first") == {"route finance"}


def test_a_condition_that_none_of_its_rows_looked_at_asks_the_owner_whoever_else_is(
    table: Table,
) -> None:
    rows = {row.id: row for row in table.rows}
    found = fed_by("", ("confidence", "consequence.1"), rows, "first")
    assert {"row confidence", "condition confidence", "route owner", "route finance"} <= found


def test_series_count_their_own_decisions_and_leave_out_what_the_system_raised(
    table: Table,
) -> None:
    kinds = [
        Kind("refund_request", (), 90),
        Kind("refund_request", ("confidence.1",), 10),
        Kind("(unknown)", ("novelty.1",), 5),
        Kind("refund_request", ("confidence.1", "fault"), 50),
        Kind("refund_request", ("not_ready",), 50),
        Kind("", ("stall",), 1),
    ]
    series = ["all", "row confidence.1", "route supervisor", "type refund_request", "type x"]
    assert counts_by_series(kinds, table, series) == {
        "all": (15, 105),
        "row confidence.1": (10, 105),
        "route supervisor": (15, 105),
        "type refund_request": (10, 100),
        "type x": (0, 0),
    }


def test_nothing_promised_of_types_is_no_series_of_them(table: Table) -> None:
    bare = replace(promise_of(table), types={})
    assert not [one for one in promised_counts(bare, table) if one.startswith("type")]
