"""Who cannot be reached, has not answered about their duty, or has declined it; told to the owners.

INVARIANT: an owner is told once a day at most, by one message, however many workers there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from handraise.core.duty import Duty
from handraise.core.table.types import Person
from handraise.model import DutyRecord
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import alarm, fresh_id
from handraise.service.telling.wording.invitations import unsettled_lines
from handraise.store import Store

PATIENCE = timedelta(days=1)
"""How long people have before the owner is told that they have not answered."""

TOLD_EVERY_S = 24 * 3600.0
SUBJECT = "Not everybody has confirmed a contact and accepted their duty"


class Unsettled:
    """Collects who is unsettled; each of the three is by person, with the agents it concerns."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.unreachable: dict[str, set[str]] = {}
        self.unanswered: dict[str, set[str]] = {}
        self.declined: dict[str, set[str]] = {}

    def add(
        self,
        person: Person,
        duties: Sequence[Duty],
        answers: Mapping[tuple[str, str, str], DutyRecord],
        asked_at: datetime | None,
        now: datetime,
    ) -> None:
        """Take up one person.

        Args:
            person: who.
            duties: theirs by the newest tables.
            answers: everybody's, by agent, person and digest.
            asked_at: since when they were asked to confirm a contact, and have confirmed none; None
                where they have, or were not asked yet.
            now: the present instant.
        """
        shown = f"{person.name} ({person.id})"
        for duty in duties:
            answer = answers.get((duty.agent, person.id, duty.digest))
            if asked_at is not None and asked_at <= now - PATIENCE:
                self.unreachable.setdefault(shown, set()).add(duty.agent)
            if answer is None:
                continue
            if answer.state == "asked" and answer.asked_at <= now - PATIENCE:
                self.unanswered.setdefault(shown, set()).add(duty.agent)
            if answer.state == "declined":
                self.declined.setdefault(shown, set()).add(duty.agent)


def tell_owners(unsettled: Unsettled, store: Store, shelf: Shelf, now: datetime) -> int:
    """Tell each owner of whom they must know; return how many messages that takes.

    Raises:
        StoreError: the store cannot be reached; it is told the next time.
    """
    agents_of: dict[str, list[str]] = {}
    for agent in shelf.agents():
        agents_of.setdefault(shelf.current(agent).owner, []).append(agent)
    count = 0
    for owner, agents in agents_of.items():
        found = (unsettled.unreachable, unsettled.unanswered, unsettled.declined)
        lines = unsettled_lines(*(_names(one, agents) for one in found))
        if lines:
            person = shelf.current(agents[0]).people[owner]
            count += _tell(store, agents[0], person, lines, now)
    return count


def _tell(store: Store, agent: str, owner: Person, lines: Sequence[str], now: datetime) -> bool:
    message = alarm(agent, owner, SUBJECT, lines, now)
    lease = f"told {owner.id} who is unsettled"
    return store.acquire_lease(lease, fresh_id(), now, TOLD_EVERY_S, messages=[message])


def _names(found: Mapping[str, set[str]], agents: Sequence[str]) -> list[str]:
    """Return who of those found concerns some agents, with which."""
    return [
        f"{shown}, for {', '.join(sorted(on.intersection(agents)))}"
        for shown, on in found.items()
        if on.intersection(agents)
    ]
