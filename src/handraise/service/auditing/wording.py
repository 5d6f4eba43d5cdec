"""What people are told of decisions that wait for their look: how many, until when, where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handraise.core.table.types import Person
from handraise.model import Audit, Message
from handraise.service.telling.wording import MAX_SUBJECT, fresh_id, local, one_line, visible

KIND = "audits"
"""The kind of the message."""


def waiting_message(
    agent: str, person: Person, waiting: Sequence[Audit], base_url: str, now: datetime
) -> Message:
    """Return the day's message to a person: what waits for their look.

    Nothing of the decisions stands in it: they are looked at on the page, without knowing first
    what the agent did.

    Args:
        agent: whose decisions.
        person: who is to look.
        waiting: what was put to them and is not answered; at least one.
        base_url: where the pages are.
        now: the present instant.
    """
    late = [one for one in waiting if one.due_at is not None and one.due_at <= now]
    dues = sorted(one.due_at for one in waiting if one.due_at is not None and one.due_at > now)
    count = len(waiting)
    noun, verb = ("decision", "waits") if count == 1 else ("decisions", "wait")
    subject = f"{count} {noun} that {agent} took alone {verb} for your look"
    lines = [
        f"Hello {person.name},",
        "",
        f"{subject}. They were drawn by lot among all that went ahead, to see how often it is"
        " right. Each takes a minute or two.",
    ]
    if late:
        lines.append(f"Due already: {len(late)}. They count as not known, never as right.")
    if dues:
        lines.append(f"The next is due {local(dues[0], person)}.")
    lines += ["", f"  {base_url}/audits", "", f"Handraise, for {agent}"]
    return Message(
        id=fresh_id(),
        kind=KIND,
        agent=agent,
        to=person.id,
        contacts=person.contacts,
        subject=one_line(subject)[:MAX_SUBJECT],
        body=visible("\n".join(lines)),
        created_at=now,
        next_at=now,
        bundle=f"{KIND} {agent}",
    )
