"""What a device shows of a message: which agent, what for, until when, and nothing else.

INVARIANT: no word of a customer, of an agent's text, of a proposal or of a case is in it, nor a
name of anybody: a locked telephone lies on tables, and push services are other people's computers.
It is made of the agent's name, the kind of the message and its deadlines only.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from handraise.channels.push import Push
from handraise.core.messages import BUNDLE
from handraise.model import Ask, Message
from handraise.service.telling.wording.owners import OWNER_CHANGED

NEVER = frozenset({"sign_in", "verify"})
"""The kinds that hold something secret, or prove that their own way works."""

FALLBACK_TTL = timedelta(hours=12)
LEAST_TTL_S = 60
MOST_TTL = timedelta(days=7)
MARKS = {"[DRILL] ": "Drill: ", "[REHEARSAL] ": "Rehearsal: "}
"""How the subject of an exercise begins, and the title of what is pushed of it."""

LOW = frozenset({"resolved", "moved_on", "summary"})
"""The kinds for which no sleeping device is woken."""

ASKING = {
    "asked": "{agent} needs you",
    "with_owner": "{agent} needs you, its owner",
    "asked_again": "{agent} has changed its question to you",
    "reminder": "{agent} still waits for you",
    "delegated": "{agent} needs work from you",
}
"""What is about an ask that its reader holds."""

TELLING = {
    "moved_on": ("A question of {agent} is no longer yours", "It went to the next person."),
    "resolved": ("A question of {agent} is settled", "See what became of it."),
    "alarm": ("An alarm about {agent}", "See what is wrong."),
    "audits": ("Decisions of {agent} wait for your look", "They were drawn by lot."),
    "duty": ("A duty for {agent} waits for your word", "Accept it, or decline it."),
    "rehearsal": ("A rehearsal of {agent}", "Its questions are practice."),
    "summary": ("The last seven days of {agent}", "See how it stands."),
    OWNER_CHANGED: ("{agent} has another owner", "See who it is."),
}
"""What is about no ask that waits: the title, and the line below it."""

PATHS = {
    "alarm": "/watch",
    "audits": "/audits",
    "duty": "/me",
    "summary": "/watch",
    OWNER_CHANGED: "/going-live",
}


class Shown(Struct, frozen=True, kw_only=True):
    """What a device shows.

    Attributes:
        title: one line.
        body: the line below.
        path: the page a tap opens.
        tag: a later one of the same tag replaces it.
    """

    title: str
    body: str
    path: str
    tag: str


def push_of(message: Message, ask: Ask | None, told: int, now: datetime) -> Push | None:
    """Return what goes to a person's devices beside a message; None for what never does.

    Args:
        message: as it goes out.
        ask: the one it is about, as it stands, where it is known.
        told: how many messages it tells, if it is one that tells several.
        now: aware UTC.
    """
    shown = _shown(message, ask, told, now)
    if shown is None:
        return None
    return Push(
        content=msgspec.json.encode(shown),
        topic=topic_of(shown.tag),
        ttl_s=_ttl_s(message, ask, now),
        urgency=_urgency(message),
    )


def trial() -> Push:
    """Return what goes to one device to see that it works."""
    shown = Shown(
        title="This device is told",
        body="Questions for you will show like this.",
        path="/me",
        tag="test",
    )
    return Push(msgspec.json.encode(shown), topic_of("test"), LEAST_TTL_S, "high")


def topic_of(tag: str) -> str:
    """Return the topic of a tag: it tells a push service nothing."""
    return hashlib.sha256(tag.encode()).hexdigest()[:32]


def _shown(message: Message, ask: Ask | None, told: int, now: datetime) -> Shown | None:
    kind, agent = message.kind, message.agent
    if kind == BUNDLE:
        what = "questions wait for you" if message.only_while else "messages for you"
        body = "They are in your inbox."
        return Shown(title=f"{told} {what}", body=body, path="/", tag="bundle")
    if kind in ASKING:
        title, body = ASKING[kind], _until(ask, now)
    elif kind in TELLING:
        title, body = TELLING[kind]
    else:
        return None
    mark = next((said for mark, said in MARKS.items() if message.subject.startswith(mark)), "")
    path, tag = PATHS.get(kind, "/"), f"{kind} {agent}"
    if message.escalation_id is not None:
        path, tag = f"/escalations/{message.escalation_id}", message.escalation_id
    urgent = "Urgent: " if message.urgency == "urgent" and kind in ASKING else ""
    title = f"{mark}{urgent}{title.format(agent=agent)}"
    return Shown(title=title, body=body, path=path, tag=tag)


def _until(ask: Ask | None, now: datetime) -> str:
    """Return how long its reader has."""
    if ask is None:
        return "See until when."
    due_at = ask.acknowledge_due_at or ask.decide_due_at
    what = "to decide" if ask.acknowledge_due_at is None else "to pick it up"
    left = (due_at - now).total_seconds()
    return f"About {_about(left)} {what}." if left > 0 else "Its time is over: look at once."


def _about(seconds: float) -> str:
    """Return a length of time as people say it.

    Example:
        >>> [_about(seconds) for seconds in (40, 900, 3600, 14_400, 259_200)]
        ['1 minute', '15 minutes', '60 minutes', '4 hours', '3 days']
    """
    size, name = 86_400, "day"
    if seconds < 90 * 60:
        size, name = 60, "minute"
    elif seconds < 36 * 3600:
        size, name = 3600, "hour"
    count = max(round(seconds / size), 1)
    return f"{count} {name}{'' if count == 1 else 's'}"


def _ttl_s(message: Message, ask: Ask | None, now: datetime) -> int:
    """Return how long it is worth knowing: until the deadline, where there is one."""
    until = now + FALLBACK_TTL
    if ask is not None and message.only_while is not None:
        until = ask.decide_due_at
    left = min(until - now, MOST_TTL).total_seconds()
    return max(int(left), LEAST_TTL_S)


def _urgency(message: Message) -> Literal["low", "normal", "high"]:
    if message.urgency == "urgent":
        return "high"
    return "low" if message.kind in LOW else "normal"
