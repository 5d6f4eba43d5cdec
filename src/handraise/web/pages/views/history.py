"""What happened, event by event, in plain sentences; an event of a new kind is still shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.model import OWNER, Ask, Event
from handraise.web.pages.views.cells import Cell, cell, visible
from handraise.web.pages.views.erased import erased_sentence, is_erased
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

NOTES = ("reason", "instruction", "note", "why", "error")
SAID = {
    "created": frozenset({"rows", "routes"}),
    "assigned": frozenset({"to", "route", "with_owner"}),
    "advanced": frozenset({"from", "to", "with_owner"}),
    "reassigned": frozenset({"from", "to", "with_owner"}),
    "delegated": frozenset({"from", "to"}),
    "delegation_ended": frozenset({"from"}),
    "acknowledgement_expired": frozenset({"holder"}),
    "reminded": frozenset({"to", "count"}),
    "asked_again": frozenset({"to", "with_owner"}),
    "delayed": frozenset({"to", "kind"}),
    "undelivered": frozenset({"to", "kind"}),
    "came_back": frozenset({"sign"}),
    "acknowledged": frozenset({"from"}),
    "answered": frozenset({"answer", "route", "holder", "on_behalf_of", "confirmed_with"}),
    "resolved": frozenset({"outcome"}),
    "grant_used": frozenset({"used_by"}),
    "outcome_told": frozenset({"is_right", "source", "decision", "outcome"}),
    "redacted": frozenset({"kept"}),
}
"""What of an event's detail its sentence says already."""

CAME = frozenset({"assigned", "advanced", "reassigned", "asked_again", "acknowledged"})
"""The kinds that say how an ask came to whom it is with."""

_NAME = re.compile(r"[\w.@-]*\w")


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


def history(
    events: Sequence[Event], reader: Reader, asks: Iterable[Ask] = ()
) -> tuple[Happening, ...]:
    """Return the events in words, oldest first.

    Args:
        events: what happened.
        reader: who reads.
        asks: of the escalation; an ask of the owner's own route came to no last resort.
    """
    known = {ask.id: ask for ask in asks}
    return tuple(_happening(event, reader, known.get(event.ask_id or "")) for event in events)


def how_it_came(events: Sequence[Event], ask: Ask, reader: Reader) -> tuple[Happening, ...]:
    """Return how an ask came to whom it is with: each hand it went through, oldest first.

    The first hand is left out where nobody was passed over and nothing is to be explained.
    """
    of_ask = [event for event in events if event.ask_id == ask.id and event.kind in CAME]
    moved = [
        event
        for event in of_ask
        if event.kind not in {"assigned", "acknowledged"}
        or event.detail.get("skipped")
        or event.detail.get("from")
    ]
    return tuple(_happening(event, reader, ask) for event in moved)


def how_delegated(events: Sequence[Event], ask: Ask, reader: Reader) -> Happening | None:
    """Return how the work of an ask came to who does it now; None where nobody else does it."""
    given = [event for event in events if event.ask_id == ask.id and event.kind == "delegated"]
    return _happening(given[-1], reader, ask) if ask.delegate is not None and given else None


def _happening(event: Event, reader: Reader, ask: Ask | None) -> Happening:
    if is_erased(event):
        return Happening(
            at=reader.moment(event.at),
            sentence=sentence(visible(erased_sentence(event, ask, reader))),
            passed_over=(),
            note="",
            detail=None,
        )
    is_owners = ask is not None and ask.route == OWNER
    said = SAID.get(event.kind, frozenset()) | {*NOTES, "skipped"}
    rest = {name: value for name, value in event.detail.items() if name not in said}
    return Happening(
        at=reader.moment(event.at),
        sentence=sentence(visible(_sentence(event, reader, is_owners=is_owners))),
        passed_over=tuple(_passed_over(event.detail.get("skipped"), reader)),
        note=visible(_note(event, reader)),
        detail=cell(rest) if rest else None,
    )


def _note(event: Event, reader: Reader) -> str:
    """Return the words that go with an event; why it moved with people called by name."""
    name = next((name for name in NOTES if event.detail.get(name)), "")
    text = str(event.detail[name]) if name else ""
    if name != "why":
        return text
    if is_release(event):
        return text.removeprefix(f"{event.who} gave it back").removeprefix(": ")
    return sentence(with_names(text, event, reader))


def is_release(event: Event) -> bool:
    """Whether an ask went on because a person gave it back."""
    return event.kind == "advanced" and event.who != "handraise"


def with_names(text: str, event: Event, reader: Reader) -> str:
    """Return a sentence of ours with those it concerns called by their full names.

    What follows a colon is somebody's words, and stays as it is.
    """
    ids = {event.who, *(event.detail.get(name) for name in ("from", "to", "holder"))}
    first = text.partition(" ")[0]
    ids |= {first} if first in reader.people else set()
    head, colon, tail = text.partition(":")
    named = _NAME.sub(
        lambda found: reader.full_name(found[0]) if found[0] in ids else found[0], head
    )
    return f"{named}{colon}{tail}"


def _passed_over(skipped: Any, reader: Reader) -> list[str]:
    found = [one for one in skipped if isinstance(one, Mapping)] if skipped else []
    return [
        sentence(visible(f"{reader.full_name(one.get('person'))} {one.get('why')}"))
        for one in found
    ]


def _sentence(event: Event, reader: Reader, *, is_owners: bool) -> str:
    wording = _WORDINGS.get(event.kind)
    words = wording(event, reader) if wording else _of_a_new_kind(event, reader)
    is_last = event.detail.get("with_owner") and not is_owners
    return f"{words}, as the last resort" if is_last and event.kind in CAME else words


def _of_a_new_kind(event: Event, reader: Reader) -> str:
    return f"{spaced(event.kind)} ({_who(event, reader)})"


def _who(event: Event, reader: Reader) -> str:
    if event.who.startswith("agent:"):
        return event.who.removeprefix("agent:")
    return "Handraise" if event.who == "handraise" else reader.name(event.who)


def _to(event: Event, reader: Reader) -> str:
    return reader.name(_text(event, "to"))


def _from(event: Event, reader: Reader) -> str:
    return reader.name(_text(event, "from"))


def _text(event: Event, name: str) -> str | None:
    value = event.detail.get(name)
    return value if isinstance(value, str) else None


def _were(who: str) -> str:
    return "were" if who == "you" else "was"


def _for_route(event: Event) -> str:
    route = _text(event, "route")
    return f", for {route_name(route)}" if route else ""


def _created(event: Event, _reader: Reader) -> str:
    return f"{event.agent} stopped and asked"


def _assigned(event: Event, reader: Reader) -> str:
    to = _to(event, reader)
    return f"{to} {_were(to)} asked{_for_route(event)}"


def _advanced(event: Event, reader: Reader) -> str:
    if is_release(event):
        return f"{_who(event, reader)} gave it back, and it went to {_to(event, reader)}"
    return f"it moved on from {_from(event, reader)} to {_to(event, reader)}"


def _reassigned(event: Event, reader: Reader) -> str:
    left, by = _text(event, "from"), _who(event, reader)
    taken = f", from {reader.name(left)}" if left and left != event.who else ""
    return f"{by} gave it to {_to(event, reader)}{taken}"


def _delegated(event: Event, reader: Reader) -> str:
    return f"{_who(event, reader)} asked {_to(event, reader)} to do the work of it"


def _delegation_ended(event: Event, reader: Reader) -> str:
    left = _from(event, reader)
    return f"{left} no longer {'do' if left == 'you' else 'does'} the work of it"


def _expired(event: Event, reader: Reader) -> str:
    holder = reader.name(_text(event, "holder"))
    had = f"{holder} said they had it, and have" if holder != "you" else "you said: I have it, and"
    rest = " not decided" if holder != "you" else " have not decided"
    return f"{had}{rest}; it must be said again, or it goes to the next person"


def _reminded(event: Event, reader: Reader) -> str:
    count = event.detail.get("count")
    times = counted(count if isinstance(count, int) else 1, "reminder")
    return f"{_to(event, reader)} got a reminder ({times} so far)"


def _asked_again(event: Event, reader: Reader) -> str:
    to = _to(event, reader)
    return f"{to} {_were(to)} asked again"


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
    if _text(event, "from"):
        return f"{_who(event, reader)} took it from {_from(event, reader)}"
    return f"{_who(event, reader)} said: I have it"


def _answered(event: Event, reader: Reader) -> str:
    said = ANSWERED.get(_text(event, "answer") or "", "answered")
    holder = _text(event, "on_behalf_of")
    instead = f" on behalf of {reader.name(holder)}" if holder else ""
    confirmed = ", confirmed with a passkey" if _text(event, "confirmed_with") else ""
    return f"{_who(event, reader)} {said}{instead}{_for_route(event)}{confirmed}"


def _resolved(event: Event, _reader: Reader) -> str:
    return f"it ended: {OUTCOMES.get(_text(event, 'outcome') or '', 'resolved').lower()}"


def _redacted(event: Event, reader: Reader) -> str:
    return f"{_who(event, reader)} had the personal data in this erased"


def _grant_used(event: Event, reader: Reader) -> str:
    used_by = _text(event, "used_by") or _who(event, reader)
    return f"the grant was used by {used_by}: it cannot be used again"


def _outcome_told(event: Event, reader: Reader) -> str:
    turned_out = "right" if event.detail.get("is_right") is True else "wrong"
    who = _who(event, reader)
    if event.who.startswith("key:"):
        who = f"the key “{event.who.removeprefix('key:')}”"
    if event.detail.get("source") == "agent":
        who = f"{who} itself, whose word does not count"
    return f"it turned out {turned_out}, as told by {who}"


_WORDINGS: dict[str, Callable[[Event, Reader], str]] = {
    "created": _created,
    "assigned": _assigned,
    "advanced": _advanced,
    "reassigned": _reassigned,
    "delegated": _delegated,
    "delegation_ended": _delegation_ended,
    "acknowledgement_expired": _expired,
    "reminded": _reminded,
    "asked_again": _asked_again,
    "delayed": _delayed,
    "undelivered": _undelivered,
    "came_back": _came_back,
    "acknowledged": _acknowledged,
    "answered": _answered,
    "resolved": _resolved,
    "redacted": _redacted,
    "grant_used": _grant_used,
    "outcome_told": _outcome_told,
}
