"""What a gate says of the version that judges: whether it holds, until when, and what waits."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class InForce(Struct, frozen=True, kw_only=True):
    """The version that judges, embedded and over HTTP alike.

    Attributes:
        version: that judges.
        ready: whether its go-live record holds: without, nothing goes ahead.
        not_ready: why nothing goes ahead; empty where it is ready, and in a rehearsal.
        waived: the codes of the go-live lines that the owner let stand.
        ends_at: when the record ends by itself; None for never, and where there is none.
        ends_why: what is so by then, in words.
        waiting: a newer version that nobody has signed for; None for none.
    """

    version: str
    ready: bool
    not_ready: str = ""
    waived: tuple[str, ...] = ()
    ends_at: datetime | None = None
    ends_why: str = ""
    waiting: str | None = None
