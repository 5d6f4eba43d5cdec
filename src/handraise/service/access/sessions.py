"""Sessions of people: begun when somebody comes in, at an end after 12 hours.

INVARIANT: the store has only a hash of the cookie; who has left the tables is out at once; whoever
signs in gets a fresh cookie.
"""

from __future__ import annotations

from datetime import timedelta

from handraise.clock import Clock
from handraise.model import Session, SignInWay
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import fresh_secret, secret_hash
from handraise.store import Store

SESSION_LASTS = timedelta(hours=12)
SESSION_PREFIX = "hrs"


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

    def person(self, cookie: str | None) -> str | None:
        """Return who is signed in by a cookie; None when nobody, or who has left the tables."""
        found = self.session(cookie)
        return found.person if found else None

    def session(self, cookie: str | None) -> Session | None:
        """Return the live session of a cookie; None when there is none."""
        if not cookie or not cookie.startswith(f"{SESSION_PREFIX}_"):
            return None
        now = self._clock.now()
        session = self._store.session(secret_hash(cookie), now)
        return session if session and self._shelf.is_here(session.person) else None

    def leave(self, cookie: str | None) -> None:
        """End the session of a cookie, if there is one."""
        if cookie:
            self._store.end_session(secret_hash(cookie), self._clock.now())
