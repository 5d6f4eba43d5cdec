"""The part of the go-live checklist that is about people: whether each is reachable and willing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from handraise.core.duty import duty_of
from handraise.core.table.types import Table
from handraise.model import ContactRecord
from handraise.service.going_live.line import Line, at_of
from handraise.service.going_live.subject import Subject
from handraise.store import Store

REACHABLE = "everybody can be reached"
ACCEPTED = "everybody has accepted their duty"


class Willing(Struct, frozen=True, kw_only=True):
    """How somebody on a table stands by it.

    Attributes:
        person: who.
        duty: what they said to what this version asks of them.
        answered_at: when they said it; None before.
        verified_at: when a contact of theirs was last verified; None where none is.
        has_left: whether they have left.
    """

    person: str
    duty: Literal["not asked", "asked", "accepted", "declined"] = "not asked"
    answered_at: datetime | None = None
    verified_at: datetime | None = None
    has_left: bool = False


def willing(table: Table, store: Store | None) -> list[Willing]:
    """Return how everybody who has a duty by a table stands by it, in the table's order.

    Args:
        table: the version.
        store: where people's answers are kept; None where there is none yet.
    """
    duties = [duty for id in table.people if (duty := duty_of(table, id)) is not None]
    if store is None:
        return [Willing(person=duty.person) for duty in duties]
    answers = {(one.person, one.digest): one for one in store.duties(agent=table.agent)}
    verified = _verified(table, store.contact_records())
    left = {one.person for one in store.departures(gone_only=True)}
    found = []
    for duty in duties:
        answer = answers.get((duty.person, duty.digest))
        found.append(
            Willing(
                person=duty.person,
                duty=answer.state if answer is not None else "not asked",
                answered_at=answer.answered_at if answer is not None else None,
                verified_at=verified.get(duty.person),
                has_left=duty.person in left,
            )
        )
    return found


def _verified(table: Table, records: Iterable[ContactRecord]) -> dict[str, datetime]:
    """Return when each person last had a contact verified that stands in the table."""
    found: dict[str, datetime] = {}
    for one in records:
        person = table.people.get(one.person)
        if one.verified_at is not None and person and one.contact in person.contacts:
            found[one.person] = max(found.get(one.person, one.verified_at), one.verified_at)
    return found


def people_lines(subject: Subject) -> list[Line]:
    """Return a line about verified contacts, and one about accepted duties.

    Both are red for a single person: whoever the table names has been asked, and knows.
    """
    people = willing(subject.table, subject.store)
    return [_reachable(people, subject.now), _accepted(people, subject.now)]


def _reachable(people: Sequence[Willing], now: datetime) -> Line:
    """Return the line about contacts; whoever has left cannot be reached by any."""
    without = [one.person for one in people if one.verified_at is None and not one.has_left]
    gone = [one.person for one in people if one.has_left]
    if not without and not gone:
        times = [one.verified_at for one in people if one.verified_at is not None]
        return Line(
            code="reachable",
            name=REACHABLE,
            state="green",
            evidence=f"each of the {len(people)} has a verified contact",
            at=at_of(times, now),
        )
    parts = [f"{', '.join(without)} {_has(without)} no verified contact"] if without else []
    remedy = f"take {', '.join(gone)} out of the table"
    if without:
        remedy = (
            "`handraise serve` sends each a code; the page it leads to takes it, or "
            "`handraise people verify CODE`"
        )
    evidence = "; ".join([*parts, *_gone(gone)])
    return Line(code="reachable", name=REACHABLE, state="red", evidence=evidence, remedy=remedy)


def _accepted(people: Sequence[Willing], now: datetime) -> Line:
    """Return the line about duties; what is accepted is what this version asks of each."""
    here = [one for one in people if not one.has_left]
    gone = [one.person for one in people if one.has_left]
    declined = [one.person for one in here if one.duty == "declined"]
    open_ = [one.person for one in here if one.duty in ("asked", "not asked")]
    if not declined and not open_ and not gone:
        times = [one.answered_at for one in people if one.answered_at is not None]
        return Line(
            code="accepted",
            name=ACCEPTED,
            state="green",
            evidence=f"{len(people)} of {len(people)}, for what this version asks of them",
            at=at_of(times, now),
        )
    parts = [f"{', '.join(open_)} {_has(open_)} not answered yet"] if open_ else []
    parts += [f"{', '.join(declined)} {_has(declined)} declined"] if declined else []
    if open_:
        remedy = "each answers on their page of `handraise serve`, under Me"
    elif declined:
        remedy = f"another duty for {', '.join(declined)}, or another person"
    else:
        remedy = f"take {', '.join(gone)} out of the table"
    evidence = "; ".join([*parts, *_gone(gone)])
    return Line(code="accepted", name=ACCEPTED, state="red", evidence=evidence, remedy=remedy)


def _gone(people: list[str]) -> list[str]:
    return [f"{', '.join(people)} {_has(people)} left"] if people else []


def _has(people: list[str]) -> str:
    return "has" if len(people) == 1 else "have"
