"""The post: takes messages to people, tries again, and says so when nobody can be reached.

INVARIANT: a message that breaks does not hold up the others; one that is given up is recorded,
moves the ask it was about, and is told to the owner.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from handraise.channels.senders import Sender
from handraise.clock import Clock
from handraise.core.lifecycle import undelivered
from handraise.errors import DeliveryError, RefusedError, StoreUnavailableError
from handraise.model import Escalation, Event, Message, Move
from handraise.service.logs import Log, crash_text
from handraise.service.shelf import Shelf
from handraise.service.wording import alarm, fresh_id, messages_for
from handraise.store import Store

BATCH = 5
LEASE_S = 120.0
FIRST_RETRY_S = 10.0
MAX_RETRY_S = 900.0
GIVE_UP_AFTER = 4
ASKING = frozenset({"asked", "asked_again", "with_owner", "reminder"})
"""The kinds of message without which a person does not know that they are asked."""

log = Log(__name__)


class Post:
    """Delivers the outbox of one store."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, sender: Sender, base_url: str
    ) -> None:
        """Keep what delivering needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._sender = sender
        self._base_url = base_url

    def deliver(self) -> int:
        """Try every message that is due once; return how many went out.

        Raises:
            StoreUnavailableError: the store cannot be reached; what was claimed comes back later.
        """
        count = 0
        while claimed := self._store.claim_messages(
            self._clock.now(), limit=BATCH, lease_s=LEASE_S
        ):
            count += sum(self._delivered(message) for message in claimed)
        return count

    def _delivered(self, message: Message) -> bool:
        """Try one message; whatever breaks about it stays with it."""
        try:
            return self._tried(message)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one must not hold up the others
            log.critical("a message was not seen to", id=message.id, places=crash_text(error))
            return False

    def _tried(self, message: Message) -> bool:
        """Send to the first contact that takes it; otherwise try later, or give up and say so."""
        if message.to not in self._shelf.newest(message.agent).people:
            self._see_to_those_who_left(message)
            return False
        refused, told = self._sent(message)
        if told is None:
            self._store.message_sent(message.id, self._clock.now())
            return True
        lasts = message.kind == "alarm" and not refused
        gives_up = refused or (message.attempts >= GIVE_UP_AFTER and not lasts)
        wait_s = min(FIRST_RETRY_S * 3 ** min(message.attempts - 1, 10), MAX_RETRY_S)
        next_at = None if gives_up else self._clock.now() + timedelta(seconds=wait_s)
        log.warning(
            "a message did not go out",
            to=message.to,
            kind=message.kind,
            attempt=message.attempts,
            error=told,
            gives_up=gives_up,
        )
        if gives_up:
            self._report(message, told)
        elif message.attempts == 1 and message.kind in ASKING:
            self._note("delayed", message, told)
        self._store.message_failed(message.id, told, next_at=next_at)
        return False

    def _sent(self, message: Message) -> tuple[bool, str | None]:
        """Return whether all contacts refused, and what they said; None when one took it."""
        refused, words = True, []
        for contact in message.contacts:
            try:
                self._sender.send(message, contact)
            except DeliveryError as error:
                refused = refused and isinstance(error, RefusedError)
                words.append(error.message)
            except Exception as error:  # noqa: BLE001 - a channel's fault is no reason to be silent
                refused = False
                kind = type(error).__name__
                words.append(f"the channel broke off ({kind})")
                log.error("a channel has a fault", id=message.id, error=kind)
            else:
                return False, None
        return refused, "; ".join(dict.fromkeys(words)) or "there is no contact"

    def _see_to_those_who_left(self, message: Message) -> None:
        """Send nothing to somebody who left; what they should have known goes to who is there."""
        error = f"{message.to} is no longer on the table"
        if message.kind in ASKING:
            self._advanced(message, error)
        if message.kind == "alarm":
            table = self._shelf.newest(message.agent)
            owner = table.people[table.owner]
            again = replace(
                message,
                id=fresh_id(),
                to=owner.id,
                contacts=owner.contacts,
                attempts=0,
                next_at=self._clock.now(),
            )
            self._store.add_messages([again])
        self._store.message_failed(message.id, error, next_at=None)

    def _report(self, message: Message, error: str) -> None:
        """Advance the ask that nobody was told of, and tell the owner that the channel fails."""
        now = self._clock.now()
        self._note("undelivered", message, error)
        advanced = message.kind in ASKING and self._advanced(message, error)
        owner = self._shelf.newest(message.agent).owner
        if owner == message.to:
            log.critical("the owner cannot be reached", to=message.to, error=error)
        else:
            self._tell_owner(message, error, owner, now, advanced=advanced)

    def _note(self, kind: str, message: Message, error: str) -> None:
        """Keep in the escalation's history that a message did not go out."""
        self._store.add_event(
            Event(
                at=self._clock.now(),
                kind=kind,
                who="handraise",
                agent=message.agent,
                escalation_id=message.escalation_id,
                ask_id=message.ask_id,
                detail={"to": message.to, "kind": message.kind, "error": error},
            )
        )

    def _advanced(self, message: Message, error: str) -> bool:
        """Advance the ask of a message that reached nobody; whether it moved."""
        try:
            return self._advanced_early(message, error)
        except StoreUnavailableError:
            raise
        except Exception as trouble:  # noqa: BLE001 - a fault in one must not hold up the others
            log.critical("an ask was not moved", id=message.ask_id, places=crash_text(trouble))
            return False

    def _advanced_early(self, message: Message, error: str) -> bool:
        found = self._store.escalation(message.escalation_id or "")
        if found is None:
            return False
        table = self._shelf.table(found.agent, found.version)
        directory = self._shelf.directory(found.agent, rehearsal=found.rehearsal)
        ask_id = message.ask_id or ""

        def move(escalation: Escalation) -> tuple[Move, list[Message]] | None:
            now = self._clock.now()
            made = undelivered(escalation, ask_id, message.to, error, table, directory, now)
            if made is None:
                return None
            return made, messages_for(made, self._shelf, self._base_url, now)

        return self._store.change(found.id, move) is not None

    def _tell_owner(
        self, message: Message, error: str, owner: str, now: datetime, *, advanced: bool
    ) -> None:
        """Tell the owner, unless the same words wait for them already."""
        subject = f"No message reaches {message.to}"
        waiting = self._store.messages(state="pending", to=owner)
        if any(one.kind == "alarm" and one.subject == subject for one in waiting):
            return
        moved = "The question has moved on to the next person. " if advanced else ""
        lines = [
            f"No message reaches {message.to}: {error}.",
            f'It was "{message.subject}".',
            f"{moved}Please see to their contacts in the table.",
        ]
        person = self._shelf.newest(message.agent).people[owner]
        told = alarm(message.agent, person, subject, lines, now, message.escalation_id)
        self._store.add_messages([told])
