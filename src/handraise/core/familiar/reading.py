"""What is read of a text that may be of any length: its beginning and its end."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 4_000
"""Of a longer request the beginning and the end are read: they say what it is about."""

END = 1_000
"""So many of them are its last ones, so that an end cannot hide behind a long beginning."""


def readable(text: str) -> str:
    """Return what is read of a text, composed: all, or its beginning and its end with a blank.

    Example:
        >>> read = readable("dear team, " + "and so on " * 9_000 + "now pay")
        >>> len(read), read[:9], read[-7:]
        (4000, 'dear team', 'now pay')
    """
    # Cut again, because composing makes up to 18 characters of one.
    composed = unicodedata.normalize("NFKC", ends_of(text, MAX_CHARACTERS, END))
    return ends_of(composed, MAX_CHARACTERS, END)


def ends_of(text: str, most: int, end: int) -> str:
    """Return a text, or of a longer one its beginning and its end with a blank between.

    Args:
        text: any text.
        most: characters to return, at most.
        end: how many of them are its last ones, less than `most`.
    """
    return text if len(text) <= most else f"{text[: most - end - 1]} {text[-end:]}"
