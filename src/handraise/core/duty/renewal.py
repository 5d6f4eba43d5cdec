"""What a new version of a table asks of people: who accepts again, whom to try, what to do next.

A duty is the same where its digest is: another word, a new test or somebody else's row ask nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from handraise.core.duty.duties import Duty, duty_of
from handraise.core.table.types import Table
from handraise.model import OWNER


class Renewal(Struct, frozen=True, kw_only=True):
    """What becomes of people and routes where one table follows another; ids, in a table's order.

    Attributes:
        again: whose duty is another one: they accept it again.
        come: who has a duty for the first time: they accept it too.
        gone: who had a duty and has none any more.
        stays: whose duty is the same: what they accepted still holds.
        verify: who has a duty and a contact that the older table did not name.
        drill: the routes that are new, or that nobody of the older table is on any more, so that
            no drill of before can count for them; `owner` last.
    """

    again: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    drill: tuple[str, ...] = ()


def renewal(older: Table, newer: Table) -> Renewal:
    """Return what becomes of people and routes where one table follows another.

    Args:
        older: the table that is there.
        newer: the one that may replace it; of the same agent.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> older = read(MISSION_TABLE).table
        >>> newer = read(MISSION_TABLE.replace("0.72", "0.6")).table
        >>> renewal(older, newer).again, renewal(older, newer).stays
        (('dana',), ('ines', 'priya'))
    """
    before, after = _duties(older), _duties(newer)
    both = [id for id in after if id in before]
    return Renewal(
        again=tuple(id for id in both if before[id].digest != after[id].digest),
        come=tuple(id for id in after if id not in before),
        gone=tuple(id for id in before if id not in after),
        stays=tuple(id for id in both if before[id].digest == after[id].digest),
        verify=tuple(id for id in after if _has_new_contact(older, newer, id)),
        drill=tuple(_to_drill(older, newer)),
    )


def _duties(table: Table) -> dict[str, Duty]:
    found = {id: duty_of(table, id) for id in table.people}
    return {id: duty for id, duty in found.items() if duty is not None}


def _has_new_contact(older: Table, newer: Table, id: str) -> bool:
    known = older.people[id].contacts if id in older.people else ()
    return any(contact not in known for contact in newer.people[id].contacts)


def _to_drill(older: Table, newer: Table) -> Iterator[str]:
    for route in newer.routes.values():
        old = older.routes.get(route.id)
        if old is None or set(old.people).isdisjoint(route.people):
            yield route.id
    if older.owner != newer.owner:
        yield OWNER
