"""The gate over HTTP, with the same face as the embedded one.

INVARIANT: what the server did not say clearly is a stop. When it cannot be reached, or answers
something unexpected, `decide` gives an escalate with a `fault`, never a proceed.
"""

from __future__ import annotations

import math
import time
from datetime import datetime
from typing import Any, Literal

import httpx
import msgspec

from handraise.core.gate.digest import plain_decision, proposal_digest
from handraise.core.gate.explain import system_reason
from handraise.core.table.form import shown
from handraise.errors import (
    Error,
    GrantError,
    KeyConflictError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.model import OWNER, Decision, Presence, Reason, Resolution, Verdict, Work
from handraise.service.deciding.durations import duration_seconds, timeout_seconds
from handraise.service.deciding.in_force import InForce
from handraise.service.deciding.incoming import MAX_FAULTS, assembled, usable_names
from handraise.service.deciding.present import (
    no_longer_promised,
    nothing_promised,
    promised,
)
from handraise.service.deciding.watched import Watched, alive, patience
from handraise.service.deciding.wire import (
    FIRST_PAUSE_S,
    RIGHT_ADDRESS,
    SENSELESS,
    Wire,
    converted,
    path_of,
)
from handraise.service.granting.grants import MAX_BY, NO_KEY, FindKey, Grant, plain_proposal
from handraise.service.granting.verifying import ServedKeys
from handraise.service.logs import Log
from handraise.service.outcomes.telling import report_of
from handraise.service.telling.wording import fresh_id
from handraise.service.tracing import step

MAX_PAUSE_S = 10.0
LONG_POLL_S = 25.0
MAX_WORDS = 10_000

log = Log(__name__)


class _Said(msgspec.Struct, frozen=True):
    """A verdict as the server sends it."""

    verdict: str
    routes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    version: str
    rehearsal: bool
    escalation_id: str | None = None
    may_act: bool | None = None
    familiarity: float | None = None
    waived: tuple[str, ...] = ()


class _SaidOfOne(msgspec.Struct, frozen=True):
    """What the server says of one escalation, as far as an agent needs it."""

    id: str
    state: Literal["open", "resolved"]
    resolution: Resolution | None


class _SaidOfGrant(msgspec.Struct, frozen=True):
    """A grant as the server gives it."""

    grant: str


class PresenceState(msgspec.Struct, frozen=True):
    """What the server says of a process that ends: whether signs of it were expected."""

    expected: bool


class _SaidOfOutcomes(msgspec.Struct, frozen=True):
    """How many outcomes were news."""

    kept: int


class RemoteGate:
    """The gate of one agent, on a server."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        client: httpx.Client | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """Keep the address and the agent's key; nothing is asked yet.

        Args:
            url: the server's address, e.g. `https://handraise.example.com`.
            key: the agent's key, from `handraise key add`.
            client: an HTTP client of your own, for proxies and certificates.
            timeout_s: seconds for one request.

        Raises:
            InputError: the address is none, or the key is none.
        """
        self._wire = Wire(url, key, client, timeout_s)
        self._keys = ServedKeys(lambda: self._wire.ask("GET", "/keys.json"))

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on what the agent is about to do; total, doubt stops.

        A decision without a key gets one, so that a repeated request is never two decisions.

        Raises:
            KeyConflictError: the key was already used for another decision. Use a new key.
        """
        made, faults = assembled(decision, fields)
        with step("decide", kind="CLIENT") as span:
            verdict = self._asked(made, faults)
            span.tell_verdict(verdict, None)
        return verdict

    def _asked(self, made: Decision, faults: tuple[str, ...]) -> Verdict:
        """Return what the server says of a decision; a stop where it says nothing clear."""
        try:
            answer = self._wire.ask("POST", "/decisions", _as_sent(made, faults))
            said = msgspec.convert(answer, _Said)
        except KeyConflictError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails here, the agent stops
            return self._unsaid(made, error)
        return self._verdict(made, said)

    def _verdict(self, decision: Decision, said: _Said) -> Verdict:
        """Return the verdict that was said; a proceed only when nothing else was said with it."""
        is_plain = not (said.reasons or said.routes or said.escalation_id)
        if said.verdict == "proceed" and is_plain:
            verdict = Verdict(
                decision,
                (),
                (),
                said.version,
                said.rehearsal,
                familiarity=said.familiarity,
                waived=said.waived,
            )
            if said.may_act in {None, verdict.may_act}:
                return verdict
        reasons, routes = said.reasons, said.routes
        if said.verdict != "escalate" or not reasons:
            reasons += (system_reason("fault", "the server's verdict contradicts itself"),)
            routes = tuple(dict.fromkeys((*routes, OWNER)))
        return Verdict(
            decision,
            reasons,
            routes,
            said.version,
            said.rehearsal,
            said.escalation_id,
            self,
            said.familiarity,
            said.waived,
        )

    def _unsaid(self, decision: Decision, error: Exception) -> Verdict:
        """Return the stop for an answer that did not come, or made no sense."""
        if isinstance(error, msgspec.ValidationError):
            what = "the answer made no sense"
        else:
            what = error.message if isinstance(error, Error) else type(error).__name__
        log.critical("the gate's server gave no verdict, so the agent stops", error=what)
        reason = system_reason("fault", f"the server gave no verdict, so nobody was told: {what}")
        return Verdict(decision, (reason,), (OWNER,))

    def resolution(
        self, escalation_id: str | None = None, /, *, key: str | None = None
    ) -> Resolution | None:
        """Return what was decided, by the escalation's id or the decision's key; None while open.

        Raises:
            NotFoundError: this agent has no such escalation; a decision that went ahead has none.
            StoreUnavailableError: the server cannot be reached.
        """
        if escalation_id is not None:
            return self._resolution(self._wire.ask("GET", path_of("escalations", escalation_id)))
        return self._resolution(self._wire.ask("GET", "/escalations", params={"key": key or ""}))

    def _resolution(self, answer: Any) -> Resolution | None:
        """Return the resolution in what was said of one escalation; None when that is open."""
        said = converted(answer, _SaidOfOne)
        found = said.resolution
        if (found is None) != (said.state == "open") or (found and found.escalation_id != said.id):
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS)
        return found

    def in_force(self) -> InForce:
        """Return the version that judges, whether its record holds, and what waits.

        Raises:
            StoreUnavailableError: the server cannot be reached.
        """
        return converted(self._wire.ask("GET", "/table"), InForce)

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided; a server that is away is asked again.

        Raises:
            StillOpenError: nobody has answered within `timeout`.
            NotFoundError, AccessError: this agent has no such escalation, or its key is no good.
            InputError: `timeout` is no duration.
        """
        with step("wait", kind="CLIENT") as span:
            span.tell_wait(escalation_id, None)
            found = self._waited(escalation_id, timeout_seconds(timeout))
            span.tell_wait(escalation_id, found.outcome)
        return found

    def _waited(self, escalation_id: str, limit: float | None) -> Resolution:
        """Return the resolution once a person has decided, within so many seconds."""
        deadline = None if limit is None else time.monotonic() + limit
        pause = FIRST_PAUSE_S
        while True:
            alive()
            longest = min(LONG_POLL_S, patience())
            left = longest if deadline is None else min(longest, deadline - time.monotonic())
            resolution, is_away = self._looked(escalation_id, max(0.0, left))
            if resolution is not None:
                return resolution
            pause = min(pause * 2, MAX_PAUSE_S) if is_away else FIRST_PAUSE_S
            left = math.inf if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise StillOpenError(
                    f"nobody has decided escalation {shown(escalation_id)} yet",
                    "wait again, or ask later with resolution()",
                )
            time.sleep(min(pause, left, patience()))

    def _looked(self, escalation_id: str, wait_s: float) -> tuple[Resolution | None, bool]:
        """Return the resolution when there is one by then, and whether the server is away."""
        path = path_of("escalations", escalation_id)
        try:
            wait = {"wait": f"{wait_s:.3f}"}
            answer = self._wire.ask("GET", path, params=wait, extra_s=wait_s, tries=1)
            return self._resolution(answer), False
        except StoreUnavailableError as error:
            log.warning("still waiting: the gate's server is away", error=error.message)
            return None, True

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of an escalation the agent no longer needs answered.

        Raises:
            AlreadyAnsweredError: it has ended.
        """
        path = path_of("escalations", escalation_id, "withdraw")
        found = self._resolution(self._wire.ask("POST", path, {"reason": reason[:MAX_WORDS]}))
        if found is None:
            raise StillOpenError(f"escalation {shown(escalation_id)} could not be withdrawn")
        return found

    def grant(self, verdict: Verdict) -> str:
        """Return the grant of a verdict that lets the agent act; see `EmbeddedGate.grant`.

        Raises:
            GrantError: it may not be done, and why. Do not act.
            StoreUnavailableError: the server cannot be reached.
        """
        made, faults = assembled(verdict.decision, {})
        if made.key is None:
            raise GrantError(*NO_KEY)
        sent = {"decision": _as_sent(made, faults)}
        return converted(self._wire.ask("POST", "/grants", sent), _SaidOfGrant).grant

    def use_grant(
        self, grant: str | None, *, action: str | None, proposal: Any, by: str = ""
    ) -> Grant:
        """Use a grant up, and return what it says; see `EmbeddedGate.use_grant`.

        It is asked once: where no answer comes, the grant may be used up, and nothing may be done.

        Raises:
            GrantError: it is not for this, or was used already; says why. Do not act.
            StoreUnavailableError: the server gave no clear answer. Do not act.
        """
        plain = plain_proposal(proposal)
        sent = {"grant": grant or "", "action": action, "proposal": plain, "by": by[:MAX_BY]}
        found = converted(self._wire.ask("POST", "/grants/use", sent, tries=1), Grant)
        if (found.action, found.digest) != (action, proposal_digest(action, plain)):
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS)
        return found

    def outcome(
        self,
        decision: str,
        is_right: bool,
        *,
        at: datetime | None = None,
        stake: float | None = None,
        note: str = "",
    ) -> bool:
        """Report how a decision turned out; whether that is news. See `EmbeddedGate.outcome`.

        It counts where the gate has a key from `handraise key add AGENT --may outcomes`.

        Raises:
            NotFoundError: the agent has no such decision.
            InputError: it was a rehearsal, lies in the future, or is of another type.
            StoreUnavailableError: the server cannot be reached.
        """
        report_of(decision, is_right, at, stake, note)
        one = {"decision": decision, "is_right": is_right, "at": at, "stake": stake, "note": note}
        answer = self._wire.ask("POST", "/outcomes", {"outcomes": [one]})
        return converted(answer, _SaidOfOutcomes).kept > 0

    @property
    def find_key(self) -> FindKey:
        """What gives the public key of a name; the server's keys are kept for ten minutes."""
        return self._keys.find

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work; see `EmbeddedGate.work`."""
        return Watched(self, case, silent_after)

    def alive(self, every: str | float = "5m", name: str | None = None) -> bool:
        """Give a sign of life; see `EmbeddedGate.alive`. A server that is away is False."""
        return promised(self, every, name).give()

    def leaves(self, name: str | None = None) -> bool:
        """Say that this process ends; see `EmbeddedGate.leaves`."""
        no_longer_promised(self, name)
        answer = self._wire.ask("POST", "/presences/leave", {"name": name})
        return converted(answer, PresenceState).expected

    def give_sign(self, every: str | float, name: str | None = None) -> Presence:
        """Return a process's sign of life, kept by the server; the verb behind `alive`."""
        sent = {"every": every, "name": name}
        return converted(self._wire.ask("POST", "/presences", sent, tries=1), Presence)

    def start_work(self, case: str | None = None, silent_after: str | float | None = None) -> Work:
        """Return work that is watched from now on.

        Raises:
            InputError: `silent_after` is no duration, or the case no text.
            StoreUnavailableError: the server cannot be reached.
        """
        limit = None if silent_after is None else duration_seconds("silent_after", silent_after)
        sent = {"case": case, "silent_after": limit}
        # Never sent twice: nobody would end the first one, and its silence would be a false alarm.
        answer = self._wire.ask("POST", "/work", sent, tries=1)
        return converted(answer, Work)

    def beat(self, work_id: str) -> bool:
        """Note a sign of life; whether the work is still open."""
        return self._was_open(self._wire.ask("POST", path_of("work", work_id, "beat"), {}))

    def done(self, work_id: str) -> bool:
        """End a piece of work; whether it was still open."""
        return self._was_open(self._wire.ask("POST", path_of("work", work_id, "done"), {}))

    def _was_open(self, answer: dict[str, Any]) -> bool:
        found = answer.get("open")
        if not isinstance(found, bool):
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS)
        return found

    def failed(self, work_id: str, error: str) -> str | None:
        """Return the escalation that a crash became, or None when the work had ended before."""
        sent = {"error": error[-MAX_WORDS:]}
        found = self._wire.ask("POST", path_of("work", work_id, "failed"), sent).get(
            "escalation_id"
        )
        return found if isinstance(found, str) else None

    def close(self) -> None:
        """Close the connections."""
        nothing_promised(self)
        self._wire.close()

    def __enter__(self) -> RemoteGate:
        """Return the gate itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _as_sent(decision: Decision, faults: tuple[str, ...]) -> dict[str, Any]:
    """Return what is sent for a decision: plain values, a key, and what is wrong already."""
    decision, more = usable_names(decision)
    plain, notes = plain_decision(decision)
    sent: dict[str, Any] = {
        name: getattr(plain, name)
        for name in Decision.__struct_fields__
        if getattr(plain, name) is not None
    }
    sent.setdefault("key", fresh_id())
    wrong = [*faults, *more, *(f"could not be kept exactly: {note}" for note in notes)]
    return {**sent, "faults": wrong[:MAX_FAULTS]} if wrong else sent
