"""A folder on the disk that the repository is on, with what is opened in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import handraise
from bench.rules import values
from handraise.demo.example import MISSION_TABLE

BUILD = Path(__file__).parents[1] / "build"
"""Ignored by git, removed by `make clean`; unlike many a /tmp it is on a real disk."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that is removed afterwards."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as name:
        yield Path(name)


@contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """Yield the embedded gate of the mission's table: in rehearsal, without a worker."""
    table = folder / "handraise.yaml"
    table.write_text(MISSION_TABLE, encoding="utf-8")
    gate = handraise.open(table, rehearsal=True, worker=False, secret="for measuring only " * 2)
    try:
        yield gate
    finally:
        gate.close()


class Settled:
    """Waits until everything that went ahead is written.

    A key that comes again is looked up in the store, and what waits to be written is written first.
    """

    def __init__(self, gate: Any, **other: Any) -> None:
        """Keep the gate, and what else a decision needs to go ahead."""
        self._gate = gate
        self._other = other
        self._numbers = count()

    def __call__(self) -> None:
        """Return when nothing waits."""
        decision = values(key=f"settled-{next(self._numbers)}") | self._other
        self._gate.decide(**decision)
        self._gate.decide(**decision)
