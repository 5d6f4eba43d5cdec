"""Waivers: red lines that the owner lets stand, by name, with a reason and an end.

Whether a waiver is valid is judged where it is signed; here they are written down, carried on, and
shown on the lines they are for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from handraise.core.table.expression import nearest
from handraise.errors import InputError
from handraise.model import ReadyRecord, Waiver
from handraise.service.going_live.line import (
    CONFIRMED,
    LONGEST_WAIVER,
    NEVER_WAIVED,
    REQUIRED,
    Line,
)
from handraise.service.going_live.reasons import reason_of

WAIVABLE = (*(code for code in REQUIRED if code not in NEVER_WAIVED), CONFIRMED)
MOST_REASON = 500


def waivers_of(
    codes: Iterable[str],
    by: str,
    reason: str,
    until: datetime,
    now: datetime,
    zone: str = "UTC",
) -> list[Waiver]:
    """Return waivers of some lines, for one reason and with one end.

    Args:
        codes: of the lines, e.g. `drilled`.
        by: the owner.
        reason: why, in the owner's words.
        until: when they end.
        now: the present instant.
        zone: IANA time zone in which the last day counts to its end.

    Raises:
        InputError: there is no such line, it cannot be waived, there is no reason, or the end is
            past or too far ahead.
    """
    reason = reason_of(reason)
    if not reason:
        raise InputError("--because: there is no reason", "say why, in a sentence")
    if len(reason) > MOST_REASON:
        raise InputError(f"--because: longer than {MOST_REASON} characters", "say it shorter")
    if until <= now:
        raise InputError("--until: that has passed", "name a later day")
    last = (now + LONGEST_WAIVER).astimezone(ZoneInfo(zone)).date()
    if until > _end_of(last, zone):
        raise InputError(
            f"--until: more than {LONGEST_WAIVER.days} days ahead", f"name {last} or an earlier day"
        )
    unique = dict.fromkeys(codes)
    for code in unique:
        check_code("--waive", code)
    return [Waiver(line=code, by=by, reason=reason, at=now, until=until) for code in unique]


def _end_of(day: date, zone: str) -> datetime:
    """Return the midnight after a day, in UTC."""
    after = datetime.combine(day + timedelta(days=1), time())
    return after.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def check_code(option: str, code: str) -> None:
    """Refuse what is no code of a line that may be waived.

    Raises:
        InputError: names the nearest, or all of them.
    """
    if code in NEVER_WAIVED:
        raise InputError(f'{option}: "{code}" cannot be waived', "mend what it is about")
    if code not in WAIVABLE:
        hint = nearest(code, WAIVABLE, f"what can be waived: {', '.join(WAIVABLE)}")
        raise InputError(f'{option}: there is no line "{code}"', hint)


def carried(record: ReadyRecord | None, version: str, now: datetime) -> list[Waiver]:
    """Return the waivers of a record that go on when its version is signed for again.

    Args:
        record: the one in force; None for none.
        version: that is to be signed for; the waivers of another one end with it.
        now: the present instant.
    """
    if record is None or record.version != version:
        return []
    return [waiver for waiver in record.waivers if waiver.until > now and waiver.by == record.by]


def joined(
    earlier: Iterable[Waiver], fresh: Iterable[Waiver], without: Collection[str] = ()
) -> list[Waiver]:
    """Return earlier waivers and fresh ones, of each line the fresh one; without some lines."""
    found = {one.line: one for one in earlier if one.line not in without}
    return list((found | {one.line: one for one in fresh}).values())


def waived(lines: Sequence[Line], waivers: Sequence[Waiver], now: datetime) -> list[Line]:
    """Return lines with the red ones among them waived that a waiver is for.

    Args:
        lines: as they were looked at.
        waivers: one for a line; those that have ended count no more.
        now: the present instant.
    """
    valid = {one.line: one for one in waivers if one.until > now and one.line in WAIVABLE}
    return [
        msgspec.structs.replace(line, state="waived", waiver=valid[line.code])
        if line.state == "red" and line.code in valid
        else line
        for line in lines
    ]
