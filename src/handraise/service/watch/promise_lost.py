"""What was promised is not there any more: said, as the owner believes that it is watched.

A test begins anew with another promise. INVARIANT: what it had found by then, or half found, is not
lost without a word: it is an alarm until the owner has taken it, and for a day at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.monitor.drivers import in_order
from handraise.core.monitor.signals import Signal, SignalKind
from handraise.core.table.types import Table
from handraise.model import Promise
from handraise.service.watch.rate_figures import WATCHING, evidence_of
from handraise.service.watch.rate_words import named, share
from handraise.service.watch.watched_series import Kept, Series
from handraise.store import Store

LOST: SignalKind = "promise_lost"
REPLACED = "replaced"
"""The series under which it is kept that a promise was replaced; also the alarm's subject."""

WITHOUT = "version"
"""The alarm's subject where nothing is promised of a version whose predecessor was watched."""

LASTS = timedelta(days=1)

REPLACED_MEANS = (
    "The tests began anew against the new promise, and know nothing of this any more. See to it"
    " that the new backtest does not take for usual what is wrong: a past that holds the change"
    " promises the change."
)

WITHOUT_MEANS = (
    "Whether it stops too much or too little is not looked at any more, as it was with an earlier"
    " version, until something is promised of this one: `handraise backtest HISTORY --keep`."
)


class Found(Struct, frozen=True, kw_only=True):
    """What the test of a series had found when its promise was replaced.

    Attributes:
        series: which.
        evidence: against the promise, as a share of what an alarm needs; 1 for an alarm.
        stopped: how many decisions stopped since the change began, or since the test did.
        decisions: of how many.
        low: the promised rate was at least this; None where there was no alarm.
        high: and at most this.
    """

    series: str
    evidence: float
    stopped: int
    decisions: int
    low: float | None = None
    high: float | None = None


class Replaced(Struct, frozen=True, kw_only=True):
    """That a promise was replaced while much spoke against it.

    Attributes:
        replaced_at: when the watch saw so.
        by: when the promise in its place was worked out.
        lost: what had been found.
    """

    replaced_at: datetime
    by: datetime
    lost: tuple[Found, ...]


def replaced(
    kept: Mapping[str, Kept], series: Mapping[str, Series], promise: Promise, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return what is to be kept of tests that another promise ends; nothing where little is lost.

    Args:
        kept: the series as the last look left them.
        series: what they are held against from now on.
        promise: from which that was worked out.
        now: the instant.
    """
    ended = [name for name, one in kept.items() if name in series and one.promise_at != promise.at]
    found = [
        _found(name, kept[name], evidence)
        for name in in_order(ended)
        if (evidence := evidence_of(kept[name], series[name].alpha)) >= WATCHING
    ]
    if not found:
        return {}
    lost = Replaced(replaced_at=now, by=promise.at, lost=tuple(found))
    state: dict[str, Any] = msgspec.to_builtins(lost)
    return {REPLACED: state}


def _found(name: str, kept: Kept, evidence: float) -> Found:
    change = kept.monitor.change
    if change is None:
        drift = kept.monitor.drift
        return Found(
            series=name, evidence=evidence, stopped=drift.stopped, decisions=drift.decisions
        )
    low, high = change.promised
    return Found(
        series=name,
        evidence=evidence,
        stopped=change.stopped,
        decisions=change.decisions,
        low=low,
        high=high,
    )


def replaced_signals(store: Store, table: Table, now: datetime) -> Iterator[Signal]:
    """Yield that a promise was replaced while much spoke against it, until the owner took it.

    Raises:
        StoreError: the store cannot be read.
    """
    states = {one.series: one.state for one in store.monitors(table.agent, table.version)}
    try:
        note = msgspec.convert(states.get(REPLACED), Replaced)
    except msgspec.ValidationError:
        return
    if abs(now - note.replaced_at) >= LASTS and not _waits(store, table.agent):
        return
    yield Signal(
        agent=table.agent,
        kind=LOST,
        subject=REPLACED,
        sentence=f"The promise was replaced while {_words(note.lost[0], table)}.",
        means=REPLACED_MEANS,
        since=note.replaced_at,
        lines=tuple(f"Also: {_words(one, table)}." for one in note.lost[1:]),
    )


def without_promise(store: Store, table: Table) -> Iterator[Signal]:
    """Yield that nothing is promised of a version, where an earlier one was held to its promise.

    Raises:
        StoreError: the store cannot be read.
    """
    if any(one != table.version for one in store.monitored_versions(table.agent)):
        yield Signal(
            agent=table.agent,
            kind=LOST,
            subject=WITHOUT,
            sentence=f"Version {table.version} is in force without a promise: too much and too"
            " little are no longer looked at.",
            means=WITHOUT_MEANS,
        )


def _waits(store: Store, agent: str) -> bool:
    """Whether the owner has not taken it yet."""
    return any(
        (one.kind, one.subject, one.state) == (LOST, REPLACED, "open")
        for one in store.alarms(agent, unresolved=True)
    )


def _words(found: Found, table: Table) -> str:
    what = "all its decisions" if found.series == "all" else named(table, found.series)
    rate = f"{found.stopped:,} of {found.decisions:,} stopped"
    if found.low is None or found.high is None:
        return f"{found.evidence:.0%} of what an alarm needs spoke of a change of {what} ({rate})"
    return f"an alarm stood for {what}: {rate} instead of {share(found.low)}-{share(found.high)}"
