"""Asks as they stand in a run, and where they wait: in somebody's heap, or in their route's pile.

Entries of a heap are not taken out when an ask moves or ends; whoever looks at its top drops them.
"""

from __future__ import annotations

from heapq import heapify, heappop

from handraise.core.table.types import Route
from handraise.service.simulating.people import NEVER, Worker


class Line:
    """A route, with its deadlines and what waits for anybody of it."""

    __slots__ = ("acknowledge_s", "decide_s", "id", "lasts_s", "people", "pile")

    def __init__(self, route: Route, people: tuple[Worker, ...]) -> None:
        """Begin with nothing waiting."""
        self.id = route.id
        self.people = people
        self.acknowledge_s = route.acknowledge_within_s
        self.decide_s = route.decide_within_s
        self.lasts_s = max(route.acknowledge_within_s, route.decide_within_s / 2)
        self.pile: list[Entry] = []


class Ask:
    """An ask as it stands; `turn` counts its holders, `look` the times set to look at it again."""

    __slots__ = (
        "came",
        "decide_due",
        "done",
        "group",
        "holder",
        "is_acknowledged",
        "is_last",
        "line",
        "look",
        "number",
        "tried",
        "turn",
        "workers",
    )

    def __init__(self, number: int, line: Line, group: list[Ask], owner: Worker, now: float):
        """Begin with the owner as holder, until somebody is given it."""
        self.number = number
        self.line = line
        self.group = group
        self.came = now
        self.holder = owner
        self.is_last = False
        self.is_acknowledged = False
        self.done = False
        self.decide_due = NEVER
        self.turn = self.look = 0
        self.tried: list[Worker] = []
        self.workers: list[Worker] = []

    def had(self) -> list[Worker]:
        """Return who has had it, or another ask of the same question."""
        return self.tried if len(self.group) == 1 else [w for one in self.group for w in one.tried]

    def barred(self) -> tuple[Worker, ...]:
        """Return who may not have it: who has another ask of its route, or has agreed to one."""
        if len(self.group) == 1:
            return ()
        return tuple(one.holder for one in self.group if one is not self)


class Work:
    """What somebody is at, and since when."""

    __slots__ = ("ask", "since", "worker")

    def __init__(self, ask: Ask, worker: Worker, since: float):
        """Keep what it is."""
        self.ask, self.worker, self.since = ask, worker, since


Entry = tuple[float, int, Ask, int]
"""When it is due, the ask's number, the ask, and the turn at which it was put there."""


def _is_waiting(entry: Entry) -> bool:
    """Whether an entry of a heap is about an ask that still waits there."""
    ask = entry[2]
    return not ask.done and ask.turn == entry[3]


def top(heap: list[Entry]) -> Entry | None:
    """Return the first entry of a heap that waits, without those before it that no longer do."""
    while heap and not _is_waiting(heap[0]):
        heappop(heap)
    return heap[0] if heap else None


def longest_waiting(pile: list[Entry], worker: Worker, *, has_room: bool) -> Entry | None:
    """Return what has waited longest of what somebody may take; it stays where it is."""
    first = top(pile)
    if first is None or _may_take(worker, first[2], has_room=has_room):
        return first
    theirs = (
        one for one in pile if _is_waiting(one) and _may_take(worker, one[2], has_room=has_room)
    )
    return min(theirs, default=None)


def taken_off(pile: list[Entry], entry: Entry) -> Ask:
    """Return the ask of an entry, which leaves its heap."""
    if pile[0] is entry:
        heappop(pile)
    else:
        pile.remove(entry)
        heapify(pile)
    return entry[2]


def _may_take(worker: Worker, ask: Ask, *, has_room: bool) -> bool:
    """Whether somebody of the route may take what another one holds."""
    return ask.holder is worker or (has_room and worker not in ask.barred())
