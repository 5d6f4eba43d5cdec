"""How much may go wrong alone: what the table says, or else what `calibrate` promised for it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from handraise.core.table.build import CALIBRATION
from handraise.core.table.types import Row, Table
from handraise.errors import Error
from handraise.service.reading.calibration import CalibrationFile, read_file


class PromisedError(Struct, frozen=True):
    """The share of decisions taken alone that may go wrong, and who says so."""

    rate: float
    source: str


def promised_error(table: Table, folder: Path | None) -> PromisedError | None:
    """Return how much may go wrong alone by a version of a table; None where nobody said.

    A calibration counts where the table stops at least what it says must stop: a table with a lower
    threshold was promised nothing.

    Args:
        table: the version.
        folder: where its file lies, with the calibration beside it; None where that is not known.
    """
    if table.audit is not None and table.audit.promise is not None:
        return PromisedError(table.audit.promise, "the table's audit line")
    found = calibration_beside(table, folder) if folder is not None else None
    if found is None or not _holds(table, found):
        return None
    return PromisedError(found.max_error, "the calibration")


def calibration_beside(table: Table, folder: Path) -> CalibrationFile | None:
    """Return the calibration beside a table; None where there is none, or it is of another one."""
    named = table.calibration
    try:
        found = read_file(folder / (CALIBRATION if named is None else named.file))
    except Error:
        return None
    is_its = found.agent == table.agent and (named is None or named.digest == found.digest)
    return found if is_its else None


def _holds(table: Table, found: CalibrationFile) -> bool:
    """Whether the table stops what the calibration says must stop."""
    rows = [
        row for row in table.rows if row.kind == "below" and not (row.for_types or row.for_actions)
    ]
    promises = {"": found.overall} if found.overall is not None else dict(found.by_type)
    for type, promise in promises.items():
        needed = promise.threshold if table.calibration is None else promise.calibrated
        if needed is None or not any(_stops_below(row, type) >= needed for row in rows):
            return False
    return bool(promises)


def _stops_below(row: Row, type: str) -> float:
    """Return under which confidence a row stops a type; under the lowest of all for any type."""
    if type:
        return row.below_by_type.get(type, row.below or 0.0)
    return min([row.below or 0.0, *row.below_by_type.values()])
