"""Which labelled files there are, and what is asked of their columns: CSV, JSONL and Parquet.

INVARIANT: what a cell holds never stands in an error; it may be a customer's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from handraise.core.table.parsing import nearest
from handraise.errors import InputError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
ZIPPED = tuple(f"{suffix}.gz" for suffix in SUFFIXES[:4])

Cells = tuple[int | None, Sequence[str | None]]
"""The line a row begins in, 1-based (None where there are no lines), and its wanted cells."""


class Reading:
    """How a file is being read: for a progress bar, and for columns that no row has.

    Attributes:
        done_bytes: returns how much of the file has been read, in bytes on the disk.
        names: the columns met so far, in order; of JSONL the first thousand and the wanted.
        whole: where it is set, it is told all cells of a row with the names of their columns,
            before the wanted cells are given, so that rows which stand twice can be found.
    """

    def __init__(self) -> None:
        self.done_bytes: Callable[[], int] = lambda: 0
        self.names: dict[str, None] = {}
        self.whole: Callable[[Iterable[tuple[str, Any]]], None] | None = None


def files_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the labelled files of files and folders, each once; a folder's own by name.

    Raises:
        InputError: one is missing or of another kind, or a folder holds none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if _is_labelled(file))
            if not inside:
                raise InputError(f"{path}: holds no labelled file", f"expected {_endings()}")
        elif not path.is_file():
            raise InputError(f"{path}: there is no such file")
        elif not _has_suffix(path):
            raise InputError(f"{path}: not a known kind of file", f"expected {_endings()}")
        else:
            inside = [path]
        for file in inside:
            found.setdefault(file.resolve(), file)
    if not found:
        raise InputError("no labelled file was named", f"expected {_endings()}")
    return tuple(found.values())


def check_column(place: str, column: str, names: Sequence[str]) -> None:
    """Refuse a column that is not among `names`, or is so twice.

    Raises:
        InputError: with the nearest name.
    """
    if column not in names:
        listed = f"it has {', '.join(names[:12])}" if names else "it has no columns"
        raise InputError(f'{place}: has no column "{column}"', nearest(column, names, listed))
    if names.count(column) > 1:
        raise InputError(
            f'{place}: column "{column}" stands there more than once', "rename all but one"
        )


def _endings() -> str:
    return f"{', '.join(SUFFIXES)}, or .gz of the text ones"


def _has_suffix(path: Path) -> bool:
    return path.name.lower().endswith((*SUFFIXES, *ZIPPED))


def _is_labelled(path: Path) -> bool:
    return _has_suffix(path) and not path.name.startswith(".") and path.is_file()
