"""Contacts that fail: noted, told to the owner once, and told again when they work.

A contact stands as failing in the store from when the owner is told of it until it takes a message
again. INVARIANT: the owner is told before it is noted; told twice rather than never.
"""

from __future__ import annotations

from collections.abc import Mapping

from handraise.channels.contacts import contact_name
from handraise.clock import Clock
from handraise.model import ContactRecord, Message
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import alarm
from handraise.store import Store

log = Log(__name__)

Records = Mapping[str, ContactRecord]
"""What is known of a person's contacts, by contact."""


class Troubles:
    """Keeps the owner told of which contacts fail."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what telling needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def given_up(
        self,
        message: Message,
        errors: Mapping[str, str],
        records: Records,
        error: str,
        advanced: bool,
        is_lost: bool,
    ) -> None:
        """Tell the owner that contacts fail, unless they know of each of them.

        Args:
            message: that none of the contacts took.
            errors: what they said, by contact; empty where none was verified.
            records: what was known of them before.
            error: all of that in words.
            advanced: whether the asks of the message have moved on.
            is_lost: whether nothing of it has reached the person by another way.
        """
        fresh = {one: said for one, said in errors.items() if not _is_known(records.get(one))}
        if is_lost and self._owner(message.agent) == message.to:
            log.critical("the owner cannot be reached", to=message.to, error=error)
        elif fresh or not errors:
            moved = "The question has moved on to the next person. " if advanced else ""
            said = f"It was {_what(message)}."
            remedy = f"{moved}Please see to their contacts in the table."
            if is_lost:
                subject = f"No message reaches {message.to}"
                self._tell(message, subject, f"{subject}: {error}.", said, remedy)
            else:
                self._tell_of_some(message, fresh)
        self._note(message.to, fresh)

    def went_out(
        self, message: Message, contact: str, records: Records, errors: Mapping[str, str]
    ) -> None:
        """Tell the owner of contacts that did not take a message, and of one that works again."""
        fresh = {one: said for one, said in errors.items() if not _is_known(records.get(one))}
        if fresh:
            self._tell_of_some(message, fresh)
            self._note(message.to, fresh)
        known = records.get(contact)
        if known is None or known.failed_at is None:
            return
        subject = f"Messages reach {message.to} again"
        since = f"{known.failed_at:%Y-%m-%d %H:%M} UTC"
        through = f"through {contact_name(contact)}: {message.to} has just been sent one"
        failed = f"It was reported as failing at {since}: {known.error}."
        self._tell(message, subject, f"Messages go out again {through}.", failed)
        self._store.contact_works(message.to, contact)

    def _tell_of_some(self, message: Message, fresh: Mapping[str, str]) -> None:
        names = ", ".join(map(contact_name, fresh))
        subject = f"A contact of {message.to} fails: {names}"
        lines = [f"{contact_name(contact)}: {said}." for contact, said in fresh.items()]
        last = "Messages go out through another of their contacts. Please see to this one."
        self._tell(message, subject, *lines, last)

    def _note(self, person: str, fresh: Mapping[str, str]) -> None:
        for contact, said in fresh.items():
            self._store.contact_failed(person, contact, said, self._clock.now())

    def _owner(self, agent: str) -> str:
        return self._shelf.current(agent).owner

    def _tell(self, message: Message, subject: str, *lines: str) -> None:
        """Tell the owner, unless the same subject waits for them already."""
        table = self._shelf.current(message.agent)
        waiting = self._store.messages(state="pending", to=table.owner)
        if any(one.kind == "alarm" and one.subject == subject for one in waiting):
            return
        person, now = table.people[table.owner], self._clock.now()
        told = alarm(message.agent, person, subject, lines, now, message.escalation_id)
        self._store.add_messages([told])


def _what(message: Message) -> str:
    """Return which message it was, quoted only if the alarm is erased with what it quotes.

    A message about several escalations at once names none of them, and neither does its alarm.
    """
    if message.escalation_id is None:
        return f"a message ({message.kind}) for {message.agent}"
    return f'"{message.subject}"'


def _is_known(record: ContactRecord | None) -> bool:
    """Whether the owner has been told that a contact fails."""
    return record is not None and record.failed_at is not None
