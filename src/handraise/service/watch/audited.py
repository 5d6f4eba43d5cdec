"""Watches the audits: more goes wrong than was promised, nobody looks, those who look disagree.

INVARIANT: what waits is never counted as right. The chance that `wrong_alone` is ever a false
alarm, however often it is looked at, is within the audits' share of the budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from handraise.core.monitor.audits import Estimate
from handraise.core.monitor.budget import AUDITED, shares
from handraise.core.monitor.signals import Signal, SignalKind, Unseen
from handraise.core.table.units import duration_text
from handraise.service.auditing.estimating import Alone, Estimating
from handraise.service.auditing.promising import PromisedError
from handraise.service.reading.shelf import Shelf

BLOCK = timedelta(days=28)
"""What went ahead is also looked at in stretches of so long: what begins late shows sooner."""

MOST_EXAMPLES = 5
LATE_SHARE = 0.25
"""So large a share of what waits that is overdue is an alarm."""

LEAST_LATE = 3
"""And so many at least."""

LEAST_ALPHA = 0.4
"""Under this, what two people say of the same decisions tells little of the decisions."""

LEAST_PAIRS = 20
"""So many decisions must two people have looked at before that is said."""


class Audited:
    """Looks at the audits of an agent."""

    kinds: frozenset[SignalKind] = frozenset({"wrong_alone", "audits_late", "disagreeing"})
    every = timedelta(minutes=10)

    def __init__(self, shelf: Shelf, estimating: Estimating) -> None:
        """Keep what looking needs."""
        self._shelf = shelf
        self._estimating = estimating

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Return what audits say is wrong now."""
        alone = self._estimating.alone(agent)
        return [*self._wrong(alone, now), *self._late(alone), *_disagreeing(alone)]

    def unseen(self, agent: str, now: datetime) -> Sequence[Unseen]:
        """Return that nothing is promised of what goes wrong alone, where it is so."""
        if self._estimating.alone(agent).promise is not None:
            return ()
        why = "the table in force promises nothing of what goes wrong alone"
        return (Unseen(kinds=frozenset({"wrong_alone"}), why=why),)

    def _wrong(self, alone: Alone, now: datetime) -> Iterator[Signal]:
        """Yield that more goes wrong than was promised, at most once."""
        if alone.promise is None:
            return
        table = self._shelf.current(alone.agent)
        share = shares([], audits=True, people=False, total=table.false_alarms)[AUDITED]
        whole = self._estimating.estimate(alone.agent, alpha=share / 2)
        if whole.floor > alone.promise.rate:
            yield _too_many(alone, alone.promise, whole, alone.since)
            return
        since, alpha = _block(alone.since or now, now, share / 2)
        if since is None:
            return
        lately = self._estimating.estimate(alone.agent, since=since, alpha=alpha)
        if lately.floor > alone.promise.rate:
            yield _too_many(alone, alone.promise, lately, since)

    def _late(self, alone: Alone) -> Iterator[Signal]:
        if alone.late < LEAST_LATE or alone.late < LATE_SHARE * alone.waiting:
            return
        table = self._shelf.current(alone.agent)
        within = "" if table.audit is None else f" within {duration_text(table.audit.within_s)}"
        nobody = alone.waiting - alone.put
        lines = [f"{alone.put} wait for somebody's answer, {nobody} for somebody with room"]
        if alone.left_out:
            lines.append(f"{alone.left_out} more were left out by lot in 90 days")
        yield Signal(
            agent=alone.agent,
            kind="audits_late",
            subject="audits",
            sentence=(
                f"{alone.late} of {alone.waiting} decisions that wait for a second look were not"
                f" looked at{within}."
            ),
            means=(
                "What nobody looks at is not known to be right: if all of it were wrong,"
                f" {_percent(alone.estimate.rate_at_worst)} of what goes ahead would be. Give it"
                " to more people, or draw fewer."
            ),
            lines=tuple(lines),
        )


def _disagreeing(alone: Alone) -> Iterator[Signal]:
    found = alone.agreement
    if found.alpha is None or found.alpha >= LEAST_ALPHA or found.pairs < LEAST_PAIRS:
        return
    open_ones = len(alone.disagreements)
    yield Signal(
        agent=alone.agent,
        kind="disagreeing",
        subject="audits",
        sentence=(
            f"Two people who looked at the same decision agreed on {found.alike} of {found.pairs}:"
            f" little more than by chance would be (alpha {found.alpha:.2f})."
        ),
        means=(
            "What is right is not clear to those who look, so the share of wrong decisions means"
            " little. Talk about the ones they see differently, and write down what counts."
        ),
        lines=(f"{open_ones} of them wait for the owner's word",) if open_ones else (),
        examples=tuple(one.decision_id for one in alone.disagreements[-MOST_EXAMPLES:]),
    )


def _block(since: datetime, now: datetime, alpha: float) -> tuple[datetime | None, float]:
    """Return when the present stretch began, and its part of the certainty.

    Each stretch has a part of its own, and all of them together no more than the whole. The first
    is the whole itself, and is not looked at twice.
    """
    number = max((now - since) // BLOCK, 0)
    if number == 0:
        return None, alpha
    return since + number * BLOCK, alpha / (number * (number + 1))


def _too_many(
    alone: Alone, promise: PromisedError, found: Estimate, since: datetime | None
) -> Signal:
    answered = found.right + found.wrong
    lines = [
        f"{found.wrong} of {answered} that were looked at were wrong; {found.unclear} could not be"
        f" told, {found.pending} wait",
        f"{promise.source} promises at most {_percent(promise.rate)}",
        *(
            f"{one.severity or 'without a severity'}: {one.wrong} wrong of {one.told}"
            for one in found.strata
            if one.wrong
        ),
    ]
    if found.cost is not None:
        lines.append(f"estimated cost of all that went wrong: {found.cost:,.0f}")
    return Signal(
        agent=alone.agent,
        kind="wrong_alone",
        subject="all",
        sentence=(
            f"{_percent(found.rate or 0.0)} of the decisions it takes alone are wrong,"
            f" {_percent(found.floor)} at least; {_percent(promise.rate)} were promised."
        ),
        means=(
            "Too little comes back to people: the threshold is too low, or what comes has changed."
            " Look at the examples, raise the threshold or calibrate again."
        ),
        since=since,
        lines=tuple(lines),
        examples=alone.wrong[:MOST_EXAMPLES],
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"
