"""The picture of an operation under watch: what the page, the terminal and the summary show.

INVARIANT: figures of a person are shown to that person and the owner, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.monitor.budget import ALL
from handraise.errors import StoreUnavailableError
from handraise.model import Alarm, Presence
from handraise.service.auditing.estimating import Alone, Estimating
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording.watched import counted, worst_first
from handraise.service.watch.humans import Humans
from handraise.service.watch.people_figures import Figures
from handraise.service.watch.rate_figures import Rate, beside_each_other
from handraise.service.watch.rates import Rates
from handraise.service.watch.watch import WATCH, Watch
from handraise.store import Store

LATELY = timedelta(days=7)
"""Alarms that were over within this are shown."""

NOBODY_WATCHES_AFTER = timedelta(minutes=3)
"""The watch looks every few seconds: when it has not for so long, it does not run."""

KEPT_FOR = timedelta(seconds=10)
"""Figures take a moment to work out: those of a moment ago are shown again."""

MOST_OVER = 20

WORTH_SAYING = 1.05
"""From so many decisions on that count as one it is said."""

FEW = 50
"""So few decisions tell nothing of how an agent stops."""

T = TypeVar("T")

log = Log(__name__)


class Picture(Struct, frozen=True, kw_only=True):
    """How an agent's operation stands, for one reader.

    Attributes:
        agent: whose.
        at: when it was looked at.
        is_live: whether a table of it is in force, so that it is watched.
        looked_at: when the watch looked last, at whichever agent; None for never.
        alarms: what is wrong and the reader may see, the worst first.
        of_others: how many more there are that are about a person, and not for the reader.
        waiting: how many of all of them nobody took or put off.
        over: alarms that were over lately, the last one first.
        rates: how often it stops, beside what was promised; empty where that cannot be told.
        alone: what goes wrong of what it decides alone; None where that cannot be told.
        people: how people answer; None where that cannot be told.
        presences: its processes that promised signs of life.
        notes: what a reader of the figures should know, a sentence each.
        unwatched: what is not watched and why, a sentence each.
    """

    agent: str
    at: datetime
    is_live: bool
    looked_at: datetime | None
    alarms: tuple[Alarm, ...] = ()
    of_others: int = 0
    waiting: int = 0
    over: tuple[Alarm, ...] = ()
    rates: tuple[Rate, ...] = ()
    alone: Alone | None = None
    people: Figures | None = None
    presences: tuple[Presence, ...] = ()
    notes: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at it."""
        looked = self.looked_at
        # `abs`: a look in the future is none of this watch; a clock was put back since.
        return self.is_live and looked is not None and abs(self.at - looked) < NOBODY_WATCHES_AFTER

    @property
    def open(self) -> tuple[Alarm, ...]:
        """The alarms that nobody took or put off."""
        return tuple(one for one in self.alarms if is_waiting(one, self.at))

    @property
    def is_early(self) -> bool:
        """Whether its version in force has decided too little to tell how it stands."""
        return any(one.series == ALL and one.in_force.decisions < FEW for one in self.rates)

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        if not self.is_live:
            return "It is not live, so nothing of it is watched."
        if not self.is_watched:
            return "Nobody watches: no worker looks at what happens."
        count = len(self.alarms) + self.of_others
        if count:
            taken = count - self.of_others - len(self.open)
            words = f", {taken} taken or put off" if taken else ""
            hidden = "" if count == 1 else f"{self.of_others} of them "
            if self.of_others:
                words += f", {hidden}about a person and not shown here"
            return f"{counted(count, 'alarm')}{words}."
        if self.is_early:
            seen = counted(self.rates[0].in_force.decisions, "decision")
            return f"Nothing is wrong so far; with {seen} it is too early to say more."
        beyond = sum(one.state == "outside" for one in self.rates)
        if beyond:
            return f"No alarm; not as promised so far, and looked at: {counted(beyond, 'rate')}."
        if self.unwatched:
            return "Nothing is wrong in what is watched."
        return "Everything is as promised."


class Pictures:
    """Makes pictures of the operations of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        watch: Watch,
        *,
        rates: Rates,
        estimating: Estimating,
        humans: Humans,
    ) -> None:
        """Keep what is looked at, and what has the figures."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._watch = watch
        self._rates = rates
        self._estimating = estimating
        self._humans = humans
        self._kept: dict[tuple[str, ...], tuple[datetime, object]] = {}

    def of(self, agent: str, reader: str | None) -> Picture:
        """Return how an agent's operation stands.

        Args:
            agent: whose.
            reader: who looks; None for somebody who is nobody on the table, and for what is sent.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: it cannot be read.
        """
        now = self._clock.now()
        owner = self._shelf.current(agent).owner
        unresolved = self._store.alarms(agent, unresolved=True)
        seen = visible_to(unresolved, reader, owner)
        past = self._store.alarms(agent, since=now - LATELY)
        over = [one for one in visible_to(past, reader, owner) if one.resolved_at is not None]
        over.sort(key=lambda one: one.resolved_at or now, reverse=True)
        rates = self._figures(("rates", agent), lambda: beside_each_other(self._rates.rates(agent)))
        alone = self._figures(("alone", agent), lambda: self._estimating.alone(agent))
        people = self._figures(
            ("people", agent, reader or ""), lambda: self._humans.figures(agent, reader)
        )
        notes = self._figures(("notes", agent), lambda: self._rates.notes(agent))
        unknown = {"How often it stops": rates, "What goes wrong alone": alone, "People": people}
        lost = [
            f"{what}: the figures cannot be read now" for what, is_ in unknown.items() if not is_
        ]
        return Picture(
            agent=agent,
            at=now,
            is_live=self._watch.is_live(agent),
            looked_at=self._store.last_heartbeat(WATCH),
            alarms=tuple(worst_first(seen)),
            of_others=len(unresolved) - len(seen),
            waiting=sum(is_waiting(one, now) for one in unresolved),
            over=tuple(over[:MOST_OVER]),
            rates=rates or (),
            alone=alone,
            people=people,
            presences=tuple(self._store.presences(agent)),
            notes=(*(notes or ()), *_alike(rates or ())),
            unwatched=(*lost, *self._unwatched(agent, alone)),
        )

    def _unwatched(self, agent: str, alone: Alone | None) -> Iterator[str]:
        """Yield what is not watched and why."""
        why = self._figures(("why not", agent), lambda: self._rates.why_not(agent) or "")
        if why:
            yield why
        if alone is None:
            return
        if not alone.is_audited:
            yield (
                "What goes wrong alone: the table draws nothing for people to look at; write e.g."
                " `audit: {one_in: 200, to: ROUTE}`."
            )
        elif alone.promise is None:
            yield (
                "Whether too much goes wrong alone: nothing is promised; write e.g. `promise: 2%`"
                " into the table's audit line."
            )

    def _figures(self, key: tuple[str, ...], read: Callable[[], T]) -> T | None:
        """Return figures, or those of a moment ago; None where they cannot be had."""
        now = self._clock.now()
        at, kept = self._kept.get(key, (None, None))
        if at is not None and abs(now - at) < KEPT_FOR:
            return kept  # type: ignore[return-value]
        try:
            found = read()
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - alarms are shown whatever breaks beside them
            log.error("figures could not be read", figures=key[0], places=crash_text(error))
            return None
        self._kept[key] = (now, found)
        return found


def _alike(rates: Sequence[Rate]) -> Iterator[str]:
    """Yield how many decisions count as one, where that is more than one."""
    alike = max((one.alike for one in rates), default=1.0)
    if alike > WORTH_SAYING:
        yield (
            f"{alike:.2g} decisions at a time count as one: the days of the backtest lay further "
            "apart than chance alone puts them, so a change takes more decisions to be found."
        )


def visible_to(alarms: Sequence[Alarm], reader: str | None, owner: str) -> list[Alarm]:
    """Return the alarms that somebody may see: those about a person only if it is theirs."""
    return [one for one in alarms if one.about is None or reader in (one.about, owner)]


def is_waiting(alarm: Alarm, now: datetime) -> bool:
    """Whether an alarm waits for somebody to take it."""
    is_put_off = alarm.snoozed_until is not None and now < alarm.snoozed_until
    return alarm.state == "open" and not is_put_off
