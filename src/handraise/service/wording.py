"""What people are told: notices as subject and body, in plain words, with where to decide.

A message carries the reasons and the proposal, which the person needs; the customer's own words and
the agent's context stay on the page behind sign-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils import uuid7

from handraise.core.table.types import Person, Table
from handraise.model import OWNER, Ask, Escalation, Message, Move, Notice
from handraise.service.shelf import Shelf

MAX_PROPOSAL = 1_500
MAX_SUBJECT = 150
MAX_ACTION = 80


def fresh_id() -> str:
    """Return a new UUIDv7 as text: ids sort by time."""
    return str(uuid7())


def messages_for(move: Move, shelf: Shelf, base_url: str, now: datetime) -> list[Message]:
    """Return a message for each notice of a move.

    A person who is on no table any more is told nothing; whoever has the ask now is.
    """
    escalation = move.escalation
    people = shelf.newest(escalation.agent).people
    table = shelf.table(escalation.agent, escalation.version)
    found = []
    for notice in move.notices:
        person = people.get(notice.to)
        ask = escalation.ask(notice.ask_id)
        if person is not None and ask is not None:
            found.append(_message(notice, person, ask, escalation, table, base_url, now))
    return found


def _message(
    notice: Notice,
    person: Person,
    ask: Ask,
    escalation: Escalation,
    table: Table,
    base_url: str,
    now: datetime,
) -> Message:
    mark = "[REHEARSAL] " if escalation.rehearsal else ""
    subject = f"{mark}{_subject(notice, escalation, is_owners=ask.route == OWNER)}"
    return Message(
        id=fresh_id(),
        kind=notice.kind,
        agent=escalation.agent,
        to=person.id,
        contacts=person.contacts,
        subject=one_line(subject)[:MAX_SUBJECT],
        body=_body(notice, person, ask, escalation, table, base_url),
        escalation_id=escalation.id,
        ask_id=ask.id,
        created_at=now,
        next_at=now,
    )


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters: fit for a subject."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _subject(notice: Notice, escalation: Escalation, *, is_owners: bool) -> str:
    what = question(escalation)
    beginning = {
        "asked": "",
        "asked_again": "Changed, please look again: ",
        "with_owner": "For the owner: " if is_owners else "Nobody else can decide: ",
        "reminder": "Still waiting for you: ",
        "moved_on": "No longer yours: ",
        "resolved": f"{_END.get(escalation.outcome or '', 'Decided')}: ",
    }
    return f"{beginning[notice.kind]}{what}"


_END = {"withdrawn": "Withdrawn", "expired": "Ended unanswered"}


def question(escalation: Escalation) -> str:
    """Return what is asked as one short question."""
    action = escalation.decision.action
    if (
        action is None
        and escalation.reasons
        and escalation.reasons[0].condition in {"stall", "fault"}
    ):
        what = "gone silent" if escalation.reasons[0].condition == "stall" else "run into trouble"
        return f"{escalation.agent} has {what}" + (
            f" on {escalation.case}" if escalation.case else ""
        )
    what = one_line(action)[:MAX_ACTION].replace("_", " ") if isinstance(action, str) else ""
    what = what or "do something it could not name"
    summary = _amounts(escalation.proposal)
    tail = f" ({summary})" if summary else ""
    case = f" for {escalation.case}" if escalation.case else ""
    return f"May {escalation.agent} {what}{tail}{case}?"


def _amounts(proposal: Any) -> str:
    """Return the short scalar fields of a proposal, for a subject."""
    if not isinstance(proposal, dict):
        return ""
    parts = []
    for name, value in proposal.items():
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float):
            parts.append(f"{name.replace('_', ' ')} {value:,}")
        elif isinstance(value, str) and len(value) <= 24:
            parts.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(parts[:3])


def _body(
    notice: Notice,
    person: Person,
    ask: Ask,
    escalation: Escalation,
    table: Table,
    base_url: str,
) -> str:
    lines = [f"Hello {person.name},", ""]
    lines += [_opening(notice, escalation, is_owners=ask.route == OWNER), ""]
    if notice.kind not in {"moved_on", "resolved"}:
        if escalation.rehearsal:
            lines += [
                "This is a rehearsal: nothing will be done, but please answer as if it were real.",
                "",
            ]
        lines += [
            "Why it stopped:",
            *(f"  - {reason.sentence}" for reason in escalation.reasons),
            "",
        ]
        if ask.route == OWNER and any(one.condition == "not_ready" for one in escalation.reasons):
            lines += ["Until you sign for this version, everything stops. To sign for it:"]
            lines += [f"  handraise ready --as {person.id}", ""]
        lines += ["What it would do:", *_proposal_lines(escalation), ""]
        lines += [_deadlines(ask, person, table), ""]
        lines += ["Look at it and decide:", f"  {base_url}/escalations/{escalation.id}", ""]
    elif notice.kind == "moved_on":
        lines += [
            "You need not do anything. You may still look at it:",
            f"  {base_url}/escalations/{escalation.id}",
            "",
        ]
    lines += [f"Handraise, for {escalation.agent}"]
    return "\n".join(lines)


def _opening(notice: Notice, escalation: Escalation, *, is_owners: bool) -> str:
    why = f" ({notice.why})" if notice.why else ""
    last_resort = f"{escalation.agent} has stopped, and it is with you as the owner"
    owners = f"This comes to you because you are the owner of {escalation.agent}'s table{why}."
    words = {
        "asked": f"{escalation.agent} has stopped and asks you to decide{why}.",
        "asked_again": f"The proposal has changed, so it needs you once more{why}.",
        "with_owner": owners if is_owners else f"{last_resort}: nobody else can take it{why}.",
        "reminder": f"{escalation.agent} is still stopped and waits for you{why}.",
        "moved_on": f"This is no longer with you: {notice.why}.",
        "resolved": f"{_ENDED.get(escalation.outcome or '', 'This has been decided')}{why}."
        " You need not do anything.",
    }
    return words[notice.kind]


_ENDED = {
    "withdrawn": "This is no longer needed",
    "expired": "This has ended unanswered and will not be done",
}


def _proposal_lines(escalation: Escalation) -> list[str]:
    action = escalation.decision.action
    named = one_line(action)[:MAX_ACTION] if isinstance(action, str) else ""
    lines = [f"  {named or 'no usable action'}"]
    if escalation.proposal is not None:
        text = msgspec.json.format(msgspec.json.encode(escalation.proposal), indent=2).decode()
        if len(text) > MAX_PROPOSAL:
            text = (
                text[:MAX_PROPOSAL]
                + f"\n… ({len(text) - MAX_PROPOSAL:,} more characters on the page)"
            )
        lines += [f"  {line}" for line in text.splitlines()]
    return lines


def _deadlines(ask: Ask, person: Person, table: Table) -> str:
    decide = f"decide by {local(ask.decide_due_at, person)}"
    stays = "It stays with you" if ask.route == OWNER else "You are the last resort"
    if ask.with_owner and table.unanswered == "reject":
        return f"{stays}: please {decide}; after that it is rejected unanswered."
    if ask.with_owner:
        return f"{stays}: you will be reminded until somebody decides."
    if ask.acknowledge_due_at:
        decide = f"acknowledge by {local(ask.acknowledge_due_at, person)} and {decide}"
    return f"Please {decide}; after that it goes to the next person."


def local(at: datetime, person: Person) -> str:
    """Return an instant in a person's own zone: `Fri 20 Nov, 17:40 (America/New_York)`."""
    return f"{at.astimezone(ZoneInfo(person.zone)):%a %d %b, %H:%M} ({person.zone})"


def alarm(
    agent: str,
    owner: Person,
    subject: str,
    lines: Sequence[str],
    now: datetime,
    escalation_id: str | None = None,
) -> Message:
    """Return a message to the owner that something of the operation itself is wrong."""
    body = "\n".join([f"Hello {owner.name},", "", *lines, "", f"Handraise, for {agent}"])
    return Message(
        id=fresh_id(),
        kind="alarm",
        agent=agent,
        to=owner.id,
        contacts=owner.contacts,
        subject=one_line(subject)[:MAX_SUBJECT],
        body=body,
        escalation_id=escalation_id,
        created_at=now,
        next_at=now,
    )
