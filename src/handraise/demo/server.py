"""The pages of the example operation, served in a thread beside the agent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from handraise.errors import SettingsError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

    from handraise.service.wiring import Operation

HOST = "127.0.0.1"
START_WITHIN_S = 20.0
LOOK_EVERY_S = 0.02


def listen(port: int) -> socket.socket:
    """Return a socket that listens on `port`, or on any free one where that is taken.

    Raises:
        SettingsError: there is no port at all.
    """
    for wanted in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind((HOST, wanted))
            listener.listen(128)
            return listener
        listener.close()
    raise SettingsError("no port of this machine is free", "end what holds them")


class Visits:
    """When somebody last asked for a page or sent a form.

    Pages look by themselves whether they are still new; that is nobody's visit.
    """

    def __init__(self) -> None:
        """Nobody has come yet."""
        self.last: float | None = None

    def forget(self) -> None:
        """Forget who came so far."""
        self.last = None

    def watching(self, app: ASGIApp) -> ASGIApp:
        """Return the app, whose visits are noted from now on."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and not _is_by_itself(scope):
                self.last = time.monotonic()
            await app(scope, receive, send)

        return watched


def _is_by_itself(scope: Scope) -> bool:
    """Whether a page asks by itself, with nobody's hand on it."""
    headers = dict(scope["headers"])
    is_in_background = headers.get(b"sec-fetch-dest") == b"empty"
    return scope["method"] == "GET" and is_in_background and b"hx-request" not in headers


@contextmanager
def serving(operation: Operation, listener: socket.socket, visits: Visits) -> Iterator[None]:
    """Serve the pages and the API of an operation while the block runs, noting visits.

    Raises:
        SettingsError: the server does not start.
    """
    import uvicorn

    from handraise.web.app import create_app

    config = uvicorn.Config(
        visits.watching(create_app(operation)),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="demo-pages", daemon=True
    )
    thread.start()
    try:
        _wait_for(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(START_WITHIN_S / LOOK_EVERY_S)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(LOOK_EVERY_S)
    raise SettingsError("the pages did not start", "run it again")
