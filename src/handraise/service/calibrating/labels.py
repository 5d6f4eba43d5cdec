"""Labelled decisions as arrays: what the agent stated, and whether it was wrong.

What would stop in the gate, or has no label, is left out and counted; what is not of the expected
form is an error with its place. INVARIANT: what a cell holds never stands in an error; it may be a
customer's words.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.errors import InputError
from handraise.service.calibrating.plan import Columns, Progress
from handraise.service.calibrating.sameness import plain_cell, row_hash
from handraise.service.reading.cells import cells_of
from handraise.service.reading.files import Cells, Reading, check_column, files_of
from handraise.service.reading.verdicts import EXPECTED, is_missing, is_right

NO_LABEL = "no label"
NO_CONFIDENCE = "no confidence"
NO_NUMBER = "a confidence that is no number"
OUTSIDE = "a confidence outside 0 to 1"
NO_TYPE = "no type"
UNKNOWN_TYPE = "a type that the table does not know"
NO_STAKE = "no stake"
ODD_STAKE = "a stake that is no number"

ROWS_AT_ONCE = 8_192
FEW_PERCENT = 0.05
"""Where no more of the numbers than this share are over 1, they are no percent."""


class Labels(Struct, frozen=True, kw_only=True):
    """The labelled decisions of some files.

    Attributes:
        confidence: as stated, shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        types: the type of each, shape (n,); None where it was not read.
        stake: the size of what each moves, shape (n,), each at least 0; None where it was not read.
        rows: how many rows were read, with those that were left out.
        skipped: how many rows were left out, by why.
        unstaked: how many labels count as a stake of 0, by why.
        repeated: how many rows repeat an earlier one of their own file, in every cell.
        is_distinct: whether repeated rows can be told at all: there is more than what is read.
    """

    confidence: NDArray[np.float64]
    wrong: NDArray[np.bool_]
    types: NDArray[np.object_] | None
    stake: NDArray[np.float64] | None
    rows: int
    skipped: dict[str, int]
    unstaked: dict[str, int]
    repeated: int
    is_distinct: bool

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.wrong)


class LabelReader:
    """Reads labelled files; remembers which rows it has seen, over all files that it reads."""

    def __init__(
        self, columns: Columns, known: frozenset[str], *, percent: bool, progress: Progress
    ) -> None:
        """Keep what is read.

        Args:
            columns: which columns hold what.
            known: the types of the table.
            percent: whether confidence is written from 0 to 100.
            progress: told how far it is.
        """
        self._columns = columns
        self._known = known
        self._top = 100.0 if percent else 1.0
        self._progress = progress
        self._seen: list[tuple[Path, NDArray[np.int64]]] = []
        self._files: dict[bytes, Path] = {}

    def read(self, paths: Sequence[Path]) -> Labels:
        """Return the labels of files, and folders of them.

        Raises:
            InputError: a file cannot be read, lacks a column or holds what cannot be understood; a
                decision stands in two files; confidence looks like percent.
            SettingsError: a Parquet file, and DuckDB is not installed.
        """
        files = files_of(paths)
        reading = _Gathering(self._columns, self._known, self._top)
        total, before = max(sum(file.stat().st_size for file in files), 1), 0
        met: dict[str, None] = {}
        repeated, is_distinct = 0, True
        for file in files:
            cells = Reading()
            rows = array("q")
            if self._columns.id is None:
                cells.whole = lambda whole, rows=rows: rows.append(row_hash(whole))
            wanted = list(self._columns.named.values())
            ids = rows if self._columns.id is not None else None
            for _ in reading.gather(file, cells_of(file, wanted, cells), ids):
                self._progress("reading the labels", (before + cells.done_bytes()) / total)
            before += file.stat().st_size
            met.update(cells.names)
            is_distinct = is_distinct and (ids is not None or not cells.names.keys() <= set(wanted))
            repeated += self._remember(file, np.frombuffer(rows, dtype=np.int64), is_distinct)
        for column in self._columns.named.values():
            if column not in met:
                check_column(", ".join(str(file) for file in files[:3]), column, list(met))
        return reading.labels(repeated if is_distinct else 0, is_distinct=is_distinct)

    def _remember(self, file: Path, rows: NDArray[np.int64], is_distinct: bool) -> int:
        """Return how many rows repeat one of the same file; refuse those of an earlier one."""
        other = self._files.setdefault(blake2b(rows.tobytes(), digest_size=16).digest(), file)
        if other is not file and len(rows):
            raise InputError(
                f"{other} and {file}: hold the same {_rows(len(rows))}, one for one",
                "a decision that counts twice voids the promise: leave one of them out",
            )
        ordered = np.sort(rows)
        distinct = ordered[np.diff(ordered, prepend=~ordered[:1]) != 0]
        repeats = len(rows) - len(distinct)
        if not is_distinct:
            return 0
        by_id = self._columns.id is not None
        if by_id and repeats:
            raise InputError(
                f'{file}: column "{self._columns.id}": ids stand twice, {_rows(repeats)}',
                "a decision that counts twice voids the promise: leave the repeats out",
            )
        for other, seen in self._seen:
            shared = len(np.intersect1d(seen, distinct, assume_unique=True))
            if shared:
                hint = "a decision that counts twice voids the promise: leave one of them out"
                tell = "" if by_id else "; --id COLUMN tells decisions apart that look the same"
                raise InputError(f"{other} and {file}: both hold {_rows(shared)}", hint + tell)
        self._seen.append((file, distinct))
        return repeats


class _Gathering:
    """Gathers the rows of files column by column, in plain arrays."""

    def __init__(self, columns: Columns, known: frozenset[str], top: float) -> None:
        named = list(columns.named)
        self._columns = columns
        self._top = top
        self._known = known
        self._type = named.index("type") if columns.type is not None else None
        self._stake = named.index("stake") if columns.stake is not None else None
        self._id = named.index("id") if columns.id is not None else None
        self._codes: dict[str, int] = {}
        self._confidence, self._wrong = array("d"), array("b")
        self._types, self._stakes = array("l"), array("d")
        self._rows = self._numbers = self._usable = self._percents = 0
        self._skipped: dict[str, int] = {}
        self._unstaked: dict[str, int] = {}
        self._odd_labels, self._odd_at = 0, ""

    def gather(self, file: Path, cells: Iterator[Cells], ids: array[int] | None) -> Iterator[None]:
        """Take up the rows of a file; yields now and then."""
        for number, (line, row) in enumerate(cells, 1):
            self._rows += 1
            if ids is not None and self._id is not None:
                id = (row[self._id] or "").strip()
                if not id:
                    where = _where(file, line, number)
                    raise InputError(f'{where}: column "{self._columns.id}" is empty')
                ids.append(hash(plain_cell(id)))
            self._take(row)
            if self._odd_labels and not self._odd_at:
                self._odd_at = _where(file, line, number)
            if number % ROWS_AT_ONCE == 0:
                yield

    def _take(self, row: Sequence[str | None]) -> None:
        if is_missing(row[1]):
            return self._skip(NO_LABEL)
        right = is_right(row[1])
        if right is None:
            self._odd_labels += 1
            return None
        confidence = self._confidence_in((row[0] or "").strip())
        if confidence is None:
            return None
        if self._type is not None:
            type = (row[self._type] or "").strip()
            if type not in self._known:
                return self._skip(UNKNOWN_TYPE if type else NO_TYPE)
            self._types.append(self._codes.setdefault(type, len(self._codes)))
        if self._stake is not None:
            self._stakes.append(self._stake_in((row[self._stake] or "").strip()))
        self._confidence.append(confidence)
        self._wrong.append(not right)
        return None

    def _confidence_in(self, text: str) -> float | None:
        """Return a usable confidence; None, and counted, where the gate would stop for it."""
        if is_missing(text):
            self._skip(NO_CONFIDENCE)
            return None
        percent = text.endswith("%")
        number = _number(text[:-1].rstrip() if percent else text)
        if number is None:
            self._skip(NO_NUMBER)
            return None
        self._numbers += 1
        if self._top == 1.0 and (percent or 1.0 < number <= 100.0):
            self._percents += 1
            self._skip(NO_NUMBER if percent else OUTSIDE)
            return None
        if not 0.0 <= number <= self._top:
            self._skip(OUTSIDE)
            return None
        self._usable += 1
        if self._top > 1.0 and (percent or number > 1.0):
            self._percents += 1
        return number / self._top

    def _stake_in(self, text: str) -> float:
        """Return the size of a stake; 0, and counted, where there is none or it is no number."""
        is_empty = is_missing(text)
        number = None if is_empty else _number(text)
        if number is None or not abs(number) <= 1e300:
            why = NO_STAKE if is_empty else ODD_STAKE
            self._unstaked[why] = self._unstaked.get(why, 0) + 1
            return 0.0
        return abs(number)

    def _check_percent(self) -> None:
        """Refuse numbers from 0 to 1 as percent: every threshold would be 100 times too low."""
        if self._usable and self._percents <= FEW_PERCENT * self._usable:
            numbers = "1 number is" if self._usable == 1 else f"{self._usable:,} numbers are"
            raise InputError(
                f'column "{self._columns.confidence}" is no percent: {self._percents:,} of '
                f"{numbers} over 1; more than {FEW_PERCENT:.0%} of percent would be",
                "leave --percent out: the numbers are from 0 to 1 already",
            )

    def _skip(self, why: str) -> None:
        """Count what is left out."""
        self._skipped[why] = self._skipped.get(why, 0) + 1

    def labels(self, repeated: int, *, is_distinct: bool) -> Labels:
        """Return what was gathered.

        Raises:
            InputError: a label says neither right nor wrong, most numbers look like percent, or
                hardly any does and they are to be.
        """
        if self._odd_labels:
            raise InputError(
                f'{self._odd_at}: column "{self._columns.correct}": expected whether the agent was '
                f"right; something else stands in {_rows(self._odd_labels)} of {self._rows:,}",
                EXPECTED,
            )
        if self._top > 1.0:
            self._check_percent()
        elif self._percents * 2 > self._numbers:
            raise InputError(
                f'column "{self._columns.confidence}" looks like percent: {self._percents:,} of '
                f"{self._numbers:,} numbers are over 1 and up to 100, or end in %",
                "say --percent if it is; the gate itself takes confidence from 0 to 1",
            )
        names = np.array(list(self._codes), dtype=np.object_)
        codes = np.array(self._types, dtype=np.intp)
        return Labels(
            confidence=np.array(self._confidence, dtype=np.float64) + 0.0,
            wrong=np.array(self._wrong, dtype=np.bool_),
            types=None if self._type is None else names[codes],
            stake=None if self._stake is None else np.array(self._stakes, dtype=np.float64),
            rows=self._rows,
            skipped=dict(sorted(self._skipped.items(), key=lambda one: -one[1])),
            unstaked=self._unstaked,
            repeated=repeated,
            is_distinct=is_distinct,
        )


def _number(text: str) -> float | None:
    """Return a number as people and programs write it; None for any other text."""
    if not text.isascii() or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _where(file: Path, line: int | None, number: int) -> str:
    return f"{file}: row {number}" if line is None else f"{file}:{line}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
