"""Where one is signed in: seen on one's own page, ended one by one or all but this one."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from handraise.service.secrets import secret_hash
from handraise.web.pages.this_device import this_device
from handraise.web.pages.views.frame import reader_of
from handraise.web.pages.views.sessions import SessionRow, session_rows
from handraise.web.pages.visitor import Visitor
from handraise.web.render import redirect
from handraise.web.site import in_thread


def sessions_of(visitor: Visitor) -> tuple[SessionRow, ...]:
    """Return where the reader is signed in."""
    operation = visitor.operation
    reader = reader_of(operation, visitor.person)
    openid = visitor.site.openid
    return session_rows(
        operation.door.sessions.all(visitor.person),
        secret_hash(visitor.cookie),
        reader,
        openid.name if openid else "",
    )


async def end(visitor: Visitor) -> Response:
    """End one of the reader's own sessions.

    Raises:
        NotFoundError: they have none of that id.
    """
    sessions, id = visitor.operation.door.sessions, visitor.form.get("id", "")
    await in_thread(sessions.end, visitor.person, id)
    is_own = id == secret_hash(visitor.cookie)
    return redirect("/sign-in" if is_own else "/me?done=ended#sessions")


async def end_others(visitor: Visitor) -> Response:
    """End all of the reader's sessions but this one, and tell them on this device at most."""
    sessions, device = visitor.operation.door.sessions, this_device(visitor)
    await in_thread(sessions.end_others, visitor.person, visitor.cookie, device)
    return redirect("/me?done=alone#sessions")


async def sign_out(visitor: Visitor) -> Response:
    """End all sessions of somebody on a table that the reader owns.

    Raises:
        NotFoundError: there is nobody of that name.
        AccessError: the reader owns no table they stand on.
    """
    person = visitor.request.path_params["id"]
    await in_thread(visitor.operation.door.sessions.sign_out, person, visitor.person)
    return redirect(f"/people/{quote(person, safe='')}?done=signed-out")
