"""The tests in files beside a table, read with every finding at once.

They are no part of the table's version: adding one asks nobody to sign again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.core.trial.trial import PlacedCase
from handraise.errors import InputError
from handraise.model import Finding
from handraise.service.reading.tables import read_text
from handraise.service.trying.csv_cases import csv_cases
from handraise.service.trying.places import ENDINGS, files_beside
from handraise.service.trying.yaml_cases import yaml_cases


class CaseFiles(Struct, frozen=True, kw_only=True):
    """The tests that stand in files beside a table.

    Attributes:
        cases: those that count, in the order of the files.
        waiting: those that a person must confirm first.
        findings: what is wrong with the files, each at its place.
        files: the files that were read.
    """

    cases: tuple[PlacedCase, ...] = ()
    waiting: tuple[PlacedCase, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def all(self) -> tuple[PlacedCase, ...]:
        """All of them, those that count first."""
        return (*self.cases, *self.waiting)


def cases_beside(path: Path, table: Table) -> CaseFiles:
    """Return the tests in the files beside a table.

    Args:
        path: the table's file.
        table: the table in it.

    Raises:
        InputError: a file cannot be read, or is no UTF-8 text.
    """
    return cases_in(files_beside(path), table)


def cases_in(files: Sequence[Path], table: Table) -> CaseFiles:
    """Return the tests in some files.

    Args:
        files: YAML or CSV, by their endings.
        table: the table they are for: its facts say how cells are read, its routes what is
            expected.

    Raises:
        InputError: a file cannot be read, or is of another kind.
    """
    found: list[PlacedCase] = []
    findings: list[Finding] = []
    for path in files:
        if path.suffix.lower() not in ENDINGS:
            raise InputError(f"{path}: no file with tests", f"expected {', '.join(ENDINGS)}")
        reads = csv_cases if path.suffix.lower() == ".csv" else yaml_cases
        cases, wrong = reads(read_text(path), str(path), table)
        found += cases
        findings += wrong
    findings += _repeated(table, found)
    return CaseFiles(
        cases=tuple(case for case in found if not case.is_waiting),
        waiting=tuple(case for case in found if case.is_waiting),
        findings=tuple(findings),
        files=tuple(files),
    )


def _repeated(table: Table, cases: Iterable[PlacedCase]) -> list[Finding]:
    """Return a finding for each test whose name another one has already."""
    seen = {case.name: "in the table" for case in table.tests}
    found = []
    for case in cases:
        before = seen.setdefault(case.name, f"in {case.file}:{case.line}")
        if before != f"in {case.file}:{case.line}":
            found.append(
                Finding(
                    severity="error",
                    code="repeated",
                    message=f'there is a test "{case.name}" already, {before}',
                    hint="give one of them another name",
                    file=case.file,
                    line=case.line,
                )
            )
    return found
