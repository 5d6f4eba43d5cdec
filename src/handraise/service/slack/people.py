"""Who somebody in Slack is here: whose verified contact they are, and nobody else's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from handraise.channels.contacts import filled_in, slack_user
from handraise.core.table.types import Person
from handraise.errors import AccessError, RefusedError
from handraise.service.reading.shelf import Shelf
from handraise.store import Store


class SlackPeople:
    """Tells people by their Slack user ids."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        *,
        rehearsal: bool,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what tells them.

        Args:
            store: which knows the verified contacts.
            shelf: the tables, which name the contacts.
            rehearsal: whether all of this is practice, where every contact counts as verified.
            env: the environment that contacts refer to; None for the process's own.
        """
        self._store = store
        self._shelf = shelf
        self._rehearsal = rehearsal
        self._env = os.environ if env is None else env

    def person(self, user: str) -> str:
        """Return the person whose verified contact a Slack user is.

        Args:
            user: their id in Slack.

        Raises:
            AccessError: they are nobody's, nobody's verified, or more than one person's.
        """
        found = list(self._found(user)) if user else []
        if len(found) == 1 and self._shelf.is_here(found[0]):
            return found[0]
        if len(found) > 1:
            raise AccessError(
                "several people have this Slack account as their contact",
                "each needs one of their own in the table",
            )
        raise AccessError(
            "this Slack account is nobody's verified contact",
            "have it written into the table as slack-app://ID, then use the code that comes",
        )

    def names(self) -> Mapping[str, Person]:
        """Return everybody on the tables, by id."""
        return self._shelf.people()

    def _found(self, user: str) -> Iterator[str]:
        for id, person in self._shelf.people().items():
            mine = [one for one in person.contacts if self._user_of(one) == user]
            if not mine:
                continue
            verified = {
                one.contact
                for one in self._store.contact_records(id)
                if one.verified_at is not None
            }
            if self._rehearsal or verified.intersection(mine):
                yield id

    def _user_of(self, contact: str) -> str | None:
        try:
            return slack_user(filled_in(contact, self._env))
        except RefusedError:
            return None
