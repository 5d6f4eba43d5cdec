"""What is known of the people on the tables beside the tables themselves: here, reachable, willing.

Instants are aware UTC datetimes; durations are seconds and say so in the name (`_s`). A person is
an id that is the same in every table of one store.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from handraise.model.words import Urgency


class Absence(Struct, frozen=True, kw_only=True):
    """That a person is away: nothing is put to them meanwhile.

    Attributes:
        id: UUIDv7.
        person: who is away.
        starts_at: from when.
        ends_at: until when, exclusive; None until they are back.
        note: for the others, e.g. `holiday`; may be empty.
        by: who said so.
        set_at: when it was said.
        ended_at: when they were back earlier than said, or it was taken back; None otherwise.
    """

    id: str
    person: str
    starts_at: datetime
    ends_at: datetime | None = None
    note: str = ""
    by: str
    set_at: datetime
    ended_at: datetime | None = None


class Departure(Struct, frozen=True, kw_only=True):
    """That a person has left: deactivated in every table, until activated again.

    Attributes:
        id: UUIDv7.
        person: who left.
        by: who said so.
        at: when.
        reason: why; may be empty.
        ended_at: when they were activated again; None while they are gone.
    """

    id: str
    person: str
    by: str
    at: datetime
    reason: str = ""
    ended_at: datetime | None = None


class ContactRecord(Struct, frozen=True, kw_only=True):
    """What is known of one contact of a person.

    Attributes:
        person: whose.
        contact: as it stands in the table, environment not filled in.
        asked_at: when a message with a code last went out through it; None before the first.
        code_hash: SHA-256 of that code, hex; None when there is none to be used.
        verified_at: when somebody used a code that came through it; None: it does not count.
        failed_at: when it last could not take a message; None when it works.
        error: what it said then.
    """

    person: str
    contact: str
    asked_at: datetime | None = None
    code_hash: str | None = None
    verified_at: datetime | None = None
    failed_at: datetime | None = None
    error: str | None = None


class ContactStep(Struct, frozen=True):
    """A step of a contact plan: which contact, and how long after the step before.

    Attributes:
        contact: as it stands in the table.
        after_s: seconds after the step before; 0 for at once.
    """

    contact: str
    after_s: float = 0.0


class ContactPlan(Struct, frozen=True, kw_only=True):
    """Through which contacts a person wants to hear of asks of one urgency, and when of the next.

    Attributes:
        person: whose.
        urgency: for asks of which urgency.
        steps: at least one; each after the first is taken only while nobody has acknowledged.
        at: when it was chosen.
    """

    person: str
    urgency: Urgency
    steps: tuple[ContactStep, ...]
    at: datetime


class DutyRecord(Struct, frozen=True, kw_only=True):
    """A person's answer to their duty; by its digest, it holds for each version that says the same.

    Attributes:
        agent: whose table.
        person: who.
        digest: of the duty in words; see `handraise.core.duty.duties`.
        version: the version of the table by which they were asked.
        lines: the duty as they were shown it.
        state: asked, accepted or declined.
        asked_at: when they were asked.
        answered_at: when they answered.
        note: their words; may be empty.
    """

    agent: str
    person: str
    digest: str
    version: str
    lines: tuple[str, ...]
    state: Literal["asked", "accepted", "declined"] = "asked"
    asked_at: datetime
    answered_at: datetime | None = None
    note: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """How a person stands by what is kept of them, whatever the tables say.

    Attributes:
        away: whether they are away.
        away_until: until when; None when that is not known, or they are here.
        gone: whether they have left.
        verified: their contacts that are verified, also those that stand in no table any more.
        declined: (agent, digest) of each duty they have declined, also of older versions.
    """

    away: bool = False
    away_until: datetime | None = None
    gone: bool = False
    verified: frozenset[str] = frozenset()
    declined: frozenset[tuple[str, str]] = frozenset()


class DrillRecord(Struct, frozen=True, kw_only=True):
    """A marked rehearsal that went through the real channel to the real person.

    Attributes:
        id: UUIDv7.
        agent: whose table.
        version: of the table.
        route: which route was tried.
        person: to whom it went first.
        escalation_id: the rehearsed escalation.
        by: who started it.
        started_at: when.
        told_at: when the channel took the first message; None before.
        acknowledged_at: when it was acknowledged; None before.
        answered_at: when it was answered; None before.
        answered_by: by whom.
        outcome: `open`; `answered` by the person it went to; `moved` (somebody else answered);
            `failed` (nobody answered, or no channel took it).
    """

    id: str
    agent: str
    version: str
    route: str
    person: str
    escalation_id: str
    by: str
    started_at: datetime
    told_at: datetime | None = None
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    outcome: Literal["open", "answered", "moved", "failed"] = "open"


class CalendarRecord(Struct, frozen=True, kw_only=True):
    """An on-call calendar as it was last read, so that every process of a store knows it.

    Attributes:
        agent: whose table names it.
        file: as the table names it.
        text: the iCalendar text.
        digest: SHA-256 of the text, hex.
        read_at: when it was read.
    """

    agent: str
    file: str
    text: str
    digest: str
    read_at: datetime
