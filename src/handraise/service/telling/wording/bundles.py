"""Several messages to one person, told in one: how many, which, where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from handraise.core.messages import BUNDLE, Waiting
from handraise.core.table.types import Person
from handraise.model import Message
from handraise.service.telling.wording.texts import MAX_SUBJECT, fresh_id, local, one_line, visible

MOST_LISTED = 20
MOST_LINES = 6
"""Of a message that has no page of its own, so many lines are repeated."""

KINDS = {
    "asked": "questions wait for you",
    "asked_again": "questions have changed and wait for you",
    "with_owner": "questions wait for you as the owner",
    "reminder": "questions still wait for you",
    "delegated": "questions wait for you to do the work",
    "moved_on": "questions are no longer yours",
    "resolved": "questions are settled",
    "alarm": "alarms",
}


def bundle(group: Sequence[Waiting], person: Person, base_url: str, now: datetime) -> Message:
    """Return one message that tells several.

    Args:
        group: at least two, to one person, in the order to list them.
        person: who they are.
        base_url: where the pages are.
        now: the present instant.
    """
    told = [one.message for one in group]
    keys = dict.fromkeys(message.bundle or "" for message in told)
    contacts = dict.fromkeys(contact for message in told for contact in message.contacts)
    subject = f"{len(told)} {_kind(told)}: {told[0].subject}"
    return Message(
        id=fresh_id(),
        kind=BUNDLE,
        agent=told[0].agent,
        to=told[0].to,
        contacts=tuple(contacts),
        subject=one_line(subject)[:MAX_SUBJECT],
        body=visible("\n".join(_lines(group, person, base_url))),
        created_at=now,
        next_at=now,
        bundle="\n".join(keys),
        only_while=_needed(told),
    )


def _kind(told: Sequence[Message]) -> str:
    kinds = {message.kind for message in told}
    return KINDS.get(told[0].kind, "messages") if len(kinds) == 1 else "messages"


def _needed(told: Sequence[Message]) -> Literal["held", "unacknowledged"] | None:
    """Return as long as what the whole is needed: as long as the one that is needed longest."""
    needed = {message.only_while for message in told}
    if None in needed:
        return None
    return "held" if "held" in needed else "unacknowledged"


def _lines(group: Sequence[Waiting], person: Person, base_url: str) -> list[str]:
    agents = dict.fromkeys(one.message.agent for one in group)
    lines = [f"Hello {person.name},", ""]
    lines += [f"these {len(group)} came in a short while, so they are told in one message:", ""]
    for one in group[:MOST_LISTED]:
        lines += _listed(one, person, base_url)
    if len(group) > MOST_LISTED:
        lines += [f"  and {len(group) - MOST_LISTED:,} more in your inbox", ""]
    lines += ["Your inbox:", f"  {base_url}/", ""]
    return [*lines, f"Handraise, for {', '.join(agents)}"]


def _listed(one: Waiting, person: Person, base_url: str) -> list[str]:
    message, ask = one.message, one.ask
    lines = [f"  - {one_line(message.subject)}"]
    if message.only_while is not None and ask is not None:
        deadline = ask.acknowledge_due_at or ask.decide_due_at
        lines.append(f"    by {local(deadline, person)}")
    if message.escalation_id is None:
        lines += [f"    {line}" for line in _essence(message)]
    else:
        lines.append(f"    {base_url}/escalations/{message.escalation_id}")
    return [*lines, ""]


def _essence(message: Message) -> list[str]:
    """Return the lines of a message that has no page, without greeting and signature."""
    lines = [line.strip() for line in message.body.splitlines() if line.strip()]
    inner = [line for line in lines if not line.startswith(("Hello ", "Handraise, for "))]
    return [one_line(line) for line in inner[:MOST_LINES]]
