"""Senders: take a message to one contact. Each returns when the channel took it, or raises a `DeliveryError`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Protocol, TextIO

from handraise.channels.contacts import filled_in, service_url
from handraise.errors import FailedError, RefusedError
from handraise.model import Message


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
    """Sends through Apprise: mail, chat, telephone, more than a hundred services by URL."""

    def __init__(self, mail: str | None, env: Mapping[str, str] | None = None) -> None:
        """Keep the mail server's URL and the environment that contacts refer to."""
        self.mail = mail
        self.env = os.environ if env is None else env

    def send(self, message: Message, contact: str) -> None:
        """Return when the channel took it."""
        import apprise

        service = apprise.Apprise.instantiate(service_url(filled_in(contact, self.env), self.mail))
        if service is None:
            raise RefusedError("no channel understands the contact", "mend it in the table")
        # What Apprise logs may hold the URL's secrets, so it is kept from the logs and never repeated.
        quiet = logging.getLogger("apprise")
        level = quiet.level
        quiet.setLevel(logging.CRITICAL)
        try:
            taken = service.notify(
                title=message.subject,
                body=message.body,
                notify_type=apprise.NotifyType.INFO,
                body_format=apprise.NotifyFormat.TEXT,
            )
        except Exception as error:
            raise FailedError(f"the channel broke off ({type(error).__name__})") from error
        finally:
            quiet.setLevel(level)
        if not taken:
            raise FailedError(f"the channel {service.service_name or 'behind the contact'} did not take it")


class ConsoleSender:
    """Prints messages instead of sending them: for development and the demo."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Print to `stream`, by default standard error."""
        self.stream = stream

    def send(self, message: Message, contact: str) -> None:
        """Print the message with the contact it would have gone to."""
        stream = self.stream or sys.stderr
        rule = "-" * 72
        stream.write(f"{rule}\nTo: {contact}\nSubject: {message.subject}\n\n{message.body}\n{rule}\n")
        stream.flush()
