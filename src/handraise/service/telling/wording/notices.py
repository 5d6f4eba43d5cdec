"""What a move of an escalation means for a person: a message with where to decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.lifecycle.urgency import urgency_of
from handraise.core.messages import DRILL
from handraise.core.table.types import Person, Table
from handraise.model import OWNER, Ask, Escalation, Message, Move, Notice
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording.figures import short
from handraise.service.telling.wording.questions import MAX_ACTION, is_drill, question, sentences
from handraise.service.telling.wording.standing import deadlines, others, who_is_after
from handraise.service.telling.wording.texts import (
    MAX_SUBJECT,
    fresh_id,
    name_of,
    one_line,
    visible,
    with_names,
)

MAX_PROPOSAL = 1_500
WHILE: dict[str, Literal["held", "unacknowledged"]] = {
    "asked": "unacknowledged",
    "with_owner": "unacknowledged",
    "asked_again": "held",
    "reminder": "held",
    "delegated": "held",
}
"""The kinds that ask for something, and as long as what they are needed; others always are."""

_END = {"withdrawn": "Withdrawn", "expired": "Ended unanswered"}
_ENDED = {
    "withdrawn": "This is no longer needed",
    "expired": "This has ended unanswered and will not be done",
}


class _Told(Struct, frozen=True, kw_only=True):
    """Everything that the words of one message are made of."""

    notice: Notice
    person: Person
    ask: Ask
    escalation: Escalation
    question: str
    table: Table
    people: Mapping[str, Person]
    owner: Person
    base_url: str
    now: datetime


def messages_for(
    move: Move,
    shelf: Shelf,
    base_url: str,
    now: datetime,
    is_here: Callable[[str], bool] | None = None,
) -> list[Message]:
    """Return a message for each notice of a move.

    A person who is on no table any more, or has left, is told nothing; whoever has the ask now is.
    `is_here` says whether somebody has not left, where the caller knows; otherwise the shelf is
    asked.
    """
    is_here = is_here or shelf.is_here
    escalation = move.escalation
    newest = shelf.current(escalation.agent)
    table = shelf.table(escalation.agent, escalation.version)
    people = {**table.people, **newest.people}
    asked = question(escalation, table) if move.notices else ""
    found = []
    for notice in move.notices:
        person = newest.people.get(notice.to)
        ask = escalation.ask(notice.ask_id)
        # Whoever is asked in the moment they leave is kept: the post moves such an ask on.
        is_told = notice.kind in WHILE or is_here(notice.to)
        if person is not None and ask is not None and is_told:
            told = _Told(
                notice=notice,
                person=person,
                ask=ask,
                escalation=escalation,
                question=asked,
                table=table,
                people=people,
                owner=newest.people[newest.owner],
                base_url=base_url,
                now=now,
            )
            found.append(_message(told))
    return found


def _message(told: _Told) -> Message:
    kind = told.notice.kind
    needed = WHILE.get(kind)
    urgency = urgency_of(told.ask, told.escalation, told.table)
    mark = _mark(told.escalation) + ("Urgent: " if urgency == "urgent" and needed else "")
    return Message(
        id=fresh_id(),
        kind=kind,
        agent=told.escalation.agent,
        to=told.person.id,
        contacts=told.person.contacts,
        subject=short(one_line(f"{mark}{_subject(told)}"), MAX_SUBJECT),
        body=visible("\n".join(_body(told))),
        escalation_id=told.escalation.id,
        ask_id=told.ask.id,
        created_at=told.now,
        next_at=told.now,
        urgency=urgency,
        bundle=_key(told) if urgency == "normal" else _last_resort_key(told),
        only_while=needed,
    )


def _last_resort_key(told: _Told) -> str | None:
    """Return the key of what is urgent only as the last resort; None for what never waits."""
    as_any = replace(told.ask, with_owner=False)
    if urgency_of(as_any, told.escalation, told.table) == "urgent" or is_drill(told.escalation):
        return None
    return f"last resort {_key(told)}"


def _key(told: _Told) -> str:
    """Return what messages have in common that may be told as one."""
    if is_drill(told.escalation):
        # An exercise measures how soon somebody is there, and holds nothing real up.
        return DRILL
    kind, agent = told.notice.kind, told.escalation.agent
    if kind not in WHILE:
        return f"{kind} {agent}"
    reasons = told.escalation.reasons
    leading = next((one for one in reasons if one.route == told.ask.route), None)
    leading = leading or (reasons[0] if reasons else None)
    return one_line(f"{kind} {agent} {leading.row if leading else ''}")


def _mark(escalation: Escalation) -> str:
    if is_drill(escalation):
        return "[DRILL] "
    return "[REHEARSAL] " if escalation.rehearsal else ""


def _subject(told: _Told) -> str:
    is_owners = told.ask.route == OWNER
    beginning = {
        "asked": "",
        "asked_again": "Changed, please look again: ",
        "with_owner": "For the owner: " if is_owners else "Nobody else can decide: ",
        "reminder": "Still waiting for you: ",
        "delegated": f"For {name_of(told.ask.holder, told.people)}: ",
        "moved_on": "No longer yours: ",
        "resolved": f"{_END.get(told.escalation.outcome or '', 'Decided')}: ",
    }
    return f"{beginning[told.notice.kind]}{told.question}"


def _body(told: _Told) -> list[str]:
    link = f"  {told.base_url}/escalations/{told.escalation.id}"
    lines = [f"Hello {told.person.name},", "", _opening(told), ""]
    if told.notice.kind in WHILE:
        lines += _practice(told.escalation)
        lines += ["Why it stopped:", *_reasons(told), ""]
        lines += _to_sign(told)
        lines += ["What it would do:", *_proposal_lines(told.escalation), ""]
        also = others(told.ask, told.escalation, told.person, told.people, told.now)
        lines += [also, ""] if also else []
        lines += [_deadlines(told), ""]
        lines += ["Look at it and decide:", link, ""]
    elif told.notice.kind == "moved_on":
        lines += ["You need not do anything. You may still look at it:", link, ""]
    return [*lines, f"Handraise, for {told.escalation.agent}"]


def _deadlines(told: _Told) -> str:
    after = who_is_after(told.ask, told.escalation, told.table, told.owner)
    return deadlines(told.ask, told.person, told.table, told.people, after)


def _reasons(told: _Told) -> list[str]:
    return [f"  - {one_line(visible(one))}" for one in sentences(told.escalation, told.table)]


def _practice(escalation: Escalation) -> list[str]:
    """Return that this is practice, where it is."""
    if is_drill(escalation):
        return [
            "This is a drill, an exercise: it came the way a real question would, and nothing will"
            " be done. Please take it and answer it in time, as if it were real.",
            "",
        ]
    if escalation.rehearsal:
        return [
            "This is a rehearsal: nothing will be done, but please answer as if it were real.",
            "",
        ]
    return []


def _to_sign(told: _Told) -> list[str]:
    """Return how to sign for the table, for the owner of one that nobody has signed for."""
    is_signed = all(one.condition != "not_ready" for one in told.escalation.reasons)
    if told.ask.route != OWNER or is_signed:
        return []
    return [
        "Until you sign for this version, everything stops. To sign for it:",
        f"  handraise ready --as {told.person.id}",
        "",
    ]


def _opening(told: _Told) -> str:
    notice, escalation = told.notice, told.escalation
    agent, is_owners = escalation.agent, told.ask.route == OWNER
    reason = with_names(notice.why, told.people)
    why = f" ({reason})" if reason else ""
    last_resort = f"{agent} has stopped, and it is with you as the owner"
    owners = f"This comes to you because you are the owner of {agent}'s table{why}."
    holder = name_of(told.ask.holder, told.people)
    words = {
        "asked": f"{agent} has stopped and asks you to decide{why}.",
        "asked_again": f"The proposal has changed, so it needs you once more{why}.",
        "with_owner": owners if is_owners else f"{last_resort}: nobody else can take it{why}.",
        "reminder": f"{agent} is still stopped and waits for you{why}.",
        "delegated": f"{agent} has stopped. Please do the work of this decision for {holder}, "
        f"who stays responsible{why}.",
        "moved_on": f"This is no longer with you: {reason}.",
        "resolved": f"{_ENDED.get(escalation.outcome or '', 'This has been decided')}{why}."
        " You need not do anything.",
    }
    return one_line(visible(words[notice.kind]))


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
