"""What an endpoint is: a row of the table in `handraise.web.api.table`.

A handler gets a `Call`, whose credential, path, query and body were checked already, and returns a
record. It raises the errors of `handraise.errors` and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request

from handraise.web.api.records import NoQuery
from handraise.web.site import Site

Caller = Literal["agent", "reporter", "person", "anyone"]
"""Whose credential is taken; a reporter's is the agent's own key, or one for outcomes alone."""


class Call(Struct, frozen=True, kw_only=True):
    """One request, checked and decoded.

    Attributes:
        site: what serves it.
        caller: the agent's name or the person's id; empty where anyone may call.
        path: the parts of the path by name.
        query: the decoded query, of the endpoint's type.
        body: the decoded body, of the endpoint's type; None where there is none.
        request: the raw request, for what the others do not hold.
    """

    site: Site
    caller: str
    path: Mapping[str, str]
    query: Any
    body: Any
    request: Request


class Endpoint(Struct, frozen=True, kw_only=True):
    """One method on one path.

    Attributes:
        method: GET or POST.
        path: with the parts in braces.
        name: unique; the `operationId`.
        summary: one line for the reader of the document.
        caller: whose credential it takes.
        handler: what does it.
        answer: the type of the answer's body.
        or_answer: another type that the answer may have; None for none.
        status: of the answer when it succeeded.
        query: the type of the query.
        body: the type of the body; `object` for any JSON object; None for no body.
        body_optional: whether the body may be left out.
        problems: the statuses of its own problems, beyond those that all of its kind have.
        media_type: of the answer.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    summary: str
    caller: Caller
    handler: Callable[[Call], Awaitable[Any]]
    answer: Any
    or_answer: Any = None
    status: int = 200
    query: type[Struct] = NoQuery
    body: Any = None
    body_optional: bool = False
    problems: tuple[int, ...] = ()
    media_type: str = "application/json"

    @property
    def all_problems(self) -> tuple[int, ...]:
        """The statuses of every problem it may answer with."""
        found = {*self.problems, 422, 500, 503}
        if self.caller != "anyone":
            found |= {401, 403}
        if self.body is not None:
            found |= {400, 413}
        return tuple(sorted(found))
