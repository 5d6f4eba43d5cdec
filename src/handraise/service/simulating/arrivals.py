"""What comes: when the agent stopped, which routes had to agree, how long each answer takes.

Nothing here is drawn but handling times, and those from the generator that the caller gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.lifecycle.parts import OWNER_ROUTE
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import OWNER

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_CV = 20.0


class Arrivals(Struct, frozen=True, kw_only=True):
    """The decisions at which the agent stopped, in the order of time.

    Attributes:
        at: when, in seconds of UTC since 1970, sorted; shape (n,).
        which: for each the place in `routes` of the routes that had to agree; shape (n,).
        routes: the sets of routes there are, each in the table's order; an empty one asks the
            owner.
        handling_s: how long a person worked on it, where that was measured, else NaN; shape (n,).
            None where nothing was measured.
    """

    at: Floats
    which: Integers
    routes: tuple[tuple[str, ...], ...]
    handling_s: Floats | None = None


class Handling(Struct, frozen=True, kw_only=True):
    """How long people work on an ask where that was not measured for the ask itself.

    Attributes:
        mean_s: the mean, above 0.
        cv: the standard deviation over the mean, for `lognormal`; a tenth up to 20.
        shape: `lognormal`, `exponential` (cv is 1) or `fixed` (cv is 0).
        by_route: another one for some of the routes.
        source: whether the mean was `measured` or is `assumed`.
    """

    mean_s: float
    cv: float = 1.0
    shape: Literal["lognormal", "exponential", "fixed"] = "lognormal"
    by_route: dict[str, Handling] = {}
    source: Literal["measured", "assumed"] = "assumed"

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return handling times in seconds, shape (count,); `by_route` is not looked at."""
        if self.shape == "fixed":
            return np.full(count, self.mean_s)
        if self.shape == "exponential":
            return rng.exponential(self.mean_s, count)
        spread = math.log1p(self.cv * self.cv)
        return rng.lognormal(math.log(self.mean_s) - spread / 2, math.sqrt(spread), count)


class Asks(Struct, frozen=True, kw_only=True):
    """All asks of the arrivals: one for each route and for each of the people it needs.

    Attributes:
        routes: the ids of all routes of the table, `owner` last.
        patterns: for each set of routes, the places in `routes` of its asks, each route as often as
            it needs people.
        arrival: the place of the arrival that each ask belongs to, shape (m,).
        route: the place of its route in `routes`, shape (m,).
        handling_s: measured handling times, NaN where there is none; shape (m,).
    """

    routes: tuple[str, ...]
    patterns: tuple[tuple[int, ...], ...]
    arrival: Integers
    route: Integers
    handling_s: Floats


def arrivals_of(
    at: Sequence[float] | Floats,
    routes: Sequence[Sequence[str]],
    handling_s: Sequence[float] | Floats | None = None,
) -> Arrivals:
    """Return arrivals of instants and of the routes of each, sorted by time.

    Args:
        at: seconds of UTC since 1970, in any order; shape (n,).
        routes: for each the routes that had to agree, shape (n,).
        handling_s: measured seconds of work, NaN for none; shape (n,).

    Raises:
        InputError: the lengths differ.

    Example:
        >>> arrivals_of([60.0, 0.0], [["finance"], ["support", "finance"]]).routes
        (('finance',), ('support', 'finance'))
    """
    if len(routes) != len(at) or (handling_s is not None and len(handling_s) != len(at)):
        raise InputError("arrivals: the lists differ in length", "give one of each for an arrival")
    order = np.argsort(np.asarray(at, dtype=np.float64), kind="stable")
    places: dict[tuple[str, ...], int] = {}
    which = [places.setdefault(tuple(one), len(places)) for one in routes]
    return Arrivals(
        at=np.asarray(at, dtype=np.float64)[order],
        which=np.asarray(which, dtype=np.int64)[order],
        routes=tuple(places),
        handling_s=None if handling_s is None else np.asarray(handling_s, np.float64)[order],
    )


def asks_of(table: Table, arrivals: Arrivals) -> Asks:
    """Return the asks that arrivals put to the routes of a table.

    Raises:
        InputError: the arrivals are of no usable form, or name a route that the table has not.
    """
    _check(table, arrivals)
    routes = (*table.routes, OWNER)
    patterns = tuple(
        tuple(
            routes.index(route)
            for route in (one or (OWNER,))
            for _ in range(table.routes.get(route, OWNER_ROUTE).needs)
        )
        for one in arrivals.routes
    )
    sizes = np.array([len(pattern) for pattern in patterns], dtype=np.int64)[arrivals.which]
    arrival = np.repeat(np.arange(len(arrivals.at)), sizes)
    place = np.arange(len(arrival)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    wide = np.full((len(patterns), max(map(len, patterns), default=0)), -1)
    for row, pattern in enumerate(patterns):
        wide[row, : len(pattern)] = pattern
    measured = arrivals.handling_s
    return Asks(
        routes=routes,
        patterns=patterns,
        arrival=arrival,
        route=wide[arrivals.which[arrival], place],
        handling_s=np.full(len(arrival), np.nan) if measured is None else measured[arrival],
    )


def handling_times(asks: Asks, handling: Handling, rng: np.random.Generator) -> Floats:
    """Return the seconds of work of each ask: as measured, else drawn; shape (m,)."""
    found = asks.handling_s.copy()
    for place, route in enumerate(asks.routes):
        unknown = np.flatnonzero((asks.route == place) & np.isnan(found))
        found[unknown] = handling.by_route.get(route, handling).draw(rng, len(unknown))
    return found


def is_drawn(asks: Asks, handling: Handling) -> bool:
    """Whether any handling time depends on chance."""
    unknown = np.isnan(asks.handling_s)
    return any(
        handling.by_route.get(route, handling).shape != "fixed"
        and bool((unknown & (asks.route == place)).any())
        for place, route in enumerate(asks.routes)
    )


def check_handling(handling: Handling) -> None:
    """Refuse handling times that nobody can have.

    Raises:
        InputError: a mean is not above 0, or a spread out of range.
    """
    for place, one in [("handling", handling), *handling.by_route.items()]:
        if not (math.isfinite(one.mean_s) and one.mean_s > 0):
            raise InputError(f"{place}: mean_s is {one.mean_s}", "give seconds above 0")
        if one.shape == "lognormal" and not 0.1 <= one.cv <= MAX_CV:
            raise InputError(
                f"{place}: cv is {one.cv}", "give 0.1 to 20, or the shape `fixed` for no spread"
            )


def _check(table: Table, arrivals: Arrivals) -> None:
    at, which, measured = arrivals.at, arrivals.which, arrivals.handling_s
    if not len(at):
        raise InputError("arrivals: there are none", "give at least one ask")
    if len(which) != len(at) or (measured is not None and len(measured) != len(at)):
        raise InputError("arrivals: the lists differ in length", "give one of each for an arrival")
    if not np.isfinite(at).all() or (np.diff(at) < 0).any():
        raise InputError("arrivals: the instants are not sorted", "give finite seconds, sorted")
    if which.min() < 0 or which.max() >= len(arrivals.routes):
        raise InputError("arrivals: `which` names no set of routes", "give a place in `routes`")
    unknown = {one for routes in arrivals.routes for one in routes} - {*table.routes, OWNER}
    if unknown:
        raise InputError(
            f'arrivals: unknown route "{min(unknown)}"', f"the table has {', '.join(table.routes)}"
        )
    if measured is not None and (measured <= 0).any():
        raise InputError("arrivals: a handling time is not above 0", "give NaN where there is none")
