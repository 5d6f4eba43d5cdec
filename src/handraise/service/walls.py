"""Screens on the wall: an address each, and how the agents stand in counts.

INVARIANTS: of a secret the store has only the hash; what a wall shows holds no words of a customer,
no name of a person and nothing that leads anywhere; an address that was ended shows nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.duty import unavailable
from handraise.core.table.parsing import nearest
from handraise.core.table.types import Table
from handraise.errors import InputError, NotFoundError
from handraise.model import Wall
from handraise.service.going_live.readiness import Readiness
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import fresh_secret, secret_hash
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

PREFIX = "hrw"
MAX_LABEL = 100
MOST_LIVE = 50
"""So many addresses may be live at once."""

Force = Literal["in force", "ended", "not signed"]


class OnTheWall(Struct, frozen=True, kw_only=True):
    """How one agent stands, in counts.

    Attributes:
        agent: which.
        force: whether a version of its table is in force; `ended` where one was.
        open: how many escalations are open, rehearsals and drills apart.
        overdue: how many open asks should have been taken, or decided, by now.
        oldest_at: when the agent stopped for the oldest open ask; None where nothing is open.
        alarms: how many alarms of each kind nobody has resolved, the most first.
        on_duty: how many of those on its routes could be asked now.
        people: how many are on its routes.
    """

    agent: str
    force: Force
    open: int
    overdue: int
    oldest_at: datetime | None
    alarms: tuple[tuple[str, int], ...]
    on_duty: int
    people: int


class Walls:
    """The screens of one operation."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, readiness: Readiness, address: Address
    ) -> None:
        """Keep what is shown, and where."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._readiness = readiness
        self._address = address

    def make(self, label: str, by: str, agents: Sequence[str] = ()) -> tuple[Wall, str]:
        """Return a new wall with its address, which is shown this once and never kept.

        Args:
            label: where it hangs, 1 to 100 characters.
            by: who makes it, a person's id.
            agents: of which agents it shows how they stand; none for all, those to come too.

        Raises:
            NotFoundError: there is no such agent.
            InputError: the label is empty or too long, or there are as many walls as may be.
        """
        known = self._shelf.agents()
        for agent in agents:
            if agent not in known:
                raise NotFoundError(
                    f'there is no agent "{agent}"', nearest(agent, known, "see the tables")
                )
        if not 0 < len(label.strip()) <= MAX_LABEL:
            raise InputError(f"label: expected 1 to {MAX_LABEL} characters", "say where it hangs")
        if sum(one.ended_at is None for one in self.all()) >= MOST_LIVE:
            raise InputError(f"there are {MOST_LIVE} walls already", "end one that is not used")
        secret = f"{PREFIX}_{fresh_secret()}"
        wall = Wall(
            id=fresh_id(),
            label=label.strip(),
            secret_hash=secret_hash(secret),
            agents=tuple(dict.fromkeys(agents)),
            made_by=by,
            made_at=self._clock.now(),
        )
        self._store.add_wall(wall)
        return wall, f"{self._address.url}/wall/{secret}"

    def all(self) -> list[Wall]:
        """Return all walls, those that have ended too, oldest first."""
        return self._store.walls()

    def end(self, id: str) -> None:
        """End a wall: its address shows nothing from now on.

        Raises:
            NotFoundError: there is no live wall of that id.
        """
        if not self._store.end_wall(id, self._clock.now()):
            raise NotFoundError(f"there is no live wall {id}", "`handraise wall list` shows them")

    def at(self, secret: str) -> Wall | None:
        """Return the wall at an address, or None where there is none or it has ended."""
        if not secret.startswith(f"{PREFIX}_"):
            return None
        return self._store.live_wall(secret_hash(secret))

    def shows(self, wall: Wall) -> list[OnTheWall]:
        """Return how the agents of a wall stand now, by name; one that is gone is left out.

        Raises:
            StoreError: the store cannot be read: a wall that does not know says so.
        """
        now, known = self._clock.now(), self._shelf.agents()
        shown = [agent for agent in known if not wall.agents or agent in wall.agents]
        return [self._stands(self._shelf.current(agent), now) for agent in shown]

    def _stands(self, table: Table, now: datetime) -> OnTheWall:
        agent = table.agent
        hold = self._readiness.hold(agent)
        still_open, waits = self._store.waits(agent, now)
        alarms = Counter(one.kind for one in self._store.alarms(agent, unresolved=True))
        people = {id for route in table.routes.values() for id in route.people}
        states = self._shelf.directory(agent, rehearsal=False).states
        return OnTheWall(
            agent=agent,
            force="not signed" if hold is None else "in force" if hold.holds else "ended",
            open=still_open,
            overdue=sum(one.overdue for one in waits),
            oldest_at=min((one.oldest_at for one in waits), default=None),
            alarms=tuple(alarms.most_common()),
            on_duty=sum(
                unavailable(table.people.get(id), states.get(id), now) is None for id in people
            ),
            people=len(people),
        )
