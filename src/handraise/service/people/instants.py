"""Instants as people write them: a day, a day with its time, or how long from now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from handraise.errors import InputError
from handraise.service.deciding.durations import duration_seconds

WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<zone>Z|[+-]\d{2}:\d{2})?)?"
)
HINT = "write a day such as 2026-11-23, a time such as 2026-11-23T09:00, or e.g. 3d"


def instant_of(
    name: str, written: str, zone: str, since: datetime, *, is_end: bool = False
) -> datetime:
    """Return an instant as somebody wrote it, in UTC.

    Args:
        name: what it is called where it was written.
        written: a day, a day and time, or a duration; a time without an offset is read in `zone`.
        zone: IANA time zone of whoever it is about.
        since: from when a duration counts.
        is_end: whether something ends then: a day alone is then its last day, which ends with the
            midnight after it. Otherwise a day begins with its first midnight.

    Raises:
        InputError: it cannot be read, or the clocks of the zone leave that time out.
    """
    text = written.strip()
    found = WRITTEN.fullmatch(text)
    try:
        if found is None:
            return since + timedelta(seconds=duration_seconds(name, text))
        day = datetime.fromisoformat(found["day"])
        if found["time"] is None:
            day += timedelta(days=is_end and day.date() < date.max)
        local = datetime.combine(day, time.fromisoformat(found["time"] or "00:00"))
        if found["zone"]:
            return datetime.fromisoformat(f"{local.isoformat()}{found['zone']}").astimezone(UTC)
        at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError, InputError):
        raise InputError(f'{name}: "{text[:80]}" is no instant', HINT) from None
    if found["time"] is None:  # a day whose midnight is left out begins with its first moment
        return at
    try:
        return on_the_clock(local, ZoneInfo(zone))
    except ValueError as error:
        raise InputError(f"{name}: {error}", "name an earlier or a later time") from None


def on_the_clock(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which the clocks of a zone show a time, in UTC.

    Where they show it twice, it is the first. At an end of time, which no other zone reaches, it is
    read as UTC.

    Raises:
        ValueError: they leave it out: they are set forward over it. The message says so.

    Example:
        >>> on_the_clock(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin")).isoformat()
        '2026-10-25T00:30:00+00:00'
    """
    try:
        at = wall.replace(tzinfo=zone).astimezone(UTC)
        shown = at.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return wall.replace(tzinfo=UTC)
    if shown != wall:
        said = f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: the clocks are set forward then"
        raise ValueError(said)
    return at
