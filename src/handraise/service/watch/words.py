"""How the watch says counts, shares and lengths of time."""

from __future__ import annotations

from collections.abc import Sequence

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Example:
        >>> counted(1, "answer"), counted(4200, "answer")
        ('1 answer', '4,200 answers')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share of 1 to the whole percent, to the tenth where it is small.

    Example:
        >>> percent(0.683), percent(0.0042)
        ('68 %', '0.4 %')
    """
    value = 100 * share
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"


def lasting(seconds: float) -> str:
    """Return a length of time to the unit that matters.

    Example:
        >>> lasting(1.6), lasting(750), lasting(5400), lasting(100 * 3600)
        ('2 seconds', '12 minutes', '90 minutes', '4 days')
    """
    if seconds < 2 * MINUTE_S:
        return counted(round(seconds), "second")
    if seconds < 2 * HOUR_S:
        return counted(int(seconds // MINUTE_S), "minute")
    if seconds < 2 * DAY_S:
        return counted(int(seconds // HOUR_S), "hour")
    return counted(int(seconds // DAY_S), "day")


def joined(names: Sequence[str]) -> str:
    """Return names in a row: `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
