"""Absences as people say them: which cannot be, and which takes the place of which."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from handraise.errors import InputError
from handraise.model import Absence

LONGEST = timedelta(days=731)


class Away(Struct, frozen=True, kw_only=True):
    """What came of saying that somebody is away.

    Attributes:
        absence: as it is kept.
        replaced: absences of theirs that it took the place of.
        last_resort_of: agents whose table they own: what nobody else can take still comes to them.
        alone_on: (agent, route) of routes on which there is nobody but them.
    """

    absence: Absence
    replaced: tuple[Absence, ...] = ()
    last_resort_of: tuple[str, ...] = ()
    alone_on: tuple[tuple[str, str], ...] = ()


def check_span(starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Refuse an absence that cannot be.

    Raises:
        InputError: it ends before it starts or in the past, begins or ends more than two years from
            now, or lasts longer than that.
    """
    if abs(starts_at - now) > LONGEST:
        raise InputError("from: more than two years from now", "name a day that is nearer")
    if ends_at is None:
        return
    # Two instants by the clock of one zone are told apart by that clock, which is set forward.
    lasts = (ends_at - now) - (starts_at - now)
    if lasts <= timedelta():
        raise InputError("the absence ends before it starts", "mend from or to")
    if ends_at <= now:
        raise InputError("the absence is over already", "mend to")
    if ends_at - now > LONGEST:
        raise InputError(
            "to: more than two years from now",
            "leave the end open, or deactivate who has left",
        )
    if lasts > LONGEST:
        raise InputError(
            "the absence is longer than two years",
            "leave the end open, or deactivate who has left",
        )


def gives_way(old: Absence, new: Absence, now: datetime) -> bool:
    """Whether an absence is taken to be said anew by another one.

    Whoever is away stays so when they plan something for later.
    """
    if old.starts_at <= now < new.starts_at:
        return False
    if new.ends_at is None:
        return old.ends_at is None or old.starts_at <= new.starts_at < old.ends_at
    overlaps = old.starts_at < new.ends_at
    return overlaps and (old.ends_at is None or new.starts_at < old.ends_at)
