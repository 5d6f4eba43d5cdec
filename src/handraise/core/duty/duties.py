"""What being on a table's routes means for one person, in words they can accept or decline."""

from __future__ import annotations

from msgspec import Struct

from handraise.core.table.types import Table


class Duty(Struct, frozen=True, kw_only=True):
    """One person's duty by one version of a table.

    Attributes:
        agent: whose table.
        person: who.
        digest: of what they are asked and by when, and whether they are the owner; it stays where
            a new version changes nothing for them.
        lines: the duty in plain words, a sentence each.
        routes: the routes they are on, in the table's order; `owner` last, where they are it.
    """

    agent: str
    person: str
    digest: str
    lines: tuple[str, ...]
    routes: tuple[str, ...]


def duty_of(table: Table, person_id: str) -> Duty | None:
    """Return a person's duty; None for who is on no route and not the owner."""
    return None
