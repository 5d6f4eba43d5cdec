"""The figures of the page of thresholds: each with its sentence, its table, its CSV, its chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from handraise.core.table.types import Row, Table
from handraise.service.advising.looked_at import Seen
from handraise.service.auditing.promising import PromisedError
from handraise.service.figures.confidences import (
    FEW,
    MOST,
    Band,
    Histogram,
    bands_of,
    histogram_of,
    limits_of,
)
from handraise.service.plots.look import Look
from handraise.service.plots.thresholds import HEIGHT, bands_chart, histogram_chart
from handraise.service.watch.words import percent
from handraise.store.decisions import Stated
from handraise.web.pages.views.plots import PlotCell, PlotView
from handraise.web.pages.views.sheets import Chart, Sheet
from handraise.web.pages.views.words import counted, row_title, spaced

RIGHT = "right"
"""The name of the figure of what was found right."""


def threshold_sheets(
    table: Table,
    stated: Sequence[Stated],
    seen: Sequence[Seen],
    promise: PromisedError | None,
) -> tuple[Sheet, ...]:
    """Return the figures: one of each row with a threshold, then what was found right.

    Args:
        table: the version in force.
        stated: how sure the agent was of the newest decisions by it.
        seen: what was drawn by lot of what it let go ahead.
        promise: the share that may go wrong alone; None where none was promised.
    """
    rows = [row for row in table.rows if row.kind == "below"]
    sheets = [
        _histogram(table, row, histogram_of(table, row, stated), f"row-{number}")
        for number, row in enumerate(rows, 1)
    ]
    return (*sheets, _right(table, bands_of(table, seen), promise))


def _histogram(table: Table, row: Row, found: Histogram, name: str) -> Sheet:
    title = f"How sure the agent was: {row_title(row)}"
    without = (
        f" {counted(found.unusable, 'decision')} stated no confidence and stopped."
        if found.unusable
        else ""
    )
    if not found.count:
        says = f"This version has judged nothing of this row's yet.{without}"
        return _sheet(table, name, title, says)
    limits = {spaced(type): limit for type, limit in limits_of(row).items()}
    if len(limits) > 1 and "" in limits:
        limits["every other type"] = limits.pop("")
    share = percent(found.stopped / found.count)
    return _sheet(
        table,
        name,
        title,
        f"Of the newest {counted(found.count, 'decision')} this row stopped {found.stopped:,}"
        f" ({share}).{without}",
        captions=(
            "The dashed line is the threshold. Pale columns with an edge are what the row stopped,"
            " full ones what it let pass."
            + (" Confidence is the calibrated one, as rows read it." if table.calibration else ""),
            f"Of at most the newest {MOST:,} decisions, those that this version judged.",
        ),
        columns=("Confidence", "Decisions", "Stopped by this row", "Passed it"),
        cells=[
            (
                f"{one.low:g} to {one.high:g}",
                f"{one.stopped + one.others:,}",
                f"{one.stopped:,}",
                f"{one.others:,}",
            )
            for one in found.steps
            if one.stopped or one.others
        ],
        head=("from", "to", "stopped", "passed"),
        raw=[(one.low, one.high, one.stopped, one.others) for one in found.steps],
        chart=lambda look: histogram_chart(found, limits, look),
    )


def _right(table: Table, bands: Sequence[Band], promise: PromisedError | None) -> Sheet:
    title = "Found right, by confidence"
    known = [one for one in bands if one.share is not None]
    if not known:
        says = (
            "Nothing that went ahead by this version was found right or wrong yet."
            " Decisions are drawn by lot for it, by the table's audit line."
        )
        return _sheet(table, RIGHT, title, says)
    told = sum(one.told for one in known)
    right = sum(one.right for one in known)
    few = " So few say little: see how wide the bars are." if told < FEW else ""
    promised = None if promise is None else 1.0 - promise.rate

    def chart(look: Look) -> str:
        return bands_chart(bands, promised, look)

    return _sheet(
        table,
        RIGHT,
        title,
        f"{' '.join(_lowest_and_highest(known))} {right:,} of {told:,} that are known were"
        f" right.{few}",
        captions=(
            "The dot is the share found right, each decision standing for as many as it was one of;"
            " the shade is where the true share lies, for all bands together 95 % certain, however"
            " often one looks.",
            "Of decisions that people had time to look at; what nobody told of them counts as wrong"
            " at the lower end. Bands are of the same"
            " width, from the lowest threshold up"
            + (", by the calibrated confidence that rows read." if table.calibration else "."),
        ),
        columns=(
            "Confidence", "Found right", "Of known", "Share", "At least", "At most", "Unknown",
        ),
        cells=[
            (
                _named(one),
                f"{one.right:,}",
                f"{one.told:,}",
                "nothing known" if one.share is None else _share(one.share),
                _share(one.least),
                _share(one.most),
                f"{one.untold:,}",
            )
            for one in bands
        ],
        head=("from", "to", "right", "wrong", "unknown", "share_right", "at_least", "at_most"),
        raw=[
            (
                one.low, one.high, one.right, one.wrong, one.untold,
                one.share, one.least, one.most,
            )
            for one in bands
        ],
        chart=chart,
    )  # fmt: skip


def _lowest_and_highest(known: Sequence[Band]) -> Iterator[str]:
    first, last = known[0], known[-1]
    yield f"At {_named(first)}: {_share(first.share or 0.0)} right."
    if last is not first:
        yield f"At {_named(last)}: {_share(last.share or 0.0)}."


def _named(band: Band) -> str:
    return f"{band.low:g} to {band.high:g}"


def _share(share: float) -> str:
    """Return a share that is near all of them, to the tenth of a percent.

    Example:
        >>> _share(0.9851), _share(1.0)
        ('98.5 %', '100 %')
    """
    return f"{round(100 * share, 1):g} %"


def _sheet(
    table: Table,
    name: str,
    title: str,
    says: str,
    *,
    captions: Sequence[str] = (),
    columns: Sequence[str] = (),
    cells: Sequence[Sequence[str]] = (),
    head: Sequence[str] = (),
    raw: Sequence[Sequence[Any]] = (),
    chart: Chart | None = None,
) -> Sheet:
    view = PlotView(
        name=name,
        title=title,
        query=urlencode({"agent": table.agent}),
        about=f"{title}. {says} The table below holds all of it.",
        finding=says,
        captions=tuple(captions),
        columns=tuple(columns),
        rows=tuple(tuple(map(PlotCell, row)) for row in cells),
        more="",
        height=HEIGHT,
        is_drawn=chart is not None,
    )
    return Sheet(view=view, head=tuple(head), rows=tuple(map(tuple, raw)), chart=chart)
