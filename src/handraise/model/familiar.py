"""What is kept of the familiar: which learned files a table names, and what people said of the new.

What is familiar itself, and how a decision is held against it, is `handraise.core.familiar`.
"""

from __future__ import annotations

from msgspec import Struct


class Learned(Struct, frozen=True, kw_only=True):
    """What a table says of the learned files it names; part of its version by the digest.

    Attributes:
        folder: where they are, relative to the table's folder.
        digest: of all their content, 64 hex digits.
        facts: the type of each fact that was learned: number, text or boolean.
        reads_text: whether the wording of requests was learned: a decision then needs a text.
        least_rate: the lowest false-alarm rate that its held-out rows can carry, in (0, 1].
    """

    folder: str
    digest: str
    facts: dict[str, str]
    reads_text: bool
    least_rate: float
