"""Cells of labelled files, whatever their kind: one way in for all that read rows of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from handraise.service.reading.files import Cells, Reading
from handraise.service.reading.lines import csv_cells, jsonl_cells
from handraise.service.reading.parquet import parquet_cells


def cells_of(path: Path, wanted: Sequence[str], reading: Reading) -> Iterator[Cells]:
    """Return the wanted cells of each row of a file, by its kind.

    Args:
        path: a CSV, JSONL or Parquet file, as `files_of` finds them.
        wanted: the columns, in the order in which their cells are given.
        reading: is told how far it is, and which columns were met.

    Raises:
        InputError: the file cannot be read, is malformed, or lacks a wanted column.
    """
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return parquet_cells(path, wanted, reading)
    if name.endswith((".jsonl", ".ndjson")):
        return jsonl_cells(path, wanted, reading)
    return csv_cells(path, wanted, reading)
