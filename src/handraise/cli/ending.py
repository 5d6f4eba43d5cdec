"""Waiting for Ctrl-C or SIGTERM.

The interpreter itself writes the signal's number to a socket. INVARIANT: no handler takes a lock:
one that the main thread holds at that moment would never be given back, and nothing would end.
"""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Wait(Protocol):
    """Waits for a signal to end."""

    def __call__(self, timeout_s: float | None = None) -> bool:
        """Return True once one has come, False where none came in time; None waits for ever."""
        ...


@contextmanager
def told_to_end() -> Iterator[Wait]:
    """Give a call that returns once a signal to end has come, even if it came before the call.

    Only in the main thread; there, nothing else ends on these signals meanwhile.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        fd_before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {one: signal.signal(one, _heard) for one in SIGNALS}
        try:
            yield lambda timeout_s=None: _wait(reader, timeout_s)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
            signal.set_wakeup_fd(fd_before)


def _wait(reader: socket.socket, timeout_s: float | None) -> bool:
    ends_at = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        if ends_at is not None:
            left = ends_at - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                return False
        if reader.recv(1)[0] in SIGNALS:
            return True
        # Another signal, whose handler has run.


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the socket tells."""
