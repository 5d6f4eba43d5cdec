"""The figures of an operation over time, each with its picture, its table and its CSV.

Everybody on an agent's table sees them; what is about one person alone only they and the owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from handraise.errors import NotFoundError
from handraise.service.figures.periods import USUAL
from handraise.web.pages.plots import csv_text, sheet_drawn
from handraise.web.pages.views.figures_page import FiguresPage, figures_page, sheets_by_name
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.sheets import Sheet
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agent_meant
from handraise.web.render import page
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show the figures of one agent; of the first one where none is named."""
    frame, found = await in_thread(_read, visitor)
    return page("figures.html", frame=frame, page=found)


async def plot(visitor: Visitor) -> Response:
    """Return a figure as SVG."""
    svg = await in_thread(_drawn, visitor)
    return Response(svg, media_type="image/svg+xml")


async def rows(visitor: Visitor) -> Response:
    """Return what a figure shows as CSV."""
    name, written = await in_thread(_rows, visitor)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


def _read(visitor: Visitor) -> tuple[Frame, FiguresPage]:
    operation, person = visitor.operation, visitor.person
    agent, agents = agent_meant(visitor)
    reader = reader_of(operation, person)
    counted = operation.figures.of(agent, _period(visitor), reader.zone, person)
    frame = frame_of(operation, person, visitor.cookie, "figures", agent=agent)
    return frame, figures_page(counted, agents, reader)


def _period(visitor: Visitor) -> str:
    return visitor.request.query_params.get("period", "") or USUAL


def _sheets(visitor: Visitor) -> Mapping[str, Sheet]:
    operation, person = visitor.operation, visitor.person
    agent, _ = agent_meant(visitor)
    reader = reader_of(operation, person)
    counted = operation.figures.of(agent, _period(visitor), reader.zone, person)
    return sheets_by_name(counted, reader)


def _sheet(visitor: Visitor) -> Sheet:
    found = _sheets(visitor).get(visitor.request.path_params["name"])
    if found is None:
        raise NotFoundError("there is no figure of that name")
    return found


def _drawn(visitor: Visitor) -> bytes:
    """Return a figure; the same one is drawn once.

    Raises:
        AccessError: the reader stands on no table of that agent.
        NotFoundError: there is no such figure, or nothing to draw.
        SettingsError: what draws is not installed.
    """
    return sheet_drawn(visitor, "figure", _sheet(visitor))


def _rows(visitor: Visitor) -> tuple[str, str]:
    sheet = _sheet(visitor)
    return sheet.view.name, csv_text(sheet.head, sheet.rows)
