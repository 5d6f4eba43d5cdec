"""What people are told about themselves: confirm this contact, look at your duty; and what is open.

INVARIANT: what a person is asked by which row goes to confirmed contacts only; who stands behind an
address is not known before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from handraise.core.duty import Duty
from handraise.core.table.types import Person, Table
from handraise.model import OWNER, Message
from handraise.service.telling.wording.alarms import alarm
from handraise.service.telling.wording.texts import MAX_SUBJECT, fresh_id, one_line, visible

DUTIES_PATH = "/me"
VERIFY_PATH = "/verify"
MARKS = "A plus sign marks what is new, a minus sign what is gone."


def verification(
    agent: str,
    person: Person,
    contact: str,
    duties: Sequence[Duty],
    code: str,
    days: int,
    most: int,
    again_days: int,
    base_url: str,
    now: datetime,
) -> Message:
    """Return the message that asks a person to confirm a contact, through that very contact.

    Args:
        agent: on whose table the person stands.
        person: whose.
        contact: as it stands in the table.
        duties: theirs, one for each table on which they have any; may be empty.
        code: the code, or what stands for it until the message goes out.
        days: how long the code can be used.
        most: how often the contact is asked by itself.
        again_days: after how many days each time.
        base_url: of the pages.
        now: when it is written.
    """
    names = _listed([duty.agent for duty in duties] or [agent])
    lines = [f"you stand on the routing table of {names}: a human whom it asks."]
    lines += [f"  {duty.agent}: {_listed(list(map(_route_name, duty.routes)))}" for duty in duties]
    lines += [
        "",
        "Please confirm that this reaches you:",
        f"  {base_url}{VERIFY_PATH}/{code}",
        "",
        f"Or sign in at {base_url}{DUTIES_PATH} and type this code there:",
        f"  {code}",
        f"It works once, for {days} days.",
        "",
    ]
    if duties:
        lines += ["Then look at what you will be asked, and accept or decline it:"]
        lines += [f"  {base_url}{DUTIES_PATH}", ""]
    lines += [
        "If this is not for you, you need not do anything. While nobody confirms, this is asked at"
        f" most {most} times, {again_days} days apart, unless somebody has it sent again.",
    ]
    if all(OWNER not in duty.routes for duty in duties):
        lines += ["Questions come here only once it is confirmed."]
    return _message("verify", agent, person, (contact,), "Please confirm this contact", lines, now)


def duty_request(
    person: Person,
    duties: Sequence[Duty],
    before: Mapping[str, Sequence[str]],
    base_url: str,
    now: datetime,
) -> Message:
    """Return the message that asks a person to accept or decline their duties.

    Args:
        person: who.
        duties: those they have not been asked to accept yet; at least one.
        before: by agent, the lines of the duty they accepted last; nothing where there was none.
        base_url: of the pages.
        now: when it is written.
    """
    lines = []
    for duty in duties:
        accepted = before.get(duty.agent)
        changed = ", which has changed" if accepted is not None else ""
        lines += [f"your duty for {duty.agent}{changed}:"]
        new = () if accepted is None else [one for one in duty.lines if one not in accepted]
        gone = [line for line in accepted or () if line not in duty.lines]
        lines += [f"  {line}" for line in marked(duty.lines, new, gone)] + [""]
    if any(duty.agent in before for duty in duties):
        lines += [MARKS, ""]
    lines += ["Please accept or decline it:", f"  {base_url}{DUTIES_PATH}", ""]
    lines += ["Until you have, you are asked all the same: only declining takes you off."]
    has_changed = all(duty.agent in before for duty in duties)
    subject = "Your duty has changed" if has_changed else "Your duty: please accept or decline"
    return _message("duty", duties[0].agent, person, person.contacts, subject, lines, now)


def marked(lines: Sequence[str], new: Sequence[str], gone: Sequence[str]) -> list[str]:
    """Return the lines of a duty with what is new and what is gone marked; the rest is indented."""
    found = [f"{'+' if line in new else ' '} {line}" for line in lines]
    return [*found, *(f"- {line}" for line in gone)]


def declination(duty: Duty, table: Table, note: str, now: datetime) -> Message:
    """Return what an owner is told when somebody declines their duty.

    Args:
        duty: what was declined.
        table: the newest.
        note: their words; may be empty.
        now: when.
    """
    name = table.people[duty.person].name
    lines = [
        f"{name} has declined their duty for {duty.agent}, and is asked nothing by it any more.",
        f"Their words: {one_line(note)}" if note else "They did not say why.",
        "What they had moves on to the next person. Please name somebody else in the table: "
        f"they stand on {_listed(duty.routes)}.",
    ]
    owner = table.people[table.owner]
    return alarm(duty.agent, owner, f"{name} has declined their duty", lines, now)


def unsettled_lines(
    unreachable: Sequence[str], unanswered: Sequence[str], declined: Sequence[str]
) -> list[str]:
    """Return the lines that tell an owner who is not reachable or has not answered; or none.

    Args:
        unreachable: names of people without a confirmed contact.
        unanswered: names of people who were asked to accept their duty and have not answered.
        declined: names of people who declined it.
    """
    parts = (
        ("have no confirmed contact, and are passed over:", unreachable),
        ("have not said whether they accept their duty; they are asked meanwhile:", unanswered),
        ("have declined their duty, and are passed over:", declined),
    )
    lines = []
    for what, names in parts:
        if names:
            lines += [f"These people {what}", *(f"  {name}" for name in names), ""]
    if lines:
        lines += [
            "Please speak to them, or name others in the table. How everybody stands:",
            "  handraise people list",
        ]
    return lines


def _route_name(route: str) -> str:
    return "its owner, the last resort" if route == OWNER else route


def _listed(names: Sequence[str]) -> str:
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _message(
    kind: str,
    agent: str,
    person: Person,
    contacts: tuple[str, ...],
    subject: str,
    lines: Sequence[str],
    now: datetime,
) -> Message:
    body = "\n".join([f"Hello {person.name},", "", *lines, "", "Handraise"])
    return Message(
        id=fresh_id(),
        kind=kind,
        agent=agent,
        to=person.id,
        contacts=contacts,
        subject=one_line(subject)[:MAX_SUBJECT],
        body=visible(body),
        created_at=now,
        next_at=now,
    )
