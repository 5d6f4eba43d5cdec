"""The words of the pages: instants, durations, names of conditions, answers and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from handraise.core.instants import which_of_two
from handraise.core.table.naming import row_words
from handraise.core.table.types import Person, Row
from handraise.model import OWNER

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
FEW_MINUTES_S = 5 * MINUTE_S
"""So much more than there is may be told of hours and days."""

SELDOM = 0.15

CONDITIONS = {
    "confidence": "Not sure enough",
    "consequence": "High stakes",
    "novelty": "Unfamiliar",
    "fault": "Fault",
    "stall": "Gone silent",
    "not_ready": "Not live yet",
    "drill": "Drill",
}

ANSWERED = {
    "approve": "approved it",
    "change": "changed it",
    "reject": "rejected it",
    "instruct": "gave instructions",
    "take_over": "took it over",
}

OUTCOMES = {
    "approved": "Approved",
    "changed": "Approved with changes",
    "rejected": "Rejected",
    "instructed": "Sent back with instructions",
    "taken_over": "Taken over by a person",
    "withdrawn": "Withdrawn by the agent",
    "expired": "Ended without an answer",
}


class Moment(Struct, frozen=True, kw_only=True):
    """An instant in words.

    Attributes:
        iso: for the machine.
        relative: `in 12 minutes`, `3 hours ago`.
        absolute: in the reader's zone, `today 17:52`.
        exact: with date, seconds and the name of the zone.
        is_past: whether it has passed.
    """

    iso: str
    relative: str
    absolute: str
    exact: str
    is_past: bool


class Reader(Struct, frozen=True, kw_only=True):
    """Who reads the page, where, and when.

    Attributes:
        id: the person's id.
        zone: for the instants on the page.
        now: the instant of reading.
        people: everybody, by id, to be called by name.
    """

    id: str
    zone: tzinfo
    now: datetime
    people: Mapping[str, Person]

    def name(self, person_id: str | None) -> str:
        """Return what a person is called on the page; `you` for the reader."""
        if person_id == self.id:
            return "you"
        return self.full_name(person_id)

    def full_name(self, person_id: str | None) -> str:
        """Return a person's full name, or the id where the tables no longer hold it."""
        if not person_id:
            return "nobody"
        person = self.people.get(person_id)
        return person.name if person else person_id

    def told(self, message: str) -> str:
        """Return a message of ours as a sentence, the person it begins with called by name."""
        first, blank, rest = message.partition(" ")
        return sentence(
            f"{self.full_name(first)}{blank}{rest}" if first in self.people else message
        )

    def moment(self, instant: datetime) -> Moment:
        """Return an instant in words."""
        local = in_zone(instant, self.zone)
        seconds = (instant - self.now).total_seconds()
        return Moment(
            iso=in_zone(instant, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            relative=relative(seconds),
            absolute=absolute(local, in_zone(self.now, self.zone)),
            exact=f"{local:%A %-d %B %Y, %H:%M:%S}{which_of_two(local)} {self.zone}",
            is_past=seconds < 0,
        )


def in_zone(instant: datetime, zone: tzinfo) -> datetime:
    """Return an instant in a zone; as it is where the zone's calendar does not reach so far."""
    try:
        return instant.astimezone(zone)
    except OverflowError:
        return instant


def zone_of(person: Person | None) -> tzinfo:
    """Return the person's zone; UTC where there is none of that name."""
    try:
        return ZoneInfo(person.zone) if person else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def span(seconds: float) -> str:
    """Return a length of time in the words of somebody who is busy.

    Hours and days are told down to the last whole one, or as the next where a few minutes are
    missing: what has four hours has so right after it began, too.

    Example:
        >>> span(45), span(750), span(3 * 3600 + 60), span(26 * 3600)
        ('less than a minute', '12 minutes', '3 hours', '1 day')
    """
    seconds = abs(seconds)
    if seconds < MINUTE_S:
        return "less than a minute"
    if seconds < 2 * HOUR_S:
        return counted(int(seconds // MINUTE_S), "minute")
    seconds += FEW_MINUTES_S
    if seconds < DAY_S:
        return counted(int(seconds // HOUR_S), "hour")
    return counted(int(seconds // DAY_S), "day")


def counted(number: int, noun: str) -> str:
    """Return `1 day`, `2 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def relative(seconds: float) -> str:
    """Return how far away an instant is: `in 12 minutes`, `just now`, `3 hours ago`."""
    if -MINUTE_S < seconds <= 0:
        return "just now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(seconds)} ago"


def absolute(local: datetime, now: datetime) -> str:
    """Return an instant in the reader's zone, no more exact than needed: `today 17:52`.

    In the hour that comes twice when clocks are set back: `today 02:35 UTC+2`.
    """
    clock = f"{local:%H:%M}{which_of_two(local)}"
    days = (local.date() - now.date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
    if near:
        return f"{near} {clock}"
    if local.year == now.year:
        return f"{local:%a %-d %b}, {clock}"
    return f"{local:%-d %b %Y}, {clock}"


def as_unusual(p: float) -> str:
    """Return in words how many familiar requests are at least as unusual.

    A seldom p-value is an upper bound: the request itself is counted among them.

    Args:
        p: the share of them, in (0, 1].

    Example:
        >>> as_unusual(0.004)
        'at most 1 in 250 familiar requests is as unusual'
        >>> as_unusual(0.31)
        '31 of 100 familiar requests are as unusual'
    """
    if p < SELDOM:
        return f"at most 1 in {round(1 / p):,} familiar requests is as unusual"
    return f"{round(100 * p)} of 100 familiar requests are as unusual"


def spaced(name: str) -> str:
    """Return a name of the table as words: `change_billing` as `change billing`."""
    return name.replace("_", " ").strip() or name


def route_name(route: str) -> str:
    """Return what a route is called on the page."""
    return "the owner" if route == OWNER else spaced(route)


def row_title(row: Row) -> str:
    """Return what a row is called at the head of a part of the page."""
    called = row.name or row_words(row.id, row.tag)
    return called[:1].upper() + called[1:]


def sentence(text: str) -> str:
    """Return a message of ours as a sentence: capital first, full stop last."""
    text = text.strip()
    if not text:
        return ""
    if "_" not in text.partition(" ")[0]:  # a name of the table's stays as it is written
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…" else f"{text}."
