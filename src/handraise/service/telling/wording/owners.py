"""What both owners are told when one hands an agent over to another."""

from __future__ import annotations

from datetime import datetime

import msgspec

from handraise.core.table.types import Person, Table
from handraise.model import Message
from handraise.service.telling.wording.alarms import alarm

OWNER_CHANGED = "owner"
"""The kind of these messages: they go out to who stands on no table any more, too."""


def handed_over(before: Table, table: Table, by: str, now: datetime) -> list[Message]:
    """Return the messages that the owner of an agent is another one from now on.

    Args:
        before: the version that was in force, with the former owner.
        table: the one that was signed for.
        by: who signed.
        now: aware UTC.
    """
    former, owner = before.people[before.owner], table.people[table.owner]
    known = {**table.people, **before.people}
    signed = known[by].name if by in known else by
    subject = f"{table.agent} has another owner: {owner.name}"
    lines = (
        f"{owner.name} owns {table.agent} now, in place of {former.name}: version {table.version}"
        f" of its table says so, and {signed} has signed for it.",
        "The owner is the last resort for every question, signs for changes, and can withdraw.",
        "If this is not right, tell whoever runs Handraise at once.",
    )
    return [_told(table.agent, one, subject, lines, now) for one in (former, owner)]


def _told(
    agent: str, person: Person, subject: str, lines: tuple[str, ...], now: datetime
) -> Message:
    message: Message = msgspec.structs.replace(
        alarm(agent, person, subject, lines, now), kind=OWNER_CHANGED
    )
    return message
