"""For the tool that acts: whether a grant allows exactly this, without trusting who brings it.

INVARIANT: no grant is ever checked without its single use being seen to, and by nobody's leave is
one with a doubt about it taken.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from handraise.clock import SystemClock
from handraise.core.table.form import shown
from handraise.errors import GrantError, InputError, StoreUnavailableError
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.wire import answer_in, is_web_address
from handraise.service.granting.grants import (
    ASK_AGAIN,
    CLOCK_SKEW,
    GRANT_LASTS,
    FindKey,
    Grant,
    checked_grant,
)

KEYS_PATH = "/api/v1/keys.json"
KEEP_KEYS = timedelta(minutes=10)
"""How long keys that were fetched count without being fetched again."""
FETCH_EVERY = timedelta(seconds=5)
"""How soon an unknown key lets them be fetched again."""
TIMEOUT_S = 10.0

Use = Callable[[str, datetime], bool]
"""Notes that the grant of an id, which expires then, is used: True to the first call alone."""


@runtime_checkable
class GrantingGate(Protocol):
    """What is asked of a gate, embedded or remote."""

    @property
    def find_key(self) -> FindKey:
        """What gives the public key of a name."""
        ...

    def use_grant(
        self, grant: str | None, *, action: str | None, proposal: Any, by: str = ""
    ) -> Grant:
        """Use a grant up."""
        ...


Keys = Mapping[str, Any] | str | GrantingGate | AsyncGate


def verify_grant(
    grant: str | None,
    *,
    action: str | None,
    proposal: Any,
    keys: Keys,
    agent: str | None = None,
    at: datetime | None = None,
    use: Use | GrantingGate | AsyncGate | None = None,
) -> Grant:
    """Return what a grant says, once it is clear that it allows exactly this, and is used up by it.

    For the tool that acts. Act when this returns, and once; act never when it raises.

    Args:
        grant: the grant that came with the request.
        action: the kind of thing the tool does.
        proposal: exactly what it is about to do.
        keys: a gate; or the server's address, `https://…`, whose keys are fetched and kept for ten
            minutes; or those keys themselves (the JSON of `/api/v1/keys.json`).
        agent: whose grant it must be. None takes any agent of the operation that has these keys; a
            gate takes its own agent's alone when it uses the grant.
        at: the present instant; by default the clock's.
        use: how it is made sure that it is used once. A gate notes it in the operation's store, and
            is the default where `keys` is one. `handraise.once()` notes it in this process. Or a
            function of your own: it gets the grant's id and when it expires, notes it in one step,
            and returns True to the first call, False to every other.

    Raises:
        GrantError: the grant does not allow this, or was used; says why.
        InputError: `keys`, `at` or `use` is of no use.
        StoreUnavailableError: the server cannot be reached.

    Example:
        >>> verify_grant(
        ...     "made.up.grant", action="refund", proposal={}, keys={"keys": []}, use=once()
        ... )
        Traceback (most recent call last):
        handraise.errors.GrantError: this is no grant; give resolution.grant exactly as it was read
    """
    find, taken = _find_in(keys), _use_by(keys if use is None else use)
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        raise InputError("at: expected an instant with its time zone", "e.g. datetime.now(UTC)")
    now = SystemClock().now() if at is None else at
    found = checked_grant(grant, action=action, proposal=proposal, find=find, agent=agent, at=now)
    if isinstance(taken, GrantingGate):
        return taken.use_grant(grant, action=action, proposal=proposal)
    is_first = taken(found.id, found.expires_at)
    if is_first is True:
        return found
    if is_first is False:
        raise GrantError("this grant was used already", ASK_AGAIN)
    raise InputError(f"use: gave {shown(is_first)}, neither True nor False", "do not act")


def _use_by(given: Any) -> Use | GrantingGate:
    chosen: Use | GrantingGate = synchronous(given)
    if isinstance(chosen, GrantingGate) or callable(chosen):
        return chosen
    raise InputError(
        "use: nothing says how a grant is used only once",
        "use=gate notes it in the operation's store, use=handraise.once() in this process",
    )


def synchronous(gate: Any) -> Any:
    """Return the gate behind an asynchronous one; anything else as it is."""
    return gate.gate if isinstance(gate, AsyncGate) else gate


def once() -> Once:
    """Return what lets each grant be used once in this process, for `verify_grant(use=…)`.

    For one process that lives on: keep it for as long as the process runs. After a restart, or in a
    second process, a grant of the last 24 hours could be used again; there, use a gate.

    Example:
        >>> from datetime import UTC, datetime
        >>> use = once()
        >>> [use("a grant", datetime(2026, 1, 2, tzinfo=UTC)) for _ in range(3)]
        [True, False, False]
    """
    return Once()


class Once:
    """Remembers the grants that were used in this process until they have expired."""

    def __init__(self) -> None:
        """Remember none."""
        self._used: set[str] = set()
        self._expiring: list[tuple[datetime, str]] = []
        self._lock = threading.Lock()
        self._latest: datetime | None = None

    def __call__(self, id: str, expires_at: datetime) -> bool:
        """Return True for an id the first time, and False ever after."""
        with self._lock:
            if id in self._used:
                return False
            self._used.add(id)
            heapq.heappush(self._expiring, (expires_at, id))
            self._latest = max(self._latest or expires_at, expires_at)
            # No clock is asked: one is there that was valid, so it was at most 24 hours old.
            gone = self._latest - GRANT_LASTS - 2 * CLOCK_SKEW
            while self._expiring[0][0] < gone:
                self._used.discard(heapq.heappop(self._expiring)[1])
            return True


class ServedKeys:
    """The public keys of a server: fetched when needed, kept for a while."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        """Keep how they are fetched; nothing is yet."""
        self._fetch = fetch
        self._keys: dict[str, OKPKey] = {}
        self._fetched_at: float | None = None
        self._lock = threading.Lock()

    def find(self, kid: str) -> OKPKey | None:
        """Return the key of that name, or None.

        Raises:
            StoreUnavailableError: they must be fetched and cannot be.
        """
        with self._lock:
            keep = KEEP_KEYS if kid in self._keys else FETCH_EVERY
            now = time.monotonic()
            if self._fetched_at is None or now - self._fetched_at >= keep.total_seconds():
                try:
                    self._keys = keys_in(self._fetch())
                except InputError as error:
                    raise StoreUnavailableError(error.message, error.hint) from None
                self._fetched_at = now
            return self._keys.get(kid)


def keys_in(jwks: Mapping[str, Any]) -> dict[str, OKPKey]:
    """Return the Ed25519 keys of a JSON Web Key Set by their names; other keys are passed over.

    Raises:
        InputError: it is none.
    """
    listed = jwks.get("keys")
    if not isinstance(listed, list):
        raise InputError("keys: this is no set of public keys", f"give the JSON of {KEYS_PATH}")
    found: dict[str, OKPKey] = {}
    for one in listed:
        if not isinstance(one, Mapping) or one.get("crv") != "Ed25519":
            continue
        kid, public = one.get("kid"), one.get("x")
        if not isinstance(kid, str) or not isinstance(public, str):
            continue
        try:
            found[kid] = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public})
        except (JoseError, ValueError, TypeError):
            raise InputError(f"keys: {shown(kid)} is no public key") from None
    return found


_SERVED: dict[str, ServedKeys] = {}
_SERVED_LOCK = threading.Lock()


def _find_in(keys: Any) -> FindKey:
    gate = synchronous(keys)
    if isinstance(gate, GrantingGate):
        return gate.find_key
    if isinstance(keys, Mapping):
        return keys_in(keys).get
    if not is_web_address(keys):
        raise InputError(
            "keys: expected a gate, the server's address, or its public keys",
            f"e.g. https://handraise.example.com, or the JSON of {KEYS_PATH}",
        )
    url = str(keys).rstrip("/").removesuffix(KEYS_PATH) + KEYS_PATH
    with _SERVED_LOCK:
        return _SERVED.setdefault(url, ServedKeys(lambda: _fetched(url))).find


def _fetched(url: str) -> dict[str, Any]:
    try:
        response = httpx.get(url, headers={"Cache-Control": "no-cache"}, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise StoreUnavailableError(
            f"the keys cannot be fetched ({type(error).__name__})",
            "see whether `handraise serve` is running and its address is right",
        ) from None
    return answer_in(response)
