"""One series under watch, look by look: quiet, changed, and quiet again.

A change that was found stays found until its decisions are back. Then the test starts anew. While
it stays, a test of the other direction runs: what is found by that takes its place.
"""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.drift import (
    CERTAINTY,
    NONE_YET,
    Change,
    Direction,
    Drift,
    Promised,
    begin,
    found,
    gain,
    log_sum,
    looked,
    one_sided,
)
from handraise.core.monitor.intervals import at_least, at_most, clopper_pearson

KEPT = 0.01
"""How likely it may be that a change is taken to be over although its rate never came back."""

BACK = 0.95
"""With this certainty the rate since it came back may not lie beyond the promise."""

Counts = tuple[int, int]


class Return(Struct, frozen=True, kw_only=True):
    """What a change that was found has to show to be over.

    Attributes:
        looks: how many looks brought a decision since it was found.
        evidence: the logarithm of the stake of the bet that it is over.
        gain: what that bet made since the rate would have come back, in logarithms.
        decisions: how many decisions came since then.
        stopped: how many of those stopped.
    """

    looks: int = 0
    evidence: float = NONE_YET
    gain: float = 0.0
    decisions: int = 0
    stopped: int = 0


class Monitor(Struct, frozen=True, kw_only=True):
    """One series under watch.

    Attributes:
        drift: the test; while a change lasts, as it was when that was found.
        change: what was found, with all that came since; None while it keeps its promise.
        back: how far the change is from being over; only used while there is one.
        other: the test of the other direction since the change was found; begun while there is
            none.
    """

    drift: Drift = begin()
    change: Change | None = None
    back: Return = Return()
    other: Drift = begin()


def watched(
    monitor: Monitor,
    promised: Promised,
    alpha: float,
    stopped: int,
    decisions: int,
    at: datetime,
    *,
    alike: float = 1.0,
) -> Monitor:
    """Return a monitor after one more look.

    Args:
        monitor: as the look before left it.
        promised: see `looked`; for another promise begin with a new monitor.
        alpha: how likely a false alarm may be, in (0, 1).
        stopped: how many of the decisions stopped, 0 to `decisions`.
        decisions: how many came since the look before; a look that brings none changes nothing.
        at: when they began to come.
        alike: so many decisions at a time are taken to be one; see `looked`.

    Raises:
        ValueError: for counts, a promise, an alpha or an `alike` that cannot be.

    Example:
        >>> from datetime import UTC, datetime
        >>> at = datetime(2026, 1, 5, tzinfo=UTC)
        >>> monitor = watched(Monitor(), (0.1, 0.14), 0.01, 40, 50, at)
        >>> monitor.change.direction, monitor.change.rate
        ('more', 0.8)
        >>> watched(monitor, (0.1, 0.14), 0.01, 12, 100, at).change is None
        True
    """
    if decisions == 0:
        return monitor
    if monitor.change is None:
        drift = looked(monitor.drift, promised, stopped, decisions, at, alike=alike)
        return Monitor(drift=drift, change=found(drift, promised, alpha, alike=alike))
    way: Direction = "less" if monitor.change.direction == "more" else "more"
    other = looked(monitor.other, promised, stopped, decisions, at, alike=alike)
    other = one_sided(other, way)
    turned = found(other, promised, alpha, alike=alike)
    change = lasted(monitor.change, stopped, decisions)
    if turned is not None or _is_beyond(change, way):
        return Monitor(drift=other, change=turned)
    back = _nearer(monitor.back, monitor.change, stopped, decisions)
    if is_over(back, monitor.change):
        return Monitor()
    return Monitor(drift=monitor.drift, change=change, back=back, other=other)


def _is_beyond(change: Change, way: Direction) -> bool:
    """Whether the rate since a change began lies on the other side of the promise by now."""
    low, high = change.promised
    return change.rate > high if way == "more" else change.rate < low


def is_over(back: Return, change: Change) -> bool:
    """Return whether a change is over.

    Three things are asked, so that an alarm does not come and go. A bet on the promised rate
    against the changed one, mixed over when it came back, must have won: were the rate still the
    one that the change was found by, or one further out, that would ever happen to 1 in 100. Since
    it came back there must have been as many decisions as it took to find the change. And those
    may not lie beyond the promise: a rate that came back half of the way stays an alarm.
    """
    evidence = log_sum(back.evidence, -math.log(back.looks + 1))
    if evidence < -math.log(KEPT) or back.decisions < change.took:
        return False
    low, high = change.promised
    stopped, decisions = back.stopped / change.alike, back.decisions / change.alike
    if change.direction == "more":
        return at_least(stopped, decisions, BACK) <= high
    return at_most(stopped, decisions, BACK) >= low


def lasted(change: Change, stopped: int, decisions: int, certainty: float = CERTAINTY) -> Change:
    """Return a change with what came since it was last looked at.

    Args:
        change: what was found.
        stopped: how many more stopped.
        decisions: of how many more.
        certainty: of the interval of its rate, in (0, 1).
    """
    stopped, decisions = change.stopped + stopped, change.decisions + decisions
    low, high = clopper_pearson(stopped / change.alike, decisions / change.alike, certainty)
    return replace(
        change,
        decisions=decisions,
        stopped=stopped,
        rate=stopped / decisions,
        low=low,
        high=high,
    )


def _nearer(back: Return, change: Change, stopped: int, decisions: int) -> Return:
    step = -gain(change.factor, change.promised, stopped, decisions - stopped) / change.alike
    log_weight = -math.log((back.looks + 1) * (back.looks + 2))
    begins = back.gain <= 0
    return Return(
        looks=back.looks + 1,
        evidence=log_sum(back.evidence, log_weight) + step,
        gain=step if begins else back.gain + step,
        decisions=decisions if begins else back.decisions + decisions,
        stopped=stopped if begins else back.stopped + stopped,
    )
