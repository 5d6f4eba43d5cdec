"""The charts of confidence: what it costs to trust it, how honest it is, what thresholds do.

They hold shares, counts and money; never a decision. Altair is imported when the first is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handraise.service.plots.look import Look, counts, percents, told, values, written

if TYPE_CHECKING:
    from handraise.core.confidence.reliability import Reliability
    from handraise.service.calibrating.report import CalibrationReport

LEAST_COVERAGE = 0.02
"""What fewer decisions than this share say of the risk is noise, and is not drawn."""

LEAST_LEFT = 0.4
"""Words to the left of a mark before this share of the width would leave the picture."""

WORDS_Y = 14
"""How far below the top words of a mark stand, in CSS pixels."""


def curve_chart(report: CalibrationReport, look: Look) -> str:
    """Return the risk-coverage curve, a perfect ranking's beside it, and the promised limit.

    The threshold that was chosen is a dot on the curve, the naive one a hollow diamond.
    """
    import altair as alt

    drawn = [one for one in report.curve if one.coverage >= LEAST_COVERAGE] or report.curve
    most = max([report.max_error * 1.3, *(one.risk for one in drawn)], default=1.0)
    x = alt.X("coverage:Q", **percents("Decided alone, of all decisions", most=1.0))
    y = alt.Y("risk:Q", **percents("Wrong, of those decided alone", most=min(most * 1.08, 1.0)))

    def line(points: Any, **look_of: Any) -> Any:
        rows = [{"coverage": one.coverage, "risk": one.risk} for one in points]
        return alt.Chart(values(rows)).mark_line(clip=True, **look_of).encode(x=x, y=y)

    layers: list[Any] = [
        line(report.oracle, color=look.soft, strokeWidth=1.5, strokeDash=[3, 3]),
        line(drawn, color=look.familiar, strokeWidth=2.5),
        *_limit(report.max_error, look, y),
    ]
    if report.naive is not None:
        naive = [{"coverage": report.naive.coverage, "risk": report.naive.risk}]
        mark = alt.Chart(values(naive)).mark_point(
            size=90, shape="diamond", color=look.other, strokeWidth=2, filled=False
        )
        layers.append(mark.encode(x=x, y=y))
    layers += list(_chosen(report, look, x, y))
    return written(alt.layer(*layers), look, height=260 if look.is_narrow else 320)


def _limit(max_error: float, look: Look, y: Any) -> list[Any]:
    import altair as alt

    rule = alt.Chart(values([{"risk": max_error}]))
    words = {"risk": max_error, "words": f"asked for: at most {100 * max_error:g} % wrong"}
    named = alt.Chart(values([words])).encode(x=alt.value(6), y="risk:Q", text="words:N")
    mark = rule.mark_rule(color=look.limit, strokeWidth=2, strokeDash=[6, 4])
    return [mark.encode(y=y), *told(named, look, align="left")]


def _chosen(report: CalibrationReport, look: Look, x: Any, y: Any) -> Iterator[Any]:
    import altair as alt

    safe = report.safe
    if safe.threshold is None or report.by_type is not None:
        return
    risk = safe.errors / safe.accepted if safe.accepted else 0.0
    row = {"coverage": safe.coverage, "risk": risk, "words": f"from {safe.threshold:.4g} on"}
    at = alt.Chart(values([row]))
    yield at.mark_rule(color=look.familiar, strokeWidth=1, opacity=0.6).encode(x=x)
    yield at.mark_circle(
        size=130, color=look.familiar, opacity=1, stroke=look.ground, strokeWidth=2
    ).encode(x=x, y=y)
    # The line rises to the right, so the top is free beside the rule, to its left above all.
    named = at.encode(x=x, y=alt.value(WORDS_Y), text="words:N")
    if safe.coverage < LEAST_LEFT:
        yield from told(named, look, align="left", dx=6, dy=0, color=look.familiar)
    else:
        yield from told(named, look, align="right", dx=-6, dy=0, color=look.familiar)


def reliability_chart(stated: Reliability, mapped: Reliability | None, look: Look) -> str:
    """Return how often decisions of each confidence were right, and what chance alone would show.

    Args:
        stated: of the confidence that the agent states.
        mapped: of the calibrated one; None where there is none.
        look: for what it is drawn.
    """
    import altair as alt

    lowest = min([one.confidence for one in stated.bins] + [one.right for one in stated.bins])
    least = max(0.0, int(lowest * 10 - 0.5) / 10)
    scale = alt.Scale(domain=[least, 1.0])
    axis = alt.Axis(format="~%", tickCount=6)
    x = alt.X("confidence:Q", title="Confidence, mean of a group", scale=scale, axis=axis)
    y = alt.Y("right:Q", title="Right, of that group", scale=scale, axis=axis)
    line = alt.Chart(values([{"confidence": one, "right": one} for one in (least, 1.0)]))
    layers: list[Any] = [
        line.mark_line(color=look.soft, strokeWidth=1.5, strokeDash=[3, 3]).encode(x=x, y=y)
    ]
    rows = [
        {"confidence": one.confidence, "right": one.band_low, "high": one.band_high}
        for one in stated.bins
    ]
    band = alt.Chart(values(rows)).mark_rule(
        color=look.soft, strokeWidth=9, opacity=0.35, strokeCap="round", clip=True
    )
    layers.append(band.encode(x=x, y=y, y2="high:Q"))
    if mapped is not None:
        layers.append(_groups(mapped, x, y, shape="diamond", color=look.new))
    layers.append(_groups(stated, x, y, shape="circle", color=look.familiar))
    return written(alt.layer(*layers), look, height=260 if look.is_narrow else 320)


def _groups(found: Reliability, x: Any, y: Any, **look_of: Any) -> Any:
    import altair as alt

    rows = [
        {"confidence": one.confidence, "right": one.right, "n": one.count} for one in found.bins
    ]
    mark = alt.Chart(values(rows)).mark_point(filled=True, opacity=1, clip=True, **look_of)
    size = alt.Size("n:Q", scale=alt.Scale(type="sqrt", range=[30, 230]), legend=None)
    return mark.encode(x=x, y=y, size=size)


def costs_chart(report: CalibrationReport, look: Look, *, money: str = "") -> str:
    """Return what goes wrong alone and what is caught, by threshold.

    Args:
        report: of calibrating.
        look: for what it is drawn.
        money: the unit of the stakes, to draw them; empty to draw counts of wrong decisions.
    """
    import altair as alt

    rows = []
    for one in report.costs:
        alone, caught = (
            (one.stake_lost or 0.0, one.stake_caught or 0.0)
            if money
            else (float(one.errors_alone), float(one.errors_caught))
        )
        rows += [
            {"threshold": one.threshold, "n": alone, "what": "alone"},
            {"threshold": one.threshold, "n": caught, "what": "caught"},
        ]
    title = f"{money[:1].upper()}{money[1:]} at stake in wrong ones" if money else "Wrong decisions"
    y = counts(title)
    x = alt.X(
        "threshold:Q",
        title="Threshold of confidence"
        if look.is_narrow
        else "Threshold: the agent decides alone from this confidence on",
        scale=alt.Scale(domain=[_first(report), 1.0]),
        axis=alt.Axis(tickCount=6, format="~g"),
    )
    colours = alt.Scale(domain=["alone", "caught"], range=[look.limit, look.familiar])
    lines = (
        alt.Chart(values(rows))
        .mark_line(point={"size": 40, "filled": True}, strokeWidth=2.5, clip=True)
        .encode(
            x=x,
            y=alt.Y("n:Q", **y),
            color=alt.Color("what:N", scale=colours, legend=None),
            strokeDash=alt.StrokeDash(
                "what:N",
                scale=alt.Scale(domain=["alone", "caught"], range=[[1, 0], [6, 3]]),
                legend=None,
            ),
        )
    )
    layers: list[Any] = [lines]
    if report.safe.threshold is not None and report.by_type is None:
        at = alt.Chart(values([{"threshold": report.safe.threshold}]))
        layers.append(at.mark_rule(color=look.soft, strokeDash=[6, 4]).encode(x=x))
    return written(alt.layer(*layers), look, height=240)


def _first(report: CalibrationReport) -> float:
    """Return the threshold from which on something is stopped, a little before it."""
    lowest = [one.threshold for one in report.costs if one.stopped]
    return max(0.0, round(min(lowest, default=0.0) - 0.05, 2))
