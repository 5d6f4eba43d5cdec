"""What does not add up in the answers, as questions that the team answers or leaves open.

Consistency is asked, not assumed: nothing here changes the table. A point goes away when the
answers change, and stays as an open one until somebody has said why it is all right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from handraise.core.duty import gap
from handraise.core.interview.names import listed
from handraise.core.interview.plan import PersonPlan, Plan, RolePlan
from handraise.core.interview.workbook import Workbook
from handraise.core.table.types import Person
from handraise.core.table.units import WEEKDAY_NAMES, hours
from handraise.model import OWNER

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday in a week without a change of clocks."""


class Point(Struct, frozen=True, kw_only=True):
    """Something that does not add up.

    Attributes:
        id: its name in the workbook: the kind, and what it is about.
        ask: the question that it raises.
        chapter: where the answers stand that raise it.
        item: the number of the item that it is about; 0 for none.
    """

    id: str
    ask: str
    chapter: str
    item: int = 0


def path_of(point: Point) -> str:
    """Return where the answer to a point is kept."""
    return f"points.{point.id}"


def points_of(plan: Plan, workbook: Workbook) -> tuple[Point, ...]:
    """Return what does not add up, in the order of the chapters."""
    return (
        *_of_actions(plan, workbook),
        *_of_people(plan, workbook),
        *(point for role in plan.roles for point in _of_role(plan, role)),
        *_of_several_roles(plan),
        *_of_the_owner(plan),
    )


def _of_actions(plan: Plan, workbook: Workbook) -> Iterator[Point]:
    for action in plan.actions:
        never_undone = workbook.known(f"{action.path}.undo") == "no"
        if never_undone and action.is_clear and action.level < plan.severe_from:
            ask = (
                f"{action.name} cannot be undone, and yet the agent may do it alone."
                " Should a human always decide it?"
            )
            yield _about(action.path, "undo", action.id, ask)
    level = plan.levels[plan.severe_from]
    if plan.actions and not plan.is_any_severe and plan.moves_money:
        ask = (
            f'From "{level}" on a human always decides, and nothing it may do is rated so badly.'
            " Is anything missing, or rated too mildly?"
        )
        yield Point(id="none_severe", ask=ask, chapter="actions")
    elif plan.actions and not plan.is_any_severe:
        ask = (
            "Nothing it may do is bad enough to stop for, and no money moves."
            " Which of these would you not want to read about in the newspaper?"
        )
        yield Point(id="harmless", ask=ask, chapter="actions")


def _of_people(plan: Plan, workbook: Workbook) -> Iterator[Point]:
    used = {id for role in plan.roles for id in role.people} | {plan.owner}
    for person in plan.people:
        if workbook.known(f"{person.path}.knows") == "no":
            ask = f"{person.name} does not know of it. Who talks to them, and by when?"
            yield _about(person.path, "knows", person.id, ask)
        if workbook.known(f"{person.path}.time") == "no":
            ask = f"{person.name} has no time for it. What do they leave undone, or who else is it?"
            yield _about(person.path, "time", person.id, ask)
        if person.id not in used:
            ask = f"{person.name} has no part in it. In which role do they decide?"
            yield _about(person.path, "unused", person.id, ask)


def _of_role(plan: Plan, role: RolePlan) -> Iterator[Point]:
    people = [one for one in plan.people if one.id in role.people]
    names = listed(one.name for one in people)
    if role.named and len(people) == 1:
        ask = f"{names} is alone as {role.name}. Who decides when they are away?"
        yield _about(role.path, "alone", role.id, ask)
    if role.named and plan.owner in role.people:
        ask = (
            f"The last resort is also {role.name}, so nobody is left behind them."
            " Who else could be the last resort?"
        )
        yield _about(role.path, "owner_too", role.id, ask)
    if role.needs > 1 and len(people) == role.needs:
        ask = (
            f"Two must agree as {role.name}, and there are only two. Who is the third, for when"
            " one is away?"
        )
        yield _about(role.path, "four_eyes", role.id, ask)
    taken = [person.capacity for person in people]
    room = sum(one for one in taken if one is not None)
    if role.expected is not None and None not in taken and role.expected * role.needs > room:
        ask = (
            f"You expect {role.expected} a day for {role.name}; {names} can take {room}."
            " Who takes the rest?"
        )
        yield _about(role.path, "load", role.id, ask)
    uncovered = _uncovered(people)
    if uncovered:
        ask = (
            f"Nobody is there as {role.name} {uncovered}, among other times. Who decides then?"
            " So far it is the last resort."
        )
        yield _about(role.path, "night", role.id, ask)
    if role.id not in plan.goes_to.values():
        ask = f"Nothing goes to {role.name}. When should it?"
        yield _about(role.path, "unused_role", role.id, ask)


def _of_several_roles(plan: Plan) -> Iterator[Point]:
    """Yield who comes first in several roles that together bring more than they can take."""
    for person in plan.people:
        first = [one for one in plan.roles if one.named and one.people[0] == person.id]
        expected = sum(one.expected or 0 for one in first)
        if len(first) > 1 and person.capacity is not None and expected > person.capacity:
            ask = (
                f"{person.name} comes first as {listed(one.name for one in first)}: {expected} a"
                f" day together, and they can take {person.capacity}. Who comes first elsewhere?"
            )
            yield _about(person.path, "first_in_all", person.id, ask)


def _of_the_owner(plan: Plan) -> Iterator[Point]:
    for person in plan.people:
        if person.id == plan.owner and _uncovered([person]):
            ask = (
                f"{person.name} is the last resort, and not always there. Who hears an alarm"
                " outside these hours?"
            )
            yield _about(person.path, "owner_hours", person.id, ask)
    leads = [key for key, route in plan.goes_to.items() if route == OWNER]
    if plan.roles and leads:
        what = {
            "unsure": "what it is not sure enough of",
            "money": "the money",
            "severe": "what is always decided by a human",
            "new": "what it has never seen",
        }
        said = [what[key] for key in leads if key != "money" or plan.moves_money]
        if said:
            ask = (
                f"The last resort decides about {listed(said)}, with nobody before them."
                " Is that meant?"
            )
            yield Point(id="owner_first", ask=ask, chapter="stops")


def _about(path: str, kind: str, id: str, ask: str) -> Point:
    chapter, number = path.split(".")
    return Point(id=f"{kind}_{id}", ask=ask, chapter=chapter, item=int(number))


def _uncovered(people: list[PersonPlan]) -> str:
    """Return the first stretch of a week at which none of them is there; empty for none."""
    records = [
        Person(
            id=one.id,
            name=one.name,
            contacts=(),
            hours=hours(one.hours),
            zone=one.zone or "UTC",
        )
        for one in people
    ]
    if not records:
        return ""
    zone = ZoneInfo(records[0].zone)
    found = gap(records, MONDAY.replace(tzinfo=zone))
    if found is None:
        return ""
    start, end = (instant.astimezone(zone) for instant in found)
    days = WEEKDAY_NAMES[start.weekday()], WEEKDAY_NAMES[end.weekday()]
    return f"from {days[0]} {start:%H:%M} to {days[1]} {end:%H:%M} ({records[0].zone})"
