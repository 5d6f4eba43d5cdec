"""A screen on the wall: how the agents stand, in counts, for whoever passes by. No sign-in.

INVARIANTS: nothing of a customer, no name of a person and no link stands on it; an address that is
none, or has ended, is a page that is not there; what could not be read is never shown as well.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handraise.errors import NotFoundError
from handraise.web.api.health import missing
from handraise.web.pages.views.walls import WallPage, wall_page
from handraise.web.pages.views.words import zone_of
from handraise.web.render import page
from handraise.web.security import client_address
from handraise.web.site import Site, in_thread, site_of

SCHEMES = ("dark", "light")


async def show(request: Request) -> Response:
    """Show a wall."""
    scheme = request.query_params.get("scheme", "")
    found = await in_thread(_read, site_of(request), request)
    return page("wall.html", page=found, scheme=scheme if scheme in SCHEMES else "")


def _read(site: Site, request: Request) -> WallPage:
    """Return what a wall shows.

    Raises:
        NotFoundError: there is no live wall at this address.
        TooManyError: too many such addresses were tried from there.
    """
    operation = site.operation
    secret = str(request.path_params["secret"])
    wall = operation.walls.at(secret)
    if wall is None:
        operation.limits.check("wall", client_address(request))
        raise NotFoundError("there is no wall at this address (any more)")
    return wall_page(
        wall,
        operation.walls.shows(wall),
        missing=missing(operation),
        zone=zone_of(operation.shelf.person(wall.made_by)),
        now=operation.clock.now(),
        path=f"/wall/{secret}",
    )
