"""Who is asked: each ask with whom it is, how it came there, and who has and has not yet agreed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from handraise.model import Ask, Escalation, Event
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.history import Happening, how_delegated, how_it_came
from handraise.web.pages.views.standing import ended_by, picked_up, with_whom, working
from handraise.web.pages.views.words import ANSWERED, Moment, Reader, route_name, sentence

ASK_STATES = {
    "open": "open",
    "closed": "closed",
    "approve": "agreed",
    "change": "agreed",
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken over",
}


class AskView(Struct, frozen=True, kw_only=True):
    """Who must agree, who has it, until when.

    Attributes:
        route: for which route.
        place: which of several of this route, `1 of 2`; empty for the only one.
        state: for the chip's colour.
        state_words: in the chip.
        sentence: with whom it is, or what came of it.
        working: who does the work of it for the holder; empty for nobody.
        working_note: the word that went with it.
        came: each hand it went through before, and why.
        acknowledge_by: until when it must be picked up.
        again_by: until when whoever has picked it up must say so again.
        decide_by: until when it must be decided.
        answered_at: when it was answered.
        note: the person's own words.
    """

    route: str
    place: str
    state: str
    state_words: str
    sentence: str
    working: str
    working_note: str
    came: tuple[Happening, ...]
    acknowledge_by: Moment | None
    again_by: Moment | None
    decide_by: Moment | None
    answered_at: Moment | None
    note: str


def ask_views(
    escalation: Escalation, events: Sequence[Event], reader: Reader
) -> tuple[AskView, ...]:
    """Return the asks in words."""
    return tuple(_ask(ask, escalation, events, reader) for ask in escalation.asks)


def _ask(ask: Ask, escalation: Escalation, events: Sequence[Event], reader: Reader) -> AskView:
    answer = ask.answer
    state = answer.kind if answer else ask.state
    given = how_delegated(events, ask, reader) if ask.state == "open" else None
    return AskView(
        route=route_name(ask.route),
        place=place_of(ask, escalation),
        state=state,
        state_words=ASK_STATES[state],
        sentence=_sentence(ask, escalation, reader),
        working=working(ask, reader) if ask.state == "open" else "",
        working_note=given.note if given else "",
        came=how_it_came(events, ask, reader),
        acknowledge_by=_while_open(ask, ask.acknowledge_due_at, reader),
        again_by=_while_open(ask, _said_again_by(ask), reader),
        decide_by=_while_open(ask, ask.decide_due_at, reader),
        answered_at=reader.moment(answer.at) if answer else None,
        note=visible((answer.reason or answer.instruction or "") if answer else ""),
    )


def place_of(ask: Ask, escalation: Escalation) -> str:
    """Return which of several asks of one route this is, `1 of 2`; empty for the only one."""
    same = [one.id for one in escalation.asks if one.route == ask.route]
    return f"{same.index(ask.id) + 1} of {len(same)}" if len(same) > 1 else ""


def _said_again_by(ask: Ask) -> datetime | None:
    """Return until when an acknowledgement holds, where that is before the decision is due."""
    until = ask.acknowledged_until
    return until if until is not None and until < ask.decide_due_at else None


def _while_open(ask: Ask, at: datetime | None, reader: Reader) -> Moment | None:
    return reader.moment(at) if ask.state == "open" and at is not None else None


def _sentence(ask: Ask, escalation: Escalation, reader: Reader) -> str:
    if ask.answer is not None:
        instead = ask.answer.on_behalf_of
        held = f" on behalf of {reader.name(instead)}" if instead else ""
        return sentence(f"{reader.name(ask.answer.by)} {ANSWERED[ask.answer.kind]}{held}")
    if ask.state == "closed":
        return sentence(f"not needed any more: {ended_by(escalation, reader)}")
    return sentence(f"{with_whom(ask, reader)}{picked_up(ask)}")


def agreement(escalation: Escalation, reader: Reader) -> tuple[str, ...]:
    """Return who has and who has not yet agreed, a sentence each; empty where one answer decides.

    Routes that need several of their people are counted by themselves.
    """
    if escalation.state != "open" or len(escalation.asks) < 2:
        return ()
    groups: dict[str, list[Ask]] = {}
    for ask in escalation.asks:
        groups.setdefault(ask.route, []).append(ask)
    lines = [
        _count(asks, f"of {route_name(route)} have agreed", reader)
        for route, asks in groups.items()
        if len(asks) > 1
    ]
    if len(groups) > 1:
        lines.insert(0, _count(escalation.asks, "agreements given", reader))
    return tuple(lines)


def _count(asks: Sequence[Ask], what: str, reader: Reader) -> str:
    have = [reader.name(ask.answer.by) for ask in asks if ask.answer is not None]
    wait = [reader.name(ask.holder) for ask in asks if ask.answer is None]
    who = f", by {_listed(have)}" if have else ""
    missing = f" Still missing: {_listed(wait)}." if wait else ""
    return visible(f"{len(have)} of {len(asks)} {what}{who}.{missing}")


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
