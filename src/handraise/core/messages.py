"""When messages to one person go out: at once, later, told in one with others, or not at all.

The first of a kind goes at once. While one of its kind went out lately, further ones wait and are
then told in one message; so is everything beyond a few messages in a short while.

INVARIANTS: an urgent message never waits, and goes before the others, but for further ones of one
kind that come to a person as the last resort: of these the first in a window goes at once; none
waits longer than `WINDOW`, nor than a quarter of the time its reader has; each message that is
looked at goes out, is told in another that goes out, waits for an instant to come, or is no longer
needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.model import Ask, ContactPlan, Message

WINDOW = timedelta(minutes=5)
MOST_IN_WINDOW = 6
"""So many messages go to one person within the window; what comes beyond waits."""

BUNDLE = "bundle"
"""The kind of a message that tells several others. Its `bundle` is their keys, a line each."""

DRILL = "drill"
"""What the messages of an exercise have as `bundle`: never held back, and not counted."""

CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""What lies further ahead than this was written by a clock that has been put back since."""

AWAITED = frozenset({"sign_in", "verify"})
"""The kinds that somebody waits for at this very moment: never held back, and not counted."""


class Waiting(Struct, frozen=True):
    """A message that is to go out, with the ask it is about as it stands now, if there is one."""

    message: Message
    ask: Ask | None = None


class Out(Struct, frozen=True):
    """What went out, or is on its way: when, the keys it told, whether it counts to the most."""

    at: datetime
    keys: tuple[str, ...] = ()
    counts: bool = True


class Arrangement(Struct, frozen=True, kw_only=True):
    """What becomes of the messages to one person.

    Attributes:
        single: go out now, as they are.
        bundles: are told now, each group in one message: in the order to list them.
        later: wait, by id, until then at least.
        dropped: the ids of those that are no longer needed.
    """

    single: tuple[Message, ...] = ()
    bundles: tuple[tuple[Waiting, ...], ...] = ()
    later: Mapping[str, datetime] = {}
    dropped: tuple[str, ...] = ()


def out_of(message: Message, at: datetime) -> Out:
    """Return that a message went out at an instant."""
    keys = tuple(message.bundle.split("\n")) if message.bundle else ()
    return Out(at, keys, _counts(message))


def comes_first(message: Message) -> bool:
    """Whether a message goes before those that are due for longer."""
    return message.urgency == "urgent" or message.kind in AWAITED


def may_wait(message: Message) -> bool:
    """Whether a message may be held back and told with others; one that was tried may not."""
    is_alone = message.bundle is None or message.kind == BUNDLE
    is_held = _counts(message) or is_last_resort(message)
    return is_held and not is_alone and message.attempts == 0


def is_last_resort(message: Message) -> bool:
    """Whether a message is urgent only because nobody else can decide: it has a key nevertheless.

    The first of its kind is never held back. Further ones are told together: where a route is full
    there are as many of them as there are questions.
    """
    is_keyed = message.ask_id is not None and message.bundle is not None
    return message.urgency == "urgent" and is_keyed


def is_needed(message: Message, ask: Ask | None) -> bool:
    """Whether a message still tells its reader what they must know.

    Where the ask is not known it is: better one too many than one too few.
    """
    if message.only_while is None or ask is None:
        return True
    if ask.state != "open" or message.to not in (ask.holder, ask.delegate):
        return False
    return message.only_while == "held" or ask.acknowledged_at is None


def latest(waiting: Waiting) -> datetime:
    """Return until when a message may be held back at most."""
    message, ask = waiting.message, waiting.ask
    wait = WINDOW
    if ask is not None and message.only_while is not None:
        ends = (ask.acknowledge_due_at, ask.due_at, ask.decide_due_at)
        room = min(end for end in ends if end is not None) - message.created_at
        wait = min(wait, max(room / 4, timedelta()))
    return message.created_at + wait


def arrange(waiting: Iterable[Waiting], out: Iterable[Out], now: datetime) -> Arrangement:
    """Return what becomes of the messages to one person.

    Args:
        waiting: those that are due, and those that are held back.
        out: what went out to them lately.
        now: the present instant.
    """
    listed = sorted(waiting, key=lambda one: (one.message.created_at, one.message.id))
    needed = [one for one in listed if is_needed(one.message, one.ask)]
    alone = [one.message for one in needed if not may_wait(one.message) and _is_due(one, now)]
    lately = [one for one in out if one.at > now - WINDOW]
    lately += [out_of(message, now) for message in alone]
    groups: dict[str, list[Waiting]] = {}
    for one in needed:
        if may_wait(one.message):
            groups.setdefault(one.message.bundle or "", []).append(one)
    going = _going(groups, lately, now)
    gone = {one.message.id for group in going for one in group}
    counted = [one.at for one in lately if one.counts]
    told = _told(lately) | {one.message.bundle or "": now for group in going for one in group}
    free_at = min(counted, default=now) + WINDOW
    later = {
        one.message.id: _until(one, told[key] + WINDOW if key in told else free_at, now)
        for key, group in groups.items()
        for one in group
        if one.message.id not in gone
    }
    return Arrangement(
        single=(*alone, *(group[0].message for group in going if len(group) == 1)),
        bundles=tuple(_in_order(group) for group in going if len(group) > 1),
        later=later,
        dropped=tuple(one.message.id for one in listed if not is_needed(one.message, one.ask)),
    )


def asks_while(group: Iterable[Waiting]) -> Literal["held", "unacknowledged"] | None:
    """Return as long as what the asking ones of a group are needed; None when none asks."""
    needed = {one.message.only_while for one in group}
    if "held" in needed:
        return "held"
    return "unacknowledged" if "unacknowledged" in needed else None


def planned(
    message: Message,
    plan: ContactPlan | None,
    now: datetime,
    *,
    asks: Literal["held", "unacknowledged"] | None = None,
) -> tuple[Message, ...]:
    """Return the messages by which one goes to a person who chose their contacts.

    Args:
        message: about to go out for the first time.
        plan: the person's for messages of its urgency, if they have one.
        now: from when the waits of the plan run.
        asks: as long as what the asking part of a message is needed that also informs.

    Returns:
        The message for the first step, then one for each later step: taken only while the message
        is still needed. What is only for information goes to one of them, in the plan's order; so
        does the first step of what also informs.
    """
    if plan is None:
        return (message,)
    first, *rest = plan.steps
    contacts: tuple[str, ...] = (first.contact,)
    if message.only_while is None:
        contacts = tuple(dict.fromkeys(step.contact for step in plan.steps))
    needed = message.only_while or asks
    if needed is None:
        return (replace(message, contacts=contacts),)
    at, steps = now, []
    for number, step in enumerate(rest, start=2):
        at += timedelta(seconds=step.after_s)
        later = replace(
            message,
            id=f"{root_of(message.id)}.{number}",
            contacts=(step.contact,),
            attempts=0,
            next_at=at,
            bundle=message.bundle if message.kind == BUNDLE else None,
            only_while=needed,
        )
        steps.append(later)
    return replace(message, contacts=contacts), *steps


def root_of(message_id: str) -> str:
    """Return the id of the first step of a message."""
    return message_id.partition(".")[0]


def next_step(message_id: str) -> str:
    """Return the id that the next step of a message has, if there is one."""
    root, _, number = message_id.partition(".")
    return f"{root}.{int(number or 1) + 1}"


def _counts(message: Message) -> bool:
    return not comes_first(message) and message.bundle != DRILL


def _is_due(one: Waiting, now: datetime) -> bool:
    return one.message.next_at is not None and one.message.next_at <= now


def _until(one: Waiting, free_at: datetime, now: datetime) -> datetime:
    """Return until when a message waits: not beyond what it was told to wait already."""
    until = min(latest(one), free_at)
    set_to = one.message.next_at
    return min(until, set_to) if set_to is not None and set_to > now else until


def _has_waited(one: Waiting) -> bool:
    return one.message.next_at is not None and one.message.next_at > one.message.created_at


def _told(lately: Iterable[Out]) -> dict[str, datetime]:
    """Return when each key was told last."""
    told: dict[str, datetime] = {}
    for one in lately:
        for key in one.keys:
            told[key] = max(one.at, told.get(key, one.at))
    return told


def _going(
    groups: Mapping[str, list[Waiting]], lately: Sequence[Out], now: datetime
) -> list[list[Waiting]]:
    """Return which messages of those that may wait go now, each group as one message."""
    told = _told(lately)
    free = MOST_IN_WINDOW - sum(one.counts for one in lately)
    found = [turn for key, group in groups.items() if (turn := _turn(group, key in told, now))]
    urgent = [turn for turn in found if is_last_resort(turn[0].message)]
    turns = [turn for turn in found if not is_last_resort(turn[0].message)]
    if len(turns) <= free:
        return [*urgent, *turns]
    is_over = any(latest(one) <= now for turn in turns for one in turn)
    if is_over or (free > 0 and any(map(_has_waited, (turn[0] for turn in turns)))):
        rest = [group for group in groups.values() if not is_last_resort(group[0].message)]
        return [*urgent, [one for group in rest for one in group]]
    return [*urgent, *turns[: max(free, 0)]]


def _turn(group: list[Waiting], is_told: bool, now: datetime) -> list[Waiting]:
    """Return which messages of one key are to be told now, as one; empty for none."""
    if any(latest(one) <= now for one in group):
        return group
    if is_told:
        return []
    waited = [one for one in group if _has_waited(one)]
    if waited:
        return group if any(_is_due(one, now) for one in waited) else []
    return group[:1]


def _in_order(group: Sequence[Waiting]) -> tuple[Waiting, ...]:
    """Return messages as they are listed: the first of each kind, then by their deadlines."""
    firsts: dict[str, Waiting] = {}
    for one in group:
        firsts.setdefault(one.message.bundle or "", one)
    ids = {one.message.id for one in firsts.values()}
    rest = [one for one in group if one.message.id not in ids]
    return (*sorted(firsts.values(), key=_deadline), *sorted(rest, key=_deadline))


def _deadline(one: Waiting) -> tuple[datetime, str]:
    ask = one.ask
    at = one.message.created_at
    if ask is not None:
        at = ask.acknowledge_due_at or ask.decide_due_at
    return at, one.message.id
