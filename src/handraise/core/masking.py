"""Secrets and personal numbers taken out of words that a program wrote, such as an error's.

It takes out what has the form of one, and rather too much than too little. INVARIANT: masking what
is masked changes nothing; the time it takes grows with the length of the text and not faster.
"""

from __future__ import annotations

import re

SECRET, MAIL, NUMBER = "[secret]", "[mail]", "[number]"

_NAMED = re.compile(
    r"(?i)\b([\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|authorization|"
    r"credentials?|cookie|session[_-]?id|private[_-]?key|signature|pin|cvv|cvc|ssn)[\w-]{0,20})"
    r"(['\"]?\s{0,3}[=:]\s{0,3})"
    r"(?!\[secret\])((?:bearer|basic)\s{1,3}\S{1,4000}|\"[^\"]{0,4000}\"?|'[^']{0,4000}'?|[^\s,;&)\]}]{1,4000})"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s{1,3})[\w.~+/=-]{6,4000}")
_USER = re.compile(r"(?<=://)[^\s/@]{1,300}@")
_MAIL = re.compile(r"[^\s@<>()\[\]\"',;:=]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,100}){0,9}")
_TOKEN = re.compile(r"[\w+/=-]{20,4000}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_DIGITS = re.compile(r"\+?\d(?:[ ./()-]{0,2}\d){6,40}")


def masked(text: str) -> str:
    """Return words without what has the form of a secret, a mail address or a long number.

    Example:
        >>> masked("no account 4111 1111 1111 1111 of dana@example.com, token=s3cr3t")
        'no account [number] of [mail], token=[secret]'
    """
    text = _NAMED.sub(rf"\1\2{SECRET}", text)
    text = _BEARER.sub(rf"\1\2{SECRET}", text)
    text = _USER.sub(f"{SECRET}@", text)
    text = _MAIL.sub(_mail, text)
    text = _TOKEN.sub(_token, text)
    text = _IBAN.sub(NUMBER, text)
    return _DIGITS.sub(NUMBER, text)


def _mail(found: re.Match[str]) -> str:
    """Return what stands for a mail address; what stands before a host is masked already."""
    return found.group() if found.group().startswith(SECRET) else MAIL


def _token(found: re.Match[str]) -> str:
    """Return what stands for a long word: one of letters and digits is a key, others are names."""
    word = found.group()
    has_both = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return SECRET if has_both else word
