"""What speaks for a change of a table, before anybody is told of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

AdviceKind = Literal["threshold", "silent_row", "type"]


class Found(Struct, frozen=True, kw_only=True):
    """One thing that what was seen speaks for.

    Attributes:
        kind: what kind of advice it is.
        subject: the row or type it is about.
        sentence: what is advised and why, one plain sentence.
        lines: the evidence, a line each.
        evidence: how many decisions, answers or rows speak for it.
        change: what the table would say then, as a unified diff; empty where nothing is proposed.
    """

    kind: AdviceKind
    subject: str
    sentence: str
    lines: tuple[str, ...]
    evidence: int
    change: str = ""
