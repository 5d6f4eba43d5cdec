"""Labelled rows in batches: text, type and facts, each of the type the table declares.

Memory stays bounded whatever the number of rows. What cannot be learned from is skipped and
counted; what is not of the expected form is an error with its place.

INVARIANT: what a cell holds never stands in an error; it may be a customer's words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from handraise.core.table.parsing import nearest
from handraise.core.table.types import FactType
from handraise.errors import InputError
from handraise.service.reading.cells import cells_of
from handraise.service.reading.files import Cells, Reading, check_column, files_of

BATCH_ROWS = 8_192
BATCH_LETTERS = 16 * 1024 * 1024
NO_TYPE = "no type"
NO_TEXT = "no text"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MISSING = frozenset(("", "null", "nan"))
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_EXPECTED: dict[FactType, tuple[str, str]] = {
    "number": ("expected a number", "write numbers like 1234.5"),
    "integer": ("expected a whole number", "write numbers like 1234"),
    "boolean": ("expected true or false", "write true, false, yes, no, 1 or 0"),
}


class Columns(Struct, frozen=True, kw_only=True):
    """Which columns hold what.

    Attributes:
        text: the customer's own words; None where there are none.
        type: the situation type.
        facts: the column of each fact; a fact that is not in it has one of its own name.
    """

    text: str | None
    type: str
    facts: dict[str, str] = {}


class Row(Struct, frozen=True):
    """A labelled row; the value of a missing fact is None."""

    number: int
    text: str | None
    type: str
    facts: dict[str, Any]


class Batch(Struct, frozen=True):
    """Some rows, column by column; all lists have the same length.

    Attributes:
        numbers: 1-based row over all files, counting the skipped ones too.
        texts: never empty; None in each row where no text column was named.
        types: without blanks around them, never empty.
        facts: the values of each fact; None for missing.
    """

    numbers: list[int]
    texts: list[str | None]
    types: list[str]
    facts: dict[str, list[Any]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)

    def row(self, place: int) -> Row:
        """Return one row, by its place in the batch."""
        facts = {name: values[place] for name, values in self.facts.items()}
        return Row(self.numbers[place], self.texts[place], self.types[place], facts)


class RowReader:
    """Labelled rows, read anew at each iteration, in batches of at most 8,192.

    Attributes:
        files: what is read, in this order.
        total_bytes: the size of all files on the disk.
        done_bytes: how much of it has been read, for a progress bar.
        rows: how many rows have been read, with the skipped ones.
        skipped: how many rows could not be learned from, by why.
        names: the columns of all files, once they have been read.
    """

    def __init__(
        self, files: Sequence[Path], columns: Columns, facts: Mapping[str, FactType]
    ) -> None:
        self.files = tuple(files)
        self.total_bytes = sum(file.stat().st_size for file in self.files)
        self._columns = columns
        self._facts = dict(facts)
        self._wanted = [columns.type, *([] if columns.text is None else [columns.text])]
        self._first_fact = len(self._wanted)
        self._wanted += [columns.facts.get(fact, fact) for fact in facts]
        self.done_bytes = self.rows = 0
        self.skipped: dict[str, int] = {}
        self.names: tuple[str, ...] = ()
        self._starts: list[tuple[Path, int]] = []

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; the counts begin again.

        Raises:
            InputError: a file cannot be read or is malformed, lacks a column, or holds a value that
                is not of its fact's type.
            SettingsError: a Parquet file, and DuckDB is not installed.
        """
        self._begin()
        met: dict[str, None] = {}
        for file in self.files:
            before, reading = self.done_bytes, Reading()
            cells = cells_of(file, self._wanted, reading)
            for batch in self._batches(file, cells):
                self.done_bytes = max(self.done_bytes, before + reading.done_bytes())
                yield batch
            self.done_bytes = before + file.stat().st_size
            met.update(reading.names)
        self.names = tuple(met)
        place = ", ".join(str(file) for file in self.files[:3])
        for column in self._wanted:  # JSONL may lack a column here and there, but not everywhere
            if column not in met:
                check_column(place, column, list(met))

    def place(self, number: int) -> str:
        """Return where a row of the last iteration stands, e.g. `past.csv: row 12`."""
        file, start = max((one for one in self._starts if one[1] < number), key=lambda one: one[1])
        return f"{file}: row {number - start}"

    def _begin(self) -> None:
        self.done_bytes = self.rows = 0
        self.skipped = {}
        self._starts = []

    def _batches(self, file: Path, cells: Iterator[Cells]) -> Iterator[Batch]:
        self._starts.append((file, self.rows))
        batch, letters = self._empty(), 0
        for line, row in cells:
            self.rows += 1
            type, text = (row[0] or "").strip(), None
            if not type:
                self._skip(NO_TYPE)
                continue
            if self._columns.text is not None:
                text = row[1] or ""
                if not text.strip():
                    self._skip(NO_TEXT)
                    continue
                letters += len(text)
            batch.numbers.append(self.rows)
            batch.texts.append(text)
            batch.types.append(type)
            for values, value in zip(
                batch.facts.values(), self._values(file, line, row), strict=True
            ):
                values.append(value)
            if len(batch) == BATCH_ROWS or letters > BATCH_LETTERS:
                yield batch
                batch, letters = self._empty(), 0
        if len(batch):
            yield batch

    def _values(self, file: Path, line: int | None, row: Sequence[str | None]) -> Iterator[Any]:
        """Yield the value of each fact in a row."""
        for place, kind in enumerate(self._facts.values(), self._first_fact):
            try:
                yield _value(row[place], kind)
            except ValueError:
                where = file if line is None else f"{file}:{line}"
                number, (expected, hint) = self.rows - self._starts[-1][1], _EXPECTED[kind]
                raise InputError(
                    f'{where}: row {number}, column "{self._wanted[place]}": {expected}', hint
                ) from None

    def _empty(self) -> Batch:
        return Batch([], [], [], {fact: [] for fact in self._facts})

    def _skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1


def read_rows(paths: Sequence[Path], columns: Columns, facts: Mapping[str, FactType]) -> RowReader:
    """Return a reader of labelled rows; nothing is read yet.

    Args:
        paths: CSV, JSONL and Parquet files, and folders of them.
        columns: which columns hold what.
        facts: the facts to be read, each with its declared type.

    Raises:
        InputError: a path is missing or of another kind, or `columns` names a fact not in `facts`.
    """
    for fact in columns.facts:
        if fact not in facts:
            known = f"it has {', '.join(list(facts)[:12])}" if facts else "it declares none"
            raise InputError(f'there is no fact "{fact}" in the table', nearest(fact, facts, known))
    return RowReader(files_of(paths), columns, facts)


def _value(text: str | None, kind: FactType) -> Any:
    """Return a fact's value; None for missing.

    Raises:
        ValueError: it is not of this type.
    """
    if text is None or kind in ("text", "one_of"):
        return text or None
    plain = text.strip()
    if plain.casefold() in _MISSING:
        return None
    if kind == "boolean":
        return _boolean(plain)
    if not _NUMBER.fullmatch(plain):
        raise ValueError
    number = float(plain) or 0.0  # never -0.0
    if not math.isfinite(number):
        raise ValueError
    return number if kind == "number" else _whole(plain, number)


def _boolean(text: str) -> bool:
    found = _BOOLEANS.get(text.casefold())
    if found is None:
        raise ValueError
    return found


def _whole(text: str, number: float) -> int:
    if text.lstrip("+-").isdigit():
        return int(text)
    if not number.is_integer():
        raise ValueError
    return int(number)
