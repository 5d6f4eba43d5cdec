"""For what a chart is drawn, and what all charts share: colours, letters, axes, values.

Colours are told apart by those who see fewer of them, and stand out from the ground. Altair is
imported when the first chart is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    import altair as alt

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


class Look(Struct, frozen=True, kw_only=True):
    """For what a chart is drawn.

    Attributes:
        is_dark: on a dark ground.
        is_narrow: for a phone.
    """

    is_dark: bool = False
    is_narrow: bool = False

    @property
    def width(self) -> int:
        """How wide the whole picture is, in CSS pixels."""
        return 340 if self.is_narrow else 660

    @property
    def ink(self) -> str:
        """The colour of words."""
        return "#e8edec" if self.is_dark else "#1a2327"

    @property
    def soft(self) -> str:
        """The colour of what stands behind: axes and their words."""
        return "#a3b0b3" if self.is_dark else "#566268"

    @property
    def line(self) -> str:
        """The colour of the grid."""
        return "#334044" if self.is_dark else "#d9dedc"

    @property
    def familiar(self) -> str:
        """The colour of what is familiar."""
        return "#8ed0d4" if self.is_dark else "#17555c"

    @property
    def new(self) -> str:
        """The colour of what is not."""
        return "#c3b9ff" if self.is_dark else "#4b3f8f"

    @property
    def limit(self) -> str:
        """The colour of the line that was drawn by the table."""
        return "#ffaaa0" if self.is_dark else "#a3241c"

    @property
    def other(self) -> str:
        """The colour of what stands beside, for comparison."""
        return "#f2c879" if self.is_dark else "#7a4a00"

    @property
    def ground(self) -> str:
        """The colour behind the picture, for the edges of marks."""
        return "#1b2326" if self.is_dark else "#ffffff"


COLOURS = ("ink", "soft", "line", "familiar", "new", "limit", "other", "ground")
"""What a look has a colour for."""


def told(
    chart: alt.Chart,
    look: Look,
    *,
    align: Literal["left", "right"] = "right",
    dx: int = 0,
    dy: int = -9,
    color: str = "",
) -> list[alt.Chart]:
    """Return the words of a line, to be read over whatever lies behind them.

    Args:
        chart: has the words, and where they stand.
        look: for what they are drawn.
        align: which of their ends stands there.
        dx: CSS pixels further right.
        dy: CSS pixels further down.
        color: of them; empty for that of a limit.
    """
    of_words: dict[str, Any] = {
        "align": align,
        "dx": dx,
        "dy": dy,
        "fontWeight": 600,
        "fontSize": 12,
    }
    behind = chart.mark_text(**of_words, stroke=look.ground, strokeWidth=4)
    return [behind, chart.mark_text(**of_words, color=color or look.limit)]


def values(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Return rows as the values of a chart."""
    import altair as alt

    return alt.InlineData(values=list(rows))


def written(chart: Any, look: Look, *, height: int) -> str:
    """Return a chart as a Vega-Lite specification, JSON, `height` CSS pixels high."""
    sized = chart.properties(
        width=look.width, height=height, autosize={"type": "fit", "contains": "padding"}
    )
    to_json: Callable[..., str] = (
        sized.configure(background=look.ground, font=FONT, padding=4, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=look.soft,
            titleColor=look.soft,
            gridColor=look.line,
            domainColor=look.soft,
            tickColor=look.soft,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight=600,
            titlePadding=8,
        )
        .to_json
    )
    return to_json(indent=None)


def percents(title: str, *, most: float | None = None, ticks: int = 6) -> dict[str, Any]:
    """Return an axis of shares, from nothing up to `most`; None for as far as they go."""
    import altair as alt

    bounds = alt.Scale(zero=True, nice=True) if most is None else alt.Scale(domain=[0, most])
    return {"title": title, "scale": bounds, "axis": alt.Axis(format="~%", tickCount=ticks)}


def counts(title: str) -> dict[str, Any]:
    """Return an axis of whole numbers from 0 on."""
    import altair as alt

    axis = alt.Axis(format="~s", tickMinStep=1, tickCount=5)
    return {"title": title, "scale": alt.Scale(zero=True, nice=True), "axis": axis}


def names(found: Sequence[str], look: Look) -> dict[str, Any]:
    """Return an axis of names beside their marks, with room for all of them.

    What draws measures letters of another kind than a reader's browser shows, so the room is
    reckoned from the longest name.
    """
    import altair as alt

    most = 130 if look.is_narrow else 200
    room = min(most, 7.5 * max((len(name) for name in found), default=0) + 8)
    axis = alt.Axis(
        minExtent=room,
        labelLimit=most - 10,
        ticks=False,
        domain=False,
        labelColor=look.ink,
        grid=False,
    )
    return {"sort": None, "title": None, "axis": axis}
