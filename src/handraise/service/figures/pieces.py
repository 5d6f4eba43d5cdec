"""What people's work was in one hour or day, counted once: a stretch that is over never changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handraise.store.spans import EndedSpan, Flow

ALL = "all"


def of_route(route: str) -> str:
    """Return the group of what one route was asked."""
    return f"route {route}"


def of_condition(condition: str) -> str:
    """Return the group of what was asked for one condition."""
    return f"condition {condition}"


def of_person(person: str) -> str:
    """Return the group of what one person answered."""
    return f"person {person}"


class Piece(Struct, frozen=True, kw_only=True):
    """What happened in one stretch of time, by groups: `all`, `route …`, `condition …`, `person …`.

    Attributes:
        came: how many asks were put to each route.
        ended: how many asks of each route ended.
        oldest: of those of each route that ended, when the first was asked.
        answers: of each group, how many answers of each kind.
        by: of each group, who gave how many answers.
        picked_up: of each group, how long it took until somebody had it, in seconds, ascending.
        answered: of each group, how long it took until it was answered, in seconds, ascending.
        missed: how many deadlines each route missed, by who had had the ask.
        outcomes: how many escalations ended as what.
    """

    came: Mapping[str, int]
    ended: Mapping[str, int]
    oldest: Mapping[str, datetime]
    answers: Mapping[str, Counter[str]]
    by: Mapping[str, Counter[str]]
    picked_up: Mapping[str, Sequence[float]]
    answered: Mapping[str, Sequence[float]]
    missed: Mapping[str, Counter[str]]
    outcomes: Mapping[str, int]


def piece_of(flow: Flow) -> Piece:
    """Return what happened in a stretch of time, counted."""
    ended: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    by: dict[str, Counter[str]] = defaultdict(Counter)
    picked_up: dict[str, list[float]] = defaultdict(list)
    answered: dict[str, list[float]] = defaultdict(list)
    for span in flow.ended:
        ended[span.route] += 1
        oldest[span.route] = min(oldest.get(span.route, span.asked_at), span.asked_at)
        for group in _groups(span):
            if span.picked_up_at is not None:
                picked_up[group].append(_seconds(span.asked_at, span.picked_up_at))
            if span.answer is not None and span.by is not None:
                answers[group][span.answer] += 1
                by[group][span.by] += 1
                answered[group].append(_seconds(span.asked_at, span.ended_at))
    missed: dict[str, Counter[str]] = defaultdict(Counter)
    for route, person in flow.missed:
        missed[route][person] += 1
    return Piece(
        came=flow.came,
        ended=ended,
        oldest=oldest,
        answers=dict(answers),
        by=dict(by),
        picked_up={group: tuple(sorted(found)) for group, found in picked_up.items()},
        answered={group: tuple(sorted(found)) for group, found in answered.items()},
        missed=dict(missed),
        outcomes=flow.outcomes,
    )


def _groups(span: EndedSpan) -> Iterator[str]:
    yield ALL
    yield of_route(span.route)
    yield from map(of_condition, span.conditions)
    if span.by is not None:
        yield of_person(span.by)


def _seconds(since: datetime, until: datetime) -> float:
    return max((until - since).total_seconds(), 0.0)
