"""What is still known of an event whose details were erased: who did it, when, and of what kind."""

from __future__ import annotations

from collections.abc import Callable

from handraise.model import Ask, Event
from handraise.web.pages.views.words import ANSWERED, Reader, route_name, spaced

MARKER = {"erased": True}
"""What stands in place of the details."""


def is_erased(event: Event) -> bool:
    """Whether the details of an event were erased."""
    return event.detail == MARKER


def erased_sentence(event: Event, ask: Ask | None, reader: Reader) -> str:
    """Return what happened as far as it is known without the details.

    Args:
        event: with its details erased.
        ask: the ask concerned; the record of who had it first, and who answered, stays in it.
        reader: who reads.
    """
    wording = _WORDINGS.get(event.kind)
    if wording is not None:
        return wording(event, ask, reader)
    who = _who(event, reader)
    return _KNOWN.get(event.kind, f"{spaced(event.kind)} ({{who}})").format(who=who)


def _who(event: Event, reader: Reader) -> str:
    if event.who.startswith("agent:"):
        return event.who.removeprefix("agent:")
    return "Handraise" if event.who == "handraise" else reader.name(event.who)


def _created(event: Event, _ask: Ask | None, _reader: Reader) -> str:
    return f"{event.agent} stopped and asked"


def _assigned(_event: Event, ask: Ask | None, reader: Reader) -> str:
    if ask is None:
        return "somebody was asked"
    first = reader.name(ask.tried[0] if ask.tried else ask.holder)
    return f"{first} {'were' if first == 'you' else 'was'} asked, for {route_name(ask.route)}"


def _advanced(event: Event, _ask: Ask | None, reader: Reader) -> str:
    if event.who == "handraise":
        return "it moved on to somebody else"
    return f"{_who(event, reader)} gave it back, and it went to somebody else"


def _answered(event: Event, ask: Ask | None, reader: Reader) -> str:
    who, answer = _who(event, reader), ask.answer if ask is not None else None
    if ask is None or answer is None or (answer.by, answer.at) != (event.who, event.at):
        return f"{who} answered"
    instead = f" on behalf of {reader.name(answer.on_behalf_of)}" if answer.on_behalf_of else ""
    return f"{who} {ANSWERED[answer.kind]}{instead}, for {route_name(ask.route)}"


_WORDINGS: dict[str, Callable[[Event, Ask | None, Reader], str]] = {
    "created": _created,
    "assigned": _assigned,
    "advanced": _advanced,
    "answered": _answered,
}

_KNOWN = {
    "reassigned": "{who} gave it to somebody by name",
    "delegated": "{who} asked somebody to do the work of it",
    "delegation_ended": "the work of it went back to whoever had it",
    "acknowledgement_expired": "whoever had it was asked to say so again",
    "reminded": "whoever had it got a reminder",
    "asked_again": "whoever had it was asked again",
    "delayed": "a message did not go out at first",
    "undelivered": "a message reached nobody",
    "came_back": "the agent gave a sign of life again",
    "acknowledged": "{who} said: I have it",
    "resolved": "it ended",
    "grant_used": "the grant was used: it cannot be used again",
    "outcome_told": "it was told how it turned out",
}
