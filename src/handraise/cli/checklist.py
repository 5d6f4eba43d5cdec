"""How `ready` prints the go-live checklist, the record in force, and what ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from handraise.cli.output import say

if TYPE_CHECKING:
    from handraise.core.table.types import Person, Table
    from handraise.model import Finding, ReadyRecord, Waiver
    from handraise.service.going_live.line import Line
    from handraise.service.going_live.publishing import VersionLine

MARKS = {"green": "ok    ", "yellow": "look  ", "red": "RED   ", "waived": "WAIVED"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


def say_checklist(
    lines: Sequence[Line],
    findings: Sequence[Finding],
    people: Mapping[str, Person],
    now: datetime,
) -> None:
    """Print a checklist; each warning of the table under the line that counts them."""
    from handraise.service.going_live.checklist import is_worth_a_look

    for line in lines:
        for text in texts_of(line, people, now):
            say(text, bold=line.state in ("red", "waived"))
        if line.code == "warnings":
            for finding in findings:
                if is_worth_a_look(finding):
                    say(f"        {finding.line_text()}")


def texts_of(line: Line, people: Mapping[str, Person], now: datetime) -> list[str]:
    """Return a line of the checklist as lines of text: what was seen, who waived it, the remedy."""
    age = f" ({ago(line.at, now)})" if line.at is not None else ""
    until = f", holds until {stamp(line.until)}" if line.until is not None else ""
    texts = [f"{MARKS[line.state]}  {line.code:<9}  {line.name}: {line.evidence}{age}{until}"]
    if line.waiver is not None:
        texts.append(f"        {waiver_text(line.waiver, people)}")
    if line.remedy:
        texts.append(f"        {line.remedy}")
    return texts


def waiver_text(waiver: Waiver, people: Mapping[str, Person]) -> str:
    """Return who waived what until when, and why."""
    return f'waived by {name_of(waiver.by, people)} until {stamp(waiver.until)}: "{waiver.reason}"'


def say_record(record: ReadyRecord, table: Table) -> None:
    """Print who signed for a version, what is waived in it, and what ends it."""
    say(f"signed by {name_of(record.by, table.people)} on {stamp(record.at)}")
    for waiver in record.waivers:
        say(f"{waiver.line}: {waiver_text(waiver, table.people)}", bold=True)
    if record.expires_at is not None:
        say(f"it ends on {stamp(record.expires_at)}: {record.expires_why}")


def fate_of(line: VersionLine) -> list[str]:
    """Return what became of a version as lines of text; none where it was never signed for."""
    texts = []
    if line.signed_at is not None and line.state != "withdrawn":
        texts.append(f"signed by {line.by} on {stamp(line.signed_at)}")
    if line.because and line.at is not None:
        texts.append(f"put back on {stamp(line.at)} by {line.by}: {line.because}")
    if line.why:
        at = f" on {stamp(line.ended_at)}" if line.ended_at is not None else ""
        texts.append(f"{line.state}{at}: {line.why}")
    return texts


def told(
    table: Table, record: ReadyRecord | None, lines: Sequence[Line] | list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what `--json` says: the record, its signed statement, and the checklist."""
    return {
        "agent": table.agent,
        "version": table.version,
        "ready": record is not None,
        "by": record.by if record else None,
        "at": record.at if record else None,
        "expires_at": record.expires_at if record else None,
        "expires_why": record.expires_why if record else "",
        "waivers": record.waivers if record else (),
        "statement": record.statement if record else None,
        "checklist": lines,
    }


def name_of(id: str, people: Mapping[str, Person]) -> str:
    """Return a person's full name, or the id where the table does not hold it."""
    return people[id].name if id in people else id


def stamp(at: datetime) -> str:
    """Return an instant as it is printed."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was, in its largest unit.

    Example:
        >>> from datetime import UTC, datetime
        >>> ago(datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 14, 8, tzinfo=UTC))
        '11 days ago'
    """
    seconds = (now - at).total_seconds()
    for unit_s, unit in ((DAY_S, "day"), (HOUR_S, "hour"), (MINUTE_S, "minute")):
        count = int(seconds // unit_s)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
