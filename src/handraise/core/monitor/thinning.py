"""How many of the drawn decisions are put to people, when more are drawn than they have room for.

By lot and never by looking: the share that is kept of a day's draws is fixed by the days before it,
is the same for all of one severity, and which are kept is told by a hash of their ids. So each
keeps a known probability of being looked at, and the estimate stays what it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

ROOM_USED = 0.8
"""The share of the room that is planned for: some days bring more than others."""

LEAST = 2.0**-20


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
