"""Why a channel did not take a message, without a word of its own."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from handraise.channels.causes import Listener, place

WORDS = {
    "Socket Exception: [Errno 111] Connection refused": "mail.example.com refused the connection",
    "HTTPConnectionPool(host='x'): Read timed out. /s3cret": "mail.example.com did not answer in time",
    "[Errno -2] Name or service not known": "the name mail.example.com is not known",
    "Max retries: Failed to resolve 'x' ([Errno -3] Temporary failure in name resolution)": (
        "the name mail.example.com is not known"
    ),
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed": (
        "mail.example.com shows a certificate that is not trusted"
    ),
    "[Errno 101] Network is unreachable": "mail.example.com cannot be reached",
    "(535, b'5.7.8 s3cret is wrong')": "mail.example.com refused the sign-in (535)",
    "(550, b'no such person s3cret')": "mail.example.com answered 550",
    "{'a@example.com': (554, b'no s3cret')}": "mail.example.com answered 554",
    "Failed to send JSON notification: Unauthorized, error=401.": "mail.example.com answered 401",
    "Connection unexpectedly closed": "mail.example.com broke off the connection",
    "[Errno 104] Connection reset by peer": "mail.example.com broke off the connection",
    "[SSL: WRONG_VERSION_NUMBER] wrong version number": (
        "mail.example.com does not speak TLS in that way"
    ),
    "STARTTLS extension not supported by server.": (
        "mail.example.com does not speak TLS in that way"
    ),
    "SMTP AUTH extension not supported by server.": "mail.example.com takes no sign-in",
    "something s3cret": "",
}


def heard(*lines: tuple[str, ...]) -> Listener:
    listener = Listener()
    for line, *values in lines:
        listener.hear(logging.LogRecord("x", logging.DEBUG, "", 0, line, tuple(values), None))
    return listener


@pytest.mark.parametrize(("words", "cause"), WORDS.items())
def test_only_what_is_known_is_told(words: str, cause: str):
    listener = heard(("%s", words), ("later",))

    assert listener.cause("mail.example.com") == cause
    assert "s3cret" not in listener.cause("")


def test_a_line_that_cannot_be_put_together_is_passed_over():
    listener = heard(("%d", "no number"), ("Connection refused",))

    assert listener.cause("it") == "it refused the connection"


@pytest.mark.parametrize(
    ("url", "service", "named"),
    [
        ("json://user:s3cret@h:8080/s3cret", {"host": "h", "port": 8080}, "h:8080"),
        ("mailtos://h", {"host": "h", "smtp_host": "m.h", "port": 587}, "m.h:587"),
        ("form://h", {"host": "h", "port": None}, "h"),
        ("slack://s3cret/token", {"host": "s3cret", "port": None}, "the service"),
        ("json://", {"host": None}, "the service"),
    ],
)
def test_a_place_is_named_where_it_is_no_secret(url: str, service: Any, named: str):
    assert place(url, SimpleNamespace(**service)) == named
