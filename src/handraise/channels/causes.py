"""Why a channel did not take a message, as far as what it logged tells.

INVARIANT: of a channel's words only what is known here is told, never the words themselves: they
may hold the secrets of its URL. The place is named only where a host is no secret.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from typing import Any

HOSTED = frozenset(
    {"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms"},
)
"""The kinds of URL whose host is a host; with others a token may stand in its place."""

MAX_LINES = 100

KNOWN = (
    (re.compile(r"connection refused", re.IGNORECASE), "{place} refused the connection"),
    (re.compile(r"certificate.verify.failed", re.IGNORECASE), "{place} {untrusted}"),
    (re.compile(r"timed out", re.IGNORECASE), "{place} did not answer in time"),
    (
        re.compile(r"name or service not known|name resolution|getaddrinfo|nodename", re.I),
        "the name {place} is not known",
    ),
    (re.compile(r"unreachable|no route to host", re.IGNORECASE), "{place} cannot be reached"),
    (
        re.compile(r"unexpectedly closed|connection reset|broken pipe|remote end closed", re.I),
        "{place} broke off the connection",
    ),
    (
        re.compile(r"wrong.version.number|starttls extension not supported", re.IGNORECASE),
        "{place} does not speak TLS in that way",
    ),
    (re.compile(r"auth extension not supported", re.IGNORECASE), "{place} takes no sign-in"),
    (re.compile(r"\((53[045])\b"), "{place} refused the sign-in ({code})"),
    (re.compile(r"(?:\(|\berror=)([45]\d\d)\b"), "{place} answered {code}"),
)
"""What a channel logs, and what is told of it."""

UNTRUSTED = "shows a certificate that is not trusted"


class Listener:
    """Hears what is logged during one call."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.lines: deque[str] = deque(maxlen=MAX_LINES)

    def hear(self, record: logging.LogRecord) -> None:
        """Keep a line; one that cannot be put together is passed over."""
        try:
            line = record.getMessage()
        except Exception:  # noqa: BLE001 - a plug-in's line must not end the sending
            return
        self.lines.append(line)

    def cause(self, where: str) -> str:
        """Return what the lines tell of the cause; empty when that is nothing known."""
        for line in self.lines:
            for pattern, told in KNOWN:
                if found := pattern.search(line):
                    code = found.group(1) if pattern.groups else ""
                    return told.format(place=where, code=code, untrusted=UNTRUSTED)
        return ""


def place(url: str, service: Any) -> str:
    """Return the host and port of a service, where its URL's kind has a host."""
    host = getattr(service, "smtp_host", None) or getattr(service, "host", None)
    if url.partition(":")[0].lower() not in HOSTED or not host:
        return "the service"
    port = getattr(service, "port", None)
    return f"{host}:{port}" if port else str(host)
