"""The chart of how often an agent stopped over time, with the band that was promised.

Altair is imported when the first one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handraise.service.plots.look import Look, percents, told, values, written
from handraise.service.watch.over_time import Stretch
from handraise.service.watch.rate_figures import Seen

HEIGHT = 240
ROOM_BY_HOUR = timedelta(minutes=30)
ROOM_BY_DAY = timedelta(hours=12)


def rate_chart(stretches: Sequence[Stretch], promised: Seen | None, look: Look) -> str:
    """Return how often an agent stopped over time.

    Args:
        stretches: at least one, oldest first.
        promised: the band it was promised to lie in; None for none.
        look: for what it is drawn.
    """
    import altair as alt

    top = max(*(one.seen.rate or 0.0 for one in stretches), 0.01)
    lines = min(max(one.seen.high for one in stretches), 2 * top)
    most = min(1.0, max(1.25 * top, lines, 0.0 if promised is None else 1.25 * promised.high))
    days = (stretches[-1].starts_at - stretches[0].starts_at).total_seconds() / 86_400
    form = "%H:%M" if days < 1 else "%-d %b"
    axis = alt.Axis(format=form, tickCount=4 if look.is_narrow else 8, labelOverlap=True)
    # One point alone would have no scale: there is room of half a stretch on either side.
    room = ROOM_BY_HOUR if days < 1 else ROOM_BY_DAY
    domain = [_at(stretches[0].starts_at - room), _at(stretches[-1].starts_at + room)]
    x = alt.X(
        "at:T",
        scale=alt.Scale(type="utc", domain=domain),
        title="When it was decided (UTC)",
        axis=axis,
    )
    share = percents("Share that stopped", most=most, ticks=5)
    rows = [_row(one, most) for one in stretches]
    chart = alt.Chart(values(rows))
    layers: list[Any] = []
    if promised is not None:
        band = alt.Chart(values([{"low": promised.low, "high": min(promised.high, most)}]))
        layers.append(
            band.mark_rect(color=look.other, opacity=0.22).encode(
                y=alt.Y("low:Q", **share), y2="high:Q"
            )
        )
        named = alt.Chart(values([{**rows[-1], "p": promised.high, "words": "promised"}]))
        layers += told(
            named.encode(x=x, y=alt.Y("p:Q", **share), text="words:N"), look, color=look.other
        )
    layers += [
        chart.mark_rule(color=look.familiar, opacity=0.4, strokeWidth=2).encode(
            x=x, y=alt.Y("low:Q", **share), y2="high:Q"
        ),
        chart.mark_line(color=look.familiar, strokeWidth=2).encode(x=x, y=alt.Y("p:Q", **share)),
        chart.mark_circle(color=look.familiar, size=40, opacity=1).encode(
            x=x, y=alt.Y("p:Q", **share)
        ),
    ]
    return written(alt.layer(*layers), look, height=HEIGHT)


def _row(one: Stretch, most: float) -> dict[str, Any]:
    seen = one.seen
    return {
        "at": _at(one.starts_at),
        "p": seen.rate or 0.0,
        "low": seen.low,
        "high": min(seen.high, most),
    }


def _at(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
