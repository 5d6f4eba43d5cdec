"""The inbox in words: what waits, why, and how long is left."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.model import AskLine
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import (
    CONDITIONS,
    OUTCOMES,
    Moment,
    Reader,
    counted,
    route_name,
    sentence,
    spaced,
    span,
)

SCOPES = {"mine": "Mine", "routes": "My routes", "all": "Everyone's"}
STATES = {"open": "Open", "ended": "Ended"}
SOON_S = 15 * 60


class Tab(Struct, frozen=True, kw_only=True):
    """A link that filters the list."""

    label: str
    href: str
    is_here: bool


class Line(Struct, frozen=True, kw_only=True):
    """One ask in the list.

    Attributes:
        href: where it is opened.
        title: what the agent wants to do, in a few words.
        sentence: why it stopped.
        conditions: code and words of each condition.
        tags: the rows' tags.
        left: how long is left, or how it ended.
        urgency: overdue, soon, later or ended.
        due: the instant that `left` is about.
        holder: who has it.
        is_mine: whether that is the reader.
        route: who must agree.
        agent: which agent.
        is_rehearsal: whether this is practice.
        stopped: when the agent stopped.
    """

    href: str
    title: str
    sentence: str
    conditions: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    left: str
    urgency: str
    due: Moment | None
    holder: str
    is_mine: bool
    route: str
    agent: str
    is_rehearsal: bool
    stopped: Moment


class Inbox(Struct, frozen=True, kw_only=True):
    """The inbox.

    Attributes:
        heading: how much waits, in words.
        title: for the browser's tab, the number first.
        scopes, states: the filters.
        lines: what waits, what is due first at the top.
        empty: kind words for when nothing does.
        more: a hint where the list was cut off; empty otherwise.
    """

    heading: str
    title: str
    scopes: tuple[Tab, ...]
    states: tuple[Tab, ...]
    lines: tuple[Line, ...]
    empty: str
    more: str


def inbox(found: Sequence[AskLine], reader: Reader, scope: str, state: str, limit: int) -> Inbox:
    """Return the inbox in words."""
    if state == "open":
        found = sorted(found, key=lambda line: line.ask.due_at or line.ask.decide_due_at)
    lines = tuple(_line(line, reader) for line in found)
    return Inbox(
        heading=_heading(len(lines), scope, state),
        title=f"({len(lines)}) Inbox" if lines and state == "open" else "Inbox",
        scopes=tuple(
            Tab(label=label, href=f"/?scope={name}&state={state}", is_here=name == scope)
            for name, label in SCOPES.items()
        ),
        states=tuple(
            Tab(label=label, href=f"/?scope={scope}&state={name}", is_here=name == state)
            for name, label in STATES.items()
        ),
        lines=lines,
        empty=_empty(scope, state),
        more=f"The first {limit:,} are shown." if len(lines) >= limit else "",
    )


def _heading(number: int, scope: str, state: str) -> str:
    if state == "ended":
        return "What has been decided"
    if not number:
        return "Nothing is waiting"
    who = {"mine": "for you", "routes": "on your routes"}.get(scope, "for somebody")
    return f"{counted(number, 'question')} {'waits' if number == 1 else 'wait'} {who}"


def _empty(scope: str, state: str) -> str:
    if state == "ended":
        return "Nothing has been decided here yet."
    if scope == "mine":
        return (
            "No agent needs you right now. When one does, you get a message, and it is listed here."
        )
    return "No agent is waiting for anybody here."


def _line(line: AskLine, reader: Reader) -> Line:
    left, urgency, due = _left(line, reader)
    return Line(
        href=f"/escalations/{line.escalation_id}",
        title=_title(line),
        sentence=sentence(visible(line.sentence)),
        conditions=tuple((name, CONDITIONS.get(name, spaced(name))) for name in line.conditions),
        tags=tuple(map(visible, line.tags)),
        left=left,
        urgency=urgency,
        due=due,
        holder=reader.full_name(line.ask.holder),
        is_mine=line.ask.holder == reader.id,
        route=route_name(line.ask.route),
        agent=line.agent,
        is_rehearsal=line.rehearsal,
        stopped=reader.moment(line.created_at),
    )


def _title(line: AskLine) -> str:
    action = spaced(visible(line.action)) if line.action else ""
    kind = spaced(visible(line.type)) if line.type else ""
    if not action and not kind:
        return "The agent needs a person"
    if not action or not kind or action == kind:
        return (action or kind)[:1].upper() + (action or kind)[1:]
    return f"{action[:1].upper()}{action[1:]} · {kind}"


def _left(line: AskLine, reader: Reader) -> tuple[str, str, Moment | None]:
    ask = line.ask
    if line.state != "open" or ask.state != "open":
        words = OUTCOMES.get(line.outcome or "", "Agreed; others still have to")
        return words, "ended", None
    due_at = ask.acknowledge_due_at or ask.decide_due_at
    seconds = (due_at - reader.now).total_seconds()
    moment = reader.moment(due_at)
    if seconds < 0:
        return f"Overdue by {span(seconds)}", "overdue", moment
    what = "to decide"
    if ask.acknowledge_due_at:
        what = "to say you have it" if ask.holder == reader.id else "to be picked up"
    return (
        f"{span(seconds)} left {what}".capitalize(),
        "soon" if seconds < SOON_S else "later",
        moment,
    )
