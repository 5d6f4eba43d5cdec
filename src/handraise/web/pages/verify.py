"""A link that verifies a contact: shown first, used by the button behind it only.

Scanners of mail look at every link, so looking uses nothing up. Verifying a contact signs nobody
in: whoever holds the link shows that messages arrive there, and nothing else.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handraise.channels.contacts import contact_name
from handraise.errors import SignInError
from handraise.service.wiring import Operation
from handraise.web.pages.strangers import stranger_page, strangers_form
from handraise.web.render import page
from handraise.web.security import client_address
from handraise.web.site import in_thread, site_of


async def show(request: Request) -> Response:
    """Show whose contact the code is for; it stays unused."""
    operation = site_of(request).operation
    found = await in_thread(operation.roster.peek, request.path_params["code"])
    if found is None:
        return await _used_up(request)
    name = await in_thread(_name, operation, found.person)
    return await stranger_page(
        request, "verify.html", name=name, contact=contact_name(found.contact)
    )


async def use(request: Request) -> Response:
    """Verify the contact, once."""
    await strangers_form(request)
    operation = site_of(request).operation
    try:
        found = await in_thread(operation.roster.verify, request.path_params["code"])
    except SignInError:
        return await _used_up(request)
    name = await in_thread(_name, operation, found.person)
    return page("verified.html", name=name, contact=contact_name(found.contact))


async def _used_up(request: Request) -> Response:
    """Say that a code is none any more; those that never were are counted.

    Raises:
        TooManyError: too many were tried from there.
    """
    limits = site_of(request).operation.limits
    await in_thread(limits.check, "code", client_address(request))
    return page("code_used.html", status=410)


def _name(operation: Operation, person_id: str) -> str:
    person = operation.shelf.person(person_id)
    return person.name if person else person_id
