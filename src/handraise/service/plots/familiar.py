"""The charts of what is familiar: the map, how usual decisions were over time, how they spread.

They hold numbers, dates and the names of types; never a customer's words. Altair is imported when
the first one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handraise.service.learning.overview import FamiliarMap, Point
from handraise.service.plots.look import Look, told, values, written

if TYPE_CHECKING:
    import altair as alt

BINS = 20
MOST_MARKS = 600
BANDS = 40
NUMBERED = 40

SHARE = "Familiar requests as unusual"


def map_chart(places: FamiliarMap, look: Look) -> str:
    """Return the map: familiar requests as small points, stopped ones large, with their number."""
    import altair as alt

    x = _axis("First direction of most difference (no unit)")
    y = _axis("Second direction")
    familiar = (
        alt.Chart(values([{"x": at.x, "y": at.y} for at, _ in places.familiar]))
        .mark_circle(size=12, opacity=0.35, color=look.soft)
        .encode(x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y))
    )
    most = NUMBERED // 3 if look.is_narrow else NUMBERED
    numbered = [
        {"x": at.x, "y": at.y, "number": str(number) if number <= most else ""}
        for number, (at, _) in enumerate(places.stops, 1)
    ][::-1]  # the newest lies on top
    stops = (
        alt.Chart(values(numbered))
        .mark_circle(
            size=150 if look.is_narrow else 230,
            opacity=0.9,
            color=look.new,
            stroke=look.ground,
            strokeWidth=1,
        )
        .encode(x="x:Q", y="y:Q")
    )
    numbers = (
        alt.Chart(values(numbered))
        .mark_text(fontSize=10, fontWeight=600, color=look.ground)
        .encode(x="x:Q", y="y:Q", text="number:N")
    )
    return written(familiar + stops + numbers, look, height=300 if look.is_narrow else 400)


def time_chart(points: Sequence[Point], rate: float, look: Look) -> str:
    """Return how usual decisions were over time, with the line up to which the table stops them.

    Of more than 600, the usual ones are told by bands: where the middle one and the middle four
    fifths of each stretch of time lie.
    """
    import altair as alt

    least = min((p for _, p in points), default=rate)
    scale = alt.Scale(type="log", domain=[_decade_below(min(least, rate or 1.0)), 1])
    y = alt.Y(
        "p:Q",
        scale=scale,
        title=SHARE,
        axis=alt.Axis(format="~%", values=[1, 0.1, 0.01, 0.001, 0.0001]),
    )
    x = alt.X(
        "at:T",
        scale=alt.Scale(type="utc"),
        title="When it was decided (UTC)",
        axis=_time_axis(points, look),
    )
    below = [_dated(at, p) for at, p in points if p <= rate]
    above = [(at, p) for at, p in points if p > rate]
    layers: list[alt.Chart] = []
    if len(above) <= MOST_MARKS:
        usual = alt.Chart(values([_dated(at, p) for at, p in above]))
        layers.append(usual.mark_circle(size=18, opacity=0.4, color=look.familiar).encode(x=x, y=y))
    else:
        bands = alt.Chart(values(_bands(above)))
        layers.append(
            bands.mark_area(opacity=0.25, color=look.familiar).encode(
                x=x, y=alt.Y("low:Q", scale=scale, title=SHARE), y2="high:Q"
            )
        )
        layers.append(bands.mark_line(color=look.familiar, strokeWidth=2).encode(x=x, y=y))
    stopped = alt.Chart(values(below[-MOST_MARKS:]))
    layers.append(
        stopped.mark_point(
            size=55, shape="triangle-down", filled=True, color=look.new, opacity=0.9
        ).encode(x=x, y=y)
    )
    if rate:
        layers += _limit_line(rate, points, look, x, y)
    return written(alt.layer(*layers), look, height=260)


def spread_chart(points: Sequence[Point], look: Look) -> str:
    """Return how the p-values spread, against the flat line of what is familiar only."""
    import altair as alt

    counts = spread(points)
    even = len(points) / BINS
    rows = [{"low": at / BINS, "high": (at + 1) / BINS, "n": n} for at, n in enumerate(counts)]
    bars = (
        alt.Chart(values(rows))
        .mark_rect(color=look.familiar, opacity=0.55, stroke=look.ground, strokeWidth=1)
        .encode(
            x=alt.X(
                "low:Q",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="~%", tickCount=5),
                title=SHARE,
            ),
            x2="high:Q",
            y=alt.Y(
                "n:Q",
                title="Decisions",
                scale=alt.Scale(zero=True),
                axis=alt.Axis(format="~d", tickMinStep=1, tickCount=5),
            ),
            y2=alt.datum(0),
        )
    )
    flat = (
        alt.Chart(values([{"n": even}]))
        .mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4])
        .encode(y="n:Q")
    )
    said = alt.Chart(values([{"n": even, "words": "even: all is familiar"}])).encode(
        x=alt.value(alt.ExprRef("width - 4")), y="n:Q", text="words:N"
    )
    return written(alt.layer(bars, flat, *told(said, look)), look, height=220)


def spread(points: Sequence[Point]) -> list[int]:
    """Return how many p-values are in each twentieth of (0, 1], the smallest first."""
    counts = [0] * BINS
    for _, p in points:
        counts[min(int(p * BINS), BINS - 1)] += 1
    return counts


def _axis(title: str) -> dict[str, Any]:
    import altair as alt

    return {
        "title": title,
        "axis": alt.Axis(labels=False, ticks=False, grid=False),
        "scale": alt.Scale(zero=False, nice=False, padding=14),
    }


def _time_axis(points: Sequence[Point], look: Look) -> alt.Axis:
    import altair as alt

    days = (points[-1][0] - points[0][0]).total_seconds() / 86400 if points else 0.0
    form = "%H:%M" if days < 1 else "%-d %b" if days < 300 else "%b %Y"
    return alt.Axis(format=form, tickCount=4 if look.is_narrow else 8, labelOverlap=True)


def _limit_line(rate: float, points: Sequence[Point], look: Look, x: Any, y: Any) -> list[Any]:
    import altair as alt

    rule = alt.Chart(values([{"p": rate}]))
    end = points[-1][0] if points else datetime(2000, 1, 1, tzinfo=UTC)
    words = f"stopped up to {100 * rate:g}%"
    named = alt.Chart(values([{**_dated(end, rate), "words": words}]))
    return [
        rule.mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4]).encode(y=y),
        *told(named.encode(x=x, y=y, text="words:N"), look),
    ]


def _decade_below(p: float) -> float:
    floor = 1.0
    while floor > p * 0.999 and floor > 1e-6:
        floor /= 10
    return floor


def _dated(at: datetime, p: float) -> dict[str, Any]:
    return {"at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "p": p}


def _bands(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return for each stretch of as many points when it was, its middle and its tenths."""
    found = []
    for part in range(BANDS):
        start, end = len(points) * part // BANDS, len(points) * (part + 1) // BANDS
        ps = sorted(p for _, p in points[start:end])
        middle = points[(start + end) // 2][0]
        tenth = len(ps) // 10
        found.append({**_dated(middle, ps[len(ps) // 2]), "low": ps[tenth], "high": ps[-1 - tenth]})
    return found
