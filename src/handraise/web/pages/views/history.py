"""What happened, event by event, in plain sentences; an event of a new kind is still shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.model import OWNER, Event
from handraise.web.pages.views.cells import Cell, cell, visible
from handraise.web.pages.views.words import (
    ANSWERED,
    OUTCOMES,
    Moment,
    Reader,
    counted,
    route_name,
    sentence,
    spaced,
)

NOTES = ("reason", "instruction", "why", "error")
SAID = {
    "created": frozenset({"rows", "routes"}),
    "assigned": frozenset({"to", "route", "with_owner"}),
    "advanced": frozenset({"from", "to", "with_owner"}),
    "reminded": frozenset({"to", "count"}),
    "asked_again": frozenset({"to"}),
    "delayed": frozenset({"to", "kind"}),
    "undelivered": frozenset({"to"}),
    "came_back": frozenset({"sign"}),
    "acknowledged": frozenset({"from"}),
    "answered": frozenset({"answer", "route", "holder"}),
    "resolved": frozenset({"outcome"}),
}
"""What of an event's detail its sentence says already."""


class Happening(Struct, frozen=True, kw_only=True):
    """One event.

    Attributes:
        at: when.
        sentence: what happened.
        passed_over: who could not be asked, and why.
        note: somebody's words.
        detail: what else was kept of it; None for nothing.
    """

    at: Moment
    sentence: str
    passed_over: tuple[str, ...]
    note: str
    detail: Cell | None


def history(events: Sequence[Event], reader: Reader) -> tuple[Happening, ...]:
    """Return the events in words, oldest first."""
    return tuple(_happening(event, reader) for event in events)


def _happening(event: Event, reader: Reader) -> Happening:
    said = SAID.get(event.kind, frozenset()) | {*NOTES, "skipped"}
    rest = {name: value for name, value in event.detail.items() if name not in said}
    note = next((str(event.detail[name]) for name in NOTES if event.detail.get(name)), "")
    return Happening(
        at=reader.moment(event.at),
        sentence=sentence(visible(_sentence(event, reader))),
        passed_over=tuple(_passed_over(event.detail.get("skipped"), reader)),
        note=visible(note),
        detail=cell(rest) if rest else None,
    )


def _passed_over(skipped: Any, reader: Reader) -> list[str]:
    found = [one for one in skipped if isinstance(one, Mapping)] if skipped else []
    return [
        sentence(f"{reader.full_name(one.get('person'))} was passed over: {one.get('why')}")
        for one in found
    ]


def _sentence(event: Event, reader: Reader) -> str:
    wording = _WORDINGS.get(event.kind)
    return wording(event, reader) if wording else f"{spaced(event.kind)} ({_who(event, reader)})"


def _who(event: Event, reader: Reader) -> str:
    if event.who.startswith("agent:"):
        return event.who.removeprefix("agent:")
    return "Handraise" if event.who == "handraise" else reader.name(event.who)


def _to(event: Event, reader: Reader) -> str:
    return reader.name(_text(event, "to"))


def _text(event: Event, name: str) -> str | None:
    value = event.detail.get(name)
    return value if isinstance(value, str) else None


def _for_route(event: Event) -> str:
    route = _text(event, "route")
    return f", for {route_name(route)}" if route else ""


def _last_resort(event: Event) -> str:
    is_owners = event.detail.get("route") == OWNER  # asked first, and not because nobody is left
    return ", as the last resort" if event.detail.get("with_owner") and not is_owners else ""


def _created(event: Event, _reader: Reader) -> str:
    return f"{event.agent} stopped and asked"


def _assigned(event: Event, reader: Reader) -> str:
    to = _to(event, reader)
    were = "were" if to == "you" else "was"
    return f"{to} {were} asked{_for_route(event)}{_last_resort(event)}"


def _advanced(event: Event, reader: Reader) -> str:
    left = reader.name(_text(event, "from"))
    return f"it moved on from {left} to {_to(event, reader)}{_last_resort(event)}"


def _reminded(event: Event, reader: Reader) -> str:
    times = counted(int(event.detail.get("count") or 1), "reminder")
    return f"{_to(event, reader)} got a reminder ({times} so far)"


def _asked_again(event: Event, reader: Reader) -> str:
    to = _to(event, reader)
    return f"{to} {'were' if to == 'you' else 'was'} asked again"


def _undelivered(event: Event, reader: Reader) -> str:
    return f"no message reaches {_to(event, reader)}"


def _delayed(event: Event, reader: Reader) -> str:
    return f"a message to {_to(event, reader)} did not go out; it is tried again"


def _came_back(event: Event, _reader: Reader) -> str:
    signs = {
        "done": "the agent finished this work after all",
        "failed": "the agent crashed in this work later",
    }
    return signs.get(_text(event, "sign") or "", "the agent gave a sign of life again")


def _acknowledged(event: Event, reader: Reader) -> str:
    left = _text(event, "from")
    if left:
        return f"{_who(event, reader)} took it from {reader.name(left)}"
    return f"{_who(event, reader)} said: I have it"


def _answered(event: Event, reader: Reader) -> str:
    said = ANSWERED.get(_text(event, "answer") or "", "answered")
    return f"{_who(event, reader)} {said}{_for_route(event)}"


def _resolved(event: Event, _reader: Reader) -> str:
    return f"it ended: {OUTCOMES.get(_text(event, 'outcome') or '', 'resolved').lower()}"


_WORDINGS: dict[str, Callable[[Event, Reader], str]] = {
    "created": _created,
    "assigned": _assigned,
    "advanced": _advanced,
    "reminded": _reminded,
    "asked_again": _asked_again,
    "delayed": _delayed,
    "undelivered": _undelivered,
    "came_back": _came_back,
    "acknowledged": _acknowledged,
    "answered": _answered,
    "resolved": _resolved,
}
