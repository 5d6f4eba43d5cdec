"""What the novelty condition asks of what was learned. Needs nothing but the standard library.

INVARIANT: what cannot be looked at is an error, never a number: the condition then holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from handraise.model import Learned

__all__ = ["Asked", "CannotLookError", "Check", "Familiar", "Learned", "Unusual"]

Check = Literal["wording", "type", "letters", "length", "missing", "value", "number", "combination"]
"""What a decision can be unusual in."""


class CannotLookError(Exception):
    """Why a decision cannot be held against what was learned, in words for people."""


class Asked(Struct, frozen=True, gc=False):
    """What of a decision is held against what was learned.

    Attributes:
        text: the request in the customer's own words; None where there is none.
        type: the situation type; None where there is none.
        facts: the value of each fact that can be used; the others are not in it.
    """

    text: str | None
    type: str | None
    facts: Mapping[str, Any]


class Unusual(Struct, frozen=True, kw_only=True):
    """One thing in which a decision is unlike what was learned.

    Attributes:
        check: what was looked at.
        fact: the fact, for checks of one; empty for the text and for combinations.
        p: the share of familiar decisions that are at least as unusual in it, in (0, 1].
        observed: what was seen, as plain text.
        familiar: what is familiar, as plain text.
        sentence: one plain sentence for the person.
    """

    check: Check
    fact: str
    p: float
    observed: str
    familiar: str
    sentence: str


class Familiar(Protocol):
    """What was learned, ready to be asked; safe to use from several threads."""

    @property
    def digest(self) -> str:
        """The digest of the learned files."""
        ...

    def p_value(self, asked: Asked) -> float:
        """Return the share of familiar decisions at least as unusual as this one, in (0, 1].

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        ...

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        """Return what is unusual about a decision, the most unusual first; at least one thing.

        Args:
            asked: what is judged.
            rate: the false-alarm rate it is held against.

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        ...
