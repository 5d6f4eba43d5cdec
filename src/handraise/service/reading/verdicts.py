"""How people and programs write whether something was right, and that nobody knows."""

from __future__ import annotations

MISSING = frozenset(("", "null", "none", "nan", "na", "n/a"))
"""What a cell holds where nobody knows, in small letters."""

IS_RIGHT = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "right", "correct"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "wrong", "incorrect"), False),
}
"""What says right and what says wrong, in small letters; nothing else is taken for either."""

EXPECTED = (
    "true or false, 1 or 0, yes or no, right or wrong, correct or incorrect; "
    "empty where nobody knows"
)
"""The words for people who wrote something else."""


def is_right(cell: str | None) -> bool | None:
    """Return what a cell says; None where it says neither.

    Example:
        >>> is_right(" Yes "), is_right("wrong"), is_right("perhaps"), is_right(None)
        (True, False, None, None)
    """
    return IS_RIGHT.get((cell or "").strip().casefold())


def is_missing(cell: str | None) -> bool:
    """Whether a cell says that nobody knows.

    Example:
        >>> is_missing(None), is_missing(" N/A "), is_missing("no")
        (True, True, False)
    """
    return (cell or "").strip().casefold() in MISSING
