"""One agent's line to a server: requests with its key, answers as JSON, refusals as our errors.

What the server did not say clearly is an error; nothing is ever read into it.
"""

from __future__ import annotations

import time
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from handraise.core.table.form import shown
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    Error,
    EscalationError,
    GrantError,
    InputError,
    KeyConflictError,
    NotFoundError,
    SignInError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.service.tracing import headers as traced

TRIES = 3
FIRST_PAUSE_S = 0.2
MAX_DETAIL = 500
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
SENSELESS = "the server's answer made no sense"
RIGHT_ADDRESS = "is this the address of Handraise, and of the same release?"
ERRORS: dict[str, type[Error]] = {
    one.code: one
    for one in (
        AccessError,
        AlreadyAnsweredError,
        EscalationError,
        GrantError,
        InputError,
        KeyConflictError,
        NotFoundError,
        SignInError,
        StillOpenError,
    )
}

T = TypeVar("T")


class Wire:
    """Asks one server, with one agent's key."""

    def __init__(self, url: str, key: str, client: httpx.Client | None, timeout_s: float) -> None:
        """Keep the address and the key; nothing is asked yet.

        Raises:
            InputError: the address is none, or the key is none.
        """
        if not is_web_address(url):
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

    def close(self) -> None:
        """Close the connections, if they are ours."""
        if self._owns_client:
            self._client.close()

    def ask(
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
        headers |= traced()
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
                    return answer_in(response)
                trouble = f"the server answered {response.status_code}"
            if attempt < tries - 1:
                time.sleep(pause)
                pause *= 3
        raise StoreUnavailableError(
            trouble, "see whether `handraise serve` is running and its address is right"
        )


def is_web_address(url: Any) -> bool:
    """Whether something is the address of a web server."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return False
    return parts.scheme in {"http", "https"} and bool(parts.host)


def answer_in(response: httpx.Response) -> dict[str, Any]:
    """Return what a response says.

    Raises:
        StoreUnavailableError: it is no JSON object.
        Error: what the server refused, as the error it named.
    """
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


def converted(answer: Any, kind: type[T]) -> T:
    """Return an answer as a record of that kind.

    Raises:
        StoreUnavailableError: it is none.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError:
        raise StoreUnavailableError(SENSELESS, RIGHT_ADDRESS) from None


def path_of(*parts: str) -> str:
    """Return a path of the API; no part can lead to another place."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)
