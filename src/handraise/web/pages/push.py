"""Devices on which a person is told: turned on, tried, stopped."""

from __future__ import annotations

import asyncio

import anyio
from starlette.responses import Response

from handraise.errors import FailedError
from handraise.service.access.devices import device_words
from handraise.web.pages import me
from handraise.web.pages.this_device import name_device
from handraise.web.pages.visitor import Visitor
from handraise.web.site import in_thread

PATIENCE_S = 15.0
"""How long a page waits for what comes of a trial."""


async def turn_on(visitor: Visitor) -> Response:
    """Tell the visitor on this device from now on."""
    form, pushing = visitor.form, visitor.operation.pushing
    made = ""

    def on() -> str:
        nonlocal made
        made = pushing.turn_on(
            visitor.person,
            form.get("endpoint", ""),
            form.get("p256dh", ""),
            form.get("auth", ""),
            key=form.get("key", ""),
            label=device_words(visitor.request.headers.get("User-Agent", "")),
        ).id
        return "told"

    response = await me.done(visitor, "push", on)
    if made:
        name_device(visitor, response, made)
    return response


async def test(visitor: Visitor) -> Response:
    """Send one device something, to see that it works; no thread waits meanwhile."""

    async def tried() -> str:
        pushing, id = visitor.operation.pushing, visitor.request.path_params["id"]
        told = await in_thread(pushing.test, visitor.person, id)
        with anyio.move_on_after(PATIENCE_S):
            await asyncio.wrap_future(told)
            return "tried"
        raise FailedError("this device was not told: too much waits", "try again later")

    return await me.done_meanwhile(visitor, "push", tried)


async def stop(visitor: Visitor) -> Response:
    """Tell the visitor on one of their devices no more."""

    def stopped() -> str:
        visitor.operation.pushing.turn_off(visitor.person, visitor.request.path_params["id"])
        return "stopped"

    return await me.done(visitor, "push", stopped)
