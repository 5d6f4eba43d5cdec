"""What was not reached on its day: thinned by lot once that is over, with a known probability.

INVARIANT: what is kept is written down before anything is left out, and the lots of the ids do the
rest: whoever comes after a crash leaves out the same ones, and puts the others with the same share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from typing import Any

from msgspec import Struct, convert, to_builtins

from handraise.core.monitor.thinning import carried_shares, cut_of, lot, second_lot
from handraise.model import Audited

FIRST = 1
WHOLE = 1.0


class Cut(Struct, frozen=True):
    """What is kept of a group of draws: those of one day, version and severity.

    Attributes:
        of_the_day: the share that the days before told, of all that were drawn.
        after_it: the share of what was not reached on the day.
        under: the second lot under which those are kept.
    """

    of_the_day: float = WHOLE
    after_it: float = WHOLE
    under: float = WHOLE

    @property
    def share(self) -> float:
        """With which probability one that waits is looked at, of those that were drawn."""
        return self.of_the_day * self.after_it

    def keeps(self, decision_id: str) -> bool:
        """Whether a decision that waits is kept."""
        return lot(decision_id) < self.of_the_day and second_lot(decision_id) < self.under


class Carried(Struct, frozen=True):
    """What waits of days that are over.

    Attributes:
        until: the first day, in UTC, that is not over yet, e.g. `2026-03-02`; empty before any was.
        cuts: by group, as `group_of` names it; only of groups of which something was left out.
    """

    until: str = ""
    cuts: dict[str, Cut] = {}

    def cut_of(self, audit: Audited) -> Cut | None:
        """Return what is kept of an audit's group; None where that was not told yet."""
        return self.cuts.get(group_of(audit))

    def keeps(self, audit: Audited) -> bool:
        """Whether one that waits is not left out."""
        cut = self.cut_of(audit)
        return cut is None or cut.keeps(audit.decision_id)

    @property
    def state(self) -> dict[str, Any]:
        """As plain values, to be kept."""
        found: dict[str, Any] = to_builtins(self)
        return found


def carried_of(state: dict[str, Any] | None) -> Carried:
    """Return what was kept as plain values."""
    return Carried() if state is None else convert(state, Carried)


def day_of(audit: Audited) -> str:
    """Return the day in UTC on which a decision was drawn."""
    return audit.drawn_at.astimezone(UTC).date().isoformat()


def group_of(audit: Audited) -> str:
    """Return the name of the draws that are thinned alike."""
    return f"{day_of(audit)} {audit.version} {audit.severity}"


def carried_on(
    before: Carried,
    waiting: Iterable[Audited],
    today: str,
    room: float,
    severities: Sequence[str],
    share_of_day: Callable[[Audited], float],
) -> Carried:
    """Return what is kept once the days before `today` are over.

    Args:
        before: as it was.
        waiting: all that is drawn and not put to anybody.
        today: the day that is not over, in UTC.
        room: how many people have room for on a day.
        severities: of the table, the least first.
        share_of_day: which share of a day's draws is kept, as the days before it told.
    """
    by_day: dict[str, list[Audited]] = {}
    for one in waiting:
        by_day.setdefault(day_of(one), []).append(one)
    cuts = {group_of(one): before.cut_of(one) for each in by_day.values() for one in each}
    kept = {group: cut for group, cut in cuts.items() if cut is not None}
    backlog = sum(len(each) for day, each in by_day.items() if day < before.until)
    for day in sorted(day for day in by_day if before.until <= day < today):
        own = _closed(by_day[day], room, backlog, severities, share_of_day)
        kept |= own
        backlog += sum(own.get(group_of(one), Cut()).keeps(one.decision_id) for one in by_day[day])
    return Carried(until=today, cuts=kept)


def _closed(
    audits: Sequence[Audited],
    room: float,
    backlog: int,
    severities: Sequence[str],
    share_of_day: Callable[[Audited], float],
) -> dict[str, Cut]:
    """Return what is kept of one day's draws that were not reached on it, by group."""
    groups: dict[str, list[str]] = {}
    firsts: dict[str, Audited] = {}
    of_the_day: dict[str, float] = {}
    for one in audits:
        group = group_of(one)
        if group not in of_the_day:
            of_the_day[group], firsts[group] = share_of_day(one), one
        if one.look == FIRST and lot(one.decision_id) < of_the_day[group]:
            groups.setdefault(group, []).append(one.decision_id)
    waiting = Counter({group: len(ids) for group, ids in groups.items()})
    by_severity: Counter[str] = Counter()
    for group, count in waiting.items():
        by_severity[firsts[group].severity] += count
    shares = carried_shares(by_severity, room, float(backlog), severities)
    found = {}
    for group, first in firsts.items():
        ids = groups.get(group, [])
        share = shares.get(first.severity, WHOLE)
        cut = Cut(of_the_day[group], share, cut_of(ids, share, group))
        if cut.share < WHOLE:
            found[group] = cut
    return found
