"""One series under watch as it is kept between two looks, and what comes of a look at all of them.

Nothing is read or written here: `Rates` brings the counts and the states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.budget import alpha_of, promised, shares
from handraise.core.monitor.drift import Promised
from handraise.core.monitor.monitor import Monitor, watched
from handraise.core.monitor.series import Counts, Kind, counts_by_series, promised_counts
from handraise.core.table.types import Table
from handraise.model import DecisionRecord, Promise, Tally
from handraise.store.tallies import UNKNOWN

HOUR = timedelta(hours=1)


class Series(Struct, frozen=True, kw_only=True):
    """What a series is held against.

    Attributes:
        counts: what was promised of it: how many stopped of how many.
        promised: between which rates the true one lies, as sure as its share of the budget asks.
        alpha: how likely a false alarm of its test may be.
        alike: so many decisions at a time are taken to be one.
    """

    counts: Counts
    promised: Promised
    alpha: float
    alike: float = 1.0


class Kept(Struct, frozen=True, kw_only=True):
    """A series under watch between two looks.

    Attributes:
        promise_at: when what it is held against was worked out.
        began_at: when it was first looked at.
        seen_at: when it was last looked at.
        anew: whether it began anew because another promise took the place of the former.
        found_at: when its change was found; None while there is none.
        told_in: the series as whose alarm the change is told of; empty while there is none.
        monitor: the test.
    """

    promise_at: datetime
    began_at: datetime
    seen_at: datetime
    anew: bool = False
    found_at: datetime | None = None
    told_in: str = ""
    monitor: Monitor = Monitor()


def plan(table: Table, promise: Promise) -> dict[str, Series]:
    """Return what each series of a version is held against, the budget shared among them."""
    counts = promised_counts(promise, table)
    given = shares(tuple(counts), audits=True, people=True, total=table.false_alarms)
    return {
        name: Series(
            counts=one,
            promised=promised(*one, given[name], alike=promise.alike),
            alpha=alpha_of(given[name]),
            alike=promise.alike,
        )
        for name, one in counts.items()
    }


def kinds_after(recent: Iterable[DecisionRecord], table: Table, since: datetime) -> list[Kind]:
    """Return decisions of a version that came after an instant, one by one, as they are counted.

    Args:
        recent: judged at that instant or after.
        table: the version.
        since: a look, which took up what had come by then, or the beginning of an hour.
    """
    known = frozenset(table.known.types)
    of_hour = since == since.replace(minute=0, second=0, microsecond=0)
    return [
        Kind(one.type if one.type in known else UNKNOWN if one.type else "", one.rows, 1)
        for one in recent
        if one.version == table.version and (of_hour or one.decided_at > since)
    ]


def read_states(states: Mapping[str, Any]) -> dict[str, Kept]:
    """Return what was kept of the series; what another release wrote otherwise begins anew."""
    found = {}
    for name, state in states.items():
        try:
            found[name] = msgspec.convert(state, Kept)
        except msgspec.ValidationError:
            continue
    return found


def state_of(kept: Kept) -> dict[str, Any]:
    """Return a series as it is kept."""
    state: dict[str, Any] = msgspec.to_builtins(kept)
    return state


def look_at(
    fresh: Sequence[Tally],
    kept: Mapping[str, Kept],
    series: Mapping[str, Series],
    table: Table,
    promise: Promise,
    now: datetime,
    floor: datetime | None = None,
) -> dict[str, Kept]:
    """Return the series that changed by a look at new decisions.

    Args:
        fresh: counts with something new; each hour of them is a look of its own, so that decisions
            that were recorded late are not taken for present ones.
        kept: the series as the last look left them.
        series: what they are held against.
        table: the version that judged.
        promise: what was promised of it.
        now: the instant.
        floor: when these decisions began to come, at the earliest: when the version came in force,
            or when the last look found nothing more; of hours that were over then nothing is said.
    """
    changed: dict[str, Kept] = {}
    for hour, tallies in groupby(sorted(fresh, key=_hour), key=_hour):
        kinds = [Kind(one.type, one.rows, one.count - one.looked) for one in tallies]
        began = hour if floor is None or hour + HOUR <= floor else max(hour, min(floor, now))
        for name, (stopped, decisions) in counts_by_series(kinds, table, series).items():
            if decisions:
                before = changed.get(name) or kept.get(name)
                one = _begun(before, promise, began, now)
                changed[name] = _after(one, series[name], stopped, decisions, began, now)
    return changed


def _hour(tally: Tally) -> datetime:
    return tally.hour


def _begun(before: Kept | None, promise: Promise, began: datetime, now: datetime) -> Kept:
    if before is not None and before.promise_at == promise.at:
        return before
    seen = began if before is None else before.seen_at
    return Kept(
        promise_at=promise.at, began_at=now, seen_at=min(seen, now), anew=before is not None
    )


def _after(
    one: Kept, series: Series, stopped: int, decisions: int, began: datetime, now: datetime
) -> Kept:
    came = max(began, one.seen_at) if began + HOUR > one.seen_at else began
    monitor = watched(
        one.monitor,
        series.promised,
        series.alpha,
        stopped,
        decisions,
        came,
        alike=series.alike,
    )
    seen = max(now, one.seen_at)
    if monitor.change is None:
        return replace(one, monitor=monitor, found_at=None, told_in="", seen_at=seen)
    before = one.monitor.change
    if before is not None and before.direction != monitor.change.direction:
        return replace(one, monitor=monitor, found_at=now, told_in="", seen_at=seen)
    return replace(one, monitor=monitor, found_at=one.found_at or now, seen_at=seen)
