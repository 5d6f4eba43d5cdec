"""Tells owners that a go-live record ends: a week before, two days before, and when it has ended.

Who can be reached no more while others remain ends nothing, and is told, too.

INVARIANT: the owner is told of each once, however many workers there are: what is noted as told is
kept in one transaction with the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.table.types import Person, Table
from handraise.model import Message
from handraise.service.going_live.readiness import Readiness
from handraise.service.going_live.standing import Hold
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import alarm, fresh_id, local
from handraise.store import Store

EVERY = timedelta(minutes=1)
"""How often it is looked at."""

AHEAD = (timedelta(days=2), timedelta(days=7))
"""How long before its end an owner is told, the shortest first."""

KEPT_S = 10 * 365 * 24 * 3600.0
"""How long it is known that something was told."""

ENDED = "ended"


class Lapses:
    """Looks at what is in force, and tells the owners what ends."""

    def __init__(self, store: Store, shelf: Shelf, readiness: Readiness, clock: Clock) -> None:
        """Keep what looking and telling need."""
        self._store = store
        self._shelf = shelf
        self._readiness = readiness
        self._clock = clock

    def look(self) -> int:
        """Tell each owner what they were not told yet; return how many messages that takes.

        Every agent is looked at, whatever breaks at another.

        Raises:
            StoreError: the store cannot be reached; it is told the next time.
        """
        count, failed = 0, None
        for agent in self._shelf.agents():
            try:
                count += self._look_at(agent)
            except Exception as error:  # noqa: BLE001 - raised once the others are looked at
                failed = failed or error
        if failed is not None:
            raise failed
        return count

    def _look_at(self, agent: str) -> int:
        now = self._clock.now()
        if self._store.ready_is_damaged(agent):
            return self._tell_damage(agent, now)
        hold = self._readiness.hold(agent)
        if hold is None:
            return 0
        return self._tell_unreachable(hold, now) + self._tell_end(hold, now)

    def _tell_end(self, hold: Hold, now: datetime) -> bool:
        stage = _stage(hold, now)
        if stage is None:
            return False
        agent = hold.record.agent
        self._readiness.note_end(hold)
        table = self._shelf.current(agent)
        message = _message(table, hold, now)
        # The end is part of the name: one that moves nearer is news.
        end = stage if hold.ends_at is None else f"{hold.ends_at.isoformat()} {stage}"
        return self._told_once(f"{_named(hold)} ends {end}", message, now)

    def _tell_unreachable(self, hold: Hold, now: datetime) -> int:
        """Tell an owner once of each who can be reached no more; return of how many."""
        if hold.ended:
            return 0  # told with the end
        table = self._shelf.current(hold.record.agent)
        return sum(
            self._told_once(
                f"{_named(hold)} unreachable {person}", _unreachable(table, hold, person, now), now
            )
            for person in hold.unreachable
        )

    def _told_once(self, name: str, message: Message, now: datetime) -> bool:
        return self._store.acquire_lease(name, fresh_id(), now, KEPT_S, messages=[message])

    def _tell_damage(self, agent: str, now: datetime) -> bool:
        """Tell an owner once that their agent's newest go-live record cannot be read."""
        table = self._shelf.current(agent)
        _, said = self._store.ready_and_said(agent)
        since = "" if said is None else said.at.isoformat()
        lines = (
            f"The newest go-live record of {agent} in the database cannot be read: its row is"
            " damaged. The agent stops at every decision, and asks people.",
            f"`handraise ready --as {table.owner}` signs again; `handraise log verify` says what"
            " else was changed.",
        )
        subject = f"{agent} has stopped: its go-live record is damaged"
        message = alarm(agent, table.people[table.owner], subject, lines, now)
        return self._told_once(f"told of {agent} damaged since {since}", message, now)


def _named(hold: Hold) -> str:
    """Return how what is told of a record begins to be named."""
    record = hold.record
    return f"told of {record.agent} {record.version} signed {record.at.isoformat()}"


def _stage(hold: Hold, now: datetime) -> str | None:
    """Return how near the end of a record is, in a word; None while it is not near."""
    if hold.ended:
        return ENDED
    if hold.ends_at is None:
        return None
    left = hold.ends_at - now
    return next((f"{ahead.days} days" for ahead in AHEAD if left <= ahead), None)


def _message(table: Table, hold: Hold, now: datetime) -> Message:
    """Return what the owner is told: when everything stops, why, and what to do."""
    owner = table.people[table.owner]
    agent = table.agent
    if hold.ended:
        subject = f"{agent} has stopped: its go-live record has ended"
        first = f"{agent} stops at every decision now, and asks people: {hold.ended}."
    else:
        at = hold.ends_at or now
        subject = f"{agent} stops on {at:%d %b %Y}: its go-live record ends"
        first = (
            f"From {local(at, owner)} on, {agent} stops at every decision and asks people: "
            f"{hold.ends_why}."
        )
    sign = f"`handraise ready --as {table.owner}` signs again"
    last = f"`handraise ready` shows what is missing; {sign}."
    lines = [first, *_others(hold, owner, now), last]
    return alarm(agent, owner, subject, lines, now)


def _unreachable(table: Table, hold: Hold, person: str, now: datetime) -> Message:
    """Return what the owner is told of somebody whom nothing reaches, while others remain."""
    agent = table.agent
    lines = (
        f"{hold.gone[person]}: they hear of nothing that {agent} asks. Others remain on their"
        " routes, and it goes on.",
        "`handraise people list` shows who can be reached; they confirm a contact under Me,"
        " or another takes their place in the table.",
    )
    subject = f"{agent}: {table.people[person].name} can be reached no more"
    return alarm(agent, table.people[table.owner], subject, lines, now)


def _others(hold: Hold, owner: Person, now: datetime) -> Iterator[str]:
    """Yield what else is not as it was, or ends within a week of the record's end."""
    for words in hold.gone.values():
        if words not in (hold.ended or hold.ends_why):
            yield f"{words}."
    until = (hold.ends_at or now) + AHEAD[-1]
    for waiver in hold.record.waivers:
        if waiver.until <= until:
            yield f'The waiver of "{waiver.line}" ends {local(waiver.until, owner)}.'
