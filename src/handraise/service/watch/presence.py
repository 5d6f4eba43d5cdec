"""Who will not be there, and who has not said that they are: said before it hurts.

An absence that was said within the last hour is left alone: whoever says it is told at once what it
means, and may mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.core.duty import Directory, on_duty
from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Route, Table
from handraise.model import Absence, ContactRecord, DutyRecord
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording.texts import local, name_of
from handraise.service.watch.words import counted, joined
from handraise.store import Store

AHEAD_HOURS = 7 * 24
FEWEST_HOURS = 4
"""A route that has nobody for less is none to be told of: the owner stands in."""

SETTLED_AFTER = timedelta(hours=1)
PATIENCE = timedelta(days=2)
HOUR = timedelta(hours=1)

EMPTY_MEANS = (
    "What stops then goes to the owner at once. Find somebody to stand in on the route, or see to"
    " it that the owner has the time."
)
UNACCEPTED_MEANS = (
    "Somebody who has not accepted their duty, or cannot be reached, may not see what the agent"
    " asks. Speak with them, or name somebody else in the table."
)


class Gap(Struct, frozen=True, kw_only=True):
    """A stretch of hours in which everybody of a route who would be there is away.

    Attributes:
        starts_at: when it begins; now at the earliest.
        ends_at: when somebody is there again; None where that is not within the coming week.
        hours: how many hours it is in which somebody would have been there.
        people: who is away.
    """

    starts_at: datetime
    ends_at: datetime | None
    hours: int
    people: tuple[str, ...]


def empty_route_signals(
    table: Table, directory: Directory, absences: Sequence[Absence], now: datetime
) -> Iterator[Signal]:
    """Yield the routes that absences leave with nobody in the coming seven days.

    Args:
        table: in force.
        directory: how everybody stands now.
        absences: those that are not over, planned ones included.
        now: the present instant.
    """
    settled = [one for one in absences if one.set_at <= now - SETTLED_AFTER]
    for route in table.routes.values():
        gap = gap_of(route, table, directory, settled, now)
        if gap is None:
            continue
        owner = table.people[table.owner]
        until = f" until {local(gap.ends_at, owner)}" if gap.ends_at is not None else ""
        names = joined([name_of(id, table.people) for id in gap.people])
        since = "Now" if gap.starts_at == now else f"From {local(gap.starts_at, owner)}"
        yield Signal(
            agent=table.agent,
            kind="over_capacity",
            # Not the route itself: who took that people will be away has not taken that it is full.
            subject=f"absences {route.id}",
            sentence=f"{since}{until} nobody of {route.id} is there:"
            f" {names} {'is' if len(gap.people) == 1 else 'are'} away.",
            means=EMPTY_MEANS,
            lines=(
                f"{counted(gap.hours, 'hour')} of the coming 7 days in which somebody of it would"
                " have been there.",
                *_owner_too(table, settled, gap),
            ),
        )


def _owner_too(table: Table, absences: Sequence[Absence], gap: Gap) -> tuple[str, ...]:
    if table.owner not in gap.people and not _is_away(table.owner, absences, gap.starts_at):
        return ()
    return ("The owner is away then too; it comes to them all the same.",)


def gap_of(
    route: Route,
    table: Table,
    directory: Directory,
    absences: Sequence[Absence],
    now: datetime,
) -> Gap | None:
    """Return the first stretch of the coming week that absences leave with nobody on a route.

    Hours in which nobody of the route is on duty anyway are no gap. Looked at with every full hour.
    """
    missing: dict[datetime, tuple[str, ...]] = {}
    full = now.replace(minute=0, second=0, microsecond=0)
    hours = [now, *(full + HOUR * number for number in range(1, AHEAD_HOURS))]
    for at in hours:
        due = [id for id in route.people if _would_be_there(id, table, directory, at)]
        if due and all(_is_away(id, absences, at) for id in due):
            missing[at] = tuple(due)
    if len(missing) < FEWEST_HOURS:
        return None
    starts_at = next(iter(missing))
    after = (
        at
        for at in hours
        if at > starts_at
        and at not in missing
        and any(_would_be_there(id, table, directory, at) for id in route.people)
    )
    people = tuple(dict.fromkeys(id for ids in missing.values() for id in ids))
    return Gap(starts_at=starts_at, ends_at=next(after, None), hours=len(missing), people=people)


def _would_be_there(id: str, table: Table, directory: Directory, at: datetime) -> bool:
    person, state = directory.person(id, table), directory.states.get(id)
    if person is None or state is None:
        return False
    if not state.active or state.declined or not state.reachable:
        return False
    return on_duty(person, at, state.shifts)


def _is_away(person: str, absences: Sequence[Absence], at: datetime) -> bool:
    return any(
        one.person == person and one.starts_at <= at and (one.ends_at is None or at < one.ends_at)
        for one in absences
    )


def unaccepted_signals(store: Store, shelf: Shelf, table: Table, now: datetime) -> Iterator[Signal]:
    """Yield who has not accepted their duty, or has no verified contact, for more than two days.

    Each is `about` that person.

    Raises:
        StoreError: the store cannot be read.
    """
    answers = {(one.person, one.digest): one for one in store.duties(agent=table.agent)}
    contacts: dict[str, list[ContactRecord]] = {}
    for record in store.contact_records():
        contacts.setdefault(record.person, []).append(record)
    gone = {one.person for one in store.departures(gone_only=True)}
    for id, person in sorted(table.people.items()):
        duty = shelf.duty_by(table, id)
        if duty is None or id in gone:
            continue
        found = [
            _duty_trouble(answers.get((id, duty.digest)), now),
            _contact_trouble(person.contacts, contacts.get(id, ()), now),
        ]
        troubles = [one for one in found if one is not None]
        if troubles:
            yield Signal(
                agent=table.agent,
                kind="unaccepted",
                subject=f"person {id}",
                sentence=f"{person.name} {joined([words for words, _ in troubles])}.",
                means=UNACCEPTED_MEANS,
                since=min(since for _, since in troubles),
                about=id,
            )


Trouble = tuple[str, datetime]


def _duty_trouble(record: DutyRecord | None, now: datetime) -> Trouble | None:
    """Return what is wrong with how somebody stands by their duty, since when; None for nothing."""
    if record is None or record.state == "accepted":
        return None
    since = record.answered_at or record.asked_at
    if since > now - PATIENCE:
        return None
    if record.state == "declined":
        return "has declined their duty, and nobody else was named", since
    return "was asked to accept their duty more than two days ago and has not answered", since


def _contact_trouble(
    listed: Sequence[str], records: Sequence[ContactRecord], now: datetime
) -> Trouble | None:
    known = [one for one in records if one.contact in listed]
    if any(one.verified_at is not None for one in known):
        return None
    asked: Mapping[str, datetime] = {
        one.contact: one.asked_at for one in known if one.asked_at is not None
    }
    if not asked or min(asked.values()) > now - PATIENCE:
        return None
    return "has no verified contact", min(asked.values())
