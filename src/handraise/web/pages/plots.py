"""Plots as SVG and as CSV; those of what is familiar for those who answer for the novel only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from starlette.responses import Response

from handraise.core.familiar.look import CannotLookError
from handraise.core.looks import hides
from handraise.core.table.types import Table
from handraise.errors import NotFoundError
from handraise.service.learning.drift import stated_rate
from handraise.service.learning.overview import FamiliarMap, Overviews
from handraise.service.plots.drawing import drawn
from handraise.service.plots.familiar import (
    BINS,
    map_chart,
    spread,
    spread_chart,
    time_chart,
)
from handraise.service.plots.look import Look
from handraise.web.pages.views.sheets import Sheet
from handraise.web.pages.visitor import Visitor
from handraise.web.site import in_thread

FORMULA_MARKS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
"""What a formula begins with; the wide and the small forms are taken for the same."""

PARTS = re.compile("([;\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029])")
"""What may separate cells where commas do not, and what ends lines."""

BYTE_ORDER_MARK = "\ufeff"
NAMES = ("map", "over-time", "spread")


async def plot(visitor: Visitor) -> Response:
    """Return a plot as SVG."""
    svg = await in_thread(_drawn, visitor)
    return Response(svg, media_type="image/svg+xml")


async def rows(visitor: Visitor) -> Response:
    """Return what a plot shows as CSV."""
    name = visitor.request.path_params["name"]
    written = await in_thread(_rows, visitor)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


def look_of(visitor: Visitor) -> Look:
    """Return for what a plot is asked: which colour scheme, which width."""
    query = visitor.request.query_params
    return Look(is_dark=query.get("scheme") == "dark", is_narrow=query.get("size") == "narrow")


def _drawn(visitor: Visitor) -> bytes:
    """Return a plot; the same one is drawn once.

    Raises:
        NotFoundError: there is no such plot, or nothing to plot.
        SettingsError: what draws is not installed.
    """
    look = look_of(visitor)
    name, overviews, table = _asked(visitor)
    digest = table.known.learned.digest if table.known.learned is not None else ""
    rate = stated_rate(table)
    if name == "map":
        ids = tuple(one.escalation_id for one in overviews.stops(table))
        key: tuple[Any, ...] = (name, look, table.agent, digest, ids)
        return _kept(visitor, key, lambda: map_chart(_map(overviews, table), look))
    points = overviews.points(table)
    if not points:
        raise NotFoundError("no decision has been held against what was learned yet")
    key = (name, look, table.agent, digest, rate, len(points), points[0], points[-1])

    if name == "over-time":
        return _kept(visitor, key, lambda: time_chart(points, rate, look))
    return _kept(visitor, key, lambda: spread_chart(points, look))


def _kept(visitor: Visitor, key: tuple[Any, ...], chart: Callable[[], str]) -> bytes:
    found: bytes = visitor.site.kept.of(key, lambda: drawn(chart()))
    return found


def _asked(visitor: Visitor) -> tuple[str, Overviews, Table]:
    """Return which plot of which table the reader asks for.

    Raises:
        AccessError: they do not answer for that agent's new situations.
        NotFoundError: there is no such plot.
    """
    operation = visitor.operation
    overviews = Overviews(operation.store, operation.shelf, operation.clock)
    table = overviews.table(visitor.request.query_params.get("agent", ""), visitor.person)
    name = visitor.request.path_params["name"]
    if name not in NAMES:
        raise NotFoundError("there is no plot of that name")
    return name, overviews, table


def _map(overviews: Overviews, table: Table) -> FamiliarMap:
    model, why = overviews.learned(table)
    if model is None:
        raise NotFoundError(why or "nothing was learned yet")
    try:
        return overviews.map(model, overviews.stops(table))
    except CannotLookError as error:
        raise NotFoundError(f"there is no map: {error}") from None


def _rows(visitor: Visitor) -> str:
    name, overviews, table = _asked(visitor)
    if name == "map":
        return csv_text(
            ("number", "x", "y", "type", "escalation", "familiarity", "text"),
            _spots(_map(overviews, table)),
        )
    points = overviews.points(table)
    if name == "over-time":
        return csv_text(("decided_at", "familiarity"), [(at.isoformat(), p) for at, p in points])
    even = len(points) / BINS
    counts = enumerate(spread(points))
    return csv_text(
        ("above", "up_to", "decisions", "even"),
        [(at / BINS, (at + 1) / BINS, count, even) for at, count in counts],
    )


def _spots(places: FamiliarMap) -> Iterable[Sequence[Any]]:
    for number, (at, stop) in enumerate(places.stops, 1):
        words = (stop.type or "", stop.escalation_id, stop.familiarity, stop.text or "")
        yield number, at.x, at.y, *words
    for at, type in places.familiar:
        yield "", at.x, at.y, type, "", "", ""


def sheet_drawn(visitor: Visitor, kind: str, sheet: Sheet) -> bytes:
    """Return a figure as SVG; the same one is drawn once.

    Args:
        visitor: who asks, and in which colours.
        kind: which page's figure it is.
        sheet: the figure.

    Raises:
        NotFoundError: there is nothing to draw.
        SettingsError: what draws is not installed.
    """
    look, chart = look_of(visitor), sheet.chart
    if chart is None:
        raise NotFoundError("there is nothing to draw yet")
    key = (kind, look, sheet.view.name, sheet.view.query, sheet.view.finding, sheet.rows)
    found: bytes = visitor.site.kept.of(key, lambda: drawn(chart(look)))
    return found


def csv_text(head: Sequence[str], found: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV in which nothing is taken for a formula, whatever separates its cells.

    Texts are quoted, numbers are not. It begins with the mark of UTF-8, without which spreadsheets
    on Windows read another writing.
    """
    out = io.StringIO(BYTE_ORDER_MARK, newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows(
        [_tame(one) if isinstance(one, str) else one for one in row] for row in (head, *found)
    )
    return out.getvalue()


def _tame(text: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet would work out.

    Where lists are separated by semicolons, the parts of a text are cells of their own.
    """
    tamed = "".join(f"'{one}" if _is_formula(one) else one for one in PARTS.split(text))
    return f"'{tamed}" if tamed[:1] != "'" and _is_formula(text) else tamed


def _is_formula(text: str) -> bool:
    seen = (one for one in text if not (one == '"' or one.isspace() or hides(one)))
    return next(seen, "") in FORMULA_MARKS
