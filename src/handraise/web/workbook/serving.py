"""Serving the workbook on this machine until Ctrl-C."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from handraise.web.workbook.app import Desk, create_workbook_app


def serve_workbook(desk: Desk, on_started: Callable[[str], None]) -> None:
    """Serve the pages on a free port of this machine until Ctrl-C or SIGTERM.

    Args:
        desk: the workbook.
        on_started: called once with the link that lets one browser in.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            create_workbook_app(desk),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        address = f"http://127.0.0.1:{port}/open/{desk.guard.link}"
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            _Server(config, lambda: on_started(address)).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()
