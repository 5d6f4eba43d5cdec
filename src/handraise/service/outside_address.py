"""Asks an outside address: within ten seconds in all, and no further than its status.

INVARIANT: an address that drips or floods costs neither time nor memory: its connection is cut when
the time is over, whatever it is about to say, and no body is read.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any

from handraise.errors import FailedError

TIMEOUT_S = 10.0


def ask(url: str, timeout_s: float = TIMEOUT_S) -> int:
    """Return the status of what an address answers; where it leads elsewhere is not followed.

    Args:
        url: the address.
        timeout_s: how long all of it may take, from connecting to the status.

    Raises:
        FailedError: it did not answer in time; says of what kind the failure was.
    """
    import httpx  # few processes have an outside address, and all of them begin

    with _Cut(timeout_s) as cut:
        try:
            with (
                httpx.Client(timeout=timeout_s, follow_redirects=False) as client,
                client.stream("GET", url, extensions={"trace": cut.trace}) as answer,
            ):
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = "it took too long" if cut.is_over else type(error).__name__
            raise FailedError(what) from None


class _Cut:
    """Cuts the connections of one request when its time is over.

    A limit for each read alone would let an address answer byte by byte without end.
    """

    def __init__(self, after_s: float) -> None:
        """Let it be over after so many seconds from entering."""
        self._timer = threading.Timer(after_s, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.is_over = False

    def __enter__(self) -> _Cut:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the connection that was made."""
        if not event.endswith("connect_tcp.complete"):
            return
        made = info["return_value"].get_extra_info("socket")
        # A descriptor of its own: encrypting takes the socket over, and nobody else closes this.
        own = socket.socket(fileno=os.dup(made.fileno()))
        with self._lock:
            self._sockets.append(own)
            if self.is_over:
                _shut(own)

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            for one in self._sockets:
                _shut(one)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
