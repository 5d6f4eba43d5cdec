"""What stands on the way of a version to live work, in words: evidence, ages, waivers, remedies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import OWNER, DrillRecord, ReadyRecord, Waiver
from handraise.service.going_live.line import Line
from handraise.service.going_live.standing import Hold
from handraise.service.going_live.willing import Willing
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.me import DUTY_WORDS
from handraise.web.pages.views.words import Moment, Reader, route_name, sentence, span

MARKS = {
    "green": ("yes", "approve"),
    "yellow": ("worth a look", "open"),
    "red": ("missing", "reject"),
    "waived": ("waived", "open"),
}
"""What each state of a line is called, and its colour."""

OF_PEOPLE = frozenset({"capacity", "reachable", "accepted"})
"""The lines whose evidence names people."""

WORD = re.compile(r"\b\w+\b")
DUTY_TONES = {"accepted": "approve", "declined": "reject"}
DRILLED = {
    "open": "is under way",
    "answered": "answered by the person it went to",
    "moved": "moved on to somebody else",
    "failed": "nobody answered",
}


class WaiverView(Struct, frozen=True, kw_only=True):
    """A waiver in words: of what, by whom, until when, why."""

    name: str
    by: str
    until: Moment
    reason: str


class LineView(Struct, frozen=True, kw_only=True):
    """A line of the checklist in words.

    `remedy` is empty for whoever cannot do it; else pieces, each with whether it is to be typed.
    """

    code: str
    name: str
    mark: str
    tone: str
    evidence: str
    remedy: tuple[tuple[str, bool], ...]
    at: Moment | None
    until: Moment | None
    waiver: WaiverView | None


class PersonView(Struct, frozen=True, kw_only=True):
    """Somebody of a table: whether they accepted their duty and can be reached."""

    name: str
    duty: str
    tone: str
    contact: str
    is_reachable: bool
    is_you: bool


class DrillView(Struct, frozen=True, kw_only=True):
    """The last drill of a route; `went` is what came of it, `took` how long that took."""

    route: str
    person: str
    at: Moment | None
    went: str
    took: str


class RecordView(Struct, frozen=True, kw_only=True):
    """The go-live record that stands: by whom, since when, and what ends it."""

    version: str
    by: str
    at: Moment
    ends_at: Moment | None
    ends_why: str
    waivers: tuple[WaiverView, ...]
    gone: tuple[str, ...]


class AgentView(Struct, frozen=True, kw_only=True):
    """One agent on its way to live work.

    Attributes, where the name alone does not say it:
        record: what is in force; None for nothing.
        ended: why the last record holds no more, a sentence; empty where none has ended.
        is_owner: whether the reader is the owner.
        next: the version that waits to be signed for; empty where none does.
        red: how many lines hold up the version that the checklist is of.
        command: what the owner types to sign; empty for others, and where there is nothing to sign.
    """

    name: str
    owner: str
    is_owner: bool
    record: RecordView | None
    ended: str
    next: str
    lines: tuple[LineView, ...]
    red: int
    people: tuple[PersonView, ...]
    drills: tuple[DrillView, ...]
    command: str


class Seen(Struct, frozen=True, kw_only=True):
    """What was looked up of one agent.

    Attributes:
        table: the version that the checklist is of: the one that waits, or else the current one.
        is_waiting: whether it waits while another one is current.
        hold: how the newest go-live record stands; None for none.
        lines: the checklist.
        signer: who signs for it: the owner in force, also where it names another owner.
        people: how everybody on it stands by it.
        drills: the agent's, newest first.
    """

    table: Table
    is_waiting: bool
    hold: Hold | None
    lines: Sequence[Line]
    signer: str
    people: Sequence[Willing]
    drills: Sequence[DrillRecord]


def agent_view(seen: Seen, reader: Reader) -> AgentView:
    """Return how an agent stands, in words."""
    table, hold = seen.table, seen.hold
    is_owner, signs = reader.id == table.owner, reader.id == seen.signer
    in_force = hold.record if hold is not None and hold.holds else None
    is_signed = in_force is not None and in_force.version == table.version
    return AgentView(
        name=table.agent,
        owner=reader.full_name(table.owner),
        is_owner=is_owner,
        record=None if hold is None or in_force is None else _record(in_force, hold, reader),
        ended=sentence(visible(hold.ended)) if hold is not None and hold.ended else "",
        next=table.version if seen.is_waiting else "",
        lines=tuple(_line(line, reader, is_owner=is_owner) for line in seen.lines),
        red=sum(line.state == "red" for line in seen.lines),
        people=tuple(_people(seen, reader)),
        drills=tuple(_drills(seen, reader)),
        command="" if is_signed or not signs else f"handraise ready --as {seen.signer}",
    )


def waiver_views(record: ReadyRecord, reader: Reader) -> tuple[WaiverView, ...]:
    """Return the waivers of a record in words, each by the name of its line."""
    names = {str(one.get("code")): str(one.get("name")) for one in record.evidence}
    return tuple(_waiver(one, names.get(one.line, one.line), reader) for one in record.waivers)


def _record(record: ReadyRecord, hold: Hold, reader: Reader) -> RecordView:
    return RecordView(
        version=record.version,
        by=reader.full_name(record.by),
        at=reader.moment(record.at),
        ends_at=None if hold.ends_at is None else reader.moment(hold.ends_at),
        ends_why=visible(hold.ends_why),
        waivers=waiver_views(record, reader),
        gone=tuple(sentence(visible(words)) for words in hold.gone.values()),
    )


def _waiver(waiver: Waiver, name: str, reader: Reader) -> WaiverView:
    return WaiverView(
        name=name,
        by=reader.full_name(waiver.by),
        until=reader.moment(waiver.until),
        reason=visible(waiver.reason),
    )


def _line(line: Line, reader: Reader, *, is_owner: bool) -> LineView:
    mark, tone = MARKS[line.state]
    return LineView(
        code=line.code,
        name=sentence(line.name).rstrip("."),
        mark=mark,
        tone=tone,
        evidence=sentence(visible(_named(line, reader))),
        remedy=_pieces(line.remedy) if is_owner else (),
        at=None if line.at is None else reader.moment(line.at),
        until=None if line.until is None else reader.moment(line.until),
        waiver=None if line.waiver is None else _waiver(line.waiver, line.name, reader),
    )


def _named(line: Line, reader: Reader) -> str:
    """Return what was seen, with people called by their names where it speaks of them."""
    if line.code not in OF_PEOPLE:
        return line.evidence
    return WORD.sub(
        lambda found: reader.full_name(found[0]) if found[0] in reader.people else found[0],
        line.evidence,
    )


def _pieces(words: str) -> tuple[tuple[str, bool], ...]:
    """Return a sentence in pieces, each with whether it is a command, which stands in backticks."""
    pieces = sentence(visible(words)).split("`")
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def _people(seen: Seen, reader: Reader) -> list[PersonView]:
    """Return everybody on a table, whoever has not answered yet first."""
    found = [
        PersonView(
            name=reader.full_name(one.person),
            duty="has left" if one.has_left else DUTY_WORDS[one.duty],
            tone="closed" if one.has_left else DUTY_TONES.get(one.duty, "open"),
            contact="no verified contact" if one.verified_at is None else "contact verified",
            is_reachable=one.verified_at is not None,
            is_you=one.person == reader.id,
        )
        for one in seen.people
    ]
    return sorted(found, key=lambda one: (one.tone == "approve", one.name))


def _drills(seen: Seen, reader: Reader) -> list[DrillView]:
    """Return the last drill of each route, the owner's included."""
    found = []
    for route in (*seen.table.routes, OWNER):
        last = next((one for one in seen.drills if one.route == route), None)
        name = sentence(route_name(route)).rstrip(".")
        if last is None:
            found.append(DrillView(route=name, person="", at=None, went="none yet", took=""))
            continue
        took = None
        if last.answered_at is not None:
            took = (last.answered_at - (last.told_at or last.started_at)).total_seconds()
        found.append(
            DrillView(
                route=name,
                person=reader.full_name(last.person),
                at=reader.moment(last.started_at),
                went=DRILLED[last.outcome],
                took="" if took is None else f"after {span(took)}",
            )
        )
    return found
