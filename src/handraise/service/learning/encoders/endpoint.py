"""An encoder at a web address, in the usual JSON form of embeddings; the texts go there.

`POST {"model": …, "input": […]}` gives `{"data": [{"index": 0, "embedding": […]}, …]}`.

INVARIANTS: a single text, a decision's, takes five seconds at most, whatever the other side does,
and is not tried twice; after a failure the next ones fail at once for five seconds. The key and the
texts are in no log and no error. What the other side says is read up to 64 MB, and never repeated.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from handraise.errors import EncoderError, InputError, SettingsError
from handraise.service.learning.encoders.cached import CachedEncoder
from handraise.service.learning.encoders.choice import EncoderChoice, parse_encoder
from handraise.service.learning.encoders.rest import Rest
from handraise.service.learning.encoders.vectors import CheckedEncoder
from handraise.settings import Settings

BATCH = 64
CONNECT_S = 2.0
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
CHECK_IT = "see whether the address, the model and HANDRAISE_EMBEDDINGS_KEY are right"


class Limits(Struct, frozen=True, kw_only=True):
    """How long and how much an embeddings address may take.

    Attributes:
        within_s: for a request of one text, from finding the address to the end of the answer.
        more_s: what each further text of a request adds.
        rest_s: how long decisions fail at once after a failure.
        pause_s: before the second try, of requests of several texts.
        late: requests that may still hang about after their time; with more, none is sent.
        answer_bytes: of one answer.
    """

    within_s: float = 5.0
    more_s: float = 0.5
    rest_s: float = 5.0
    pause_s: float = 1.0
    late: int = 8
    answer_bytes: int = 64 * 1024 * 1024


def open_endpoint(
    choice: EncoderChoice,
    env: Mapping[str, str] | None = None,
    *,
    limits: Limits | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> CachedEncoder:
    """Return the encoder at a web address; it is not asked yet.

    Args:
        choice: of kind `http`.
        env: where the key is read, once; None is the environment.
        limits: how long and how much it may take.
        monotonic: tells seconds that only grow; says when a rest after a failure is over.

    Raises:
        SettingsError: the address or the key is none.
    """
    try:
        if parse_encoder(choice.name).kind != "http":
            raise InputError("it is no web address")
    except InputError as error:
        raise SettingsError(f"encoder of kind http: {error.message}") from None
    parts = urlsplit(choice.name)
    place = f"encoder at {parts.scheme}://{parts.netloc}"
    key = Settings.from_environment(env).embeddings_key
    endpoint = _Endpoint(choice, key, place, limits or Limits(), monotonic)
    return CachedEncoder(CheckedEncoder(choice, endpoint.rows_of, place, BATCH))


class _UnavailableError(Exception):
    """The address does not answer now; the next request would have to wait as long."""


class _Row(Struct):
    index: int
    embedding: list[float]


class _Answer(Struct):
    data: list[_Row]


_ANSWER = msgspec.json.Decoder(_Answer)


class _Endpoint:
    """Sends texts to one address, in time or not at all."""

    def __init__(
        self,
        choice: EncoderChoice,
        key: str | None,
        place: str,
        limits: Limits,
        monotonic: Callable[[], float],
    ) -> None:
        self._choice = choice
        self._place = place
        self._limits = limits
        self._rest = Rest(limits.rest_s, monotonic)
        self._late: list[threading.Thread] = []
        self._lock = threading.Lock()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.Client(headers=headers, follow_redirects=False)
        weakref.finalize(self, self._client.close)

    def rows_of(self, texts: list[str]) -> list[list[float]]:
        """Return the rows that the address gives; several texts are worth a second try.

        Raises:
            EncoderError: it gives none, or not one for each text.
        """
        if len(texts) == 1 and self._rest.is_on():
            raise EncoderError(f"{self._place}: it did not answer just now", "try again soon")
        try:
            rows = self._asked(texts) if len(texts) == 1 else self._asked_twice(texts)
        except _UnavailableError as trouble:
            self._rest.begin()
            raise EncoderError(f"{self._place}: {trouble}", "try again soon") from None
        except EncoderError:
            self._rest.end()  # it is there, and did not like these texts: others may do
            raise
        self._rest.end()
        return rows

    def _asked_twice(self, texts: list[str]) -> list[list[float]]:
        try:
            return self._asked(texts)
        except _UnavailableError:
            time.sleep(self._limits.pause_s)
        return self._asked(texts)

    def _asked(self, texts: list[str]) -> list[list[float]]:
        wanted: dict[str, object] = {"input": texts}
        if self._choice.model:
            wanted["model"] = self._choice.model
        answer = self._in_time(
            msgspec.json.encode(wanted),
            self._limits.within_s + self._limits.more_s * (len(texts) - 1),
        )
        try:
            rows = sorted(_ANSWER.decode(answer).data, key=lambda row: row.index)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise EncoderError(f"{self._place}: its answer made no sense", CHECK_IT) from None
        if [row.index for row in rows] != list(range(len(texts))):
            raise EncoderError(
                f"{self._place}: expected rows for {len(texts)} texts, got {len(rows)}", CHECK_IT
            )
        return [row.embedding for row in rows]

    def _in_time(self, body: bytes, within_s: float) -> bytes:
        """Return the answer; in a thread, as no timeout of the client's is for all of a request."""
        outcome: list[bytes | Exception] = []
        given_up = threading.Event()

        def ask() -> None:
            try:
                outcome.append(self._answer(body, within_s, given_up))
            except Exception as error:  # noqa: BLE001 - told in the thread that waits
                outcome.append(error)

        asking = threading.Thread(target=ask, name="handraise-encoder", daemon=True)
        with self._lock:
            self._late = [thread for thread in self._late if thread.is_alive()]
            if len(self._late) >= self._limits.late:
                raise _UnavailableError("earlier requests still hang there")
        asking.start()
        asking.join(within_s)
        if not outcome:
            given_up.set()
            with self._lock:
                self._late.append(asking)
            raise _UnavailableError(f"it did not answer within {within_s:g} seconds")
        if isinstance(outcome[0], bytes):
            return outcome[0]
        raise self._told(outcome[0])

    def _answer(self, body: bytes, within_s: float, given_up: threading.Event) -> bytes:
        timeout = httpx.Timeout(within_s, connect=min(CONNECT_S, within_s))
        with self._client.stream(
            "POST", self._choice.name, content=body, timeout=timeout
        ) as response:
            if response.status_code in TRY_AGAIN:
                raise _UnavailableError(f"it answered {response.status_code}")
            if not response.is_success:
                raise EncoderError(f"{self._place}: it answered {response.status_code}", CHECK_IT)
            answer = bytearray()
            for chunk in response.iter_bytes():
                answer += chunk
                if len(answer) > self._limits.answer_bytes or given_up.is_set():
                    raise EncoderError(f"{self._place}: its answer is too long", CHECK_IT)
            return bytes(answer)

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, EncoderError | _UnavailableError):
            return error
        if isinstance(error, httpx.TransportError):
            return _UnavailableError(f"it cannot be reached ({type(error).__name__})")
        return EncoderError(f"{self._place}: it failed ({type(error).__name__})", CHECK_IT)
