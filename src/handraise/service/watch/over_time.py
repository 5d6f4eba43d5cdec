"""How often an agent stopped over time: by day, or by hour while there are few days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct

from handraise.core.monitor.series import Kind, counts_by_series
from handraise.core.table.types import Table
from handraise.model import Tally
from handraise.service.watch.rate_figures import Seen
from handraise.store import Store

BACK = timedelta(days=56)
"""So far back it is shown."""

FEW_DAYS = timedelta(days=3)
"""What began within this is shown by the hour."""


class Stretch(Struct, frozen=True):
    """An hour or a day, and how often the agent stopped in it."""

    starts_at: datetime
    seen: Seen


def over_time(store: Store, table: Table, series: str, now: datetime) -> tuple[Stretch, ...]:
    """Return how often a version stopped in one series, oldest first; nothing where it did nothing.

    Args:
        store: the store.
        table: the version.
        series: `all`, `row confidence.1`, `type refund_request` …
        now: the present instant.

    Raises:
        StoreError: it cannot be read.
    """
    until = now + timedelta(hours=1)
    found = store.tallies_between(table.agent, now - BACK, until, version=table.version)
    found = sorted(found, key=lambda one: one.hour)
    if not found:
        return ()
    is_short = found[-1].hour - found[0].hour < FEW_DAYS

    def start(one: Tally) -> datetime:
        return one.hour if is_short else one.hour.replace(hour=0)

    stretches = [
        Stretch(starts_at, _seen(list(part), table, series))
        for starts_at, part in groupby(found, key=start)
    ]
    return tuple(one for one in stretches if one.seen.decisions)


def _seen(tallies: Sequence[Tally], table: Table, series: str) -> Seen:
    kinds = [Kind(one.type, one.rows, one.count) for one in tallies]
    return Seen.of(*counts_by_series(kinds, table, (series,))[series])
