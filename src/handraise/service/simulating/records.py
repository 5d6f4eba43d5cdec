"""What a simulation says: of each route, of each person, of each hour of the week, and in words."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Estimate(Struct, frozen=True):
    """A figure over all repetitions.

    Attributes:
        value: the mean; None where it is endless, as a wait is that never ends.
        low: 2.5 % of the repetitions are below it; None as above.
        high: 2.5 % of the repetitions are above it; None as above.
    """

    value: float | None
    low: float | None
    high: float | None


class Waits(Struct, frozen=True, kw_only=True):
    """How long asks wait by the clock on the wall, nights and weekends included, in seconds."""

    median_s: Estimate
    p90_s: Estimate
    p99_s: Estimate


class RouteLoad(Struct, frozen=True, kw_only=True):
    """What comes to one route, and what becomes of it.

    Attributes:
        route: its id.
        asks: how many asks it got.
        acknowledge_within_s: its first deadline.
        decide_within_s: its second deadline.
        late_to_acknowledge: share that nobody acknowledged within the first deadline, counted from
            when it was asked, whoever held it meanwhile.
        late_to_decide: share that nobody answered within the second one, counted in the same way.
        passed_on: share that a deadline, or the end of somebody's hours, moved at least once.
        reached_owner: share that came to the owner as the last resort.
        unanswered: share that nobody had answered when the run was over.
        nobody_there: share that came while none of its people was on duty.
        waits: until somebody began.
        answers: until somebody answered.
        hours: what came at each hour of the week.
        acknowledge_held: whether the first deadline was held for the share that was asked for.
        decide_held: whether the second one was.
    """

    route: str
    asks: int
    acknowledge_within_s: float
    decide_within_s: float
    late_to_acknowledge: Estimate
    late_to_decide: Estimate
    passed_on: Estimate
    reached_owner: Estimate
    unanswered: Estimate
    nobody_there: float
    waits: Waits
    answers: Waits
    hours: tuple[HourLoad, ...]
    acknowledge_held: bool
    decide_held: bool


class HourLoad(Struct, frozen=True, kw_only=True):
    """What came to a route at one hour of the week, over the whole time.

    Attributes:
        weekday: 0 (Monday) to 6, in the zone of the simulation.
        hour: 0 to 23.
        asks: how many came, over all weeks.
        late: mean number of them that nobody acknowledged within the first deadline.
        wait_s: their mean wait until somebody began; those that nobody began wait to the end of the
            run. None where none came.
    """

    weekday: int
    hour: int
    asks: int
    late: float
    wait_s: float | None


class PersonLoad(Struct, frozen=True, kw_only=True):
    """What one person has to do.

    Attributes:
        person: their id.
        asks: how many asks were put to them.
        answered: how many they answered.
        duty_s: how long they were on duty.
        busy: share of their duty in which they worked.
        overtime_s: how long they worked when their hours had ended.
        full: share of their duty in which they were at a limit, so that others were asked.
        days: how many of their days had some duty.
        full_days: share of those days on which they came to their limit a day; None without one.
        longest_backlog: the most asks that they held at once.
    """

    person: str
    asks: Estimate
    answered: Estimate
    duty_s: float
    busy: Estimate
    overtime_s: Estimate
    full: Estimate
    days: int
    full_days: Estimate | None
    longest_backlog: Estimate


class Simulated(Struct, frozen=True, kw_only=True):
    """What would have become of the asks of a history.

    Attributes:
        starts_at: when the first came.
        ends_at: when the last came.
        asks: how many there were.
        repetitions: how many runs there were; one where nothing was left to chance.
        seed: of what is drawn.
        target: the share of asks for which a deadline is to be held.
        zone: the zone of the hours of the week.
        pull: whether people work on what they hold alone, or on what anybody of their route holds.
        handling: `measured` where all handling times were, `assumed` where none was, else `partly`.
        routes: those that got asks, in the table's order, `owner` last.
        people: everybody on the table, in its order.
        unanswered: share of all asks that nobody had answered when the run was over.
        deadlines_held: whether every route holds both deadlines.
        findings: what matters of this, in plain words; empty when all is well.
        assumptions: what was assumed, in plain words.
    """

    starts_at: datetime
    ends_at: datetime
    asks: int
    repetitions: int
    seed: int
    target: float
    zone: str
    pull: Literal["own", "route"]
    handling: Literal["measured", "partly", "assumed"]
    routes: tuple[RouteLoad, ...]
    people: tuple[PersonLoad, ...]
    unanswered: Estimate
    deadlines_held: bool
    findings: tuple[str, ...]
    assumptions: tuple[str, ...]

    def route(self, id: str) -> RouteLoad | None:
        """Return what became of a route's asks; None where it got none."""
        return next((one for one in self.routes if one.route == id), None)

    def person(self, id: str) -> PersonLoad | None:
        """Return what somebody had to do; None for who is not on the table."""
        return next((one for one in self.people if one.person == id), None)


class More(Struct, frozen=True, kw_only=True):
    """People of one kind to be added to a route.

    Attributes:
        count: how many.
        hours: when they are there, as it is written in a table.
        zone: the IANA zone of that.
        late: share of the route's asks that then miss a deadline.
    """

    count: int
    hours: str
    zone: str
    late: float


class Needed(Struct, frozen=True, kw_only=True):
    """What one route needs.

    Attributes:
        route: its id.
        late: share of its asks that miss a deadline now: of the worse of the two.
        more: who is to be added, in the order in which they help; empty where nobody is needed,
            or nobody helps.
        late_then: share that misses a deadline with them.
        holds: whether both deadlines are then held for the share that was asked for.
        sentence: the answer in plain words.
    """

    route: str
    late: float
    more: tuple[More, ...]
    late_then: float
    holds: bool
    sentence: str


class Answer(Struct, frozen=True, kw_only=True):
    """How many more people would hold the deadlines.

    Attributes:
        target: the share of asks for which each deadline is to be held.
        asks: how many asks were looked at.
        most: how many people more for a route were tried at most.
        routes: what each route needs that got asks, in the table's order.
        holds: whether all deadlines are then held.
    """

    target: float
    asks: int
    most: int
    routes: tuple[Needed, ...]
    holds: bool
