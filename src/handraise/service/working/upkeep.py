"""What a worker does in its cycles beside deadlines, each thing at its own pace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from handraise.clock import Clock
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import alarm
from handraise.store import Store

Turn = Callable[[], int]


class Paced:
    """A turn that is taken at most every so often."""

    def __init__(self, turn: Turn, every: timedelta, clock: Clock) -> None:
        """Take the first turn at once."""
        self._turn = turn
        self._every = every
        self._clock = clock
        self._taken_at: datetime | None = None

    def __call__(self) -> int:
        """Take a turn if its time has come; return what it counted, or 0."""
        now = self._clock.now()
        # `abs`: a clock that was put back must not make it rest for long.
        if self._taken_at is not None and abs(now - self._taken_at) < self._every:
            return 0
        count = self._turn()
        self._taken_at = now
        return count


class CalendarWatch:
    """Takes up changed on-call calendars, and tells the owner of one that is broken or gone."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep where each agent's table file lies, by `folders`."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._told: set[str] = set()
        self.folders: dict[str, Path] = {}

    def look(self) -> int:
        """Look at every table's calendars; return how many new troubles there are."""
        troubles: dict[str, str] = {}
        for agent in self._shelf.agents():
            table = self._shelf.current(agent)
            for words in self._shelf.rotas.refresh(table, self.folders.get(agent)):
                troubles[words] = agent
        fresh = [words for words in troubles if words not in self._told]
        for words in fresh:
            self._tell(troubles[words], words)
        self._told = set(troubles)
        return len(fresh)

    def _tell(self, agent: str, words: str) -> None:
        table = self._shelf.current(agent)
        lines = [
            f"{words}.",
            "Whoever is on no shift by it counts as off duty. Please mend the file.",
        ]
        subject = f"An on-call calendar of {agent} cannot be read"
        owner = table.people[table.owner]
        self._store.add_messages([alarm(agent, owner, subject, lines, self._clock.now())])
