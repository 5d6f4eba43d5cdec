"""The post: takes messages to people, tries again, and says so when nobody can be reached.

INVARIANT: a message that breaks does not hold up the others; one that is given up is recorded,
moves the asks it was about, and is told to the owner, once for each contact that fails. Any number
of threads may deliver at once: a person is in one hand, so a channel that hangs holds up its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.channels.contacts import channel_of
from handraise.channels.senders import Sender
from handraise.clock import Clock
from handraise.core.lifecycle import undelivered
from handraise.core.messages import BUNDLE, Waiting, next_step, root_of
from handraise.core.table.types import Person
from handraise.errors import DeliveryError, Error, RefusedError, StoreUnavailableError
from handraise.model import ContactRecord, Escalation, Event, Message, Move
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.pushing import Beside
from handraise.service.telling.troubles import Troubles
from handraise.service.telling.wording import fresh_id, messages_for
from handraise.service.telling.wording.bundles import bundle
from handraise.service.telling.wording.notices import WHILE
from handraise.service.telling.wording.owners import OWNER_CHANGED
from handraise.service.tracing import Step, step
from handraise.store import Store

BATCH = 5
LEASE_S = 120.0
RENEWED_BEFORE = timedelta(seconds=LEASE_S / 2)
"""A claim that ends within this is renewed before the channel is asked: asking takes less."""

FIRST_RETRY_S = 10.0
MAX_RETRY_S = 900.0
GIVE_UP_AFTER = 4
MANY = 100_000
ASKING = frozenset(WHILE)
"""The kinds of message without which a person does not know that they are asked."""

EXACTLY = frozenset({"verify", "sign_in", OWNER_CHANGED})
"""The kinds that go to the contacts they carry, verified or not."""

log = Log(__name__)


class Tried(Struct, frozen=True):
    """What became of trying to send: who took it, and what the others said.

    Attributes:
        taken_by: the contact that took it; None when none did.
        errors: what each contact said that did not, in the order they were tried.
        refused: whether trying again cannot help.
    """

    taken_by: str | None
    errors: Mapping[str, str]
    refused: bool

    @property
    def words(self) -> str:
        """What the contacts said that did not take it."""
        return "; ".join(dict.fromkeys(self.errors.values()))


class Post:
    """Delivers the outbox of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        sender: Sender,
        address: Address,
        *,
        rehearsal: bool = False,
    ) -> None:
        """Keep what delivering needs.

        Args:
            store: whose outbox.
            shelf: its tables.
            clock: the time.
            sender: takes a message to one contact.
            address: of the pages; it stands in messages.
            rehearsal: whether all of this is practice, where every contact counts as verified.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._sender = sender
        self._address = address
        self._rehearsal = rehearsal
        self._troubles = Troubles(store, shelf, clock)
        self.beside: Beside = lambda _message: None
        self._claiming = threading.Lock()
        self._in_hand: set[str] = set()

    def deliver(
        self, *, until: datetime | None = None, beat: Callable[[], None] = lambda: None
    ) -> int:
        """Try every message that is due once; return how many went out.

        Args:
            until: no message is begun at this instant or later; what is left stays due. None tries
                all there are.
            beat: called before each message.

        Raises:
            StoreUnavailableError: the store cannot be reached; what was claimed comes back later.
        """
        self._store.free_claims(self._clock.now(), lease_s=LEASE_S, longest_s=MAX_RETRY_S)
        count = 0
        while not self._is_over(until) and (claimed := self._taken()):
            try:
                for place, message in enumerate(claimed):
                    if self._is_over(until):
                        rest = [one.id for one in claimed[place:]]
                        self._store.give_back(rest, self._clock.now())
                        break
                    beat()
                    count += self._delivered(message)
            finally:
                with self._claiming:
                    self._in_hand.discard(claimed[0].to)
        return count

    def _taken(self) -> list[Message]:
        """Return what is next to one person, who is in hand from here on."""
        with self._claiming:
            claimed = self._claimed()
            if claimed:
                self._in_hand.add(claimed[0].to)
        return claimed

    def _is_over(self, until: datetime | None) -> bool:
        return until is not None and self._clock.now() >= until

    def _claimed(self) -> list[Message]:
        now = self._clock.now()

        def worded(group: Sequence[Waiting]) -> Message:
            return bundle(group, self._reader(group[0].message), self._address.url, now)

        return self._store.claim_messages(
            now, limit=BATCH, lease_s=LEASE_S, worded=worded, never=tuple(self._in_hand)
        )

    def _reader(self, message: Message) -> Person:
        """Return who a message is to, whatever has become of their table."""
        try:
            known = self._shelf.member(message.agent, message.to)
        except Error:
            known = None
        return known or Person(id=message.to, name=message.to, contacts=message.contacts)

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
        person = self._shelf.member(message.agent, message.to)
        if message.kind == OWNER_CHANGED:
            person = person or self._reader(message)
        elif person is not None and self._shelf.has_left(person.id):
            person = None
        if person is None:
            self._see_to_those_who_left(message)
            return False
        records = {one.contact: one for one in self._store.contact_records(person.id)}
        contacts = self._contacts(message, person, records)
        if message.attempts == 1:
            self.beside(message)
        with step("deliver", message.agent, "CLIENT") as span:
            tried = self._sent(replace(message, contacts=contacts))
            _tell(span, message, tried)
        if tried is None:
            return False
        if tried.taken_by is None:
            self._failed(message, tried, records)
            return False
        self._store.message_sent(message.id, self._clock.now())
        self._troubles.went_out(message, tried.taken_by, records, tried.errors)
        return True

    def _contacts(
        self, message: Message, person: Person, records: Mapping[str, ContactRecord]
    ) -> tuple[str, ...]:
        """Return to which contacts a message goes now, in order of preference; may be empty."""
        if message.kind in EXACTLY:
            return message.contacts
        standing = tuple(one for one in message.contacts if one in person.contacts)
        standing = standing or person.contacts
        if self._rehearsal:
            return standing
        verified = tuple(one for one in person.contacts if _is_verified(records.get(one)))
        if verified:
            return tuple(one for one in standing if one in verified) or verified
        is_about_asks = message.ask_id is not None or message.kind == BUNDLE
        is_owner = self._shelf.current(message.agent).owner == person.id
        return () if is_about_asks and not is_owner else standing

    def _kept(self, message: Message) -> Message | None:
        """Return a message whose claim lasts while a channel is asked; None if it is not ours."""
        now = self._clock.now()
        if message.next_at is not None and message.next_at - now >= RENEWED_BEFORE:
            return message
        until = now + timedelta(seconds=LEASE_S)
        is_ours = self._store.renew_claim(message, until)
        return replace(message, next_at=until) if is_ours else None

    def _sent(self, message: Message) -> Tried | None:
        """Return what becomes of sending to the first contact that takes it.

        None when the claim ran out and somebody else has the message.
        """
        refused, errors = True, {}
        for contact in message.contacts:
            kept = self._kept(message)
            if kept is None:
                return None
            message = kept
            try:
                self._sender.send(message, contact)
            except DeliveryError as error:
                refused = refused and isinstance(error, RefusedError)
                errors[contact] = error.message
            except Exception as error:  # noqa: BLE001 - a channel's fault is no reason to be silent
                refused = False
                kind = type(error).__name__
                errors[contact] = f"the channel broke off ({kind})"
                log.error("a channel has a fault", id=message.id, error=kind)
            else:
                return Tried(contact, errors, refused=False)
        return Tried(None, errors, refused)

    def _failed(self, message: Message, tried: Tried, records: Mapping[str, ContactRecord]) -> None:
        """Try a message later, by the next step of a plan at once; or give it up and say so."""
        error = tried.words or "there is no verified contact"
        lasts = message.kind == "alarm" and not tried.refused
        gives_up = tried.refused or (message.attempts >= GIVE_UP_AFTER and not lasts)
        wait_s = min(FIRST_RETRY_S * 3 ** min(message.attempts - 1, 10), MAX_RETRY_S)
        now = self._clock.now()
        next_at = None if gives_up else now + timedelta(seconds=wait_s)
        log.warning(
            "a message did not go out",
            to=message.to,
            kind=message.kind,
            attempt=message.attempts,
            error=error,
            gives_up=gives_up,
        )
        goes_on = self._store.hasten(next_step(message.id), now)
        if gives_up:
            is_lost = not goes_on and not self._has_another_way(message)
            advanced = is_lost and self._lost(message, error)
            self._troubles.given_up(message, tried.errors, records, error, advanced, is_lost)
        elif message.attempts == 1:
            for one in self._told(message):
                if one.kind in ASKING:
                    self._note("delayed", one, error)
        self._store.message_failed(message.id, error, next_at=next_at)

    def _has_another_way(self, message: Message) -> bool:
        """Whether another step of the same message went out, or still will."""
        steps = self._store.steps_of(message.id)
        return any(one.id != message.id and one.state in {"pending", "sent"} for one in steps)

    def _told(self, message: Message) -> list[Message]:
        """Return the messages that one tells: those in a bundle, otherwise itself."""
        if message.kind != BUNDLE:
            return [message]
        told = self._store.messages(told_in=root_of(message.id), to=message.to, limit=MANY)
        return told[::-1]

    def _lost(self, message: Message, error: str) -> bool:
        """Record what a person was not told, and advance the asks of it; whether any moved."""
        moved = []
        for one in self._told(message):
            self._note("undelivered", one, error)
            moved.append(one.kind in ASKING and self._advanced(one, error))
        return any(moved)

    def _see_to_those_who_left(self, message: Message) -> None:
        """Send nothing to somebody who left; what they should have known goes to who is there."""
        error = "they are no longer here"
        for one in self._told(message):
            if one.kind in ASKING:
                self._advanced(one, error)
            table = self._shelf.current(one.agent)
            owner = table.people[table.owner]
            if one.kind == "alarm" and owner.id != message.to:
                again = replace(
                    one,
                    id=fresh_id(),
                    to=owner.id,
                    contacts=owner.contacts,
                    attempts=0,
                    state="pending",
                    told_in=None,
                    error=None,
                    next_at=self._clock.now(),
                )
                self._store.add_messages([again])
        self._store.message_failed(message.id, error, next_at=None)

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
            return made, messages_for(made, self._shelf, self._address.url, now)

        return self._store.change(found.id, move) is not None


def _tell(span: Step, message: Message, tried: Tried | None) -> None:
    """Tell a span what became of a message: the kind of its channel, never whom it is to."""
    taken_by = None if tried is None else tried.taken_by
    span.tell(
        message_kind=message.kind,
        message_urgency=message.urgency,
        message_attempt=message.attempts,
        escalation_id=message.escalation_id,
        channel=None if taken_by is None else channel_of(taken_by),
        delivered=taken_by is not None,
    )


def _is_verified(record: ContactRecord | None) -> bool:
    return record is not None and record.verified_at is not None
