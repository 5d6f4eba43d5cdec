"""The rates of an agent as a page or a terminal shows them, each beside what was promised of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.budget import ALL
from handraise.core.monitor.drift import log_evidence
from handraise.core.monitor.intervals import clopper_pearson
from handraise.service.watch.watched_series import Kept, Series

CERTAINTY = 0.95
"""Of the intervals that are shown; the tests have their own."""

WATCHING = 0.5
"""From this share of the evidence that an alarm needs on, a rate is said to be watched closely."""

MOST_OF_IT = 0.5
"""What makes so much of what a rate has too many or too few of explains it, as with alarms."""

State = Literal["quiet", "watching", "outside", "alarm", "no promise"]
Direction = Literal["more", "less"]


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
        state: `quiet`; `watching`: half of what an alarm needs; `outside`: lately it lay wholly
            beyond the promise, and is no alarm by itself; `alarm`; or `no promise`.
        since: when what is an alarm began, as well as can be told; None without an alarm.
        direction: whether there is `more` than promised, or `less`; None without an alarm.
        part_of: the series as whose alarm it is told of; empty where that is its own, or none.
        alike: so many decisions at a time count as one.
    """

    series: str
    promised: Seen | None
    in_force: Seen
    day: Seen
    week: Seen
    evidence: float = 0.0
    state: State = "no promise"
    since: datetime | None = None
    direction: Direction | None = None
    part_of: str = ""
    alike: float = 1.0

    @property
    def lately(self) -> Seen:
        """What was seen over the last week, else all there is."""
        return self.week if self.week.decisions else self.in_force

    @property
    def outside(self) -> Direction | None:
        """Where its interval lies wholly beyond the promise lately; None where it does not."""
        if self.promised is None or not self.lately.decisions:
            return None
        if self.lately.low > self.promised.high:
            return "more"
        return "less" if self.lately.high < self.promised.low else None

    @property
    def excess(self) -> float:
        """How many stops more than promised there were lately; below 0 for fewer."""
        promised = (self.promised and self.promised.rate) or 0.0
        return self.lately.stopped - promised * self.lately.decisions


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
        part_of=kept.told_in if kept is not None and change and kept.told_in != name else "",
        alike=series.alike,
    )


def beside_each_other(rates: Sequence[Rate]) -> tuple[Rate, ...]:
    """Return rates with what those are that lie beyond their promise without an alarm of their own.

    Such a one is part of an alarm of the same direction where that makes at least half of it: the
    whole rate of any, a condition of one of its rows; and any is part of an alarm of the whole.
    """
    alarms = [one for one in rates if one.state == "alarm"]
    return tuple(
        replace(one, state="outside", part_of=next(_explaining(one, alarms), ""))
        if one.state in {"quiet", "watching"} and one.outside is not None
        else one
        for one in rates
    )


def _explaining(rate: Rate, alarms: Sequence[Rate]) -> Iterator[str]:
    kind, _, name = rate.series.partition(" ")
    for one in alarms:
        is_in_it = rate.series == ALL or (
            kind == "condition" and one.series.startswith(f"row {name}.")
        )
        makes_it = is_in_it and one.excess / (rate.excess or 1.0) >= MOST_OF_IT
        if one.direction == rate.outside and (makes_it or one.series == ALL):
            yield one.part_of or one.series


def evidence_of(kept: Kept | None, alpha: float) -> float:
    """Return the evidence against a promise, as a share of what an alarm needs, in [0, 1]."""
    if kept is None:
        return 0.0
    return min(max(log_evidence(kept.monitor.drift) / -math.log(alpha), 0.0), 1.0)
