"""A line of the go-live checklist: what was looked at, what was seen, how long that holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from handraise.model import Waiver

REQUIRED = (
    "sound",
    "tests",
    "reached",
    "claims",
    "learned",
    "threshold",
    "capacity",
    "reachable",
    "accepted",
    "drilled",
)
"""The codes that a checklist must have before anybody may sign for it, in its order."""

CONFIRMED = "confirmed"
"""The code of a line that is there only where the table has answers confirmed."""

NEVER_WAIVED = frozenset({"sound", "tests"})
"""What nobody can let stand: a table with errors, and tests that are missing or fail."""

LONGEST_WAIVER = timedelta(days=90)
"""How far ahead a waiver may end."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clocks of the machines of one store may differ."""


class Line(Struct, frozen=True, kw_only=True):
    """A line of the checklist.

    Attributes:
        code: its short name, for `--waive` and for programs, e.g. `drilled`.
        name: what is looked at, in words.
        state: green; yellow (worth a look, does not hold it up); red (nothing goes ahead); waived
            (red, but the owner has waived it, by name, with a reason and an end).
        evidence: what was seen.
        remedy: what to do about it; empty when green.
        at: when what was seen came about, e.g. the oldest of the drills; None where it was seen
            just now.
        until: when it is too old to count; None where it does not age.
        lapses: what is so by then, in words that end "it ends, because", e.g. `the drill of
            finance_lead is 30 days old`; empty where it does not age.
        waiver: the waiver, where it is waived.
        version: of the table that was looked at; on the line `sound`, for the whole checklist.
    """

    code: str = ""
    name: str
    state: Literal["green", "yellow", "red", "waived"]
    evidence: str
    remedy: str = ""
    at: datetime | None = None
    until: datetime | None = None
    lapses: str = ""
    waiver: Waiver | None = None
    version: str = ""


def is_to_come(at: datetime | None, now: datetime) -> bool:
    """Whether what was seen came about later than now, which no evidence does.

    Args:
        at: when it did, aware; None where it was seen just now.
        now: aware UTC.
    """
    return at is not None and at > now + CLOCK_TOLERANCE


def without_what_is_to_come(line: Line, now: datetime) -> Line:
    """Return a line, red where what was seen is of the future: it would never grow old.

    Args:
        line: of any state.
        now: aware UTC.
    """
    if line.at is None or not is_to_come(line.at, now) or line.state == "red":
        return line
    return msgspec.structs.replace(
        line,
        state="red",
        evidence=f"{line.evidence}; but it is of {line.at:%Y-%m-%d %H:%M} UTC, which is to come",
        remedy="see to the clock of the machine that wrote it, then let it come about again",
        until=None,
        waiver=None,
    )


def at_of(times: Iterable[datetime], now: datetime) -> datetime | None:
    """Return when something came about that rests on several times: the oldest; None for none.

    Where one is to come, it is that: the line is red then.
    """
    found = sorted(times)
    if found and is_to_come(found[-1], now):
        return found[-1]
    return found[0] if found else None
