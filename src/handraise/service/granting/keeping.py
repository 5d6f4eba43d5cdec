"""Grants and the store: made for what was decided, used once.

INVARIANT: a grant is used at most once, whoever tries and however many at once; what the store does
not know as allowed, in each of its particulars, is not, also with a good signature: a key alone
gives nothing. The use is recorded with its event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handraise.clock import Clock
from handraise.core.gate.digest import decision_digest, plain_decision
from handraise.errors import GrantError
from handraise.model import Decision, DecisionRecord, Escalation
from handraise.service.granting.grants import (
    ASK_AGAIN,
    GRANT_LASTS,
    MAX_BY,
    FindKey,
    Grant,
    allowed_by_decision,
    allowed_by_escalation,
    checked_grant,
    grant_of_decision,
    grant_of_escalation,
    moment,
)
from handraise.service.granting.untouched import Untouched
from handraise.service.logs import Log
from handraise.service.secrets import Signer
from handraise.service.telling.wording import one_line
from handraise.store import Store

log = Log(__name__)


class Granting:
    """Gives and takes the grants of one store."""

    def __init__(self, store: Store, signer: Signer, clock: Clock) -> None:
        """Keep the store, the keys and the clock."""
        self._store = store
        self._signer = signer
        self._clock = clock

    @property
    def find(self) -> FindKey:
        """What gives the public key of a name."""
        return self._signer.find

    def of_escalation(self, escalation: Escalation) -> str | None:
        """Return the grant of an escalation; None unless it allows something."""
        return grant_of_escalation(self._signer, escalation)

    def of_decision(self, agent: str, decision: Decision) -> str:
        """Return the grant of a decision with a key that has just been judged to go ahead.

        Raises:
            GrantError: it is not recorded as such, is erased, or went ahead too long ago.
        """
        plain, _ = plain_decision(decision)
        record = self._store.decision_by_key(agent, str(plain.key), rehearsal=False)
        if (
            record is None
            or not self._went_ahead(record)
            or record.digest != decision_digest(plain)
        ):
            raise GrantError("this decision is not recorded as one that went ahead", ASK_AGAIN)
        expired_at = record.decided_at + GRANT_LASTS
        if self._clock.now() >= expired_at:
            raise GrantError(
                f"the grant of this decision expired at {moment(expired_at)}", ASK_AGAIN
            )
        return grant_of_decision(self._signer, record)

    def use(
        self,
        agent: str,
        grant: Any,
        *,
        action: str | None,
        proposal: Any,
        by: str,
        is_ready: Callable[[], bool],
        untouched: Untouched,
    ) -> Grant:
        """Use a grant up, and return what it says; to one caller only.

        Args:
            agent: whose grant it must be.
            grant: the compact JWS.
            action: the kind of thing that will be done.
            proposal: exactly what will be done.
            by: which tool uses it, for the record.
            is_ready: whether anything of this agent goes ahead without a person just now.
            untouched: refuses an escalation that was changed past us.

        Raises:
            GrantError: it does not fit, or was used; says when and by whom.
            EscalationError: its escalation was changed outside of Handraise.
            StoreError: it could not be marked as used; do not act.
        """
        try:
            now = self._clock.now()
            found = checked_grant(
                grant,
                action=action,
                proposal=proposal,
                find=self._signer.find,
                agent=agent,
                at=now,
            )
            self._check_known(found, is_ready, untouched)
            user = one_line(by)[:MAX_BY] or f"agent:{agent}"
            if not self._store.use_grant(found.id, agent, found.escalation_id, user, now):
                raise self._used(found)
        except GrantError as error:
            log.warning("a grant was refused", agent=agent, error=error.message)
            raise
        return found

    def _check_known(
        self, found: Grant, is_ready: Callable[[], bool], untouched: Untouched
    ) -> None:
        """Refuse what the store does not know as allowed, exactly as the grant says it."""
        if found.escalation_id is not None:
            escalation = self._store.escalation(found.escalation_id)
            allowed = None if escalation is None else allowed_by_escalation(escalation)
            is_known = allowed is not None and allowed.agent == found.agent
            if is_known and escalation is not None:
                untouched.check(escalation)
        else:
            record = self._store.decision_by_id(found.id)
            went_ahead = record is not None and self._went_ahead(record)
            allowed = allowed_by_decision(record) if record is not None and went_ahead else None
            is_known = allowed is not None and allowed.agent == found.agent
            if is_known and not is_ready():
                raise GrantError(
                    "nothing of this agent goes ahead on its own just now",
                    "the owner has withdrawn the table, or must sign for it",
                )
        if not is_known:
            raise GrantError("this grant is of something that is not known here", ASK_AGAIN)
        if found != allowed:
            log.critical(
                "a grant with a good signature says something else than was decided",
                agent=found.agent,
                id=found.id,
            )
            raise GrantError(
                "this grant says something else than was decided",
                "do not act; somebody may have got hold of a signing key",
            )

    def _used(self, found: Grant) -> GrantError:
        used = self._store.used_grant(found.id)
        when = "" if used is None else f" at {moment(used[0])} by {used[1]}"
        return GrantError(f"this grant was used already{when}", ASK_AGAIN)

    def _went_ahead(self, record: DecisionRecord) -> bool:
        """Whether a decision is kept as one that went ahead, as it was sealed, and not erased."""
        if record.rows or record.rehearsal or record.escalation_id:
            return False
        return not (self._store.seal_is_broken(record.id) or self._store.is_erased(record.id))
