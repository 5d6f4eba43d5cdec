"""What the owner is told of the operation itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handraise.core.table.types import Person
from handraise.model import Message
from handraise.service.telling.wording.texts import MAX_SUBJECT, fresh_id, one_line, visible


def alarm(
    agent: str,
    owner: Person,
    subject: str,
    lines: Sequence[str],
    now: datetime,
    escalation_id: str | None = None,
) -> Message:
    """Return a message to the owner that something of the operation itself is wrong.

    Alarms with the same subject are told as one where many come in a short while.
    """
    body = "\n".join([f"Hello {owner.name},", "", *lines, "", f"Handraise, for {agent}"])
    title = one_line(subject)[:MAX_SUBJECT]
    return Message(
        id=fresh_id(),
        kind="alarm",
        agent=agent,
        to=owner.id,
        contacts=owner.contacts,
        subject=title,
        body=visible(body),
        escalation_id=escalation_id,
        created_at=now,
        next_at=now,
        bundle=f"alarm {agent} {title}",
    )
