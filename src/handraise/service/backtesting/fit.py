"""Which threshold fits the people, and what that costs. Plain JSON throughout."""

from __future__ import annotations

from msgspec import Struct

from handraise.service.backtesting.difference import Difference


class Level(Struct, frozen=True, kw_only=True):
    """What a route is asked at one threshold.

    Attributes:
        threshold: of the row; 0.0 where it stops nothing that has a usable confidence.
        a_day: asks a day, on average.
        busiest_asks: on the day with most.
        days_over: on how many days that was more than its people take.
        chance_over: on which share of days it will be, in [0, 1], by chance and by how much the
            days of the past differ.
    """

    threshold: float
    a_day: float
    busiest_asks: int
    days_over: int
    chance_over: float


class Without(Struct, frozen=True, kw_only=True):
    """What a route is asked even without the row.

    Attributes:
        route: the route.
        capacity: how many asks a day its people take; None where the budget does not say so.
        a_day: asks a day, on average.
        busiest: the day with most, `2026-03-31`.
        busiest_asks: how many then.
        days_over: on how many days that is more than its people take.
        fits: whether they take it on all but as many days as are allowed.
    """

    route: str
    capacity: int | None
    a_day: float
    busiest: str
    busiest_asks: int
    days_over: int
    fits: bool


class Unlooked(Struct, frozen=True, kw_only=True):
    """What is lost by not looking at the decisions of one type that go ahead now.

    Attributes:
        type: the type; empty for a missing one.
        decisions: how many of it go ahead now.
        lost: money (or errors, without a column of money) for each minute of a person's work (or
            for each ask, where the work was not measured).
    """

    type: str
    decisions: int
    lost: float


class Fit(Struct, frozen=True, kw_only=True):
    """Which threshold of a confidence row fits the people.

    Attributes:
        table: its path, as it was named.
        row: the row.
        line: where it stands in the file, 1-based.
        route: where it leads.
        budget: as it was written.
        each_a_day: how many asks a day each of the people takes; None where the budget is for all.
        people: those of the route.
        capacity: how many asks a day they take together.
        days: how many days the past has.
        decisions_a_day: how many decisions came a day.
        days_over: on which share of days it may be more, in (0, 1).
        is_exact: whether every score was looked at by itself; otherwise in steps of 1/1,000.
        threshold: the highest that fits, by the days of the past and by chance; None for none.
        by_days: the highest by the days of the past alone; None for none.
        by_chance: the highest by chance alone; None for none.
        tight: the routes, with those that share their people, that a higher one would overload;
            empty where none would.
        largest_share: of all decisions, the largest that the people can take; in (0, 1].
        variation: how much days differ beyond chance, the standard deviation over the mean.
        present: what the threshold that is there asks of the route.
        fitting: what the one that fits asks of it; None for none.
        needed: how many asks a day the people would have to take for the present threshold.
        more_people: how many more of them that is; None where the budget is for all.
        without: what each route is asked without the row.
        promise: what this means for what was promised of errors.
        keeps_promise: whether what was promised is kept; None where nothing was.
        unlooked: types that go ahead now, the least lost first; empty without labels.
        lost_as: what `lost` is, e.g. `money a minute`.
        difference: what changes with this threshold; None where none fits, or nothing changes.
    """

    table: str
    row: str
    line: int
    route: str
    budget: str
    each_a_day: int | None
    people: tuple[str, ...]
    capacity: int
    days: int
    decisions_a_day: float
    days_over: float
    is_exact: bool
    threshold: float | None
    by_days: float | None
    by_chance: float | None
    tight: tuple[str, ...]
    largest_share: float
    variation: float
    present: Level
    fitting: Level | None
    needed: int
    more_people: int | None
    without: tuple[Without, ...]
    promise: str
    keeps_promise: bool | None
    unlooked: tuple[Unlooked, ...] = ()
    lost_as: str = ""
    difference: Difference | None = None
