"""What goes wrong among decisions taken alone: the estimate, its bound, and how far people agree.

INVARIANT: what nobody has answered, or nobody can tell, is never counted as right; what the agent
itself reports never counts. A bound holds however often it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.agreement import Agreement, agreement_of
from handraise.core.monitor.audits import Estimate, Finding, Look, estimate_of
from handraise.core.table.types import Table
from handraise.model import Audited, AuditState, Outcome
from handraise.service.auditing.promising import PromisedError, promised_error
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

ALPHA = 0.05
"""What is shown holds with a probability of 95 %, at every look."""

WINDOWS = (28, 90)
"""The days that are looked at on their own, beside what went ahead since a version is in force."""

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before anything was ever decided."""

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
        disagreements: what the owner may settle, the oldest first.
        outcomes: of how many of the answered ones it is known how they turned out, which counts.
        wrong: ids of decisions that were found wrong, the newest first.
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


class Estimating:
    """Works out what goes wrong alone."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def alone(self, agent: str) -> Alone:
        """Return what is known of the decisions that an agent takes alone.

        Raises:
            NotFoundError: there is no such agent.
        """
        table = self._shelf.current(agent)
        now = self._clock.now()
        own = self._looked(agent, version=table.version)
        longest = now - timedelta(days=max(WINDOWS))
        lately = self._looked(agent, since=longest)
        windows = [Window(days=None, estimate=self._of(table, own, version=table.version))]
        for days in WINDOWS:
            since = now - timedelta(days=days)
            part = [one for one in lately if one.any.drawn_at >= since]
            windows.append(Window(days=days, estimate=self._of(table, part, since=since)))
        ready = self._store.ready_record(agent, table.version)
        waiting = [one for part in _both(own, lately) for one in _waiting(part)]
        return Alone(
            agent=agent,
            version=table.version,
            since=None if ready is None else ready.at,
            is_audited=table.audit is not None,
            promise=promised_error(table, self._shelf.learned.folder_of(agent)),
            windows=tuple(windows),
            waiting=len(waiting),
            late=sum(_is_late(one, table, now) for one in waiting),
            put=sum(one.state == "asked" for one in waiting),
            left_out=self._store.left_out(agent, longest),
            agreement=agreement_of(one.answers for one in _both(own, lately)),
            blind=agreement_of(_blind(_both(own, lately))),
            disagreements=_disagreements(_both(own, lately)),
            outcomes=sum(
                one.outcome is not None and bool(one.answers) for one in _both(own, lately)
            ),
            wrong=tuple(
                one.any.decision_id
                for one in sorted(own, key=lambda one: one.any.drawn_at, reverse=True)
                if one.finding == "wrong"
            ),
        )

    def estimate(self, agent: str, *, since: datetime | None = None, alpha: float) -> Estimate:
        """Return what went wrong by the current version, at a certainty that is asked for.

        Args:
            agent: whose.
            since: only what went ahead at this instant or after.
            alpha: the probability of ever being wrong, in (0, 1).

        Raises:
            NotFoundError: there is no such agent.
        """
        table = self._shelf.current(agent)
        found = self._looked(agent, version=table.version, since=since)
        return self._of(table, found, since=since, version=table.version, alpha=alpha)

    def _of(
        self,
        table: Table,
        looked: Sequence[Looked],
        *,
        since: datetime | None = None,
        version: str | None = None,
        alpha: float = ALPHA,
    ) -> Estimate:
        now = self._clock.now()
        counted = self._store.alone(table.agent, since or BEGINNING, now, version=version)
        # All that the table has, also those that nothing was of: their share stays theirs.
        alone = dict.fromkeys(table.severities or ("",), 0) | counted
        ordered = sorted(looked, key=lambda one: one.any.decision_id)
        return estimate_of(alone, [_look(one) for one in ordered], alpha)

    def _looked(
        self, agent: str, *, version: str | None = None, since: datetime | None = None
    ) -> list[Looked]:
        """Return the decisions that were drawn and not left out, of which there may be many."""
        by_decision: dict[str, dict[int, Audited]] = {}
        for state in COUNTED:
            for one in self._store.audited(agent, version=version, since=since, state=state):
                by_decision.setdefault(one.decision_id, {})[one.look] = one
        outcomes = self._store.outcome_of(by_decision)
        return [Looked(looks=looks, outcome=outcomes.get(id)) for id, looks in by_decision.items()]


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
