"""What somebody looks for in an inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Scope = Literal["mine", "routes", "all"]
"""Whose asks: what the person has themselves, or that and what their routes have, or everything."""


class Sought(Struct, frozen=True, kw_only=True):
    """Which lines of an inbox are wanted, and what its reader may read.

    Attributes:
        person: who reads. What they hold, do the work of, had or answered is always theirs to read.
        scope: whose asks are wanted.
        agents: the agents on whose table they stand; of no other anything is found.
        read: those of these agents of which they may read everything.
        routes: their (agent, route) pairs, `owner` included.
        practice: only rehearsals and drills, or only real work; None for both.
        agent: only of this agent.
        route: only asks of this route.
        condition: only where this condition held.
        tag: only where a row with this tag fired.
        overdue_at: only what was due before this instant; None for all.
    """

    person: str
    scope: Scope = "mine"
    agents: frozenset[str]
    read: frozenset[str] = frozenset()
    routes: frozenset[tuple[str, str]] = frozenset()
    practice: bool | None = None
    agent: str | None = None
    route: str | None = None
    condition: str | None = None
    tag: str | None = None
    overdue_at: datetime | None = None


class After(Struct, frozen=True):
    """Behind which line the next page begins.

    Attributes:
        ask_id: that line's ask.
        deadline: what its holder had before them; None in a list of what has ended.
    """

    ask_id: str
    deadline: datetime | None = None


class Concerned(Struct, frozen=True, kw_only=True):
    """Whose inbox may look different now.

    Attributes:
        seq: up to which event was looked.
        is_everybody: whether so much happened that it was not looked whom it concerns.
        people: who holds an ask of what happened, had it, or does the work of it.
        routes: the (agent, route) pairs of these asks.
        agents: their agents.
        escalations: their ids.
    """

    seq: int
    is_everybody: bool = False
    people: frozenset[str] = frozenset()
    routes: frozenset[tuple[str, str]] = frozenset()
    agents: frozenset[str] = frozenset()
    escalations: frozenset[str] = frozenset()
