"""Credentials: one-time links and sessions for people, keys for agents.

INVARIANT: neither is ever taken for the other; of every secret the store has only a hash (a link in
the outbox gets its secret when it is sent); who has left the tables is out at once.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Literal, get_args

import msgspec

from handraise.channels.contacts import mail_address
from handraise.channels.senders import Sender
from handraise.clock import Clock
from handraise.core.table.form import shown
from handraise.core.table.types import Person
from handraise.errors import AccessError, Error, InputError, NotFoundError, SignInError
from handraise.model import AgentKey, Message, Session
from handraise.service.logs import Log
from handraise.service.people.codes import with_code
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer, fresh_secret, secret_hash
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id, one_line
from handraise.store import Store

KeyUse = Literal["decide", "outcomes"]
"""What a key may be used for."""

LINK_LASTS = timedelta(minutes=30)
SESSION_LASTS = timedelta(hours=12)
LINKS_AN_HOUR = 5
KEY_PREFIX = "hrk"
SESSION_PREFIX = "hrs"
MAX_LABEL = 100
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
        recent = self._store.recent_sign_in_tokens(person.id, now - timedelta(hours=1))
        if recent >= LINKS_AN_HOUR:
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

    def enter(self, token: str) -> tuple[str, str, str]:
        """Use a link once; return the session's cookie, the person and where to go.

        Raises:
            SignInError: it was used, has expired or never was; ask for a new one.
        """
        now = self._clock.now()
        used = self._store.use_sign_in_token(secret_hash(token), now)
        refused = SignInError("this link was used already, or has expired", "ask for a new one")
        if used is None:
            raise refused
        person, next_path = used
        cookie = f"{SESSION_PREFIX}_{fresh_secret()}"
        self._store.add_session(
            Session(
                id=secret_hash(cookie),
                person=person,
                created_at=now,
                expires_at=now + SESSION_LASTS,
            )
        )
        if not self._shelf.is_here(person):  # last: nobody leaves unnoticed between the two
            self.leave(cookie)
            raise refused
        return cookie, person, safe_path(next_path)

    def person(self, cookie: str | None) -> str | None:
        """Return who is signed in by a cookie; None when nobody, or who has left the tables."""
        if not cookie or not cookie.startswith(f"{SESSION_PREFIX}_"):
            return None
        session = self._store.session(secret_hash(cookie), self._clock.now())
        return session.person if session and self._shelf.is_here(session.person) else None

    def leave(self, cookie: str | None) -> None:
        """End the session of a cookie, if there is one."""
        if cookie:
            self._store.end_session(secret_hash(cookie), self._clock.now())

    def csrf(self, cookie: str) -> str:
        """Return the form token of a session."""
        return self._signer.token("csrf", cookie)

    def csrf_ok(self, cookie: str, value: str) -> bool:
        """Whether a form token belongs to a session."""
        return self._signer.token_ok(value, "csrf", cookie)

    def make_key(self, agent: str, label: str, *, may: KeyUse = "decide") -> tuple[AgentKey, str]:
        """Return a new key for one agent, with its secret, which is shown this once and never kept.

        Args:
            agent: the agent.
            label: what the key is for, 1 to 100 characters.
            may: `decide`: it is the agent's own; `outcomes`: it reports outcomes, and nothing else.

        Raises:
            NotFoundError: there is no such agent.
            InputError: the label is empty or too long, or there is no such use.
        """
        self._shelf.newest(agent)
        if may not in get_args(KeyUse):
            raise InputError(f'may: there is no key for "{may}"', "decide, or outcomes")
        if not 0 < len(label.strip()) <= MAX_LABEL:
            raise InputError(
                f"label: expected 1 to {MAX_LABEL} characters", "say what the key is for"
            )
        secret = f"{KEY_PREFIX}_{fresh_secret()}"
        key = AgentKey(
            id=fresh_id(),
            agent=agent,
            label=label.strip(),
            secret_hash=secret_hash(secret),
            created_at=self._clock.now(),
            may=may,
        )
        self._store.add_agent_key(key)
        return key, f"{secret}.{key.id}"

    def agent(self, secret: str | None) -> str:
        """Return which agent a key speaks for, if it is the agent's own.

        Raises:
            SignInError: there is no such key, or it is revoked.
            AccessError: the key may only report outcomes.
        """
        key = self.key(secret)
        if key.may != "decide":
            raise AccessError(
                "this key may only report outcomes", "the agent's own key is needed for this"
            )
        return key.agent

    def key(self, secret: str | None) -> AgentKey:
        """Return the live key of a secret, whatever it may be used for.

        Raises:
            SignInError: there is no such key, or it is revoked.
        """
        refused = SignInError(
            "no valid agent key was shown",
            "send Authorization: Bearer KEY; `handraise key add` makes one",
        )
        if not secret or not secret.startswith(f"{KEY_PREFIX}_"):
            raise refused
        token, _, id = secret.rpartition(".")
        key = self._store.agent_key(id) if token else None
        if key is None or key.revoked_at is not None or key.secret_hash != secret_hash(token):
            raise refused
        self._store.agent_key_used(key.id, self._clock.now())
        return key

    def revoke_key(self, id: str) -> None:
        """Revoke a key at once.

        Raises:
            NotFoundError: there is no such key, or it is revoked already.
        """
        if not self._store.revoke_agent_key(id, self._clock.now()):
            raise NotFoundError(f"there is no live key {id}", "`handraise key list` shows them")

    def keys(self, agent: str | None = None) -> list[AgentKey]:
        """Return all keys, or those of one agent."""
        return self._store.agent_keys(agent)


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
