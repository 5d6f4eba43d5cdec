"""Sessions of people: begun when somebody comes in, at an end after 12 hours, or 2 without use.

INVARIANT: the store has only a hash of the cookie; who has left the tables is out at once; whoever
signs in gets a fresh cookie.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.table.form import shown
from handraise.errors import AccessError, NotFoundError
from handraise.model import Session, SignInWay
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import fresh_secret, secret_hash
from handraise.store import Store

SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(hours=2)
"""How long a session lives without being used."""

SESSION_PREFIX = "hrs"
NOTED_EVERY = timedelta(minutes=1)


class Sessions:
    """Who is signed in, and where."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what sessions need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def begin(self, person: str, *, way: SignInWay, device: str = "") -> str | None:
        """Return the cookie of a new session; None for whoever is on no table any more.

        Args:
            person: who came in; how they did must have been checked.
            way: how they came in.
            device: what on, in plain words (`device_words`).
        """
        now = self._clock.now()
        cookie = f"{SESSION_PREFIX}_{fresh_secret()}"
        self._store.add_session(
            Session(
                id=secret_hash(cookie),
                person=person,
                created_at=now,
                expires_at=now + SESSION_LASTS,
                way=way,
                device=device,
            )
        )
        if not self._shelf.is_here(person):  # last: nobody leaves unnoticed between the two
            self.leave(cookie)
            return None
        return cookie

    def peek(self, cookie: str | None) -> str | None:
        """Return who is signed in by a cookie, as `person` does, without noting that it is used.

        For what an open page does by itself: that nobody looks at it must end a session.
        """
        found = self._live(cookie)
        return found.person if found else None

    def person(self, cookie: str | None) -> str | None:
        """Return who is signed in by a cookie; None when nobody, or who has left the tables."""
        found = self.session(cookie)
        return found.person if found else None

    def session(self, cookie: str | None) -> Session | None:
        """Return the live session of a cookie, and note that it is used; None when there is none.

        It is noted to the minute: a busy page does not write at every request.
        """
        session = self._live(cookie)
        if session is None:
            return None
        now = self._clock.now()
        if session.seen_at is None or now - session.seen_at >= NOTED_EVERY:
            self._store.session_seen(session.id, now)
        return session

    def _live(self, cookie: str | None) -> Session | None:
        if not cookie or not cookie.startswith(f"{SESSION_PREFIX}_"):
            return None
        now = self._clock.now()
        session = self._store.session(secret_hash(cookie), now)
        if session is None or _is_idle(session, now) or not self._shelf.is_here(session.person):
            return None
        return session

    def leave(self, cookie: str | None) -> None:
        """End the session of a cookie, if there is one."""
        if cookie:
            self._store.end_session(secret_hash(cookie), self._clock.now())

    def all(self, person: str) -> list[Session]:
        """Return where a person is signed in now, newest first."""
        now = self._clock.now()
        return [one for one in self._store.sessions_of(person, now) if not _is_idle(one, now)]

    def end(self, person: str, session_id: str) -> None:
        """End one of a person's own sessions.

        Which device it is on is not known: one that takes push messages goes on taking them.

        Raises:
            NotFoundError: they have none of that id.
        """
        if not self._store.end_sessions(person, self._clock.now(), only=session_id):
            raise NotFoundError("there is no such session", "it may have ended already")

    def end_others(self, person: str, cookie: str, device: str = "") -> int:
        """End all sessions of a person but one, and tell their other devices no more.

        Args:
            person: whose.
            cookie: of the session that goes on.
            device: the id of the device that goes on being told; empty for none.

        Returns:
            How many sessions ended.
        """
        return self._store.end_other_sessions(
            person, self._clock.now(), but=secret_hash(cookie), device=device
        )

    def sign_out(self, person: str, by: str | None = None) -> int:
        """End all sessions of a person, and take away their unused links; return how many ended.

        Their devices are told nothing more.

        Args:
            person: whose.
            by: the owner who does it; None for the operator, on the command line.

        Raises:
            NotFoundError: there is no such person.
            AccessError: `by` owns no table on which the person stands.
        """
        agents = self._shelf.agents_of(person)
        if not agents:
            raise NotFoundError(f"there is no person {shown(person)}")
        if by is not None and not any(self._shelf.is_owner(by, agent) for agent in agents):
            raise AccessError(
                "only the owner of a table they stand on may sign somebody out",
                "ask the owner; your own sessions end on your own page",
            )
        return self._store.sign_out(person, self._clock.now())


def _is_idle(session: Session, now: datetime) -> bool:
    return now - (session.seen_at or session.created_at) >= IDLE_LASTS
