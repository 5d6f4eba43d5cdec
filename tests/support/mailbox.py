"""A real SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import queue
import socket
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    """Return a port of this machine that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mailbox:
    """Receives mail; `next()` waits for one."""

    def __init__(self) -> None:
        """Start listening on a free port."""
        self._received: queue.Queue[EmailMessage] = queue.Queue()
        self.port = free_port()
        self.open()

    def open(self) -> None:
        """Listen, at first or again."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    @property
    def url(self) -> str:
        """The setting `HANDRAISE_MAIL` that sends here."""
        return f"mailto://127.0.0.1:{self.port}?from=handraise@example.com&mode=insecure"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail."""
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self._received.put(parsed)  # type: ignore[arg-type]
        return "250 taken"

    def next(self, timeout_s: float = 30.0) -> EmailMessage:
        """Return the next mail."""
        return self._received.get(timeout=timeout_s)

    def all(self) -> list[EmailMessage]:
        """Return what has come so far and was not looked at yet."""
        return [self._received.get() for _ in range(self._received.qsize())]

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()


def words_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(preferencelist=("plain", "html"))
    assert body is not None
    text: str = body.get_content()
    return text
