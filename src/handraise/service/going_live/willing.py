"""The part of the go-live checklist that is about people: whether each is reachable and willing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from handraise.core.duty import Duty, duty_of
from handraise.core.table.types import Table
from handraise.model import ContactRecord, DutyRecord
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject

REACHABLE = "everybody can be reached"
ACCEPTED = "everybody has accepted their duty"


def people_lines(subject: Subject) -> list[Line]:
    """Return a line about verified contacts, and one about accepted duties.

    Both are red for a single person: whoever the table names has been asked, and knows.
    """
    table, store = subject.table, subject.store
    duties = [duty for id in table.people if (duty := duty_of(table, id)) is not None]
    contacts = store.contact_records() if store is not None else []
    answers = store.duties(agent=table.agent) if store is not None else []
    left = {one.person for one in store.departures(gone_only=True)} if store is not None else set()
    here = [duty for duty in duties if duty.person not in left]
    gone = [duty.person for duty in duties if duty.person in left]
    return [_reachable(table, here, gone, contacts), _accepted(here, gone, answers)]


def _reachable(
    table: Table, duties: list[Duty], gone: list[str], records: Iterable[ContactRecord]
) -> Line:
    """Return the line about contacts; whoever has left cannot be reached by any."""
    verified: dict[str, datetime] = {}
    for one in records:
        person = table.people.get(one.person)
        if one.verified_at is not None and person and one.contact in person.contacts:
            latest = verified.get(one.person, one.verified_at)
            verified[one.person] = max(latest, one.verified_at)
    without = [duty.person for duty in duties if duty.person not in verified]
    if not without and not gone:
        return Line(
            code="reachable",
            name=REACHABLE,
            state="green",
            evidence=f"each of the {len(duties)} has a verified contact",
            at=min((verified[duty.person] for duty in duties), default=None),
        )
    parts = [f"{', '.join(without)} {_has(without)} no verified contact"] if without else []
    parts += [f"{', '.join(gone)} {_has(gone)} left"] if gone else []
    return Line(
        code="reachable",
        name=REACHABLE,
        state="red",
        evidence="; ".join(parts),
        remedy="`handraise serve` sends each a code; the page it leads to, or `handraise people "
        "verify CODE`, takes it"
        if without
        else f"take {', '.join(gone)} out of the table",
    )


def _accepted(duties: list[Duty], gone: list[str], records: Iterable[DutyRecord]) -> Line:
    """Return the line about duties; what is accepted is what this version asks of each."""
    answers = {(one.person, one.digest): one for one in records}
    given = {duty.person: answers.get((duty.person, duty.digest)) for duty in duties}
    declined = [id for id, one in given.items() if one is not None and one.state == "declined"]
    open_ = [id for id, one in given.items() if one is None or one.state == "asked"]
    if not declined and not open_ and not gone:
        times = [one.answered_at for one in given.values() if one and one.answered_at]
        return Line(
            code="accepted",
            name=ACCEPTED,
            state="green",
            evidence=f"{len(duties)} of {len(duties)}, for what this version asks of them",
            at=min(times, default=None),
        )
    parts = [f"{', '.join(open_)} {_has(open_)} not answered yet"] if open_ else []
    parts += [f"{', '.join(declined)} declined"] if declined else []
    parts += [f"{', '.join(gone)} {_has(gone)} left"] if gone else []
    remedy = "another person in the table, or another duty"
    if open_:
        remedy = "each answers on their page of `handraise serve`, My duties"
    elif gone and not declined:
        remedy = f"take {', '.join(gone)} out of the table"
    return Line(
        code="accepted", name=ACCEPTED, state="red", evidence="; ".join(parts), remedy=remedy
    )


def _has(people: list[str]) -> str:
    return "has" if len(people) == 1 else "have"
