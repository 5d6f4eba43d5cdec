"""Two tables tried on the same past: which decisions change hands, and what that costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from handraise.core.gate.sql_inputs import Judged
from handraise.core.table.sheet import happening
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import OWNER
from handraise.service.backtesting.backtest import left_out_of
from handraise.service.backtesting.both import Both, JudgedTwice, judged_twice
from handraise.service.backtesting.changed import Days, Kinds, counted_twice
from handraise.service.backtesting.changes import changes
from handraise.service.backtesting.comparison import Comparison
from handraise.service.backtesting.counting import day_text
from handraise.service.backtesting.difference import (
    ByType,
    Change,
    Difference,
    Handover,
    Load,
    Loads,
    Moved,
    Row,
    Side,
)
from handraise.service.backtesting.exchanged import Exchanges
from handraise.service.backtesting.looking import looked_over
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.shares import share_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]
    Weights = NDArray[np.float64]

MOST_TYPES = 20
MOST_HANDOVERS = 20


def difference(past: Past, both: Both, older: Table, newer: Table, plan: Comparison) -> Difference:
    """Return which decisions of the past change hands with another table.

    Args:
        past: where the decisions lie.
        both: the past, read for both tables.
        older: a table without errors.
        newer: another one of the same agent.
        plan: for names, and for how many examples are shown.

    Raises:
        InputError: they are of different agents; there are no decisions, or they cannot be read.
    """
    check_same_agent(older, newer, plan)
    seen = looked_over(past, both.found)
    if not seen.decisions:
        raise InputError(f"{', '.join(past.sources)}: holds no decision", "is it the right file?")
    judged = judged_twice(older, newer, both)
    kinds, days = counted_twice(past, judged, both)
    of = Exchanges(past=past, both=both, older=older, newer=newer, most=plan.examples)
    has_stake = "stake" in both.found.has
    stops_now = kinds.newer_stops & ~kinds.older_stops
    goes_now = kinds.older_stops & ~kinds.newer_stops
    moved = kinds.older_stops & kinds.newer_stops & ~_same_routes(kinds, judged.older, judged.newer)
    return Difference(
        agent=older.agent,
        older=_side(str(plan.older), older, kinds, kinds.older_stops, has_stake=has_stake),
        newer=_side(str(plan.newer), newer, kinds, kinds.newer_stops, has_stake=has_stake),
        words=changes(older, newer),
        sources=past.sources,
        engine=past.engine,
        decisions=seen.decisions,
        labelled=kinds.count(kinds.right >= 0),
        first=seen.first,
        last=seen.last,
        unusable=seen.unusable,
        left_out=_left_out(both, older, newer, plan),
        unchanged=share_of(kinds.count(~stops_now & ~goes_now & ~moved), seen.decisions),
        stops_now=replace(
            _change(newer, judged.newer, kinds, kinds.newer_fired, stops_now, has_stake=has_stake),
            examples=of.stopping() if stops_now.any() else (),
        ),
        goes_now=replace(
            _change(older, judged.older, kinds, kinds.older_fired, goes_now, has_stake=has_stake),
            examples=of.going() if goes_now.any() else (),
        ),
        moved=_moved(kinds, judged, moved, of),
        types=_types(kinds, stops_now, goes_now, moved, has_stake=has_stake),
        routes=tuple(_route_loads(older, newer, judged, days)),
        people=tuple(_people_loads(older, newer, judged, days)),
    )


def _left_out(both: Both, older: Table, newer: Table, plan: Comparison) -> tuple[str, ...]:
    found = [*both.found.left_out, *left_out_of(older), *left_out_of(newer)]
    learned = {one.known.learned.digest for one in (older, newer) if one.known.learned}
    if len(learned) > 1 and "familiarity" in both.found.has:
        found.append("that the tables name different learned files: one share counts for both")
    if plan.ignore_unfamiliar:
        found.append("what is unlike anything familiar, as rows `unfamiliar` are left out")
    return tuple(dict.fromkeys(found))


def check_same_agent(older: Table, newer: Table, plan: Comparison) -> None:
    """Refuse to compare the tables of different agents.

    Raises:
        InputError: they are.
    """
    if older.agent != newer.agent:
        raise InputError(
            f'{plan.newer}: is the table of "{newer.agent}", and {plan.older} of "{older.agent}"',
            "compare two tables of one agent",
        )


def _side(table: str, read: Table, kinds: Kinds, stops: Truths, *, has_stake: bool) -> Side:
    wrong, labelled = kinds.right == 0, kinds.right >= 0
    return Side(
        table=table,
        version=read.version,
        rate=share_of(kinds.count(stops), int(kinds.decisions.sum())),
        errors=share_of(kinds.count(~stops & wrong), kinds.count(~stops & labelled)),
        stake=kinds.money(~stops & wrong) if has_stake else None,
    )


def _change(
    table: Table, judged: Judged, kinds: Kinds, fired: Truths, which: Truths, *, has_stake: bool
) -> Change:
    """Return what is known of the decisions that stop by one table alone, but for examples."""
    wrong, right = which & (kinds.right == 0), which & (kinds.right == 1)
    labelled = kinds.count(wrong | right)
    return Change(
        decisions=share_of(kinds.count(which), int(kinds.decisions.sum())),
        right=share_of(kinds.count(right), labelled),
        wrong=share_of(kinds.count(wrong), labelled),
        stake=kinds.money(wrong) if has_stake else None,
        rows=_rows(table, fired, judged, kinds, which),
    )


def _rows(
    table: Table, fired: Truths, judged: Judged, kinds: Kinds, which: Truths
) -> tuple[Row, ...]:
    rows = {row.id: row for row in table.rows}
    alone = fired.sum(axis=0) == 1
    found = []
    for signal, mine in zip(judged.signals, fired & which, strict=True):
        if not mine.any():
            continue
        row = rows.get(signal)
        found.append(
            Row(
                row=signal,
                route=row.to if row else OWNER,
                rule=happening(table, row) if row else f"no usable {signal}, and no row looked",
                fired=kinds.count(mine),
                only=kinds.count(mine & alone),
                wrong=kinds.count(mine & (kinds.right == 0)),
            )
        )
    return tuple(sorted(found, key=lambda one: -one.fired))


def _moved(kinds: Kinds, judged: JudgedTwice, moved: Truths, of: Exchanges) -> Moved:
    handovers = _handovers(kinds, judged.older, judged.newer, moved)
    return Moved(
        decisions=share_of(kinds.count(moved), int(kinds.decisions.sum())),
        handovers=handovers,
        examples=of.moved(handovers) if handovers else (),
    )


def _same_routes(kinds: Kinds, older: Judged, newer: Judged) -> Truths:
    """Return for which kinds the same routes must agree by both tables."""
    asked: dict[str, list[Truths]] = {}
    for routes, truths in ((older.routes, kinds.older_asked), (newer.routes, kinds.newer_asked)):
        for route, one in zip(routes, truths, strict=True):
            asked.setdefault(route, []).append(one)
    same = np.ones(len(kinds.decisions), dtype=bool)
    for both in asked.values():
        same &= both[0] == both[1] if len(both) == 2 else ~both[0]
    return same


def _handovers(kinds: Kinds, older: Judged, newer: Judged, moved: Truths) -> tuple[Handover, ...]:
    found: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for place in np.flatnonzero(moved):
        pair = (
            _named(older.routes, kinds.older_asked[:, place]),
            _named(newer.routes, kinds.newer_asked[:, place]),
        )
        found[pair] += int(kinds.decisions[place])
    return tuple(
        Handover(before=before, after=after, decisions=count)
        for (before, after), count in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    )[:MOST_HANDOVERS]


def _named(routes: Sequence[str], asked: Truths) -> tuple[str, ...]:
    return tuple(route for route, is_asked in zip(routes, asked, strict=True) if is_asked)


def _types(
    kinds: Kinds, stops_now: Truths, goes_now: Truths, moved: Truths, *, has_stake: bool
) -> tuple[ByType, ...]:
    size = len(kinds.types)

    def by_type(which: Truths, weights: Weights | None = None) -> Weights:
        each = kinds.decisions if weights is None else weights
        found: Weights = np.bincount(kinds.type[which], each[which], size).astype(np.float64)
        return found

    slipped = goes_now & (kinds.right == 0)
    everything = by_type(np.ones(len(kinds.type), dtype=bool))
    stopping, going, handed = by_type(stops_now), by_type(goes_now), by_type(moved)
    labelled, errors = by_type(goes_now & (kinds.right >= 0)), by_type(slipped)
    stake = by_type(slipped, kinds.stake)
    minutes, measured = (
        by_type(goes_now, kinds.minutes),
        by_type(goes_now, kinds.measured.astype(np.float64)),
    )
    changed = stopping + going + handed
    order = sorted(np.flatnonzero(changed), key=lambda one: (-changed[one], kinds.types[one]))
    return tuple(
        ByType(
            type=kinds.types[one],
            decisions=int(everything[one]),
            stops_now=int(stopping[one]),
            goes_now=int(going[one]),
            moved=int(handed[one]),
            labelled=int(labelled[one]),
            slipped=int(errors[one]),
            stake=float(stake[one]) if has_stake else None,
            minutes=float(minutes[one] / measured[one]) if measured[one] else None,
        )
        for one in order[:MOST_TYPES]
    )


def _route_loads(older: Table, newer: Table, judged: JudgedTwice, days: Days) -> Iterator[Loads]:
    asked = (*judged.older.routes, *judged.newer.routes)
    for route in dict.fromkeys((*older.routes, *newer.routes, *asked)):
        yield Loads(
            name=route,
            before=_load(older, judged.older, days, days.older_asked, (route,)),
            after=_load(newer, judged.newer, days, days.newer_asked, (route,)),
        )


def _people_loads(older: Table, newer: Table, judged: JudgedTwice, days: Days) -> Iterator[Loads]:
    for person in dict.fromkeys((*older.people, *newer.people)):
        before = _routes_of(older, judged.older, person)
        after = _routes_of(newer, judged.newer, person)
        loads = Loads(
            name=person,
            before=_load(older, judged.older, days, days.older_asked, before),
            after=_load(newer, judged.newer, days, days.newer_asked, after),
        )
        if loads.before != loads.after:
            yield loads


def _routes_of(table: Table, judged: Judged, person: str) -> tuple[str, ...]:
    """Return the routes of a person; () where the table does not have them on any."""
    routes = dict.fromkeys((*table.routes, *judged.routes))
    return tuple(route for route in routes if person in table.route_people(route))


def _load(
    table: Table, judged: Judged, days: Days, asked: Truths, routes: Sequence[str]
) -> Load | None:
    """Return the asks of some routes; None where the table has none of them."""
    if not any(route in table.routes or route in judged.routes for route in routes):
        return None
    weight = asks_of(table, judged.routes, asked, routes) * days.decisions
    known = days.day >= 0
    if not known.any():
        return Load(asks=int(weight.sum()))
    first = int(days.day[known].min())
    a_day = np.bincount(days.day[known] - first, weight[known])
    busiest = int(a_day.argmax())
    return Load(
        asks=int(weight.sum()),
        a_day=float(a_day.mean()),
        busiest=day_text(first + busiest),
        busiest_asks=int(a_day[busiest]),
    )


def asks_of(
    table: Table, judged: Sequence[str], asked: Truths, routes: Sequence[str]
) -> NDArray[np.int64]:
    """Return how many asks some routes get of each line: as many as they need of their people.

    Args:
        table: which routes need several of their people.
        judged: all routes that may have to agree.
        asked: which of them must, shape (routes, lines).
        routes: those that are looked at.
    """
    found = np.zeros(asked.shape[1], dtype=np.int64)
    for route, one in zip(judged, asked, strict=True):
        if route in routes:
            found += one * (table.routes[route].needs if route in table.routes else 1)
    return found
