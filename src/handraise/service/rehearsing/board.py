"""The scoreboard of an exercise: who has how many, who was told, saw and answered; never what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handraise.model import Rehearsal, RehearsalAsk


class PersonOnBoard(Struct, frozen=True, kw_only=True):
    """How far a person is.

    Attributes:
        person: who.
        told_at: when a channel took the message that asked them; None before.
        asked: how many questions were put to them.
        seen: how many they have opened.
        answered: how many they have answered.
        last_at: when they answered last; None before.
    """

    person: str
    told_at: datetime | None
    asked: int
    seen: int
    answered: int
    last_at: datetime | None


class RouteOnBoard(Struct, frozen=True, kw_only=True):
    """How far a route is.

    Attributes:
        route: which.
        asked: how many answers it is to give: one for each question and person.
        answered: how many it has given.
        people: how many people were asked for it.
        silent: how many of them have answered nothing for it yet.
    """

    route: str
    asked: int
    answered: int
    people: int
    silent: int


class Board(Struct, frozen=True, kw_only=True):
    """How far an exercise is.

    Attributes:
        asked: how many answers there are to give.
        answered: how many were given.
        people: in the order in which they were asked.
        routes: in the order of the questions.
    """

    asked: int
    answered: int
    people: tuple[PersonOnBoard, ...]
    routes: tuple[RouteOnBoard, ...]


def board_of(
    rehearsal: Rehearsal, asks: Sequence[RehearsalAsk], told: Mapping[str, datetime]
) -> Board:
    """Return how far an exercise is.

    Args:
        rehearsal: which.
        asks: all that was put to people in it.
        told: when each person was told, as far as they were.
    """
    return Board(
        asked=len(asks),
        answered=sum(ask.kind is not None for ask in asks),
        people=tuple(_person(one.person, asks, told.get(one.person)) for one in rehearsal.invited),
        routes=tuple(
            _route(route, asks)
            for route in dict.fromkeys(route for ask in asks for route in ask.routes)
        ),
    )


def _person(person: str, asks: Sequence[RehearsalAsk], told_at: datetime | None) -> PersonOnBoard:
    own = [ask for ask in asks if ask.person == person]
    times = [ask.answered_at for ask in own if ask.answered_at is not None]
    return PersonOnBoard(
        person=person,
        told_at=told_at,
        asked=len(own),
        seen=sum(ask.seen_at is not None for ask in own),
        answered=len(times),
        last_at=max(times, default=None),
    )


def _route(route: str, asks: Sequence[RehearsalAsk]) -> RouteOnBoard:
    own = [ask for ask in asks if route in ask.routes]
    people = {ask.person for ask in own}
    heard = {ask.person for ask in own if ask.kind is not None}
    return RouteOnBoard(
        route=route,
        asked=len(own),
        answered=sum(ask.kind is not None for ask in own),
        people=len(people),
        silent=len(people - heard),
    )
