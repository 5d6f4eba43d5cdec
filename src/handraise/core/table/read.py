"""From the text of `handraise.yaml` to a `Table`, with every finding at once.

Three steps: YAML with positions (`source`), the form (`validate`), the meaning (`build`); then
lint. What needs the outside world (a labelled file, a calendar, whether a channel exists) is asked
of functions the caller gives, so that this stays pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from handraise.core.table.build import Builder
from handraise.core.table.calendars import CalendarReader, check_calendars
from handraise.core.table.digest import version_of
from handraise.core.table.lint import lint, unset_variables
from handraise.core.table.open_points import open_points
from handraise.core.table.source import read_source
from handraise.core.table.types import Calibration, Table
from handraise.core.table.validate import check_form
from handraise.model import Finding, Learned

KnownReader = Callable[[str, str], Sequence[str]]
"""(file, column) -> the known types; raises an `Error` of ours when the file cannot be read."""

ContactCheck = Callable[[str], str | None]
"""contact -> what is wrong with it, or None."""


LearnedReader = Callable[[str], tuple[Learned, tuple[str, ...]]]
"""folder -> what its learned files say of themselves, and the known types; raises an `Error`."""

CalibrationReader = Callable[[str], Calibration]
"""file -> what the calibration in it says; raises an `Error` of ours when it cannot be had."""

VariableCheck = Callable[[str], bool]
"""variable of the environment -> whether it is set."""


class Reading(Struct, frozen=True, kw_only=True):
    """What came of reading a table.

    Attributes:
        table: the table; None when a finding is an error.
        findings: errors and warnings, in the order of the file.
        text: the text that was read.
    """

    table: Table | None
    findings: tuple[Finding, ...]
    text: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the table unusable."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def read(
    text: str,
    file: str = "handraise.yaml",
    *,
    known: KnownReader | None = None,
    learned: LearnedReader | None = None,
    calibration: CalibrationReader | None = None,
    contact_problem: ContactCheck | None = None,
    is_set: VariableCheck | None = None,
    calendar: CalendarReader | None = None,
    at: datetime | None = None,
) -> Reading:
    """Return the table that a text holds, and everything that is wrong or worth knowing.

    Args:
        text: the YAML text.
        file: its name, for the findings.
        known: reads the known types from a labelled file; without it such a table has an error.
        learned: reads what learned files say; without it a table that names some has an error.
        calibration: reads a calibration; without it a table that names one has an error.
        contact_problem: says what is wrong with a contact; without it only its form is checked.
        is_set: says whether a variable that a contact refers to is set; without it nobody asks.
        calendar: reads an on-call calendar; without it, or without `at`, none is looked at.
        at: now: a rota that has run out is worth knowing.
    """
    source, findings = read_source(text, file)
    if source is None:
        return Reading(table=None, findings=tuple(findings), text=text)
    if not isinstance(source.data, dict):
        found = source.finding((), "form", "a table is a mapping", "start with handraise: 1")
        return Reading(table=None, findings=(found,), text=text)
    checked = check_form(source)
    findings = checked.findings
    table: Table | None = None
    rotas: list[Finding] = []
    if checked.spec is not None:
        builder = Builder(checked.source, known, contact_problem, learned, calibration)
        table = builder.build(checked.spec)
        if calendar is not None and at is not None:
            rotas = check_calendars(table.people, checked.source, calendar, at)
        findings += builder.findings
        findings += [one for one in rotas if one.severity == "error"]
    if findings:
        table = None
    if table is not None:
        table = msgspec.structs.replace(table, version=version_of(table))
        findings = [
            *lint(table, source),
            *unset_variables(table, source, is_set),
            *open_points(source),
            *rotas,
        ]
    findings.sort(key=lambda finding: (finding.line, finding.column))
    return Reading(table=table, findings=tuple(findings), text=text)
