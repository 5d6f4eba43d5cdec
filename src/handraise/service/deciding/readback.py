"""What a gate reads back: the escalations of its agent, what came of them, and their grants.

Nothing is decided here. An escalation of another agent is never seen, and a grant is never made in
a rehearsal, nor taken.
"""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core.lifecycle import withdraw
from handraise.core.table.form import shown
from handraise.errors import GrantError, NotFoundError, StillOpenError, StoreUnavailableError
from handraise.model import Escalation, Message, Move, Resolution
from handraise.service.deciding.durations import timeout_seconds
from handraise.service.deciding.watched import alive
from handraise.service.granting.grants import FindKey, Grant
from handraise.service.granting.keeping import Granting
from handraise.service.granting.untouched import Untouched
from handraise.service.logs import Log
from handraise.service.outcomes.telling import Outcomes, refuse_bad, report_of
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import messages_for
from handraise.service.tracing import step
from handraise.store import Store

POLL_S = 0.1
MAX_POLL_S = 1.0
REHEARSAL = "this is a rehearsal, nothing may be done"

log = Log(__name__)


class ReadingGate:
    """The half of an embedded gate that reads back what was decided, and takes grants."""

    def __init__(
        self,
        agent: str,
        *,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        granting: Granting,
        address: Address,
        rehearsal: bool,
    ) -> None:
        """Keep what reading needs."""
        self.agent = agent
        self.rehearsal = rehearsal
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._granting = granting
        self._address = address
        self._untouched = Untouched(store, shelf, clock)
        self._process = os.getpid()

    @property
    def ready(self) -> bool:
        """Whether the table that judges has its go-live record; the gate looks."""
        raise NotImplementedError

    def resolution(
        self, escalation_id: str | None = None, /, *, key: str | None = None
    ) -> Resolution | None:
        """Return what was decided, by the escalation's id or the decision's key; None while open.

        Raises:
            NotFoundError: this agent has no such escalation; a decision that went ahead has none.
            EscalationError: it was changed outside of Handraise. Do not act.
        """
        return self.with_grant(self.escalation(escalation_id, key=key))

    def with_grant(self, escalation: Escalation) -> Resolution | None:
        """Return the resolution of an escalation of this agent, with its grant; None while open.

        Raises:
            EscalationError: it was changed outside of Handraise. Do not act.
        """
        self._untouched.check(escalation)
        resolution = escalation.resolution()
        grant = None if self.rehearsal else self._granting.of_escalation(escalation)
        if resolution is None or grant is None:
            return resolution
        granted: Resolution = msgspec.structs.replace(resolution, grant=grant)
        return granted

    def escalation(
        self, escalation_id: str | None = None, /, *, key: str | None = None
    ) -> Escalation:
        """Return an escalation of this agent, by id or key.

        Raises:
            NotFoundError: this agent has none of that id or key.
        """
        if escalation_id is None:
            record = self._store.decision_by_key(self.agent, key or "", rehearsal=self.rehearsal)
            if record is None or record.escalation_id is None:
                raise NotFoundError(
                    f"no escalation has the key {shown(key)}", "it went ahead, or was never decided"
                )
            escalation_id = record.escalation_id
        found = self._store.escalation(escalation_id)
        if found is None or found.agent != self.agent:
            raise NotFoundError(f"there is no escalation {shown(escalation_id)}")
        return found

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided; a store that is away is asked again.

        Args:
            escalation_id: which escalation.
            timeout: seconds, or a duration such as `"2h"`; None waits for as long as it takes.

        Raises:
            StillOpenError: nobody has answered within `timeout`; ask again later by id or key.
            NotFoundError: this agent has no such escalation.
            EscalationError: it was changed outside of Handraise. Do not act.
            InputError: `timeout` is no duration.
        """
        with step("wait", self.agent) as span:
            span.tell_wait(escalation_id, None)
            found = self._waited(escalation_id, timeout_seconds(timeout))
            span.tell_wait(escalation_id, found.outcome)
        return found

    def _waited(self, escalation_id: str, limit: float | None) -> Resolution:
        """Return the resolution once a person has decided, within so many seconds."""
        deadline = None if limit is None else time.monotonic() + limit
        pause = POLL_S
        while True:
            resolution = self._looked(escalation_id)
            if resolution is not None:
                return resolution
            alive()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise StillOpenError(
                    f"nobody has decided escalation {shown(escalation_id)} yet",
                    "wait again, or ask later with resolution()",
                )
            time.sleep(pause if left is None else min(pause, left))
            pause = min(pause * 1.5, MAX_POLL_S)

    def _looked(self, escalation_id: str) -> Resolution | None:
        try:
            return self.resolution(escalation_id)
        except StoreUnavailableError as error:
            if os.getpid() != self._process:
                raise
            log.warning("still waiting: the store is away", error=error.message)
            return None

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of an escalation the agent no longer needs answered.

        Raises:
            NotFoundError: this agent has none of that id.
            AlreadyAnsweredError: it has ended.
        """
        self.escalation(escalation_id)

        def move(escalation: Escalation) -> tuple[Move, list[Message]]:
            now = self._clock.now()
            made = withdraw(escalation, reason, now)
            return made, messages_for(made, self._shelf, self._address.url, now)

        self._store.change(escalation_id, move)
        resolution = self.resolution(escalation_id)
        if resolution is None:
            raise StillOpenError(f"escalation {escalation_id} could not be withdrawn")
        return resolution

    def outcome(
        self,
        decision: str,
        is_right: bool,
        *,
        at: datetime | None = None,
        stake: float | None = None,
        note: str = "",
    ) -> bool:
        """Keep how a decision of this agent turned out; return whether that is news.

        It is the agent's own word: kept, shown, and counted in no estimate. What counts comes from
        `handraise outcomes`, or from a key that may report outcomes and nothing else.

        Args:
            decision: its key, or its id.
            is_right: whether what was done turned out right.
            at: when that turned out; None for now.
            stake: what a wrong one cost, in the table's money unit.
            note: words.

        Raises:
            NotFoundError: this agent has no such decision.
            InputError: it was a rehearsal, lies in the future, or is of another type.
        """
        report = report_of(decision, is_right, at, stake, note)
        outcomes = Outcomes(self._store, self._shelf, self._clock)
        taken = outcomes.take(self.agent, [report], source="agent", by=self.agent)
        refuse_bad(taken, 1)
        return taken.kept > 0

    @property
    def find_key(self) -> FindKey:
        """What gives the public key of a name, by which this operation's grants are checked."""
        return self._granting.find

    def use_grant(
        self, grant: str | None, *, action: str | None, proposal: Any, by: str = ""
    ) -> Grant:
        """Use a grant up, and return what it says: then, and only then, act, once.

        Args:
            grant: of a resolution, or of a verdict that went ahead.
            action: the kind of thing that will be done.
            proposal: exactly what will be done.
            by: the name of the tool that acts, for the record.

        Raises:
            GrantError: it is not for this, or was used already; says why. Do not act.
            EscalationError: what it is of was changed outside of Handraise. Do not act.
            StoreError: it could not be marked as used. Do not act.
        """
        if self.rehearsal:
            raise GrantError(REHEARSAL, "a rehearsal takes no grants")
        return self._granting.use(
            self.agent,
            grant,
            action=action,
            proposal=proposal,
            by=by,
            is_ready=lambda: self.ready,
            untouched=self._untouched,
        )
