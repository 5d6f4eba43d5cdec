"""Outcomes taken in: each is looked at first, and nothing is kept of what cannot be so.

INVARIANTS: no outcome of a rehearsal, of an unknown decision or of the future is kept; nor is
anything where two outcomes of one telling disagree. A customer's words, like a key, never stand in
what is said of a bad one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from handraise.clock import Clock
from handraise.errors import InputError, NotFoundError
from handraise.model import DecisionRecord, Outcome, OutcomeCounts
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

Source = Literal["file", "api", "agent"]

AT_A_TIME = 2_000
"""So many are kept in one transaction: others write between them."""

MAX_NOTE = 2_000
MAX_BY = 100
MAX_STAKE = 1e15
CLOCKS_DIFFER = timedelta(minutes=5)
"""Another machine's clock may be ahead by so much."""

ZONES_DIFFER = timedelta(days=1)
"""A day without a time begins in another zone by so much earlier."""

SHOWN = 3


class Report(Struct, frozen=True, kw_only=True):
    """What somebody reports of one decision.

    Attributes:
        place: where it stands, for what is said of it: `labels.csv:7`, `outcomes[3]`.
        id: the decision's id; None where it is named otherwise.
        key: the decision's key; None where it is named otherwise.
        either: its id or its key, for who does not know which; None where it is named otherwise.
        is_right: whether what was done turned out right.
        at: when that turned out; None for now.
        stake: what a wrong one cost, in the table's money unit, at least 0; None where not said.
        note: words, at most 2,000 characters.
    """

    place: str
    id: str | None = None
    key: str | None = None
    either: str | None = None
    is_right: bool
    at: datetime | None = None
    stake: float | None = None
    note: str = ""


class Bad(Struct, frozen=True):
    """A report that cannot be kept: where it stands, and why."""

    place: str
    why: str


class Taken(Struct, frozen=True, kw_only=True):
    """What came of some reports.

    Attributes:
        kept: how many are news and were kept, or would be.
        known: how many said what the same source had said before.
        alone: how many of the good ones are about decisions that the agent took alone.
        bad: those that cannot be kept, in their order.
        is_kept: whether anything was written: not where one is bad, unless those are skipped.
    """

    kept: int
    known: int
    alone: int
    bad: tuple[Bad, ...]
    is_kept: bool


class Outcomes:
    """Takes in what turned out, of the agents of one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def take(
        self,
        agent: str,
        reports: Sequence[Report],
        *,
        source: Source,
        by: str,
        skip_bad: bool = False,
        dry_run: bool = False,
    ) -> Taken:
        """Keep what is reported of an agent's decisions: all of it, or what is good, or nothing.

        What is said again is passed over, so that the same file may be told twice.

        Args:
            agent: whose decisions.
            reports: any number, with places that tell them apart.
            source: how they come; the agent's own word is kept, and never counts.
            by: who reports, 1 to 100 characters.
            skip_bad: keep the good ones where others are bad.
            dry_run: keep nothing, and say what would be.

        Raises:
            NotFoundError: there is no such agent.
            InputError: it is not said who reports.
        """
        self._shelf.newest(agent)
        if not 0 < len(by.strip()) <= MAX_BY:
            raise InputError(f"by: expected 1 to {MAX_BY} characters", "say who reports")
        now = self._clock.now()
        named = _Named(self._store, agent, reports)
        bad: list[Bad] = []
        good: dict[str, tuple[Report, DecisionRecord]] = {}
        for report in reports:
            found = named.decision(report)
            why = found if isinstance(found, str) else _why_bad(report, found, now)
            if not why and not isinstance(found, str):
                why = _why_twice(report, good.get(found.id))
                good.setdefault(found.id, (report, found))
            if why:
                bad.append(Bad(report.place, why))
        outcomes = [
            _outcome(agent, report, record.id, source, by.strip(), now)
            for report, record in good.values()
        ]
        may_keep = bool(outcomes) and not dry_run and (skip_bad or not bad)
        news = self._kept(outcomes) if may_keep else 0
        return Taken(
            kept=news if may_keep else len(outcomes),
            known=len(outcomes) - news if may_keep else 0,
            alone=sum(not record.rows for _, record in good.values()),
            bad=tuple(bad),
            is_kept=may_keep,
        )

    def _kept(self, outcomes: Sequence[Outcome]) -> int:
        return sum(
            self._store.tell_outcomes(outcomes[at : at + AT_A_TIME])
            for at in range(0, len(outcomes), AT_A_TIME)
        )

    def counts(self, agent: str, since: datetime | None = None) -> OutcomeCounts:
        """Return how decisions that an agent took alone turned out, as far as anybody told.

        Raises:
            NotFoundError: there is no such agent.
        """
        self._shelf.newest(agent)
        return self._store.outcomes_alone(agent, since)


def report_of(
    decision: str,
    is_right: bool,
    at: datetime | None,
    stake: float | None,
    note: str,
) -> Report:
    """Return what an agent's program reports, of the types it must have.

    Args:
        decision: its key or its id.
        is_right: whether what was done turned out right; nothing else will do for a bool.
        at: an aware instant; None for now.
        stake: a number; None where it is not known.
        note: words.

    Raises:
        InputError: one of them is of another type.
    """
    wrong = {
        "decision: expected its key or its id": isinstance(decision, str),
        "is_right: expected True or False": isinstance(is_right, bool),
        "at: expected a datetime with a zone": at is None
        or (isinstance(at, datetime) and at.tzinfo is not None),
        "stake: expected a number, 0 or more": stake is None
        or (
            isinstance(stake, int | float)
            and not isinstance(stake, bool)
            and 0 <= stake <= MAX_STAKE  # not so for NaN
        ),
        "note: expected text": isinstance(note, str),
    }
    for what, is_so in wrong.items():
        if not is_so:
            raise InputError(what, 'e.g. gate.outcome("ticket-991/1", is_right=False)')
    return Report(
        place="outcome", either=decision, is_right=is_right, at=at, stake=stake, note=note
    )


def refuse_bad(taken: Taken, count: int) -> None:
    """Return where nothing was bad.

    Args:
        taken: what came of the reports.
        count: how many there were.

    Raises:
        NotFoundError: the first bad one names no decision of the agent.
        InputError: it cannot be so.
    """
    if not taken.bad:
        return
    kind = NotFoundError if taken.bad[0].why in UNKNOWN else InputError
    if count == 1:
        raise kind(taken.bad[0].why)
    told = "; ".join(f"{one.place}: {one.why}" for one in taken.bad[:SHOWN])
    more = len(taken.bad) - SHOWN
    raise kind(
        f"{told}{f'; and {more} more' if more > 0 else ''}",
        f"{len(taken.bad)} of {count} outcomes cannot be kept, so none was: mend them",
    )


NO_ID = "the agent has no decision of this id"
NO_KEY = "the agent has no decision with this key"
NO_SUCH = "the agent has no decision of this id or key"
UNKNOWN = frozenset((NO_ID, NO_KEY, NO_SUCH))
PRACTICE = "the decision was a rehearsal: nothing was done, so nothing turned out"
TWO_MEANT = "it is the id of one decision and the key of another: say which, by id or by key"
NOT_NAMED = "expected exactly one name of the decision: its id, or its key"


class _Named:
    """The decisions that reports name, looked up together."""

    def __init__(self, store: Store, agent: str, reports: Sequence[Report]) -> None:
        either = [one.either for one in reports]
        ids = _given([*(one.id for one in reports), *either])
        keys = _given([*(one.key for one in reports), *either])
        self._by_id = store.decisions_by_id(agent, ids)
        self._by_key = store.decisions_by_key(agent, keys)

    def decision(self, report: Report) -> DecisionRecord | str:
        """Return the decision that a report is about, or why there is none."""
        names = _given([report.id, report.key, report.either])
        if len(names) != 1:
            return NOT_NAMED
        if report.id is not None:
            return self._by_id.get(report.id) or NO_ID
        if report.key is not None:
            return self._by_key.get(report.key) or NO_KEY
        by_id, by_key = self._by_id.get(names[0]), self._by_key.get(names[0])
        if by_id is not None and by_key is not None and by_id.id != by_key.id:
            return TWO_MEANT
        return by_id or by_key or NO_SUCH


def _given(names: Iterable[str | None]) -> list[str]:
    return [name for name in names if name is not None]


def _why_bad(report: Report, record: DecisionRecord, now: datetime) -> str:
    """Return why an outcome of a decision cannot be kept; empty where it can."""
    if record.rehearsal:
        return PRACTICE
    if report.at is not None:
        if report.at.tzinfo is None:
            return "its instant says no zone: write an offset, or Z"
        if report.at > now + CLOCKS_DIFFER:
            return f"it lies in the future ({report.at:%Y-%m-%d})"
        if report.at < record.decided_at - ZONES_DIFFER:
            return f"it turned out before it was decided ({record.decided_at:%Y-%m-%d})"
    if report.stake is not None and not 0.0 <= report.stake <= MAX_STAKE:
        return "its stake must be a number of money, 0 or more"
    if len(report.note) > MAX_NOTE:
        return f"its note is longer than {MAX_NOTE:,} characters"
    return ""


def _why_twice(report: Report, first: tuple[Report, DecisionRecord] | None) -> str:
    if first is None:
        return ""
    other = first[0]
    if other.is_right != report.is_right:
        return f"says the contrary of {other.place}, of the same decision"
    return f"is about the same decision as {other.place}"


def _outcome(
    agent: str, report: Report, decision_id: str, source: Source, by: str, now: datetime
) -> Outcome:
    stake = report.stake
    return Outcome(
        id=fresh_id(),
        agent=agent,
        decision_id=decision_id,
        is_right=report.is_right,
        at=now if report.at is None else min(report.at, now),
        told_at=now,
        source=source,
        by=by,
        stake=None if stake is None or not math.isfinite(stake) else float(stake),
        note=report.note.strip(),
    )
