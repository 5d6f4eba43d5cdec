"""A file put in the place of another, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from handraise.errors import InputError


def replaced(place: Path, content: bytes) -> None:
    """Put a file in the place of another, whole or not at all; its permissions stay.

    Raises:
        InputError: it cannot be written there.
    """
    target = place.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        writing = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            writing.chmod(target.stat().st_mode & 0o7777 if target.exists() else _usual_mode())
            writing.replace(target)
        finally:
            writing.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{place}: cannot be written ({error.strerror or error})") from None


def _usual_mode() -> int:
    """Return the permissions that a new file has here."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
