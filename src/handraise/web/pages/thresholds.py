"""Thresholds of confidence: what each was promised, what is seen of it, what is advised.

Everybody on an agent's table sees them; its owner declines here what is advised. It is taken up in
a terminal, where the table's file is: this process may not own it.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from handraise.core.table.types import Table
from handraise.errors import Error, NotFoundError
from handraise.service.advising.looked_at import seen_alone
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.promising import calibration_beside
from handraise.service.figures.confidences import MOST
from handraise.web.pages.me import errors_of
from handraise.web.pages.plots import csv_text, sheet_drawn
from handraise.web.pages.views.advice import AdvicePage, advice_page
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.sheets import Sheet
from handraise.web.pages.views.threshold_sheets import threshold_sheets
from handraise.web.pages.views.thresholds import ThresholdsPage, thresholds_page
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agent_meant
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

SAID = {
    "declined": "It is declined. It does not come back for 90 days, unless twice as much speaks "
    "for it.",
    "taken": "It is noted that you have seen to it. It does not come back for 90 days.",
}
"""What is said after something was done; only these words, whatever the address holds."""

PATH = "/thresholds"
ADVICE = "#advice"
"""Where on the page advice stands."""


async def show(visitor: Visitor) -> Response:
    """Show the thresholds of one agent; of the first one where none is named."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    agent, _ = agent_meant(visitor)
    return await _show(visitor, agent, Draft(), said)


async def lead_to_advice(visitor: Visitor) -> Response:
    """Lead on to where advice stands: it had a page of its own."""
    agent, _ = agent_meant(visitor)
    return redirect(f"{PATH}?{urlencode({'agent': agent})}{ADVICE}")


async def settle(visitor: Visitor) -> Response:
    """Decline advice with a reason, or note that what it asks for was seen to."""
    id, form = visitor.request.path_params["id"], visitor.form
    advising = visitor.operation.advising
    found = await in_thread(advising.one, id)
    done = "taken" if form.get("seen") else "declined"
    try:
        if done == "taken":
            await in_thread(advising.seen_to, id, visitor.person)
        else:
            await in_thread(advising.decline, id, visitor.person, form.get("reason", ""))
    except Error as error:
        draft = Draft(form=id, values=form, errors=errors_of(error, form))
        return await _show(visitor, found.agent, draft, "", status=status_of(error))
    return redirect(f"{PATH}?{urlencode({'agent': found.agent, 'done': done})}{ADVICE}")


async def plot(visitor: Visitor) -> Response:
    """Return a figure as SVG."""
    svg = await in_thread(_drawn, visitor)
    return Response(svg, media_type="image/svg+xml")


async def rows(visitor: Visitor) -> Response:
    """Return what a figure shows as CSV."""
    found = await in_thread(_sheet, visitor)
    name = found.view.name
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    written = csv_text(found.head, found.rows)
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


async def _show(
    visitor: Visitor, agent: str, draft: Draft, said: str, status: int = 200
) -> Response:
    frame, found = await in_thread(_read, visitor, agent, draft)
    return page("thresholds.html", status=status, frame=frame, page=found, draft=draft, said=said)


def _read(visitor: Visitor, agent: str, draft: Draft) -> tuple[Frame, ThresholdsPage]:
    operation, person = visitor.operation, visitor.person
    _, agents = agent_meant(visitor, agent)
    table = operation.shelf.current(agent)
    folder = operation.shelf.learned.folder_of(agent)
    alone = operation.estimating.alone(agent)
    found = thresholds_page(
        table,
        agents,
        None if folder is None else calibration_beside(table, folder),
        alone,
        _sheets(visitor, table, alone),
        _advice(visitor, table, agents, draft),
    )
    return frame_of(operation, person, visitor.cookie, "thresholds", agent=agent), found


def _sheets(visitor: Visitor, table: Table, alone: Alone) -> tuple[Sheet, ...]:
    store = visitor.operation.store
    return threshold_sheets(
        table,
        store.stated(table.agent, table.version, limit=MOST),
        seen_alone(store, table.agent, table.version, until=alone.until),
        alone.promise,
    )


def _advice(visitor: Visitor, table: Table, agents: list[str], draft: Draft) -> AdvicePage:
    advising, agent = visitor.operation.advising, table.agent
    return advice_page(
        agent,
        agents,
        advising.of([agent], state=None),
        advising.lacks(agent),
        advising.so_far(agent),
        table.owner,
        reader_of(visitor.operation, visitor.person),
        draft,
    )


def _sheet(visitor: Visitor) -> Sheet:
    """Return the figure that is asked for.

    Raises:
        AccessError: the reader stands on no table of that agent.
        NotFoundError: there is no such figure.
    """
    agent, _ = agent_meant(visitor)
    table = visitor.operation.shelf.current(agent)
    sheets = _sheets(visitor, table, visitor.operation.estimating.alone(agent))
    name = visitor.request.path_params["name"]
    found = next((one for one in sheets if one.view.name == name), None)
    if found is None:
        raise NotFoundError("there is no figure of that name")
    return found


def _drawn(visitor: Visitor) -> bytes:
    """Return a figure; the same one is drawn once.

    Raises:
        AccessError: as `_sheet`.
        NotFoundError: there is no such figure, or nothing to draw.
        SettingsError: what draws is not installed.
    """
    return sheet_drawn(visitor, "threshold", _sheet(visitor))
