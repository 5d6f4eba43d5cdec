"""For whom a passkey is made: the name and the origin by which people reach the pages.

Browsers bind passkeys to a domain: not to a number, and only over https, or on this very machine.
"""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from urllib.parse import urlsplit

from msgspec import Struct

DEFAULT_PORTS = {"http": 80, "https": 443}
EXTRA = "passkeys need the extra sign-in: pip install 'handraise[sign-in]'"


class Party(Struct, frozen=True):
    """Who asks for a passkey.

    Attributes:
        id: the domain, e.g. `handraise.example.com`.
        origin: what the browser says it is on, e.g. `https://handraise.example.com`.
    """

    id: str
    origin: str


def party_of(url: str) -> Party:
    """Return for whom passkeys are made where the pages are reached at an address.

    Example:
        >>> party_of("https://Handraise.example.com:443/desk")
        Party(id='handraise.example.com', origin='https://handraise.example.com')
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_usual = parts.port in {None, DEFAULT_PORTS.get(parts.scheme)}
    port = "" if is_usual else f":{parts.port}"
    return Party(host, f"{parts.scheme}://{host}{port}")


def trouble_with(url: str) -> str:
    """Return why passkeys cannot be used where the pages are reached at an address; empty if so.

    Example:
        >>> trouble_with("http://localhost:8765"), trouble_with("https://handraise.example.com")
        ('', '')
        >>> trouble_with("http://127.0.0.1:8765").partition(";")[0]
        'passkeys need a name, and this server is reached by a number, 127.0.0.1'
    """
    if not is_installed():
        return EXTRA
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = "" if parts.port is None else f":{parts.port}"
    named = "an address with https and a name, in HANDRAISE_BASE_URL"
    if _is_number(host):
        here = f"http://localhost{port}, or " if ipaddress.ip_address(host).is_loopback else ""
        return (
            f"passkeys need a name, and this server is reached by a number, {host}; "
            f"give it {here}{named}"
        )
    if parts.scheme != "https" and host != "localhost" and not host.endswith(".localhost"):
        return f"passkeys need https, and this server is reached at {parts.scheme}://{host}; " + (
            f"give it {named}"
        )
    return ""


def is_installed() -> bool:
    """Whether the extra that passkeys need is installed."""
    return find_spec("webauthn") is not None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
