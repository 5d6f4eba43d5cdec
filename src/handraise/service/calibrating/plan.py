"""What calibrating is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

Progress = Callable[[str, float | None], None]
"""Told what is being done, and the share of it that is done, where that can be said."""

MapChoice = Literal["auto", "temperature", "platt", "beta", "isotonic", "none"]


class Columns(Struct, frozen=True, kw_only=True):
    """Which column of the labelled files holds what.

    Attributes:
        confidence: what the agent stated.
        correct: whether it was right.
        type: the situation type; None where it is not asked for.
        stake: the money a wrong decision moves; None where nobody knows.
        id: what tells one decision from another; None for all cells of its row.
    """

    confidence: str
    correct: str
    type: str | None = None
    stake: str | None = None
    id: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The columns that are read, by what they hold."""
        written = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: column for name, column in written.items() if column is not None}


class Plan(Struct, frozen=True, kw_only=True):
    """What to calibrate, and how.

    Attributes:
        table: the routing table.
        paths: the labelled files, or folders of them.
        columns: which columns hold what.
        max_error: the error rate that is to be promised, in (0, 0.5].
        sure: how sure the promise is to be, in [0.5, 1).
        by_type: whether each type has a threshold of its own.
        minimum_coverage: the share of decisions at which the search begins, in (0, 1].
        map: the calibration map that the table is to read; None where nobody asked for one.
        held_out: files whose labels only check what came of the others.
        percent: whether confidence is written from 0 to 100.
        out: where the calibration goes; None where the table says, or beside it.
        write: whether the threshold goes into the table.
    """

    table: Path
    paths: tuple[Path, ...]
    columns: Columns
    max_error: float
    sure: float = 0.95
    by_type: bool = False
    minimum_coverage: float = 0.2
    map: MapChoice | None = None
    held_out: tuple[Path, ...] = ()
    percent: bool = False
    out: Path | None = None
    write: bool = False
