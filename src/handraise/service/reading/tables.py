"""Reading routing tables from files, with the labelled file and the calendars a table may name."""

from __future__ import annotations

import io
import os
from pathlib import Path

import msgspec

from handraise.channels.contacts import contact_problem
from handraise.clock import Clock, SystemClock
from handraise.core.table.expression import nearest
from handraise.core.table.read import CalibrationReader, Reading, read
from handraise.core.table.types import Table
from handraise.errors import InputError, TableError
from handraise.service.reading.calibration import read_calibration
from handraise.service.reading.labelled import labelled_rows
from handraise.service.reading.learned import describe
from handraise.service.trying.places import files_beside, holds_tests

MAX_TYPES = 5_000
MAX_CALENDAR_BYTES = 2_000_000
MOST_BYTES = 50_000_000
"""No table and no file of tests is read past this size."""


def read_table(
    path: Path,
    clock: Clock | None = None,
    *,
    text: str | None = None,
    calibration: CalibrationReader | None = None,
    beside: Path | None = None,
) -> Reading:
    """Return what came of reading the table in a file, with the files it names.

    Args:
        path: the table.
        clock: tells now: a rota that has run out is worth knowing.
        text: what would stand in the file; None for what stands there.
        calibration: reads calibrations; None for the files beside the table.
        beside: the folder that the files it names are looked for in; None for the table's own.

    Raises:
        InputError: the file is missing or is no text; the hint says how to begin.
    """
    place = path.parent if beside is None else beside
    reading = read(
        read_text(path) if text is None else text,
        str(path),
        known=lambda file, column: labelled_types(place / file, column),
        learned=lambda folder: describe(place / folder),
        calibration=calibration or (lambda file: read_calibration(place / file)),
        contact_problem=contact_problem,
        is_set=lambda name: bool(os.environ.get(name)),
        calendar=lambda file: calendar_text(place / file),
        at=(clock or SystemClock()).now(),
    )
    if not files_beside(path):
        return reading
    findings = tuple(one for one in reading.findings if one.code != "no-tests")
    return msgspec.structs.replace(reading, findings=findings)


def open_table(path: Path, *, beside: Path | None = None) -> tuple[Table, Reading]:
    """Return the table in a file, with the reading it came from.

    Args:
        path: the table.
        beside: the folder that the files it names are looked for in; None for the table's own.

    Raises:
        InputError: the file cannot be read.
        TableError: it has findings that are errors.
    """
    reading = read_table(path, beside=beside)
    if reading.table is None:
        raise TableError(reading.errors)
    return reading.table, reading


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        InputError: it is missing, a folder, far too large, or no UTF-8 text.
    """
    try:
        with path.open("rb") as opened:  # what never ends must not be read to its end
            found = opened.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES:,} bytes", "is this the right file?")
        return io.TextIOWrapper(io.BytesIO(found), encoding="utf-8-sig").read()
    except FileNotFoundError:
        raise InputError(
            f"{path}: there is no such file", "`handraise init` writes a table to begin with"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def calendar_text(path: Path) -> str:
    """Return the text of an on-call calendar.

    Raises:
        InputError: it is missing, no file, too large, or no UTF-8 text.
    """
    try:
        if not path.is_file():
            raise FileNotFoundError
        with path.open("rb") as file:
            read = file.read(MAX_CALENDAR_BYTES + 1)
        if len(read) > MAX_CALENDAR_BYTES:
            raise InputError(
                f"{path.name} is larger than {MAX_CALENDAR_BYTES:,} bytes",
                "export the on-call calendar alone, without the past",
            )
        return read.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f'there is no calendar "{path.name}" in {path.parent}', "put the .ics file there"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name}: cannot be read ({error})") from None


def labelled_types(path: Path, column: str) -> list[str]:
    """Return the distinct values of a CSV file's column.

    Raises:
        InputError: the file or the column is missing, or it holds no labels or too many.
    """
    names, rows = labelled_rows(path, (column,))
    if column not in names:
        raise InputError(
            f'{path.name} has no column "{column}"',
            nearest(column, names, f"it has {', '.join(names[:12])}"),
        )
    found = {label for _, row in rows if (label := (row[column] or "").strip())}
    if not 0 < len(found) <= MAX_TYPES:
        raise InputError(
            f'{path.name}: column "{column}" has {len(found):,} different labels',
            f"a table knows 1 to {MAX_TYPES:,} types; is this the right column?",
        )
    return sorted(found)


def tables_in(places: list[Path]) -> list[Path]:
    """Return the table files of files and folders; a folder stands for its `*.yaml` and `*.yml`.

    Files of tests (`bot.tests.yaml` beside `bot.yaml`) are no tables.

    Raises:
        InputError: a folder holds none.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(
            path
            for path in (*place.glob("*.yaml"), *place.glob("*.yml"))
            if path.is_file() and not path.name.startswith(".") and not holds_tests(path)
        )
        if not inside:
            raise InputError(
                f"{place}: holds no table (*.yaml)", "name a table file, or a folder of them"
            )
        found += inside
    return found
