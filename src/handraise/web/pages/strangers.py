"""Forms for somebody who is not signed in, tied to the browser they were shown in by a cookie."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from handraise.web.render import page
from handraise.web.security import (
    CSRF_FIELD,
    check_csrf,
    new_visit,
    read_form,
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


async def strangers_form(request: Request) -> dict[str, str]:
    """Return what a stranger sent from a page of ours that was shown to this very browser.

    Raises:
        AccessError: it was not.
    """
    form = await read_form(request)
    visit = request.cookies.get(visit_cookie(site_of(request)), "")
    await check_csrf(request, visit, form.get(CSRF_FIELD, ""))
    return form
