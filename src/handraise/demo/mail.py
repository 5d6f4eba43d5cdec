"""The example people's mailboxes: where the operation's messages go instead of over the network."""

from __future__ import annotations

import re
import threading
from collections import deque

from handraise.errors import StillOpenError
from handraise.model import Message

LINK = re.compile(r"https?://\S+/enter/\S+")
ASKING = frozenset({"asked", "asked_again", "with_owner", "reminder"})


class Mailboxes:
    """A sender that keeps every message for its person; safe from any thread."""

    def __init__(self) -> None:
        """Begin with empty mailboxes."""
        self._arrived = threading.Condition()
        self._asks: deque[Message] = deque()
        self._links: dict[str, str] = {}
        self._shown: deque[Message] = deque()
        self.count = 0

    def send(self, message: Message, contact: str) -> None:
        """Put a message into its person's mailbox; every contact takes everything."""
        with self._arrived:
            self.count += 1
            if message.kind == "sign_in" and (found := LINK.search(message.body)):
                self._links[message.to] = found.group()
            if message.kind in ASKING:
                self._asks.append(message)
                self._shown.append(message)
            self._arrived.notify_all()

    def link_for(self, person: str, timeout_s: float) -> str:
        """Return the sign-in link that a person was sent, and take it out.

        Raises:
            StillOpenError: none came in time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: person in self._links, timeout_s):
                raise StillOpenError(f"no sign-in link reached {person} within {timeout_s:g} s")
            return self._links.pop(person)

    def next_ask(self, timeout_s: float) -> Message | None:
        """Return the oldest message that asks for an answer, or None when none comes in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: bool(self._asks), timeout_s)
            return self._asks.popleft() if self._asks else None

    def to_show(self) -> list[Message]:
        """Return the messages that came since this was asked before."""
        with self._arrived:
            found = list(self._shown)
            self._shown.clear()
            return found
