"""What goes wrong among decisions taken alone: the estimate, its bound, and how far people agree.

INVARIANTS: what nobody has answered, or nobody can tell, is never counted as right; what the agent
itself reports never counts. It speaks of decisions that are old enough to have been looked at, and
what was not looked at by then counts as wrong in the bound, which holds however often one looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.agreement import Agreement, agreement_of
from handraise.core.monitor.audits import Estimate, Finding, Look, estimate_of
from handraise.core.table.types import Table
from handraise.model import Audited, AuditState, Outcome
from handraise.service.auditing.carrying import Carried, carried_of
from handraise.service.auditing.promising import PromisedError, promised_error
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

ALPHA = 0.05
"""What is shown holds with a probability of 95 %, at every look."""

WINDOWS = (28, 90)
"""The days that are looked at on their own, beside what went ahead since a version is in force."""

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before anything was ever decided."""

HOUR = timedelta(hours=1)

COUNTED: tuple[AuditState, ...] = ("drawn", "asked", "answered")
FIRST, SECOND, SETTLED = 1, 2, 3


class Window(Struct, frozen=True, kw_only=True):
    """What was found among the decisions of a stretch of time.

    Attributes:
        days: how many, up to now; None for all since the version is in force.
        estimate: what went wrong.
    """

    days: int | None
    estimate: Estimate


class Disagreement(Struct, frozen=True, kw_only=True):
    """A decision of which two people said different things, and nobody has settled it."""

    decision_id: str
    severity: str
    answers: tuple[str, str]
    at: datetime


class Alone(Struct, frozen=True, kw_only=True):
    """What is known of the decisions that an agent takes alone.

    Attributes:
        agent: whose.
        version: of the table that is current.
        since: when that came into force; None where it is not.
        is_audited: whether decisions are drawn by that version.
        promise: the share that may go wrong alone; None where none was promised.
        windows: since the version is in force, then the last 28 and 90 days, whatever the version.
        waiting: how many looks wait for an answer, or to be put to somebody.
        late: how many of them should have been answered.
        put: how many of those that wait somebody has.
        left_out: how many were left out by lot, because more were drawn than people have room for.
        agreement: how far two people who looked at the same decision agree.
        blind: how far what people would have done agrees with what the agent did.
        disagreements: what nobody has settled, the oldest first.
        outcomes: of how many of the answered ones it is known how they turned out, which counts.
        wrong: ids of decisions that were found wrong and that nobody has still to look at, the
            newest first.
        until: before which instant a decision must have been taken to be in the estimates: those
            after it people still have time for.
        young: how many were drawn since, looked at or not.
    """

    agent: str
    version: str
    since: datetime | None
    is_audited: bool
    promise: PromisedError | None
    windows: tuple[Window, ...]
    waiting: int
    late: int
    put: int
    left_out: int
    agreement: Agreement
    blind: Agreement
    disagreements: tuple[Disagreement, ...]
    outcomes: int
    wrong: tuple[str, ...]
    until: datetime
    young: int

    @property
    def estimate(self) -> Estimate:
        """What went wrong since the version is in force."""
        return self.windows[0].estimate


class Looked(Struct, frozen=True, kw_only=True):
    """A decision that was drawn, with all looks at it that were not left out.

    Attributes:
        looks: by their number: a first, a second person's, the owner's last word.
        outcome: how it turned out, where somebody told who may; None where not.
    """

    looks: Mapping[int, Audited]
    outcome: Outcome | None

    @property
    def any(self) -> Audited:
        """One of the looks, for what all have alike."""
        return next(iter(self.looks.values()))

    @property
    def answers(self) -> list[str]:
        """What the first and the second person said, as far as they did."""
        looks = (self.looks.get(FIRST), self.looks.get(SECOND))
        return [one.answer for one in looks if one is not None and one.answer is not None]

    @property
    def is_disputed(self) -> bool:
        """Whether two people said different things, and nobody has settled it."""
        return SETTLED not in self.looks and len(set(self.answers)) > 1

    @property
    def finding(self) -> Finding:
        """What counts: how it turned out, else the owner's word, else what people agree on.

        An outcome closes nothing: those that come by themselves are no random sample.
        """
        if not self.answers:
            return "pending"
        if self.outcome is not None:
            return "right" if self.outcome.is_right else "wrong"
        settled = self.looks.get(SETTLED)
        if self.is_disputed:
            return "unclear"
        answer = settled.answer if settled is not None else self.answers[0]
        return {"right": "right", "wrong": "wrong"}.get(answer or "", "unclear")  # type: ignore[return-value]

    @property
    def cost(self) -> float | None:
        """What a wrong one cost, by whoever said so last."""
        told = [self.looks[number].stake for number in sorted(self.looks)]
        told.append(None if self.outcome is None else self.outcome.stake)
        return next((one for one in reversed(told) if one is not None), None)


class Drawn(Struct, frozen=True):
    """What was drawn of an agent's decisions.

    Attributes:
        mark: changes whenever anything of it does.
        own: by the version that is current.
        lately: in the longest of the windows, whatever the version.
    """

    mark: object
    own: tuple[Looked, ...]
    lately: tuple[Looked, ...]


class Estimating:
    """Works out what goes wrong alone; once, until something that concerns audits has happened."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._drawn: dict[str, Drawn] = {}
        self._alone: dict[str, tuple[object, Alone]] = {}

    def alone(self, agent: str) -> Alone:
        """Return what is known of the decisions that an agent takes alone.

        Raises:
            NotFoundError: there is no such agent.
        """
        table = self._shelf.current(agent)
        now = self._clock.now()
        ready = self._store.ready_record(agent, table.version)
        since = None if ready is None else ready.at
        promise = promised_error(table, self._shelf.learned.folder_of(agent))
        drawn = self._read(table, now)
        key = (drawn.mark, since, promise, _stretch(now))
        known = self._alone.get(agent)
        if known is None or known[0] != key:
            known = (key, self._worked_out(table, drawn, since, promise, now))
            self._alone[agent] = known
        return known[1]

    def _worked_out(
        self,
        table: Table,
        drawn: Drawn,
        since: datetime | None,
        promise: PromisedError | None,
        now: datetime,
    ) -> Alone:
        until = _hour(now - timedelta(seconds=self._within_s(table, drawn)))
        own = [one for one in drawn.own if one.any.drawn_at < until]
        windows = [Window(days=None, estimate=self._of(table, own, BEGINNING, until, is_own=True))]
        for days in WINDOWS:
            begin = _hour(now - timedelta(days=days))
            part = [one for one in drawn.lately if begin <= one.any.drawn_at < until]
            windows.append(Window(days=days, estimate=self._of(table, part, begin, until)))
        both = _both(drawn.own, drawn.lately)
        waiting = [one for part in both for one in _waiting(part)]
        longest = now - timedelta(days=max(WINDOWS))
        return Alone(
            agent=table.agent,
            version=table.version,
            since=since,
            is_audited=table.audit is not None,
            promise=promise,
            windows=tuple(windows),
            waiting=len(waiting),
            late=sum(_is_late(one, table, now) for one in waiting),
            put=sum(one.state == "asked" for one in waiting),
            left_out=self._store.left_out(table.agent, longest),
            agreement=agreement_of(one.answers for one in both),
            blind=agreement_of(_blind(both)),
            disagreements=_disagreements(both),
            outcomes=sum(one.outcome is not None and bool(one.answers) for one in both),
            wrong=tuple(
                one.any.decision_id
                for one in sorted(drawn.own, key=lambda one: one.any.drawn_at, reverse=True)
                if one.finding == "wrong" and not _waiting(one)
            ),
            until=until,
            young=sum(one.any.drawn_at >= until for one in drawn.own),
        )

    def estimate(self, agent: str, *, since: datetime | None = None, alpha: float) -> Estimate:
        """Return what is wrong at least by the current version, at a certainty that is asked for.

        Up to now: its `floor` counts as right whatever was not told, and so needs nobody's time;
        its bound is wide for what people still have time to look at.

        Args:
            agent: whose.
            since: only what went ahead in the hour of this instant or after.
            alpha: the probability of ever being wrong, in (0, 1).

        Raises:
            NotFoundError: there is no such agent.
        """
        table, now = self._shelf.current(agent), self._clock.now()
        begin = BEGINNING if since is None else _hour(since)
        found = [one for one in self._read(table, now).own if one.any.drawn_at >= begin]
        return self._of(table, found, begin, now + HOUR, is_own=True, alpha=alpha)

    def _of(
        self,
        table: Table,
        looked: Sequence[Looked],
        since: datetime,
        until: datetime,
        *,
        is_own: bool = False,
        alpha: float = ALPHA,
    ) -> Estimate:
        """Return what went wrong from the hour of an instant on, before the hour of another."""
        version = table.version if is_own else None
        counted = self._store.alone(table.agent, since, until - HOUR, version=version)
        # All that the table has, also those that nothing was of: their share stays theirs.
        alone = dict.fromkeys(table.severities or ("",), 0) | counted
        return estimate_of(alone, [_look(one) for one in sorted(looked, key=_place)], alpha)

    def _within_s(self, table: Table, drawn: Drawn) -> float:
        """Return how long people have; where the table draws nothing any more, as was said then."""
        if table.audit is not None:
            return table.audit.within_s
        versions = {one.any.version for one in drawn.lately}
        earlier = (self._shelf.table(table.agent, version).audit for version in versions)
        return max((one.within_s for one in earlier if one is not None), default=0.0)

    def _read(self, table: Table, now: datetime) -> Drawn:
        """Return what was drawn, read anew where anything of it has changed, or on another day."""
        agent = table.agent
        mark = (table.version, now.date(), self._store.audits_mark(agent))
        found = self._drawn.get(agent)
        if found is None or found.mark != mark:
            carried = carried_of(self._store.carried_audits(agent))
            longest = _hour(now - timedelta(days=max(WINDOWS)))
            own = self._looked(agent, carried, version=table.version)
            lately = self._looked(agent, carried, since=longest)
            found = self._drawn[agent] = Drawn(mark, tuple(own), tuple(lately))
        return found

    def _looked(
        self,
        agent: str,
        carried: Carried,
        *,
        version: str | None = None,
        since: datetime | None = None,
    ) -> list[Looked]:
        """Return the decisions that were drawn and not left out, of which there may be many."""
        by_decision: dict[str, dict[int, Audited]] = {}
        for state in COUNTED:
            for one in self._store.audited(agent, version=version, since=since, state=state):
                if state != "drawn":
                    by_decision.setdefault(one.decision_id, {})[one.look] = one
                elif carried.keeps(one):
                    known = _carried(one, carried)
                    by_decision.setdefault(one.decision_id, {})[one.look] = known
        outcomes = self._store.outcome_of(by_decision)
        return [Looked(looks=looks, outcome=outcomes.get(id)) for id, looks in by_decision.items()]


def _carried(audit: Audited, carried: Carried) -> Audited:
    """Return what waits with the probability with which it will be put to somebody."""
    cut = carried.cut_of(audit)
    return audit if cut is None else replace(audit, probability=audit.probability * cut.share)


def _hour(at: datetime) -> datetime:
    """Return the beginning of an instant's hour: decisions are counted by the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def _stretch(now: datetime) -> tuple[datetime, int]:
    """Return in which ten minutes an instant lies: what is told may be so old."""
    return _hour(now), now.minute // 10


def _place(looked: Looked) -> tuple[object, ...]:
    """Return when a probability of a decision's kind came first: on its day the largest does.

    So a share of the certainty that a probability has stays its own, whatever comes later.
    """
    look = _look(looked)
    return looked.any.drawn_at.date(), -look.probability, looked.any.decision_id


def _look(looked: Looked) -> Look:
    first = looked.looks.get(FIRST, looked.any)
    return Look(
        severity=first.severity,
        probability=first.probability,
        finding=looked.finding,
        cost=looked.cost,
    )


def _both(own: Sequence[Looked], lately: Sequence[Looked]) -> list[Looked]:
    """Return what is in either, each decision once, oldest first."""
    found = {one.any.decision_id: one for one in (*own, *lately)}
    return [found[id] for id in sorted(found)]


def _waiting(looked: Looked) -> list[Audited]:
    return [one for one in looked.looks.values() if one.state in {"drawn", "asked"}]


def _is_late(audit: Audited, table: Table, now: datetime) -> bool:
    """Whether it should have been answered: also what was never put to anybody, in as long."""
    within_s = table.audit.within_s if table.audit is not None else 0.0
    due = audit.due_at or audit.drawn_at + timedelta(seconds=within_s)
    return due <= now


def _blind(looked: Iterable[Looked]) -> list[list[str]]:
    """Return what somebody would have done beside what the agent did, for each first look."""
    return [
        [one.chosen, one.action or ""]
        for each in looked
        for number, one in each.looks.items()
        if number != SETTLED and one.chosen is not None
    ]


def _disagreements(looked: Iterable[Looked]) -> tuple[Disagreement, ...]:
    return tuple(
        Disagreement(
            decision_id=one.any.decision_id,
            severity=one.any.severity,
            answers=(one.answers[0], one.answers[1]),
            at=one.any.drawn_at,
        )
        for one in looked
        if one.is_disputed
    )
