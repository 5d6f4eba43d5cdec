"""The places where learned files lie: written by one at a time.

INVARIANT: what cannot be locked is told, not waited for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from handraise.errors import InputError

WRITING = ".writing-"
"""What the names of folders begin with that are being written."""
LEFT_AFTER_S = 3_600
"""A folder that is so much older than a new one was left by a writer that broke off."""


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
