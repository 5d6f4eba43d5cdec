"""The gate over HTTP, with the same face as the embedded one.

INVARIANT: what the server did not say clearly is a stop. When it cannot be reached, or answers something
unexpected, `decide` gives an escalate with a `fault`, never a proceed.
"""

from __future__ import annotations

import time
from typing import Any

import httpx
import msgspec
import structlog

from handraise.core.gate.digest import plain_decision
from handraise.core.gate.explain import system_reason
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    Error,
    InputError,
    KeyConflictError,
    NotFoundError,
    SignInError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.model import OWNER, Decision, Reason, Resolution, Verdict, Work
from handraise.service.durations import timeout_seconds
from handraise.service.gate import assembled
from handraise.service.watched import Watched, alive
from handraise.service.wording import fresh_id

TRIES = 3
FIRST_PAUSE_S = 0.2
LONG_POLL_S = 25
ERRORS: dict[str, type[Error]] = {
    one.code: one
    for one in (AccessError, AlreadyAnsweredError, InputError, KeyConflictError, NotFoundError, SignInError, StillOpenError)
}

log = structlog.get_logger(__name__)


class _Said(msgspec.Struct, frozen=True):
    """A verdict as the server sends it."""

    verdict: str
    routes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    version: str
    rehearsal: bool
    escalation_id: str | None = None


class RemoteGate:
    """The gate of one agent, on a server."""

    def __init__(self, url: str, key: str, *, client: httpx.Client | None = None, timeout_s: float = 10.0) -> None:
        """Keep the address and the agent's key; nothing is asked yet.

        Args:
            url: the server's address, e.g. `https://handraise.example.com`.
            key: the agent's key, from `handraise key add`.
            client: an HTTP client of your own, for proxies and certificates.
            timeout_s: seconds for one request.

        Raises:
            InputError: the address is none, or the key is empty.
        """
        if not url.startswith(("http://", "https://")):
            raise InputError(f'"{url}" is no web address', "e.g. https://handraise.example.com")
        if not key:
            raise InputError("the agent's key is empty", "`handraise key add` makes one")
        self._base = url.rstrip("/") + "/api/v1"
        self._key = key
        self._timeout_s = timeout_s
        self._client = client or httpx.Client()
        self._owns_client = client is None

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on what the agent is about to do; total, and doubt stops.

        A decision without a key gets one, so that a request that is repeated is never two decisions.

        Raises:
            KeyConflictError: the key was already used for another decision. Use a new key.
        """
        made, faults = assembled(decision, fields)
        plain, notes = plain_decision(made)
        sent = msgspec.to_builtins(plain)
        if sent.get("key") is None:
            sent["key"] = fresh_id()
        if faults or notes:
            sent["faults"] = [*faults, *(f"could not be kept exactly: {note}" for note in notes)]
        try:
            said = msgspec.convert(self._ask("POST", "/decisions", sent), _Said)
        except KeyConflictError:
            raise
        except (Error, msgspec.ValidationError) as error:
            return self._unsaid(made, error)
        if said.verdict == "proceed" and not said.reasons:
            return Verdict(made, (), (), said.version, said.rehearsal)
        reasons = said.reasons or (system_reason("fault", "the server stopped this without a reason"),)
        return Verdict(made, reasons, said.routes or (OWNER,), said.version, said.rehearsal, said.escalation_id, self)

    def _unsaid(self, decision: Decision, error: Exception) -> Verdict:
        """Return the stop for an answer that did not come, or made no sense."""
        what = error.message if isinstance(error, Error) else "the answer made no sense"
        log.critical("the gate's server gave no verdict, so the agent stops", error=what)
        reason = system_reason("fault", f"the server gave no verdict, so nobody was told: {what}")
        return Verdict(decision, (reason,), (OWNER,))

    def resolution(self, escalation_id: str | None = None, /, *, key: str | None = None) -> Resolution | None:
        """Return what was decided, by the escalation's id or the decision's key; None while it is open.

        Raises:
            NotFoundError: this agent has no such escalation.
            StoreUnavailableError: the server cannot be reached.
        """
        if escalation_id is None:
            return self._resolution(self._ask("GET", "/escalations", params={"key": key or ""}))
        return self._resolution(self._ask("GET", f"/escalations/{escalation_id}"))

    def _resolution(self, answer: Any) -> Resolution | None:
        found = answer.get("resolution") if isinstance(answer, dict) else None
        try:
            return None if found is None else msgspec.convert(found, Resolution)
        except msgspec.ValidationError as error:
            raise StoreUnavailableError(f"the server's answer made no sense: {error}") from error

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided; a server that is away is asked again.

        Raises:
            StillOpenError: nobody has answered within `timeout`.
            NotFoundError, AccessError: this agent has no such escalation, or its key is no good.
        """
        limit = timeout_seconds(timeout)
        deadline = None if limit is None else time.monotonic() + limit
        pause = FIRST_PAUSE_S
        while True:
            left = LONG_POLL_S if deadline is None else max(0.0, min(LONG_POLL_S, deadline - time.monotonic()))
            try:
                answer = self._ask("GET", f"/escalations/{escalation_id}", params={"wait": f"{left:.0f}"}, extra_s=left)
                resolution = self._resolution(answer)
                pause = FIRST_PAUSE_S
            except StoreUnavailableError as error:
                log.warning("the gate's server is away; still waiting", error=error.message)
                resolution = None
                pause = min(pause * 2, 10.0)
            if resolution is not None:
                return resolution
            alive()
            if deadline is not None and time.monotonic() >= deadline:
                raise StillOpenError(f"nobody has decided escalation {escalation_id} yet", "wait again, or ask later with resolution()")
            time.sleep(pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic())))

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of an escalation the agent no longer needs answered.

        Raises:
            AlreadyAnsweredError: it has ended.
        """
        found = self._resolution(self._ask("POST", f"/escalations/{escalation_id}/withdraw", {"reason": reason}))
        if found is None:
            raise StillOpenError(f"escalation {escalation_id} could not be withdrawn")
        return found

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work; see `EmbeddedGate.work`."""
        return Watched(self, case, silent_after)

    def start_work(self, case: str | None = None, silent_after: str | float | None = None) -> Work:
        """Return work that is watched from now on."""
        answer = self._ask("POST", "/work", {"case": case, "silent_after": silent_after})
        try:
            return msgspec.convert(answer, Work)
        except msgspec.ValidationError as error:
            raise StoreUnavailableError(f"the server's answer made no sense: {error}") from error

    def beat(self, work_id: str) -> bool:
        """Note a sign of life; whether the work is still open."""
        return bool(self._ask("POST", f"/work/{work_id}/beat", {}).get("open"))

    def done(self, work_id: str) -> bool:
        """End a piece of work; whether it was still open."""
        return bool(self._ask("POST", f"/work/{work_id}/done", {}).get("open"))

    def failed(self, work_id: str, error: str) -> str | None:
        """Return the escalation that a crash became."""
        found: str | None = self._ask("POST", f"/work/{work_id}/failed", {"error": error}).get("escalation_id")
        return found

    def close(self) -> None:
        """Close the connections."""
        if self._owns_client:
            self._client.close()

    def __enter__(self) -> RemoteGate:
        """Return the gate itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()

    def _ask(self, method: str, path: str, content: Any = None, *, params: dict[str, str] | None = None, extra_s: float = 0.0) -> Any:
        """Return the server's answer; try again when it could not be reached or is overloaded.

        Raises:
            StoreUnavailableError: it could not be reached, or answered no JSON.
            Error: what the server refused, as the error it named.
        """
        pause = FIRST_PAUSE_S
        trouble = "it was not asked"
        for attempt in range(TRIES):
            try:
                response = self._client.request(
                    method,
                    self._base + path,
                    content=None if content is None else msgspec.json.encode(content),
                    params=params,
                    headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
                    timeout=self._timeout_s + extra_s,
                )
            except httpx.HTTPError as error:
                trouble = f"the server cannot be reached ({type(error).__name__})"
            else:
                if response.status_code not in {429, 500, 502, 503, 504}:
                    return self._read(response)
                trouble = f"the server answered {response.status_code}"
            if attempt < TRIES - 1:
                time.sleep(pause)
                pause *= 3
        raise StoreUnavailableError(trouble, "see whether `handraise serve` is running and its address is right")

    def _read(self, response: httpx.Response) -> Any:
        try:
            answer = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StoreUnavailableError(f"the server answered {response.status_code} and no JSON", "is this the address of Handraise?") from None
        if response.is_success and isinstance(answer, dict):
            return answer
        problem = answer if isinstance(answer, dict) else {}
        kind = ERRORS.get(str(problem.get("code")), StoreUnavailableError)
        raise kind(str(problem.get("detail") or f"the server answered {response.status_code}"), str(problem.get("hint") or ""))
