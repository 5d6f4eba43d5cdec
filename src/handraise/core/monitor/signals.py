"""What a watcher finds: one thing that is wrong now, in words, with what it usually means.

INVARIANT: the words of a signal hold no customer's data. Figures of one person stand only in a
signal that is `about` that person, which nobody but they and the owner are shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

SignalKind = Literal[
    "too_much",
    "too_little",
    "wrong_alone",
    "audits_late",
    "agreeing",
    "unread",
    "disagreeing",
    "late",
    "backlog",
    "over_capacity",
    "unaccepted",
    "agent_silent",
    "agent_looping",
    "queue_undrained",
    "channel_silent",
    "worker_silent",
    "watch_broken",
    "promise_lost",
]
Problem = Literal["capability", "oversight", "people", "operation"]

PROBLEMS: dict[SignalKind, Problem] = {
    "too_much": "capability",
    "too_little": "oversight",
    "wrong_alone": "oversight",
    "audits_late": "people",
    "agreeing": "oversight",
    "unread": "oversight",
    "disagreeing": "people",
    "late": "people",
    "backlog": "people",
    "over_capacity": "people",
    "unaccepted": "people",
    "agent_silent": "operation",
    "agent_looping": "capability",
    "queue_undrained": "people",
    "channel_silent": "operation",
    "worker_silent": "operation",
    "watch_broken": "operation",
    "promise_lost": "oversight",
}
"""What kind of problem each kind of signal usually is."""


class Signal(Struct, frozen=True, kw_only=True):
    """One thing that is wrong now.

    Attributes:
        agent: whose operation.
        kind: what it is, in one word.
        subject: what it is about: `all`, `row confidence.1`, `condition novelty`,
            `route finance_lead`, `type refund_request`, `person dana`, `contact mailto:…` …;
            one alarm stands for each agent, kind and subject.
        sentence: what is wrong, one plain sentence, with the figure and its interval.
        means: what it usually means and what to look at, one or two sentences.
        since: since when, as far as that can be told.
        lines: more in words, a line each: which rows and types drive it, figures.
        examples: ids of escalations or decisions to look at.
        about: the person whose figures these are; None for nobody's.
        urgent: whether it may not wait for a bundle.
    """

    agent: str
    kind: SignalKind
    subject: str
    sentence: str
    means: str
    since: datetime | None = None
    lines: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    about: str | None = None
    urgent: bool = False

    @property
    def problem(self) -> Problem:
        """What kind of problem it usually is."""
        return PROBLEMS[self.kind]


class Unseen(Struct, frozen=True, kw_only=True):
    """What a watcher cannot look at: that its alarms are not found again says nothing of them.

    Attributes:
        kinds: of the alarms that are meant.
        why: it cannot, as the end of a sentence: `no longer looked at: …`.
        before: only those that were not found since this instant; None for all of them.
        apart: the subjects that are looked at all the same.
    """

    kinds: frozenset[SignalKind]
    why: str
    before: datetime | None = None
    apart: frozenset[str] = frozenset()
