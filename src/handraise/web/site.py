"""What every handler needs: the operation, the watcher, and how the site is reached.

Everything that touches the store goes through `in_thread`, so that no handler ever blocks the event
loop. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import anyio
import anyio.to_thread
from starlette.requests import Request

from handraise.service.extras import OPENID, need
from handraise.service.plots.drawing import Kept
from handraise.service.wiring import Operation
from handraise.web.api.metrics import Metrics
from handraise.web.live import Live
from handraise.web.watcher import Watcher

if TYPE_CHECKING:
    from handraise.service.access.openid import OpenId

P = ParamSpec("P")
T = TypeVar("T")

MOST_KEPT = 100
OPENID_PATIENCE_S = 5.0
"""How long somebody waits for a place at the provider, which holds no thread."""


class Site:
    """One running web site over one operation."""

    def __init__(self, operation: Operation) -> None:
        """Keep the operation; the watcher begins to look when the first one waits."""
        self.operation = operation
        self.watcher = Watcher(operation.store.latest_event_seq)
        self.live = Live(operation.inbox, self.watcher, operation.store.concerned_since)
        self.metrics = Metrics(operation)
        self.kept: Kept[Any] = Kept(MOST_KEPT)
        self.openid = _openid_of(operation)
        self.openid_places = anyio.Semaphore(self.openid.at_once if self.openid else 0)
        self.openid_patience_s = OPENID_PATIENCE_S

    @property
    def is_https(self) -> bool:
        """Whether people reach the site over HTTPS."""
        return self.operation.settings.address.startswith("https://")


def _openid_of(operation: Operation) -> OpenId | None:
    """Return how people sign in at the OpenID provider of the settings; None without one.

    Raises:
        SettingsError: the extra `sign-in` is not installed, or a setting is missing.
    """
    settings = operation.settings
    if not settings.openid_issuer and not settings.openid_client_id:
        return None
    need(OPENID, "signing in with OpenID Connect", "sign-in")
    from handraise.service.access.openid import OpenId  # only where it is used

    return OpenId(
        settings,
        operation.address,
        operation.clock,
        operation.signer,
        operation.limits,
        operation.identities,
    )


def site_of(request: Request) -> Site:
    """Return the site that serves this request."""
    return cast("Site", request.app.state.site)


async def in_thread(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a synchronous verb returns, without holding the event loop meanwhile."""
    return await anyio.to_thread.run_sync(partial(verb, *args, **kwargs))
