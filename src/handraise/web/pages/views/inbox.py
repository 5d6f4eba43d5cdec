"""The inbox in words: what waits, why, and how long is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import Ask, AskLine
from handraise.service.telling.wording.figures import figures, units_of
from handraise.web.pages.views.cells import as_json
from handraise.web.pages.views.question import clipped, usable_name
from handraise.web.pages.views.standing import ended_by, with_whom
from handraise.web.pages.views.words import (
    ANSWERED,
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
MAX_WORDS = 90
MAX_SENTENCE = 160


class Tab(Struct, frozen=True, kw_only=True):
    """A link that filters the list."""

    label: str
    href: str
    is_here: bool


class Line(Struct, frozen=True, kw_only=True):
    """One ask in the list.

    Attributes:
        href: where it is opened.
        title: what the agent wants to do, with the main values.
        about: the case and the kind of request.
        sentence: why it stopped.
        words: the beginning of what the customer wrote; empty for nothing.
        conditions: code and words of each condition.
        tags: the rows' tags.
        left: how long is left, or how it ended.
        urgency: overdue, soon, later or ended.
        due: the instant that `left` is about.
        who: who has it, or who answered.
        agent: which agent.
        practice: `Rehearsal` or `Drill`; empty for the real thing.
        stopped: when the agent stopped.
    """

    href: str
    title: str
    about: str
    sentence: str
    words: str
    conditions: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    left: str
    urgency: str
    due: Moment | None
    who: str
    agent: str
    practice: str
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


def inbox(
    found: Sequence[AskLine],
    reader: Reader,
    table_of: Callable[[AskLine], Table | None],
    *,
    scope: str,
    state: str,
    limit: int,
) -> Inbox:
    """Return the inbox in words.

    Args:
        found: the asks to list.
        reader: who reads.
        table_of: gives the table that a line began with; only its units are read.
        scope: whose asks these are, one of `SCOPES`.
        state: which ones, one of `STATES`.
        limit: how many there can be at most.
    """
    if state == "open":
        found = sorted(found, key=lambda line: _due_at(line.ask))
    lines = tuple(_line(line, reader, table_of(line)) for line in found)
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


def _line(line: AskLine, reader: Reader, table: Table | None) -> Line:
    left, urgency, due = _left(line, reader)
    kind = spaced(usable_name(line.type))
    title = _title(line, units_of(table, usable_name(line.action)))
    return Line(
        href=f"/escalations/{line.escalation_id}",
        title=title or kind[:1].upper() + kind[1:] or "The agent needs a person",
        about=" · ".join(filter(None, (clipped(line.case or ""), kind if title else ""))),
        sentence=sentence(clipped(line.sentence, MAX_SENTENCE)),
        words=_words(line.text),
        conditions=tuple(
            (name, CONDITIONS.get(name, spaced(name)))
            for name in line.conditions
            if name != "drill"  # said by `practice`
        ),
        tags=tuple(map(clipped, line.tags)),
        left=left,
        urgency=urgency,
        due=due,
        who=_who(line, reader),
        agent=line.agent,
        practice=_practice(line),
        stopped=reader.moment(line.created_at),
    )


def _practice(line: AskLine) -> str:
    if not line.rehearsal:
        return ""
    return "Drill" if "drill" in line.conditions else "Rehearsal"


def _title(line: AskLine, units: Mapping[str, str]) -> str:
    """Return what the agent wants to do, with the main values; empty without a usable action."""
    action = usable_name(line.action)
    words = f"{spaced(action)}{figures(action, line.proposal, units)}" if action else ""
    return words[:1].upper() + words[1:]


def _words(text: Any) -> str:
    """Return the beginning of the customer's words on one line."""
    if text is None or text == "":
        return ""
    return clipped(text if isinstance(text, str) else as_json(text), MAX_WORDS)


def _who(line: AskLine, reader: Reader) -> str:
    """Return for which route it is, and who has it, answered it or ended it."""
    ask, route = line.ask, route_name(line.ask.route)
    if ask.answer is not None:
        said = f"{reader.name(ask.answer.by)} {ANSWERED[ask.answer.kind]}"
        return f"{route}: {said} {reader.moment(ask.answer.at).relative}"
    if ask.state != "open":
        return f"{route}: not needed any more, {ended_by(line, reader)}"
    works = f"; {reader.name(ask.delegate)} for them" if ask.delegate else ""
    return f"{route}: {with_whom(ask, reader)}{works}"


def _due_at(ask: Ask) -> datetime:
    """Return the deadline that a person has before them; reminders have their own instants."""
    return ask.acknowledge_due_at or ask.decide_due_at


def _left(line: AskLine, reader: Reader) -> tuple[str, str, Moment | None]:
    ask = line.ask
    if line.state != "open" or ask.state != "open":
        words = OUTCOMES.get(line.outcome or "", "Agreed; others still have to")
        return words, "ended", None
    due_at = _due_at(ask)
    seconds = (due_at - reader.now).total_seconds()
    moment = reader.moment(due_at)
    if seconds < 0:
        what = ", not picked up yet" if ask.acknowledge_due_at else ""
        return f"Overdue by {span(seconds)}{what}", "overdue", moment
    left = f"{span(seconds)} left to {'pick it up' if ask.acknowledge_due_at else 'decide'}"
    return left.capitalize(), "soon" if seconds < SOON_S else "later", moment
