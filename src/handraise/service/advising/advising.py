"""Advising: looks once a day at what was seen, and keeps what it speaks for until it is settled.

INVARIANT: nothing is ever applied by itself. The owner takes advice up or declines it, by name; a
change that is taken up stands in the table's file, and is in force once that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Literal

from handraise.clock import Clock
from handraise.core.table.types import Table
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    Error,
    InputError,
    NotFoundError,
    SettingsError,
)
from handraise.model import Advice
from handraise.service.advising.found import AdviceKind, Found
from handraise.service.advising.new_types import type_advice, types_so_far
from handraise.service.advising.silent_rows import rows_so_far, silent_advice
from handraise.service.advising.thresholds import NEEDED, threshold_advice, thresholds_so_far
from handraise.service.auditing.promising import promised_error
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

EVERY = timedelta(days=1)
LOOKS_EVERY = timedelta(minutes=10)
"""How often it is seen whether a day is over."""

SETTLED_FOR = timedelta(days=90)
DOUBLED = 2
MAX_REASON = 2_000

NO_PROMISE = (
    "no advice on thresholds: nobody said how much may go wrong alone (`promise` in the table's"
    " audit line, or `handraise calibrate`)"
)

NO_EXTRA = (
    "no advice on thresholds where many stops must be weighed: that needs"
    " `pip install 'handraise[learn]'` where the worker runs"
)

log = Log(__name__)


class Advising:
    """Gives advice on the tables of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        is_live: Callable[[str], bool] = lambda _agent: True,
    ) -> None:
        """Keep what is needed.

        Args:
            store: what was seen.
            shelf: the tables.
            clock: the time.
            is_live: whether an agent's table is in force: on others there is no advice.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._is_live = is_live

    def look(self) -> int:
        """Look at every agent whose day is over; return how much new advice there is.

        An agent at which something breaks holds up no other.
        """
        now = self._clock.now()
        count = 0
        for agent in self._shelf.agents():
            last = self._store.last_heartbeat(_heartbeat(agent))
            # `abs`: a clock that was put back must not make it rest for long.
            if (last is not None and abs(now - last) < EVERY) or not self._is_live(agent):
                continue
            self._store.heartbeat(_heartbeat(agent), now)
            try:
                count += self.advise(agent)
            except Error as error:
                log.error("no advice could be given", agent=agent, error=error.message)
        return count

    def advise(self, agent: str) -> int:
        """Look at one agent now, and keep what is advised; return how much of it is new.

        Raises:
            NotFoundError: there is no such agent.
        """
        table, now = self._shelf.current(agent), self._clock.now()
        found = [*silent_advice(self._store, self._shelf, table, now)]
        found += type_advice(self._store, table)
        kinds: set[AdviceKind] = {"silent_row", "type"}
        promise = promised_error(table, self._shelf.learned.folder_of(agent))
        if promise is not None:
            source = self._shelf.source(agent, table.version)
            try:
                found += threshold_advice(self._store, table, source, promise.rate)
                kinds.add("threshold")
            except SettingsError as error:
                log.warning("no advice on thresholds", agent=agent, error=error.message)
        made = [
            Advice(
                id=fresh_id(),
                agent=agent,
                version=table.version,
                kind=one.kind,
                subject=one.subject,
                sentence=one.sentence,
                lines=one.lines,
                change=one.change,
                evidence=one.evidence,
                made_at=now,
            )
            for one in self._still_open(table, found, now)
        ]
        return self._store.keep_advice(agent, kinds, made, now)

    def _still_open(self, table: Table, found: Sequence[Found], now: datetime) -> list[Found]:
        """Return what was not settled of late, unless twice as much speaks for it by now.

        A change that was taken up says nothing of the version that came of it.
        """
        least: dict[tuple[str, str], int] = {}
        for one in self._store.advice(table.agent, since=now - SETTLED_FOR):
            if one.state == "declined" or (
                one.state == "taken" and (not one.change or one.version == table.version)
            ):
                place = (one.kind, one.subject)
                least[place] = max(least.get(place, 0), one.evidence * DOUBLED)
        return [one for one in found if one.evidence >= least.get((one.kind, one.subject), 0)]

    def lacks(self, agent: str) -> tuple[str, ...]:
        """Return why some kinds of advice are not given on an agent's table, a line each.

        Raises:
            NotFoundError: there is no such agent.
        """
        table = self._shelf.current(agent)
        if promised_error(table, self._shelf.learned.folder_of(agent)) is None:
            return (NO_PROMISE,)
        return () if all(map(find_spec, NEEDED)) else (NO_EXTRA,)

    def so_far(self, agent: str) -> tuple[str, ...]:
        """Return how far each kind of advice on an agent's table is, a line each.

        Raises:
            NotFoundError: there is no such agent.
        """
        table = self._shelf.current(agent)
        found = [*types_so_far(self._store, table)]
        found += rows_so_far(self._store, self._shelf, table, self._clock.now())
        if promised_error(table, self._shelf.learned.folder_of(agent)) is not None:
            found = [*thresholds_so_far(self._store, table), *found]
        return tuple(found)

    def of(self, agents: Collection[str], *, state: str | None = "open") -> list[Advice]:
        """Return advice on the tables of some agents, the newest first; of any state for None."""
        return [one for agent in sorted(agents) for one in self._store.advice(agent, state=state)]

    def one(self, advice_id: str) -> Advice:
        """Return the advice of that id.

        Raises:
            NotFoundError: there is none.
        """
        found = self._store.one_advice(advice_id)
        if found is None:
            raise NotFoundError(
                f'there is no advice "{advice_id}"', "`handraise advice` lists what there is"
            )
        return found

    def open_for(self, advice_id: str, person: str) -> Advice:
        """Return advice that a person may settle now.

        Raises:
            NotFoundError: there is none of that id.
            AccessError: the person does not own the table.
            AlreadyAnsweredError: it was settled, or nothing speaks for it any more.
        """
        found = self.one(advice_id)
        owner = self._shelf.current(found.agent).owner
        if person != owner or not self._shelf.is_here(person):
            raise AccessError(
                f'"{person}" does not own the table of {found.agent}', f"{owner} settles advice"
            )
        if found.state != "open":
            raise _settled(found)
        return found

    def decline(self, advice_id: str, person: str, reason: str) -> Advice:
        """Decline advice; it does not come back for 90 days, unless twice as much speaks for it.

        Args:
            advice_id: which.
            person: the owner of the table.
            reason: why, 1 to 2,000 characters.

        Raises:
            NotFoundError, AccessError, AlreadyAnsweredError: as `open_for`.
            InputError: no reason was given, or a longer one.
        """
        words = reason.strip()
        if not 0 < len(words) <= MAX_REASON:
            raise InputError(
                f"reason: expected 1 to {MAX_REASON:,} characters",
                "say why, for whoever asks later",
            )
        return self._settle(self.open_for(advice_id, person), "declined", person, words)

    def taken(self, advice_id: str, person: str) -> Advice:
        """Note that advice was taken up: its change, if any, stands in the table's file.

        Raises:
            NotFoundError, AccessError, AlreadyAnsweredError: as `open_for`.
        """
        return self._settle(self.open_for(advice_id, person), "taken", person, "")

    def seen_to(self, advice_id: str, person: str) -> Advice:
        """Note that the owner saw to what is asked for; it does not come back for 90 days.

        Raises:
            NotFoundError, AccessError, AlreadyAnsweredError: as `open_for`.
            InputError: it proposes a change, which is taken up where the table's file is.
        """
        if self.one(advice_id).change:
            raise InputError(
                "this proposes a change of the table",
                f"`handraise advice take {advice_id} --as {person}` writes it into the file",
            )
        return self.taken(advice_id, person)

    def _settle(
        self, found: Advice, state: Literal["taken", "declined"], person: str, reason: str
    ) -> Advice:
        now = self._clock.now()
        if not self._store.settle_advice(found.id, state, person, reason, now):
            raise _settled(self.one(found.id))
        return self.one(found.id)


def _heartbeat(agent: str) -> str:
    return f"advice {agent}"


def _settled(found: Advice) -> AlreadyAnsweredError:
    when = "" if found.settled_at is None else f" on {found.settled_at:%Y-%m-%d}"
    by = f" by {found.settled_by}" if found.settled_by else ""
    what = {"taken": "was taken up", "declined": "was declined"}.get(
        found.state, "is past: nothing speaks for it any more"
    )
    return AlreadyAnsweredError(
        f"this advice {what}{by}{when}", "`handraise advice` lists what is open"
    )
