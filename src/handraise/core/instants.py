"""Instants that somebody else wrote: read in one place, so that none can stop a page or a form.

Here is also what tells two of them apart that a clock shows alike.

A text such as `9999-12-31T23:59:59-05:00` is an instant that no other zone's calendar reaches.
INVARIANT: nothing here fails for any text; an instant that is returned can be told in every zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""No zone is further than a day from UTC: what lies between these has a date in each."""


def is_tellable(at: datetime) -> bool:
    """Whether an instant is aware, and has a day and a time in every zone.

    Example:
        >>> is_tellable(datetime(2026, 11, 22, tzinfo=UTC)), is_tellable(datetime.max)
        (True, False)
    """
    return at.tzinfo is not None and EARLIEST <= at < LATEST


def tellable(at: datetime, zone: tzinfo) -> datetime | None:
    """Return a time in UTC, `zone` its own where it names none; None where zones cannot tell it."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return aware.astimezone(UTC) if is_tellable(aware) else None


def read_instant(written: str, zone: tzinfo | None = None) -> datetime | None:
    """Return an instant in UTC as somebody wrote it; None for what is none.

    Args:
        written: in ISO 8601, whatever it is.
        zone: of a time that names none; without it such a time is no instant.

    Example:
        >>> read_instant("2026-11-22T19:50+01:00").isoformat()
        '2026-11-22T18:50:00+00:00'
        >>> read_instant("9999-12-31T23:59:59-05:00") is read_instant("tomorrow") is None
        True
    """
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    if found.tzinfo is None and zone is None:
        return None
    return tellable(found, zone or UTC)


def which_of_two(local: datetime) -> str:
    """Return what is said behind a time that the clocks of its zone show twice; else nothing.

    Args:
        local: an instant in the zone in which it is told; of one without a zone nothing is said.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> night = datetime(2026, 10, 25, 0, 35, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
        >>> f"{night:%H:%M}{which_of_two(night)}"
        '02:35 UTC+2'
    """
    offset, other = local.utcoffset(), local.replace(fold=1 - local.fold).utcoffset()
    if offset is None or offset == other:
        return ""
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta() else "+"
    return f" UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
