"""What came of a run, in figures: who was asked what, what the gate was worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from handraise.core.table.expression import as_sentence
from handraise.core.table.types import Row, Table
from handraise.demo.known import Promised
from handraise.demo.operation import Course, of_type
from handraise.demo.requests import MONEY

MONTHS = {"change_billing": 12}
"""For how many months the money of an action is counted."""


class Errors(Struct, frozen=True, kw_only=True):
    """How often the wrong thing was done, and the money it moved."""

    done: int
    wrong: int
    money_usd: float

    @property
    def rate(self) -> float | None:
        """The share that was wrong; None when nothing was done."""
        return self.wrong / self.done if self.done else None


class RowCount(Struct, frozen=True, kw_only=True):
    """How often a row stopped the agent, and who is asked then."""

    row: str
    when: str
    to: str
    people: str
    stopped: int
    unfamiliar: int


class Looked(Struct, frozen=True, kw_only=True):
    """What condition three was worth where it looked at the words themselves.

    Attributes:
        promise: the share of familiar requests that it may stop for nothing, and between what.
        familiar: how many familiar requests were run.
        stopped: how many of them it stopped.
        unfamiliar: how many requests of types the agent never saw were run.
        caught: how many of them it stopped.
        caught_alone: how many of them no other row stopped.
    """

    promise: Promised
    familiar: int
    stopped: int
    unfamiliar: int
    caught: int
    caught_alone: int


class Report(Struct, frozen=True, kw_only=True):
    """What came of a run.

    Attributes:
        requests: how many requests were run.
        alone: how many the agent did without asking.
        stopped: how many it asked about.
        waiting: how many nobody has answered yet.
        by_row: how often each row stopped it; one request may stop at several.
        by_outcome: how the answered ones ended.
        by_person: who answered how many.
        without_gate: what would have happened had it done everything it drafted.
        with_gate: what it did alone.
        with_people: what it did alone or with leave.
        unfamiliar: how many requests were of types it never saw.
        unfamiliar_stopped: how many of them it asked about.
        looked: how often what is unlike all that was learned stopped it; None where no row looks.
        accuracy: the share of familiar requests whose type it guessed right.
        stopped_though_right: familiar requests stopped although what it drafted was right.
        messages: how many messages called people to what they were asked.
        asks: how many asks these stood for; those told in one, or found in the inbox, included.
        seconds: how long the training and the run took.
    """

    requests: int
    alone: int
    stopped: int
    waiting: int
    by_row: tuple[RowCount, ...]
    by_outcome: dict[str, int]
    by_person: dict[str, int]
    without_gate: Errors
    with_gate: Errors
    with_people: Errors
    unfamiliar: int
    unfamiliar_stopped: int
    looked: Looked | None
    accuracy: float | None
    stopped_though_right: int
    messages: int
    asks: int
    seconds: dict[str, float]


def report_of(
    courses: Sequence[Course],
    table: Table,
    *,
    messages: int = 0,
    asks: int = 0,
    promise: Promised | None = None,
    seconds: dict[str, float] | None = None,
) -> Report:
    """Return the figures of a run."""
    alone = [course for course in courses if course.is_alone]
    familiar, foreign = of_type(courses, unfamiliar=False), of_type(courses, unfamiliar=True)
    answered = [course.resolution for course in courses if course.resolution is not None]
    guessed = sum(course.draft.type == course.request.type for course in familiar)
    return Report(
        requests=len(courses),
        alone=len(alone),
        stopped=len(courses) - len(alone),
        waiting=sum(course.is_waiting for course in courses),
        by_row=tuple(_row_count(row, courses, table) for row in table.rows),
        by_outcome=_counted(resolution.outcome for resolution in answered),
        by_person=_counted(resolution.by or "nobody" for resolution in answered),
        without_gate=_errors((course, course.draft.proposal) for course in courses),
        with_gate=_errors((course, course.did) for course in alone),
        with_people=_errors((course, course.did) for course in courses if course.did is not None),
        unfamiliar=len(foreign),
        unfamiliar_stopped=sum(not course.is_alone for course in foreign),
        looked=None if promise is None else _looked(familiar, foreign, table, promise),
        accuracy=guessed / len(familiar) if familiar else None,
        stopped_though_right=sum(
            not course.is_alone and not _is_wrong(course, course.draft.proposal)
            for course in familiar
        ),
        messages=messages,
        asks=asks,
        seconds=seconds or {},
    )


def _looked(
    familiar: Sequence[Course], foreign: Sequence[Course], table: Table, promise: Promised
) -> Looked:
    rows = {row.id for row in table.unfamiliar_rows}
    return Looked(
        promise=promise,
        familiar=len(familiar),
        stopped=sum(not rows.isdisjoint(course.rows) for course in familiar),
        unfamiliar=len(foreign),
        caught=sum(not rows.isdisjoint(course.rows) for course in foreign),
        caught_alone=sum(
            not course.is_alone and rows.issuperset(course.rows) for course in foreign
        ),
    )


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _row_count(row: Row, courses: Sequence[Course], table: Table) -> RowCount:
    hit = [course for course in courses if row.id in course.rows]
    people = [table.people[id].name for id in table.route_people(row.to)]
    return RowCount(
        row=row.id,
        when=_when(row, table),
        to=row.to,
        people=", then ".join(people),
        stopped=len(hit),
        unfamiliar=len(of_type(hit, unfamiliar=True)),
    )


def _when(row: Row, table: Table) -> str:
    if row.kind == "below":
        limit = "its type's limit" if row.below is None else f"{row.below:g}"
        return f"confidence below {limit}"
    if row.kind == "severity":
        return f"severity {row.severity} or worse"
    if row.kind == "unknown":
        return "a type it was not trained on"
    if row.unfamiliar is not None:
        return "unlike all it was trained on"
    units = {id: fact.unit for id, fact in table.facts.items() if fact.unit}
    return as_sentence(row.when, units) if row.when is not None else ""


def _errors(done: Iterable[tuple[Course, Any]]) -> Errors:
    count = wrong = 0
    money = 0.0
    for course, proposal in done:
        count += 1
        if _is_wrong(course, proposal):
            wrong += 1
            money += _moved_wrongly(course, proposal)
    return Errors(done=count, wrong=wrong, money_usd=round(money, 2))


def _is_wrong(course: Course, proposal: Any) -> bool:
    """Whether a careful person would not have done that."""
    right = course.request.right_proposal
    return course.draft.action != course.request.right_action or proposal != right


def _moved_wrongly(course: Course, proposal: Any) -> float:
    """Return the money in USD, within a year, that was moved and should not have been."""
    action, request = course.draft.action, course.request
    field = MONEY.get(action)
    if field is None or not isinstance(proposal, dict):
        return 0.0
    right = request.right_amount if action == request.right_action else 0.0
    return abs(float(proposal.get(field, 0.0)) - right) * MONTHS.get(action, 1)


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain values, rates included."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(report)
    for name in ("without_gate", "with_gate", "with_people"):
        plain[name]["rate"] = getattr(report, name).rate
    return plain
