"""What went wrong, said once: RFC 9457 JSON to programs, a clear page to people.

The status comes from `handraise.errors.HTTP_STATUS`. Nothing of the inside (traces, SQL, secrets,
other people's words) is ever shown: what we did not raise on purpose is logged and becomes a plain
500.
"""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handraise.errors import (
    HTTP_STATUS,
    ConfirmationNeededError,
    Error,
    SignInError,
    StoreUnavailableError,
    TooManyError,
)
from handraise.service.logs import Log
from handraise.web.render import page

log = Log(__name__)

PROGRAM_PATHS = ("/api/", "/schema/", "/metrics", "/health/", "/slack/")

RETRY_AFTER_S = 2


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong, after RFC 9457.

    Attributes:
        type: a name for this kind of problem.
        title: the HTTP status in words.
        status: the HTTP status.
        detail: what is wrong here, place first.
        code: a short stable name for programs.
        hint: the remedy.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""


class ConfirmationProblem(Problem, frozen=True, kw_only=True):
    """That an answer needs a passkey.

    Attributes:
        challenge: what a browser must sign, as `navigator.credentials.get` takes it in JSON; None
            for whoever has no passkey.
    """

    challenge: dict[str, Any] | None = None


def status_of(error: Error) -> int:
    """Return the HTTP status of an error of ours."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)


def problem(status: int, code: str, detail: str, hint: str = "") -> Problem:
    """Return a problem of that status."""
    return Problem(
        type=f"urn:handraise:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        hint=hint,
    )


def problem_of(error: Error) -> Problem:
    """Return the problem that an error of ours is, for a program."""
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(
            status, error.code, "something went wrong on our side", "see the server's log"
        )
    found = problem(status, error.code, error.message, error.hint)
    if isinstance(error, ConfirmationNeededError):
        return ConfirmationProblem(**msgspec.structs.asdict(found), challenge=error.challenge)
    return found


def headers_of(error: Error) -> dict[str, str]:
    """Return what an answer's head says of an error of ours: when to try again."""
    if isinstance(error, TooManyError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, StoreUnavailableError):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {}


def as_json(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return the problem for a program."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


PAGE_TITLES = {
    400: "That could not be read",
    401: "Please sign in",
    403: "You may not do that",
    404: "There is nothing here",
    405: "That is not possible here",
    413: "That is too much at once",
    421: "This is not the address of Handraise",
    429: "That was too often",
    500: "Something went wrong on our side",
    503: "Please try again in a moment",
}


BACK = {
    401: ("/sign-in", "Sign in"),
    421: ("/", "Try the first page"),
}
"""Where a page of a problem leads, and its words; otherwise to the inbox."""


def as_page(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return the problem for a person."""
    back, back_words = BACK.get(problem.status, ("/", "To the inbox"))
    return page(
        "problem.html",
        status=problem.status,
        headers=headers,
        title=PAGE_TITLES.get(problem.status, "That did not work"),
        detail=problem.detail,
        hint=problem.hint,
        is_ours=problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        back=back,
        back_words=back_words,
    )


def respond(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return the problem in the form that suits who asked."""
    if request.url.path.startswith(PROGRAM_PATHS):
        return as_json(problem, headers)
    return as_page(problem, headers)


def on_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours."""
    assert isinstance(error, Error)  # noqa: S101 - registered for this type only
    found, headers = problem_of(error), headers_of(error)
    if isinstance(error, SignInError):
        headers["WWW-Authenticate"] = "Bearer"
    if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", path=_part(request.scope), code=error.code)
    return respond(request, found, headers)


HTTP_DETAILS = {
    404: "there is no such page or endpoint",
    405: "this address does not take that method",
}


def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what Starlette raises: no such path, method not allowed, body too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    status = error.status_code
    code = HTTPStatus(status).name.lower()
    found = problem(status, code, HTTP_DETAILS.get(status, error.detail))
    return respond(request, found, dict(error.headers or {}))


def _part(scope: Scope) -> str:
    """Return the first part of the path; what follows may be a sign-in token."""
    return "/" + str(scope["path"]).strip("/").partition("/")[0]


class LastResort:
    """Turns what nobody raised on purpose into a plain 500, and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_started = False

        async def noticing_send(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticing_send)
        except Exception as error:
            if scope["type"] != "http" or has_started:
                raise
            # the places only: messages and values may hold secrets or customers' words
            places = "".join(traceback.format_tb(error.__traceback__))
            kind = type(error).__name__
            log.error("request.crashed", path=_part(scope), error=kind, places=places)
            found = problem(
                500, "error", "something went wrong on our side", "see the server's log"
            )
            await respond(Request(scope), found)(scope, receive, send)
