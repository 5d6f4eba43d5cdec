"""What an OpenID provider says over HTTP: its settings, its keys, a token for a code.

INVARIANT: nothing it does makes anybody here wait for long: a request that is not answered whole in
time is cut, headers too, and size is bounded; few are asked for at once, and who comes beyond is
told so at once; a provider that failed is left alone for some seconds.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from handraise.channels.cutting import Cut
from handraise.clock import Clock
from handraise.errors import SignInError
from handraise.service.logs import Log

TIMEOUT_S = 5.0
"""How long all of one request may take, from connecting to the end of the answer."""

MAX_BYTES = 1024 * 1024
AT_ONCE = 4
"""So many requests to the provider go on at once; more would hold up everybody else's pages."""

KEPT_FOR = timedelta(hours=1)
KEYS_EVERY = timedelta(minutes=1)
"""How often keys are fetched anew because a token names one that is not known."""
RESTS_FOR = timedelta(seconds=5)
AWAY = frozenset({502, 503, 504})
"""It is not there. Any other status may be the doing of a stranger who sent a code that is none."""

log = Log(__name__)


class ProviderError(SignInError):
    """The provider cannot be reached, or did not answer as it must: a one-time link still works."""


class Said(Struct, frozen=True, kw_only=True):
    """What a provider says of itself, after OpenID Connect Discovery 1.0, section 3.

    Attributes:
        authorization: where people are sent.
        token: where a code is exchanged.
        keys: where its keys are.
        ways: how a client may authenticate at `token`.
        says_issuer: whether its answers name it (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    ways: tuple[str, ...] = ("client_secret_basic",)
    says_issuer: bool = False


class Provider:
    """One OpenID provider."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        """Keep who it is; nothing is asked before somebody signs in."""
        self.issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._said: tuple[datetime, Said] | None = None
        self._keys: tuple[datetime, list[dict[str, Any]]] | None = None
        self._failed_at: datetime | None = None

    def said(self) -> Said:
        """Return what the provider says of itself, at most an hour old.

        Raises:
            ProviderError: it cannot be reached, or says something that cannot be trusted.
        """
        now = self._clock.now()
        with self._lock:
            kept = self._said
        if kept is not None and abs(now - kept[0]) < KEPT_FOR:
            return kept[1]
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._said_in(self._asked("GET", url))
        with self._lock:
            self._said = (now, found)
        return found

    def keys(self, *, fresh: bool = False) -> list[dict[str, Any]]:
        """Return the provider's public keys, at most an hour old.

        Args:
            fresh: fetch them anew, if that was not done within the last minute.

        Raises:
            ProviderError: it cannot be reached, or its keys are none.
        """
        now = self._clock.now()
        with self._lock:
            kept = self._keys
        if kept is not None and abs(now - kept[0]) < (KEYS_EVERY if fresh else KEPT_FOR):
            return kept[1]
        listed = self._asked("GET", self.said().keys).get("keys")
        if not isinstance(listed, list):
            raise self._lied("its keys are no JSON Web Key Set")
        found = [one for one in listed if isinstance(one, dict)]
        with self._lock:
            self._keys = (now, found)
        return found

    def exchanged(self, headers: dict[str, str], body: str) -> dict[str, Any]:
        """Return what the provider gives for a code.

        Raises:
            SignInError: it gives nothing for it: it was used, is too old, or was never given.
            ProviderError: it cannot be reached, or its answer is none.
        """
        return self._asked("POST", self.said().token, headers=headers, body=body)

    def _asked(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, body: str = ""
    ) -> dict[str, Any]:
        """Return the JSON object that is answered; redirects are not followed."""
        is_ours = method == "GET"  # nothing in it was sent by a stranger
        if self._is_resting() or not self._places.acquire(blocking=False):
            raise self._unreachable(rests=False)
        try:
            status, content = _fetched(method, url, headers or {}, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            log.warning("the OpenID provider does not answer", error=type(error).__name__)
            raise self._unreachable() from None
        finally:
            self._places.release()
        if not is_ours and status in {400, 401}:
            log.warning("the OpenID provider gives nothing for a code", status=status)
            raise SignInError("your sign-in could not be finished", "begin it again")
        if status != httpx.codes.OK:
            log.warning("the OpenID provider does not answer", status=status)
            raise self._unreachable(rests=is_ours or status in AWAY)
        try:
            found = msgspec.json.decode(content)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise self._lied("what it says is no JSON", rests=is_ours) from None
        if not isinstance(found, dict):
            raise self._lied("what it says is no JSON object", rests=is_ours)
        return found

    def _is_resting(self) -> bool:
        now = self._clock.now()
        return self._failed_at is not None and abs(now - self._failed_at) < RESTS_FOR

    def _said_in(self, metadata: dict[str, Any]) -> Said:
        if metadata.get("issuer") != self.issuer:
            raise self._lied("it gives another issuer than HANDRAISE_OPENID_ISSUER")
        endpoints = [
            metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        ]
        if not all(isinstance(one, str) and self._is_safe(one) for one in endpoints):
            raise self._lied("an address of it is missing, or not https")
        ways = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        authorization, token, keys = map(str, endpoints)
        return Said(
            authorization=authorization,
            token=token,
            keys=keys,
            ways=tuple(map(str, ways)) if isinstance(ways, list) else (),
            says_issuer=metadata.get("authorization_response_iss_parameter_supported") is True,
        )

    def _is_safe(self, url: str) -> bool:
        """Whether an address may be used: https, or http where the issuer is on this machine."""
        try:
            parts, own = urlsplit(url), urlsplit(self.issuer)
            is_whole = bool(parts.hostname) and not parts.username and not parts.fragment
        except ValueError:
            return False
        is_own = parts.scheme == "http" == own.scheme and parts.netloc == own.netloc
        return is_whole and url.isprintable() and (parts.scheme == "https" or is_own)

    def _unreachable(self, *, rests: bool = True) -> ProviderError:
        """Return that it does not answer; `rests` leaves it alone for a while."""
        if rests:
            self._failed_at = self._clock.now()
        return ProviderError(
            "the place where you sign in does not answer", "try again later, or have a link sent"
        )

    def _lied(self, what: str, *, rests: bool = True) -> ProviderError:
        """Return that it cannot be trusted; `rests` leaves it alone for a while."""
        if rests:
            self._failed_at = self._clock.now()
        log.error("the OpenID provider cannot be trusted", issuer=self.issuer, why=what)
        return ProviderError(
            "the place where you sign in did not answer as it must", "have a link sent instead"
        )


def _fetched(method: str, url: str, headers: dict[str, str], body: str) -> tuple[int, bytes]:
    """Return the status and the content of an answer, all of which came in time.

    Raises:
        TimeoutError, ValueError: it came too slowly, or was too long.
        httpx.HTTPError, httpx.InvalidURL: it did not come.
    """
    content = b""
    said = {"Accept": "application/json", **headers}
    with Cut(TIMEOUT_S) as cut:
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream(
                method,
                url,
                headers=said,
                content=body.encode() or None,
                extensions={"trace": cut.trace},
            ) as response,
        ):
            for part in response.iter_bytes():
                content += part
                if len(content) > MAX_BYTES:
                    raise ValueError("the answer is too long")
        if cut.is_over:  # what was cut may look like an end
            raise TimeoutError("the answer came too slowly")
        return response.status_code, content
