"""Periods that figures are counted of, cut into hours or into days of the reader's own calendar.

INVARIANT: the stretches of a period touch each other, without a gap and without an overlap; a day
has 23 or 25 hours where the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from types import MappingProxyType

from msgspec import Struct

HOUR = timedelta(hours=1)


class Period(Struct, frozen=True):
    """How far back figures go.

    Attributes:
        words: what it is called.
        unit: what it is cut into: `hour` or `day`.
        count: into how many; the last one is not over yet.
    """

    words: str
    unit: str
    count: int


PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "24h": Period("24 hours", "hour", 24),
        "7d": Period("7 days", "day", 7),
        "30d": Period("30 days", "day", 30),
        "90d": Period("90 days", "day", 90),
    }
)
USUAL = "30d"
"""What is shown where nothing else is asked for."""


class Stretch(Struct, frozen=True):
    """An hour or a day: from `starts_at` on, and before `ends_at`; both in UTC."""

    starts_at: datetime
    ends_at: datetime


def stretches(period: Period, now: datetime, zone: tzinfo) -> tuple[Stretch, ...]:
    """Return what a period is cut into, oldest first; `now` lies in the last one.

    Args:
        period: how far back.
        now: the present instant, aware.
        zone: the reader's, for days.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> now = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the clocks went forward that night
        >>> today = stretches(PERIODS["7d"], now, ZoneInfo("Europe/Berlin"))[-1]
        >>> today.ends_at - today.starts_at
        datetime.timedelta(seconds=82800)
    """
    edges = list(_hours(period, now) if period.unit == "hour" else _days(period, now, zone))
    return tuple(map(Stretch, edges, edges[1:]))


def _hours(period: Period, now: datetime) -> Iterator[datetime]:
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    for back in range(period.count, -1, -1):
        yield end - back * HOUR


def _days(period: Period, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for back in range(period.count - 1, -2, -1):
        midnight = datetime.combine(today - timedelta(days=back), time(), zone)
        yield midnight.astimezone(UTC)
