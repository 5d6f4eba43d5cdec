"""How a go-live record stands at a moment: whether it holds, until when, and what ends it.

A record ends at its own end, and when the people whom it rests on are not there any more: at once
where nobody is left for a route or the owner has gone, a week after where others remain.
INVARIANT: what cannot be told ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.core.duty import duty_of
from handraise.core.table.types import Table
from handraise.model import OWNER, ReadyRecord, Standing
from handraise.service.going_live.line import CLOCK_TOLERANCE
from handraise.store import Store

GRACE = timedelta(days=7)
"""How long a record holds after somebody has gone, where others remain on their routes."""


class Hold(Struct, frozen=True, kw_only=True):
    """How a go-live record stands.

    Attributes:
        record: signed by us, and its agent's newest.
        ended: why it does not hold any more, e.g. `its go-live record ended on 2026-12-28: …`;
            empty while it holds.
        ends_at: when it ends, or ended, by itself; None for never.
        ends_why: what is so by then, in words; empty for nothing.
        gone: who of its people is not there any more, and what of it, in words, by id.
        unreachable: who of them, by id, only has no verified contact any more. Since when is not
            kept, so it ends nothing while others remain on their routes.
        is_noted: whether the record of events says that it holds no more.
    """

    record: ReadyRecord
    ended: str = ""
    ends_at: datetime | None = None
    ends_why: str = ""
    gone: dict[str, str] = {}
    unreachable: tuple[str, ...] = ()
    is_noted: bool = False

    @property
    def holds(self) -> bool:
        """Whether what the gate lets go ahead may go ahead."""
        return not self.ended

    @property
    def is_over(self) -> bool:
        """Whether its time is over; otherwise it may hold again, once people are back."""
        return bool(self.ended) and self.ends_at is not None


class Gone(Struct, frozen=True):
    """That a person is not there any more: who, what of it, and since when, where that is kept."""

    person: str
    what: str
    at: datetime | None


def hold_of(record: ReadyRecord, table: Table, store: Store, now: datetime) -> Hold:
    """Return how a record stands.

    Args:
        record: whose signature was checked.
        table: the version that it is for.
        store: where it is kept how people stand.
        now: aware UTC.

    Raises:
        StoreError: the store cannot be read.
    """
    if record.at > now + CLOCK_TOLERANCE:
        ended = f"its go-live record is of {_day(record.at)}, and by this clock that is to come"
        return Hold(record=record, ended=ended)
    gone = {one.person: one for one in _gone(record, table, store, now)}
    words = _words(table, gone)
    ends = [] if record.expires_at is None else [(record.expires_at, record.expires_why)]
    since = _known_until(record)
    ends += [
        (one.at + GRACE, f"{words[id]}, {GRACE.days} days before")
        for id, one in gone.items()
        if one.at is not None and one.at > since
    ]
    at, why = min(ends, default=(None, ""))
    if at is not None and at <= now:
        ended = f"its go-live record ended on {_day(at)}: {why}"
    else:
        nobody = _nobody_left(table, gone, words)
        ended = f"its go-live record holds no more: {nobody}" if nobody else ""
        at, why = (None, "") if nobody else (at, why)
    unreachable = tuple(id for id, one in gone.items() if one.what == UNREACHABLE)
    return Hold(
        record=record,
        ended=ended,
        ends_at=at,
        ends_why=why,
        gone=words,
        unreachable=unreachable,
    )


def nobody_left(record: ReadyRecord, table: Table, store: Store, now: datetime) -> str:
    """Return for what nobody of a version's people is left, in words; empty where somebody is.

    Args:
        record: what is waived in it is not looked at; it need not be signed yet.
        table: the version.
        store: where it is kept how people stand.
        now: aware UTC.

    Raises:
        StoreError: the store cannot be read.
    """
    gone = {one.person: one for one in _gone(record, table, store, now)}
    return _nobody_left(table, gone, _words(table, gone))


def _words(table: Table, gone: Mapping[str, Gone]) -> dict[str, str]:
    return {id: f"{table.people[id].name} {one.what}" for id, one in gone.items()}


def _known_until(record: ReadyRecord) -> datetime:
    """Return from when on the owner, signing, cannot have known that somebody was gone.

    Where somebody is gone, two lines are red. Where these were not waived, everybody was there, and
    who left "before" left by another machine's clock.
    """
    waived = {waiver.line for waiver in record.waivers}
    return record.at if waived >= {"reachable", "accepted"} else record.at - CLOCK_TOLERANCE


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _nobody_left(table: Table, gone: Mapping[str, Gone], words: Mapping[str, str]) -> str:
    """Return for what nobody is left, and who it was, in words; empty where somebody is."""
    route = _without_anybody(table, gone)
    if route is None:
        return ""
    who = "; ".join(words[id] for id in _people_of(table, route) if id in words)
    return f"nobody is left for {route}: {who}"


def _people_of(table: Table, route: str) -> tuple[str, ...]:
    return (table.owner,) if route == OWNER else table.routes[route].people


def _without_anybody(table: Table, gone: Mapping[str, Gone]) -> str | None:
    """Return the first route that has fewer people left than it needs, or None."""
    if table.owner in gone:
        return OWNER
    for route in table.routes.values():
        if sum(id not in gone for id in route.people) < route.needs:
            return route.id
    return None


def _gone(record: ReadyRecord, table: Table, store: Store, now: datetime) -> Iterator[Gone]:
    """Yield who of a table's people has left, has declined, or can be reached no more.

    What was waived is not looked at: the owner knew of it.
    """
    standings = store.standings(now)
    waived = {waiver.line for waiver in record.waivers}
    lost = {
        id: what
        for id in table.people
        if (what := _lost(table, id, standings.get(id, Standing()), waived))
    }
    if not lost:
        return
    left = {one.person: one.at for one in store.departures(gone_only=True)}
    said = {(one.person, one.digest): one.answered_at for one in store.duties(agent=table.agent)}
    for id, what in lost.items():
        duty = duty_of(table, id)
        declined = None if duty is None else said.get((id, duty.digest))
        at = left.get(id) if what == LEFT else declined if what == DECLINED else None
        yield Gone(id, what, at)


LEFT = "has left"
DECLINED = "has declined their duty"
UNREACHABLE = "has no verified contact any more"


def _lost(table: Table, id: str, standing: Standing, waived: set[str]) -> str:
    """Return what of a person is not there any more; empty where all of it is."""
    duty = duty_of(table, id)
    if duty is None:
        return ""
    if standing.gone:
        return LEFT
    if "accepted" not in waived and (table.agent, duty.digest) in standing.declined:
        return DECLINED
    contacts = table.people[id].contacts
    if "reachable" not in waived and standing.verified.isdisjoint(contacts):
        return UNREACHABLE
    return ""
