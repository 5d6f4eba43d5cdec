"""Waiting for Ctrl-C or SIGTERM.

The interpreter itself writes the signal's number to a socket. INVARIANT: no handler takes a lock:
one that the main thread holds at that moment would never be given back, and nothing would end.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_end() -> Iterator[Callable[[], None]]:
    """Give a call that returns once a signal to end has come, even if it came before the call.

    Only in the main thread; there, nothing else ends on these signals meanwhile.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        fd_before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {one: signal.signal(one, _heard) for one in SIGNALS}
        try:
            yield lambda: _wait(reader)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
            signal.set_wakeup_fd(fd_before)


def _wait(reader: socket.socket) -> None:
    while reader.recv(1)[0] not in SIGNALS:
        pass  # another signal, whose handler has run


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the socket tells."""
