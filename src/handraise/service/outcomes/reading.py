"""Outcomes in files: which decision, right or wrong, since when, at what cost.

Nothing is guessed: a cell that says neither right nor wrong is told with its line. INVARIANT: what
a cell holds never stands in what is said; it may be a customer's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from handraise.core.instants import read_instant
from handraise.errors import InputError
from handraise.service.outcomes.telling import Bad, Report
from handraise.service.reading.cells import cells_of
from handraise.service.reading.files import Cells, Reading, check_column, files_of
from handraise.service.reading.verdicts import EXPECTED, is_missing, is_right

MAX_ROWS = 2_000_000


class OutcomeColumns(Struct, frozen=True, kw_only=True):
    """Which column of the files holds what.

    Attributes:
        correct: whether it was right.
        key: the decision's key; None where it is named by its id.
        id: the decision's id; None where it is named by its key.
        at: when it turned out; None for now.
        stake: what a wrong one cost; None where nobody knows.
    """

    correct: str
    key: str | None = None
    id: str | None = None
    at: str | None = None
    stake: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The columns that are read, by what they hold."""
        written = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: column for name, column in written.items() if column is not None}


class ReadOutcomes(Struct, frozen=True, kw_only=True):
    """What stands in some files.

    Attributes:
        rows: how many rows there are.
        unknown: how many of them say that nobody knows yet.
        reports: those that can be read, in their order.
        bad: those that cannot, with their places.
    """

    rows: int
    unknown: int
    reports: tuple[Report, ...]
    bad: tuple[Bad, ...]


def read_outcomes(paths: Sequence[Path], columns: OutcomeColumns) -> ReadOutcomes:
    """Return the outcomes in files, and folders of them.

    Raises:
        InputError: a file cannot be read, is malformed or lacks a column; the decision is named in
            no way, or in two; there are more than 2,000,000 rows.
        SettingsError: a Parquet file, and DuckDB is not installed.
    """
    if (columns.key is None) == (columns.id is None):
        raise InputError(
            "the decision is named by its key or by its id",
            "--key COLUMN, or --id COLUMN: one of them",
        )
    files = files_of(paths)
    reports: list[Report] = []
    bad: list[Bad] = []
    rows = unknown = 0
    met: dict[str, None] = {}
    for file in files:
        reading = Reading()
        for number, cells in enumerate(cells_of(file, [*columns.named.values()], reading), 1):
            rows += 1
            if rows > MAX_ROWS:
                raise InputError(f"{file}: more than {MAX_ROWS:,} rows", "tell them in parts")
            found = _read(file, number, cells, list(columns.named))
            if found is None:
                unknown += 1
            elif isinstance(found, Bad):
                bad.append(found)
            else:
                reports.append(found)
        met.update(reading.names)
    for column in columns.named.values():
        if column not in met and rows:
            check_column(", ".join(str(file) for file in files[:3]), column, list(met))
    return ReadOutcomes(rows=rows, unknown=unknown, reports=tuple(reports), bad=tuple(bad))


def _read(file: Path, number: int, cells: Cells, names: Sequence[str]) -> Report | Bad | None:
    """Return what a row says; None where it says that nobody knows."""
    line, row = cells
    place = f"{file}: row {number}" if line is None else f"{file}:{line}"
    cell = dict(zip(names, row, strict=True))
    if is_missing(cell["correct"]):
        return None
    right = is_right(cell["correct"])
    if right is None:
        return Bad(place, f"says neither right nor wrong: {EXPECTED}")
    name = (cell.get("key") or cell.get("id") or "").strip()
    if not name:
        return Bad(place, "names no decision")
    try:
        at, stake = _instant(cell.get("at")), _stake(cell.get("stake"))
    except ValueError as error:
        return Bad(place, str(error))
    return Report(
        place=place,
        key=name if "key" in cell else None,
        id=name if "id" in cell else None,
        is_right=right,
        at=at,
        stake=stake,
    )


def _instant(text: str | None) -> datetime | None:
    """Return the instant that a cell says, UTC where it says no offset; None for none.

    Raises:
        ValueError: it is none.
    """
    if is_missing(text):
        return None
    found = read_instant(text or "", UTC)
    if found is None:
        raise ValueError("its instant cannot be read: write 2026-11-22T19:50Z")
    return found


def _stake(text: str | None) -> float | None:
    """Return the number that a cell says; None for none.

    Raises:
        ValueError: it is none.
    """
    if is_missing(text):
        return None
    written = (text or "").strip()
    try:
        return float(written if written.isascii() and "_" not in written else "none")
    except ValueError:
        raise ValueError("its stake is no number: write 120 or 120.50") from None
