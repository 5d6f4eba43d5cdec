"""Credentials: one-time links and sessions for people, keys for agents. Neither is ever taken for the other."""

from __future__ import annotations

from datetime import timedelta

from handraise.channels.contacts import MAILTO
from handraise.clock import Clock
from handraise.core.table.types import Person
from handraise.errors import InputError, NotFoundError, SignInError
from handraise.model import AgentKey, Message, Session
from handraise.service.secrets import Signer, fresh_secret, secret_hash
from handraise.service.shelf import Shelf
from handraise.service.wording import fresh_id
from handraise.store import Store

LINK_LASTS = timedelta(minutes=30)
SESSION_LASTS = timedelta(hours=12)
LINKS_AN_HOUR = 5
KEY_PREFIX = "hrk"
SESSION_PREFIX = "hrs"
MAX_LABEL = 100


class Door:
    """Lets people and agents in."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, base_url: str) -> None:
        """Keep what the door needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._base_url = base_url

    def request_link(self, who: str, next_path: str = "/", *, address: str = "") -> None:
        """Send a one-time link to a person, if there is such a person; says nothing either way.

        Args:
            who: a person's id, or one of their mail addresses.
            next_path: where the link leads; only a path of these pages, otherwise the inbox.
            address: where the request came from, for the message.
        """
        person = self._find(who)
        if person is None:
            return
        now = self._clock.now()
        if self._store.recent_sign_in_tokens(person.id, now - timedelta(hours=1)) >= LINKS_AN_HOUR:
            return
        link = self.link(person.id, next_path)
        came = f" (asked for from {address})" if address else ""
        body = "\n".join(
            [
                f"Hello {person.name},",
                "",
                f"this link signs you in to Handraise{came}. It works once, for {int(LINK_LASTS.total_seconds() // 60)} minutes:",
                f"  {link}",
                "",
                "If you did not ask for it, you need not do anything.",
            ]
        )
        agent = sorted(self._shelf.agents_of(person.id))[0]
        message = Message(
            id=fresh_id(),
            kind="sign_in",
            agent=agent,
            to=person.id,
            contacts=person.contacts,
            subject="Your link to Handraise",
            body=body,
            created_at=now,
            next_at=now,
        )
        self._store.add_messages([message])

    def link(self, person: str, next_path: str = "/") -> str:
        """Return a fresh one-time link for a person: for the operator's own hands, e.g. the console.

        Raises:
            NotFoundError: there is no such person.
        """
        if self._shelf.person(person) is None:
            raise NotFoundError(f'there is no person "{person}"')
        token = fresh_secret()
        expires = self._clock.now() + LINK_LASTS
        self._store.add_sign_in_token(secret_hash(token), person, expires, safe_path(next_path))
        return f"{self._base_url}/enter/{token}"

    def _find(self, who: str) -> Person | None:
        wanted = who.strip()
        for id, person in self._shelf.people().items():
            addresses = [found.group("address").lower() for contact in person.contacts if (found := MAILTO.fullmatch(contact))]
            if wanted == id or wanted.lower() in addresses:
                return person
        return None

    def peek(self, token: str) -> tuple[str, str] | None:
        """Return whom a link is for and where it leads, without using it; None when it is no good."""
        return self._store.peek_sign_in_token(secret_hash(token), self._clock.now())

    def enter(self, token: str) -> tuple[str, str, str]:
        """Use a link once; return the session's cookie, the person and where to go.

        Raises:
            SignInError: it was used, has expired or never was; ask for a new one.
        """
        now = self._clock.now()
        used = self._store.use_sign_in_token(secret_hash(token), now)
        if used is None or self._shelf.person(used[0]) is None:
            raise SignInError("this link was used already, or has expired", "ask for a new one")
        person, next_path = used
        cookie = f"{SESSION_PREFIX}_{fresh_secret()}"
        self._store.add_session(Session(id=secret_hash(cookie), person=person, created_at=now, expires_at=now + SESSION_LASTS))
        return cookie, person, safe_path(next_path)

    def person(self, cookie: str | None) -> str | None:
        """Return who is signed in by a cookie; None when nobody, or when they have left the tables."""
        if not cookie or not cookie.startswith(f"{SESSION_PREFIX}_"):
            return None
        session = self._store.session(secret_hash(cookie), self._clock.now())
        return session.person if session and self._shelf.person(session.person) else None

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

    def make_key(self, agent: str, label: str) -> tuple[AgentKey, str]:
        """Return a new key for one agent, with its secret, which is shown this once and never kept.

        Raises:
            NotFoundError: there is no such agent.
            InputError: the label is empty or too long.
        """
        self._shelf.newest(agent)
        if not 0 < len(label.strip()) <= MAX_LABEL:
            raise InputError(f"label: expected 1 to {MAX_LABEL} characters", "say what the key is for")
        secret = f"{KEY_PREFIX}_{fresh_secret()}"
        key = AgentKey(id=fresh_id(), agent=agent, label=label.strip(), secret_hash=secret_hash(secret), created_at=self._clock.now())
        key_secret = f"{secret}.{key.id}"
        self._store.add_agent_key(key)
        return key, key_secret

    def agent(self, secret: str | None) -> str:
        """Return which agent a key speaks for.

        Raises:
            SignInError: there is no such key, or it is revoked.
        """
        refused = SignInError("no valid agent key was shown", "send Authorization: Bearer KEY; `handraise key add` makes one")
        if not secret or not secret.startswith(f"{KEY_PREFIX}_"):
            raise refused
        token, _, id = secret.rpartition(".")
        key = self._store.agent_key(id) if token else None
        if key is None or key.revoked_at is not None or key.secret_hash != secret_hash(token):
            raise refused
        self._store.agent_key_used(key.id, self._clock.now())
        return key.agent

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


def safe_path(path: str) -> str:
    """Return a path of these pages; anything that leads elsewhere becomes the inbox."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain and len(path) <= 500 else "/"
