"""What people's answers say of the oversight: nobody differs, or nobody can have read.

INVARIANT: what the answers of one person alone say is `about` that person, also where it is told of
a route or a row: nobody but they and the owner are shown it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct

from handraise.core.monitor.budget import AGREEING, UNREAD, shares
from handraise.core.monitor.people import (
    FEWEST,
    LONGEST_S,
    Answered,
    reading_s,
    times_had,
    unread,
    window,
)
from handraise.core.monitor.signals import Signal
from handraise.core.monitor.strata import at_least, at_most
from handraise.core.table.naming import row_words
from handraise.core.table.types import Table
from handraise.service.watch.words import counted, lasting, percent
from handraise.store import Store

READ_WITHIN = timedelta(days=14)
"""Answers of the last one to two fortnights say whether they are read."""

AGREED_WITHIN = timedelta(days=28)
"""Answers of the last four to eight weeks say whether anybody ever differs."""

MOST_UNREAD = 0.2
"""So many approvals may be faster than reading allows: some cases are like the one before."""

ANY_SHARE = (1.0, 1.0)
"""The share of unread approvals is looked for everywhere alike."""

LEAST_DIFFERING = 0.02
"""Where people differ in fewer cases, a row stops what need not be stopped, or nobody reads."""

FEWEST_AGREEING = 100
MOST_READ = 10_000
EXAMPLES = 3

UNREAD_MEANS = (
    "Approvals that nobody reads protect nobody. Usually there are too many questions, or too many"
    " alike: look at what stops them, and at how many each person gets, before you look at people."
)
ROW_STOPS_TOO_MUCH = (
    "People take their time and still agree with nearly everything: this may be stopped without"
    " need. Try a higher limit on the past with `handraise backtest` before you change the table."
)
NOBODY_READS = (
    "People agree with nearly everything, and much of it faster than it can be read: that they"
    " agree says nothing of whether the agent is right. Read some of them again yourself."
)


class Read(Struct, frozen=True, kw_only=True):
    """Answers, and how they were read.

    Attributes:
        answers: of the window, oldest first.
        had: by ask, how many seconds there were to read it.
        words: by escalation, how many words there were to read, of those that were quick.
        fast: the asks that were approved faster than they can be read.
    """

    answers: tuple[Answered, ...]
    had: dict[str, float]
    words: dict[str, int]
    fast: frozenset[str]


def read_since(store: Store, agent: str, since: datetime, by: str | None = None) -> Read:
    """Return the answers since an instant, all or one person's, and how they were read.

    Where there are more than 10,000 the newest alone: they say all there is to say.

    Raises:
        StoreError: the store cannot be read.
    """
    answers = tuple(store.answers_since(agent, since=since, by=by, limit=MOST_READ))
    first = min((one.at for one in answers), default=since)
    had = times_had(answers, store.readings_of(agent, since=first, by=by))
    # Nothing takes longer than that to read: only of what was quicker must be known how long it is.
    quick = [one for one in answers if one.kind == "approve" and had[one.ask_id] < LONGEST_S]
    words = store.words_to_read(tuple(one.escalation_id for one in quick))
    return Read(answers=answers, had=had, words=words, fast=unread(quick, had, words))


def sole(answers: Iterable[Answered]) -> str | None:
    """Return who alone gave all of some answers; None where several did, or nobody."""
    people = {one.by for one in answers}
    return people.pop() if len(people) == 1 else None


def unread_signals(
    table: Table, read: Read, started_at: datetime, now: datetime
) -> Iterator[Signal]:
    """Yield where more approvals than a few are surely faster than they can be read.

    Args:
        table: in force.
        read: the answers of the window; see `READ_WITHIN`.
        started_at: since when the table is in force.
        now: the present instant.
    """
    seen = window(started_at, now, READ_WITHIN)
    approvals = [one for one in read.answers if one.kind == "approve" and one.at >= seen.since]
    alpha = _share(table, UNREAD) * seen.share / 2  # half for the routes, half for the people
    routes, people = _by(approvals, "route"), _by(approvals, "by")
    for route, given in routes.items():
        found = _unread(given, read, alpha / (len(table.routes) + 1))
        if found is not None:
            who = sole(given)
            yield found.signal(
                table.agent, f"route {route}", f"approvals for {route}", about=who, with_ids=False
            )
    for person, given in people.items():
        found = _unread(given, read, alpha / len(table.people))
        if found is not None:
            name = table.people[person].name if person in table.people else person
            words = f"approvals by {name}"
            yield found.signal(table.agent, f"person {person}", words, about=person, with_ids=True)


class _Unread(Struct, frozen=True, kw_only=True):
    """That some approvals cannot all have been read."""

    fast: tuple[Answered, ...]
    of: int
    lowest: float
    had_s: float
    needed_s: float

    def signal(
        self, agent: str, subject: str, whose: str, *, about: str | None, with_ids: bool
    ) -> Signal:
        return Signal(
            agent=agent,
            kind="unread",
            subject=subject,
            sentence=f"{len(self.fast):,} of {self.of:,} {whose} came faster than they can be read"
            f" (surely more than {percent(self.lowest)}).",
            means=UNREAD_MEANS,
            since=self.fast[0].at,
            lines=(
                f"Half of these were given within {lasting(self.had_s)};"
                f" a fast reader needs {lasting(self.needed_s)} for half of them.",
            ),
            examples=tuple(one.escalation_id for one in self.fast[-EXAMPLES:]) if with_ids else (),
            about=about,
        )


def _unread(given: Sequence[Answered], read: Read, alpha: float) -> _Unread | None:
    if len(given) < FEWEST:
        return None
    fast = tuple(one for one in given if one.ask_id in read.fast)
    lowest = at_least(len(fast), len(given), alpha, ANY_SHARE)
    if lowest <= MOST_UNREAD:
        return None
    return _Unread(
        fast=fast,
        of=len(given),
        lowest=lowest,
        had_s=median(read.had[one.ask_id] for one in fast),
        needed_s=median(reading_s(read.words[one.escalation_id]) for one in fast),
    )


def agreeing_signals(
    store: Store, table: Table, read: Read, started_at: datetime, now: datetime
) -> Iterator[Signal]:
    """Yield the rows and routes with which people agree in nearly every case.

    Args:
        store: where the answers are counted.
        table: in force; only what this version stopped counts.
        read: the answers of some weeks, which say whether they are read.
        started_at: since when the table is in force.
        now: the present instant.

    Raises:
        StoreError: the store cannot be read.
    """
    seen = window(started_at, now, AGREED_WITHIN)
    alpha = _share(table, AGREEING) * seen.share / 2  # half for the rows, half for the routes
    to = {row.id: row.to for row in table.rows}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in store.answer_counts(table.agent, table.version, since=seen.since):
        rows = [f"row {row}" for row in one.rows if to.get(row) == one.route]
        for subject in (*rows, *([f"route {one.route}"] if one.route in table.routes else ())):
            counts[subject][0] += one.answers - one.approvals
            counts[subject][1] += one.answers
    for subject, (differing, answers) in counts.items():
        many = len(table.rows) if subject.startswith("row ") else len(table.routes)
        if answers < FEWEST_AGREEING:
            continue
        highest = at_most(differing, answers, alpha / many)
        if highest < LEAST_DIFFERING:
            yield _agreeing(table, subject, differing, answers, highest, read, seen.since)


def _agreeing(
    table: Table,
    subject: str,
    differing: int,
    answers: int,
    highest: float,
    read: Read,
    since: datetime,
) -> Signal:
    kind, _, name = subject.partition(" ")
    route = next((row.to for row in table.rows if row.id == name), name)
    given = [one for one in read.answers if name == one.route or name in one.rows]
    approvals = [one for one in given if one.kind == "approve"]
    fast = sum(one.ask_id in read.fast for one in approvals)
    is_unread = len(approvals) >= FEWEST and fast > MOST_UNREAD * len(approvals)
    tag = next((row.tag for row in table.rows if row.id == name), None)
    what = (
        f"what the {row_words(name, tag)} stopped" if kind == "row" else f"the questions to {name}"
    )
    return Signal(
        agent=table.agent,
        kind="agreeing",
        subject=subject,
        sentence=f"People differed from the agent in {differing:,} of {answers:,} answers to {what}"
        f" (surely in fewer than {percent(highest)}).",
        means=NOBODY_READS if is_unread else ROW_STOPS_TOO_MUCH,
        since=since,
        lines=(
            f"Of {counted(len(approvals), 'approval')} in the last weeks {fast:,} came faster than"
            " they can be read.",
        ),
        about=sole(given) or _alone_on(table, route),
    )


def _alone_on(table: Table, route: str) -> str | None:
    """Return who alone is on a route: what was answered before the newest answers was theirs."""
    people = table.route_people(route)
    return people[0] if len(people) == 1 else None


def _share(table: Table, name: str) -> float:
    return shares((), audits=True, people=True, total=table.false_alarms)[name]


def _by(answers: Iterable[Answered], name: str) -> dict[str, list[Answered]]:
    found: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        found[getattr(one, name)].append(one)
    return found
