"""Lines, names and instants as they stand in messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from uuid_utils import uuid7

from handraise.core.table.types import Person

MAX_SUBJECT = 150
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = frozenset({"\u200c", "\u200d"})
"""They belong to the writing of some languages, and to pictures."""

_UNUSUAL = re.compile(r"[^\n -~]")


def fresh_id() -> str:
    """Return a new UUIDv7 as text: ids sort by time."""
    return str(uuid7())


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters: fit for a subject."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def visible(text: str) -> str:
    r"""Return a text in which no character hides or turns round what stands beside it.

    Example:
        >>> visible("refund \u202e0002")
        'refund [U+202E]0002'
    """
    return _UNUSUAL.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    one = found[0]
    is_hidden = one not in _JOINERS and unicodedata.category(one) in _HIDDEN
    return f"[U+{ord(one):04X}]" if is_hidden else one


def local(at: datetime, person: Person) -> str:
    """Return an instant in a person's own zone: `Fri 20 Nov, 17:40 (America/New_York)`."""
    try:
        there = at.astimezone(ZoneInfo(person.zone))
    except OverflowError:  # the zone's calendar does not reach so far
        return f"{at:%d %b %Y, %H:%M} (UTC)"
    return f"{there:%a %d %b, %H:%M} ({person.zone})"


def lately(at: datetime, person: Person, now: datetime) -> str:
    """Return an instant in a person's own zone: the time alone where it is of the same day."""
    zone = ZoneInfo(person.zone)
    there = at.astimezone(zone)
    is_today = there.date() == now.astimezone(zone).date()
    return f"{there:%H:%M}" if is_today else f"{there:%a %d %b, %H:%M}"


_WORD = re.compile(r"[\w.@-]*\w")
_OURS = re.compile(r"it went to \S+$")


def with_names(why: str, people: Mapping[str, Person]) -> str:
    """Return a reason of ours with everybody it concerns called by their full name.

    What follows a colon is somebody's own words and stays as it is, but for why it went on.

    Example:
        >>> lena = Person(id="lena", name="Lena Falk", contacts=())
        >>> with_names("it went to lena: lena gave it back: ask lena", {"lena": lena})
        'it went to Lena Falk: Lena Falk gave it back: ask lena'
    """
    head, colon, rest = why.partition(": ")
    named = _WORD.sub(lambda found: name_of(found[0], people), head)
    return f"{named}{colon}{with_names(rest, people) if _OURS.match(head) else rest}"


def name_of(id: str, people: Mapping[str, Person]) -> str:
    """Return a person's full name; of somebody unknown the id."""
    person = people.get(id)
    return person.name if person is not None else id
