"""Instants as people write them: a day, a day with its time, or how long from now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
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
        InputError: it cannot be read.
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
        return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError, InputError):
        raise InputError(f'{name}: "{text[:80]}" is no instant', HINT) from None
