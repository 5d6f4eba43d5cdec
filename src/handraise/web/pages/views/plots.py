"""The plots of the page of situations, each with its caption and its table."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.model import UnusualStop
from handraise.service.learning.drift import DriftReport
from handraise.service.learning.overview import Point
from handraise.service.plots.familiar import BINS, spread
from handraise.web.pages.views.question import clipped
from handraise.web.pages.views.words import Reader, as_unusual, counted, sentence, spaced

MOST_ROWS = 50
HEIGHTS = {"map": (400, 300), "over-time": (260, 260), "spread": (220, 220)}


class PlotCell(Struct, frozen=True):
    """A cell of a plot's table; with an address where it leads somewhere."""

    words: str
    href: str = ""


class PlotView(Struct, frozen=True, kw_only=True):
    """A plot with what stands around it.

    Attributes:
        name: in its address.
        title: what it shows.
        query: of its address: whose it is.
        about: what is on it, for those who do not see it.
        finding: what it says; empty for nothing.
        captions: how it is to be read, a sentence each.
        columns: of its table.
        rows: of its table.
        more: what the table leaves out; empty for nothing.
        height: of the picture, in CSS pixels.
        is_open: whether the table stands open: it says as much where there is little to see.
        is_drawn: whether there is a picture of it.
        narrow: how high the picture is on a phone, in CSS pixels; 0 for as high as elsewhere.
    """

    name: str
    title: str
    query: str
    about: str
    captions: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[PlotCell, ...], ...]
    more: str
    height: int
    finding: str = ""
    is_open: bool = False
    is_drawn: bool = True
    narrow: int = 0


def stops_view(stops: Sequence[UnusualStop], query: str, reader: Reader) -> PlotView:
    """Return the map of familiar requests and of those that were stopped as unlike."""
    worded = [one for one in stops if one.text is not None]
    rows = tuple(
        (
            PlotCell(str(number)),
            PlotCell(clipped(one.text or ""), f"/escalations/{one.escalation_id}"),
            PlotCell(spaced(clipped(one.type or "none"))),
            PlotCell(as_unusual(one.familiarity)),
            PlotCell(reader.moment(one.at).absolute),
        )
        for number, one in enumerate(worded[:MOST_ROWS], 1)
    )
    stopped = counted(len(worded), "request")
    return PlotView(
        name="map",
        title="Where requests lie",
        query=query,
        about=f"A map: familiar requests as small points, {stopped} that stopped as larger marks.",
        captions=(
            "What is worded alike lies together. Small points are familiar requests, large marks"
            " those that stopped; the numbers are those of the list below, 1 is the newest.",
            "A map has two directions and wording has hundreds: a mark among the points may still"
            " be unlike them.",
        ),
        columns=("Number", "Request", "Taken for", "How unusual", "When"),
        rows=rows,
        more=_more(len(worded), "requests"),
        height=HEIGHTS["map"][0],
        narrow=HEIGHTS["map"][1],
    )


def over_time_view(
    points: Sequence[Point], drift: DriftReport, rate: float, query: str, reader: Reader
) -> PlotView:
    """Return how usual decisions were over time."""
    stopped = sum(p <= rate for _, p in points)
    blocks = drift.everything.blocks[::-1]
    rows = tuple(
        (
            PlotCell(f"{block.starts_at:%-d %b %Y}"),
            PlotCell(f"{block.count:,}"),
            PlotCell(f"{100 * block.small:.1f}%"),
        )
        for block in blocks[:MOST_ROWS]
    )
    share = f"{100 * stopped / len(points):.1f}%"
    line = f" {stopped:,} of them ({share}) are at or below the line and stopped." if rate else ""
    first = reader.moment(points[0][0]).absolute
    return PlotView(
        name="over-time",
        title="How usual decisions were",
        query=query,
        about=f"{counted(len(points), 'decision')} by how usual they were, over time.{line}",
        captions=(
            f"The newest {counted(len(points), 'decision')}, since {first}.{line}",
            "The lower, the more unusual: at 1%, one of a hundred familiar requests is as unusual."
            " Each step of the scale is ten times the next.",
        ),
        columns=("Week from", "Decisions", "As unusual as 5 of 100"),
        rows=rows,
        more=_more(len(blocks), "weeks"),
        height=HEIGHTS["over-time"][0],
    )


def spread_view(points: Sequence[Point], drift: DriftReport, query: str) -> PlotView:
    """Return how the p-values spread, with what that says of drift."""
    even = len(points) / BINS
    width = 100 // BINS
    rows = tuple(
        (
            PlotCell(f"{at * width}–{(at + 1) * width}%"),
            PlotCell(f"{count:,}"),
            PlotCell(f"{even:,.1f}"),
        )
        for at, count in enumerate(spread(points))
    )
    return PlotView(
        name="spread",
        title="Whether the familiar drifts",
        query=query,
        about="A histogram of how usual decisions were, against the even line.",
        finding=sentence(drift.sentence),
        captions=(
            "As long as requests come as they came when they were learned, all columns are about as"
            " high as the line. More at the left is more that is new or worded in another way.",
        ),
        columns=("Familiar requests as unusual", "Decisions", "Even"),
        rows=rows,
        more="",
        height=HEIGHTS["spread"][0],
    )


def _more(count: int, what: str) -> str:
    if count <= MOST_ROWS:
        return ""
    return f"The newest {MOST_ROWS} {what}; the CSV has them all."
