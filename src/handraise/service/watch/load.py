"""Whether people keep up: deadlines, what waits, how much each holds, who is not there.

The limits here are plain ones, and each signal says its own; nothing here is a test. The words of a
signal about one person alone are `about` that person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from handraise.core.duty import Directory
from handraise.core.duty.standing import at_capacity, not_there
from handraise.core.monitor.people import Answered
from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Route, Table
from handraise.core.table.units import capacity_text, duration_text
from handraise.service.watch.words import counted, lasting, percent
from handraise.store import Store
from handraise.store.figures import Drained, Missed, OpenAsks

WEEK = timedelta(days=7)
MOST_LATE = 0.1
FEWEST_LATE = 3
FEWEST_OVERDUE = 3
FEWEST_GROWING = 20
GROWING = 1.2
"""More than so many times what ends in a week comes in it: it grows."""

GROWING_FOR = timedelta(hours=1)
"""What came at once a moment ago says nothing of how things go: the oldest has waited for this."""

LATE_MEANS = (
    "The people on the route do not get to it in time. Look at how many questions there are for"
    " how many people, at their hours, and at whether messages reach them."
)
BACKLOG_MEANS = (
    "More is stopped than people can decide. Until that changes the agent's cases wait: find"
    " somebody to help, or look at what stops so much."
)
OVER_MEANS = (
    "More is with somebody than they said they can take; that is when answers become hasty. Let"
    " others take some of it, or change the capacity in the table if it is wrong."
)
FULL_MEANS = (
    "The route has too few people for what is stopped: what comes now goes to the owner at once."
)


class Week:
    """What happened to the asks of an agent in the last seven days, and what waits."""

    def __init__(
        self, store: Store, table: Table, answers: Sequence[Answered], now: datetime
    ) -> None:
        """Read it.

        Args:
            store: where it is kept.
            table: in force.
            answers: at least those of the last seven days.
            now: the present instant.

        Raises:
            StoreError: the store cannot be read.
        """
        self.table = table
        self.now = now
        since = now - WEEK
        limits = {
            route.id: now - timedelta(seconds=route.decide_within_s)
            for route in table.routes.values()
        }
        agent = table.agent
        waits = store.open_by_route(agent, limits, since=since)
        self.waits: Mapping[str, OpenAsks] = {one.route: one for one in waits}
        ended = store.drained(agent, since=since)
        self.ended: Mapping[str, Drained] = {one.route: one for one in ended}
        self.missed: Sequence[Missed] = store.missed_deadlines(agent, since=since)
        self.late = [one for one in answers if one.at >= since and one.is_late]

    def asks(self, route: str) -> int:
        """Return how many asks of a route ended in the week, or wait."""
        ended, waiting = self.ended.get(route), self.waits.get(route)
        return (ended.ended if ended else 0) + (waiting.count if waiting else 0)

    def came(self, route: str) -> int:
        """Return how many asks came to a route in the week."""
        ended, waiting = self.ended.get(route), self.waits.get(route)
        return (ended.fresh if ended else 0) + (waiting.fresh if waiting else 0)

    def past_deadline(self, route: str) -> dict[str, str]:
        """Return the asks of a route that went past a deadline, each with its escalation."""
        moved = {one.ask_id: one.escalation_id for one in self.missed if one.route == route}
        late = {one.ask_id: one.escalation_id for one in self.late if one.route == route}
        return moved | late


def late_signals(week: Week) -> Iterator[Signal]:
    """Yield the routes of which more than a tenth of the asks, and three, went past a deadline."""
    for route in week.table.routes.values():
        past, asks = week.past_deadline(route.id), week.asks(route.id)
        if len(past) < FEWEST_LATE or len(past) <= MOST_LATE * asks:
            continue
        yield Signal(
            agent=week.table.agent,
            kind="late",
            subject=f"route {route.id}",
            sentence=f"{len(past):,} of {counted(asks, 'question')} to {route.id} went past a"
            f" deadline in the last 7 days ({percent(len(past) / asks)}).",
            means=LATE_MEANS,
            lines=(
                f"To be picked up within {duration_text(route.acknowledge_within_s)}, decided"
                f" within {duration_text(route.decide_within_s)}.",
                f"Told from {FEWEST_LATE} questions, and more than {percent(MOST_LATE)}, on.",
            ),
            examples=tuple(list(dict.fromkeys(past.values()))[-3:]),
            about=_sole(route),
        )


def backlog_signals(store: Store, week: Week) -> Iterator[Signal]:
    """Yield the routes on which asks wait for longer than there is to decide, or ever more wait.

    Raises:
        StoreError: the store cannot be read.
    """
    for route in week.table.routes.values():
        waits = week.waits.get(route.id)
        if waits is None:
            continue
        came = week.came(route.id)
        ended = week.ended[route.id].ended if route.id in week.ended else 0
        waited = week.now - waits.oldest_at >= GROWING_FOR
        is_growing = waited and waits.count >= FEWEST_GROWING and came > GROWING * ended
        if waits.overdue < FEWEST_OVERDUE and not is_growing:
            continue
        examples = tuple(store.oldest_open(week.table.agent, route.id))
        yield _backlog(week, route, waits, came, ended, examples)


def _backlog(
    week: Week,
    route: Route,
    waits: OpenAsks,
    came: int,
    ended: int,
    examples: tuple[str, ...],
) -> Signal:
    age_s = (week.now - waits.oldest_at).total_seconds()
    within = duration_text(route.decide_within_s)
    went = pace(waits.count, came, ended)
    lines = [f"In the last 7 days {came:,} came and {ended:,} ended: {went}."]
    if waits.with_owner:
        lines.append(f"With the owner as the last resort: {waits.with_owner:,}.")
    late_since = waits.oldest_at + timedelta(seconds=route.decide_within_s)
    return Signal(
        agent=week.table.agent,
        kind="backlog",
        subject=f"route {route.id}",
        sentence=f"{counted(waits.count, 'question')} to {route.id}"
        f" {'waits' if waits.count == 1 else 'wait'}, the oldest for {lasting(age_s)};"
        f" {waits.overdue:,} for longer than the {within} there are to decide.",
        means=BACKLOG_MEANS,
        since=late_since if waits.overdue else None,
        lines=tuple(lines),
        examples=examples,
        about=_sole(route),
    )


def _sole(route: Route) -> str | None:
    """Return who is alone on a route: its figures are theirs."""
    return route.people[0] if len(route.people) == 1 else None


def pace(waiting: int, came: int, ended: int) -> str:
    """Return where a week like the last leads what waits.

    Example:
        >>> pace(40, 70, 105), pace(40, 105, 70), pace(40, 70, 70)
        ('at this pace it is empty in 8 days', 'it grows by 5 a day', 'it does not get less')
    """
    if ended > came:
        days = waiting / ((ended - came) / WEEK.days)
        return f"at this pace it is empty in {counted(max(round(days), 1), 'day')}"
    grows = (came - ended) / WEEK.days
    return f"it grows by {max(round(grows), 1):,} a day" if came > ended else "it does not get less"


def capacity_signals(week: Week, directory: Directory) -> Iterator[Signal]:
    """Yield who has more than they take, and the routes on which everybody there is full."""
    table = week.table
    for id, person in sorted(table.people.items()):
        state = directory.states[id]
        over_open = person.capacity_open is not None and state.open_asks > person.capacity_open
        over_day = person.capacity_day is not None and state.asks_today > person.capacity_day
        has = [counted(state.open_asks, "open question")] if over_open else []
        has += [f"{counted(state.asks_today, 'question')} of today"] if over_day else []
        if has:
            yield Signal(
                agent=table.agent,
                kind="over_capacity",
                subject=f"person {id}",
                sentence=f"{person.name} has {' and '.join(has)}; they take"
                f" {capacity_text(person.capacity_day, person.capacity_open)}.",
                means=OVER_MEANS,
                about=id,
            )
    for route in table.routes.values():
        waits = week.waits.get(route.id)
        if waits is None or waits.with_owner < FEWEST_OVERDUE:
            continue
        there = _full(route, table, directory, week.now)
        if there:
            yield Signal(
                agent=table.agent,
                kind="over_capacity",
                subject=f"route {route.id}",
                sentence=f"Everybody on {route.id} who is there has as much as they take:"
                f" {waits.with_owner:,} of its questions are with the owner.",
                means=FULL_MEANS,
                lines=(
                    f"{there:,} of {counted(len(route.people), 'person', 'people')} on it"
                    f" {'is' if there == 1 else 'are'} there.",
                ),
                about=_sole(route),
            )


def _full(route: Route, table: Table, directory: Directory, now: datetime) -> int:
    """Return how many people of a route are there, where all of these are full; else 0."""
    there = []
    for id in route.people:
        person, state = directory.person(id, table), directory.states.get(id)
        if person is not None and state is not None and not_there(person, state, now) is None:
            there.append(at_capacity(person, state) is not None)
    return len(there) if there and all(there) else 0
