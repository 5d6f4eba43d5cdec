"""The charts of a backtest: stops by row and by day, the hours they come at, how long they wait.

They hold counts, times and the names of rows and routes; never a decision. Altair is imported when
the first is made.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.sheet import clean
from handraise.core.table.units import duration_text
from handraise.service.plots.look import (
    Look,
    counts,
    names,
    percents,
    told,
    values,
    written,
)

if TYPE_CHECKING:
    from handraise.service.backtesting.result import DayLine, HourLine, RowLine
    from handraise.service.simulating.records import RouteLoad

MOST_BARS = 120
"""More days than this are drawn by weeks, or by several of them."""
WEEK = 7
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TIMES = (60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 30 * 86_400)


class Bar(Struct, frozen=True):
    """Stops of some days: from a first day on, for so many of them."""

    day: date
    days: int
    stopped: int


def bars_of(days: Sequence[DayLine]) -> list[Bar]:
    """Return the stops by day, also of days without a decision; by weeks where there are many.

    Args:
        days: in order.
    """
    if not days:
        return []
    by_day = {date.fromisoformat(one.day): one.stopped for one in days}
    first, last = min(by_day), max(by_day)
    span = (last - first).days + 1
    step = 1 if span <= MOST_BARS else WEEK * math.ceil(span / (WEEK * MOST_BARS))
    bars = []
    for start in range(0, span, step):
        day = first + timedelta(days=start)
        bars.append(Bar(day, min(step, span - start), 0))
    for one, stopped in by_day.items():
        place = (one - first).days // step
        bars[place] = replace(bars[place], stopped=bars[place].stopped + stopped)
    return bars


def stops_of(bars: Sequence[Bar]) -> str:
    """Return what the bars count: `Stops a day`, `Stops a week`, `Stops in 14 days`."""
    per = max(one.days for one in bars)
    return {1: "Stops a day", WEEK: "Stops a week"}.get(per, f"Stops in {per} days")


def days_chart(bars: Sequence[Bar], look: Look) -> str:
    """Return the stops by day or week, with their mean.

    Args:
        bars: as `bars_of` gives them, at least one.
        look: for what it is drawn.
    """
    import altair as alt

    mean = sum(one.stopped for one in bars) / sum(one.days for one in bars)
    per = max(one.days for one in bars)
    rows = [
        {
            "from": _midnight(one.day),
            "to": _midnight(one.day + timedelta(days=one.days)),
            "n": one.stopped,
        }
        for one in bars
    ]
    span = (bars[-1].day - bars[0].day).days
    form = "%-d %b" if span < 300 else "%b %Y"
    axis = alt.Axis(format=form, tickCount=4 if look.is_narrow else 8, labelOverlap=True)
    x = alt.X("from:T", scale=alt.Scale(type="utc"), title="Day (UTC)", axis=axis)
    y = alt.Y("n:Q", **counts(stops_of(bars)))
    columns = alt.Chart(values(rows)).mark_rect(
        color=look.familiar, opacity=0.75, stroke=look.ground, strokeWidth=1
    )
    level = {"n": mean * per, "words": f"mean {mean * per:,.1f}"}
    named = alt.Chart(values([level])).encode(
        x=alt.value(alt.ExprRef("width - 4")), y="n:Q", text="words:N"
    )
    rule = alt.Chart(values([level])).mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4])
    layers = [
        columns.encode(x=x, x2="to:T", y=y, y2=alt.datum(0)),
        rule.encode(y="n:Q"),
        *told(named, look),
    ]
    return written(alt.layer(*layers), look, height=220)


def rows_chart(rows: Sequence[RowLine], look: Look) -> str:
    """Return the share of decisions that each row stops, with its interval.

    The full part of a bar is what no other row stops; the row in words stands over it.
    """
    import altair as alt

    longest = 44 if look.is_narrow else 84
    found = [
        {
            "row": place,
            "words": _clipped(clean(one.rule), longest),
            "share": one.fired.share,
            "low": one.fired.low,
            "high": one.fired.high,
            "only": one.only / one.fired.of if one.fired.of else 0.0,
            "zero": 0.0,
        }
        for place, one in enumerate(rows)
    ]
    y = alt.Y("row:O", title=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    x = alt.X("share:Q", **percents("Stopped, of all decisions"))
    at = alt.Chart(values(found))
    bar: dict[str, Any] = {"height": 14, "yOffset": 9}
    layers = [
        at.mark_bar(color=look.familiar, opacity=0.35, **bar).encode(x=x, y=y),
        at.mark_bar(color=look.familiar, **bar).encode(x="only:Q", y=y),
        at.mark_rule(color=look.ink, strokeWidth=2, yOffset=9).encode(x="low:Q", x2="high:Q", y=y),
        *told(
            at.encode(x="zero:Q", y=y, text="words:N"),
            look,
            align="left",
            dx=2,
            dy=-8,
            color=look.ink,
        ),
    ]
    return written(alt.layer(*layers), look, height=50 + 46 * len(found))


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def hours_chart(
    hours: Sequence[HourLine], covered: Collection[int] | None, weeks: float, look: Look
) -> str:
    """Return when asks come to one route, and whether any of its people is on duty then.

    Args:
        hours: of that route.
        covered: the hours of the week (0 to 167, UTC) at which somebody is there; None where that
            is not known.
        weeks: over how many weeks the asks came, above 0.
        look: for what it is drawn.
    """
    import altair as alt

    asks = {24 * one.weekday + one.hour: one.asks / weeks for one in hours}
    cells = []
    for place in range(24 * WEEK):
        is_there = covered is None or place in covered
        cells.append(
            {
                "day": WEEKDAYS[place // 24],
                "hour": place % 24,
                "n": asks.get(place, 0.0),
                "duty": "there" if is_there else "nobody",
                "mark": "×" if not is_there and asks.get(place) else "",
            }
        )
    most = max(asks.values(), default=1.0)
    colours = alt.Scale(domain=["there", "nobody"], range=[look.familiar, look.limit])
    x = alt.X(
        "hour:O",
        title="Hour of the day (UTC)",
        axis=alt.Axis(
            labelAngle=0, values=[*range(0, 24, 6 if look.is_narrow else 3)], ticks=False
        ),
        scale=alt.Scale(paddingInner=0.1, paddingOuter=0),
    )
    y = alt.Y(
        "day:O",
        sort=list(WEEKDAYS),
        title=None,
        axis=alt.Axis(ticks=False, domain=False),
        scale=alt.Scale(paddingInner=0.1, paddingOuter=0),
    )
    opacity = alt.Opacity(
        "n:Q", scale=alt.Scale(type="sqrt", domain=[0, most], range=[0.0, 1.0]), legend=None
    )
    colour = alt.Color("duty:N", scale=colours, legend=None)
    asked = alt.Chart(values([cell for cell in cells if cell["n"]])).mark_rect()
    marks = alt.Chart(values([cell for cell in cells if cell["mark"]])).mark_text(
        color=look.ink, fontSize=9 if look.is_narrow else 11, fontWeight=600
    )
    layers = [
        alt.Chart(values(cells)).mark_rect(opacity=0.1).encode(x=x, y=y, color=colour),
        asked.encode(x=x, y=y, color=colour, opacity=opacity),
        marks.encode(x=x, y=y, text="mark:N"),
    ]
    return written(alt.layer(*layers), look, height=190 if look.is_narrow else 220)


def waits_chart(routes: Sequence[RouteLoad], look: Look) -> str:
    """Return how long asks wait until somebody begins, by route, against the first deadline.

    What never ends is not drawn.
    """
    import altair as alt

    rows: list[dict[str, Any]] = []
    for load in routes:
        for what, found in (
            ("median", load.waits.median_s),
            ("9 of 10", load.waits.p90_s),
            ("99 of 100", load.waits.p99_s),
        ):
            if found.value is not None:
                rows.append(
                    {
                        "route": clean(load.route),
                        "what": what,
                        "s": max(found.value, TIMES[0]),
                        "low": max(found.low or found.value, TIMES[0]),
                        "high": max(found.high or found.value, TIMES[0]),
                    }
                )
    deadlines = [
        {"route": clean(load.route), "s": max(load.acknowledge_within_s, TIMES[0])}
        for load in routes
    ]
    longest = max([row["high"] for row in rows] + [row["s"] for row in deadlines])
    steps = TIMES[::2] if look.is_narrow else TIMES
    spelt = " : ".join(f"datum.value == {one} ? '{duration_text(one)}'" for one in steps[1:])
    first = f"datum.value == {TIMES[0]} ? '≤ 1m'"
    x = alt.X(
        "s:Q",
        title="Wait (by the clock)"
        if look.is_narrow
        else "Wait until somebody begins (by the clock)",
        scale=alt.Scale(type="log", domain=[TIMES[0] / 1.5, longest * 1.4], nice=False),
        axis=alt.Axis(values=list(steps), labelExpr=f"{first} : {spelt} : ''", labelOverlap=True),
    )
    y = alt.Y("route:N", **names([clean(load.route) for load in routes], look))
    shapes = alt.Scale(
        domain=["median", "9 of 10", "99 of 100"], range=["circle", "diamond", "square"]
    )
    apart = alt.YOffset("what:N", sort=None, scale=alt.Scale(paddingOuter=0.6))
    at = alt.Chart(values(rows))
    due = alt.Chart(values(deadlines)).mark_tick(color=look.limit, thickness=3, size=34)
    layers = [
        at.mark_rule(color=look.familiar, strokeWidth=2, opacity=0.5).encode(
            x=alt.X("low:Q"), x2="high:Q", y=y, yOffset=apart
        ),
        due.encode(x=x, y=y),
        at.mark_point(filled=True, opacity=1, size=90, color=look.familiar).encode(
            x=x, y=y, yOffset=apart, shape=alt.Shape("what:N", scale=shapes, legend=None)
        ),
    ]
    return written(alt.layer(*layers), look, height=80 + 44 * len(routes))


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
