"""The part of the go-live checklist that is about people: whether each is reachable and willing."""

from __future__ import annotations

from collections.abc import Iterable

from handraise.core.duty import duty_of
from handraise.core.table.types import Table
from handraise.model import ContactRecord, DutyRecord
from handraise.service.going_live.line import Line
from handraise.store import Store


def people_lines(table: Table, store: Store | None) -> list[Line]:
    """Return a line about verified contacts, and one about accepted duties.

    They are yellow, never red: asks go past whoever cannot be reached or has declined, and end with
    the owner.

    Args:
        table: the version that is to go live.
        store: where people's answers are kept; None where there is none yet.
    """
    contacts = store.contact_records() if store is not None else []
    duties = store.duties(agent=table.agent) if store is not None else []
    return [_reachable(table, contacts), _accepted(table, duties)]


def _reachable(table: Table, records: Iterable[ContactRecord]) -> Line:
    verified = {(one.person, one.contact) for one in records if one.verified_at is not None}
    needed = [id for id in table.people if duty_of(table, id) is not None]
    without = [
        id
        for id in needed
        if not any((id, contact) in verified for contact in table.people[id].contacts)
    ]
    name = "everybody can be reached"
    if not without:
        evidence = f"each of the {len(needed)} has a verified contact"
        return Line(name=name, state="green", evidence=evidence)
    has = "has" if len(without) == 1 else "have"
    return Line(
        name=name,
        state="yellow",
        evidence=f"{', '.join(without)} {has} no verified contact: asks go past them",
        remedy="`handraise serve` sends each a code; `handraise people verify CODE` takes it",
    )


def _accepted(table: Table, records: Iterable[DutyRecord]) -> Line:
    answers = {(one.person, one.digest): one.state for one in records}
    duties = [duty for id in table.people if (duty := duty_of(table, id)) is not None]
    states = {duty.person: answers.get((duty.person, duty.digest), "asked") for duty in duties}
    declined = [id for id, state in states.items() if state == "declined"]
    open_ = [id for id, state in states.items() if state == "asked"]
    name = "everybody has accepted their duty"
    if not declined and not open_:
        evidence = f"{len(duties)} of {len(duties)}, for what this version asks of them"
        return Line(name=name, state="green", evidence=evidence)
    parts = [f"{', '.join(open_)} not answered yet"] if open_ else []
    parts += [f"{', '.join(declined)} declined: asks go past them"] if declined else []
    return Line(
        name=name,
        state="yellow",
        evidence="; ".join(parts),
        remedy="they answer on their page; `handraise people duties` shows what they are asked",
    )
