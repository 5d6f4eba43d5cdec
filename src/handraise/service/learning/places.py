"""The places where learned files lie: read with care, and written by one at a time.

INVARIANTS: nothing but a plain file is read, never more of it than allowed, and opening it never
waits; what cannot be locked is told, not waited for.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from handraise.errors import InputError

WRITING = ".writing-"
"""What the names of folders begin with that are being written."""
LEFT_AFTER_S = 3_600
"""A folder that is so much older than a new one was left by a writer that broke off."""


def read_whole(place: Path, most: int) -> bytes:
    """Return the content of a file.

    Args:
        place: of the file.
        most: bytes that it may have.

    Raises:
        InputError: it is no plain file, or larger.
        OSError: it cannot be read.
        ValueError: no file can have that name.
    """
    with io.BufferedReader(io.FileIO(place, "r", opener=_opened)) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{place}: is no plain file")
        content = file.read(most + 1) if found.st_size <= most else b""
        if found.st_size > most or len(content) > most:
            raise InputError(f"{place}: is too large to be one")
        return content


def _opened(place: str, flags: int) -> int:
    # A pipe that nobody writes to would be waited for.
    return os.open(place, flags | getattr(os, "O_NONBLOCK", 0))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other writers out of a folder for as long; where folders cannot be locked, nobody is.

    The lock is the system's: it goes with the one who holds it, however that ends.

    Raises:
        InputError: somebody else is writing there.
        OSError: the folder cannot be opened.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder}: somebody else is writing what they learned there",
                "wait until they are done, and see whether theirs is enough",
            ) from None
        except OSError:
            pass  # some network folders know no locks
        yield
    finally:
        os.close(held)


def remove_left(folder: Path, beside: Path) -> None:
    """Remove what writers left that broke off an hour before `beside` was made, or earlier."""
    now = beside.stat().st_mtime
    for one in folder.iterdir():
        with contextlib.suppress(OSError):
            is_left = one.name.startswith(WRITING) and one.stat().st_mtime < now - LEFT_AFTER_S
            if is_left and one != beside:
                shutil.rmtree(one, ignore_errors=True)
