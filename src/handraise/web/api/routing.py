"""From the table of endpoints to routes: who calls, what they sent, what they get.

Checked in this order: credential, path, query, body. An agent's key opens agents' endpoints only, a
person's session people's endpoints only; a key for outcomes opens none but theirs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handraise.errors import InputError
from handraise.service.tracing import continued
from handraise.web.api.endpoint import Call, Endpoint
from handraise.web.security import agent_of, person_of, read_body, reporter_of
from handraise.web.site import site_of

MAX_NAME = 100
"""So much of a repeated name is repeated to the sender."""


def routes(endpoints: Iterable[Endpoint]) -> list[Route]:
    """Return one route for each path, so that a wrong method is told all the right ones."""
    by_path = groupby(
        sorted(endpoints, key=lambda endpoint: endpoint.path), lambda endpoint: endpoint.path
    )
    return [_route(path, {one.method: one for one in group}) for path, group in by_path]


def _route(path: str, by_method: Mapping[str, Endpoint]) -> Route:
    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await _serve(by_method[method], request)

    return Route(path, serve, methods=list(by_method))


async def _serve(endpoint: Endpoint, request: Request) -> Response:
    call = Call(
        site=site_of(request),
        caller=await _CALLERS[endpoint.caller](request),
        path=_checked_path(request.path_params),
        query=_query(endpoint, request),
        body=await _body(endpoint, request),
        request=request,
    )
    with continued(request.headers if endpoint.caller == "agent" else {}):
        answer = await endpoint.handler(call)
    if isinstance(answer, Response):
        return answer
    return Response(
        msgspec.json.encode(answer), status_code=endpoint.status, media_type=endpoint.media_type
    )


async def _anyone(_request: Request) -> str:
    return ""


_CALLERS: dict[str, Callable[[Request], Awaitable[str]]] = {
    "agent": agent_of,
    "reporter": reporter_of,
    "person": person_of,
    "anyone": _anyone,
}


def _checked_path(parts: Mapping[str, Any]) -> dict[str, str]:
    """Return the path's parts; one that cannot name anything finds nothing."""
    for part in parts.values():
        if len(part) > 200 or not part.isprintable():
            raise HTTPException(404)
    return dict(parts)


def _query(endpoint: Endpoint, request: Request) -> Any:
    try:
        query = msgspec.convert(dict(request.query_params), endpoint.query, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"query: {plain(error)}") from error
    numbers = (value for value in msgspec.structs.astuple(query) if isinstance(value, float))
    if not all(map(math.isfinite, numbers)):
        raise InputError("query: expected a finite number")
    return query


async def _body(endpoint: Endpoint, request: Request) -> Any:
    if endpoint.body is None:
        return None
    body = await read_body(request)
    if not body.strip() and endpoint.body_optional:
        return endpoint.body()
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise HTTPException(400, f"the body is not JSON: {plain(error)}") from error
    _refuse_repeated(body)
    if not isinstance(value, dict):
        raise InputError("body: expected a JSON object")
    if endpoint.body is object:
        return value
    try:
        return msgspec.convert(value, endpoint.body)
    except msgspec.ValidationError as error:
        raise InputError(f"body: {plain(error)}") from error


def _refuse_repeated(body: bytes) -> None:
    """Refuse JSON in which an object has a name twice: readers differ about which one counts."""

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                shown = name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"
                raise HTTPException(
                    400, f'the body has the name "{shown}" twice in one object; leave one'
                )
            seen.add(name)

    try:
        # As words: a number of five thousand digits is nothing to stumble over.
        json.loads(body, object_pairs_hook=look, parse_int=str, parse_float=str)
    except RecursionError as error:
        raise HTTPException(400, f"the body is not JSON: {plain(error)}") from error


def plain(error: Exception) -> str:
    """Return what msgspec found, as the end of a sentence."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error).removeprefix("JSON is malformed: ")
    return text[:1].lower() + text[1:]
