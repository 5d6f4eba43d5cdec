"""What every handler needs: the operation, the watcher, and how the site is reached.

Everything that touches the store goes through `in_thread`, so that no handler ever blocks the event
loop. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

import anyio.to_thread
from starlette.requests import Request

from handraise.service.plots.drawing import Kept
from handraise.service.wiring import Operation
from handraise.web.api.metrics import Metrics
from handraise.web.watcher import Watcher

P = ParamSpec("P")
T = TypeVar("T")

MOST_KEPT = 100


class Site:
    """One running web site over one operation."""

    def __init__(self, operation: Operation) -> None:
        """Keep the operation; the watcher begins to look when the first one waits."""
        self.operation = operation
        self.watcher = Watcher(operation.store.latest_event_seq)
        self.metrics = Metrics(operation)
        self.kept: Kept[Any] = Kept(MOST_KEPT)

    @property
    def is_https(self) -> bool:
        """Whether people reach the site over HTTPS."""
        return self.operation.settings.address.startswith("https://")


def site_of(request: Request) -> Site:
    """Return the site that serves this request."""
    return cast("Site", request.app.state.site)


async def in_thread(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a synchronous verb returns, without holding the event loop meanwhile."""
    return await anyio.to_thread.run_sync(partial(verb, *args, **kwargs))
