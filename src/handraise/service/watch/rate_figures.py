"""The rates of an agent as a page or a terminal shows them, each beside what was promised of it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal

from msgspec import Struct

from handraise.core.monitor.drift import log_evidence
from handraise.core.monitor.intervals import clopper_pearson
from handraise.service.watch.watched_series import Kept, Series

CERTAINTY = 0.95
"""Of the intervals that are shown; the tests have their own."""

WATCHING = 0.5
"""From this share of the evidence that an alarm needs on, a rate is said to be watched closely."""

State = Literal["quiet", "watching", "alarm", "no promise"]


class Seen(Struct, frozen=True):
    """A rate that was seen over some time.

    Attributes:
        stopped: how many decisions stopped.
        decisions: of how many.
        rate: the share of them; None where there were none.
        low: the true rate is at least this, with 95 % certainty.
        high: and at most this.
    """

    stopped: int
    decisions: int
    rate: float | None
    low: float
    high: float

    @classmethod
    def of(cls, stopped: int, decisions: int) -> Seen:
        """Return the rate of some counts."""
        low, high = clopper_pearson(stopped, decisions, CERTAINTY)
        return cls(stopped, decisions, stopped / decisions if decisions else None, low, high)


class Rate(Struct, frozen=True, kw_only=True):
    """How often an agent stops in one series.

    Attributes:
        series: `all`, `row confidence.1`, `condition novelty`, `route finance_lead`, `type refund`.
        promised: what a backtest promised; None where none did.
        in_force: what was seen since the version began to judge.
        day: over the last 24 hours, from a full hour on.
        week: over the last seven days.
        evidence: against the promise, as a share of what an alarm needs, in [0, 1].
        state: `quiet`; `watching`: half of what an alarm needs; `alarm`; or `no promise`.
        since: when what is an alarm began, as well as can be told; None without an alarm.
        direction: whether there is `more` than promised, or `less`; None without an alarm.
    """

    series: str
    promised: Seen | None
    in_force: Seen
    day: Seen
    week: Seen
    evidence: float = 0.0
    state: State = "no promise"
    since: datetime | None = None
    direction: Literal["more", "less"] | None = None


def rate_of(
    name: str, series: Series | None, kept: Kept | None, in_force: Seen, day: Seen, week: Seen
) -> Rate:
    """Return one series as it is shown.

    Args:
        name: of the series.
        series: what it is held against; None for nothing.
        kept: its test; None before the first look.
        in_force: what was seen since the version began to judge.
        day: and in the last day.
        week: and in the last week.
    """
    if series is None:
        return Rate(series=name, promised=None, in_force=in_force, day=day, week=week)
    change = None if kept is None else kept.monitor.change
    evidence = 1.0 if change else evidence_of(kept, series.alpha)
    return Rate(
        series=name,
        promised=Seen.of(*series.counts),
        in_force=in_force,
        day=day,
        week=week,
        evidence=evidence,
        state="alarm" if change else "watching" if evidence >= WATCHING else "quiet",
        since=None if change is None else change.since,
        direction=None if change is None else change.direction,
    )


def evidence_of(kept: Kept | None, alpha: float) -> float:
    """Return the evidence against a promise, as a share of what an alarm needs, in [0, 1]."""
    if kept is None:
        return 0.0
    return min(max(log_evidence(kept.monitor.drift) / -math.log(alpha), 0.0), 1.0)
