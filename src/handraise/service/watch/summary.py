"""The weekly summary: what an agent did, how people kept up, and what waits for the owner.

INVARIANT: an owner is told of each week once, however many workers there are; no figure of a single
person stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handraise.clock import Clock
from handraise.core.instants import which_of_two
from handraise.core.table.types import Person, Table
from handraise.service.auditing.telling import against_promise, headline
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.service.telling.wording.watched import counted, summary_message
from handraise.service.watch.people_figures import Figures
from handraise.service.watch.picture import Picture, Pictures
from handraise.service.watch.rate_figures import Rate
from handraise.service.watch.shown import interval, share_words, state_words
from handraise.service.watch.watch import Watch
from handraise.service.watch.words import lasting
from handraise.store import Store

EVERY = timedelta(minutes=1)
"""How often it is seen whether it is time."""

MONDAY, AT = 0, time(8, 0)
"""When it is sent, by the owner's clock."""

LATE_BY = timedelta(days=2)
"""A summary that could not be sent for so long is left out: the next one comes."""

WEEK = timedelta(days=7)
KEPT_S = 60 * 24 * 3600.0


class Summaries:
    """Writes the weekly summaries of one store's agents."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        pictures: Pictures,
        watch: Watch,
        address: Address,
    ) -> None:
        """Keep what summaries are made of."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._pictures = pictures
        self._watch = watch
        self._address = address

    def look(self) -> int:
        """Tell each owner whose week is over and was not told; return how many were.

        Raises:
            StoreError: the store cannot be reached; it is told the next time.
        """
        return sum(self._told(agent) for agent in self._shelf.agents())

    def _told(self, agent: str) -> bool:
        now = self._clock.now()
        table = self._shelf.current(agent)
        owner = table.people[table.owner]
        ends_at = week_end(owner, now)
        if now - ends_at >= LATE_BY or not self._watch.is_live(agent):
            return False
        name = f"summary of {agent} until {ends_at.isoformat()}"
        if self._store.is_leased(name, now, KEPT_S) or not self._was_live(agent, ends_at):
            return False
        message = summary_message(table, self.lines(agent), self._address.url, now)
        return self._store.acquire_lease(name, fresh_id(), now, KEPT_S, messages=[message])

    def _was_live(self, agent: str, at: datetime) -> bool:
        """Whether the agent had a go-live record then already: no week of its is over otherwise."""
        return any(record.at <= at for record in self._store.signed_versions(agent))

    def lines(self, agent: str) -> list[str]:
        """Return the summary of an agent's last seven days, line by line.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        picture = self._pictures.of(agent, None)
        return [
            *_decisions(picture),
            *_alone(picture),
            *_people(picture.people, table.people[table.owner]),
            *self._alarms(agent, picture.at),
            *self._waiting(table, picture),
        ]

    def _alarms(self, agent: str, now: datetime) -> Iterator[str]:
        lately = self._store.alarms(agent, since=now - WEEK)
        raised = sum(one.raised_at >= now - WEEK for one in lately)
        over = sum(one.resolved_at is not None and not one.unseen for one in lately)
        unseen = sum(bool(one.unseen) for one in lately)
        if raised or over or unseen:
            blind = f", {unseen:,} no longer looked at" if unseen else ""
            yield f"Alarms: {raised:,} raised, {over:,} over{blind}."
        else:
            yield "Alarms: none."

    def _waiting(self, table: Table, picture: Picture) -> Iterator[str]:
        """Yield what waits for the owner."""
        open_alarms = [
            one for one in self._store.alarms(table.agent, unresolved=True) if one.state == "open"
        ]
        advice = self._store.advice(table.agent, state="open")
        disputed = () if picture.alone is None else picture.alone.disagreements
        found = [
            *([counted(len(open_alarms), "alarm") + " nobody took"] if open_alarms else []),
            *([f"{len(advice)} of advice to take up or decline"] if advice else []),
            *(
                [counted(len(disputed), "audit") + " on which two people differ"]
                if disputed
                else []
            ),
        ]
        yield f"For you: {'; '.join(found)}." if found else "For you: nothing waits."
        for words in picture.unwatched:
            yield f"Not watched: {words.rstrip('.')}."


def week_end(owner: Person, now: datetime) -> datetime:
    """Return the last Monday at 08:00 of a person's zone that is not after `now`, in their zone."""
    there = now.astimezone(ZoneInfo(owner.zone))
    monday = there.date() - timedelta(days=there.weekday() - MONDAY)
    found = datetime.combine(monday, AT, tzinfo=there.tzinfo)
    if found > there:
        found = datetime.combine(monday - WEEK, AT, tzinfo=there.tzinfo)
    return found


def _decisions(picture: Picture) -> Iterator[str]:
    rate = next((one for one in picture.rates if one.series == "all"), None)
    if rate is None or not rate.week.decisions:
        yield "Decisions: none in seven days."
        return
    yield f"Decisions: {rate.week.decisions:,}, of which {rate.week.stopped:,} stopped."
    yield f"Stopped: {interval(rate.week)}{_promised(rate)}."


def _promised(rate: Rate) -> str:
    if rate.promised is None:
        return "; nothing was promised of it"
    return f"; promised {interval(rate.promised)}: {state_words(rate)}"


def _alone(picture: Picture) -> Iterator[str]:
    alone = picture.alone
    if alone is None or not alone.is_audited:
        return
    yield f"Alone: {headline(alone)} {against_promise(alone)}"
    estimate = alone.estimate
    looked = estimate.right + estimate.wrong + estimate.unclear
    yield f"Audits: {looked:,} answered, {alone.waiting:,} waiting, {alone.late:,} of them late."


def _people(figures: Figures | None, owner: Person) -> Iterator[str]:
    if figures is None:
        return
    group = figures.all
    found = group.answering
    if found is not None and group.count:
        words = [f"{group.count:,} answers in four weeks"]
        if found.differed.share is not None:
            words.append(f"changed, rejected or done otherwise {share_words(found.differed)}")
        if found.unread.share is not None:
            words.append(f"approved faster than it can be read {share_words(found.unread)}")
        if found.picked_up_s is not None and found.resolved_s is not None:
            words.append(f"half picked up within {lasting(found.picked_up_s)}")
            words.append(f"half answered within {lasting(found.resolved_s)}")
        yield f"People: {'; '.join(words)}."
    if group.open and group.oldest_at is not None:
        since = group.oldest_at.astimezone(ZoneInfo(owner.zone))
        waits = "waits" if group.open == 1 else "wait"
        oldest = f"the oldest since {since:%a %d %b, %H:%M}{which_of_two(since)}"
        yield f"Waiting: {counted(group.open, 'question')} {waits}, {oldest}."
    else:
        yield "Waiting: nothing."
