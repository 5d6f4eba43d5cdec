"""What the record of events says last of an agent's go-live records: signed, withdrawn or ended.

A record is kept in one transaction with its event. INVARIANT: a record of which the newest such
event says something else lets nothing go ahead, though it is signed: it is one from before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handraise.model import Event, ReadyRecord
from handraise.service.going_live.standing import Hold

SIGNED = "ready"
WITHDRAWN = "withdrawn"
ENDED = "ended"
SIGN_AGAIN = "`handraise ready` signs again"


def event_of(record: ReadyRecord, kind: str, more: Mapping[str, str]) -> Event:
    """Return the event that says that a record was written.

    Args:
        record: at whose instant it happened.
        kind: `ready` or `withdrawn`.
        more: what else it says.
    """
    detail = {"version": record.version, **more}
    return Event(at=record.at, kind=kind, who=record.by, agent=record.agent, detail=detail)


def end_of(hold: Hold, now: datetime) -> Event:
    """Return the event that says that a record has ended: from then on it never holds again.

    Args:
        hold: how it stands.
        now: aware UTC.
    """
    record = hold.record
    detail = {
        "version": record.version,
        "signed_at": record.at.isoformat(),
        "why": hold.ended,
    }
    return Event(at=now, kind=ENDED, who="handraise", agent=record.agent, detail=detail)


def contradiction(record: ReadyRecord, said: Event | None) -> str:
    """Return why a record cannot be the one in force, by what is said last; empty where it can.

    Args:
        record: the agent's newest, whose signature was checked.
        said: the last event about the agent's go-live records; None for none.
    """
    if said is None:
        return f"the record of events knows of no signature for its version: {SIGN_AGAIN}"
    if said.kind == ENDED:
        ended = (said.detail.get("version"), said.detail.get("signed_at"))
        if ended == (record.version, record.at.isoformat()):
            return str(said.detail.get("why", "")) or "its go-live record ended"
    elif said.kind == WITHDRAWN:
        return f"its go-live record was withdrawn by {said.who} on {said.at:%Y-%m-%d %H:%M} UTC"
    elif (said.detail.get("version"), said.at) == (record.version, record.at):
        return ""
    return (
        f"its go-live record is not the last that was written (that is of {said.at:%Y-%m-%d %H:%M}"
        f" UTC), so it was put there past Handraise: {SIGN_AGAIN}"
    )
