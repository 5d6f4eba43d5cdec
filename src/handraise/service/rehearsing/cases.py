"""The decisions of an exercise, and which of those that stop are put to people."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from handraise.core.gate.digest import plain_decision
from handraise.core.lifecycle.askers import askers_named
from handraise.core.table.types import Case, Table
from handraise.model import OWNER, Decision, RehearsalQuestion, Verdict
from handraise.service.rehearsing.words import joined

Judge = Callable[[Decision], Verdict]

MOST_TOLD = 200
"""So many of the decisions that nobody is asked about are told by name."""


class ExerciseCase(Struct, frozen=True, kw_only=True):
    """A decision for an exercise.

    Attributes:
        name: one line for people.
        decision: what the agent would be about to do.
        expected: the routes it is expected to stop at; empty for `proceed`; None for no matter.
        before: how it ended when it was real; empty where it was not.
    """

    name: str
    decision: Decision
    expected: tuple[str, ...] | None = None
    before: str = ""


class Judged(Struct, frozen=True, kw_only=True):
    """How the gate judges the decisions of an exercise.

    Attributes:
        stops: those that stop, not numbered yet, each with who would be asked for which routes.
        went_ahead: the names of the others.
    """

    stops: tuple[Stop, ...]
    went_ahead: tuple[str, ...]


class Stop(Struct, frozen=True, kw_only=True):
    """A decision that stops, and for which routes each person would answer."""

    question: RehearsalQuestion
    people: dict[str, tuple[str, ...]]


class Chosen(Struct, frozen=True, kw_only=True):
    """What is put to people, numbered from 1, and what is not, by name, with why."""

    stops: tuple[Stop, ...]
    left_out: dict[str, str]


def exercise_cases(cases: Sequence[Case]) -> list[ExerciseCase]:
    """Return the tests of a table as decisions of an exercise."""
    return [
        ExerciseCase(name=case.name, decision=Decision(**case.given), expected=case.escalate)
        for case in cases
    ]


def judged(cases: Sequence[ExerciseCase], judge: Judge, table: Table) -> Judged:
    """Return how the gate judges the decisions, and who would be asked about each.

    Nobody is asked about what they asked the agent for themselves.
    """
    stops: list[Stop] = []
    went_ahead: list[str] = []
    for case in cases:
        verdict = judge(case.decision)
        if not verdict.reasons:
            went_ahead.append(case.name)
            continue
        plain, _ = plain_decision(case.decision)
        routes = verdict.routes or (OWNER,)
        question = RehearsalQuestion(
            number=len(stops) + 1,
            name=case.name,
            decision=plain,
            reasons=verdict.reasons,
            routes=routes,
            expected=case.expected,
            before=case.before,
            familiarity=verdict.familiarity,
        )
        stops.append(Stop(question=question, people=_people(plain, routes, table)))
    return Judged(stops=tuple(stops), went_ahead=tuple(went_ahead))


def _people(plain: Decision, routes: Sequence[str], table: Table) -> dict[str, tuple[str, ...]]:
    named = plain.asked_by if isinstance(plain.asked_by, str) else ""
    asking = set(askers_named(named, table.people)) if named else set()
    people: dict[str, tuple[str, ...]] = {}
    for route in routes:
        for person in table.route_people(route):
            if person not in asking:
                people[person] = (*people.get(person, ()), route)
    return people


def chosen(stops: Sequence[Stop], per_person: int) -> Chosen:
    """Return which stops are put to people: first what reaches routes and rows that none has yet.

    Of those that reach as much, those go first that everybody of their routes can still be asked.
    A person who has enough is asked no more, and the others of the route are.

    Args:
        stops: in their order.
        per_person: at most so many for each person, at least 1.
    """
    given: Counter[str] = Counter()
    reached: set[str] = set()
    taken: list[Stop] = []
    left = [(_rank(one, one, reached), place) for place, one in enumerate(stops) if one.people]
    heapq.heapify(left)
    while left:
        rank, place = left[0]
        room = _with_room(stops[place], given, per_person)
        now = _rank(room, stops[place], reached)
        if not room.people:
            heapq.heappop(left)
        elif now != rank:  # it can only have become worse, so the best of the others may be better
            heapq.heapreplace(left, (now, place))
        else:
            heapq.heappop(left)
            taken.append(room)
            given.update(room.people.keys())
            reached |= _reach(room)
    taken.sort(key=lambda one: one.question.number)
    numbers = {one.question.number for one in taken}
    why = {
        one.question.name: _why(one, per_person)
        for one in stops
        if one.question.number not in numbers
    }
    return Chosen(stops=tuple(map(_numbered, range(1, len(taken) + 1), taken)), left_out=why)


def _with_room(stop: Stop, given: Counter[str], per_person: int) -> Stop:
    """Return a stop with those of its people who have not as many as they may be given."""
    people = {who: routes for who, routes in stop.people.items() if given[who] < per_person}
    return Stop(question=stop.question, people=people)


def _rank(room: Stop, stop: Stop, reached: set[str]) -> tuple[int, bool]:
    """Return what sorts first the stop that reaches most, and is put to everybody it is for."""
    return -len(_reach(room) - reached), len(room.people) < len(stop.people)


def _reach(stop: Stop) -> set[str]:
    """Return the routes that people would answer for, and the rows that fired."""
    routes = {f"route {route}" for routes in stop.people.values() for route in routes}
    return routes | {f"row {reason.row}" for reason in stop.question.reasons}


def _why(stop: Stop, per_person: int) -> str:
    """Return why a stop is put to nobody: there is nobody, or all have enough."""
    if not stop.people:
        return "nobody of its routes can be asked"
    full = list(stop.people)
    enough = f"{joined(full)} {'has' if len(full) == 1 else 'have'} {per_person} already"
    return f"{enough}, and nobody else of its routes can be asked"


def _numbered(number: int, stop: Stop) -> Stop:
    question = msgspec.structs.replace(stop.question, number=number)
    numbered: Stop = msgspec.structs.replace(stop, question=question)
    return numbered


def told_at_most(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first names, and how many more there are."""
    more = len(names) - MOST_TOLD
    return names if more <= 0 else (*names[:MOST_TOLD], f"and {more:,} more")


def left_at_most(left: dict[str, str]) -> dict[str, str]:
    """Return the first of what was left out, with why, and how many more there are."""
    more = len(left) - MOST_TOLD
    if more <= 0:
        return left
    first = dict(list(left.items())[:MOST_TOLD])
    return {**first, f"and {more:,} more": "for reasons of the same kind"}
