"""Web Push: an encrypted message to a browser, by the push service it named (RFC 8030, 8291, 8292).

INVARIANT: a browser says where its push service is, so what it says is a stranger's: only https, no
address of this network, no redirect, a few seconds, and no word of the answer but its status. What
was checked is what is connected to. An endpoint is a secret: it is neither logged nor repeated.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from msgspec import Struct

from handraise.channels.cutting import Cut
from handraise.errors import FailedError, InputError
from handraise.model import PushSubscription

WITHIN_S = 10.0
"""How long all of one request may take, from connecting to the status."""

SIGNED_FOR_S = 12 * 3600
MAX_ENDPOINT = 2_000
MAX_REST_S = 24 * 3600.0
GONE = frozenset({404, 410})

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that was ever given out; the ways to write an IPv4 address as another one lie outside it, but
for those below."""

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(one)
    for one in (
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "2001::/23",  # Teredo, RFC 4380, and what else serves protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host."""


class Push(Struct, frozen=True):
    """What goes to a browser.

    Attributes:
        content: what the browser decrypts.
        topic: a later message of the same topic replaces one that waits; up to 32 characters of
            the alphabet of base64url. The push service sees it.
        ttl_s: how long the push service keeps it for a browser that is not there.
        urgency: how soon a sleeping device is woken.
    """

    content: bytes
    topic: str
    ttl_s: int
    urgency: Literal["low", "normal", "high"] = "normal"


class Answered(Struct, frozen=True):
    """What a push service did.

    Attributes:
        kind: `taken`; `gone`: the browser takes none any more; `failed`: not this time.
        error: what went wrong, without the endpoint; empty when taken.
        rest_s: how long it wants to be left in peace, up to a day, where it said so.
    """

    kind: Literal["taken", "gone", "failed"]
    error: str = ""
    rest_s: float | None = None


class PushChannel(Protocol):
    """Takes a message to one browser."""

    def check(self, endpoint: str) -> None:
        """Return when an endpoint may be asked.

        Raises:
            InputError: it may not; never repeats it.
        """
        ...

    def send(
        self,
        push: Push,
        browser: PushSubscription,
        key: EllipticCurvePrivateKey,
        now: datetime,
    ) -> Answered:
        """Return what the push service did; raises nothing that the network can cause."""
        ...


class WebPush:
    """Sends to push services on the web."""

    def __init__(
        self,
        subject: Callable[[], str],
        allowed: Sequence[str] = (),
        *,
        resolve: Resolve | None = None,
    ) -> None:
        """Keep how to sign and whom to ask.

        Args:
            subject: returns where a push service reaches whoever runs this, see `subject_of`.
            allowed: the only push services to ask: a host, `*.` before one for all below it, or
                a whole origin such as `http://127.0.0.1:9000`, which is then asked wherever it is;
                empty for any that is on the public network.
            resolve: looks up a host; by default as the machine does.
        """
        self._subject = subject
        self._allowed = tuple(one.lower() for one in allowed)
        self._resolve = resolve or _addresses

    def check(self, endpoint: str) -> None:
        """Return when an endpoint may be asked, as far as can be told without looking it up."""
        refused = InputError("endpoint: no push service that may be asked", "use another browser")
        is_plain = endpoint.isascii() and endpoint.isprintable() and " " not in endpoint
        if not is_plain or len(endpoint) > MAX_ENDPOINT:
            raise refused
        try:
            parts = urlsplit(endpoint)
            is_whole = bool(parts.hostname) and parts.port != 0 and not parts.fragment
        except ValueError:
            raise refused from None
        if not is_whole or "@" in parts.netloc or "\\" in endpoint or not self._may_ask(parts):
            raise refused

    def _may_ask(self, parts: SplitResult) -> bool:
        if _origin(parts) in self._allowed:
            return True
        host = parts.hostname or ""
        is_named = not self._allowed or any(_is_below(host, one) for one in self._allowed)
        return parts.scheme == "https" and is_named and not _is_address(host)

    def send(
        self,
        push: Push,
        browser: PushSubscription,
        key: EllipticCurvePrivateKey,
        now: datetime,
    ) -> Answered:
        """Encrypt, sign and send one message; return what the push service did."""
        try:
            self.check(browser.endpoint)
            parts = urlsplit(browser.endpoint)
            address = self._address(parts)
            headers = {
                "Authorization": self._signed(parts, key, now),
                "Host": parts.netloc,
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(push.ttl_s),
                "Urgency": push.urgency,
                "Topic": push.topic,
            }
            body = _encrypted(push.content, browser)
            status, rest = _asked(browser.endpoint, address, parts.hostname or "", headers, body)
        except InputError:
            return Answered("gone", "its push service may not be asked")
        except FailedError as error:
            return Answered("failed", error.message)
        if 200 <= status < 300:
            return Answered("taken")
        if status in GONE:
            return Answered("gone", "the browser takes no messages any more")
        said = f"the push service answered {status}"
        return Answered("failed", said, _rest_s(rest, now))

    def _address(self, parts: SplitResult) -> str:
        """Return the address to connect to.

        Raises:
            FailedError: there is none, or one of them is not on the public network.
        """
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = self._resolve(host, port)
        except OSError:
            raise FailedError("the push service's name is not known") from None
        is_trusted = _origin(parts) in self._allowed
        if not found or not (is_trusted or all(map(is_public, found))):
            raise FailedError("the push service is not on the public network")
        return found[0]

    def _signed(self, parts: SplitResult, key: EllipticCurvePrivateKey, now: datetime) -> str:
        """Return who sends it, signed (RFC 8292)."""
        from py_vapid import Vapid02

        claims = {
            "aud": _origin(parts),
            "exp": int(now.timestamp()) + SIGNED_FOR_S,
            "sub": self._subject(),
        }
        signed: str = Vapid02(private_key=key).sign(claims)["Authorization"]
        return signed


def subject_of(contact: str | None, url: str) -> str:
    """Return where a push service reaches whoever runs this.

    Args:
        contact: what was set, `mailto:…` or `https://…`; None for nothing.
        url: the address of the pages.

    Example:
        >>> subject_of(None, "https://ask.example.com:8443/x"), subject_of(None, "http://x:1")
        ('https://ask.example.com', 'https://localhost')
    """
    parts = urlsplit(url)
    # Over plain http browsers take no push but on the machine itself.
    own = f"https://{parts.hostname}" if parts.scheme == "https" else "https://localhost"
    return contact or own


def is_public(address: str) -> bool:
    """Whether an address is on the public network, and leads to itself.

    One that another machine would turn into another address (NAT64, 6to4, Teredo and their like) is
    not; an IPv4 address that the machine itself writes as IPv6 is judged as what it is.

    Example:
        >>> [
        ...     is_public(one)
        ...     for one in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")
        ... ]
        [True, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if found.version == 6 and found not in _GLOBAL_UNICAST:
        return False
    is_special = any(found in network for network in _NOT_PUBLIC)
    return found.is_global and not found.is_multicast and not is_special


def _addresses(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def _is_address(host: str) -> bool:
    """Whether a host is written as an address, in any of the ways that are taken for one."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.startswith("0x") or "." not in host


def _is_below(host: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return host.endswith(allowed[1:])
    return host == allowed


def _origin(parts: SplitResult) -> str:
    usual = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}".lower()


def _encrypted(content: bytes, browser: PushSubscription) -> bytes:
    """Return what only the browser can read (RFC 8291)."""
    from pywebpush import WebPusher

    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    pusher = WebPusher({"endpoint": browser.endpoint, "keys": keys})
    return bytes(pusher.encode(content, "aes128gcm")["body"])


def _asked(
    endpoint: str, address: str, host: str, headers: dict[str, str], body: bytes
) -> tuple[int, str]:
    """Return the status, and for how long the push service wants to be left in peace.

    Raises:
        FailedError: it did not answer in time; says of what kind the failure was.
    """
    import httpx

    url = httpx.URL(endpoint).copy_with(host=address)
    with Cut(WITHIN_S) as cut:
        try:
            with (
                httpx.Client(
                    timeout=WITHIN_S,
                    follow_redirects=False,
                    trust_env=False,  # a proxy would look the name up again
                    verify=httpx.create_ssl_context(),
                ) as client,
                client.stream(
                    "POST",
                    url,
                    headers=headers,
                    content=body,
                    # The certificate must be the host's, not the address's.
                    extensions={"sni_hostname": host, "trace": cut.trace},
                ) as answer,
            ):
                return answer.status_code, answer.headers.get("Retry-After", "")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            what = "it took too long" if cut.is_over else type(error).__name__
            raise FailedError(f"the push service could not be asked ({what})") from None


def _rest_s(said: str, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, of whichever of its two forms."""
    try:
        rest = float(int(said))
    except ValueError:
        try:
            rest = (parsedate_to_datetime(said) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(rest, 0.0), MAX_REST_S)
