"""Who looks at a page: a signed-in person, or somebody who is sent to the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
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


AGAIN = "again"
"""In the address of a page that loads itself anew without a script."""

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


def fetched_by_pages(handler: Handler, *, is_typed_in: bool = False) -> Endpoint:
    """Return an endpoint that a page of a signed-in person fetches by itself.

    That is no use of the session: one that nobody uses ends, whatever its pages do. When nobody is
    signed in any more the page is told so, and loads itself anew where that loses nothing.

    Args:
        handler: what answers.
        is_typed_in: whether the page may hold what somebody has typed; it stays as it is then.
    """

    async def serve(request: Request) -> Response:
        site = site_of(request)
        cookie = request.cookies.get(session_cookie(site), "")
        person = await in_thread(site.operation.door.sessions.peek, cookie)
        if person is None:
            headers = {} if is_typed_in else {"HX-Refresh": "true"}
            return Response(status_code=401, headers=headers)
        return await handler(Visitor(site=site, person=person, cookie=cookie, request=request))

    return serve


def read_and_fetched(handler: Handler) -> Endpoint:
    """Return an endpoint that people reach, and that their page fetches again by itself.

    Only the former is a use of the session. A page does the latter by htmx, which says so, or
    without a script by loading its address with `again` anew.
    """
    read, fetched = read_by_people(handler), fetched_by_pages(handler)

    async def serve(request: Request) -> Response:
        if request.headers.get("HX-Request") == "true":
            return await fetched(request)
        if AGAIN not in request.query_params:
            return await read(request)
        answer = await fetched(request)
        is_stranger = answer.status_code == HTTPStatus.UNAUTHORIZED
        return _to_the_door(request, request.url.path) if is_stranger else answer

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
