"""What was decided counts while it is as Handraise left it: edited with SQL, it allows nothing.

The last event of an escalation commits to its rows. They are held against it whenever they would
let an agent act, and then only: what allows nothing needs no proof.
"""

from __future__ import annotations

from msgspec.structs import replace

from handraise.clock import Clock
from handraise.errors import EscalationError
from handraise.model import Escalation
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import alarm
from handraise.store import Store

SUBJECT = "An escalation was changed outside of Handraise"
LOOK = "do not act; `handraise log verify` says where"

log = Log(__name__)


class Untouched:
    """Refuses what was changed past Handraise, and tells the owner once."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what looking and telling need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def check(self, escalation: Escalation) -> None:
        """Refuse an escalation that lets an agent act and is not as its last event left it.

        Raises:
            EscalationError: it was changed outside of Handraise. Nothing may be done on it.
            StoreError: it could not be looked at.
        """
        resolution = escalation.resolution()
        if resolution is None or not resolution.may_act:
            return
        flaw = self._store.changed_outside(escalation.id)
        if flaw is None:
            return
        log.critical(
            "an escalation was changed outside of handraise, so nothing may be done on it",
            agent=escalation.agent,
            escalation=escalation.id,
        )
        self._tell(escalation, f"{flaw.place}: {flaw.what}.")
        raise EscalationError(
            f"the escalation {escalation.id} was changed outside of Handraise", LOOK
        )

    def _tell(self, escalation: Escalation, what: str) -> None:
        """Tell the owner, once for each escalation: the message's id is made of its id."""
        table, now = self._shelf.current(escalation.agent), self._clock.now()
        lines = (
            what,
            f"It reads as {escalation.outcome}. The agent is refused whatever it would allow.",
            "Please find out who writes to the database. `handraise log verify` says what else"
            " was changed.",
        )
        owner = table.people[table.owner]
        told = alarm(escalation.agent, owner, SUBJECT, lines, now, escalation.id)
        self._store.add_messages([replace(told, id=f"changed.{escalation.id}")])
