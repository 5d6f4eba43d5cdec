"""What people are told of an exercise: few messages, each marked, with one link to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handraise.core.messages import DRILL
from handraise.core.table.types import Person
from handraise.model import Message, Rehearsal
from handraise.service.telling.wording import MAX_SUBJECT, fresh_id, local, one_line, visible

MARK = "[EXERCISE]"
KIND = "rehearsal"


def invitation(
    rehearsal: Rehearsal, person: Person, count: int, base_url: str, now: datetime
) -> Message:
    """Return the message that asks a person to take part.

    Args:
        rehearsal: the exercise.
        person: who is asked.
        count: how many questions are put to them.
        base_url: stands before the link.
        now: the present instant.
    """
    lines = (
        f"This is an exercise of the team of {rehearsal.agent}. {_questions(count)} as real ones"
        " would; please answer as if they were real. Nothing is done, whatever you answer.",
        "",
        "Everybody answers on their own: you see what the others said when it is over. Where"
        " something is unclear, say so below your answer.",
        "",
        f"It ends {local(rehearsal.ends_at, person)}.",
    )
    waits = "1 question waits" if count == 1 else f"{count} questions wait"
    return _message(rehearsal, person, f"{waits} for you", lines, base_url, now)


def reminder(
    rehearsal: Rehearsal, person: Person, count: int, base_url: str, now: datetime
) -> Message:
    """Return the message that reminds a person half-way; arguments as for `invitation`."""
    waits = "1 question still waits" if count == 1 else f"{count} questions still wait"
    lines = (
        f"Half of the time of the exercise of {rehearsal.agent} is over, and {waits} for you.",
        "",
        f"It ends {local(rehearsal.ends_at, person)}.",
    )
    return _message(rehearsal, person, f"{waits} for you", lines, base_url, now)


def ending(rehearsal: Rehearsal, person: Person, base_url: str, now: datetime) -> Message:
    """Return the message that tells a person that it is over."""
    lines = (
        f"The exercise of {rehearsal.agent} is over. You need not answer anything any more.",
        "",
        "You can see now who answered what, and where answers differ.",
    )
    return _message(
        rehearsal, person, "It is over: see what everybody answered", lines, base_url, now
    )


def _questions(count: int) -> str:
    return "1 question comes to you" if count == 1 else f"{count} questions come to you"


def _message(
    rehearsal: Rehearsal,
    person: Person,
    subject: str,
    lines: Sequence[str],
    base_url: str,
    now: datetime,
) -> Message:
    link = f"  {base_url}/rehearsals/{rehearsal.id}"
    body = [f"Hello {person.name},", "", *lines, "", "All of it is here:", link, ""]
    return Message(
        id=fresh_id(),
        kind=KIND,
        agent=rehearsal.agent,
        to=person.id,
        contacts=person.contacts,
        subject=one_line(f"{MARK} {subject}")[:MAX_SUBJECT],
        body=visible("\n".join([*body, f"Handraise, for {rehearsal.agent}"])),
        created_at=now,
        next_at=now,
        bundle=DRILL,
    )
