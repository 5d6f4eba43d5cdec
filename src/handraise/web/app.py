"""The web application: the API's table of endpoints, the pages, the static files, the defences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from handraise.errors import Error
from handraise.service.plots.drawing import warm_up
from handraise.service.wiring import Operation
from handraise.web import slack
from handraise.web.api.routing import routes as api_routes
from handraise.web.api.table import ENDPOINTS
from handraise.web.pages.routes import routes as page_routes
from handraise.web.problems import LastResort, on_error, on_http_error
from handraise.web.security import OwnHost, SecurityHeaders
from handraise.web.site import Site, in_thread
from handraise.web.styles import static_routes


def create_app(operation: Operation, *, run_worker: bool = False) -> Starlette:
    """Return the application over an operation, which stays the caller's to close.

    Args:
        operation: what `handraise.service.wiring.assemble` returned.
        run_worker: whether the application starts the worker when it starts itself.
    """
    site = Site(operation)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if run_worker:
            await in_thread(operation.start)
            warm_up()
        async with site.watcher.running(), site.live.running():
            yield

    app = Starlette(
        routes=[
            *api_routes(ENDPOINTS),
            *page_routes(),
            Route(slack.PATH, slack.interactions, methods=["POST"]),
            *static_routes(),
        ],
        middleware=[
            Middleware(SecurityHeaders, is_https=site.is_https),
            Middleware(OwnHost, address=operation.settings.address, host=operation.settings.host),
            Middleware(LastResort),
        ],
        exception_handlers={Error: on_error, HTTPException: on_http_error},
        lifespan=lifespan,
    )
    app.state.site = site
    return app
