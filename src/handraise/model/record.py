"""The record: events in a chain of hashes, signed checkpoints, and what is found wrong with them.

Events and rows stand here as the database keeps them, instants and documents as text: a digest
commits to that text, and a value that somebody wrote past us need not even be readable.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class Head(Struct, frozen=True):
    """Where the chain ends.

    Attributes:
        seq: of the last event; 0 before the first.
        count: how many events there are in the chain.
        link: of the last event, hex.
    """

    seq: int
    count: int
    link: str


class ChainedEvent(Struct, frozen=True, kw_only=True):
    """An event with its place in the chain of hashes; see `handraise.core.record`.

    Attributes:
        seq: its number.
        at: when, as it is kept: `2026-11-22T19:50:10.123456Z`.
        kind: what happened.
        who: who did it.
        agent: the agent concerned.
        escalation_id: the escalation concerned, if any.
        ask_id: the ask concerned, if any.
        detail: canonical JSON; None once erased.
        salt: random, hex; None once the detail is erased.
        detail_digest: hex; commits to salt and detail.
        state_digest: hex; commits to salt and to the escalation as it stood after this event; None
            where the event is not the last of a move.
        link: hex; commits to all of this, and to the link before.
    """

    seq: int
    at: str
    kind: str
    who: str
    agent: str
    escalation_id: str | None = None
    ask_id: str | None = None
    detail: str | None = None
    salt: str | None = None
    detail_digest: str
    state_digest: str | None = None
    link: str


class SealedDecision(Struct, frozen=True, kw_only=True):
    """A decision's row with its seal, for checking.

    Attributes:
        id: of the decision.
        fields: its columns by name, but for those of its content and its seal.
        content: facts and proposal, as they are kept.
        salt: random, hex; None once the content is erased.
        content_digest: hex, kept in the row once the content is erased; None before.
        group: the id of the first decision that was sealed with it; None while it is not sealed.
        seal: hex; commits to all of this.
    """

    id: str
    fields: dict[str, Any]
    content: tuple[Any, ...]
    salt: str | None
    content_digest: str | None
    group: str | None
    seal: str | None


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A signed statement of how far the record of events went, and what it ended with.

    Attributes:
        day: the UTC day it closes, `2026-11-22`.
        seq: of the last event in it.
        count: how many events there were up to it.
        link: of the last event in it, hex.
        at: when it was signed.
        statement: compact JWS (Ed25519) of all this.
    """

    day: str
    seq: int
    count: int
    link: str
    at: datetime
    statement: str


class Flaw(Struct, frozen=True):
    """A place where the record is not what was written.

    Attributes:
        seq: of the event by which it was found; None where it was not found by an event.
        place: the row: `event 17`, `escalation 0199…`, `checkpoint 2026-11-22`, `decision 0199…`.
        what: one plain sentence.
    """

    seq: int | None
    place: str
    what: str
