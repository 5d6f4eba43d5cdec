"""Where a person is signed in, worded for their own page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.model import Session
from handraise.web.pages.views.words import Moment, Reader

WAYS = {"link": "by a link", "openid": "at {openid}", "passkey": "by a passkey"}


class SessionRow(Struct, frozen=True, kw_only=True):
    """One session.

    Attributes:
        id: which.
        device: what it is on.
        way: how it was begun.
        since: when.
        seen: when it was last used, to the minute; None for not yet.
        is_this: whether it is the one that reads this.
    """

    id: str
    device: str
    way: str
    since: Moment
    seen: Moment | None
    is_this: bool


def session_rows(
    sessions: Sequence[Session], own: str, reader: Reader, openid: str
) -> tuple[SessionRow, ...]:
    """Return a person's sessions, this one first.

    Args:
        sessions: those that live.
        own: the id of the one that reads.
        reader: who, and in which zone.
        openid: what people call the place where they sign in.
    """
    rows = [
        SessionRow(
            id=one.id,
            device=one.device or "a device that does not say what it is",
            way=WAYS[one.way].format(openid=openid or "your organisation"),
            since=reader.moment(one.created_at),
            seen=reader.moment(one.seen_at) if one.seen_at else None,
            is_this=one.id == own,
        )
        for one in sessions
    ]
    return tuple(sorted(rows, key=lambda row: not row.is_this))
