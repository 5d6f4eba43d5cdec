"""The example people's mailboxes: where the operation's messages go instead of over the network."""

from __future__ import annotations

import re
import threading
from collections import deque

from handraise.core.messages import BUNDLE
from handraise.errors import StillOpenError
from handraise.model import Message

LINK = re.compile(r"https?://\S+/(?:enter|verify)/\S+")


class Mailboxes:
    """A sender that keeps every message for its person; safe from any thread."""

    def __init__(self) -> None:
        """Begin with empty mailboxes."""
        self._arrived = threading.Condition()
        self._called: set[str] = set()
        self._links: dict[tuple[str, str], str] = {}
        self._shown: deque[Message] = deque()
        self.calls = 0

    def send(self, message: Message, contact: str) -> None:
        """Put a message into its person's mailbox; every contact takes everything."""
        with self._arrived:
            if message.kind in {"sign_in", "verify"} and (found := LINK.search(message.body)):
                self._links[message.to, message.kind] = found.group()
            # What is needed only for a while asks somebody for something.
            if message.only_while is not None or message.kind == BUNDLE:
                self.calls += 1
                self._called.add(message.to)
                self._shown.append(message)
            self._arrived.notify_all()

    def link_for(self, person: str, kind: str, timeout_s: float) -> str:
        """Return the link that a person was sent, and take it out.

        Args:
            person: whose mailbox.
            kind: of the message: `verify` or `sign_in`.
            timeout_s: how long to wait for it.

        Raises:
            StillOpenError: none came in time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: (person, kind) in self._links, timeout_s):
                raise StillOpenError(f"no {kind} link reached {person} within {timeout_s:g} s")
            return self._links.pop((person, kind))

    def called(self) -> set[str]:
        """Return who was sent a question since this was asked before; empty for nobody."""
        with self._arrived:
            found = set(self._called)
            self._called.clear()
            return found

    def to_show(self) -> list[Message]:
        """Return the questions that came since this was asked before."""
        with self._arrived:
            found = list(self._shown)
            self._shown.clear()
            return found
