"""Lines, names and instants as they stand in messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from uuid_utils import uuid7

from handraise.core.instants import which_of_two
from handraise.core.looks import UNSEEN, hides, is_in_place
from handraise.core.table.types import Person

MAX_SUBJECT = 150
_JOINERS = frozenset({"\u200c", "\u200d"})
"""They belong to the writing of some languages, and to pictures."""

ISOLATE, ISOLATE_ENDS = "\u2068", "\u2069"
"""What stands between them keeps its direction of writing to itself."""

_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})

_UNUSUAL = re.compile(r"(?P<kept>\u2068[^\u2068\u2069\n]+\u2069)|[^\n -~]")
_OTHER_THAN_ISOLATED = re.compile(r"(?P<kept>\u2068[^\u2068\u2069\n]+\u2069)|[\s\S]")


def fresh_id() -> str:
    """Return a new UUIDv7 as text: ids sort by time."""
    return str(uuid7())


def one_line(text: str) -> str:
    """Return a text without line breaks, in which nothing hides: fit for a subject."""
    text = UNSEEN.sub(_selected, text)
    if not text.isprintable():
        text = _OTHER_THAN_ISOLATED.sub(_blanked, text)
    return " ".join(text.split())


def _selected(found: re.Match[str]) -> str:
    is_its = is_in_place(found.string, found.start())
    return found[0] if is_its else f"[U+{ord(found[0]):04X}]"


def _blanked(found: re.Match[str]) -> str:
    kept = found["kept"]
    if kept is not None and _is_isolated(kept):
        return kept
    return "".join(one if one.isprintable() else " " for one in found[0])


def isolated(text: str) -> str:
    r"""Return a value as it stands in a sentence: what is written from the right turns only itself.

    It holds two marks that nobody sees; `one_line` and `visible` leave them where they are, for
    they turn nothing else round and hide nothing.

    Example:
        >>> isolated("refund"), isolated("\u05e9\u05dc")
        ('refund', '\u2068\u05e9\u05dc\u2069')
    """
    if not _is_from_the_right(text):
        return text
    inner = text.replace(ISOLATE, "").replace(ISOLATE_ENDS, "")
    return f"{ISOLATE}{inner}{ISOLATE_ENDS}"


def _is_from_the_right(text: str) -> bool:
    is_plain = text.isascii()
    return not is_plain and not _FROM_THE_RIGHT.isdisjoint(map(unicodedata.bidirectional, text))


def _is_isolated(text: str) -> bool:
    """Whether what stands between two marks is such a value, and nothing hides in it."""
    inner = text[1:-1]
    return inner.isprintable() and not UNSEEN.search(inner) and _is_from_the_right(inner)


def visible(text: str) -> str:
    r"""Return a text in which no character hides or turns round what stands beside it.

    Example:
        >>> visible("refund \u202e0002")
        'refund [U+202E]0002'
    """
    return _UNUSUAL.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if (kept := found["kept"]) is not None:
        if _is_isolated(kept):
            return kept
        return "".join(map(_marked, kept))
    is_its = is_in_place(found.string, found.start())
    return found[0] if is_its else _marked(found[0])


def _marked(one: str) -> str:
    is_hidden = one not in _JOINERS and hides(one)
    return f"[U+{ord(one):04X}]" if is_hidden else one


def local(at: datetime, person: Person) -> str:
    """Return an instant in a person's own zone: `Fri 20 Nov, 17:40 (America/New_York)`.

    In the hour that comes twice, as clocks are set back: `Sun 25 Oct, 02:35 UTC+2 (Europe/Berlin)`.
    """
    try:
        there = at.astimezone(ZoneInfo(person.zone))
    except OverflowError:  # the zone's calendar does not reach so far
        return f"{at:%d %b %Y, %H:%M} (UTC)"
    return f"{there:%a %d %b, %H:%M}{which_of_two(there)} ({person.zone})"


def lately(at: datetime, person: Person, now: datetime) -> str:
    """Return an instant in a person's own zone: the time alone where it is of the same day."""
    zone = ZoneInfo(person.zone)
    there = at.astimezone(zone)
    is_today = there.date() == now.astimezone(zone).date()
    told = f"{there:%H:%M}{which_of_two(there)}"
    return told if is_today else f"{there:%a %d %b}, {told}"


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
