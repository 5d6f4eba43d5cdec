"""The door: one-time links for people, and under one roof what else lets somebody in.

INVARIANT: what people and what agents show is never taken for one another; of every secret the
store has only a hash (a link in the outbox gets its secret when it is sent).
"""

from __future__ import annotations

import time
from datetime import timedelta

import msgspec

from handraise.channels.contacts import mail_address
from handraise.channels.senders import Sender
from handraise.clock import Clock
from handraise.core.table.form import shown
from handraise.core.table.types import Person
from handraise.errors import Error, NotFoundError, SignInError
from handraise.model import Message
from handraise.service.access.keys import Keys
from handraise.service.access.sessions import Sessions
from handraise.service.logs import Log
from handraise.service.people.codes import with_code
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer, fresh_secret, secret_hash
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id, one_line
from handraise.store import Store

LINK_LASTS = timedelta(minutes=30)
LINKS_AT_A_TIME = 5
"""So many links are made for one person while the first of them lasts: whoever gets no more, since
somebody else keeps asking in their name, has one that works."""

MAX_ADDRESS = 60
SEALED = "[filled in when sent]"
PACE_S = 0.05
"""What asking for a link takes at least, whoever asks."""

log = Log(__name__)


class Door:
    """Lets people and agents in."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, address: Address
    ) -> None:
        """Keep what the door needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._address = address
        self.sessions = Sessions(store, shelf, clock)
        self.person, self.leave = self.sessions.person, self.sessions.leave
        self.agent_keys = keys = Keys(store, shelf, clock)
        self.make_key, self.revoke_key, self.keys = keys.make, keys.revoke, keys.all
        self.agent, self.key = keys.agent, keys.key

    def request_link(self, who: str, next_path: str = "/", *, address: str = "") -> None:
        """Send a one-time link to a person, if there is such a person; says nothing either way.

        It takes about as long for a stranger as for somebody who is on a table, and a trouble of
        ours is only logged, so that nothing tells the two apart.

        Args:
            who: a person's id, or one of their mail addresses.
            next_path: where the link leads; only a path of these pages, otherwise the inbox.
            address: where the request came from, for the message.
        """
        begun_at = time.monotonic()
        try:
            for person in filter(lambda one: self._shelf.is_here(one.id), self._find(who)):
                self._send_link(person, next_path, one_line(address)[:MAX_ADDRESS])
        except Error as error:
            log.critical("a sign-in link could not be sent", error=error.message)
        time.sleep(max(0.0, PACE_S - (time.monotonic() - begun_at)))

    def _send_link(self, person: Person, next_path: str, address: str) -> None:
        now = self._clock.now()
        recent = self._store.recent_sign_in_tokens(person.id, now - LINK_LASTS)
        if recent >= LINKS_AT_A_TIME:
            log.warning("too many sign-in links were asked for", person=person.id)
            return
        came = f" (asked for from {address})" if address else ""
        minutes = int(LINK_LASTS.total_seconds() // 60)
        id = fresh_id()
        body = "\n".join(
            [
                f"Hello {person.name},",
                "",
                f"this link signs you in to Handraise{came}. It works once, for {minutes} minutes:",
                f"  {self._address.url}/enter/{SEALED}",
                "",
                "If you did not ask for it, you need not do anything.",
            ]
        )
        self._add_token(self._sealed_token(id), person.id, next_path)
        message = Message(
            id=id,
            kind="sign_in",
            agent=min(self._shelf.agents_of(person.id)),
            to=person.id,
            contacts=person.contacts,
            subject="Your link to Handraise",
            body=body,
            created_at=now,
            next_at=now,
        )
        self._store.add_messages([message])

    def unsealed(self, message: Message) -> Message:
        """Return a message as it goes out: with its link's secret, or the code for its contact."""
        if message.kind == "verify":
            since = message.created_at
            return with_code(
                message,
                self._signer,
                lambda kept: self._store.contact_of_code(kept, since=since) is not None,
            )
        if message.kind != "sign_in":
            return message
        body = message.body.replace(SEALED, self._kept_token(message.id))
        return msgspec.structs.replace(message, body=body)

    def _sealed_token(self, message_id: str) -> str:
        return self._signer.token("sign-in link", message_id)

    def _kept_token(self, message_id: str) -> str:
        """Return the secret that a link was made with: by the present key, or by one before it."""
        made = self._signer.tokens("sign-in link", message_id)
        now = self._clock.now()
        kept = (one for one in made if self._store.peek_sign_in_token(secret_hash(one), now))
        return made[0] if len(made) == 1 else next(kept, made[0])

    def _add_token(self, token: str, person: str, next_path: str) -> None:
        now = self._clock.now()
        self._store.add_sign_in_token(
            secret_hash(token), person, now + LINK_LASTS, safe_path(next_path), created_at=now
        )

    def link(self, person: str, next_path: str = "/") -> str:
        """Return a fresh one-time link for a person: for the operator's own hands.

        Raises:
            NotFoundError: there is no such person.
        """
        if not self._shelf.is_here(person):
            raise NotFoundError(f"there is no person {shown(person)}")
        token = fresh_secret()
        self._add_token(token, person, next_path)
        return f"{self._address.url}/enter/{token}"

    def _find(self, who: str) -> list[Person]:
        """Return whom a sign-in name means; a mailbox that several share means each of them."""
        wanted = who.strip()
        return [
            person
            for id, person in self._shelf.people().items()
            if wanted == id or wanted.lower() in map(mail_address, person.contacts)
        ]

    def peek(self, token: str) -> tuple[str, str] | None:
        """Return whom a link is for and where it leads, without using it; None for a bad one."""
        found = self._store.peek_sign_in_token(secret_hash(token), self._clock.now())
        return found if found is not None and self._shelf.is_here(found[0]) else None

    def enter(self, token: str, *, device: str = "") -> tuple[str, str, str]:
        """Use a link once; return the session's cookie, the person and where to go.

        Args:
            token: the secret of the link.
            device: what it was opened on, in plain words.

        Raises:
            SignInError: it was used, has expired or never was; ask for a new one.
        """
        now = self._clock.now()
        used = self._store.use_sign_in_token(secret_hash(token), now)
        refused = SignInError("this link was used already, or has expired", "ask for a new one")
        if used is None:
            raise refused
        person, next_path = used
        cookie = self.sessions.begin(person, way="link", device=device)
        if cookie is None:
            raise refused
        return cookie, person, safe_path(next_path)

    def csrf(self, cookie: str) -> str:
        """Return the form token of a session."""
        return self._signer.token("csrf", cookie)

    def csrf_ok(self, cookie: str, value: str) -> bool:
        """Whether a form token belongs to a session."""
        return self._signer.token_ok(value, "csrf", cookie)


class UnsealingSender:
    """Sends through another sender, with the links' secrets filled in."""

    def __init__(self, sender: Sender, door: Door) -> None:
        """Keep both."""
        self._sender = sender
        self._door = door

    def send(self, message: Message, contact: str) -> None:
        """Return when the channel took it; raises what the other sender raises."""
        self._sender.send(self._door.unsealed(message), contact)


def safe_path(path: str) -> str:
    """Return a path of these pages; anything that leads elsewhere becomes the inbox."""
    plain = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if plain and len(path) <= 500 else "/"
