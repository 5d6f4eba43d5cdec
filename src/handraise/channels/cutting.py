"""Cuts a request when its time is over, whatever the other side is about to say.

INVARIANT: an address that drips costs no more time than it was given.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any


class Cut:
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

    def __enter__(self) -> Cut:
        """Let the time run."""
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the time; what was cut stays so."""
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
