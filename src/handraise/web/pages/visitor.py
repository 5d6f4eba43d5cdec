"""Who looks at a page: a signed-in person, or somebody who is sent to the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from handraise.service.wiring import Operation
from handraise.web.render import redirect
from handraise.web.security import (
    CSRF_FIELD,
    check_csrf,
    read_form,
    session_cookie,
    signed_in,
)
from handraise.web.site import Site, in_thread, site_of


class Visitor(Struct, frozen=True, kw_only=True):
    """A signed-in person with a request.

    Attributes:
        site: what serves it.
        person: their id.
        cookie: of their session.
        request: the raw request.
        form: what a form sent; empty for a page that is only read.
    """

    site: Site
    person: str
    cookie: str
    request: Request
    form: dict[str, str] = {}

    @property
    def operation(self) -> Operation:
        """The operation behind the site."""
        return self.site.operation


Handler = Callable[[Visitor], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def read_by_people(handler: Handler) -> Endpoint:
    """Return an endpoint that only signed-in people reach; others are sent to the door."""

    async def serve(request: Request) -> Response:
        found = await signed_in(request)
        if found is None:
            return _to_the_door(request, _path_of(request))
        person, cookie = found
        visitor = Visitor(site=site_of(request), person=person, cookie=cookie, request=request)
        return await handler(visitor)

    return serve


def fetched_by_pages(handler: Handler) -> Endpoint:
    """Return an endpoint that a page of a signed-in person fetches by itself.

    That is no use of the session: one that nobody uses ends, whatever its pages do. When nobody is
    signed in any more the page is told so, and loads itself anew where that loses nothing.
    """

    async def serve(request: Request) -> Response:
        site = site_of(request)
        cookie = request.cookies.get(session_cookie(site), "")
        person = await in_thread(site.operation.door.sessions.peek, cookie)
        if person is None:
            return Response(status_code=401, headers={"HX-Refresh": "true"})
        return await handler(Visitor(site=site, person=person, cookie=cookie, request=request))

    return serve


def sent_by_people(handler: Handler) -> Endpoint:
    """Return an endpoint for a form on a page that was shown to this person in this browser."""

    async def serve(request: Request) -> Response:
        form = await read_form(request)
        found = await signed_in(request)
        if found is None:
            return _to_the_door(request, form.get("next", "/"))
        person, cookie = found
        await check_csrf(request, cookie, form.get(CSRF_FIELD, ""))
        visitor = Visitor(
            site=site_of(request), person=person, cookie=cookie, request=request, form=form
        )
        return await handler(visitor)

    return serve


def _path_of(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _to_the_door(_request: Request, after: str) -> Response:
    return redirect("/sign-in" if after == "/" else f"/sign-in?next={quote(after, safe='')}")
