"""The gate over HTTP, with the same face as the embedded one.

INVARIANT: what the server did not say clearly is a stop. When it cannot be reached, or answers
something unexpected, `decide` gives an escalate with a `fault`, never a proceed.
"""

from __future__ import annotations

import math
import time
from typing import Any, Literal
from urllib.parse import quote

import httpx
import msgspec

from handraise.core.gate.digest import plain_decision
from handraise.core.gate.explain import system_reason
from handraise.core.table.form import shown
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
from handraise.service.durations import duration_seconds, timeout_seconds
from handraise.service.incoming import MAX_FAULTS, assembled, usable_names
from handraise.service.logs import Log
from handraise.service.watched import Watched, alive, patience
from handraise.service.wording import fresh_id

TRIES = 3
FIRST_PAUSE_S = 0.2
MAX_PAUSE_S = 10.0
LONG_POLL_S = 25.0
MAX_WORDS = 10_000
MAX_DETAIL = 500
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
SENSELESS = "the server's answer made no sense"
RIGHT_ADDRESS = "is this the address of Handraise, and of the same release?"
ERRORS: dict[str, type[Error]] = {
    one.code: one
    for one in (
        AccessError,
        AlreadyAnsweredError,
        InputError,
        KeyConflictError,
        NotFoundError,
        SignInError,
        StillOpenError,
    )
}

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


class _SaidOfOne(msgspec.Struct, frozen=True):
    """What the server says of one escalation, as far as an agent needs it."""

    id: str
    state: Literal["open", "resolved"]
    resolution: Resolution | None


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
        try:
            parts = httpx.URL(url)
            is_web = parts.scheme in {"http", "https"} and bool(parts.host)
        except (httpx.InvalidURL, TypeError):
            is_web = False
        if not is_web:
            raise InputError(
                f"{shown(url)} is no web address", "e.g. https://handraise.example.com"
            )
        if not (isinstance(key, str) and key.isascii() and key.isprintable() and key.strip()):
            raise InputError("this is no agent's key", "`handraise key add` makes one")
        self._base = url.rstrip("/") + "/api/v1"
        self._key = key.strip()
        self._timeout_s = timeout_s
        self._client = client or httpx.Client()
        self._owns_client = client is None

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on what the agent is about to do; total, doubt stops.

        A decision without a key gets one, so that a repeated request is never two decisions.

        Raises:
            KeyConflictError: the key was already used for another decision. Use a new key.
        """
        made, faults = assembled(decision, fields)
        try:
            said = msgspec.convert(self._ask("POST", "/decisions", _as_sent(made, faults)), _Said)
        except KeyConflictError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails here, the agent stops
            return self._unsaid(made, error)
        return self._verdict(made, said)

    def _verdict(self, decision: Decision, said: _Said) -> Verdict:
        """Return the verdict that was said; a proceed only when nothing else was said with it."""
        is_plain = not (said.reasons or said.routes or said.escalation_id)
        if said.verdict == "proceed" and is_plain:
            verdict = Verdict(decision, (), (), said.version, said.rehearsal)
            if said.may_act in {None, verdict.may_act}:
                return verdict
        reasons, routes = said.reasons, said.routes
        if said.verdict != "escalate" or not reasons:
            reasons += (system_reason("fault", "the server's verdict contradicts itself"),)
            routes = tuple(dict.fromkeys((*routes, OWNER)))
        return Verdict(
            decision, reasons, routes, said.version, said.rehearsal, said.escalation_id, self
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
            return self._resolution(self._ask("GET", _path("escalations", escalation_id)))
        return self._resolution(self._ask("GET", "/escalations", params={"key": key or ""}))

    def _resolution(self, answer: Any) -> Resolution | None:
        """Return the resolution in what was said of one escalation; None when that is open."""
        try:
            said = msgspec.convert(answer, _SaidOfOne)
        except msgspec.ValidationError:
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS) from None
        found = said.resolution
        if (found is None) != (said.state == "open") or (found and found.escalation_id != said.id):
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS)
        return found

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided; a server that is away is asked again.

        Raises:
            StillOpenError: nobody has answered within `timeout`.
            NotFoundError, AccessError: this agent has no such escalation, or its key is no good.
            InputError: `timeout` is no duration.
        """
        limit = timeout_seconds(timeout)
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
        path = _path("escalations", escalation_id)
        try:
            wait = {"wait": f"{wait_s:.3f}"}
            answer = self._ask("GET", path, params=wait, extra_s=wait_s, tries=1)
            return self._resolution(answer), False
        except StoreUnavailableError as error:
            log.warning("still waiting: the gate's server is away", error=error.message)
            return None, True

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of an escalation the agent no longer needs answered.

        Raises:
            AlreadyAnsweredError: it has ended.
        """
        path = _path("escalations", escalation_id, "withdraw")
        found = self._resolution(self._ask("POST", path, {"reason": reason[:MAX_WORDS]}))
        if found is None:
            raise StillOpenError(f"escalation {shown(escalation_id)} could not be withdrawn")
        return found

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work; see `EmbeddedGate.work`."""
        return Watched(self, case, silent_after)

    def start_work(self, case: str | None = None, silent_after: str | float | None = None) -> Work:
        """Return work that is watched from now on.

        Raises:
            InputError: `silent_after` is no duration, or the case no text.
            StoreUnavailableError: the server cannot be reached.
        """
        limit = None if silent_after is None else duration_seconds("silent_after", silent_after)
        sent = {"case": case, "silent_after": limit}
        # Never sent twice: nobody would end the first one, and its silence would be a false alarm.
        answer = self._ask("POST", "/work", sent, tries=1)
        try:
            return msgspec.convert(answer, Work)
        except msgspec.ValidationError:
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS) from None

    def beat(self, work_id: str) -> bool:
        """Note a sign of life; whether the work is still open."""
        return self._was_open(self._ask("POST", _path("work", work_id, "beat"), {}))

    def done(self, work_id: str) -> bool:
        """End a piece of work; whether it was still open."""
        return self._was_open(self._ask("POST", _path("work", work_id, "done"), {}))

    def _was_open(self, answer: dict[str, Any]) -> bool:
        found = answer.get("open")
        if not isinstance(found, bool):
            raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS)
        return found

    def failed(self, work_id: str, error: str) -> str | None:
        """Return the escalation that a crash became, or None when the work had ended before."""
        sent = {"error": error[-MAX_WORDS:]}
        found = self._ask("POST", _path("work", work_id, "failed"), sent).get("escalation_id")
        return found if isinstance(found, str) else None

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

    def _ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        params: dict[str, str] | None = None,
        extra_s: float = 0.0,
        tries: int = TRIES,
    ) -> dict[str, Any]:
        """Return the server's answer; try again when it could not be reached or is overloaded.

        Raises:
            StoreUnavailableError: it could not be reached, or answered no JSON.
            Error: what the server refused, as the error it named.
        """
        pause = FIRST_PAUSE_S
        trouble = "it was not asked"
        body = None if content is None else msgspec.json.encode(content)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        for attempt in range(tries):
            try:
                response = self._client.request(
                    method,
                    self._base + path,
                    content=body,
                    params=params,
                    headers=headers,
                    timeout=self._timeout_s + extra_s,
                )
            except httpx.HTTPError as error:
                trouble = f"the server cannot be reached ({type(error).__name__})"
            else:
                if response.status_code not in TRY_AGAIN:
                    return self._read(response)
                trouble = f"the server answered {response.status_code}"
            if attempt < tries - 1:
                time.sleep(pause)
                pause *= 3
        raise StoreUnavailableError(
            trouble, "see whether `handraise serve` is running and its address is right"
        )

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = msgspec.json.decode(response.content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            what = f"the server answered {response.status_code} and no JSON object"
            raise StoreUnavailableError(what, RIGHT_ADDRESS)
        if response.is_success:
            return answer
        kind = ERRORS.get(str(answer.get("code")), StoreUnavailableError)
        detail = str(answer.get("detail") or f"the server answered {response.status_code}")
        raise kind(detail[:MAX_DETAIL], str(answer.get("hint") or "")[:MAX_DETAIL])


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


def _path(*parts: str) -> str:
    """Return a path of the API; no part can lead to another place."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)
