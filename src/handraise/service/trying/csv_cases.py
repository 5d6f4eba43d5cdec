"""Tests in CSV: a row each, a column for each thing that is given, and one for the verdict.

How a cell is read is said by the table: by the fact's declared type, by the form of the action's
proposal, by the field's own type. An empty cell is not given.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from handraise.core.table.expression import fields_read, nearest
from handraise.core.table.form import Form, from_text
from handraise.core.table.types import Table
from handraise.core.trial.trial import PlacedCase
from handraise.model import OWNER, Finding
from handraise.service.reading.labelled import separator_of
from handraise.service.trying.confirming import HINT, is_signed

TEXTS = ("type", "action", "text", "case", "key", "asked_by")
NEEDED = ("name", "expect")
PROPOSAL = "proposal."
PLAIN = (*NEEDED, *TEXTS, "confidence", "confirmed")

_NUMBER = Form(kind="number")
_YAML = "to try a value of another kind, write the test in YAML"


def csv_cases(text: str, file: str, table: Table) -> tuple[list[PlacedCase], list[Finding]]:
    """Return the tests of a CSV file, and all that is wrong with it.

    The separator is a comma, a semicolon or a tab: the one that gives the columns `name` and
    `expect`.

    Args:
        text: what stands in the file.
        file: its name, for findings.
        table: the table they are for.
    """
    header = text.partition("\n")[0].rstrip("\r")
    separator = separator_of(header, NEEDED)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    sheet = _Sheet(file, table)
    begins = 1
    cases: list[PlacedCase] = []
    try:
        names = next(reader, [])
        if not sheet.begin([name.strip() for name in names]):
            return [], sheet.findings
        begins = reader.line_num + 1
        for row in reader:
            case = sheet.case(begins, row) if any(row) else None
            if case is not None:
                cases.append(case)
            begins = reader.line_num + 1
    except csv.Error as error:
        sheet.say(begins, f"is no CSV ({error})", "look at the quotes of this row")
    return cases, sheet.findings


class _Sheet:
    """Reads rows into tests and collects what is wrong with them."""

    def __init__(self, file: str, table: Table) -> None:
        self.file = file
        self.table = table
        self.findings: list[Finding] = []
        self.columns: list[str] = []
        self.routes = frozenset((*table.routes, OWNER))
        self.forms = {id: _form_of(table, id) for id in table.facts}
        self.read = _fields_worked_out(table)

    def say(self, line: int, message: str, hint: str = "", column: str = "") -> None:
        """Add an error at a line, and a column's name."""
        where = f'column "{column}": ' if column else ""
        place = self.columns.index(column) + 1 if column in self.columns else 1
        self.findings.append(
            Finding(
                severity="error",
                code="test-file",
                message=f"{where}{message}",
                hint=hint,
                file=self.file,
                line=line,
                column=place,
                path=column,
            )
        )

    def begin(self, columns: list[str]) -> bool:
        """Take the names of the columns; False where rows cannot be read by them."""
        self.columns = columns
        for name in NEEDED:
            if name not in columns:
                among = [one for one in columns if one not in PLAIN]
                hint = nearest(
                    name, among, f"the first line names the columns: {', '.join(NEEDED)}"
                )
                self.say(1, f'there is no column "{name}"', hint)
        known = (*PLAIN, *self.table.facts)
        for place, column in enumerate(columns):
            if column in columns[:place]:
                self.say(1, "stands there twice", "rename one, or take it out", column)
            elif column not in known and not column.startswith(PROPOSAL):
                hint = nearest(column, known, f"expected {', '.join(known)}, or proposal.FIELD")
                self.say(1, "is nothing that a decision has", hint, column)
            elif _is_torn(column, columns):
                hint = "a field is filled itself, or by the columns of its own fields"
                self.say(1, "cannot be a field of the proposal", hint, column)
        return not self.findings

    def case(self, line: int, row: list[str]) -> PlacedCase | None:
        """Return the test in a row; None where something is wrong with it."""
        if len(row) != len(self.columns):
            message = f"has {len(row)} values, expected {len(self.columns)}"
            self.say(line, message, "put quotes around values that hold a separator")
            return None
        before = len(self.findings)
        cells = {
            column: cell for column, cell in zip(self.columns, row, strict=True) if cell.strip()
        }
        given: dict[str, Any] = {name: cells[name] for name in TEXTS if name in cells}
        if "confidence" in cells:
            given["confidence"] = self._typed(line, "confidence", _NUMBER, cells["confidence"])
        facts = {
            id: self._typed(line, id, form, cells[id])
            for id, form in self.forms.items()
            if id in cells
        }
        if facts:
            given["facts"] = facts
        proposal = self._proposal(line, cells)
        if proposal is not None:
            given["proposal"] = proposal
        escalate = self._expected(line, cells.get("expect", ""))
        name = cells.get("name", "").strip()
        if not name:
            self.say(line, "is empty; each test has a name", column="name")
        is_waiting, confirmed = self._confirmed(line, cells.get("confirmed", "").strip())
        if len(self.findings) > before:
            return None
        return PlacedCase(
            name=name,
            given=given,
            escalate=escalate,
            line=line,
            file=self.file,
            is_waiting=is_waiting,
            confirmed=confirmed,
        )

    def _typed(self, line: int, column: str, form: Form, cell: str) -> Any:
        found, wrong = from_text(Form(kind="object", fields={"cell": form}), {"cell": cell})
        if not wrong:
            return found["cell"]
        wanted = wrong["cell"].removeprefix("cell ")
        self.say(line, wanted, _YAML, column)
        return None

    def _proposal(self, line: int, cells: dict[str, str]) -> dict[str, Any] | None:
        """Return the proposal of a row; None where none of its columns is filled."""
        columns = [column for column in cells if column.startswith(PROPOSAL)]
        if not columns:
            return None
        action = self.table.actions.get(cells.get("action", ""))
        whole = action.form if action is not None else None
        proposal: dict[str, Any] = {}
        for column in columns:
            path = column.removeprefix(PROPOSAL).split(".")
            place = proposal
            for parent in path[:-1]:
                place = place.setdefault(parent, {})
            place[path[-1]] = self._field(line, column, _inner(whole, path), cells[column])
        return proposal

    def _field(self, line: int, column: str, form: Form | None, cell: str) -> Any:
        """Return one field of a proposal: by its form; without one as what it looks like."""
        if form is not None and form.kind != "object":
            return self._typed(line, column, form, cell)
        if column.removeprefix(PROPOSAL) in self.read:
            return self._typed(line, column, _NUMBER, cell)
        return _looks_like(cell)

    def _expected(self, line: int, cell: str) -> tuple[str, ...]:
        written = cell.strip()
        if written == "proceed":
            return ()
        routes = tuple(part.strip() for part in written.split("+"))
        if not written:
            hint = "write proceed, or routes joined by +"
            self.say(line, "is empty; it says the verdict", hint, "expect")
        for route in routes if written else ():
            if route not in self.routes:
                among = [*self.table.routes, OWNER, "proceed"]
                hint = nearest(route, among, f"expected proceed, or {', '.join(among[:-1])}")
                self.say(line, f'unknown route "{route}"', hint, "expect")
        return routes

    def _confirmed(self, line: int, cell: str) -> tuple[bool, str]:
        if cell and cell.lower() != "false" and not is_signed(cell):
            self.say(line, f'is false, or a person and a day, found "{cell}"', HINT, "confirmed")
        return (False, cell) if not cell or is_signed(cell) else (True, "")


def _is_torn(column: str, columns: list[str]) -> bool:
    """Whether a column's field has no name, or is filled by other columns as well."""
    if not column.startswith(PROPOSAL):
        return False
    return not all(column.split(".")) or any(one.startswith(f"{column}.") for one in columns)


def _inner(form: Form | None, path: list[str]) -> Form | None:
    """Return the form of a field within a form; None where it has none."""
    for name in path:
        form = form.fields.get(name) if form is not None else None
    return form


def _form_of(table: Table, fact: str) -> Form:
    found = table.facts[fact]
    return Form(kind=found.type, choices=found.choices)


def _fields_worked_out(table: Table) -> frozenset[str]:
    """Return the fields of proposals that a fact is worked out from: they are numbers."""
    return frozenset(_fields_read(table))


def _fields_read(table: Table) -> Iterator[str]:
    for fact in table.facts.values():
        for source in (*fact.sources.values(), *(() if fact.source is None else (fact.source,))):
            yield from fields_read(source)


def _looks_like(cell: str) -> Any:
    """Return a cell that no form speaks of: a number, true or false, or else the text it is."""
    if cell.strip() in {"true", "false"}:
        return cell.strip() == "true"
    found, wrong = from_text(Form(kind="object", fields={"cell": _NUMBER}), {"cell": cell})
    return cell if wrong else found["cell"]
