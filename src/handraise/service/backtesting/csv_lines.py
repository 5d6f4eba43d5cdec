"""The lines of CSV files, before DuckDB reads them: the first one, and whether any is too long.

DuckDB leaves out a last row that does not fit into its buffer and says nothing: a file that could
hold one is looked through first.
INVARIANT: however long a line is, no more than `MAX_LINE_BYTES` of it and one are ever held.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from handraise.errors import InputError
from handraise.service.reading.lines import MAX_LINE_BYTES

AT_ONCE = 1024 * 1024
TOLD_BY_ENGINE = 8 * MAX_LINE_BYTES
"""In a plain file up to this size DuckDB itself tells a line that is too long."""

ONE_ROW_A_LINE = "is it a file with one row a line?"


def first_line(file: Path) -> str:
    """Return the first line of a file; empty for an empty one.

    Raises:
        InputError: it is too long, no UTF-8 text, or cannot be read.
    """
    try:
        with _opened(file) as opened:
            line = opened.readline(MAX_LINE_BYTES + 1)
            if len(line) > MAX_LINE_BYTES:
                raise InputError(too_long(f"{file}:1"), ONE_ROW_A_LINE)
            return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file}:1: not UTF-8 text", "save it as UTF-8") from None


def check_lines(file: Path) -> None:
    """Look through a file in which DuckDB could lose a row.

    Raises:
        InputError: one of its lines is too long, or it cannot be read.
    """
    is_packed = file.name.lower().endswith(".gz")
    if not is_packed and file.stat().st_size <= TOLD_BY_ENGINE:
        return
    number, length = 1, 0
    with _opened(file) as opened:
        while block := opened.read(AT_ONCE):
            first = block.find(b"\n")
            length += len(block) if first < 0 else first
            if length > MAX_LINE_BYTES:
                raise InputError(too_long(f"{file}:{number}"), ONE_ROW_A_LINE)
            if first >= 0:
                number += block.count(b"\n")
                length = len(block) - block.rfind(b"\n") - 1


def too_long(place: str) -> str:
    """Return the words for a line that is too long."""
    return f"{place}: the line is longer than {MAX_LINE_BYTES:,} bytes"


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        is_packed = file.name.lower().endswith(".gz")
        with gzip.open(file) if is_packed else file.open("rb") as opened:
            yield cast("IO[bytes]", opened)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{file}: cannot be read ({error})", "is it damaged? copy it again"
        ) from None
