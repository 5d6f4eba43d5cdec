"""The people: what comes to each route and when, against their hours, limits and deadlines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from handraise.core.duty.hours import on_duty
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import OWNER
from handraise.service.backtesting.result import Backtest, RouteLine
from handraise.service.reporting.page import (
    Block,
    Cell,
    Grid,
    Note,
    Notice,
    Plot,
    Points,
    Section,
    Sign,
)
from handraise.service.reporting.past import people_of
from handraise.service.reporting.words import (
    SPACE,
    count_cell,
    counted,
    day,
    estimate_cell,
    listed,
    number,
    percent,
    tame,
    wait_cell,
    whole,
)
from handraise.service.simulating.records import PersonLoad, RouteLoad, Simulated

MOST_ROUTES = 30
MOST_PEOPLE = 40
MOST_MAPS = 6
MOST_FINDINGS = 20
WEEK_H = 168


def people_section(found: Backtest, table: Table) -> Section:
    """Return what the people would have had to do."""
    return Section(id="people", title="The people", blocks=tuple(_blocks(found, table)))


def _blocks(found: Backtest, table: Table) -> Iterator[Block]:
    simulated = found.simulated
    if simulated is not None:
        yield from _verdict(simulated)
    yield _load(found, table)
    yield from _short(found, table)
    yield from _maps(found, table)
    if simulated is None:
        yield Note(
            "How long asks would wait was not simulated: handraise backtest does it with "
            "--assume 6m, or where the history says how long people worked on each."
        )
        return
    yield from _waits(simulated)
    yield _routes(simulated)
    yield _persons(simulated, table)
    if found.needed is not None:
        yield Note("What would hold the deadlines, by trying it out:")
        yield Points(tuple(tame(one.sentence, 400) for one in found.needed.routes[:MOST_ROUTES]))
    yield Note(
        f"Played {counted(simulated.repetitions, 'time')} with the times at which the agent would "
        "have stopped. What was assumed: "
        + "; ".join(tame(line, 300) for line in simulated.assumptions[:MOST_FINDINGS])
        + "."
    )


def _verdict(simulated: Simulated) -> Iterator[Block]:
    target = percent(simulated.target)
    if simulated.deadlines_held:
        yield Note(f"Every route holds both deadlines for {target} of its asks.")
    else:
        late = [
            one.route for one in simulated.routes if not (one.acknowledge_held and one.decide_held)
        ]
        yield Notice(
            f"The deadlines of {listed(late)} would not be held for {target} of their asks."
        )
    if simulated.findings:
        yield Note("What matters:")
        yield Points(tuple(tame(line, 300) for line in simulated.findings[:MOST_FINDINGS]))
    if len(simulated.findings) > MOST_FINDINGS:
        yield Note(f"And {len(simulated.findings) - MOST_FINDINGS:,} more.")


def _load(found: Backtest, table: Table) -> Grid:
    rows = []
    for line in found.routes[:MOST_ROUTES]:
        limit = "no limit" if line.capacity_day is None else whole(line.capacity_day)
        busiest = whole(line.busiest_asks) if line.busiest else "–"
        rows.append(
            (
                Cell(tame(line.route), people_of(table, line.route)),
                count_cell(line.asks),
                Cell("–" if line.a_day is None else f"{line.a_day:,.1f}", is_number=True),
                Cell(busiest, day(line.busiest) if line.busiest else "", is_number=True),
                Cell(limit, is_number=True),
                Cell(
                    whole(line.days_over) if line.capacity_day is not None else "–", is_number=True
                ),
            )
        )
    more = len(found.routes) - len(rows)
    return Grid(
        caption="What comes to each route, against what its people take a day",
        columns=("Route", "Asks", "A day", "Busiest day", "Takes a day", "Days over that"),
        rows=tuple(rows),
        more=f"And {counted(more, 'more route')}." if more > 0 else "",
    )


def _short(found: Backtest, table: Table) -> Iterator[Block]:
    lines = tuple(
        words for line in found.routes[:MOST_ROUTES] if (words := _needed(line, table)) is not None
    )
    if lines:
        yield Points(lines)


def _needed(line: RouteLine, table: Table) -> str | None:
    """Return how many more people the busiest day of a route would have needed."""
    if not line.days_over or not line.capacity_day or not line.people:
        return None
    each = line.capacity_day / line.people
    over = line.busiest_asks - line.capacity_day
    return (
        f"{tame(line.route)}: on {counted(line.days_over, 'day')} more came than its people take. "
        f"The busiest brought {whole(over)} too many: {math.ceil(over / each)} more people with "
        f"{number(each)} a day, or so many fewer stops."
    )


def _maps(found: Backtest, table: Table) -> Iterator[Block]:
    asked = sorted({line.route for line in found.hours}, key=lambda id: -_asks(found, id))
    for place, route in enumerate(asked[:MOST_MAPS], 1):
        yield _map(found, table, route, f"hours-{place}")
    if len(asked) > MOST_MAPS:
        yield Note(f"And {counted(len(asked) - MOST_MAPS, 'more route')} without a picture.")


def _asks(found: Backtest, route: str) -> int:
    return sum(line.asks for line in found.hours if line.route == route)


def _map(found: Backtest, table: Table, route: str, name: str) -> Plot:
    from handraise.service.plots.past import hours_chart

    hours = [line for line in found.hours if line.route == route]
    covered = covered_hours(table, route, _middle(found))
    weeks = max(len(found.days), 1) / 7
    total = _asks(found, route)
    most = max(hours, key=lambda line: line.asks)
    if covered is None:
        alone = (
            "Its people are on call by calendars, which are not in this picture."
            if route in table.routes
            else "The table has no such route now, so nobody's hours are in this picture."
        )
        key = [Sign("block", "familiar", "asks; the stronger, the more in that hour")]
    else:
        outside = sum(line.asks for line in hours if 24 * line.weekday + line.hour not in covered)
        alone = (
            f"About {round(100 * outside / max(total, 1))} % of {counted(total, 'ask')} come "
            "in hours of the week in which none of its people is on duty (by whole hours of an "
            "ordinary week, UTC)."
        )
        key = [
            Sign("block", "familiar", "asks while somebody of the route is on duty"),
            Sign("block", "limit", "asks while nobody is (×)"),
        ]
    return Plot(
        name=name,
        title=f"When {tame(route)} is asked",
        about=f"A map of the week by day and hour. {alone}",
        captions=(
            f"{alone} Most come on {_day_name(most.weekday)} between {most.hour}:00 and "
            f"{most.hour + 1}:00 UTC: {most.asks / weeks:,.1f} a week.",
        ),
        chart=lambda look: hours_chart(hours, covered, weeks, look),
        key=tuple(key),
    )


def _day_name(weekday: int) -> str:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return names[weekday]


def _middle(found: Backtest) -> datetime:
    """Return a Monday in the middle of the history, at midnight UTC."""
    days = [datetime.fromisoformat(line.day).replace(tzinfo=UTC) for line in found.days]
    at = days[len(days) // 2] if days else datetime(2026, 1, 5, tzinfo=UTC)
    return at - timedelta(days=at.weekday())


def covered_hours(table: Table, route: str, monday: datetime) -> frozenset[int] | None:
    """Return the hours of the week in which somebody of a route is on duty; None if not known.

    Args:
        table: the routing table.
        route: the route; `owner` for the last resort.
        monday: the midnight (UTC) at which the week begins; its zones' clocks count.

    Returns:
        Of 0 to 167, those whose middle falls into somebody's weekly hours; None where one of them
        is on call by a calendar, and for a route that the table does not have.
    """
    if route not in table.routes and route != OWNER:
        return None
    people = [table.people[id] for id in table.route_people(route) if id in table.people]
    if any(person.calendars for person in people):
        return None
    halves = ((place, monday + timedelta(hours=place, minutes=30)) for place in range(WEEK_H))
    return frozenset(place for place, at in halves if any(on_duty(person, at) for person in people))


def _waits(simulated: Simulated) -> Iterator[Block]:
    from handraise.service.plots.past import waits_chart

    routes = simulated.routes[:MOST_ROUTES]
    if not routes:
        return
    slowest = max(routes, key=lambda one: one.late_to_acknowledge.value or 0.0)
    late = percent(slowest.late_to_acknowledge.value or 0.0)
    said = (
        f"{late} of the asks to {tame(slowest.route)} wait longer than "
        f"{duration_text(slowest.acknowledge_within_s)} until somebody has them."
    )
    yield Plot(
        name="waits",
        title="How long people let asks wait",
        about=f"The wait until somebody begins, by route. {said}",
        captions=(said, "Left is soon. What lies right of the red mark is late."),
        chart=lambda look: waits_chart(routes, look),
        key=(
            Sign("dot", "familiar", "half of the asks wait no longer"),
            Sign("diamond", "familiar", "9 of 10 wait no longer"),
            Sign("square", "familiar", "99 of 100 wait no longer"),
            Sign("bar", "limit", "the deadline to take it"),
        ),
    )


def _routes(simulated: Simulated) -> Grid:
    rows = tuple(_route(one) for one in simulated.routes[:MOST_ROUTES])
    return Grid(
        caption="What becomes of the asks of each route, simulated; below, 95 of 100 repetitions",
        columns=(
            "Route",
            "Taken too late",
            "Decided too late",
            "Half wait",
            "9 of 10 wait",
            "Come to the owner",
            "Never answered",
        ),
        rows=rows,
    )


def _route(load: RouteLoad) -> tuple[Cell, ...]:
    within = (
        f"take within {duration_text(load.acknowledge_within_s)}, "
        f"decide within {duration_text(load.decide_within_s)}"
    )
    return (
        Cell(tame(load.route), within),
        estimate_cell(load.late_to_acknowledge),
        estimate_cell(load.late_to_decide),
        wait_cell(load.waits.median_s),
        wait_cell(load.waits.p90_s),
        estimate_cell(load.reached_owner),
        estimate_cell(load.unanswered),
    )


def _persons(simulated: Simulated, table: Table) -> Grid:
    rows = tuple(_person(one, table) for one in simulated.people[:MOST_PEOPLE])
    more = len(simulated.people) - len(rows)
    return Grid(
        caption="What each person would have to do, simulated",
        columns=("Person", "Asks", "On duty", "Busy", "Days at the limit", "Longest backlog"),
        rows=rows,
        more=f"And {counted(more, 'more person', 'more people')}." if more > 0 else "",
    )


def _person(load: PersonLoad, table: Table) -> tuple[Cell, ...]:
    person = table.people.get(load.person)
    asks, backlog = load.asks.value, load.longest_backlog.value
    return (
        Cell(tame(person.name if person else load.person)),
        Cell("–" if asks is None else whole(asks), is_number=True),
        Cell(f"{load.duty_s / 3600:,.0f}{SPACE}h", is_number=True),
        estimate_cell(load.busy),
        Cell("no limit", is_number=True)
        if load.full_days is None
        else estimate_cell(load.full_days),
        Cell("–" if backlog is None else whole(backlog), is_number=True),
    )
