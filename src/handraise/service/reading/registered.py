"""A version of a table as it is kept, and read again: as it was, whatever lies beside its file now.

INVARIANT: a version is read with the learned types and the calibration that it was registered with.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from handraise.core.table.read import CalibrationReader, LearnedReader, Reading, read
from handraise.core.table.types import Calibration, Table
from handraise.errors import SchemaError
from handraise.model import TableVersion
from handraise.service.reading.calibration import calibration_of


def version_of(table: Table, text: str, source: str, now: datetime) -> TableVersion:
    """Return a table as it is registered.

    Args:
        table: without errors.
        text: of its file.
        source: the file's name.
        now: aware UTC.
    """
    return TableVersion(
        agent=table.agent,
        version=table.version,
        source=source,
        text=text,
        known=table.known.types if table.known.file or table.known.learned else (),
        registered_at=now,
        learned=table.known.learned,
        calibration=_plain(table.calibration),
    )


def text_digest(kept: TableVersion) -> str:
    """Return the digest of all that a registered version is read from, hex."""
    read_from = [kept.text, kept.known, kept.learned, kept.calibration]
    return hashlib.sha256(msgspec.json.encode(read_from, order="sorted")).hexdigest()


def reading_of(kept: TableVersion) -> Reading:
    """Return what comes of reading a registered version, by what it was registered with."""
    return read(
        kept.text,
        kept.source,
        known=lambda _file, _column: kept.known,
        learned=_learned_window(kept),
        calibration=_calibration_window(kept),
    )


def table_of(kept: TableVersion) -> Table:
    """Return a registered version; it keeps its name, also where this release gives another.

    Raises:
        SchemaError: it was registered by another release and cannot be read by this one.
    """
    table = reading_of(kept).table
    if table is None:
        raise SchemaError(
            f"version {kept.version} of the table of {kept.agent} cannot be read by this release",
            "answer its open escalations with the release that wrote it",
        )
    return msgspec.structs.replace(table, version=kept.version)


def name_of(kept: TableVersion) -> str | None:
    """Return the name that this release gives to what a version was registered with.

    None where it cannot be read.
    """
    table = reading_of(kept).table
    return None if table is None else table.version


def _learned_window(kept: TableVersion) -> LearnedReader | None:
    """Return what gives back the description that a version was registered with, if any."""
    learned = kept.learned
    return None if learned is None else lambda _folder: (learned, kept.known)


def _plain(calibration: Calibration | None) -> dict[str, Any] | None:
    return None if calibration is None else msgspec.to_builtins(calibration)


def _calibration_window(kept: TableVersion) -> CalibrationReader | None:
    """Return what gives back the calibration that a version was registered with, if any."""
    plain = kept.calibration
    return None if plain is None else lambda _file: calibration_of(plain)
