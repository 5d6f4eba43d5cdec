"""How often a stranger may try: per address, per name and of all together, in fixed windows.

The counts stand in the store, so that several processes share them; of an address or a name there
is only a hash by the operation's secret. INVARIANT: a full window delays what is new; whoever has a
link, a passkey, an account at the provider or a session is never kept out by what is tried from
other addresses, however many those are.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal, get_args

from msgspec import Struct

from handraise.clock import Clock
from handraise.errors import TooManyError
from handraise.service.secrets import Signer
from handraise.store import Store

Kind = Literal["link", "entering", "code", "openid", "passkey", "wall"]
"""What is tried: asking for a link; a link or code that is none; the others by their beginning."""

WINDOW = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long windows are kept at least."""


class Limit(Struct, frozen=True, kw_only=True):
    """How many attempts are allowed in each window of ten minutes.

    Attributes:
        address: from one address; an office behind one address counts as one.
        name: for one name, whether or not there is anybody of it; 0 where no name is given.
        all: of everybody together; 0 where that would keep out people who have a right to come in.
    """

    address: int
    name: int = 0
    all: int = 0


LIMITS: dict[Kind, Limit] = {
    "link": Limit(address=60, name=12, all=2_000),
    "entering": Limit(address=60, all=6_000),
    "code": Limit(address=60, all=6_000),
    "openid": Limit(address=120),
    "passkey": Limit(address=120),
    "wall": Limit(address=60, all=6_000),
}


class Limits:
    """Counts attempts, and refuses the one too many."""

    def __init__(self, store: Store, clock: Clock, signer: Signer) -> None:
        """Keep what counting needs."""
        self._store = store
        self._clock = clock
        self._signer = signer

    def check(self, kind: Kind, address: str, name: str = "") -> None:
        """Count an attempt, from the narrowest window to the widest.

        Args:
            kind: what is tried.
            address: where it comes from, see `handraise.web.security.client_address`.
            name: whom it is about, as it was typed; empty for nobody.

        Raises:
            TooManyError: one window is full; the wider ones are not counted then.
        """
        assert kind in get_args(Kind)  # noqa: S101 - a kind without a limit would have none
        limit, starts_at = LIMITS[kind], _window(self._clock.now())
        windows = [("address", _network(address), limit.address)]
        if name and limit.name:
            windows.append(("name", name.strip().lower(), limit.name))
        if limit.all:
            windows.append(("all", "", limit.all))
        full = self._store.count_attempts(
            [
                (self._signer.token("attempts", kind, scope, key), starts_at, most)
                for scope, key, most in windows
            ]
        )
        if full is not None:
            left = (starts_at + WINDOW - self._clock.now()).total_seconds()
            raise TooManyError(
                "this was tried too often in a short while",
                "wait a few minutes, then try again; links that you have still work",
                retry_after_s=max(1, ceil(left)),
            )

    def is_first(self, what: str, at: datetime) -> bool:
        """Whether this very thing, made at that instant, is shown for the first time."""
        return self._store.count_attempt(self._signer.token("once", what), at, 1)

    def sweep(self) -> int:
        """Forget windows that nothing is counted in any more; return how many."""
        return self._store.forget_attempts(self._clock.now() - KEPT)


def _window(now: datetime) -> datetime:
    """Return when the window of an instant began."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _network(address: str) -> str:
    """Return what counts as one address: of IPv6 the network of 64 bits that a household has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6:
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
