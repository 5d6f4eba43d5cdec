"""Passkeys: made by people for themselves, to come in by, and to confirm an answer with.

INVARIANTS: a challenge is used once, within minutes, for the purpose, person and session it was
made for; nobody learns who has a passkey without being them; a passkey that may have been copied is
refused, and its person and the owners are told.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.lifecycle import confirming_people
from handraise.errors import (
    AccessError,
    ConfirmationNeededError,
    InputError,
    NotFoundError,
    SignInError,
)
from handraise.model import (
    Challenge,
    ChallengePurpose,
    Event,
    Message,
    Passkey,
    Session,
    Signed,
)
from handraise.service.access.party import Party, party_of, trouble_with
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer, secret_hash
from handraise.service.telling.address import Address
from handraise.service.telling.wording import alarm, one_line
from handraise.store import Store

LASTS = timedelta(minutes=5)
KEPT = timedelta(days=1)
"""How long a challenge is kept after it expired."""

FRESH = timedelta(minutes=15)
"""How old a session may be in which passkeys are added and removed."""

MOST = 10
MAX_LABEL = 60
CHALLENGE_BYTES = 32

log = Log(__name__)


class Passkeys:
    """People's passkeys of one operation."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, address: Address
    ) -> None:
        """Keep what passkeys need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._address = address

    @property
    def trouble(self) -> str:
        """Why passkeys cannot be used here, with the remedy; empty where they can."""
        return trouble_with(self._address.url)

    def _party(self) -> Party:
        """Return for whom passkeys are made.

        Raises:
            InputError: the extra is not installed, or the address is none for passkeys.
        """
        what, _, remedy = self.trouble.partition("; ")
        if what:
            raise InputError(what, remedy)
        return party_of(self._address.url)

    def of(self, person: str) -> list[Passkey]:
        """Return the passkeys of a person, oldest first."""
        return self._store.passkeys(person)

    def needed_by(self, person: str) -> list[str]:
        """Return the agents some of whose questions this person can only approve with a passkey."""
        agents = sorted(self._shelf.agents_of(person))
        return [one for one in agents if person in confirming_people(self._shelf.current(one))]

    def is_fresh(self, session: Session) -> bool:
        """Whether somebody signed in so short a while ago that they may change their passkeys."""
        return self._clock.now() - session.created_at <= FRESH

    def _check_fresh(self, session: Session) -> None:
        if not self.is_fresh(session):
            minutes = int(FRESH.total_seconds() // 60)
            raise AccessError(
                f"you signed in more than {minutes} minutes ago",
                "sign out and in again, then do this",
            )

    # To make one.

    def begin_registration(self, session: Session) -> dict[str, Any]:
        """Return what a browser needs to make a passkey for whoever a session is of.

        Raises:
            AccessError: the session is too old for this.
            InputError: there are no passkeys here, or they have as many as anybody may.
        """
        from handraise.service.access.ceremony import creation_options

        party, person = self._party(), session.person
        self._check_fresh(session)
        known = self.of(person)
        if len(known) >= MOST:
            raise InputError(f"passkey: you have {MOST}, and nobody may have more", "remove one")
        found = self._shelf.person(person)
        challenge = self._challenge("register", person, session.id)
        handle = bytes.fromhex(self._signer.token("passkey", person))
        name = found.name if found else person
        return creation_options(party, person, name, handle, challenge, known)

    def register(self, session: Session, label: str, credential: Any) -> Passkey:
        """Return a new passkey of whoever a session is of; they are told of it.

        Args:
            session: theirs.
            label: what they call it, 1 to 60 characters; empty for `Passkey`.
            credential: what the browser answered.

        Raises:
            AccessError: the session is too old for this.
            InputError: there are no passkeys here, the label is too long, or the answer does not
                hold.
        """
        from handraise.service.access import ceremony

        party, person = self._party(), session.person
        self._check_fresh(session)
        label = _label(label)
        answered = ceremony.credential_of(credential)
        challenge = ceremony.challenge_in(answered)
        made = ceremony.made(answered, challenge, party)
        now = self._clock.now()
        passkey = Passkey(
            id=made.id,
            person=person,
            public_key=made.public_key,
            uses=made.uses,
            label=label,
            transports=made.transports,
            made_at=now,
        )
        signed = self._signed("register", person, session.id, challenge, passkey)
        kept = self._store.add_passkey(
            passkey,
            signed,
            events=self._events("passkey_added", person, passkey),
            messages=self._told(
                person,
                "A passkey was added to your account",
                f'A passkey, "{one_line(label)}", was added to your account just now. With it, '
                "one can sign in as you, and confirm answers.",
                "If it was not you: remove it on your page, and tell the owner of the table.",
            ),
        )
        if not kept:
            raise InputError("passkey: it took too long, or is known already", "try again")
        return passkey

    def rename(self, person: str, passkey_id: str, label: str) -> None:
        """Call a passkey of a person otherwise.

        Raises:
            InputError: the label is too long.
            NotFoundError: they have no such passkey.
        """
        if not self._store.rename_passkey(passkey_id, person, _label(label)):
            raise _unknown()

    def remove(self, session: Session, passkey_id: str) -> None:
        """Accept a passkey no more; its person is told.

        Raises:
            AccessError: the session is too old for this.
            NotFoundError: whoever it is of has no such passkey.
        """
        self._check_fresh(session)
        person = session.person
        known = {one.id: one for one in self.of(person)}
        passkey = known.get(passkey_id)
        ended = passkey is not None and self._store.end_passkey(
            passkey_id,
            person,
            self._clock.now(),
            events=self._events("passkey_removed", person, passkey),
            messages=self._told(
                person,
                "A passkey was removed from your account",
                f'Your passkey "{one_line(passkey.label)}" was removed just now.',
                "If it was not you, tell the owner of the table.",
            ),
        )
        if not ended:
            raise _unknown()

    # To come in by one.

    def begin_sign_in(self, visit: str) -> dict[str, Any]:
        """Return what a browser needs to let any passkey of ours sign: it names none.

        Args:
            visit: what ties it to the browser it was asked for in.

        Raises:
            InputError: there are no passkeys here.
        """
        from handraise.service.access.ceremony import request_options

        party = self._party()
        return request_options(party, self._challenge("sign_in", None, secret_hash(visit)))

    def signed_in(self, visit: str, credential: Any) -> str:
        """Return who signs in by a passkey.

        Raises:
            SignInError: it does not hold; it is not said why.
        """
        refused = SignInError("this passkey does not sign you in", "try again, or ask for a link")
        try:
            signed = self._checked("sign_in", None, secret_hash(visit), credential)
        except (InputError, NotFoundError):
            raise refused from None
        if not self._shelf.is_here(signed.person) or not self._store.take_signed(signed):
            raise refused
        return signed.person

    # To confirm with one.

    def begin_confirmation(self, person: str, about: str) -> dict[str, Any] | None:
        """Return what a browser needs to confirm something; None for a person without a passkey.

        Args:
            person: who confirms.
            about: exactly what, see `handraise.core.lifecycle.confirming.about`.

        Raises:
            InputError: there are no passkeys here.
        """
        from handraise.service.access.ceremony import request_options

        party, allowed = self._party(), self.of(person)
        if not allowed:
            return None
        return request_options(party, self._challenge("confirm", person, about), allowed)

    def confirmation(self, person: str, about: str, credential: Any) -> Signed:
        """Return what a person confirmed, checked; it counts once it is taken with the answer.

        Raises:
            ConfirmationNeededError: it does not hold, or there are no passkeys here.
        """
        try:
            return self._checked("confirm", person, about, credential)
        except (InputError, NotFoundError) as error:
            what = error.message.partition(": ")[2] or error.message
            raise ConfirmationNeededError(f"confirmation: {what}", "confirm it again") from None

    def sweep(self) -> int:
        """Forget challenges that expired long ago; return how many."""
        return self._store.forget_challenges(self._clock.now() - KEPT)

    def _challenge(self, purpose: ChallengePurpose, person: str | None, about: str) -> bytes:
        """Return a fresh challenge, of which only the hash is kept."""
        challenge, now = secrets.token_bytes(CHALLENGE_BYTES), self._clock.now()
        self._store.add_challenge(
            Challenge(
                hash=secret_hash(challenge.hex()),
                purpose=purpose,
                person=person,
                about=about,
                made_at=now,
                expires_at=now + LASTS,
            )
        )
        return challenge

    def _signed(
        self, purpose: ChallengePurpose, person: str, about: str, challenge: bytes, passkey: Passkey
    ) -> Signed:
        return Signed(
            purpose=purpose,
            person=person,
            about=about,
            challenge=secret_hash(challenge.hex()),
            passkey=passkey.id,
            uses=passkey.uses,
            at=self._clock.now(),
        )

    def _checked(
        self, purpose: ChallengePurpose, person: str | None, about: str, credential: Any
    ) -> Signed:
        """Return what a passkey signed; of that person, or of whoever it is.

        Raises:
            InputError: it does not hold, or may have been copied.
            NotFoundError: there is no such passkey.
        """
        from handraise.service.access import ceremony

        party = self._party()
        answered = ceremony.credential_of(credential)
        passkey = self._store.passkey(ceremony.id_of(answered))
        is_live = passkey is not None and passkey.ended_at is None
        if passkey is None or not is_live or person not in {None, passkey.person}:
            raise _unknown()
        challenge = ceremony.challenge_in(answered)
        uses = ceremony.signed_by(passkey, answered, challenge, party)
        signed = self._signed(
            purpose, passkey.person, about, challenge, replace(passkey, uses=uses)
        )
        went_back = uses <= passkey.uses and (uses or passkey.uses)
        # What is only sent twice has the counter of the first time, and a challenge that is used.
        if went_back and self._store.is_live(signed):
            self._may_be_copied(passkey)
            raise InputError(
                "passkey: its counter went back, so that it may have been copied",
                "remove it, and make a new one",
            )
        return signed

    def _may_be_copied(self, passkey: Passkey) -> None:
        """Tell its person and the owners that a passkey was refused."""
        log.warning("a passkey's counter went back", person=passkey.person)
        label, person = one_line(passkey.label), passkey.person
        owners = {self._shelf.current(one).owner for one in self._shelf.agents_of(person)}
        messages = [
            message
            for one in sorted({person, *owners})
            for message in self._told(
                one,
                f"A passkey of {person} may have been copied",
                f'The passkey "{label}" of {person} was refused: its counter went back, as it '
                "does when somebody uses a copy of it.",
                f"{person} should remove it on their page, and make a new one.",
            )
        ]
        self._store.add_messages(messages)
        for event in self._events("passkey_refused", person, passkey):
            self._store.add_event(event)

    def _events(self, kind: str, person: str, passkey: Passkey | None) -> Sequence[Event]:
        """Return that something happened to a passkey: an event for each agent concerned."""
        detail: Mapping[str, str] = {"passkey": passkey.id} if passkey else {}
        return [
            Event(at=self._clock.now(), kind=kind, who=person, agent=agent, detail=dict(detail))
            for agent in sorted(self._shelf.agents_of(person)) or [""]
        ]

    def _told(self, person_id: str, subject: str, *lines: str) -> list[Message]:
        """Return a message to a person about their passkeys; none to whoever has left."""
        person = self._shelf.person(person_id)
        if person is None:
            return []
        agent = min(self._shelf.agents_of(person_id), default="")
        words = [*lines, "", f"  {self._address.url}/me#passkeys"]
        return [alarm(agent, person, subject, words, self._clock.now())]


def _unknown() -> NotFoundError:
    return NotFoundError("there is no such passkey", "your page lists those you have")


def _label(written: str) -> str:
    """Return what a passkey is called.

    Raises:
        InputError: it is too long.
    """
    label = one_line(written).strip() or "Passkey"
    if len(label) > MAX_LABEL:
        raise InputError(f"label: longer than {MAX_LABEL} characters", "shorten it")
    return label
