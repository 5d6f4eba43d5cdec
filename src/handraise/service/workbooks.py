"""A team's workbook in its file beside the table, and the table that is written of it.

Each is written whole or not at all. INVARIANT: no table is written that does not read, or whose
tests fail, and none over another one unless somebody has said so.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from handraise.channels.contacts import contact_problem
from handraise.core.interview.chapters import REQUESTS
from handraise.core.interview.filed import as_text, workbook_of
from handraise.core.interview.taking import Unusable, taken
from handraise.core.interview.workbook import Workbook, answered
from handraise.core.interview.writing import table_of
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.core.trial.trial import run_cases
from handraise.errors import InputError, TableError
from handraise.service.reading.tables import labelled_types


class WorkbookFile:
    """The workbook beside a table.

    Attributes:
        table: where the table is to be.
        path: where the answers are kept.
    """

    def __init__(self, table: Path) -> None:
        """Name the workbook after the table: `handraise.yaml` has `handraise.workbook.yaml`."""
        self.table = table
        self.path = table.with_name(f"{table.stem}.workbook.yaml")

    def read(self) -> Workbook:
        """Return what was answered so far; an empty workbook where there is no file.

        Raises:
            InputError: it cannot be read; with the place.
        """
        if not self.path.exists():
            return Workbook()
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{self.path}: cannot be read ({error})", "mend it, or move it away"
            ) from None
        return workbook_of(text, str(self.path))

    def take_types(self, path: Path, column: str) -> None:
        """Take the kinds of request from a labelled file, in place of what was answered before.

        Raises:
            InputError: the file or its column cannot be read, or holds too much.
        """
        question = next(one for one in REQUESTS.before if one.key == "types")
        workbook = self.read()
        types = "\n".join(labelled_types(path, column))
        try:
            answer = taken(question, types, workbook)
        except Unusable as problem:
            raise InputError(f"{path}: {column}: {problem}", "name the kinds by hand") from None
        self.keep(answered(workbook, "requests.types", answer))

    def keep(self, workbook: Workbook) -> None:
        """Write the answers.

        Raises:
            InputError: they cannot be written there.
        """
        _write(self.path, as_text(workbook))

    def write_table(self, workbook: Workbook, *, over: bool = False) -> Table:
        """Write the table of the answers, and return it as it reads.

        Args:
            workbook: the answers.
            over: whether it may be written over another one.

        Raises:
            InputError: something is missing without which there is no table; there is one already,
                and `over` was not said; it cannot be written there.
            TableError: what the answers say of a contact cannot be used here.
        """
        text, table = tried(workbook, self.table)
        if self.table.exists() and not over:
            raise InputError(f"{self.table}: exists already", "say so to write over it")
        _write(self.table, text)
        return table


def tried(workbook: Workbook, file: Path) -> tuple[str, Table]:
    """Return the text of the table of the answers, and the table itself, its tests passed.

    Raises:
        InputError: something is missing without which there is no table.
        TableError: it cannot be used.
    """
    return tried_text(table_of(workbook, file.name), file)


def tried_text(text: str, file: Path) -> tuple[str, Table]:
    """Return a table's text and the table, once it reads and its tests pass.

    Raises:
        InputError: one of its tests fails.
        TableError: it has errors.
    """
    reading = read(text, str(file), contact_problem=contact_problem)
    if reading.table is None:
        raise TableError(reading.errors)
    trial = run_cases(reading.table)
    if not trial.ok:
        name = trial.failures[0].name
        raise InputError(f'{file}: not written: its test "{name}" fails', "this is a fault of ours")
    return text, reading.table


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
