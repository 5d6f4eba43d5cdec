"""Channels that are silent: they take messages and nobody reacts, or they take none.

A mail server that swallows what it is given says "sent" all the same. What tells is the people: of
those who were told through it alone, nobody signed in, read, took or answered anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from handraise.channels.contacts import VARIABLE, mail_address, slack_user
from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Table
from handraise.service.watch.words import counted, joined, lasting
from handraise.store import Store
from handraise.store.silences import Told

LOOKS_BACK = timedelta(days=30)
FAILS_WITHIN = timedelta(days=1)
"""What failed longer ago says nothing of the channel now."""

LEAST = 3
"""So many asks in a row must have gone unheard."""

SPELLS_APART = timedelta(hours=4)
"""Of one person alone asks must have gone unheard so far apart: they may be at lunch."""

SHORTLY = timedelta(hours=1)
"""A channel that somebody reacted by so shortly before works: those who do not are not there."""

FAILING_FOR = timedelta(minutes=10)
MAIL = "mail"
SLACK = "Slack"
FAILS = " fails"


def channel_of(contact: str) -> str:
    """Return the channel that a contact is reached by: `mail`, or the kind of its address.

    Example:
        >>> channel_of("mailto:dana@example.com"), channel_of("slack://token/room")
        ('mail', 'slack')
    """
    if mail_address(contact) is not None:
        return MAIL
    if slack_user(contact) is not None:
        return SLACK
    named = VARIABLE.fullmatch(contact)
    if named is not None:
        return named.group(1)
    kind, separator, _ = contact.partition("://")
    return kind.lower() if separator and kind.isalnum() else "other"


def subject_of(channel: str) -> str:
    """Return the subject of a channel's alarm."""
    return f"channel {channel}"


def others_first(contacts: Sequence[str], silent: Collection[str]) -> tuple[str, ...]:
    """Return contacts with those that are reached by a silent channel last.

    Args:
        contacts: in order of preference.
        silent: the subjects of the alarms of kind `channel_silent` that are not over.

    Example:
        >>> others_first(["mailto:priya@example.com", "slack://a/b"], {"channel mail"})
        ('slack://a/b', 'mailto:priya@example.com')
    """
    subjects = {one.removesuffix(FAILS) for one in silent}
    return tuple(sorted(contacts, key=lambda one: subject_of(channel_of(one)) in subjects))


def channel_signals(store: Store, table: Table, now: datetime) -> Iterator[Signal]:
    """Yield the channels that are silent.

    Raises:
        StoreError: the store cannot be read.
    """
    people, since = tuple(table.people), now - LOOKS_BACK
    told = _by_channel(store.told_since(table.agent, people, since))
    for channel, those in sorted(told.items()):
        yield from _swallowing(table, channel, those, now)
    # Nobody needs to react to an alarm, but it must go out.
    for channel, those in _by_channel(store.alarms_told_since(table.agent, people, since)).items():
        told.setdefault(channel, []).extend(those)
    for channel, those in sorted(told.items()):
        yield from _failing(table, channel, those, now)


def _by_channel(told: Sequence[Told]) -> dict[str, list[Told]]:
    """Return what was told by one channel alone; who has two may have heard by the other."""
    channels: dict[str, list[Told]] = {}
    for one in told:
        ways = {channel_of(contact) for contact in one.contacts}
        if len(ways) == 1:
            channels.setdefault(ways.pop(), []).append(one)
    return channels


def _swallowing(
    table: Table, channel: str, told: Sequence[Told], now: datetime
) -> Iterator[Signal]:
    """Yield a signal where a channel takes messages, and nobody who was told shows themselves."""
    sent = [one for one in told if one.sent_at is not None]
    heard_at = max((one.tried_at for one in sent if one.has_reacted), default=None)
    unheard = [
        one
        for one in sent
        if (heard_at is None or one.tried_at > heard_at) and _should_have_reacted(one, table, now)
    ]
    asked = len({one.ask_id for one in unheard})
    if asked < LEAST or not _shows_silence(unheard, heard_at):
        return
    first = min(unheard, key=lambda one: one.tried_at)
    people = sorted({table.people[one.to].name for one in unheard})
    yield Signal(
        agent=table.agent,
        kind="channel_silent",
        subject=subject_of(channel),
        sentence=f"Nobody reacts to what goes out by {channel}: of the last "
        f"{counted(asked, 'question')} that people were told of by it alone, none was "
        "opened, taken or answered in time.",
        means=f"Either {channel} takes messages and does not deliver them, or nobody reads them. "
        "Ask the people whether the messages arrive, and look at the junk folder and the log of "
        "the mail server. Until then give people a second contact.",
        since=first.sent_at,
        lines=(f"Told by it alone: {joined(people)}.",),
        examples=_escalations(unheard),
        about=_sole(unheard),
        urgent=True,
    )


def _shows_silence(unheard: Sequence[Told], heard_at: datetime | None) -> bool:
    """Whether it is the channel that is silent, and not somebody who is away from their desk."""
    tried = [one.tried_at for one in unheard]
    if heard_at is not None and max(tried) - heard_at < SHORTLY:
        return False
    return _sole(unheard) is None or max(tried) - min(tried) >= SPELLS_APART


def _sole(told: Sequence[Told]) -> str | None:
    """Return whom alone all of it was for; None for several. It is about them, then."""
    people = {one.to for one in told}
    return people.pop() if len(people) == 1 else None


def _escalations(told: Sequence[Told]) -> tuple[str, ...]:
    ids = dict.fromkeys(one.escalation_id for one in told)
    return tuple(id for id in ids if id is not None)[:4]


def _should_have_reacted(one: Told, table: Table, now: datetime) -> bool:
    """Whether a person had twice the time to acknowledge, and the matter was not over before."""
    route = table.routes.get(one.route)
    if route is None or one.sent_at is None:
        return False
    due_at = one.sent_at + timedelta(seconds=2 * route.acknowledge_within_s)
    return due_at <= now and (one.resolved_at is None or one.resolved_at > due_at)


def _failing(table: Table, channel: str, told: Sequence[Told], now: datetime) -> Iterator[Signal]:
    """Yield a signal where a channel takes none of the messages of late."""
    taken_at = max((one.tried_at for one in told if one.sent_at is not None), default=None)
    lost = [
        one
        for one in told
        if one.sent_at is None
        and now - one.tried_at < FAILS_WITHIN
        and (taken_at is None or one.tried_at > taken_at)
    ]
    if len({one.ask_id or one.message_id for one in lost}) < LEAST:
        return
    since = min(one.tried_at for one in lost)
    if now - since < FAILING_FOR:
        return
    yield Signal(
        agent=table.agent,
        kind="channel_silent",
        subject=f"{subject_of(channel)}{FAILS}",
        sentence=f"Nothing goes out by {channel}: {counted(len(lost), 'message')} to people "
        f"failed or wait, and none went out, for {lasting((now - since).total_seconds())}.",
        means=f"The service behind {channel} is down or refuses Handraise. Look at its settings "
        "and at the log of the server; people whose messages failed are passed over meanwhile.",
        since=since,
        examples=_escalations(lost),
        about=_sole(lost),
        urgent=True,
    )
