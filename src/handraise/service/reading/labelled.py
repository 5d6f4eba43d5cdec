"""Labelled files: CSV with a line of column names, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from handraise.errors import InputError

SEPARATORS = (",", ";", "\t")
MAX_BYTES = 500 * 1024 * 1024

Rows = list[tuple[int, dict[str, str]]]
"""(line, value by column) of each row; a value that a short row lacks is None."""


def labelled_rows(path: Path, wanted: Sequence[str]) -> tuple[list[str], Rows]:
    """Return the names of a file's columns, and its rows.

    The separator is the one that gives all wanted columns; without such, the one that gives most
    columns, so that what is missing can be said by name.

    Raises:
        InputError: the file cannot be read, or is no CSV in UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: is larger than 500 MiB", "a part of it is enough")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            separator = separator_of(lines.readline(), wanted)
            lines.seek(0)
            reader = csv.DictReader(lines, delimiter=separator, strict=True)
            names = list(reader.fieldnames or ())
            return names, [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise InputError(
            f"{path}: there is no such file", "a path in a table is relative to the table"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from None
    except csv.Error as error:
        raise InputError(f"{path}: is no CSV ({error})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def separator_of(header: str, wanted: Sequence[str]) -> str:
    """Return the separator that a line of column names is written with."""
    names = {one: next(csv.reader([header], delimiter=one), []) for one in SEPARATORS}
    whole = [one for one in SEPARATORS if wanted and set(wanted) <= set(names[one])]
    return whole[0] if whole else max(SEPARATORS, key=lambda one: len(names[one]))
