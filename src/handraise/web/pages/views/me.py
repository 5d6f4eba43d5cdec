"""My page: what I am asked, how I am reached, when I am here; with the forms filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from handraise.channels.contacts import contact_name
from handraise.core.table.types import Person
from handraise.core.table.units import capacity_text, hours_of
from handraise.model import Absence, ContactPlan, ContactStep, Urgency
from handraise.service.people.instants import on_the_clock
from handraise.service.people.standings import ContactView, DutyView
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import Moment, Reader, route_name, sentence

URGENCIES: tuple[Urgency, ...] = ("urgent", "normal")
URGENCY_WORDS = {
    "urgent": "When it is urgent",
    "normal": "Otherwise",
}
DUTY_WORDS = {
    "not asked": "not asked yet",
    "asked": "not answered yet",
    "accepted": "accepted",
    "declined": "declined",
}
DEFAULT_WAIT_MINUTES = 5
MAX_STEPS = 5
MAX_WAIT_MINUTES = 24 * 60


class Draft(Struct, frozen=True, kw_only=True):
    """A form that was sent and not taken.

    Attributes:
        form: which one.
        values: everything that was typed, by field.
        errors: what is wrong, by field; the empty name for what belongs to no field.
    """

    form: str = ""
    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}

    def of(self, form: str) -> Draft:
        """Return this draft for its own form, and an empty one for all others."""
        return self if form == self.form else Draft()


class DutyCard(Struct, frozen=True, kw_only=True):
    """What one agent may ask of a person.

    Attributes:
        agent: which agent.
        digest: of the duty as it is shown.
        state: accepted, declined, asked or not asked.
        state_words: that, in words.
        lines: the duty, a sentence each.
        added, removed: what changed since the duty they accepted last.
        answered_at: when they answered this one.
        note: what they said.
        waits: whether a version that nobody has signed for yet asks it.
        draft: an answer that was not taken.
    """

    agent: str
    digest: str
    state: str
    state_words: str
    lines: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    answered_at: Moment | None
    note: str
    waits: bool
    draft: Draft


class ContactCard(Struct, frozen=True, kw_only=True):
    """One contact of the reader.

    Attributes:
        name: a mail address, or the kind of channel.
        verified_at: since when it counts.
        asked_at: when the last code went out through it.
        failed_at: since when it takes no messages.
        error: what it said.
    """

    name: str
    verified_at: Moment | None
    asked_at: Moment | None
    failed_at: Moment | None
    error: str


class StepField(Struct, frozen=True):
    """One step of a plan as a form shows it: which contact, minutes after the step before."""

    contact: str
    minutes: str


class PlanForm(Struct, frozen=True, kw_only=True):
    """Through which contacts first, for asks of one urgency.

    Attributes:
        urgency: of the asks.
        title: that, in words.
        said: what holds now, a sentence.
        steps: the form, filled in.
        is_chosen: whether the reader chose; otherwise the table's order holds.
        draft: what was not taken.
    """

    urgency: str
    title: str
    said: str
    steps: tuple[StepField, ...]
    is_chosen: bool
    draft: Draft


class AbsenceView(Struct, frozen=True, kw_only=True):
    """An absence: from and until when; `is_now` when it has begun."""

    starts_at: Moment
    ends_at: Moment | None
    note: str
    by: str
    is_now: bool


class MyPage(Struct, frozen=True, kw_only=True):
    """The page of the reader's own duties.

    Attributes, where the name alone does not say it:
        is_owner: whether they are the last resort of a table; that they stay also when away.
        has_left: whether they were deactivated.
        alone_on: routes on which there is nobody but them.
        choices: key and name of each contact.
        hours, capacity: as the table has them.
        is_on_duty: whether they are on duty by their hours, or by a rota.
        open_asks, asks_today: how many questions they have, and were put to them since midnight.
        away: the draft of the form.
        code: the draft of the field for a code.
    """

    duties: tuple[DutyCard, ...]
    contacts: tuple[ContactCard, ...]
    choices: tuple[tuple[str, str], ...]
    plans: tuple[PlanForm, ...]
    absences: tuple[AbsenceView, ...]
    is_away: bool
    is_owner: bool
    has_left: bool
    alone_on: tuple[str, ...]
    hours: str
    capacity: str
    zone: str
    is_on_duty: bool
    open_asks: int
    asks_today: int
    away: Draft
    code: Draft

    @property
    def open_duties(self) -> list[DutyCard]:
        """The duties that wait for their answer."""
        return [one for one in self.duties if one.state in {"asked", "not_asked"}]

    @property
    def settled_duties(self) -> list[DutyCard]:
        """The duties that they accepted or declined."""
        return [one for one in self.duties if one.state not in {"asked", "not_asked"}]

    @property
    def is_all_verified(self) -> bool:
        """Whether every contact counts."""
        return all(one.verified_at for one in self.contacts)

    @property
    def has_code(self) -> bool:
        """Whether a code went out to a contact that does not count yet."""
        return any(one.asked_at and not one.verified_at for one in self.contacts)

    @property
    def is_unreachable(self) -> bool:
        """Whether no contact counts, so that nothing can be put to them."""
        return not any(one.verified_at for one in self.contacts)


class Known(Struct, frozen=True, kw_only=True):
    """Everything the view needs of a person, read in one go."""

    person: Person
    duties: Sequence[DutyView]
    contacts: Sequence[ContactView]
    plans: Sequence[ContactPlan]
    absences: Sequence[Absence]
    alone_on: Sequence[str]
    is_owner: bool
    has_left: bool
    is_on_duty: bool
    load: tuple[int, int]


def my_page(known: Known, reader: Reader, draft: Draft) -> MyPage:
    """Return the page in words."""
    person = known.person
    absences = tuple(absence_view(one, reader) for one in known.absences)
    return MyPage(
        duties=tuple(_duty(one, reader, draft) for one in known.duties),
        contacts=tuple(_contact(one, reader) for one in known.contacts),
        choices=tuple((contact_key(one), contact_name(one)) for one in person.contacts),
        plans=tuple(_plan(urgency, known, draft) for urgency in URGENCIES),
        absences=absences,
        is_away=any(one.is_now for one in absences),
        is_owner=known.is_owner,
        has_left=known.has_left,
        alone_on=tuple(map(route_name, known.alone_on)),
        hours=hours_of(person),
        capacity=capacity_text(person.capacity_day, person.capacity_open) or "no limit",
        zone=person.zone,
        is_on_duty=known.is_on_duty,
        open_asks=known.load[0],
        asks_today=known.load[1],
        away=draft.of("away"),
        code=draft.of("code"),
    )


def contact_key(contact: str) -> str:
    """Return what a contact is called in forms: it tells nothing of it."""
    return hashlib.sha256(contact.encode()).hexdigest()[:16]


def _duty(duty: DutyView, reader: Reader, draft: Draft) -> DutyCard:
    return DutyCard(
        agent=duty.agent,
        digest=duty.digest,
        state=duty.state.replace(" ", "_"),
        state_words=DUTY_WORDS[duty.state],
        lines=tuple(map(visible, duty.lines)),
        added=tuple(map(visible, duty.added)),
        removed=tuple(map(visible, duty.removed)),
        answered_at=reader.moment(duty.answered_at) if duty.answered_at else None,
        note=visible(duty.note),
        waits=duty.waits,
        draft=draft.of(f"duty {duty.agent}"),
    )


def _contact(contact: ContactView, reader: Reader) -> ContactCard:
    def moment(at: datetime | None) -> Moment | None:
        return reader.moment(at) if at is not None else None

    record = contact.record
    return ContactCard(
        name=contact.name,
        verified_at=moment(record.verified_at),
        asked_at=moment(record.asked_at),
        failed_at=moment(record.failed_at),
        error=visible(record.error or ""),
    )


def absence_view(absence: Absence, reader: Reader) -> AbsenceView:
    """Return an absence in words, in the reader's zone."""
    return AbsenceView(
        starts_at=reader.moment(absence.starts_at),
        ends_at=reader.moment(absence.ends_at) if absence.ends_at else None,
        note=visible(absence.note),
        by=reader.full_name(absence.by) if absence.by != absence.person else "",
        is_now=absence.starts_at <= reader.now,
    )


def _plan(urgency: Urgency, known: Known, draft: Draft) -> PlanForm:
    contacts = known.person.contacts
    plan = next((one for one in known.plans if one.urgency == urgency), None)
    steps = [one for one in plan.steps if one.contact in contacts] if plan else []
    here = draft.of(f"plan {urgency}")
    return PlanForm(
        urgency=urgency,
        title=URGENCY_WORDS[urgency],
        said=_plan_words(steps),
        steps=_step_fields(steps, len(contacts), here),
        is_chosen=bool(steps),
        draft=here,
    )


def _plan_words(steps: Sequence[ContactStep]) -> str:
    """Return in which order the contacts are used, as a sentence."""
    if not steps:
        return (
            "As the table has them: the first contact that takes the message,"
            " the next only where one fails."
        )
    said = f"first {contact_name(steps[0].contact)}"
    for step in steps[1:]:
        minutes = f"{step.after_s / 60:g}"
        said += f", {minutes} minutes later {contact_name(step.contact)}"
    tail = "; the later ones only while you have not picked it up" if len(steps) > 1 else ""
    return sentence(said + tail)


def _step_fields(
    steps: Sequence[ContactStep], contacts: int, draft: Draft
) -> tuple[StepField, ...]:
    found = []
    for number in range(min(contacts, MAX_STEPS)):
        step = steps[number] if number < len(steps) else None
        minutes = f"{step.after_s / 60:g}" if step else str(DEFAULT_WAIT_MINUTES)
        found.append(
            StepField(
                draft.values.get(f"contact.{number}", contact_key(step.contact) if step else ""),
                draft.values.get(f"minutes.{number}", minutes),
            )
        )
    return tuple(found)


def read_steps(form: Mapping[str, str], contacts: Sequence[str]) -> tuple[ContactStep, ...]:
    """Return the steps of a plan that was typed in; steps without a contact are left out.

    Raises:
        ValueError: a time is no number of minutes from 0 to a day; the message says which.
    """
    by_key = {contact_key(one): one for one in contacts}
    found: list[ContactStep] = []
    for number in range(MAX_STEPS):
        contact = by_key.get(form.get(f"contact.{number}", ""))
        if contact is None:
            continue
        minutes = _minutes(form.get(f"minutes.{number}", "0")) if found else 0.0
        found.append(ContactStep(contact, minutes * 60))
    return tuple(found)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= MAX_WAIT_MINUTES:
        msg = f'"{text}" is no number of minutes from 0 to {MAX_WAIT_MINUTES:,}'
        raise ValueError(msg)
    return minutes


def read_local(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant of a local time that was typed in, in UTC; None for nothing.

    Raises:
        ValueError: it is no local time, or the clocks of the zone leave it out.
    """
    if not text.strip():
        return None
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        typed = None
    if typed is None or typed.tzinfo is not None:
        msg = f'"{text}" is no date and time; write it as 2026-11-30 09:00'
        raise ValueError(msg)
    return on_the_clock(typed, zone)
