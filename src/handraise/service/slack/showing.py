"""A question as it is shown to one person in Slack, from what the store and the tables know."""

from __future__ import annotations

from handraise.clock import Clock
from handraise.core.lifecycle import open_ask
from handraise.core.lifecycle.confirming import must_confirm
from handraise.core.table.types import Person
from handraise.model import ANSWER_KINDS, Ask, Escalation
from handraise.service.desk import Desk
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.slack.asking import HAVE, Shown
from handraise.service.slack.forms import can_be_typed
from handraise.service.slack.payloads import Meant, sealed
from handraise.service.telling.address import Address
from handraise.store import Store


class Showing:
    """Makes what people are shown."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        signer: Signer,
        address: Address,
        desk: Desk,
    ) -> None:
        """Keep what it is made of."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._address = address
        self._desk = desk

    @property
    def base_url(self) -> str:
        """Where the pages are."""
        return self._address.url

    def shown(self, escalation_id: str, ask_id: str, person: str) -> Shown | None:
        """Return an ask as a person is shown it now; None when there is no such ask.

        It has buttons while they may answer it.

        Raises:
            StoreError: the store cannot be read.
        """
        escalation = self._store.escalation(escalation_id)
        ask = None if escalation is None else escalation.ask(ask_id)
        if escalation is None or ask is None:
            return None
        newest = self._shelf.current(escalation.agent)
        table = self._shelf.table(escalation.agent, escalation.version)
        people = {**table.people, **newest.people}
        form = self._desk.form(escalation)
        return Shown(
            escalation=escalation,
            ask=ask,
            person=people.get(person) or Person(id=person, name=person, contacts=()),
            table=table,
            people=people,
            owner=newest.people[newest.owner],
            base_url=self._address.url,
            now=self._clock.now(),
            value=self._values(escalation, ask, person),
            must_confirm=must_confirm(escalation, "approve", table),
            can_change=can_be_typed(form, escalation.proposal),
            has_left=self._shelf.has_left(person),
        )

    def check_open(self, escalation_id: str, ask_id: str, person: str) -> None:
        """Return when a person may answer an ask now.

        Raises:
            NotFoundError: there is no such ask.
            AlreadyAnsweredError: it is no longer open.
            AccessError: it is not theirs to answer.
        """
        escalation = self._desk.escalation(escalation_id, person)
        table = self._shelf.table(escalation.agent, escalation.version)
        directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
        open_ask(escalation, ask_id, person, table, directory, self._clock.now())

    def _values(self, escalation: Escalation, ask: Ask, person: str) -> dict[str, str]:
        allowed = {one.id for one in self._desk.may_answer(escalation, person)}
        if ask.id not in allowed:
            return {}
        return {
            kind: sealed(self._signer, person, Meant(kind, ask.id, escalation.proposal_digest))
            for kind in (HAVE, *ANSWER_KINDS)
        }
