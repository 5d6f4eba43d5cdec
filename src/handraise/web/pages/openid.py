"""Signing in at an OpenID provider: going there, and coming back.

Whatever goes wrong there is said plainly on the page where a one-time link can be asked for; it
never says who exists here.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import ParamSpec

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handraise.errors import NotFoundError, SignInError
from handraise.web.pages.strangers import come_in, sign_in_page
from handraise.web.render import redirect
from handraise.web.security import clear_cookie, client_address, local_path, set_cookie
from handraise.web.site import Site, in_thread, site_of

P = ParamSpec("P")

LASTS_S = 600


async def begin(request: Request) -> Response:
    """Send a stranger to the provider, from a page of ours only.

    Raises:
        NotFoundError: there is no provider.
        TooManyError: too many began from there.
    """
    site, after = site_of(request), local_path(request.query_params.get("next"))
    if site.openid is None:
        raise NotFoundError("nobody signs in this way here", "have a link sent")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return redirect("/sign-in")
    await in_thread(site.operation.limits.check, "openid", client_address(request))
    try:
        url, cookie = await _at_the_provider(site, site.openid.begin, after)
    except SignInError as error:
        return await _back(request, error, after)
    response = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
    set_cookie(site, response, visit_cookie(site), cookie, max_age_s=LASTS_S)
    return response


async def finish(request: Request) -> Response:
    """Sign in whoever comes back, if they are somebody here for certain.

    Raises:
        NotFoundError: there is no provider.
        TooManyError: too many came back from there; the provider is not asked then.
    """
    site = site_of(request)
    if site.openid is None:
        raise NotFoundError("nobody signs in this way here", "have a link sent")
    await in_thread(site.operation.limits.check, "openid", client_address(request))
    cookie, query = request.cookies.get(visit_cookie(site), ""), request.query_params
    try:
        person, after = await _at_the_provider(site, site.openid.finish, cookie, query)
        response = await come_in(request, person, way="openid", after=after)
    except SignInError as error:
        response = await _back(request, error, "/")
    clear_cookie(site, response, visit_cookie(site))
    return response


async def _at_the_provider(
    site: Site, verb: Callable[P, tuple[str, str]], *args: P.args, **kwargs: P.kwargs
) -> tuple[str, str]:
    """Return what a verb returns that may ask the provider; few go on at once.

    Raises:
        SignInError: all places were taken for too long, or the verb raises it.
    """
    try:
        with anyio.fail_after(site.openid_patience_s):
            await site.openid_places.acquire()
    except TimeoutError:
        raise SignInError(
            "the place where you sign in does not answer", "try again later, or have a link sent"
        ) from None
    try:
        return await in_thread(verb, *args, **kwargs)
    finally:
        site.openid_places.release()


async def _back(request: Request, error: SignInError, after: str) -> Response:
    trouble = f"{error.message[:1].upper()}{error.message[1:]}."
    if error.hint:
        trouble += f" {error.hint[:1].upper()}{error.hint[1:]}."
    return await sign_in_page(request, status=403, after=after, trouble=trouble)


def visit_cookie(site: Site) -> str:
    """Return the name of the cookie that binds the provider's answer to this browser."""
    return "__Host-handraise-openid" if site.is_https else "handraise-openid"
