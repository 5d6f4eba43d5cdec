"""The store beside a table, with what reads and keeps its agent's new situations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from handraise.cli.options import settings_at
from handraise.errors import Error, InputError, NotFoundError

if TYPE_CHECKING:
    from handraise.clock import Clock
    from handraise.service.learning.overview import Grouped, Overviews, Said
    from handraise.service.learning.situations import Situations
    from handraise.service.reading.shelf import Shelf
    from handraise.store import Store

_GROUP = re.compile(r"[0-9a-f]{10}")


class Seen(Struct, frozen=True):
    """What there is to see of one agent's new situations."""

    agent: str
    grouped: Grouped
    said: tuple[Said, ...]


class Place(Struct, frozen=True):
    """A store with its tables, and what reads and keeps new situations in it.

    Attributes:
        whose: the agent of the table that the store lies beside; None where there is no table.
    """

    whose: str | None
    store: Store
    shelf: Shelf
    overviews: Overviews
    situations: Situations

    def seen(self, agent: str) -> Seen:
        """Return what there is to see of an agent."""
        table = self.shelf.current(agent)
        model, _ = self.overviews.learned(table)
        manifest = model.manifest if model is not None else None
        return Seen(
            agent, self.overviews.grouped(table, model), self.overviews.said(table, manifest)
        )

    def agents(self, agent: str | None) -> list[str]:
        """Return whose situations are meant: the agent's, or the table's, or those of all."""
        meant = self.whose if agent is None else agent
        return self.shelf.agents() if meant is None else [meant]

    def one(self, agent: str | None) -> str:
        """Return the agent that is meant, where there is but one."""
        agents = self.agents(agent)
        if len(agents) != 1:
            listed = ", ".join(agents) or "none"
            raise InputError(f"--agent: the store knows {len(agents)} of them", f"it has {listed}")
        return agents[0]

    def meant(self, which: str, agent: str | None, by: str | None) -> tuple[str, list[str], str]:
        """Return whose situations are meant, their escalations, and who says so."""
        if by is None:
            raise InputError("--as: nobody says so", "--as PERSON, who answers for the new")
        if not _GROUP.fullmatch(which):
            ids = [one.strip() for one in which.split(",")]
            return self._agent_of(ids), ids, by
        for one in self.agents(agent):
            for group in self.seen(one).grouped.groups:
                if group.id == which:
                    return one, list(group.escalation_ids), by
        raise NotFoundError(
            f'there is no group "{which}"',
            "`handraise situations` lists them as they are now: new ones may have joined it, and"
            " what was named is meant by its escalations",
        )

    def _agent_of(self, ids: Sequence[str]) -> str:
        """Return whose escalations these are."""
        agents = set()
        for one in ids:
            escalation = self.store.escalation(one)
            if escalation is None:
                raise NotFoundError(
                    f'there is no escalation "{one}"', "`handraise situations` lists the groups"
                )
            agents.add(escalation.agent)
        if len(agents) > 1:
            raise InputError(f"these are of {len(agents)} agents", "name those of one at a time")
        return agents.pop()


@contextmanager
def opened_beside(table: Path, store: str | None) -> Iterator[Place]:
    """Yield the store beside a table, or the one that is named."""
    from handraise.clock import SystemClock
    from handraise.service.learning.overview import Overviews
    from handraise.service.learning.situations import Situations
    from handraise.service.reading.shelf import Shelf
    from handraise.store import open_store

    store_here = open_store(settings_at(store, table).store_url or "")
    try:
        clock: Clock = SystemClock()
        shelf = Shelf(store_here, clock)
        whose = _agent_beside(table)
        if whose is not None:
            shelf.learned.register(whose, table.parent)
        overviews = Overviews(store_here, shelf, clock)
        yield Place(whose, store_here, shelf, overviews, Situations(store_here, shelf, clock))
    finally:
        store_here.close()


def _agent_beside(table: Path) -> str | None:
    """Return whose table it is; None where it cannot be read.

    Learned files are found beside it; without them, letters tell what is alike.
    """
    from handraise.service.learning.gathering import agent_of

    try:
        return agent_of(table)
    except Error:
        return None
