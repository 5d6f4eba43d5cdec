"""Whether these people have the capacity: the asks of a history, played against their hours.

Seeded: the same input gives the same answer. What is left to chance are the handling times that
were not measured; the asks come as they came.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.duty.hours import Shift
from handraise.core.lifecycle.parts import OWNER_ROUTE
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import PersonState
from handraise.service.simulating.arrivals import (
    Arrivals,
    Asks,
    Handling,
    asks_of,
    check_handling,
    handling_times,
    is_drawn,
)
from handraise.service.simulating.figures import (
    Outcome,
    estimate,
    hours_of_week,
    is_nobody_there,
    outcome,
    person_load,
    route_loads,
)
from handraise.service.simulating.people import Presence, Roster, presences
from handraise.service.simulating.records import Simulated
from handraise.service.simulating.run import Played, Pull, Rules, Run
from handraise.service.simulating.telling import assumptions_of, findings_of

REPETITIONS = 20
MOST_REPETITIONS = 1000
TARGET = 0.95
LEAST_AFTER = timedelta(days=7)
LONGEST = timedelta(days=20 * 366)

Shifts = Mapping[str, Sequence[Shift] | None]


class Stage(Struct, frozen=True, kw_only=True):
    """A simulation before it is played: what all its repetitions share.

    Attributes:
        table: whose routes and people.
        arrivals: what comes.
        asks: the asks of it.
        presences: when everybody is there, by id.
        first: the beginning.
        window_s: when the last ask comes, in seconds from the beginning.
        until_s: when the run is over.
        rules: how people work.
    """

    table: Table
    arrivals: Arrivals
    asks: Asks
    presences: dict[str, Presence]
    first: datetime
    window_s: float
    until_s: float
    rules: Rules

    @property
    def at_s(self) -> list[float]:
        """When each arrival comes, in seconds from the beginning."""
        found: list[float] = (self.arrivals.at - self.first.timestamp()).tolist()
        return found

    def play(self, handling_s: Sequence[float]) -> tuple[Played, Roster]:
        """Return what happens to each ask, and everybody at the end, for handling times."""
        roster = Roster(self.table, self.presences.values())
        run = Run(self.table, roster, self.rules, self.asks.patterns, list(handling_s))
        return run.play(self.at_s, self.arrivals.which.tolist(), self.until_s), roster

    def outcome(self, handling: Handling, seed: Sequence[int]) -> Outcome:
        """Return one repetition in numbers."""
        rng = np.random.default_rng(list(seed))
        played, roster = self.play(handling_times(self.asks, handling, rng).tolist())
        return outcome(played, tuple(roster.workers.values()), self.window_s)


def simulate(
    table: Table,
    arrivals: Arrivals,
    handling: Handling,
    *,
    repetitions: int = REPETITIONS,
    seed: int = 0,
    shifts: Shifts | None = None,
    states: Mapping[str, PersonState] | None = None,
    pull: Pull = "own",
    acknowledge_delay_s: float | None = None,
    overtime: bool = True,
    target: float = TARGET,
    zone: str = "UTC",
) -> Simulated:
    """Return what becomes of the asks of a history, if these people answer them.

    Args:
        table: whose people, hours, capacities, routes and deadlines.
        arrivals: when the agent stopped, and which routes had to agree.
        handling: how long people work on an ask where that was not measured.
        repetitions: how often it is played, 1 to 1000; once where nothing is left to chance.
        seed: of what is drawn, at least 0.
        shifts: people's shifts by their calendars over the whole time, and a week beyond.
        states: how people stand; who is not here has left. None counts everybody as willing and
            reachable. Shifts and loads in it are not looked at.
        pull: whether people work on what they hold alone, or on what anybody of their route holds.
        acknowledge_delay_s: after how long somebody on duty acknowledges what they cannot begin
            yet; None where they acknowledge by beginning.
        overtime: whether people finish what they have begun when their hours end.
        target: the share of asks for which a deadline is to be held, in (0, 1].
        zone: the IANA zone for the hours of the week.

    Raises:
        InputError: something given cannot be used; the message says what.
    """
    stage = staged(
        table,
        arrivals,
        shifts=shifts,
        states=states,
        rules=Rules(pull=pull, acknowledge_delay_s=acknowledge_delay_s, overtime=overtime),
    )
    check_handling(handling)
    _check(repetitions, seed, target)
    count = repetitions if is_drawn(stage.asks, handling) else 1
    runs = [stage.outcome(handling, (seed, number)) for number in range(count)]
    return _simulated(stage, handling, runs, seed=seed, target=target, zone=zone)


def staged(
    table: Table,
    arrivals: Arrivals,
    *,
    shifts: Shifts | None = None,
    states: Mapping[str, PersonState] | None = None,
    rules: Rules,
) -> Stage:
    """Return a simulation ready to be played; for its arguments see `simulate`.

    Raises:
        InputError: the arrivals cannot be used.
    """
    asks = asks_of(table, arrivals)
    first = datetime.fromtimestamp(math.floor(arrivals.at[0]), UTC)
    last = datetime.fromtimestamp(float(arrivals.at[-1]), UTC)
    if last - first > LONGEST:
        raise InputError("arrivals: they go over more than 20 years", "give less of the history")
    routes = (*table.routes.values(), OWNER_ROUTE)
    longest_s = max((len(route.people) + 1) * route.decide_within_s for route in routes)
    until = last + max(LEAST_AFTER, timedelta(seconds=2 * longest_s))
    return Stage(
        table=table,
        arrivals=arrivals,
        asks=asks,
        presences=presences(table, shifts or {}, states, first, until),
        first=first,
        window_s=max((last - first).total_seconds(), 1.0),
        until_s=(until - first).total_seconds(),
        rules=rules,
    )


def _check(repetitions: int, seed: int, target: float) -> None:
    if not 1 <= repetitions <= MOST_REPETITIONS:
        raise InputError(f"repetitions: {repetitions}", f"give 1 to {MOST_REPETITIONS}")
    if seed < 0:
        raise InputError(f"seed: {seed}", "give a whole number of at least 0")
    if not 0 < target <= 1:
        raise InputError(f"target: {target}", "give a share above 0 and up to 1, such as 0.95")


def _simulated(
    stage: Stage,
    handling: Handling,
    runs: Sequence[Outcome],
    *,
    seed: int,
    target: float,
    zone: str,
) -> Simulated:
    asks, arrivals = stage.asks, stage.arrivals
    at_s = np.array(stage.at_s)[asks.arrival]
    routes = route_loads(
        stage.table,
        asks,
        hours_of_week(arrivals.at, zone)[asks.arrival],
        is_nobody_there(stage.table, asks, at_s, stage.presences),
        runs,
        end_s=stage.until_s - at_s,
        target=target,
    )
    people = tuple(
        person_load(one, [run.workers[id] for run in runs], stage.window_s)
        for id, one in stage.presences.items()
    )
    unknown = np.isnan(asks.handling_s)
    return Simulated(
        starts_at=datetime.fromtimestamp(float(arrivals.at[0]), UTC),
        ends_at=datetime.fromtimestamp(float(arrivals.at[-1]), UTC),
        asks=len(asks.arrival),
        repetitions=len(runs),
        seed=seed,
        target=target,
        zone=zone,
        pull=stage.rules.pull,
        handling=_source(handling, unknown),
        routes=routes,
        people=people,
        unanswered=estimate([float(np.isinf(run.answer).mean()) for run in runs]),
        deadlines_held=all(one.acknowledge_held and one.decide_held for one in routes),
        findings=findings_of(stage.table, routes, people),
        assumptions=assumptions_of(stage.rules, handling, has_unknown=bool(unknown.any())),
    )


def _source(
    handling: Handling, unknown: NDArray[np.bool_]
) -> Literal["measured", "partly", "assumed"]:
    if handling.source == "measured" or not unknown.any():
        return "measured"
    return "assumed" if unknown.all() else "partly"
