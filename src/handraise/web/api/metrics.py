"""What Prometheus reads of a running server.

A scrape reads what happened since the last one, what is open now, and what is counted by the hour:
never all that ever was. What is worked out from much of it is kept for a minute. What happens is
counted from the start of the server on; decisions are counted from the first one on.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest

from handraise import __version__
from handraise.channels.contacts import channel_of
from handraise.core.monitor.series import CONDITION, ROUTE, fed_by
from handraise.core.monitor.signals import PROBLEMS
from handraise.core.table.types import Table
from handraise.errors import Error, StoreError, StoreUnavailableError
from handraise.model import ANSWER_KINDS, OUTCOMES, OWNER
from handraise.service.logs import Log, crash_text
from handraise.service.presence import is_silent
from handraise.service.watch.watch import WATCH
from handraise.service.wiring import Operation
from handraise.store.totals import Decided
from handraise.web.api.cycles import cycles, silent_s
from handraise.web.api.figures import Durations, Families

SETTLED_AFTER = timedelta(hours=48)
"""Counts of older hours are read once: what is written later than that shows after a restart."""

KEPT_FOR = timedelta(seconds=60)
"""Figures that take a moment to work out are shown again for so long."""


T = TypeVar("T")

log = Log(__name__)


class Metrics:
    """The figures of one operation, from the start of its server on."""

    def __init__(self, operation: Operation) -> None:
        """Begin to count here."""
        self._operation = operation
        self._lock = threading.Lock()
        self._settled: dict[str, tuple[datetime, Decided]] = {}
        self._ended: Counter[tuple[str, str]] = Counter()
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._missed: Counter[tuple[str, str]] = Counter()
        self._undelivered: Counter[tuple[str, str]] = Counter()
        self._taken: dict[tuple[str, str], Durations] = {}
        self._answered: dict[tuple[str, str], Durations] = {}
        self._kept: dict[tuple[str, str], tuple[datetime, object]] = {}
        self._answering: dict[tuple[str, str], set[str]] = {}
        self._seq: int | None = None
        try:
            self._seq = operation.store.latest_event_seq()
        except StoreError as error:
            log.warning("events are counted from the first look on", error=error.message)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format.

        Raises:
            StoreError: the store cannot be read.
        """
        registry = CollectorRegistry(auto_describe=False)
        with self._lock:  # what is new is counted once, however many ask at a time
            self._read_new()
            registry.register(self._families())
        return generate_latest(registry)

    def _read_new(self) -> None:
        """Count what happened since the last look, once."""
        store = self._operation.store
        newest = store.latest_event_seq()
        since = newest if self._seq is None else self._seq
        # Read whole before anything of it is counted: a store that goes away repeats nothing.
        found = list(_pages(lambda after: store.happened(after, newest), since, attrgetter("seq")))
        over = list(_pages(lambda after: store.ended(after, newest), since, itemgetter(0)))
        for one in found:
            key = (one.agent, one.route)
            self._missed[key] += one.is_missed
            self._undelivered[key] += one.kind == "undelivered"
            if one.is_first and one.kind in {"acknowledged", "answered"}:
                self._taken.setdefault(key, Durations()).add(one.waited_s)
            if one.kind == "answered":
                self._answers[(*key, one.answer)] += 1
                self._answering.setdefault(key, set()).add(one.who)
                self._answered.setdefault(key, Durations()).add(one.waited_s)
        self._ended.update((agent, outcome) for _, agent, outcome in over)
        self._seq = newest

    def _families(self) -> Families:
        families = Families()
        operation, now = self._operation, self._operation.clock.now()
        for agent in operation.shelf.agents():
            table = operation.shelf.current(agent)
            self._decisions(families, agent, now)
            self._happened(families, table)
            self._waiting(families, table, now)
            self._alarms(families, agent)
            self._rates(families, agent)
            self._alone(families, agent)
            known = [one for one in operation.store.presences(agent) if one.due_at is not None]
            families.put("processes_expected", len(known), agent)
            families.put("processes_silent", sum(is_silent(one, now) for one in known), agent)
        self._messages(families, now)
        for name, signs in (
            ("worker_last_cycle_seconds", cycles(operation)),
            ("watch_last_look_seconds", [operation.store.last_heartbeat(WATCH)]),
        ):
            silent = silent_s(signs, now)
            families.put(name, float("inf") if silent is None else silent)
        families.put("build_info", 1, __version__)
        return families

    def _decisions(self, families: Families, agent: str, now: datetime) -> None:
        verdicts = {"proceed": 0, "escalate": 0}
        rows: Counter[tuple[str, str]] = Counter()
        conditions: Counter[str] = Counter()
        routes: Counter[str] = Counter()
        for (version, fired), number in self._decided(agent, now).items():
            verdicts["escalate" if fired else "proceed"] += number
            table = self._table(agent, version)
            if table is None:
                continue
            known = {row.id: row for row in table.rows}
            for row in dict.fromkeys(fired):
                rows[known[row].condition if row in known else row, row] += number
            for series in fed_by("", fired, known, table.several):
                first, _, name = series.partition(" ")
                conditions[name] += number * (first == CONDITION)
                routes[name] += number * (first == ROUTE)
        for verdict, number in verdicts.items():
            families.put("decisions", number, agent, verdict)
        for (condition, row), number in sorted(rows.items()):
            families.put("rows_fired", number, agent, condition, row)
        for condition, number in sorted((+conditions).items()):
            families.put("conditions_fired", number, agent, condition)
        for route, number in sorted((+routes).items()):
            families.put("routes_asked", number, agent, route)

    def _decided(self, agent: str, now: datetime) -> Decided:
        """Return all decisions of an agent; those of hours that are over for long are kept."""
        store = self._operation.store
        edge = now.replace(minute=0, second=0, microsecond=0) - SETTLED_AFTER
        since, settled = self._settled.get(agent, (None, Decided()))
        if since is None or edge > since:
            settled += store.decided(agent, since, edge)
            self._settled[agent] = since, settled = edge, settled
        return settled + store.decided(agent, since)

    def _table(self, agent: str, version: str) -> Table | None:
        """Return a version; None for one that cannot be read any more."""
        try:
            return self._operation.shelf.table(agent, version)
        except StoreUnavailableError:
            raise
        except Error:
            return None

    def _happened(self, families: Families, table: Table) -> None:
        """Put what happened since the start.

        How a route answers is told once two people have answered on it, and its missed deadlines
        where two stand on it: otherwise it would be a figure of one person.
        """
        agent = table.agent
        for outcome in OUTCOMES:
            families.put("escalations_resolved", self._ended[agent, outcome], agent, outcome)
        others = (route for whose, route in self._missed if whose == agent)
        for route in _routes(table, others):
            key = (agent, route)
            families.put("messages_undelivered", self._undelivered[key], *key)
            if route in table.routes and len(table.routes[route].people) > 1:
                families.put("deadlines_missed", self._missed[key], *key)
            if len(self._answering.get(key, ())) > 1:
                for kind in ANSWER_KINDS:
                    families.put("answers", self._answers[(*key, kind)], *key, kind)
                families.put_durations(
                    "acknowledge_seconds", self._taken.get(key, Durations()), *key
                )
                families.put_durations("answer_seconds", self._answered[key], *key)

    def _waiting(self, families: Families, table: Table, now: datetime) -> None:
        agent = table.agent
        still_open, found = self._operation.store.waits(agent, now)
        families.put("escalations_open", still_open, agent)
        by_route = {one.route: one for one in found}
        for route in _routes(table, by_route):
            one = by_route.get(route)
            age_s = 0.0 if one is None else max((now - one.oldest_at).total_seconds(), 0.0)
            families.put("asks_open", 0 if one is None else one.asks, agent, route)
            families.put("asks_overdue", 0 if one is None else one.overdue, agent, route)
            families.put("oldest_ask_seconds", age_s, agent, route)

    def _alarms(self, families: Families, agent: str) -> None:
        found = self._operation.store.alarms(agent, unresolved=True)
        kinds = Counter(one.kind for one in found if one.about is None)
        for kind in PROBLEMS:
            families.put("alarms_open", kinds[kind], agent, kind)

    def _rates(self, families: Families, agent: str) -> None:
        rates = self._worked_out("rates", agent, self._operation.rates.rates)
        for one in rates or ():
            if one.day.rate is not None:
                families.put("rate", one.day.rate, agent, one.series)
            if one.promised is not None and one.promised.rate is not None:
                families.put("promised_rate", one.promised.rate, agent, one.series)
                families.put("promised_rate_low", one.promised.low, agent, one.series)
                families.put("promised_rate_high", one.promised.high, agent, one.series)
                families.put("evidence", one.evidence, agent, one.series)

    def _alone(self, families: Families, agent: str) -> None:
        alone = self._worked_out("alone", agent, self._operation.estimating.alone)
        if alone is None or not alone.is_audited:
            return
        families.put("audits_waiting", alone.waiting, agent)
        families.put("audits_late", alone.late, agent)
        if alone.promise is not None:
            families.put("wrong_alone_promised", alone.promise.rate, agent)
        if alone.estimate.rate is not None:
            families.put("wrong_alone", alone.estimate.rate, agent)
            families.put("wrong_alone_low", alone.estimate.low, agent)
            families.put("wrong_alone_high", alone.estimate.high, agent)

    def _messages(self, families: Families, now: datetime) -> None:
        store = self._operation.store
        waiting: Counter[tuple[str, str]] = Counter()
        failing: Counter[tuple[str, str]] = Counter()
        for one in store.unsent():
            key = (one.agent, channel_of(one.contacts[0]) if one.contacts else "none")
            waiting[key] += one.waiting
            failing[key] += one.failing
        for key, number in sorted(waiting.items()):
            families.put("messages_waiting", number, *key)
            families.put("messages_failing", failing[key], *key)
        broken: Counter[str] = Counter()
        for record in store.contact_records():
            broken[channel_of(record.contact)] += record.failed_at is not None
        for channel, number in sorted(broken.items()):
            families.put("contacts_failing", number, channel)
        oldest = store.oldest_pending(now)
        age_s = (now - oldest).total_seconds() if oldest else 0.0
        families.put("outbox_oldest_pending_seconds", age_s)

    def _worked_out(self, what: str, agent: str, read: Callable[[str], T]) -> T | None:
        """Return figures, or those of the last minute; None where they cannot be had."""
        now = self._operation.clock.now()
        at, kept = self._kept.get((what, agent), (None, None))
        if at is not None and abs(now - at) < KEPT_FOR:
            return kept  # type: ignore[return-value]
        try:
            found = read(agent)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - the other figures are read whatever breaks here
            log.error("figures could not be read", figures=what, places=crash_text(error))
            return None
        self._kept[what, agent] = now, found
        return found


def _pages(read: Callable[[int], Sequence[T]], after: int, seq: Callable[[T], int]) -> Iterator[T]:
    """Yield everything after an event, read in parts."""
    while found := read(after):
        yield from found
        after = seq(found[-1])


def _routes(table: Table, more: Iterable[str]) -> list[str]:
    """Return the routes of a table, the owner's included, and others that something was of."""
    return list(dict.fromkeys((*table.routes, OWNER, *sorted(more))))
