"""What Slack sends when somebody presses a button: signed by Slack, answered within three seconds.

There is no session here. Nothing is believed but the signature over the body exactly as it came.
"""

from __future__ import annotations

import asyncio

import msgspec
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handraise.errors import InputError, SignInError
from handraise.service.slack.payloads import Payload
from handraise.service.slack.pressing import Pressing, Said
from handraise.web.security import read_body
from handraise.web.site import in_thread, site_of

PATH = "/slack/interactions"
ANSWERED_WITHIN_S = 2.0
"""Slack waits for three seconds, the way there and back included."""


async def interactions(request: Request) -> Response:
    """Take what somebody pressed or sent in Slack."""
    app = site_of(request).operation.slack
    if app is None:
        raise HTTPException(404)
    body = await read_body(request)
    try:
        payload = await in_thread(app.pressing.taken, body, dict(request.headers))
    except SignInError as error:
        return PlainTextResponse(error.message, 401)
    except InputError as error:
        return PlainTextResponse(error.message, 400)
    if payload.type == "view_submission":
        return await _sent(app.pressing, payload)
    if payload.type == "block_actions":
        return Response(background=BackgroundTask(app.pressing.pressed, payload))
    return Response()


async def _sent(pressing: Pressing, payload: Payload) -> Response:
    """Answer a form with what came of it; one that takes long is told of in a message."""
    answering = asyncio.create_task(in_thread(pressing.sent, payload))
    done, _ = await asyncio.wait({answering}, timeout=ANSWERED_WITHIN_S)
    if not done:
        return _json(
            pressing.still_at_it(), BackgroundTask(_tell_late, pressing, payload, answering)
        )
    said = answering.result()
    return _json(said.response, BackgroundTask(pressing.settle, said))


async def _tell_late(pressing: Pressing, payload: Payload, answering: asyncio.Task[Said]) -> None:
    said = await answering
    await in_thread(pressing.tell_late, payload, said)
    await in_thread(pressing.settle, said)


def _json(value: object, after: BackgroundTask) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", background=after)
