"""The inbox in words: what waits, why, and how long is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from handraise.core.table.naming import in_words
from handraise.core.table.types import Table
from handraise.model import Ask, AskLine
from handraise.service.telling.wording.figures import figures, units_of
from handraise.service.telling.wording.texts import isolated
from handraise.web.pages.views.cells import as_json
from handraise.web.pages.views.question import clipped, usable_name
from handraise.web.pages.views.standing import ended_by, with_whom
from handraise.web.pages.views.words import (
    ANSWERED,
    CONDITIONS,
    OUTCOMES,
    Moment,
    Reader,
    route_name,
    sentence,
    spaced,
    span,
)

SOON_S = 15 * 60
MAX_WORDS = 90
MAX_SENTENCE = 160


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
        still: who else has to agree; empty for nobody.
        is_unread: whether the reader has never opened it, while it waits.
        id: for the element, of the ask.
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
    still: str
    is_unread: bool
    id: str


def lines_in_words(
    found: Sequence[AskLine], reader: Reader, table_of: Callable[[AskLine], Table | None]
) -> tuple[Line, ...]:
    """Return lines in words.

    Args:
        found: the asks, in the order in which they are shown.
        reader: who reads.
        table_of: gives the table that a line began with: its units and facts are read.
    """
    return tuple(_line(line, reader, table_of(line)) for line in found)


def _line(line: AskLine, reader: Reader, table: Table | None) -> Line:
    left, urgency, due = _left(line, reader)
    facts = table.facts if table is not None else {}
    kind = isolated(spaced(usable_name(line.type)))
    title = _title(line, units_of(table, usable_name(line.action)))
    return Line(
        href=f"/escalations/{line.escalation_id}",
        title=title or kind[:1].upper() + kind[1:] or "The agent needs a person",
        about=" · ".join(filter(None, (isolated(clipped(line.case or "")), kind if title else ""))),
        sentence=sentence(clipped(in_words(line.sentence, facts), MAX_SENTENCE)),
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
        still=_still(line),
        is_unread=not line.seen and line.ask.state == "open",
        id=f"ask-{line.ask.id}",
    )


def _still(line: AskLine) -> str:
    """Return who else has to agree."""
    routes = [route_name(route) for route in dict.fromkeys(line.still)]
    if not routes:
        return ""
    said = " and ".join(filter(None, (", ".join(routes[:-1]), routes[-1])))
    return f"{said[:1].upper()}{said[1:]} still {'has' if len(routes) == 1 else 'have'} to agree"


def _practice(line: AskLine) -> str:
    if not line.rehearsal:
        return ""
    return "Drill" if "drill" in line.conditions else "Rehearsal"


def _title(line: AskLine, units: Mapping[str, str]) -> str:
    """Return what the agent wants to do, with the main values; empty without a usable action."""
    action = usable_name(line.action)
    words = f"{isolated(spaced(action))}{figures(action, line.proposal, units)}" if action else ""
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
