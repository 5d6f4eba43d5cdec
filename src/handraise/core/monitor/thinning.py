"""How many of the drawn decisions are put to people, when more are drawn than they have room for.

By lot and never by looking: the share that is kept of a day's draws is fixed by the days before it,
is the same for all of one severity, and which are kept is told by a hash of their ids. So each
keeps a known probability of being looked at, and the estimate stays what it is.

What was not reached on its day is thinned once more when that is over, by another hash: what was
put and what was not are two parts of the draws, of which all and a share of the rest are looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import floor

ROOM_USED = 0.8
"""The share of the room that is planned for: some days bring more than others."""

LEAST = 2.0**-20

CARRIED_DAYS = 3.0
"""What was not reached on its day may wait for the room of so many days, all of it together."""


def kept_shares(
    expected: Mapping[str, float], room: float, severities: Sequence[str]
) -> dict[str, float]:
    """Return which share of a day's draws is kept, by severity: 1, 1/2, 1/4 and so on.

    Powers of a half, so that a share that is about right stays the same from day to day: each
    other one is a stratum of its own.

    Args:
        expected: how many draws a day brings by severity, told by days that are over.
        room: how many a day people have room for.
        severities: the least first; the worst are kept first, and of each severity that comes
            something is kept for as long as the lot allows.

    Example:
        >>> kept_shares({"low": 90.0, "high": 5.0}, 25.0, ["low", "high"])
        {'high': 1.0, 'low': 0.125}
    """
    left = room * ROOM_USED
    shares: dict[str, float] = {}
    for severity in reversed(severities):
        draws = expected.get(severity, 0.0)
        share = 1.0
        while draws * share > left and share > LEAST:
            share /= 2
        # Of what is worst everything may be kept, and then nothing would be left for the others.
        shares[severity] = max(share, _fair(draws, room, len(severities)))
        left = max(0.0, left - draws * shares[severity])
    return shares


def _fair(draws: float, room: float, severities: int) -> float:
    """Return the share that a severity keeps whatever the worse ones take: a tenth of its part."""
    part = room * ROOM_USED / (10 * severities)
    share = 1.0
    while draws * share > part and share > LEAST:
        share /= 2
    return share


def lot(audit_id: str) -> float:
    """Return a number in [0, 1) that an audit's id alone tells: the first keep, the last are cut.

    Example:
        >>> 0 <= lot("0195d1c2.1") < 1
        True
    """
    digest = hashlib.blake2b(audit_id.encode(), digest_size=8, person=b"audits").digest()
    return int.from_bytes(digest) / 2**64


def carried_shares(
    waiting: Mapping[str, int], room: float, backlog: float, severities: Sequence[str]
) -> dict[str, float]:
    """Return which share is kept of what was not reached on a day that is over, by severity.

    Args:
        waiting: how many of that day wait, by severity.
        room: how many people have room for on a day.
        backlog: how many of earlier days wait still.
        severities: as for `kept_shares`.

    Example:
        >>> carried_shares({"low": 100}, 10.0, 0.0, ["low"])
        {'low': 0.125}
    """
    left = max(0.0, room * CARRIED_DAYS - backlog)
    shares = kept_shares({one: float(count) for one, count in waiting.items()}, left, severities)
    # One at least is kept of what came: nothing must drop out of sight altogether.
    return {
        one: max(shares.get(one, 1.0), 2.0 ** (1 - count.bit_length()))
        for one, count in waiting.items()
        if count
    }


def cut_of(ids: Sequence[str], share: float, name: str) -> float:
    """Return under which second lot a share of some decisions is kept.

    So many are kept as the share says, rounded up or down by a lot of its own, so that each is kept
    with that share as its probability, and the decisions they stand for are what there were.

    Args:
        ids: of the decisions, in any order.
        share: which is kept of them, in (0, 1].
        name: of the group, for its own lot.

    Example:
        >>> ids = [str(number) for number in range(16)]
        >>> sum(second_lot(one) < cut_of(ids, 0.25, "a day") for one in ids)
        4
    """
    lots = sorted(second_lot(one) for one in ids)
    kept = floor(len(lots) * share + lot(name))
    return lots[kept] if kept < len(lots) else 1.0


def second_lot(audit_id: str) -> float:
    """Return another number in [0, 1) that an id tells, and that its first lot does not."""
    return lot(f"{audit_id} once its day is over")
