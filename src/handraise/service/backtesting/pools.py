"""Which people a budget is for, and which threshold leaves them with no more than they take.

A person may be on several routes. What fits each route alone may be too much for people whom two
of them share, so the routes are looked at together as well, in every combination that holds the
row's own route (Hall's condition: every group of routes needs as many hands as it has asks).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from handraise.core.capacity.limits import overflow
from handraise.core.table.types import Row, Table
from handraise.core.table.units import UnitProblem, capacity
from handraise.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

MOST_SHARED = 5
"""With more routes that share people than this, they are only looked at alone and all together."""
MOST_VARIATION = 10.0
LEAST_DAYS = 28
"""From so many days on, each weekday is looked at by itself."""
EACH = re.compile(r"(.*\S)\s+each\s*", re.DOTALL)


class Budget(Struct, frozen=True, kw_only=True):
    """How much people take.

    Attributes:
        a_day: asks a day.
        is_each: whether each person of a route takes so many, rather than all of them together.
        text: as it was written.
    """

    a_day: int
    is_each: bool
    text: str


class Pool(Struct, frozen=True, kw_only=True):
    """Routes whose asks are looked at together, and how many a day their people take."""

    routes: tuple[str, ...]
    capacity: int


def budget_of(text: str) -> Budget:
    """Return a budget such as `40 a day each` or `60 a day`.

    Raises:
        InputError: it is none.

    Example:
        >>> budget_of("40 a day each")
        Budget(a_day=40, is_each=True, text='40 a day each')
    """
    found = EACH.fullmatch(text)
    expected = "e.g. 40 a day each, or 60 a day for all of a route together"
    try:
        a_day, at_once = capacity(found.group(1) if found else text)
    except UnitProblem as problem:
        raise InputError(f"--budget: {problem}", expected) from None
    if a_day is None or at_once is not None:
        raise InputError(f'--budget: "{text}" is not asks a day', expected)
    return Budget(a_day=a_day, is_each=found is not None, text=text.strip())


def pools_of(table: Table, row: Row, budget: Budget, routes: Sequence[str]) -> tuple[Pool, ...]:
    """Return what is looked at together; the row's own route, alone, comes first.

    Args:
        table: who is on which route.
        row: the row whose threshold is looked for.
        budget: what people take.
        routes: all that may be asked.
    """
    if not budget.is_each:
        return (Pool(routes=(row.to,), capacity=budget.a_day),)
    shared = _sharing(table, row.to, routes)
    if len(shared) <= MOST_SHARED:
        sizes = range(len(shared))
        groups = [one for size in sizes for one in combinations(shared[1:], size)]
        groups = [one for one in groups if len(_sharing(table, row.to, one)) == len(one) + 1]
    else:
        groups = [(), shared[1:]]
    return tuple(
        Pool(
            routes=(row.to, *group),
            capacity=budget.a_day * len(_people(table, (row.to, *group))),
        )
        for group in groups
    )


def _sharing(table: Table, route: str, routes: Sequence[str]) -> tuple[str, ...]:
    """Return a route with all that share people with it, or with one that does, and so on."""
    found = [route]
    for one in found:  # grows while it is looked through
        people = set(table.route_people(one))
        found += [
            other
            for other in routes
            if other not in found and not people.isdisjoint(table.route_people(other))
        ]
    return tuple(found)


def _people(table: Table, routes: Sequence[str]) -> set[str]:
    return {person for route in routes for person in table.route_people(route)}


def variation_of(loads: Integers) -> float:
    """Return how much days differ beyond chance: the standard deviation of a mean over the mean.

    From four weeks on, days are held against their own weekday: that weekends are quiet is no
    surprise of any day to come.

    Args:
        loads: asks of each day, one after the other, shape (days,).

    Returns:
        0.0 where they differ no more than chance has them differ, or where there is one day.

    Source: the method of moments for the negative binomial: the variance of its counts is
        μ + v²μ² (Johnson, Kemp, Kotz 2005, 5.8).
    """
    means = _means(loads)
    free = len(loads) - len(means)
    if free < 1 or not loads.any():
        return 0.0
    expected = np.resize(means, len(loads))
    spread = float(((loads - expected) ** 2).sum()) * len(loads) / free
    beyond = max(spread - float(expected.sum()), 0.0) / float((expected**2).sum())
    return min(math.sqrt(beyond), MOST_VARIATION)


def _means(loads: Integers) -> NDArray[np.float64]:
    """Return the mean of all days, shape (1,), or of each weekday, the first day's first, (7,)."""
    if len(loads) < LEAST_DAYS:
        return np.array([loads.mean()])
    return np.array([loads[place::7].mean() for place in range(7)])


def chance_over(loads: Integers, capacity: int) -> float:
    """Return on which share of days like these more asks come than people take.

    Args:
        loads: asks of each day, one after the other, shape (days,).
        capacity: how many they take.
    """
    variation, means = variation_of(loads), _means(loads)
    over = [overflow(capacity, float(mean), variation=variation) for mean in means if mean > 0]
    return sum(over) / len(means)


def allowed_days(days: int, days_over: float) -> int:
    """Return on how many of so many days it may be more than people take."""
    return int(days_over * days + 1e-9)


def highest_by_days(loads: Integers, capacity: int, days_over: float) -> int:
    """Return the place of the highest threshold that fits the days of the past, -1 for none.

    Args:
        loads: asks by day at each threshold, shape (days, m).
        capacity: how many people take.
        days_over: on which share of days it may be more.
    """
    over = (loads > capacity).sum(axis=0)
    return _before_the_first(over > allowed_days(len(loads), days_over))


def highest_by_chance(loads: Integers, capacity: int, days_over: float) -> int:
    """Return the same for days to come: see `chance_over`."""
    chances = (chance_over(loads[:, place], capacity) for place in range(loads.shape[1]))
    return _before_the_first(np.fromiter((one > days_over for one in chances), dtype=bool))


def _before_the_first(too_much: NDArray[np.bool_]) -> int:
    """Return the place before the first that is too much; what lies above it is not looked at."""
    return int(too_much.argmax()) - 1 if too_much.any() else len(too_much) - 1


def needed_for(loads: Integers, days_over: float) -> int:
    """Return how many asks a day people would have to take for days like these.

    Args:
        loads: asks of each day, shape (days,).
        days_over: on which share of days it may be more.
    """
    most_first = np.sort(loads)[::-1]
    enough = int(most_first[min(allowed_days(len(loads), days_over), len(loads) - 1)])
    low, high = enough, max(enough, 1)
    while chance_over(loads, high) > days_over:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if chance_over(loads, middle) <= days_over else (middle + 1, high)
    return high


def shortest_between(low: float, high: float) -> float:
    """Return the number with the fewest digits that is above one and at most another.

    Args:
        low: in [0, 1).
        high: above `low`, at most 1.

    Example:
        >>> shortest_between(0.6312, 0.63481)
        0.634
    """
    return next(_rounded_down(low, high), high)


def _rounded_down(low: float, high: float) -> Iterator[float]:
    for digits in range(1, 17):
        found = float(f"{int(high * 10**digits) / 10**digits:.{digits}f}")
        if low < found <= high:
            yield found
