"""Stops that the system itself raises in a wave: faults and stalls, against a plain limit.

No backtest promises anything of them, so there is nothing to test: a few are expected of none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from handraise.core.monitor.series import Kind
from handraise.core.monitor.signals import Signal

LEAST = 5
"""So many within the present hour and the one before are a wave, if they are also …"""

LEAST_SHARE = 0.05
"""… at least this share of the decisions of that time."""

_WORDS = {
    "fault": (
        "stopped for a fault",
        "The agent sends what the gate cannot judge, or something of Handraise is broken: the "
        "reasons of these escalations say which. No row of the table can mend it.",
    ),
    "stall": (
        "stalled: the agent fell silent in the middle of its work",
        "The agent hangs or its process is killed. Look at what it was doing in these cases.",
    ),
}

SUBJECTS = frozenset(f"condition {name}" for name in _WORDS)
"""What these signals are about."""


def system_signals(agent: str, lately: Iterable[Kind], since: datetime) -> list[Signal]:
    """Return what the system raised in a wave.

    Args:
        agent: whose decisions.
        lately: the counts of the present hour and of the one before.
        since: when these began.
    """
    kinds = list(lately)
    decisions = sum(one.count for one in kinds)
    found = []
    for name, (words, means) in _WORDS.items():
        count = sum(one.count for one in kinds if name in one.rows)
        if count < LEAST or count < LEAST_SHARE * decisions:
            continue
        found.append(
            Signal(
                agent=agent,
                kind="too_much",
                subject=f"condition {name}",
                sentence=f"{count:,} of {decisions:,} decisions within two hours {words}.",
                means=means,
                since=since,
            )
        )
    return found
