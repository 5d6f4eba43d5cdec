"""The door: asking for a link, coming in with it, going out.

Nothing here tells whether somebody exists. A link is not used up by being looked at, because
scanners of mail look at every link; only the button behind it signs a person in.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handraise.errors import SignInError
from handraise.service.access.door import LINK_LASTS, LINKS_AT_A_TIME
from handraise.web.pages.strangers import (
    device_of,
    sign_in_page,
    stranger_page,
    strangers_form,
    with_session,
)
from handraise.web.pages.this_device import stop_here
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page, redirect
from handraise.web.security import (
    clear_cookie,
    client_address,
    local_path,
    session_cookie,
    signed_in,
)
from handraise.web.site import in_thread, site_of

MAX_WHO = 200


async def show(request: Request) -> Response:
    """Ask who it is."""
    after = local_path(request.query_params.get("next"))
    if await signed_in(request) is not None:
        return redirect(after)
    return await sign_in_page(request, after=after)


async def ask(request: Request) -> Response:
    """Send a link to whoever that is, if it is anybody; say the same in any case.

    Raises:
        TooManyError: too many links were asked for from there, or for that name.
    """
    form = await strangers_form(request)
    who, after = form.get("who", "").strip(), local_path(form.get("next"))
    if not who or len(who) > MAX_WHO:
        error = "Please give your name in the routing table, or your mail address."
        return await sign_in_page(request, status=422, after=after, who=who[:MAX_WHO], error=error)
    operation, address = site_of(request).operation, client_address(request)
    await in_thread(operation.limits.check, "link", address, who)
    await in_thread(operation.door.request_link, who, after, address=address)
    return page(
        "link_sent.html",
        most=LINKS_AT_A_TIME,
        minutes=int(LINK_LASTS.total_seconds() // 60),
        is_console=operation.settings.console,
    )


async def show_door(request: Request) -> Response:
    """Show who the link is for; it stays unused."""
    operation = site_of(request).operation
    found = await in_thread(operation.door.peek, request.path_params["token"])
    if found is None:
        return await _used_up(request)
    person_id, after = found
    person = await in_thread(operation.shelf.person, person_id)
    return await stranger_page(
        request, "enter.html", name=person.name if person else person_id, after=local_path(after)
    )


async def enter(request: Request) -> Response:
    """Sign the person in, once."""
    await strangers_form(request)
    door, token = site_of(request).operation.door, request.path_params["token"]
    try:
        cookie, _person, after = await in_thread(door.enter, token, device=device_of(request))
    except SignInError:
        return await _used_up(request)
    return await with_session(request, cookie, after)


async def leave(visitor: Visitor) -> Response:
    """End the session, and what the device is told."""
    response = redirect("/sign-in")
    await stop_here(visitor, response)
    await in_thread(visitor.operation.door.leave, visitor.cookie)
    clear_cookie(visitor.site, response, session_cookie(visitor.site))
    return response


async def _used_up(request: Request) -> Response:
    """Say that a link is none any more; those that never were are counted.

    Raises:
        TooManyError: too many were tried from there.
    """
    limits = site_of(request).operation.limits
    await in_thread(limits.check, "entering", client_address(request))
    after = local_path(request.query_params.get("next"))
    return await sign_in_page(request, template="link_used.html", status=410, after=after)
