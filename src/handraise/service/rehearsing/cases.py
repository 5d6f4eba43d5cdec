"""The decisions of an exercise, and which of those that stop are put to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from handraise.core.gate.digest import plain_decision
from handraise.core.lifecycle.askers import askers_named
from handraise.core.table.types import Case, Table
from handraise.model import OWNER, Decision, RehearsalQuestion, Verdict

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

    Args:
        stops: in their order.
        per_person: at most so many for each person, at least 1.
    """
    left = list(stops)
    given: Counter[str] = Counter()
    reached: set[tuple[str, str]] = set()
    taken: list[Stop] = []
    while fitting := [one for one in left if one.people and not _full(one, given, per_person)]:
        best = max(fitting, key=lambda one: len(_reach(one) - reached))  # the first of the best
        left.remove(best)
        taken.append(best)
        given.update(best.people.keys())
        reached |= _reach(best)
    taken.sort(key=lambda one: one.question.number)
    why = {one.question.name: _why(one, given, per_person) for one in left}
    return Chosen(stops=tuple(map(_numbered, range(1, len(taken) + 1), taken)), left_out=why)


def _full(stop: Stop, given: Counter[str], per_person: int) -> list[str]:
    """Return who of those to be asked has as many as they may be given."""
    return [person for person in stop.people if given[person] >= per_person]


def _reach(stop: Stop) -> set[tuple[str, str]]:
    question = stop.question
    routes = {("route", route) for route in question.routes}
    return routes | {("row", reason.row) for reason in question.reasons}


def _why(stop: Stop, given: Counter[str], per_person: int) -> str:
    if not stop.people:
        return "nobody of its routes can be asked"
    full = _full(stop, given, per_person)
    return f"{' and '.join(full)} {'has' if len(full) == 1 else 'have'} {per_person} already"


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
