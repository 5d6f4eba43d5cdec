"""The stops of the past played against the people's hours and capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from handraise.core.duty.entries import read_calendar
from handraise.core.duty.hours import Shift
from handraise.core.duty.recurrence import CalendarProblem
from handraise.core.duty.rota import Rota, merged
from handraise.core.gate.sql_inputs import Judged
from handraise.core.gate.sql_text import BITS
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.backtesting.finding import Found
from handraise.service.backtesting.looking import usable_handling
from handraise.service.backtesting.past import Past
from handraise.service.reading.tables import calendar_text
from handraise.service.simulating.arrivals import Arrivals, Handling
from handraise.service.simulating.needed import people_needed
from handraise.service.simulating.records import Answer, Simulated
from handraise.service.simulating.simulate import simulate

MOST_STOPS = 2_000_000
BEYOND = timedelta(days=8)


class Play(Struct, frozen=True, kw_only=True):
    """How the people work in a simulation.

    Attributes:
        assumed_s: seconds an answer takes where that was not measured; None where all were.
        pull: whether people work on what they hold alone, or on what anybody of their route holds.
        repetitions: how often it is played.
        seed: of what is drawn.
        looks_for_more: whether to look for how many more people would hold the deadlines.
    """

    assumed_s: float | None = None
    pull: Literal["own", "route"] = "own"
    repetitions: int = 20
    seed: int = 0
    looks_for_more: bool = False


def played(
    past: Past, judged: Judged, found: Found, table: Table, folder: Path, play: Play
) -> tuple[Simulated, Answer | None]:
    """Return how the people would have fared with the stops of the past, and who else it takes.

    Args:
        past: where the decisions lie.
        judged: the query that judges them.
        found: where in the past a decision stands.
        table: whose people, hours, capacities and deadlines.
        folder: where the table's calendars lie.
        play: how the people work.

    Raises:
        InputError: times or handling times are missing, there are too many stops, or a calendar
            cannot be read.
    """
    if "at" not in found.has:
        raise InputError(
            f"{past.sources[0]}: has no times, and without them nobody knows who was there",
            "--at COLUMN names them; or leave out --assume",
        )
    arrivals = arrivals_of(past, judged, has_handling="handling" in found.has)
    if not len(arrivals.at):
        raise InputError(
            "no stop of a known time is there to be played",
            "leave out --assume, or name the column of the times: --at COLUMN",
        )
    missing = arrivals.handling_s is None or bool(np.isnan(arrivals.handling_s).any())
    if missing and play.assumed_s is None:
        raise InputError(
            "how long people work on an answer is not known for every stop",
            "--assume 6m says how long it takes where it was not measured",
        )
    handling = Handling(mean_s=play.assumed_s or 1.0)
    shifts = shifts_of(table, folder, arrivals)
    simulated = simulate(
        table,
        arrivals,
        handling,
        repetitions=play.repetitions,
        seed=play.seed,
        shifts=shifts,
        pull=play.pull,
    )
    if not play.looks_for_more:
        return simulated, None
    needed = people_needed(table, arrivals, handling, seed=play.seed, shifts=shifts, pull=play.pull)
    return simulated, needed


def arrivals_of(past: Past, judged: Judged, *, has_handling: bool) -> Arrivals:
    """Return the stops of the past in the order of time, each with the routes that must agree."""
    handling = f", {usable_handling()} handling" if has_handling else ""
    query = (
        f'SELECT "at", {", ".join(judged.ways)}{handling} FROM ({judged.query}) j '
        'WHERE stops AND "at" IS NOT NULL'
    )
    ((count,),) = past.lines(f"SELECT COUNT(*) hr_n FROM ({query}) k")
    if count > MOST_STOPS:
        raise InputError(
            f"{count:,} stops are too many to be played (at most {MOST_STOPS:,})",
            "play a part of the time",
        )
    arrays = past.arrays(query)
    at = np.asarray(arrays["at"]).astype("datetime64[us]").astype(np.int64) / 1e6
    order = np.argsort(at, kind="stable")
    ways = np.stack([_filled(arrays[way], 0)[order] for way in judged.ways], axis=1)
    sets, which = np.unique(ways, axis=0, return_inverse=True)
    return Arrivals(
        at=at[order],
        which=np.asarray(which, dtype=np.int64).ravel(),
        routes=tuple(_routes(judged.routes, one) for one in sets),
        handling_s=_filled(arrays["handling"], np.nan)[order] * 60 if has_handling else None,
    )


def _routes(names: Sequence[str], packed: Any) -> tuple[str, ...]:
    return tuple(name for n, name in enumerate(names) if int(packed[n // BITS]) >> (n % BITS) & 1)


def _filled(array: Any, missing: float) -> Any:
    return array.filled(missing) if isinstance(array, np.ma.MaskedArray) else np.asarray(array)


def shifts_of(
    table: Table, folder: Path, arrivals: Arrivals
) -> Mapping[str, Sequence[Shift] | None]:
    """Return everybody's shifts by their calendars over the time of the arrivals, and beyond.

    Raises:
        InputError: a calendar cannot be read, or repeats too often.
    """
    first = datetime.fromtimestamp(float(arrivals.at[0]), UTC) - BEYOND
    last = datetime.fromtimestamp(float(arrivals.at[-1]), UTC) + BEYOND
    files = {use.file for person in table.people.values() for use in person.calendars}
    rotas: dict[str, Rota] = {}
    for file in sorted(files):
        try:
            rotas[file] = Rota(read_calendar(calendar_text(folder / file)), first, last)
        except CalendarProblem as problem:
            raise InputError(f"{folder / file}: {problem}", "mend the calendar") from None
    found: dict[str, Sequence[Shift] | None] = {}
    for id, person in table.people.items():
        try:
            own = [
                shift
                for use in person.calendars
                for shift in rotas[use.file].shifts(person, every_event=use.every_event)
            ]
        except CalendarProblem as problem:
            raise InputError(f"the calendars of {id}: {problem}", "mend the calendar") from None
        found[id] = merged(own)
    return found
