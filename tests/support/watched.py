"""Watchers for tests: they find what they are told to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from handraise.core.monitor.signals import Signal, SignalKind

AGENT = "support-agent"

LITTLE = Signal(
    agent=AGENT,
    kind="too_little",
    subject="row confidence.1",
    sentence="Row confidence.1 stops 3.1 % (2.2-4.3 %) instead of 11.9 %",
    means="Its confidence may be inflated: look at what went ahead.",
    lines=("type refund_request: 12 instead of 61 of 400",),
)
SLOW = Signal(
    agent=AGENT,
    kind="late",
    subject="route finance_lead",
    sentence="4 of 9 deadlines of finance_lead were missed this week",
    means="Too few people, or they are not told in time.",
)
OF_DANA = Signal(
    agent=AGENT,
    kind="unread",
    subject="person dana",
    about="dana",
    sentence="31 of 40 approvals of Dana Reyes came faster than they can be read",
    means="Approving may have become a habit; it may also be that all of them are alike.",
)


class FakeWatcher:
    """Finds the signals it is given, as often as it is asked."""

    def __init__(
        self,
        *found: Signal,
        kinds: Sequence[SignalKind] = (),
        every: timedelta = timedelta(minutes=1),
        raises: Callable[[], Exception] | None = None,
    ) -> None:
        """Keep what it finds, or what it raises."""
        self.found: Sequence[Signal] = found
        self.kinds: frozenset[SignalKind] = frozenset(kinds or [one.kind for one in found])
        self.every = every
        self.raises = raises
        self.looks: list[tuple[str, datetime]] = []

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Return what it was told to find of that agent."""
        self.looks.append((agent, now))
        if self.raises is not None:
            raise self.raises()
        return [one for one in self.found if one.agent == agent]
