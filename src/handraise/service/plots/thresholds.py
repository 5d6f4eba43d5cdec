"""The charts of thresholds: how sure an agent was, and how often it was right at how sure.

They hold counts, shares and names of types; never a decision. What a row stopped is told from what
it let pass by being pale with an edge, not by its colour alone. Altair is imported when the first
one is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handraise.service.figures.confidences import Band, Histogram
from handraise.service.plots.look import Look, counts, percents, told, values, written

HEIGHT = 240
EDGE = 0.6
"""A line right of this share of the width has its words at its left."""

FOOT = 0.06
"""At which share the words of the promise stand: little is ever right so seldom."""

LINE_PX = 15
"""So far below each other the words of several lines stand, in CSS pixels."""


def histogram_chart(found: Histogram, limits: Mapping[str, float], look: Look) -> str:
    """Return how many decisions were how sure, with the row's thresholds as lines.

    Args:
        found: at least one decision.
        limits: the thresholds, by what each is called.
        look: for what it is drawn.
    """
    import altair as alt

    x = _confidence("Confidence")
    height = max(one.stopped + one.others for one in found.steps)
    room = alt.Scale(domain=[0, 1.25 * max(height, 1)], nice=True)
    y_of = {**counts("Decisions"), "scale": room}
    stopped, passed = [], []
    for one in found.steps:
        of = {"low": one.low, "high": one.high}
        stopped.append({**of, "v": 0, "top": one.stopped})
        passed.append({**of, "v": one.stopped, "top": one.stopped + one.others})

    def columns(rows: list[dict[str, Any]], **look_of: Any) -> Any:
        drawn = [row for row in rows if row["top"] > row["v"]]
        mark = alt.Chart(values(drawn)).mark_rect(**look_of)
        return mark.encode(x=x, x2="high:Q", y=alt.Y("v:Q", **y_of), y2="top:Q")

    layers = [
        columns(passed, color=look.familiar, stroke=look.ground, strokeWidth=1),
        columns(stopped, color=look.other, fillOpacity=0.2, stroke=look.other, strokeWidth=1.5),
    ]
    layers += _lines(limits, look)
    return written(alt.layer(*layers), look, height=HEIGHT)


def _lines(limits: Mapping[str, float], look: Look) -> list[Any]:
    """Return each threshold as a line with its words, one below the other."""
    import altair as alt

    layers: list[Any] = []
    for number, (name, limit) in enumerate(sorted(limits.items(), key=lambda one: one[1])):
        x = _confidence("Confidence")
        rule = alt.Chart(values([{"low": limit}]))
        layers.append(
            rule.mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4]).encode(x=x)
        )
        words = f"stops below {limit:g}" + (f": {name}" if name else "")
        named = alt.Chart(values([{"low": limit, "words": words}])).encode(
            x=x, y=alt.value(10 + LINE_PX * number), text="words:N"
        )
        is_right = limit > EDGE
        layers += told(
            named, look, align="right" if is_right else "left", dx=-6 if is_right else 6, dy=0
        )
    return layers


def bands_chart(bands: Sequence[Band], promised: float | None, look: Look) -> str:
    """Return the share that was right in each band of confidence, with its interval.

    Args:
        bands: at least one of which something is known.
        promised: the share that is promised to be right; None where none is.
        look: for what it is drawn.
    """
    import altair as alt

    y_of = percents("Found right", most=1.0, ticks=5)
    first, last = bands[0].low, bands[-1].high
    scale = alt.Scale(domain=[first, last])
    x = alt.X("at:Q", title="Confidence", scale=scale, axis=alt.Axis(tickCount=6, format="~g"))
    known = [one for one in bands if one.share is not None]
    rows = [
        {
            "at": (one.low + one.high) / 2,
            "low": one.low,
            "high": one.high,
            "least": one.least,
            "most": one.most,
            "v": one.share,
            "words": f"{100 * (one.share or 0.0):.3g} %",
        }
        for one in known
    ]
    chart = alt.Chart(values(rows))
    y = alt.Y("v:Q", **y_of)
    layers: list[Any] = [
        chart.mark_rect(color=look.familiar, opacity=0.2).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q", y=alt.Y("least:Q", **y_of), y2="most:Q"
        ),
        chart.mark_rule(color=look.familiar, strokeWidth=1.5).encode(
            x=x, y=alt.Y("least:Q", **y_of), y2="most:Q"
        ),
        chart.mark_circle(
            color=look.familiar, size=90, opacity=1, stroke=look.ground, strokeWidth=1.5
        ).encode(x=x, y=y),
    ]
    if promised is not None:
        line = alt.Chart(values([{"v": promised}]))
        layers.append(
            line.mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4]).encode(y=y)
        )
        words = {"v": FOOT, "words": f"dashed: {100 * promised:.3g} % promised"}
        named = alt.Chart(values([words])).encode(x=alt.value(8), y=y, text="words:N")
        layers += told(named, look, align="left", dy=0)
    # Most is near the top: what is said of a dot stands under it, beside its line.
    # That of the last stands on its left, where there is room.
    text: dict[str, Any] = {"x": x, "y": y, "text": "words:N"}
    others = alt.Chart(values(rows[:-1])).encode(**text)
    layers += told(others, look, align="left", dx=5, dy=19, color=look.ink)
    rightmost = alt.Chart(values(rows[-1:])).encode(**text)
    layers += told(rightmost, look, align="right", dx=-5, dy=19, color=look.ink)
    return written(alt.layer(*layers), look, height=HEIGHT)


def _confidence(title: str) -> Any:
    import altair as alt

    axis = alt.Axis(tickCount=6, format="~g", grid=False)
    return alt.X("low:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=axis)
