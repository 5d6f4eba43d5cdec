"""People and routes of a table: contacts, hours, capacities and deadlines read from their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from handraise.core.duty.holidays import place_problem
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path
from handraise.core.table.spec import CalendarSpec, PersonSpec, RouteSpec
from handraise.core.table.types import ALWAYS, CalendarUse, Person, Route, Span
from handraise.core.table.units import UnitProblem, capacity, hours
from handraise.model import OWNER

ADDRESS = re.compile(r"[^@\s:/?#]+@[^@\s:/?#.]+(\.[^@\s:/?#.]+)+")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S+")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
RESERVED = {
    "operator": "whoever works at the command line of the server",
    "handraise": "Handraise itself",
    "agent": "the agent",
    OWNER: "the table's owner, whoever that is",
}
"""What no person may be called: the record says by these who did something."""


class PeopleBuilder:
    """Builds people and routes."""

    def __init__(self, notes: Notes, contact_problem: Callable[[str], str | None] | None) -> None:
        """Keep where findings go, and who knows what is wrong with a contact."""
        self.notes = notes
        self.contact_problem = contact_problem

    def person(self, id: str, spec: PersonSpec) -> Person:
        """Return a person."""
        path: Path = ("people", id)
        if id.lower() in RESERVED:
            self.notes.say(
                path,
                "reserved",
                f'"{id}" cannot be a person: it stands for {RESERVED[id.lower()]}',
                "choose another id for this person",
                key=True,
            )
        for place, contact in enumerate(spec.contact):
            wrong = self._contact(contact)
            if wrong:
                where: Path = (
                    (*path, "contact", place)
                    if (*path, "contact", place) in self.notes.source.values
                    else (*path, "contact")
                )
                self.notes.say(
                    where,
                    "contact",
                    f'"{contact}" cannot be a contact: {wrong}',
                    'e.g. "mailto:name@example.com" or an Apprise URL',
                )
        try:
            ZoneInfo(spec.zone)
        except (OSError, ValueError, KeyError):
            self.notes.say(
                (*path, "zone"),
                "zone",
                f'unknown time zone "{spec.zone}"',
                "use an IANA name such as Europe/Lisbon",
            )
        if spec.holidays is not None and (problem_of := place_problem(spec.holidays)) is not None:
            self.notes.say((*path, "holidays"), "holidays", *problem_of)
        a_day: int | None = None
        at_once: int | None = None
        if spec.capacity is not None:
            try:
                a_day, at_once = capacity(spec.capacity)
            except UnitProblem as problem:
                self.notes.say((*path, "capacity"), "capacity", str(problem))
        return Person(
            id=id,
            name=spec.name,
            contacts=tuple(spec.contact),
            hours=self._hours((*path, "hours"), spec),
            calendars=tuple(
                CalendarUse(one.calendar, every_event=one.events == "all")
                for one in spec.hours
                if isinstance(one, CalendarSpec)
            ),
            holidays=spec.holidays,
            zone=spec.zone,
            capacity_day=a_day,
            capacity_open=at_once,
        )

    def _hours(self, path: Path, spec: PersonSpec) -> tuple[Span, ...]:
        """Return the weekly spans among a person's hours."""
        written = [one for one in spec.hours if isinstance(one, str)]
        if not written:
            return ()
        try:
            found = hours(written[0] if len(written) == 1 else written)
        except UnitProblem as problem:
            self.notes.say(path, "hours", str(problem))
            return ALWAYS
        if found == ALWAYS and len(written) < len(spec.hours):
            message = "who is always there has no use for a calendar"
            self.notes.say(path, "hours", message, "take always out, or the calendar")
        return found

    def _contact(self, contact: str) -> str | None:
        """Return what is wrong with a contact, or None."""
        if VARIABLE.search(contact) is None:
            if contact.startswith("mailto:") and not contact.startswith("mailto://"):
                return (
                    None
                    if ADDRESS.fullmatch(contact.removeprefix("mailto:"))
                    else "the mail address is not complete"
                )
            if not URL.fullmatch(contact):
                return "it is no URL"
        elif "$" in VARIABLE.sub("", contact):
            return "a $ stands alone; refer to the environment as ${NAME}"
        return self.contact_problem(contact) if self.contact_problem else None

    def route(self, id: str, spec: RouteSpec, people: dict[str, PersonSpec]) -> Route:
        """Return a route."""
        path: Path = ("routes", id)
        if id == OWNER:
            self.notes.say(
                path,
                "reserved",
                '"owner" is always there and leads to the owner',
                "choose another name for this route",
                key=True,
            )
        listed = spec.people
        base: Path = (*path, "people") if (*path, "people") in self.notes.source.values else path
        for place, person in enumerate(listed):
            where = (*base, place) if (*base, place) in self.notes.source.values else base
            if person not in people:
                self.notes.unknown(where, "person", person, people)
            if person in listed[:place]:
                self.notes.say(
                    where,
                    "repeated",
                    f'"{person}" stands on this route twice',
                    "a person has an ask once; remove one",
                )
        said = len(self.notes.findings)
        acknowledge = self.notes.seconds((*path, "acknowledge_within"), spec.acknowledge_within)
        decide = self.notes.seconds((*path, "decide_within"), spec.decide_within)
        if decide < acknowledge and len(self.notes.findings) == said:
            self.notes.say(
                (*path, "decide_within"),
                "deadlines",
                "the deadline to decide is before the one to acknowledge",
                "make decide_within the longer one",
            )
        if spec.needs > len(set(listed)):
            self.notes.say(
                (*path, "needs"),
                "needs",
                f"{spec.needs} must agree, but there are only {len(set(listed))} on this route",
                "nobody agrees twice; add people, or make needs smaller",
            )
        return Route(
            id=id,
            people=tuple(listed),
            acknowledge_within_s=acknowledge,
            decide_within_s=decide,
            needs=spec.needs,
        )

    def one_mailbox(self, route: Route, people: dict[str, Person], owner: str) -> None:
        """Say which people of a route are reached in one place, where several must agree.

        The owner counts: whatever nobody on the route takes comes to them.
        """
        if route.needs < 2:
            return
        asked = [people[id] for id in dict.fromkeys([*route.people, owner]) if id in people]
        for ids in shared_contacts(asked).values():
            self.notes.say(
                ("routes", route.id, "needs"),
                "one-mailbox",
                f"{route.needs} must agree, but {' and '.join(ids)} share a contact",
                "whoever reads it could agree twice; give each a contact of their own",
            )


def shared_contacts(people: Iterable[Person]) -> dict[str, list[str]]:
    """Return the contacts that several of some people have, in lower case, each with their ids."""
    found: dict[str, list[str]] = {}
    for person in people:
        for contact in dict.fromkeys(one.lower() for one in person.contacts):
            found.setdefault(contact, []).append(person.id)
    return {contact: ids for contact, ids in found.items() if len(ids) > 1}
