"""What may be signed for: every line there and none red, each waiver the owner's own, and an end.

INVARIANT: a line that is red, missing or too old is never signed for, whoever asks for it, unless
the owner waived it by name, with a reason and an end; what may not be waived is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import Waiver
from handraise.service.going_live.line import (
    CONFIRMED,
    LONGEST_WAIVER,
    NEVER_WAIVED,
    REQUIRED,
    Line,
    without_what_is_to_come,
)
from handraise.service.going_live.reasons import reason_of

REST_OF_A_DAY = timedelta(hours=25)
"""How much later a day may end, as clocks change, for it counts to its end."""


class Lapse(Struct, frozen=True):
    """That something ends.

    Attributes:
        at: when.
        why: what is so by then, in words.
    """

    at: datetime
    why: str


def check_owner(table: Table, by: str) -> None:
    """Refuse whoever is not the owner of a table.

    Raises:
        NotReadyError: says who is.
    """
    if by != table.owner:
        raise NotReadyError(
            f'"{by}" is not the owner of this table',
            f"only {table.owner} can sign for it: --as {table.owner}",
        )


def signer_of(table: Table, before: Table | None, left: Collection[str]) -> str:
    """Return who signs for a version: nobody makes themselves the owner.

    It is the owner by the version that was signed for last, until they have left; where none was,
    the version's own.

    Args:
        table: the version.
        before: the one that was signed for last, withdrawn or not; None for none.
        left: who has left, by id.
    """
    return table.owner if before is None or before.owner in left else before.owner


def check_signer(table: Table, by: str, signer: str) -> None:
    """Refuse whoever does not sign for a version.

    Raises:
        NotReadyError: says who does.
    """
    if by == signer:
        return
    if signer == table.owner:
        check_owner(table, by)
    raise NotReadyError(
        f'"{by}" is not the owner of the version that was signed for last',
        f"{signer} is, and signs for this one, which hands over to {table.owner}: --as {signer}",
    )


def check_looked_at(table: Table, lines: Sequence[Line]) -> None:
    """Refuse a checklist that is not of this version of the table.

    Raises:
        NotReadyError: it is of another one, does not say of which, or lacks a line that this one
            needs.
    """
    looked_at = {line.version for line in lines if line.code == "sound"}
    if looked_at != {table.version}:
        raise NotReadyError(
            f"the checklist is not of version {table.version}: the table was changed meanwhile",
            "go through it once more",
        )
    if table.confirm is not None and all(line.code != CONFIRMED for line in lines):
        raise NotReadyError(
            f'the checklist has no line "{CONFIRMED}"', "`handraise ready` goes through all of it"
        )


def signable(
    lines: Sequence[Line], waivers: Sequence[Waiver], by: str, now: datetime
) -> list[Line]:
    """Return a checklist as it is signed for, its red lines waived.

    Args:
        lines: the whole checklist.
        waivers: what the owner lets stand; those of lines that are not red are left out.
        by: the owner.
        now: aware UTC.

    Raises:
        NotReadyError: a line is missing, too old, or red and not waived, or a waiver is not valid.
    """
    allowed = {waiver.line: waiver for waiver in waivers}
    for waiver in waivers:
        _check_waiver(waiver, by, now)
    there = {line.code for line in lines}
    for code in REQUIRED:
        if code not in there:
            raise NotReadyError(
                f'the checklist has no line "{code}"', "`handraise ready` goes through all of it"
            )
    return [_let_stand(line, allowed, by, now) for line in lines]


def _let_stand(line: Line, allowed: dict[str, Waiver], by: str, now: datetime) -> Line:
    """Return a line that is not red, or is waived.

    Raises:
        NotReadyError: it is red, or too old, and not waived.
    """
    line = without_what_is_to_come(line, now)
    is_old = line.until is not None and line.until <= now
    if line.state in ("green", "yellow") and not is_old:
        return msgspec.structs.replace(line, waiver=None)
    waiver = allowed.get(line.code) or line.waiver
    if waiver is not None and waiver.line == line.code:
        _check_waiver(waiver, by, now)
        return msgspec.structs.replace(line, state="waived", waiver=waiver)
    old = " (too old by now)" if is_old else ""
    raise NotReadyError(f"{line.name}: {line.evidence}{old}", line.remedy)


def _check_waiver(waiver: Waiver, by: str, now: datetime) -> None:
    """Refuse a waiver that the owner cannot have meant.

    Raises:
        NotReadyError: says what is wrong with it.
    """
    place = f'the waiver of "{waiver.line}"'
    if waiver.line in NEVER_WAIVED:
        raise NotReadyError(f"{place}: this cannot be waived", "mend what it is about")
    if waiver.line not in (*REQUIRED, CONFIRMED):
        names = ", ".join(code for code in REQUIRED if code not in NEVER_WAIVED)
        raise NotReadyError(f"{place}: there is no such line", f"what can be waived: {names}")
    if waiver.by != by:
        raise NotReadyError(f'{place}: it is by "{waiver.by}"', f"only {by} can waive it")
    if not reason_of(waiver.reason):
        raise NotReadyError(f"{place}: it has no reason", "say why, in a sentence")
    if waiver.at > now:
        raise NotReadyError(f"{place}: it was made in the future", "see to this machine's clock")
    if waiver.until <= now:
        raise NotReadyError(f"{place}: its end has passed", "name a later day")
    if waiver.until > now + LONGEST_WAIVER + REST_OF_A_DAY:
        days = LONGEST_WAIVER.days
        raise NotReadyError(
            f"{place}: it ends more than {days} days ahead",
            f"name {now + LONGEST_WAIVER:%Y-%m-%d} or an earlier day",
        )


def lapse(lines: Iterable[Line], now: datetime) -> Lapse | None:
    """Return what first ends what was signed for, and when; None for nothing.

    Args:
        lines: the checklist as it is signed for.
        now: aware UTC; only what comes after it counts.
    """
    ends = [end for line in lines if (end := _end(line)) is not None and end.at > now]
    return min(ends, key=lambda end: end.at, default=None)


def _end(line: Line) -> Lapse | None:
    if line.waiver is not None:
        return Lapse(line.waiver.until, f'the waiver of "{line.code}" ends')
    if line.until is None:
        return None
    return Lapse(line.until, line.lapses or f'what was seen of "{line.name}" is too old')
