"""A real server of the web application on loopback, in a thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import uvicorn

from handraise.web.app import create_app


class Server:
    """Serves an ASGI application until it is closed; `url` says where."""

    def __init__(self, app: Any, port: int = 0) -> None:
        """Start, and return when requests are taken."""
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._started.wait(20)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @classmethod
    def of(cls, operation: Any, port: int = 0) -> Server:
        """Return a server of an operation's pages and API."""
        app = create_app(operation)
        server = cls(app, port)
        server.send_home = app.state.site.watcher.stop
        return server

    send_home: Any = None

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started and not serving.done():  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.01)  # uvicorn says in no other way that it has started
        self._started.set()
        await serving

    def close(self) -> None:
        """Stop, sending those home who wait."""
        if self.send_home is not None:
            self._loop.call_soon_threadsafe(self.send_home)
        self._server.should_exit = True
        self._thread.join()
