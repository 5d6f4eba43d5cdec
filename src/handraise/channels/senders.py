"""Senders: take a message to one contact.

INVARIANT: each returns when the channel took the message, and raises a `DeliveryError` in every
other case. What a channel says may hold the secrets of its URL: it is neither logged nor
repeated; only a known cause is told (`causes.py`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TextIO

from handraise.channels.causes import Listener, place
from handraise.channels.contacts import contact_name, filled_in, mail_address, service_url
from handraise.errors import DeliveryError, FailedError, RefusedError
from handraise.model import Message

TALKATIVE = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")
"""The loggers that would repeat a URL while a message goes out."""

HEARS = 8
"""Causes are logged for debugging only: a logger without a level gets this one, known as ours."""


WITHIN_S = 20.0
"""What a channel has not taken by then counts as failed; it may still be at it."""


class Sender(Protocol):
    """Takes a message to one contact."""

    def send(self, message: Message, contact: str) -> None:
        """Return when the channel took it.

        Raises:
            RefusedError: trying again cannot help.
            FailedError: try again later.
        """
        ...


class AppriseSender:
    """Sends through Apprise: mail, chat, telephone, more than a hundred services by URL.

    Each message in a thread that keeps nobody: neither the post beyond `within_s`, nor the process
    from ending. INVARIANT: at most one that is too late is at work for each contact.
    """

    def __init__(
        self,
        mail: str | None,
        env: Mapping[str, str] | None = None,
        *,
        within_s: float = WITHIN_S,
    ) -> None:
        """Keep the mail server's URL, the environment contacts refer to, and how long to wait."""
        self.mail = mail
        self.env = os.environ if env is None else env
        self._within_s = within_s
        self._late: dict[str, threading.Thread] = {}

    def send(self, message: Message, contact: str) -> None:
        """Return when the channel took it."""
        earlier = self._late.get(contact)
        if earlier is not None and earlier.is_alive():
            raise FailedError("the channel is still busy with an earlier message")
        outcome: list[DeliveryError | None] = []
        sending = threading.Thread(
            target=lambda: outcome.append(self._trouble(message, contact)),
            name="handraise-channel",
            daemon=True,
        )
        sending.start()
        sending.join(self._within_s)
        if not outcome:
            self._late[contact] = sending
            raise FailedError(f"the channel did not take it within {self._within_s:g} seconds")
        self._late.pop(contact, None)
        if outcome[0] is not None:
            raise outcome[0]

    def _trouble(self, message: Message, contact: str) -> DeliveryError | None:
        """Return None when the channel took it, or else what is to be told of it."""
        try:
            listener = Listener()
            with _heard_by(listener):
                trouble = self._sent(message, contact, listener)
        except DeliveryError as error:
            return error
        except BaseException as error:  # noqa: BLE001 - whatever a plug-in does, the post must go on
            return FailedError(f"the channel broke off ({type(error).__name__})")
        return None if trouble is None else FailedError(trouble)

    def _sent(self, message: Message, contact: str, listener: Listener) -> str | None:
        """Return None when the channel took it, or which did not, and why as far as is known."""
        import apprise

        url = service_url(filled_in(contact, self.env), self.mail)
        # In this thread: in another one nobody would hear what is logged, and keep it to himself.
        # With a limit of its own it would send from a pool that a few hanging channels fill, and
        # that Python waits for at its end.
        asset = apprise.AppriseAsset(async_mode=False, service_timeout=0)
        service: Any = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            raise RefusedError("no channel understands the contact", "mend it in the table")
        if mail_address(contact) is None:
            # A long text goes out in parts rather than cut or refused; a mail may be of any length.
            service.overflow_mode = apprise.OverflowMode.SPLIT
        # Through the collection, which turns text into what the service shows as the same text.
        services = apprise.Apprise(asset=asset)
        services.add(service)
        taken = services.notify(
            title=_one_line(message.subject),
            body=message.body,
            notify_type=apprise.NotifyType.INFO,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if taken:
            return None
        name = service.service_name or "behind the contact"
        cause = listener.cause(place(url, service))
        return f"the channel {name} did not take it" + (f": {cause}" if cause else "")


_listening: ContextVar[Listener | None] = ContextVar("handraise_sending", default=None)


def _is_for_others(record: logging.LogRecord) -> bool:
    """Whether a record may go on: not while sending, and only what was logged before we came."""
    listener = _listening.get()
    if listener is not None:
        listener.hear(record)
        return False
    logger = logging.getLogger(record.name)
    if logger.level != HEARS or logger.parent is None:
        return True
    return record.levelno >= logger.parent.getEffectiveLevel()


@contextmanager
def _heard_by(listener: Listener) -> Iterator[None]:
    """Let the listener alone hear what is logged inside the block, in this thread."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        # The same filter again is not added twice.
        logger.addFilter(_is_for_others)
        if logger.level == logging.NOTSET:
            logger.setLevel(HEARS)
    token = _listening.set(listener)
    try:
        yield
    finally:
        _listening.reset(token)


class ConsoleSender:
    """Prints messages instead of sending them: for development and the demo."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Print to `stream`, by default standard error."""
        self.stream = stream

    def send(self, message: Message, contact: str) -> None:
        """Print the message with the mail address it would have gone to; of a URL only the kind."""
        stream = self.stream or sys.stderr
        is_mail = mail_address(contact) is not None
        to = contact if is_mail else contact_name(contact)
        rule = "-" * 72
        subject = _one_line(message.subject)
        try:
            stream.write(f"{rule}\nTo: {to}\nSubject: {subject}\n\n{message.body}\n{rule}\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise FailedError(f"the console cannot be written ({type(error).__name__})") from None


def _one_line(subject: str) -> str:
    """Return a subject that cannot begin another header."""
    return " ".join("".join(one if _may_stand(one) else " " for one in subject).split())


def _may_stand(one: str) -> bool:
    """Whether a sign may stand in a subject: those that set a value's direction apart may too."""
    return one.isprintable() or one in "\u2068\u2069"
