"""Which device of a person a browser is: the id of what is kept of it, in a cookie of its own.

It is no secret, and good for nothing but to show that device as this one, and to stop it when
somebody signs out.
"""

from __future__ import annotations

from starlette.responses import Response

from handraise.web.pages.visitor import Visitor
from handraise.web.security import clear_cookie, set_cookie
from handraise.web.site import Site, in_thread

LASTS_S = 400 * 86_400
"""As long as browsers keep a cookie at most."""


def device_cookie(site: Site) -> str:
    """Return the name of the cookie that says which device a browser is."""
    return "__Host-handraise-device" if site.is_https else "handraise-device"


def this_device(visitor: Visitor) -> str:
    """Return which device the visitor's browser says it is; empty for none."""
    return visitor.request.cookies.get(device_cookie(visitor.site), "")


def name_device(visitor: Visitor, response: Response, id: str) -> None:
    """Let the visitor's browser know which device it is."""
    set_cookie(visitor.site, response, device_cookie(visitor.site), id, max_age_s=LASTS_S)


async def stop_here(visitor: Visitor, response: Response) -> None:
    """Tell the visitor, who signs out, on this device no more.

    Raises:
        Error: it could not be kept; then they are not signed out either, and may try again.
    """
    this = this_device(visitor)
    if this:
        await in_thread(visitor.operation.pushing.turn_off, visitor.person, this)
        clear_cookie(visitor.site, response, device_cookie(visitor.site))
