"""Advice: what was seen speaks for, for everybody on the table; its owner declines it here.

It is taken up in a terminal, where the table's file is: this process may not own it.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from handraise.errors import AccessError, Error
from handraise.web.pages.me import errors_of
from handraise.web.pages.views.advice import AdvicePage, advice_page
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

SAID = {
    "declined": "It is declined. It does not come back for 90 days, unless twice as much speaks "
    "for it.",
    "taken": "It is noted that you have seen to it. It does not come back for 90 days.",
}
"""What is said after something was done; only these words, whatever the address holds."""

PATH = "/advice"


async def show(visitor: Visitor) -> Response:
    """Show what is advised on one agent's table; on the first one's where none is named."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show(visitor, visitor.request.query_params.get("agent", ""), Draft(), said)


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
    return redirect(f"{PATH}?{urlencode({'agent': found.agent, 'done': done})}")


async def _show(
    visitor: Visitor, agent: str, draft: Draft, said: str, status: int = 200
) -> Response:
    frame, found = await in_thread(_read, visitor, agent, draft)
    return page("advice.html", status=status, frame=frame, page=found, draft=draft, said=said)


def _read(visitor: Visitor, agent: str, draft: Draft) -> tuple[Frame, AdvicePage]:
    operation, person = visitor.operation, visitor.person
    agents = sorted(operation.shelf.agents_read_by(person))
    meant = agent or next(iter(agents), "")
    if meant not in agents:
        raise AccessError("what is advised is shown to the people of its table", "ask its owner")
    frame = frame_of(operation, person, visitor.cookie, "watch")
    return frame, advice_page(
        meant,
        agents,
        operation.advising.of([meant], state=None),
        operation.advising.lacks(meant),
        operation.advising.so_far(meant),
        operation.shelf.current(meant).owner,
        reader_of(operation, person),
        draft,
    )
