"""The inbox: what a person may read of what waits and of what was decided, page by page.

Every verb takes the person, and gives nothing of agents on whose table they do not stand. What
somebody holds, does the work of, had or answered is theirs to read; of the rest, that of the agents
they read. Practice stands apart from real work, and never counts with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.searching import asked
from handraise.errors import AccessError
from handraise.model import After, AskLine, Concerned, Scope, Sought
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

State = Literal["open", "ended", "practice", "practised"]
"""Open, or ended; of real work, or of drills and rehearsals."""

SCOPES: tuple[Scope, ...] = ("mine", "routes", "all")
PAGE = 50
MOST_ASKS = 10
"""Behind the asks of one escalation that a person may have, the next one is looked for."""

MOST_COUNTED = 100
"""Counting stops here: more than a hundred is many."""


class View(Struct, frozen=True, kw_only=True):
    """Which page of an inbox is looked at.

    Attributes:
        scope: whose asks.
        state: which of them.
        agent, route, condition, tag: only these; None for all.
        overdue: only what is overdue.
        words: what is searched for; where that is not empty, scope and state but for practice,
            and the filters but for the agent, do not count.
        after: behind which line the page begins; None for the first page.
        before: behind which number of a search it begins; None for the first page.
    """

    scope: Scope = "mine"
    state: State = "open"
    agent: str | None = None
    route: str | None = None
    condition: str | None = None
    tag: str | None = None
    overdue: bool = False
    words: str = ""
    after: After | None = None
    before: int | None = None

    @property
    def is_practice(self) -> bool:
        """Whether drills and rehearsals are looked at."""
        return self.state in {"practice", "practised"}

    @property
    def is_open(self) -> bool:
        """Whether what waits is looked at."""
        return self.state in {"open", "practice"}


class Choices(Struct, frozen=True, kw_only=True):
    """By what the open asks of a scope can be filtered: what there is, sorted."""

    agents: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Listed(Struct, frozen=True, kw_only=True):
    """One page of an inbox.

    Attributes:
        lines: what waits, what is due first at the top; or what has ended, newest first.
        after: behind which line the next page begins; None after the last one.
        before: behind which number of a search it begins; None after the last one.
        counts: how many wait in each scope, and in practice; `MOST_COUNTED` stands for more.
        unread: how many real ones the person has before them and never opened.
        choices: by what can be filtered.
        can_search: whether this store can search.
    """

    lines: tuple[AskLine, ...] = ()
    after: After | None = None
    before: int | None = None
    counts: dict[str, int] = {}
    unread: int = 0
    choices: Choices = Choices()
    can_search: bool = True


class Inbox:
    """Lists what waits and what was decided, as each person may read it."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, *, rehearsal: bool) -> None:
        """Keep what lists; in the store of a rehearsal all is practice, nothing apart."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._rehearsal = rehearsal

    def page(self, person: str, view: View, *, size: int = PAGE) -> Listed:
        """Return one page of a person's inbox.

        Args:
            person: who looks.
            view: which page.
            size: how many lines it has at most.

        Raises:
            AccessError: the person is on no table.
            StoreError: the store cannot be read.
        """
        sought = self._sought(person, view)
        if view.words:
            return self._searched(sought, view, size)
        verb = self._store.waiting_lines if view.is_open else self._store.ended_lines
        lines = verb(sought, after=view.after, limit=size + 1)
        last = lines[size - 1] if len(lines) > size else None
        return Listed(
            lines=tuple(lines[:size]),
            after=None if last is None else _behind(last),
            counts=self.counts(person),
            unread=self.unread(person),
            choices=self._choices(sought, view),
        )

    def _searched(self, sought: Sought, view: View, size: int) -> Listed:
        words = asked(view.words)
        found = self._store.search(words, sought, before=view.before, limit=size)
        lines = self._store.lines_of_escalations(found.ids, sought.person)
        return Listed(
            lines=tuple(lines),
            before=found.last,
            counts=self.counts(sought.person),
            unread=self.unread(sought.person),
            can_search=found.is_there,
        )

    def lines(
        self,
        person: str,
        *,
        scope: Scope = "mine",
        state: Literal["open", "ended"] = "open",
        rehearsal: bool | None = None,
        limit: int = 200,
    ) -> list[AskLine]:
        """Return the first lines of a person's inbox: what is due first, or what is newest.

        Args:
            person: who looks.
            scope: whose asks.
            state: those that wait, or those that have ended.
            rehearsal: only rehearsals, only real ones, or both.
            limit: at most so many.

        Raises:
            AccessError: the person is on no table.
        """
        sought = replace(self._sought(person, View(scope=scope)), practice=rehearsal)
        verb = self._store.waiting_lines if state == "open" else self._store.ended_lines
        return verb(sought, limit=limit)

    def following(
        self, person: str, escalation_id: str, view: View, *, is_drill: bool = False
    ) -> AskLine | None:
        """Return what a person has before them next, of another escalation; None for nothing.

        After a drill comes the next drill, and after the last one what really waits.

        Args:
            person: who looks.
            escalation_id: the one they have done with.
            view: by whose filters it is looked for first; where those leave nothing, by none.
            is_drill: whether what they have done with was practice.

        Raises:
            AccessError: the person is on no table.
            StoreError: the store cannot be read.
        """
        state: State = "practice" if is_drill else "open"
        filtered = replace(view, scope="mine", state=state)
        for one in dict.fromkeys((filtered, View(state=state), View())):
            for line in self._store.waiting_lines(self._sought(person, one), limit=MOST_ASKS):
                if line.escalation_id != escalation_id:
                    return line
        return None

    def counts(self, person: str) -> dict[str, int]:
        """Return how many real asks wait in each scope, and how many in `practice` for the person.

        Raises:
            AccessError: the person is on no table.
        """
        views: dict[str, View] = {scope: View(scope=scope) for scope in SCOPES}
        if not self._rehearsal:
            views["practice"] = View(state="practice")
        return {
            name: self._store.count_waiting(self._sought(person, view), most=MOST_COUNTED)
            for name, view in views.items()
        }

    def waiting(self, person: str) -> int:
        """Return how many real asks the person has before them, as `counts` does.

        Raises:
            AccessError: the person is on no table.
        """
        return self._store.count_waiting(self._sought(person, View()), most=MOST_COUNTED)

    def unread(self, person: str) -> int:
        """Return how many real asks the person has before them and never opened.

        Raises:
            AccessError: the person is on no table.
        """
        sought = self._sought(person, View())
        return self._store.count_waiting(sought, unread=True, most=MOST_COUNTED)

    def is_concerned(self, person: str, scope: Scope, happened: Concerned) -> bool:
        """Whether a person's inbox of a scope may look different after what happened."""
        if happened.is_everybody or person in happened.people:
            return True
        if scope == "mine" or happened.agents.isdisjoint(self._shelf.agents_of(person)):
            return False
        if scope == "routes":
            return not happened.routes.isdisjoint(self._shelf.routes_of(person))
        return not happened.agents.isdisjoint(self._shelf.agents_read_by(person))

    def _sought(self, person: str, view: View) -> Sought:
        agents = self._shelf.agents_of(person)
        if not agents:
            raise AccessError(
                f'"{person}" is on no routing table', "ask the owner to put you on a route"
            )
        return Sought(
            person=person,
            scope=view.scope,
            agents=frozenset(agents),
            read=frozenset(self._shelf.agents_read_by(person)),
            routes=frozenset(self._shelf.routes_of(person)),
            practice=None if self._rehearsal else view.is_practice,
            agent=view.agent,
            route=view.route,
            condition=view.condition,
            tag=view.tag,
            overdue_at=self._clock.now() if view.overdue and view.is_open else None,
        )

    def _choices(self, sought: Sought, view: View) -> Choices:
        if not view.is_open:
            return Choices(agents=tuple(sorted(sought.agents)))
        everything = replace(
            sought, agent=None, route=None, condition=None, tag=None, overdue_at=None
        )
        found = self._store.marks_waiting(everything)
        marks = [mark for _, _, row in found for mark in row.strip("|").split("|")]
        return Choices(
            agents=_each(agent for agent, _, _ in found),
            routes=_each(route for _, route, _ in found),
            conditions=_each(mark[1:] for mark in marks if mark.startswith("=")),
            tags=_each(mark[1:] for mark in marks if mark.startswith("#")),
        )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _behind(line: AskLine) -> After:
    ask = line.ask
    due_at = ask.acknowledge_due_at or ask.decide_due_at
    return After(ask.id, due_at if ask.state == "open" else None)
