"""What a backtest of exactly this version said will come is held against what people take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from scipy.stats import poisson

from handraise.model import Promise
from handraise.service.going_live.line import Line
from handraise.service.going_live.workload import Load, capacity_line, loads_of, overflow
from handraise.store import Store
from tests.support.checked import NOW, subject_of
from tests.support.lives import table_of
from tests.support.operation import TABLE

DAYS = 10
LIMITED = (
    TABLE.replace('dana@example.com"', 'dana@example.com", capacity: 40 a day')
    .replace('ines@example.com"', 'ines@example.com", capacity: 15 a day')
    .replace('priya@example.com"', 'priya@example.com", capacity: 10 a day')
)
SHARED = LIMITED.replace("finance_lead: [ines]", "finance_lead: [ines, dana]")


def keep(store: Store, text: str, routes: dict[str, int], **fields: Any) -> None:
    """Keep what a backtest over ten days promised of a table."""
    table = table_of(text)
    values: dict[str, Any] = {
        "first": NOW - timedelta(days=DAYS - 1), "last": NOW, "at": NOW, "decisions": 1_000,
        "stopped": 100, "rows": {}, "conditions": {}, "types": {}, **fields,
    }  # fmt: skip
    store.save_promise(Promise(agent=table.agent, version=table.version, routes=routes, **values))


def line(store: Store | None, text: str) -> Line:
    return capacity_line(subject_of(text, store))


def test_without_a_backtest_of_this_version_nobody_knows(store: Store) -> None:
    keep(store, LIMITED.replace("0.72", "0.7"), {"finance_lead": 10})
    for found in (line(None, LIMITED), line(store, LIMITED)):
        assert (found.state, "--keep" in found.remedy) == ("red", True)


def test_what_people_take_on_nearly_every_day_is_green(store: Store) -> None:
    keep(store, LIMITED, {"support_supervisor": 200, "finance_lead": 40})
    found = line(store, LIMITED)
    assert (found.state, found.at) == ("green", NOW)
    assert "support_supervisor (dana) 20.0 of 40 a day" in found.evidence
    assert "finance_lead (ines) 4.0 of 15 a day" in found.evidence


def test_more_than_people_take_is_red(store: Store) -> None:
    keep(store, LIMITED, {"support_supervisor": 200, "finance_lead": 160})
    found = line(store, LIMITED)
    assert (found.state, found.evidence) == (
        "red",
        "too much: finance_lead (ines) 16.0 of 15 a day",
    )


def test_what_fits_only_on_average_is_worth_a_look(store: Store) -> None:
    keep(store, LIMITED, {"finance_lead": 140})
    found = line(store, LIMITED)
    assert found.state == "yellow"
    assert "by chance alone, finance_lead is over it on 33% of days" in found.evidence


def test_people_without_a_limit_are_named(store: Store) -> None:
    keep(store, TABLE, {"finance_lead": 40})
    found = line(store, TABLE)
    assert (found.state, found.remedy) == ("yellow", "say what ines takes, e.g. capacity: 40 a day")


def test_routes_that_share_people_are_looked_at_together(store: Store) -> None:
    keep(store, SHARED, {"support_supervisor": 380, "finance_lead": 190})
    found = line(store, SHARED)
    assert found.state == "red"
    assert "support_supervisor + finance_lead (dana, ines) 57.0 of 55 a day" in found.evidence


def test_a_route_that_needs_two_is_asked_twice() -> None:
    two = "finance_lead: {people: [ines, dana], needs: 2, decide_within: 8h}"
    table = table_of(LIMITED.replace("finance_lead: [ines]", two))
    promise = _promise({"finance_lead": 20, "owner": 10})
    loads = {load.routes: load.a_day for load in loads_of(table, promise)}
    assert loads == {("finance_lead",): 4.0, ("owner",): 1.0}


def test_many_routes_are_looked_at_alone_and_all_together() -> None:
    names = [f"route_{number}" for number in range(7)]
    routes = ", ".join(f"{name}: [dana]" for name in names)
    more = f"routes: {{support_supervisor: [dana], finance_lead: [ines], {routes}}}"
    text = LIMITED.replace("routes: {support_supervisor: [dana], finance_lead: [ines]}", more)
    loads = list(loads_of(table_of(text), _promise(dict.fromkeys(names, 10))))
    assert [len(load.routes) for load in loads] == [1] * 7 + [7]


def test_decisions_without_times_say_nothing_of_a_day(store: Store) -> None:
    keep(store, LIMITED, {"finance_lead": 40}, first=None, last=None)
    assert "--at COLUMN" in line(store, LIMITED).remedy


def test_a_table_that_asks_nobody_needs_nobody(store: Store) -> None:
    keep(store, LIMITED, {})
    assert "no route is asked" in line(store, LIMITED).evidence


@pytest.mark.parametrize(("mean", "capacity"), [(4.0, 15), (14.0, 15), (0.5, 0), (900.0, 950)])
def test_the_share_of_days_is_the_tail_of_a_poisson(mean: float, capacity: int) -> None:
    load = Load(routes=("a",), people=("b",), a_day=mean, capacity=capacity)
    assert overflow(load) == pytest.approx(poisson.sf(capacity, mean), abs=1e-9)


def test_nothing_overflows_without_a_limit_or_without_asks() -> None:
    load = Load(routes=("a",), people=("b",), a_day=4.0, capacity=None)
    assert overflow(load) == 0.0
    assert overflow(Load(routes=("a",), people=("b",), a_day=0.0, capacity=0)) == 0.0


def _promise(routes: dict[str, int]) -> Promise:
    return Promise(
        agent="support-agent", version="v", at=NOW, decisions=100, stopped=10, rows={},
        conditions={}, routes=routes, types={}, first=NOW - timedelta(days=DAYS - 1), last=NOW,
    )  # fmt: skip
