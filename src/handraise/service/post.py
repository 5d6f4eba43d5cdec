"""The post: takes messages from the outbox to people, tries again, and says so when nobody can be reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from handraise.channels.senders import Sender
from handraise.clock import Clock
from handraise.core.lifecycle import undelivered
from handraise.errors import DeliveryError, RefusedError
from handraise.model import Escalation, Event, Message, Move
from handraise.service.shelf import Shelf
from handraise.service.wording import alarm, messages_for
from handraise.store import Store

BATCH = 50
LEASE_S = 120.0
FIRST_RETRY_S = 10.0
MAX_RETRY_S = 900.0
GIVE_UP_AFTER = 4

log = structlog.get_logger(__name__)


class Post:
    """Delivers the outbox of one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, sender: Sender, base_url: str) -> None:
        """Keep what delivering needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._sender = sender
        self._base_url = base_url

    def deliver(self) -> int:
        """Try every message that is due once; return how many went out."""
        count = 0
        while True:
            claimed = self._store.claim_messages(self._clock.now(), limit=BATCH, lease_s=LEASE_S)
            for message in claimed:
                count += self._try(message)
            if len(claimed) < BATCH:
                return count

    def _try(self, message: Message) -> bool:
        """Send to the first contact that takes it; otherwise try later, or give up and say so."""
        refused, words = True, []
        for contact in message.contacts:
            try:
                self._sender.send(message, contact)
            except DeliveryError as error:
                refused = refused and isinstance(error, RefusedError)
                words.append(error.message)
            else:
                self._store.message_sent(message.id, self._clock.now())
                return True
        told = "; ".join(dict.fromkeys(words)) or "there is no contact"
        gives_up = refused or (message.attempts >= GIVE_UP_AFTER and message.kind != "alarm")
        wait = min(FIRST_RETRY_S * 3 ** (message.attempts - 1), MAX_RETRY_S)
        next_at = None if gives_up else self._clock.now() + timedelta(seconds=wait)
        self._store.message_failed(message.id, told, next_at=next_at)
        log.warning("a message did not go out", to=message.to, kind=message.kind, attempt=message.attempts, error=told, gives_up=gives_up)
        if gives_up:
            self._report(message, told)
        return False

    def _report(self, message: Message, error: str) -> None:
        """Advance the ask that nobody was told of, and tell the owner that the channel fails."""
        now = self._clock.now()
        self._store.add_event(
            Event(
                at=now,
                kind="undelivered",
                who="handraise",
                agent=message.agent,
                escalation_id=message.escalation_id,
                ask_id=message.ask_id,
                detail={"to": message.to, "kind": message.kind, "error": error},
            )
        )
        if message.escalation_id and message.ask_id and message.kind in {"asked", "asked_again", "with_owner", "reminder"}:
            self._advance(message, error)
        owner = self._shelf.newest(message.agent).owner
        if message.kind != "alarm" and owner != message.to:
            self._tell_owner(message, error, owner, now)

    def _advance(self, message: Message, error: str) -> None:
        def move(escalation: Escalation) -> tuple[Move, list[Message]] | None:
            now = self._clock.now()
            table = self._shelf.table(escalation.agent, escalation.version)
            directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
            made = undelivered(escalation, message.ask_id or "", message.to, error, table, directory, now)
            return (made, messages_for(made, self._shelf, self._base_url, now)) if made else None

        self._store.change(message.escalation_id or "", move)

    def _tell_owner(self, message: Message, error: str, owner: str, now: datetime) -> None:
        person = self._shelf.newest(message.agent).people[owner]
        lines = [
            f"No message reaches {message.to}: {error}.",
            f'It was "{message.subject}".',
            "What they had in hand has moved on to the next person. Please see to their contacts in the table.",
        ]
        subject = f"No message reaches {message.to}"
        self._store.add_messages([alarm(message.agent, person, subject, lines, now, message.escalation_id)])

