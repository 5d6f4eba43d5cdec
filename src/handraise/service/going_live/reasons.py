"""Reasons, as they are signed: on one line, and of something that can be read."""

from __future__ import annotations

FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their kind that show nothing."""


def reason_of(written: str) -> str:
    r"""Return a reason on one line; empty where nothing in it can be read.

    Args:
        written: as somebody wrote it.

    Example:
        >>> reason_of("no history\nyet ")
        'no history yet'
        >>> reason_of("\u200b ...")
        ''
    """
    words = " ".join(written.split())
    return words if any(one.isalnum() and one not in FILLERS for one in words) else ""
