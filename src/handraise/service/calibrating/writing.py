"""The calibration file and the table's text, each written whole or not at all.

INVARIANT: a table is replaced only by a text that reads as the same table with another threshold,
and another calibration, and nothing else; what it names is in its place before.
"""

from __future__ import annotations

import contextlib
import difflib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.build import CALIBRATION
from handraise.core.table.edit import number_text, with_calibration, with_threshold
from handraise.core.table.expression import names_read
from handraise.core.table.read import Reading
from handraise.core.table.types import Calibration, Row, Table
from handraise.core.trial.trial import run_cases
from handraise.errors import InputError, TableError
from handraise.model import Finding
from handraise.service.calibrating.report import Written
from handraise.service.reading.calibration import (
    CalibrationFile,
    calibration_in,
    digest_of,
    read_file,
)
from handraise.service.reading.learned import familiar_beside
from handraise.service.reading.replacing import replaced
from handraise.service.reading.tables import read_table

NOTHING_YET = Calibration(
    file=CALIBRATION,
    digest="0" * 64,
    labels=0,
    map=CalibrationMap("temperature", ((0.0, 0.0), (1.0, 1.0))),
)
"""Stands for a calibration that a table names and that is about to be written."""


LEAST = 1e-6
"""No lower threshold is written: it would be a row of zeros, and stop next to nothing."""

OTHER_PLACE = "name another place with --out FILE"

Below = float | dict[str, float]
"""A threshold for all types, or one for each type that has one."""


class Opened(Struct, frozen=True, kw_only=True):
    """A table that is calibrated.

    Attributes:
        path: its file.
        content: what stands in the file, byte for byte.
        table: the table; where it names a calibration that is not there yet, with a stand-in.
        is_usable: whether it can be used as it stands.
        findings: what is known about it.
    """

    path: Path
    content: bytes
    table: Table
    is_usable: bool
    findings: tuple[Finding, ...]


def opened_table(path: Path) -> Opened:
    """Return a table as it stands in its file.

    Raises:
        InputError: the file cannot be read.
        TableError: it has findings that are errors, other than a calibration to be written.
    """
    reading = read_table(path)
    is_usable = reading.table is not None
    if {finding.code for finding in reading.errors} == {"calibration"}:
        reading = read_table(path, calibration=lambda _file: NOTHING_YET)
    if reading.table is None:
        raise TableError(reading.errors)
    return Opened(
        path=path,
        content=path.read_bytes(),
        table=reading.table,
        is_usable=is_usable,
        findings=reading.findings,
    )


def place_of(path: Path, table: Table) -> Path:
    """Return where the calibration of a table lies: where it says, or beside it."""
    named = table.calibration.file if table.calibration is not None else CALIBRATION
    return path.parent / named


def row_to_write(path: Path, table: Table, *, is_new: bool) -> Row:
    """Return the row that a threshold is for, if it is plain which.

    Args:
        path: the table's file, for errors.
        table: the table.
        is_new: whether it is to read a calibrated confidence.

    Raises:
        InputError: there are several such rows, or none, or others would change their meaning.
    """
    rows = [row for row in table.rows if row.kind == "below"]
    whole = [row for row in rows if not row.for_types and not row.for_actions]
    if len(whole) != 1:
        named = ", ".join(f"{row.id} (line {row.line})" for row in whole or rows)
        why = "all its confidence rows are narrowed by for:" if not whole else "it has several"
        raise InputError(
            f"{path}: it is not plain which row the threshold is for: {why}: {named}",
            "keep one confidence row without for:, or write the threshold by hand",
        )
    others = [
        row
        for row in table.rows
        if row is not whole[0]
        and (row in rows or (row.when is not None and "confidence" in names_read(row.when)))
    ]
    if is_new and table.calibration is None and others:
        named = ", ".join(f"{row.id} (line {row.line})" for row in others)
        raise InputError(
            f"{path}: with a calibrated confidence other rows would mean something else: {named}",
            "write confidence: calibrated yourself and look at those rows, or leave --map out",
        )
    return whole[0]


def write_calibration(place: Path, file: CalibrationFile) -> CalibrationFile:
    """Write a calibration file, with its digest, in the place of the one that is there.

    Raises:
        InputError: something else stands there, or it cannot be written.
    """
    check_place(place, file.agent)
    made = msgspec.structs.replace(file, digest=digest_of(file))
    replaced(place, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return made


def check_place(place: Path, agent: str) -> None:
    """Refuse to replace what was not written by `handraise calibrate` for this agent.

    Raises:
        InputError: something else stands there.
    """
    other = _agent_of(place)
    if other == agent:
        return
    if other is not None:
        raise InputError(f"{place}: is the calibration of {other}", OTHER_PLACE)
    with contextlib.suppress(OSError):
        if place.is_file() and b"handraise_calibration" in _begin(place):
            return  # damaged, or of another release
    if place.exists():
        raise InputError(f"{place}: is no calibration", OTHER_PLACE)


def _agent_of(place: Path) -> str | None:
    """Return whose calibration stands there; None where none can be read."""
    try:
        return read_file(place).agent
    except InputError:
        return None


def _begin(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(200)


def write_table(
    found: Opened,
    row: Row,
    below: Below,
    file: CalibrationFile,
    out: Path,
    *,
    is_calibrated: bool,
) -> Written:
    """Write a threshold into a table, and its calibration beside it.

    Args:
        found: the table.
        row: the confidence row.
        below: what the row is to say.
        file: the calibration, without a digest yet.
        out: where the calibration goes.
        is_calibrated: whether the table reads it.

    Raises:
        InputError: the text cannot be changed so, would have new findings, or was changed by
            somebody else meanwhile; nothing was written then.
    """
    check_place(out, file.agent)
    made = msgspec.structs.replace(file, digest=digest_of(file))
    calibration = calibration_in(made, out) if is_calibrated else None
    text = found.content.decode("utf-8-sig")
    new = _edited(found, text, row, below, None if calibration is None else out)
    reading = read_table(
        found.path,
        text=new,
        calibration=None if calibration is None else lambda _file: calibration,
    )
    table = _same_but(found, reading, row, below, calibration)
    before = found.table if found.is_usable else None
    failing = _newly_failing(found, table)
    if found.path.read_bytes() != found.content:
        raise InputError(f"{found.path}: was changed by somebody else meanwhile", "try again")
    write_calibration(out, file)
    mark = b"\xef\xbb\xbf" if found.content.startswith(b"\xef\xbb\xbf") else b""
    replaced(found.path, mark + new.encode())
    return Written(
        lines=tuple(_new_lines(text, new)),
        row=row.id,
        version_before=None if before is None else before.version,
        version=table.version,
        owner=table.people[table.owner].name,
        tests=failing,
    )


def _edited(found: Opened, text: str, row: Row, below: Below, out: Path | None) -> str:
    """Return the table's text with the threshold, and with its calibration where it reads one."""
    limits = below.values() if isinstance(below, dict) else [below]
    if min(limits) < LEAST:
        why = "0, and a table's threshold is over 0"
        if min(limits) > 0.0:
            why = f"under {number_text(LEAST)}, next to nothing"
        raise InputError(
            f"{found.path}: the safe threshold is {why}",
            "every decision may be taken alone by these labels: write the row by hand",
        )
    try:
        text = with_threshold(text, int(row.id.rsplit(".", 1)[1]) - 1, below)
        if out is None or out.resolve() == _named(found):
            return text
        # From the folder that the table is read from, which is not that of the file behind a link.
        name = Path(os.path.relpath(out.resolve(), found.path.parent.resolve())).as_posix()
        return with_calibration(text, None if name == CALIBRATION else name)
    except InputError as error:
        raise InputError(f"{found.path}: {error.message}", error.hint) from None


def _named(found: Opened) -> Path | None:
    if found.table.calibration is None:
        return None
    return place_of(found.path, found.table).resolve()


def _same_but(
    found: Opened,
    reading: Reading,
    row: Row,
    below: Below,
    calibration: Calibration | None,
) -> Table:
    """Return the new table; it must be the old one with another threshold and calibration.

    Raises:
        InputError: it has a new finding, or anything else is other than before.
    """
    before = {(one.code, one.path, one.message) for one in found.findings}
    new = [one for one in reading.findings if (one.code, one.path, one.message) not in before]
    if new or reading.table is None:
        lines = "; ".join(one.line_text() for one in (new or reading.errors)[:3])
        raise InputError(
            f"{found.path}: the table would have new findings: {lines}", "nothing was written"
        )
    if isinstance(below, dict):
        changed = msgspec.structs.replace(row, below=None, below_by_type=below)
    else:
        changed = msgspec.structs.replace(row, below=below, below_by_type={})
    rows = tuple(changed if one is row else one for one in found.table.rows)
    wanted = msgspec.structs.replace(found.table, rows=rows)
    if calibration is not None:
        wanted = msgspec.structs.replace(wanted, calibration=calibration)
    if _meaning(wanted) != _meaning(reading.table):
        raise InputError(
            f"{found.path}: cannot be changed without changing something else",
            "write the threshold by hand; nothing was written",
        )
    return reading.table


def _meaning(table: Table) -> Table:
    """Return a table without the places of things in the file, and without its version."""
    calibration = table.calibration
    if calibration is not None:
        calibration = msgspec.structs.replace(calibration, file="")
    return msgspec.structs.replace(
        table,
        rows=tuple(msgspec.structs.replace(row, line=0) for row in table.rows),
        tests=tuple(msgspec.structs.replace(case, line=0) for case in table.tests),
        claims=tuple(msgspec.structs.replace(claim, line=0) for claim in table.claims),
        calibration=calibration,
        version="",
    )


def _newly_failing(found: Opened, after: Table) -> tuple[str, ...]:
    """Return the names of the table's tests that went well before and fail now."""
    familiar = familiar_beside(found.table, found.path.parent)
    went_well = {one.name for one in run_cases(found.table, familiar).cases if one.ok}
    return tuple(one.name for one in run_cases(after, familiar).failures if one.name in went_well)


def _new_lines(before: str, after: str) -> list[str]:
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] for line in compared if line.startswith("+ ")]
