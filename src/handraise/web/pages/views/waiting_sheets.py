"""The figures of what waits: how many asks at the end of each hour or day, and the oldest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from handraise.service.plots.figures import DASHES, Line, lines_chart
from handraise.service.plots.look import Look
from handraise.service.watch.words import lasting
from handraise.web.pages.views.sheets import Sheet, Written
from handraise.web.pages.views.words import counted, route_name, sentence

MOST_LINES = len(DASHES) - 1
OTHERS = "other routes"


def waiting_sheets(written: Written) -> Iterator[Sheet]:
    """Yield the figures, one after the other."""
    yield _backlog(written)
    yield _oldest(written)


def _backlog(written: Written) -> Sheet:
    found, came = written.counted.waiting, written.counted.came
    title = "Asks that waited"
    if not any(one.count for one in found) and not any(came):
        return written.nothing(
            "waiting", title, f"Nothing waits, and nothing came in {written.span}."
        )
    routes = sorted(
        {route for one in found for route in one.by_route},
        key=lambda route: (-sum(one.by_route.get(route, 0) for one in found), route),
    )
    lines = _lines(written, routes)
    axis = written.axis()

    def chart(look: Look) -> str:
        return lines_chart(lines, axis, look, unit="count", title="Asks that waited")

    now = found[-1]
    by_route = ", ".join(
        f"{count:,} on {route_name(route)}" for route, count in sorted(now.by_route.items())
    )
    detail = (
        f" ({by_route})"
        if len(now.by_route) > 1
        else f" on {_only(now.by_route)}"
        if by_route
        else ""
    )
    verb = "waits" if now.count == 1 else "wait"
    most = max(found, key=lambda one: one.count)
    peak = written.label(written.counted.stretches[found.index(most)])
    return written.over_time(
        "waiting",
        title,
        says=sentence(f"{counted(now.count, 'open ask')} {verb} now{detail}")
        + f" {sum(came):,} came in {written.span}; the most that waited at the end of"
        f" {'an hour' if written.is_hourly else 'a day'} were {most.count:,} ({peak}).",
        captions=(
            "The backlog: open asks at the end of each"
            f" {'hour' if written.is_hourly else 'day'}, the last as it stands now. One question"
            " has an ask for each route that must agree.",
        ),
        columns=(
            "Waited at its end",
            "Came",
            *(sentence(route_name(one)).rstrip(".") for one in routes),
        ),
        cells=[
            (
                f"{one.count:,}",
                f"{new:,}",
                *(f"{one.by_route.get(route, 0):,}" for route in routes),
            )
            for one, new in zip(found, came, strict=True)
        ],
        head=("waiting", "came", *routes),
        raw=[
            (one.count, new, *(one.by_route.get(route, 0) for route in routes))
            for one, new in zip(found, came, strict=True)
        ],
        chart=chart,
    )


def _only(by_route: Mapping[str, int]) -> str:
    return route_name(next(iter(by_route)))


def _lines(written: Written, routes: list[str]) -> list[Line]:
    """Return a line for each route, the last ones together where there are many."""
    found = written.counted.waiting
    if len(routes) <= 1:
        return [Line("waiting", tuple(float(one.count) for one in found))]
    shown = routes if len(routes) <= len(DASHES) else routes[:MOST_LINES]
    rest = routes[len(shown) :]
    lines = [
        Line(route_name(route), tuple(float(one.by_route.get(route, 0)) for one in found))
        for route in shown
    ]
    if rest:
        sums = tuple(float(sum(one.by_route.get(route, 0) for route in rest)) for one in found)
        lines.append(Line(OTHERS, sums))
    return lines


def _oldest(written: Written) -> Sheet:
    counted_ = written.counted
    title = "How long the oldest had waited"
    ends = [*(one.ends_at for one in counted_.stretches[:-1]), counted_.now]
    ages = tuple(
        None if one.oldest_at is None else max(end - one.oldest_at, timedelta()).total_seconds()
        for one, end in zip(counted_.waiting, ends, strict=True)
    )
    if not any(age is not None for age in ages):
        return written.nothing("oldest", title, "Nothing waited at the end of any of them.")
    axis = written.axis()

    def chart(look: Look) -> str:
        return lines_chart([Line("oldest", ages)], axis, look, unit="seconds", title="Age")

    now = ages[-1]
    longest = max(age for age in ages if age is not None)
    return written.over_time(
        "oldest",
        title,
        says=("Nothing waits now." if now is None else f"The oldest waits for {lasting(now)} now.")
        + f" In {written.span} it was at most {lasting(longest)}.",
        captions=("The backlog's age: of what waited at the end of each, the one asked first.",),
        columns=("The oldest had waited", "Since"),
        cells=[
            ("", "")
            if age is None or one.oldest_at is None
            else (lasting(age), written.reader.moment(one.oldest_at).absolute)
            for age, one in zip(ages, counted_.waiting, strict=True)
        ],
        head=("oldest_age_s", "oldest_at"),
        raw=[
            (age, "" if one.oldest_at is None else one.oldest_at.isoformat())
            for age, one in zip(ages, counted_.waiting, strict=True)
        ],
        chart=chart,
    )
