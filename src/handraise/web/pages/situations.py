"""Situations: what was learned, what was new and what people say it is, how usual all was.

Only who answers for the novel sees it: here stand customers' words of many escalations at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from handraise.core.table.types import Table
from handraise.errors import Error
from handraise.service.learning.drift import DriftReport
from handraise.service.learning.overview import Grouped, Overviews
from handraise.service.learning.situations import Situations
from handraise.service.plots.drawing import missing
from handraise.web.pages.me import errors_of
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.situations import (
    MOST_GROUPED,
    Known,
    SituationsPage,
    situations_page,
)
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

SAID = {
    "new": "It is noted as a new type. The agent stops at it until it has learned it.",
    "near": "It is noted as a new type. Another is almost called so: look below whether you"
    " meant that.",
    "known": "It is noted as another way to word a known type.",
    "none": "It is noted that it is no type of its own: nothing will be learned from it.",
}
"""What is said after something was done; only these words, whatever the address holds."""

PATH = "/situations"


async def show(visitor: Visitor) -> Response:
    """Show what is familiar and what is new, of one agent; of the first where none is named."""
    query = visitor.request.query_params
    said = SAID.get(query.get("done", ""), "")
    return await _show(visitor, query.get("agent", ""), _place(query), Draft(), said)


async def say(visitor: Visitor) -> Response:
    """Keep what the reader says that some situations are."""
    form = visitor.form
    agent = form.get("agent", "")
    ids = form.get("ids", "").split()

    def keep() -> str:
        operation = visitor.operation
        situations = Situations(operation.store, operation.shelf, operation.clock)
        if form.get("none"):
            situations.none(agent, ids, visitor.person)
            return "none"
        found = situations.name(agent, ids, form.get("label", ""), visitor.person)
        return "known" if found.is_known else "near" if found.near else "new"

    try:
        done = await in_thread(keep)
    except Error as error:
        draft = Draft(form=form.get("ids", ""), values=form, errors=errors_of(error, form))
        return await _show(visitor, agent, _place(form), draft, "", status=status_of(error))
    return redirect(f"{PATH}?{urlencode({'agent': agent, 'done': done})}")


def _place(given: Mapping[str, str]) -> int:
    """Return with which group a page begins."""
    place = given.get("from", "")
    return int(place) if place.isascii() and place.isdecimal() and len(place) < 6 else 0


async def _show(
    visitor: Visitor, agent: str, place: int, draft: Draft, said: str, status: int = 200
) -> Response:
    frame, found = await in_thread(_read, visitor, agent, place, draft)
    return page("situations.html", status=status, frame=frame, page=found, draft=draft, said=said)


def _read(visitor: Visitor, agent: str, place: int, draft: Draft) -> tuple[Frame, SituationsPage]:
    operation, person = visitor.operation, visitor.person
    overviews = Overviews(operation.store, operation.shelf, operation.clock)
    agents = overviews.agents(person)
    table = overviews.table(agent or next(iter(agents), ""), person)
    model, why = overviews.learned(table)
    manifest = None if model is None else model.manifest
    known = Known(
        table=table,
        agents=agents,
        manifest=manifest,
        why=why,
        lacks=missing(),
        grouped=_grouped(visitor, overviews, table),
        said=overviews.said(table, manifest),
        drift=None if table.known.learned is None else _drift(visitor, overviews, table),
        points=overviews.points(table),
        stops=overviews.stops(table),
        nearest=overviews.stops(table, nearest=True),
    )
    reader = reader_of(operation, person)
    frame = frame_of(operation, person, visitor.cookie, "situations", agent=table.agent)
    return frame, situations_page(known, place, reader, draft)


def _grouped(visitor: Visitor, overviews: Overviews, table: Table) -> Grouped:
    """Return the groups of the newest; they change only when other situations are in them."""
    model, _ = overviews.learned(table)
    digest = "" if model is None else model.digest
    newest = overviews.unnamed(table, limit=MOST_GROUPED)
    ids = tuple(one.escalation_id for one in newest)
    key = ("groups", table.agent, table.version, digest, ids)
    found: Grouped = visitor.site.kept.of(key, lambda: overviews.grouped(table, model, newest))
    return found


def _drift(visitor: Visitor, overviews: Overviews, table: Table) -> DriftReport:
    """Return whether what was learned still fits; that changes only with the newest decision."""
    newest = overviews.points(table)[-1:]
    key = ("drift", table.agent, table.version, *newest)
    found: DriftReport = visitor.site.kept.of(key, lambda: overviews.drift(table))
    return found
