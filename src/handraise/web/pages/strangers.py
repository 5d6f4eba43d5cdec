"""Forms for somebody who is not signed in, tied to the browser they were shown in by a cookie.

And how they come in: with a fresh session, which ends the one this browser had before.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from handraise.errors import SignInError
from handraise.model import SignInWay
from handraise.service.access.devices import device_words
from handraise.service.access.sessions import SESSION_LASTS
from handraise.web.render import page, redirect
from handraise.web.security import (
    CSRF_FIELD,
    check_csrf,
    clear_cookie,
    local_path,
    new_visit,
    read_form,
    session_cookie,
    set_cookie,
    visit_cookie,
)
from handraise.web.site import in_thread, site_of


async def stranger_page(
    request: Request, template: str, *, status: int = 200, **values: Any
) -> Response:
    """Return a page with a form for a stranger."""
    site = site_of(request)
    visit = request.cookies.get(visit_cookie(site)) or new_visit()
    csrf = await in_thread(site.operation.door.csrf, visit)
    response = page(template, status=status, csrf=csrf, **values)
    set_cookie(site, response, visit_cookie(site), visit, max_age_s=None)
    return response


async def sign_in_page(
    request: Request,
    *,
    after: str,
    template: str = "sign_in.html",
    status: int = 200,
    who: str = "",
    error: str = "",
    trouble: str = "",
) -> Response:
    """Return a page that offers every way to sign in.

    Args:
        request: the raw request.
        after: where it leads; a path of these pages.
        template: `sign_in.html`, or one that says first why one is here.
        status: of the answer.
        who: what was typed as a name.
        error: what is wrong with it.
        trouble: why another way did not work.
    """
    openid = site_of(request).openid
    return await stranger_page(
        request,
        template,
        status=status,
        after=after,
        who=who,
        error=error,
        trouble=trouble,
        openid=openid.name if openid else "",
        has_passkeys=not site_of(request).operation.passkeys.trouble,
    )


async def strangers_form(request: Request) -> dict[str, str]:
    """Return what a stranger sent from a page of ours that was shown to this very browser.

    Raises:
        AccessError: it was not.
    """
    form = await read_form(request)
    visit = request.cookies.get(visit_cookie(site_of(request)), "")
    await check_csrf(request, visit, form.get(CSRF_FIELD, ""))
    return form


def device_of(request: Request) -> str:
    """Return what a request comes from, in plain words."""
    return device_words(request.headers.get("User-Agent", ""))


async def come_in(request: Request, person: str, *, way: SignInWay, after: str) -> Response:
    """Return the answer that signs a person in, who was recognised, and leads them on.

    Raises:
        SignInError: they have left meanwhile.
    """
    sessions = site_of(request).operation.door.sessions
    cookie = await in_thread(sessions.begin, person, way=way, device=device_of(request))
    if cookie is None:
        raise SignInError("you could not be recognised here", "ask the owner")
    return await with_session(request, cookie, after)


async def with_session(request: Request, cookie: str, after: str) -> Response:
    """Return the answer that gives a browser its fresh session and leads on.

    The session that it had before ends: whoever knew that cookie knows nothing of the new one.
    """
    site = site_of(request)
    await in_thread(site.operation.door.leave, request.cookies.get(session_cookie(site)))
    response = redirect(local_path(after))
    lasts = int(SESSION_LASTS.total_seconds())
    set_cookie(site, response, session_cookie(site), cookie, max_age_s=lasts)
    clear_cookie(site, response, visit_cookie(site))
    return response
