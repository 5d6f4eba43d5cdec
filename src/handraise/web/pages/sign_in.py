"""The door: asking for a link, coming in with it, going out.

Nothing here tells whether somebody exists. A link is not used up by being looked at, because
scanners of mail look at every link; only the button behind it signs a person in.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handraise.errors import SignInError
from handraise.service.access.door import LINKS_AN_HOUR
from handraise.service.access.sessions import SESSION_LASTS
from handraise.web.pages.strangers import stranger_page, strangers_form
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page, redirect
from handraise.web.security import (
    clear_cookie,
    local_path,
    session_cookie,
    set_cookie,
    signed_in,
    visit_cookie,
)
from handraise.web.site import in_thread, site_of

MAX_WHO = 200


async def show(request: Request) -> Response:
    """Ask who it is."""
    after = local_path(request.query_params.get("next"))
    if await signed_in(request) is not None:
        return redirect(after)
    return await stranger_page(request, "sign_in.html", after=after, who="", error="")


async def ask(request: Request) -> Response:
    """Send a link to whoever that is, if it is anybody; say the same in any case."""
    form = await strangers_form(request)
    who, after = form.get("who", "").strip(), local_path(form.get("next"))
    if not who or len(who) > MAX_WHO:
        error = "Please give your name in the routing table, or your mail address."
        return await stranger_page(
            request, "sign_in.html", status=422, after=after, who=who[:MAX_WHO], error=error
        )
    site = site_of(request)
    address = request.client.host if request.client else ""
    await in_thread(site.operation.door.request_link, who, after, address=address)
    return page("link_sent.html", most=LINKS_AN_HOUR, is_console=site.operation.settings.console)


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
    site = site_of(request)
    try:
        cookie, _person, after = await in_thread(
            site.operation.door.enter, request.path_params["token"]
        )
    except SignInError:
        return await _used_up(request)
    response = redirect(local_path(after))
    set_cookie(
        site, response, session_cookie(site), cookie, max_age_s=int(SESSION_LASTS.total_seconds())
    )
    clear_cookie(site, response, visit_cookie(site))
    return response


async def leave(visitor: Visitor) -> Response:
    """End the session."""
    await in_thread(visitor.operation.door.leave, visitor.cookie)
    response = redirect("/sign-in")
    clear_cookie(visitor.site, response, session_cookie(visitor.site))
    return response


async def _used_up(request: Request) -> Response:
    after = local_path(request.query_params.get("next"))
    return await stranger_page(request, "link_used.html", status=410, after=after, who="", error="")
