"""Files that Handraise wrote itself, read whole and with care.

INVARIANTS: nothing but a plain file is read, never more of it than allowed, and opening it never
waits.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from handraise.errors import InputError


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
