"""Cells of CSV and JSONL files, plain or `.gz`, line by line: what is wrong has its line.

Nothing is guessed but the separator, and no more than one row is ever held.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from handraise.errors import InputError
from handraise.service.reading.files import Cells, Reading, check_column
from handraise.service.reading.labelled import separator_of

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_NAMES = 1_000

_OBJECT = msgspec.json.Decoder(dict[str, Any])


@contextmanager
def _opened(path: Path, reading: Reading) -> Iterator[IO[bytes]]:
    """Give a file's bytes, unzipped; `reading` counts those on the disk."""
    try:
        with path.open("rb") as raw:
            reading.done_bytes = raw.tell
            if path.name.lower().endswith(".gz"):
                with GzipFile(fileobj=raw) as unzipped:
                    yield cast("IO[bytes]", unzipped)
            else:
                yield raw
    except (EOFError, zlib.error):
        raise InputError(f"{path}: is damaged (its end is missing)", "copy it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or 'no gzip file'})") from None
    finally:
        reading.done_bytes = lambda: 0


def _lines(path: Path, opened: IO[bytes]) -> Iterator[str]:
    """Yield a file's lines with their ends, without a byte order mark."""
    number = 0
    while line := opened.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise InputError(
                f"{path}:{number}: the line is longer than {MAX_LINE_BYTES:,} bytes",
                "is it a file with one row a line?",
            )
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{path}:{number}: not UTF-8 text", "save it as UTF-8") from None


def csv_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Iterator[Cells]:
    """Yield the wanted cells of each row of a CSV file; an empty cell is an empty text.

    The separator is a comma, a semicolon or a tab: the one that gives all wanted columns.

    Raises:
        InputError: the file cannot be read, is malformed, or lacks a wanted column.
    """
    with _opened(path, reading) as opened:
        lines = _lines(path, opened)
        header = next(lines, None)
        if header is None:
            raise InputError(f"{path}: is empty", "its first line names the columns")
        reader = csv.reader(
            _again(header, lines), delimiter=separator_of(header, wanted), strict=True
        )
        begins = 1
        try:
            names = next(reader)
            reading.names.update(dict.fromkeys(names))
            for column in wanted:
                check_column(str(path), column, names)
            places = [names.index(column) for column in wanted]
            begins = reader.line_num + 1
            for row in reader:
                if row:  # not an empty line
                    if len(row) != len(names):
                        raise InputError(
                            f"{path}:{begins}: has {len(row)} values, expected {len(names)}",
                            "put quotes around values that hold a separator",
                        )
                    if reading.whole is not None:
                        reading.whole(zip(names, row, strict=True))
                    yield begins, [row[place] for place in places]
                begins = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{path}:{begins}: is no CSV ({error})", "look at the quotes of this row"
            ) from None


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def jsonl_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Iterator[Cells]:
    """Yield the wanted cells of each row of a JSONL file; None where a row lacks the column.

    `reading.names` tells which columns were met at all.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object of single values.
    """
    with _opened(path, reading) as opened:
        for number, line in enumerate(_lines(path, opened), 1):
            if not line.strip():
                continue
            row = _json_object(line)
            if row is None:
                raise InputError(
                    f"{path}:{number}: is no JSON object", "expected one JSON object a line"
                )
            if len(reading.names) < MAX_NAMES:
                reading.names.update(dict.fromkeys(row))
            else:
                reading.names.update(dict.fromkeys(name for name in wanted if name in row))
            if reading.whole is not None:
                reading.whole(row.items())
            yield number, [_json_text(path, number, name, row.get(name)) for name in wanted]


def _json_object(line: str) -> dict[str, Any] | None:
    """Return a line's object; None when it is none. Numbers may be NaN, as Python writes them."""
    try:
        return _OBJECT.decode(line)
    except (msgspec.DecodeError, RecursionError):
        if "NaN" not in line:
            return None
    try:
        row = json.loads(line)
        msgspec.json.encode(row)  # halves of letters are refused here as they are above
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _json_text(path: Path, number: int, column: str, value: Any) -> str | None:
    """Return a JSON value as text; None for null.

    Raises:
        InputError: it is a list or an object.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise InputError(
        f'{path}:{number}: column "{column}": expected one value, found a list or an object',
        "name a column of single values",
    )
