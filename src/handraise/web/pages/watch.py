"""The watch: what is too much, too little, too slow or too quiet, against what was promised.

Everybody on an agent's table sees it; only its owner takes alarms or puts them off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from handraise.errors import AccessError, InputError, NotFoundError
from handraise.model import Alarm
from handraise.service.plots.drawing import drawn
from handraise.service.plots.watch import rate_chart
from handraise.service.watch.over_time import Stretch, over_time
from handraise.web.pages.plots import csv_text, look_of
from handraise.web.pages.views.frame import AgentChoice, Frame, frame_of, reader_of
from handraise.web.pages.views.watch import SNOOZES, WatchPage, watch_page
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

SAID = {
    "taken": "You have it. You are told again in a week, if it is still so.",
    "put-off": "It is put off. You are told again then, if it is still so.",
}
"""What is said after something was done; only these words, whatever the address holds."""

PATH = "/watch"


async def show(visitor: Visitor) -> Response:
    """Show how one agent's operation stands; the first one's where none is named."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    frame, found = await in_thread(_read, visitor)
    return page("watch.html", frame=frame, page=found, said=said)


async def acknowledge(visitor: Visitor) -> Response:
    """Note that the owner has an alarm."""

    def take(alarm_id: str) -> Alarm:
        return visitor.operation.alarms.acknowledge(alarm_id, visitor.person)

    return await _done(visitor, "taken", take)


async def snooze(visitor: Visitor) -> Response:
    """Note that the owner does not want to hear of an alarm for a while."""
    hours = SNOOZES.get(visitor.form.get("for", ""))
    if hours is None:
        raise InputError("for: is none of the choices", "choose for how long")

    def put_off(alarm_id: str) -> Alarm:
        lasts = timedelta(hours=hours)
        return visitor.operation.alarms.snooze(alarm_id, visitor.person, lasts)

    return await _done(visitor, "put-off", put_off)


async def _done(visitor: Visitor, said: str, verb: Callable[[str], Alarm]) -> Response:
    alarm = await in_thread(verb, visitor.request.path_params["id"])
    return redirect(f"{PATH}?{urlencode({'agent': alarm.agent, 'done': said})}")


def agent_meant(visitor: Visitor, meant: str = "") -> tuple[str, list[str]]:
    """Return whose operation the reader asks for, and all they may see.

    Args:
        visitor: the reader.
        meant: whose is meant whatever the address says; empty for what it says.

    Raises:
        AccessError: they stand on no current table of that agent.
    """
    agents = sorted(visitor.operation.shelf.agents_read_by(visitor.person))
    asked = meant or visitor.request.query_params.get("agent", "")
    agent = asked or next(iter(agents), "")
    if agent not in agents:
        raise AccessError(
            "how an operation stands is shown to the people of its table", "ask its owner"
        )
    return agent, agents


def agents_meant(visitor: Visitor) -> tuple[AgentChoice, tuple[str, ...]]:
    """Return the choice of agents on a page of all, and those it shows: one, or all of them.

    Raises:
        AccessError: as `agent_meant`, where one is asked for.
    """
    if visitor.request.query_params.get("agent", ""):
        agent, agents = agent_meant(visitor)
        return AgentChoice(tuple(agents), agent), (agent,)
    agents = sorted(visitor.operation.shelf.agents_read_by(visitor.person))
    return AgentChoice(tuple(agents), ""), tuple(agents)


def _read(visitor: Visitor) -> tuple[Frame, WatchPage]:
    operation, person = visitor.operation, visitor.person
    agent, agents = agent_meant(visitor)
    picture = operation.pictures.of(agent, person)
    examples = [one for alarm in picture.alarms for one in alarm.examples]
    stops = {one for one in examples if operation.store.escalation(one) is not None}
    left = [one for one in examples if one not in stops]
    cases = {
        id: record.case or record.key or id
        for id, record in operation.store.decisions_by_id(agent, left).items()
    }
    reader = reader_of(operation, person)
    frame = frame_of(operation, person, visitor.cookie, "watch", agent=agent)
    table = operation.shelf.current(agent)
    stretches = over_time(operation.store, table, "all", reader.now)
    is_owner = table.owner == person
    return frame, watch_page(picture, agents, stops, cases, stretches, reader, is_owner=is_owner)


async def plot(visitor: Visitor) -> Response:
    """Return how often the agent stopped over time, as SVG."""
    svg = await in_thread(_drawn, visitor)
    return Response(svg, media_type="image/svg+xml")


async def rows(visitor: Visitor) -> Response:
    """Return what the plot shows as CSV."""
    written = await in_thread(_rows, visitor)
    headers = {"Content-Disposition": 'attachment; filename="rates.csv"'}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


def _drawn(visitor: Visitor) -> bytes:
    """Return the plot; the same one is drawn once.

    Raises:
        AccessError: the reader stands on no table of that agent.
        NotFoundError: it has decided nothing yet.
        SettingsError: what draws is not installed.
    """
    look = look_of(visitor)
    agent, stretches = _stretches(visitor)
    rates = visitor.operation.rates.rates(agent)
    promised = next((one.promised for one in rates if one.series == "all"), None)
    key = ("rates", look, agent, promised, stretches)
    found: bytes = visitor.site.kept.of(key, lambda: drawn(rate_chart(stretches, promised, look)))
    return found


def _rows(visitor: Visitor) -> str:
    _, stretches = _stretches(visitor)
    return csv_text(
        ("from", "stopped", "decisions", "share", "low", "high"),
        [
            (
                one.starts_at.isoformat(),
                seen.stopped,
                seen.decisions,
                seen.rate,
                seen.low,
                seen.high,
            )
            for one in stretches
            for seen in [one.seen]
        ],
    )


def _stretches(visitor: Visitor) -> tuple[str, tuple[Stretch, ...]]:
    agent, _ = agent_meant(visitor)
    operation = visitor.operation
    table = operation.shelf.current(agent)
    found = over_time(operation.store, table, "all", operation.clock.now())
    if not found:
        raise NotFoundError("no decision has been made by this version yet")
    return agent, found
