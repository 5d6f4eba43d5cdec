"""Who may look at the workbook: the one browser that was let in with the link, and nobody else.

INVARIANT: no answer leaves for another host's name, another site's form, or without the cookie.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from handraise.errors import AccessError
from handraise.web.problems import problem_of, respond

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
SAME_SITE = frozenset({"same-origin", "none"})


class Guard:
    """Knows the link, and the browser that came through it."""

    def __init__(self) -> None:
        """Choose a link that works once."""
        self.link: str | None = secrets.token_urlsafe(24)
        self.csrf = secrets.token_urlsafe(24)
        self._secret = secrets.token_urlsafe(24)
        self._cookie = f"handraise-workbook-{secrets.token_hex(4)}"

    def let_in(self, link: str, response: Response) -> None:
        """Set the cookie of the browser that has the link; the link works no more.

        Raises:
            AccessError: it is another link, or was used before.
        """
        if self.link is None or not secrets.compare_digest(link.encode(), self.link.encode()):
            raise AccessError(
                "this link does not work (any more)",
                "end the command with Ctrl-C and run it again: it prints a new one",
            )
        self.link = None
        response.set_cookie(self._cookie, self._secret, path="/", httponly=True, samesite="strict")

    def check(self, request: Request) -> None:
        """Return when this browser was let in.

        Raises:
            AccessError: it was not.
        """
        cookie = request.cookies.get(self._cookie, "")
        if not secrets.compare_digest(cookie.encode(), self._secret.encode()):
            raise AccessError(
                "this browser was not let in",
                "use the link that the command printed, in one browser",
            )

    def check_form(self, request: Request, token: str) -> None:
        """Return when a form comes from a page of this workbook in this browser.

        Raises:
            AccessError: it does not.
        """
        self.check(request)
        is_ours = secrets.compare_digest(token.encode(), self.csrf.encode())
        if not is_ours or not _is_from_here(request):
            raise AccessError(
                "this did not come from a page of the workbook that you have open",
                "load the page again, then send it again",
            )


def _is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this.

    A page that sends no referrer has the origin "null"; there only the other header tells.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in SAME_SITE
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


class OnlyThisMachine:
    """Refuses requests that were made for another host's name."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request = Request(scope)
            host = request.headers.get("Host", "")
            name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
            if name not in NAMES:
                error = AccessError(
                    "this workbook is for this machine alone", "open it at http://127.0.0.1"
                )
                await respond(request, problem_of(error))(scope, receive, send)
                return
        await self.app(scope, receive, send)
