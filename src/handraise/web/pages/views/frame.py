"""What stands around every page of a signed-in person."""

from __future__ import annotations

from msgspec import Struct

from handraise.service.wiring import Operation
from handraise.web.pages.views.words import Reader, zone_of


class Frame(Struct, frozen=True, kw_only=True):
    """The head of a page.

    Attributes:
        person: the reader's full name.
        csrf: the token for the page's forms.
        zone: in which all instants of the page are told, by name.
        here: which part of the site this is: `inbox`, `table` or empty.
    """

    person: str
    csrf: str
    zone: str
    here: str = ""


def reader_of(operation: Operation, person_id: str) -> Reader:
    """Return who reads, in which zone, now."""
    people = operation.shelf.people()
    return Reader(
        id=person_id,
        zone=zone_of(people.get(person_id)),
        now=operation.clock.now(),
        people=people,
    )


def frame_of(operation: Operation, person_id: str, cookie: str, here: str = "") -> Frame:
    """Return the head of a page for a person."""
    person = operation.shelf.person(person_id)
    return Frame(
        person=person.name if person else person_id,
        csrf=operation.door.csrf(cookie),
        zone=str(zone_of(person)),
        here=here,
    )
