"""Where a backtest may be written: to a new file, or over an older backtest; never over else."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from handraise.errors import InputError
from handraise.service.reading.whole import read_whole

MAX_BYTES = 64 * 1024 * 1024
ANOTHER = "name a new file, or a backtest that may be replaced"


class Marks(Struct, frozen=True):
    """What every backtest has, and nothing else that is kept in JSON."""

    agent: str
    version: str
    table: str
    sources: list[str]
    decisions: int
    rate: dict[str, float]
    alone: dict[str, object]


def check_place(place: Path) -> None:
    """Refuse a place where something else than a backtest stands.

    Args:
        place: where a backtest is to be written; a pipe or a device is written to.

    Raises:
        InputError: a folder or another file stands there.
    """
    if place.is_dir():
        raise InputError(f"--out: {place} is a folder", "name a file in it, e.g. backtest.json")
    if not place.is_file():
        return
    try:
        msgspec.json.decode(read_whole(place, MAX_BYTES), type=Marks)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError):
        raise InputError(f"--out: {place} is no backtest, and stays as it is", ANOTHER) from None
    except (OSError, ValueError) as error:
        raise InputError(f"--out: {place} cannot be read ({error})", ANOTHER) from None
