"""A figure as a whole: what stands on the page, its table as CSV, its chart; made in one place.

What a picture shows is what its table says, in the page and in the download alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from handraise.service.figures.counting import Counted
from handraise.service.figures.periods import PERIODS, Stretch
from handraise.service.plots.figures import HEIGHT, Axis
from handraise.service.plots.look import Look
from handraise.web.pages.views.plots import PlotCell, PlotView
from handraise.web.pages.views.words import Reader, in_zone

Chart = Callable[[Look], str]
NOTHING = "Nothing yet."
FEW_ROWS = 3
"""A table of so few rows says as much as the picture, and stands open."""


class Sheet(Struct, frozen=True, kw_only=True):
    """A figure.

    Attributes:
        view: as it stands on the page.
        head: of the CSV.
        rows: of the CSV: numbers, names, instants.
        chart: draws it; None where there is nothing to draw.
    """

    view: PlotView
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: Chart | None


class Written:
    """Words and numbers for one reader of one agent's figures."""

    def __init__(self, counted: Counted, reader: Reader) -> None:
        """Keep what is written about, and for whom."""
        self.counted = counted
        self.reader = reader
        self.period = PERIODS[counted.period]
        self.is_hourly = self.period.unit == "hour"
        self.query = urlencode({"agent": counted.agent, "period": counted.period})

    @property
    def span(self) -> str:
        """What the period is called in a sentence."""
        return f"the last {self.period.words}"

    @property
    def lately(self) -> str:
        """What the last stretch is called, at the beginning of a sentence."""
        return "This hour so far" if self.is_hourly else "Today so far"

    def label(self, stretch: Stretch) -> str:
        """Return what a stretch is called in a table."""
        local = in_zone(stretch.starts_at, self.reader.zone)
        if not self.is_hourly:
            return f"{local:%a %-d %b %Y}"
        return f"{local:%a %H:%M} ({local:UTC%z})"

    def axis(self) -> Axis:
        """Return the axis of time, by the reader's clock as it goes at the end of the period."""
        cut = self.counted.stretches
        offset = in_zone(cut[-1].starts_at, self.reader.zone).utcoffset()

        def start(one: Stretch) -> datetime:
            if self.is_hourly and offset is not None:
                return (one.starts_at + offset).replace(tzinfo=None)
            return in_zone(one.starts_at, self.reader.zone).replace(tzinfo=None)

        title = f"Hour, {self.reader.zone}" if self.is_hourly else f"Day, {self.reader.zone}"
        return Axis(tuple(map(start, cut)), title, self.is_hourly)

    def over_time(
        self,
        name: str,
        title: str,
        *,
        says: str,
        captions: Sequence[str] = (),
        columns: Sequence[str],
        cells: Iterable[Sequence[str]],
        head: Sequence[str],
        raw: Iterable[Sequence[Any]],
        chart: Chart | None,
    ) -> Sheet:
        """Return a figure with a row for each stretch, the newest first in the page's table."""
        cut = self.counted.stretches
        rows = [(self.label(one), *words) for one, words in zip(cut, cells, strict=True)]
        written = tuple(
            (one.starts_at.isoformat(), one.ends_at.isoformat(), *found)
            for one, found in zip(cut, raw, strict=True)
        )
        unit = "Hour" if self.is_hourly else "Day"
        return self._sheet(
            name,
            title,
            says,
            captions,
            (unit, *columns),
            rows[::-1],
            ("from", "to", *head),
            written,
            chart,
            HEIGHT,
        )

    def by_name(
        self,
        name: str,
        title: str,
        *,
        says: str,
        captions: Sequence[str] = (),
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
        head: Sequence[str],
        raw: Iterable[Sequence[Any]],
        chart: Chart | None,
        height: int,
    ) -> Sheet:
        """Return a figure with a row for each name."""
        return self._sheet(
            name, title, says, captions, tuple(columns), cells, tuple(head), tuple(map(tuple, raw)),
            chart, height,
        )  # fmt: skip

    def nothing(self, name: str, title: str, says: str = NOTHING) -> Sheet:
        """Return a figure of which there is nothing to show, saying why."""
        return self._sheet(name, title, says, (), (), (), (), (), None, HEIGHT)

    def _sheet(
        self,
        name: str,
        title: str,
        says: str,
        captions: Sequence[str],
        columns: tuple[str, ...],
        cells: Sequence[Sequence[str]],
        head: tuple[str, ...],
        raw: tuple[tuple[Any, ...], ...],
        chart: Chart | None,
        height: int,
    ) -> Sheet:
        view = PlotView(
            name=name,
            title=title,
            query=self.query,
            about=f"{title}. {says} The table below holds all of it.",
            finding=says,
            captions=tuple(captions),
            columns=columns,
            rows=tuple(tuple(map(PlotCell, row)) for row in cells),
            more="",
            height=height,
            is_open=0 < len(cells) <= FEW_ROWS,
            is_drawn=chart is not None,
        )
        return Sheet(view=view, head=head, rows=raw, chart=chart)
