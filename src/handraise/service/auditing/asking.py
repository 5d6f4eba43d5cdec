"""Puts decisions that were drawn to people: whom, how many a day, and one message a day for each.

INVARIANTS: who looks is named; nobody looks twice at the same decision, nor, while somebody else
can, at a case in which they decided. Which are left out for want of room is told by lot, with a
probability fixed by the days before, or by how many wait once a day is over, and never by looking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.duty import Directory, day_start, on_duty
from handraise.core.duty.standing import not_there
from handraise.core.monitor.thinning import kept_shares, lot
from handraise.core.table.types import Auditing, Person, Table
from handraise.model import Audit, Audited
from handraise.service.auditing.carrying import Carried, Cut, carried_of, carried_on, day_of
from handraise.service.auditing.estimating import FIRST, SECOND
from handraise.service.auditing.wording import waiting_message
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

EVERY = timedelta(minutes=1)
"""How often it is seen who has room."""

PAST_DAYS = 28
"""So many days that are over tell how many draws a day brings."""

A_DAY = 5
"""What somebody without a daily capacity looks at a day at most."""

TOLD_FOR_S = 2 * 24 * 3600.0
MOST = 20_000

log = Log(__name__)


class Round(Struct, frozen=True, kw_only=True):
    """What putting the audits of one agent to people needs, read once a turn."""

    table: Table
    auditing: Auditing
    directory: Directory
    put_today: Counter[str]
    now: datetime


class Asking:
    """Puts the audits of one store to people."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, address: Address) -> None:
        """Keep what asking needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address

    def tick(self) -> int:
        """Put to people what there is room for; return how many audits changed hands.

        Every agent has its turn, whatever breaks at another.

        Raises:
            StoreError: the store cannot be reached; what was not put comes next.
        """
        count, failed = 0, None
        for agent in self._shelf.agents():
            try:
                count += self._tick(agent)
            except Exception as error:  # noqa: BLE001 - raised once the others had their turn
                log.error("audits were not put", agent=agent, places=crash_text(error))
                failed = failed or error
        if failed is not None:
            raise failed
        return count

    def _tick(self, agent: str) -> int:
        table = self._shelf.current(agent)
        one_drawn = self._store.audited(agent, state="drawn", limit=1)
        asked = self._store.audited(agent, state="asked", limit=MOST)
        if not one_drawn and not asked:
            return 0
        # Where the current table draws nothing, what an earlier one drew is still looked at.
        auditing = table.audit or self._earlier(agent, [*one_drawn, *asked])
        if auditing is None:
            return 0
        now = self._clock.now()
        turn = Round(
            table=table,
            auditing=auditing,
            directory=self._shelf.directory(agent, rehearsal=False),
            put_today=self._put_today(table, now),
            now=now,
        )
        count = self._passed_on(turn, asked)
        if one_drawn:
            count += self._put(turn, self._carried(turn))
        self._tell(turn)
        return count

    def _carried(self, turn: Round) -> Carried:
        """Return what is kept of the days that are over; told once, when the last one is."""
        agent = turn.table.agent
        carried = carried_of(self._store.carried_audits(agent))
        today = turn.now.astimezone(UTC).date().isoformat()
        if carried.until >= today:
            return carried
        shares = self._day_shares(agent)
        carried = carried_on(
            carried,
            waiting := self._store.audited(agent, state="drawn"),
            today,
            _room(turn.table, turn.auditing),
            _severities(turn.table),
            lambda one: shares(one).get(one.severity, 1.0),
        )
        self._store.carry_audits(agent, carried.state, turn.now)
        self._leave_out(turn, [one for one in waiting if not carried.keeps(one)])
        return carried

    def _leave_out(self, turn: Round, audits: Sequence[Audited]) -> None:
        if audits:
            self._store.leave_out_audits([_id(one) for one in audits], turn.now)

    def _earlier(self, agent: str, audits: Sequence[Audited]) -> Auditing | None:
        versions = dict.fromkeys(one.version for one in audits)
        found = (self._shelf.table(agent, version).audit for version in versions)
        return next((one for one in found if one is not None), None)

    def _put_today(self, table: Table, now: datetime) -> Counter[str]:
        """Return how many audits were put to whom since midnight in their own zone."""
        starts = {id: day_start(person, now) for id, person in table.people.items()}
        counts = {at: self._store.audits_put(table.agent, at) for at in set(starts.values())}
        return Counter({id: counts[at].get(id, 0) for id, at in starts.items()})

    def _put(self, turn: Round, carried: Carried) -> int:
        """Put what was drawn to who has room, the worst first; leave out what the lot does."""
        route = turn.table.route_people(turn.auditing.to)
        may_look = [one for one in route if _is_here(turn.directory, one)]
        if len(may_look) < 2:  # then the owner has what is left, and the second looks
            may_look.append(turn.table.owner)
        if not any(_has_room(turn, person) for person in may_look):
            return 0  # nothing of what waits is read: there may be much of it
        shares = self._day_shares(turn.table.agent)
        left_out: list[Audited] = []
        kept: list[tuple[Audited, float]] = []
        for one in self._store.audited(turn.table.agent, state="drawn", limit=MOST):
            cut = carried.cut_of(one) or Cut(shares(one).get(one.severity, 1.0))
            if cut.keeps(one.decision_id):
                kept.append((one, cut.share))
            else:
                left_out.append(one)
        self._leave_out(turn, left_out)
        count = 0
        # Nobody looks second before somebody looks first: what is put is thinned as the first is.
        firsts = {one.decision_id for one, _ in kept if one.look == FIRST}
        for one, share in _ordered(turn, kept):
            if not any(_has_room(turn, person) for person in may_look):
                break
            if one.look == FIRST or one.decision_id not in firsts:
                is_put = self._put_one(turn, one, share)
                firsts -= {one.decision_id} if is_put else set()
                count += is_put
        return count

    def _day_shares(self, agent: str) -> Callable[[Audited], dict[str, float]]:
        """Return what tells the shares of a day's draws, each day's and version's read once."""
        found: dict[tuple[str, str], dict[str, float]] = {}

        def shares(audit: Audited) -> dict[str, float]:
            key = (day_of(audit), audit.version)
            if key not in found:
                found[key] = self._shares(agent, audit)
            return found[key]

        return shares

    def _shares(self, agent: str, audit: Audited) -> dict[str, float]:
        """Return which share of a day's draws is kept, by severity.

        It is told by the version that drew them and the days before, and so is the same whenever it
        is asked.
        """
        table = self._shelf.table(agent, audit.version)
        if table.audit is None:
            return {}
        day = audit.drawn_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first = self._store.first_draw(agent) or day
        since = max(day - timedelta(days=PAST_DAYS), first)
        days = max((day - since) / timedelta(days=1), 1.0)
        past = self._store.draws(agent, since, day)
        expected = {severity: count / days for severity, count in past.items()}
        expected = expected or self._promised(table, audit.version)
        return kept_shares(expected, _room(table, table.audit), _severities(table))

    def _promised(self, table: Table, version: str) -> dict[str, float]:
        """Return how many draws a day the backtest lets expect; empty where it tells no times.

        All of them count as of the severity that is drawn least: which they are is not known.
        """
        promise = self._store.promise_of(table.agent, version)
        if promise is None or promise.first is None or promise.last is None or not table.audit:
            return {}
        days = max((promise.last - promise.first) / timedelta(days=1), 1.0)
        alone = (promise.decisions - promise.stopped) / days
        severity, one_in = max(table.audit.one_in.items(), key=lambda item: item[1])
        return {severity: alone / one_in}

    def _put_one(self, turn: Round, audit: Audited, share: float) -> bool:
        person = next(self._takers(turn, audit), None)
        if person is None:
            return False
        is_put = self._store.ask_audit(
            _id(audit),
            person,
            turn.now + timedelta(seconds=turn.auditing.within_s),
            turn.now,
            probability=audit.probability * share,
        )
        turn.put_today[person] += is_put
        return is_put

    def _passed_on(self, turn: Round, asked: Sequence[Audited]) -> int:
        """Put to others what those had who are not here any more, or away when it was due."""
        count = 0
        for one in asked:
            if not self._is_stranded(turn, one):
                continue
            person = next(self._takers(turn, one), None)
            if person is not None:
                count += self._store.ask_audit(
                    _id(one),
                    person,
                    turn.now + timedelta(seconds=turn.auditing.within_s),
                    turn.now,
                    before=one.person,
                )
                turn.put_today[person] += 1
        return count

    def _is_stranded(self, turn: Round, audit: Audited) -> bool:
        person = audit.person or ""
        state = turn.directory.states.get(person)
        is_theirs = person in (*turn.table.route_people(turn.auditing.to), turn.table.owner)
        if state is None or not state.active or state.declined or not is_theirs:
            return True
        return state.away and audit.due_at is not None and audit.due_at <= turn.now

    def _takers(self, turn: Round, audit: Audited) -> Iterator[str]:
        """Yield who may look at a decision now, those first who did not decide in its case.

        Those on the route who had the fewest today come first. Where nobody on it is left at all,
        it is the owner's.
        """
        on_it = turn.table.route_people(turn.auditing.to)
        if not any(_has_room(turn, one) for one in (*on_it, turn.table.owner)):
            return iter(())
        others = self._others(turn, audit)
        route = [one for one in on_it if one not in others]
        left = [one for one in route if _is_here(turn.directory, one)]
        if not left and turn.table.owner not in others:
            left = [turn.table.owner]
        free = [one for one in left if _has_room(turn, one)]
        free.sort(key=lambda one: turn.put_today[one])
        decided = self._deciders(audit, turn.table.agent) if len(free) > 1 else set()
        return iter(sorted(free, key=lambda one: one in decided))

    def _others(self, turn: Round, audit: Audited) -> set[str]:
        """Return who has the other look at the same decision, or this one, or had one of them.

        Whoever has said what they would have done knows what was done: they do not look again.
        """
        number = SECOND if audit.look == FIRST else FIRST
        other = self._store.audit(f"{audit.decision_id}.{number}")
        people = (audit.person, *((other.person, other.answered_by) if other is not None else ()))
        found = {one for one in people if one is not None}
        if audit.state == "drawn" and audit.look == FIRST:
            return found  # nobody had it yet, nor the second look, which comes after it
        agent = turn.table.agent
        return found | self._store.choosers(agent, audit.decision_id, audit.drawn_at)

    def _deciders(self, audit: Audited, agent: str) -> set[str]:
        decision = self._store.decision_by_id(audit.decision_id)
        if decision is None or decision.case is None:
            return set()
        return self._store.deciders(agent, decision.case)

    def _tell(self, turn: Round) -> None:
        """Tell everybody once a day what waits for them, if that is news or is due."""
        agent = turn.table.agent
        for id in dict.fromkeys((*turn.table.route_people(turn.auditing.to), turn.table.owner)):
            person = turn.directory.person(id, turn.table)
            if person is None or not_there(person, turn.directory.states.get(id), turn.now):
                continue
            waiting = [one for one in self._store.audits_in_hand(id) if one.agent == agent]
            told_at = self._store.last_heartbeat(_told(agent, id)) if waiting else None
            if any(_is_news(one, told_at, turn.now) for one in waiting):
                self._tell_one(turn, person, waiting)

    def _tell_one(self, turn: Round, person: Person, waiting: Sequence[Audit]) -> None:
        agent, now = turn.table.agent, turn.now
        message = waiting_message(agent, person, waiting, self._address.url, now)
        name = _told(agent, person.id)
        today = f"{name} {day_start(person, now).isoformat()}"
        if self._store.acquire_lease(today, fresh_id(), now, TOLD_FOR_S, messages=[message]):
            self._store.heartbeat(name, now)


def _told(agent: str, person: str) -> str:
    """Return the name under which it is kept when somebody was told last."""
    return f"told of audits {agent} {person}"


def _id(audit: Audited) -> str:
    return f"{audit.decision_id}.{audit.look}"


def _ordered(turn: Round, kept: Sequence[tuple[Audited, float]]) -> list[tuple[Audited, float]]:
    """Return the worst first, and of each severity in the order of the lot.

    So what there is no room for on a day is told by lot, too.
    """
    rank = {severity: place for place, severity in enumerate(turn.table.severities)}
    return sorted(
        kept, key=lambda one: (-rank.get(one[0].severity, -1), one[0].look, lot(one[0].decision_id))
    )


def a_day(auditing: Auditing, person: Person) -> int:
    """Return how many audits are put to a person a day at most.

    Without a word of the table that is a tenth of the questions they take a day, and at least one.
    """
    if auditing.at_most_day is not None:
        return auditing.at_most_day
    return A_DAY if person.capacity_day is None else max(1, person.capacity_day // 10)


def _severities(table: Table) -> list[str]:
    """Return the severities of a table, the least first, and before them that of none."""
    return list(dict.fromkeys(["", *table.severities]))


def _room(table: Table, auditing: Auditing) -> float:
    """Return how many audits people have room for on a day of the week, on average."""
    people = [table.people[one] for one in table.route_people(auditing.to)]
    return sum(a_day(auditing, one) * _days_a_week(one) / 7 for one in people)


def _days_a_week(person: Person) -> int:
    """Return on how many days of a week somebody is there; all where a calendar says when."""
    if person.calendars:
        return 7
    monday = datetime(2024, 1, 1, tzinfo=UTC)
    hours = (monday + timedelta(hours=hour) for hour in range(24 * 7))
    return len({hour.date() for hour in hours if on_duty(person, hour)}) or 1


def _is_here(directory: Directory, person: str) -> bool:
    """Whether somebody has not left and does this duty, on duty now or not."""
    state = directory.states.get(person)
    return state is not None and state.active and not state.declined


def _has_room(turn: Round, id: str) -> bool:
    person = turn.directory.person(id, turn.table)
    if person is None or not_there(person, turn.directory.states.get(id), turn.now):
        return False
    return turn.put_today[id] < a_day(turn.auditing, person)


def _is_news(audit: Audit, told_at: datetime | None, now: datetime) -> bool:
    """Whether an audit was put to its person since they were told last, or is due."""
    if audit.due_at is not None and audit.due_at <= now:
        return True
    return told_at is None or (audit.asked_at is not None and audit.asked_at > told_at)
