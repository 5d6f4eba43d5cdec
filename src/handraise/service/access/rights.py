"""Who somebody is for an agent: its owner, a person who is asked, a reader, or nobody.

Each verb checks its own right where it does its work, so that every way to it obeys: answers in
`core/lifecycle/rights.py`, absence and leaving in the roster, the rest by `Shelf.is_owner`. Here is
what pages word by it; tests/web/test_rights.py holds what everybody gets at every address.
"""

from __future__ import annotations

from typing import Literal

from handraise.service.reading.shelf import Shelf

Role = Literal["owner", "person", "reader"]
"""The owner may do what is done to a table and its people; a person what their routes are asked; a
reader may see what both see, and decides nothing."""


def role_of(shelf: Shelf, agent: str, person: str) -> Role | None:
    """Return who a person is by an agent's current table, or the one that waits; None for nobody.

    Raises:
        NotFoundError: there is no such agent.
    """
    for table in shelf.versions(agent):
        if person in table.people:
            if person == table.owner:
                return "owner"
            return "reader" if table.only_reads(person) else "person"
    return None


def only_reads(shelf: Shelf, person: str) -> bool:
    """Whether a person decides nothing for any agent: nothing is ever put to them."""
    return all(role_of(shelf, agent, person) == "reader" for agent in shelf.agents_of(person))
