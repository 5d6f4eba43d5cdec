"""A table tried on the past, from its columns to what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from handraise.core.table.sheet import happening, narrowing
from handraise.core.table.types import Row, Table
from handraise.errors import InputError
from handraise.model import OWNER
from handraise.service.backtesting.counting import (
    Counted,
    Timed,
    count,
    day_text,
    judged_past,
)
from handraise.service.backtesting.examples import for_nothing, slipped
from handraise.service.backtesting.finding import Found, found_in
from handraise.service.backtesting.looking import looked_over
from handraise.service.backtesting.past import Past, past_of_database, past_of_files
from handraise.service.backtesting.plan import Plan, Where
from handraise.service.backtesting.result import (
    Alone,
    Backtest,
    ConditionLine,
    DayLine,
    HourLine,
    RouteLine,
    RowLine,
    Stopped,
    TypeLine,
)
from handraise.service.backtesting.shares import share_of

MOST_TYPES = 1_000
CONDITIONS = ("confidence", "consequence", "novelty")


def backtest(past: Past, found: Found, table: Table, plan: Plan) -> Backtest:
    """Return what a table would have done to the decisions of the past.

    Args:
        past: where the decisions lie.
        found: where in it a decision of this table stands.
        table: a table without errors.
        plan: for names, and for how many examples are shown.

    Raises:
        InputError: there are no decisions, or they cannot be read.
    """
    seen = looked_over(past, found)
    if not seen.decisions:
        raise InputError(f"{', '.join(past.sources)}: holds no decision", "is it the right file?")
    judged = judged_past(table, found)
    counted, timed = count(past, judged, found)
    has_stake = "stake" in found.has
    stops, wrong, right = counted.stops, counted.right == 0, counted.right == 1
    labelled = wrong | right
    shown = plan.examples if "correct" in found.has else 0
    return Backtest(
        agent=table.agent,
        version=table.version,
        table=str(plan.table),
        sources=past.sources,
        engine=past.engine,
        decisions=seen.decisions,
        labelled=counted.count(labelled),
        first=seen.first,
        last=seen.last,
        unusable=seen.unusable,
        left_out=(*found.left_out, *left_out_of(table)),
        rate=share_of(counted.count(stops), seen.decisions),
        rows=tuple(_row_lines(table, counted, seen.decisions, has_stake=has_stake)),
        conditions=tuple(_condition_lines(table, counted, seen.decisions)),
        types=_type_lines(table, counted, has_stake=has_stake),
        days=_day_lines(timed),
        hours=tuple(_hour_lines(timed)),
        routes=tuple(_route_lines(table, timed)),
        alone=Alone(
            decisions=counted.count(~stops),
            errors=share_of(counted.count(~stops & wrong), counted.count(~stops & labelled)),
            stake=counted.money(~stops & wrong) if has_stake else None,
            examples=slipped(past, found, table, shown),
        ),
        stopped=Stopped(
            decisions=counted.count(stops),
            for_nothing=share_of(counted.count(stops & right), counted.count(stops & labelled)),
            caught=share_of(counted.count(stops & wrong), counted.count(stops & labelled)),
            stake=counted.money(stops & wrong) if has_stake else None,
            examples=for_nothing(past, found, table, shown),
        ),
    )


def left_out_of(table: Table) -> Iterator[str]:
    """Yield what no column can hold, so that nobody takes its absence for a good sign."""
    if any(action.form for action in table.actions.values()):
        yield "whether a proposal fits the form of its action"
    if any(fact.is_derived for fact in table.facts.values()):
        yield "whether what the agent states of a fact agrees with its proposal"


def _row_lines(
    table: Table, counted: Counted, decisions: int, *, has_stake: bool
) -> Iterator[RowLine]:
    rows = {row.id: row for row in table.rows}
    alone = counted.fired.sum(axis=0) == 1
    for place, signal in enumerate(counted.signals):
        fired, row = counted.fired[place], rows.get(signal)
        wrong = fired & (counted.right == 0)
        yield RowLine(
            row=signal,
            condition=row.condition if row else signal,
            route=row.to if row else OWNER,
            rule=_rule(table, row) if row else f"no usable {signal}, and no row looked",
            fired=share_of(counted.count(fired), decisions),
            only=counted.count(fired & alone),
            labelled=counted.count(fired & (counted.right >= 0)),
            wrong=counted.count(wrong),
            stake=counted.money(wrong) if has_stake else None,
        )


def _rule(table: Table, row: Row) -> str:
    """Return a row in words, with what it is only for."""
    return ", ".join([happening(table, row), *narrowing(row)])


def _condition_lines(table: Table, counted: Counted, decisions: int) -> Iterator[ConditionLine]:
    of_row = {row.id: row.condition for row in table.rows}
    conditions = [of_row.get(signal, signal) for signal in counted.signals]
    by_condition = np.array(
        [
            counted.fired[[place for place, one in enumerate(conditions) if one == condition]].any(
                axis=0
            )
            for condition in CONDITIONS
        ]
    )
    alone = by_condition.sum(axis=0) == 1
    for condition, fired in zip(CONDITIONS, by_condition, strict=True):
        yield ConditionLine(
            condition=condition,
            fired=share_of(counted.count(fired), decisions),
            only=counted.count(fired & alone),
        )


def _type_lines(table: Table, counted: Counted, *, has_stake: bool) -> tuple[TypeLine, ...]:
    stops, known = counted.stops, frozenset(table.known.types)
    size = len(counted.types)

    def by_type(which: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.bincount(counted.type[which], weights[which], size)

    everything = np.ones(len(counted.type), dtype=bool)
    decisions = by_type(everything, counted.decisions)
    stopped = by_type(stops, counted.decisions)
    labelled = by_type(~stops & (counted.right >= 0), counted.decisions)
    errors = by_type(~stops & (counted.right == 0), counted.decisions)
    caught = by_type(stops & (counted.right == 0), counted.decisions)
    stake = by_type(~stops & (counted.right == 0), counted.stake)
    order = sorted(range(size), key=lambda one: (-decisions[one], counted.types[one]))
    return tuple(
        TypeLine(
            type=counted.types[one],
            is_known=counted.types[one] in known,
            decisions=int(decisions[one]),
            stopped=share_of(int(stopped[one]), int(decisions[one])),
            errors=share_of(int(errors[one]), int(labelled[one])),
            caught=int(caught[one]),
            stake=float(stake[one]) if has_stake else None,
        )
        for one in order[:MOST_TYPES]
    )


def _day_lines(timed: Timed) -> tuple[DayLine, ...]:
    known = timed.day >= 0
    days, place = np.unique(timed.day[known], return_inverse=True)
    decisions = np.bincount(place, timed.decisions[known], len(days))
    stopped = np.bincount(place, (timed.decisions * timed.stops)[known], len(days))
    return tuple(
        DayLine(day=day_text(day), decisions=int(all_), stopped=int(some))
        for day, all_, some in zip(days, decisions, stopped, strict=True)
    )


def _hour_lines(timed: Timed) -> Iterator[HourLine]:
    known = timed.day >= 0
    of_week = (timed.day + 3) % 7 * 24 + timed.hour  # 1 January 1970 was a Thursday
    for route, asked in zip(timed.routes, timed.asked, strict=True):
        asks = np.bincount(of_week[known & asked], timed.decisions[known & asked], 168)
        for one in np.flatnonzero(asks):
            weekday, hour = divmod(int(one), 24)
            yield HourLine(route=route, weekday=weekday, hour=hour, asks=int(asks[one]))


def _route_lines(table: Table, timed: Timed) -> Iterator[RouteLine]:
    known = timed.day >= 0
    first = int(timed.day[known].min()) if known.any() else 0
    days = int(timed.day[known].max()) - first + 1 if known.any() else 0
    for route, asked in zip(timed.routes, timed.asked, strict=True):
        people = table.route_people(route)
        a_day = np.bincount(
            timed.day[known & asked] - first, timed.decisions[known & asked], max(days, 1)
        )
        limit = capacity_of(table, people)
        busiest = int(a_day.argmax())
        yield RouteLine(
            route=route,
            asks=int(timed.decisions[asked].sum()),
            people=len(people),
            a_day=float(a_day.sum() / days) if days else None,
            busiest=day_text(first + busiest) if days else "",
            busiest_asks=int(a_day[busiest]) if days else 0,
            capacity_day=limit,
            days_over=int((a_day > limit).sum()) if limit is not None and days else 0,
        )


def capacity_of(table: Table, people: tuple[str, ...]) -> int | None:
    """Return how many asks people take a day together; None where one of them has no limit."""
    limits = [table.people[id].capacity_day for id in people]
    return None if None in limits else sum(limit for limit in limits if limit is not None)


@contextmanager
def opened(plan: Plan, table: Table) -> Iterator[tuple[Past, Found]]:
    """Give the past that a plan names, read as a table's decisions.

    Raises:
        InputError: it cannot be read, or lacks a column that a row reads.
    """
    with past_at(plan.where) as past:
        yield past, found_in(past, table, plan.columns, ignore_unfamiliar=plan.ignore_unfamiliar)


@contextmanager
def past_at(where: Where) -> Iterator[Past]:
    """Give the past, wherever it lies.

    Raises:
        InputError: it cannot be read.
    """
    if where.engine is None:
        with past_of_files(where.paths) as files:
            yield files
        return
    scheme, _, place = where.engine.partition("://")
    if scheme == "duckdb":
        with past_of_database(Path(place), where.relation or "") as database:
            yield database
        return
    from handraise.service.backtesting.engines import past_of_engine

    with past_of_engine(where.engine, where.relation or "") as there:
        yield there
