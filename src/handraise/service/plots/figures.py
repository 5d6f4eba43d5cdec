"""The charts of the figures: lines over time, columns over time, bars by name.

They hold counts, shares and times by routes, rows and conditions; never a customer's words. Lines
are told apart by dashes and by their names beside them, not by colour alone. Altair is imported
when the first one is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct

from handraise.service.plots.look import Look, counts, names, percents, told, values, written

HEIGHT = 240
BAR = 30
"""How high a bar is with the room around it, in CSS pixels."""

UNDER_BARS = 56
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400

DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 3], [9, 3, 2, 3], [12, 4])
"""How lines are drawn, in their order."""

Unit = Literal["share", "count", "seconds"]


class Line(Struct, frozen=True):
    """A line over time: its name, and a value for each stretch; None where there is none."""

    name: str
    values: tuple[float | None, ...]


class Axis(Struct, frozen=True):
    """The axis of time.

    Attributes:
        starts: when each stretch begins, by the reader's clock and without a zone.
        title: what it says.
        is_hourly: whether the stretches are hours; else they are days.
    """

    starts: tuple[datetime, ...]
    title: str
    is_hourly: bool


class Band(Struct, frozen=True):
    """A band that a line was promised to lie in."""

    low: float
    high: float
    words: str


def height_of_bars(count: int) -> int:
    """Return how high a picture of so many bars is, in CSS pixels."""
    return UNDER_BARS + BAR * max(count, 1)


def lines_chart(
    lines: Sequence[Line],
    axis: Axis,
    look: Look,
    *,
    unit: Unit,
    title: str,
    band: Band | None = None,
) -> str:
    """Return lines over time, from zero on.

    Args:
        lines: at least one, and at most as many as there are dashes.
        axis: of time; each line has a value for each of its starts.
        look: for what it is drawn.
        unit: of the values.
        title: of the other axis, without the unit of times.
        band: where a share was promised to lie; None for nowhere.
    """
    import altair as alt

    highest = max(
        [value for line in lines for value in line.values if value is not None], default=0.0
    )
    if band is not None:
        highest = max(highest, band.high)
    scale, y_of = _measure(highest, unit, title, most=highest)
    x, y = _time(axis, look), alt.Y("v:Q", **y_of)
    layers: list[Any] = []
    if band is not None:
        layers += _band(band, axis, look, x, y_of)
    colours = (look.familiar, look.other, look.new, look.limit, look.soft)
    for line, colour, dash in zip(lines, colours, DASHES, strict=False):
        rows = [
            {"at": _at(start), "v": None if value is None else value / scale}
            for start, value in zip(axis.starts, line.values, strict=True)
        ]
        chart = alt.Chart(values(rows)).encode(x=x, y=y)
        layers.append(chart.mark_line(color=colour, strokeWidth=2, strokeDash=dash))
        layers.append(chart.mark_circle(color=colour, size=24, opacity=1))
    if len(lines) > 1:
        layers += _named(lines, colours, axis, scale, look, x, y_of)
    return written(alt.layer(*layers), look, height=HEIGHT)


def columns_chart(counted: Sequence[int], axis: Axis, look: Look, *, title: str) -> str:
    """Return counts over time as columns.

    Args:
        counted: one for each of the axis's starts.
        axis: of time.
        look: for what it is drawn.
        title: of the other axis.
    """
    import altair as alt

    rows = [
        {"at": _at(start), "v": value} for start, value in zip(axis.starts, counted, strict=True)
    ]
    width = max(0.6 * (look.width - 70) / max(len(rows), 1), 1.5)
    chart = (
        alt.Chart(values(rows))
        .mark_bar(color=look.familiar, size=min(width, 28))
        .encode(x=_time(axis, look), y=alt.Y("v:Q", **counts(title)))
    )
    return written(chart, look, height=HEIGHT)


def bars_chart(
    found: Mapping[str, float | None],
    look: Look,
    *,
    unit: Unit,
    title: str,
    ticks: Mapping[str, float | None] = MappingProxyType({}),
) -> str:
    """Return a bar for each name, each with its value in words; names keep their order.

    Args:
        found: values by name, at least one; a name without a value has no bar.
        look: for what it is drawn.
        unit: of the values.
        title: of the axis, without the unit of times.
        ticks: a second value by name, drawn as a tick across its bar.
    """
    import altair as alt

    drawn = {name: value for name, value in found.items() if value is not None}
    crossing = {name: value for name, value in ticks.items() if value is not None}
    highest = max([*drawn.values(), *crossing.values()], default=0.0)
    # There is room at the right for the words of the longest bar.
    scale, x_of = _measure(highest, unit, title, most=1.25 * highest)
    x, y = alt.X("v:Q", **x_of), alt.Y("name:N", **names(list(drawn), look))
    rows = [{"name": name, "v": value / scale} for name, value in drawn.items()]
    words = [
        {
            "name": name,
            "v": max(value, crossing.get(name, 0.0)) / scale,
            "words": _told(value, unit),
        }
        for name, value in drawn.items()
    ]
    layers: list[Any] = [
        alt.Chart(values(rows)).mark_bar(color=look.familiar, size=BAR - 14).encode(x=x, y=y),
        *told(
            alt.Chart(values(words)).encode(x=x, y=y, text="words:N"),
            look,
            align="left",
            dx=6,
            dy=0,
            color=look.ink,
        ),
    ]
    if crossing:
        marks = [{"name": name, "v": value / scale} for name, value in crossing.items()]
        layers.insert(
            1,
            alt.Chart(values(marks))
            .mark_tick(color=look.other, thickness=3, size=BAR - 8)
            .encode(x=x, y=y),
        )
    return written(alt.layer(*layers), look, height=height_of_bars(len(drawn)))


def _measure(
    highest: float, unit: Unit, title: str, *, most: float
) -> tuple[float, dict[str, Any]]:
    """Return by what values are divided, and their axis, which begins at zero."""
    import altair as alt

    if unit == "share":
        return 1.0, percents(title, most=min(max(1.1 * most, 0.01), 1.0), ticks=5)
    if unit == "count":
        return 1.0, counts(title) | {"scale": alt.Scale(domain=[0, max(most, 1.0)], nice=True)}
    scale, name = next(
        (
            found
            for found in ((DAY_S, "days"), (HOUR_S, "hours"), (MINUTE_S, "minutes"))
            if highest >= 2 * found[0]
        ),
        (1, "seconds"),
    )
    bounds = alt.Scale(domain=[0, max(1.1 * most / scale, 1)])
    axis_of = alt.Axis(format="~s", tickCount=5)
    return float(scale), {"title": f"{title}, {name}", "scale": bounds, "axis": axis_of}


def _told(value: float, unit: Unit) -> str:
    if unit == "share":
        percent = 100 * value
        return f"{percent:.1f} %" if 0 < percent < 9.95 else f"{percent:.0f} %"
    if unit == "count":
        return f"{value:,.0f}"
    for size, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if value >= 2 * size:
            return (
                f"{value / size:.1f} {name}" if value < 10 * size else f"{value / size:.0f} {name}"
            )
    return f"{value:.0f} s"


def _time(axis: Axis, look: Look) -> Any:
    import altair as alt

    room = timedelta(minutes=40) if axis.is_hourly else timedelta(hours=16)
    domain = [_at(axis.starts[0] - room), _at(axis.starts[-1] + room)]
    form = "%H:%M" if axis.is_hourly else "%-d %b"
    most = 4 if look.is_narrow else 8
    return alt.X(
        "at:T",
        scale=alt.Scale(type="utc", domain=domain),
        title=axis.title,
        axis=alt.Axis(
            format=form, values=[_at(one) for one in _ticked(axis.starts, most)], grid=False
        ),
    )


def _ticked(starts: Sequence[datetime], most: int) -> list[datetime]:
    """Return so many of the starts, the last among them, evenly apart."""
    step = -(-len(starts) // most)
    return list(starts[::-1][::step][::-1])


def _band(band: Band, axis: Axis, look: Look, x: Any, y_of: dict[str, Any]) -> list[Any]:
    import altair as alt

    shade = alt.Chart(values([{"v": band.low, "high": band.high}]))
    words = [{"at": _at(axis.starts[0]), "v": band.high, "words": band.words}]
    named = alt.Chart(values(words)).encode(x=x, y=alt.Y("v:Q", **y_of), text="words:N")
    return [
        shade.mark_rect(color=look.other, opacity=0.22).encode(y=alt.Y("v:Q", **y_of), y2="high:Q"),
        *told(named, look, align="left", color=look.other),
    ]


def _named(
    lines: Sequence[Line],
    colours: Sequence[str],
    axis: Axis,
    scale: float,
    look: Look,
    x: Any,
    y_of: dict[str, Any],
) -> list[Any]:
    """Return the name of each line over its last value, told apart where they would meet."""
    import altair as alt

    ends = []
    for line, colour in zip(lines, colours, strict=False):
        points = [
            (start, value / scale)
            for start, value in zip(axis.starts, line.values, strict=True)
            if value is not None
        ]
        if points:
            ends.append((points[-1], line.name, colour))
    layers: list[Any] = []
    for nth, ((start, value), name, colour) in enumerate(sorted(ends, key=lambda one: one[0][1])):
        rows = [{"at": _at(start), "v": value, "words": name}]
        chart = alt.Chart(values(rows)).encode(x=x, y=alt.Y("v:Q", **y_of), text="words:N")
        layers += told(chart, look, dy=-9 - 13 * nth, color=colour)
    return layers


def _at(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
