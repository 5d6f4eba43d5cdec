"""From the checked form to the records: names resolved, quantities read, expressions typed.

Every problem becomes a finding at its place; building goes on, so that all are found at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from handraise.core.table.build_audit import AuditBuilder
from handraise.core.table.build_claims import ClaimBuilder
from handraise.core.table.build_facts import FACT_TYPES, FactBuilder
from handraise.core.table.build_people import PeopleBuilder
from handraise.core.table.build_rows import RowBuilder
from handraise.core.table.expression import Scope, nearest
from handraise.core.table.form import Form, FormProblem, parse_form
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path, Source
from handraise.core.table.spec import (
    ActionSpec,
    CalibratedSpec,
    CaseSpec,
    KnownFileSpec,
    TableSpec,
    WatchSpec,
)
from handraise.core.table.types import Action, Calibration, Case, Fact, Known, Table
from handraise.errors import Error
from handraise.model import OWNER, Decision, Finding, Learned

LEARN = "`handraise learn DATA --table TABLE` writes them; or list the types: known: [TYPE, …]"


CALIBRATION = "calibration.json"
"""The calibration that `confidence: calibrated` names, beside the table."""

CALIBRATE = (
    "`handraise calibrate DATA --table TABLE --map auto` writes it; "
    "without confidence: the stated number is read"
)


class Builder:
    """Builds one table and collects what is wrong with it."""

    def __init__(
        self,
        source: Source,
        known: Callable[[str, str], Sequence[str]] | None,
        contact_problem: Callable[[str], str | None] | None,
        learned: Callable[[str], tuple[Learned, tuple[str, ...]]] | None = None,
        calibration: Callable[[str], Calibration] | None = None,
    ) -> None:
        """Keep the source for positions, and the windows to the outside."""
        self.notes = Notes(source)
        self.read_known = known
        self.read_learned = learned
        self.read_calibration = calibration
        self.people = PeopleBuilder(self.notes, contact_problem)

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the table, in the order it was found."""
        return self.notes.findings

    def build(self, spec: TableSpec) -> Table:
        """Return the table; it may be used only when no finding was added."""
        people = {id: self.people.person(id, one) for id, one in spec.people.items()}
        routes = {id: self.people.route(id, one, spec.people) for id, one in spec.routes.items()}
        if spec.owner not in people:
            self.notes.unknown(("owner",), "person", spec.owner, people)
        for route in routes.values():
            self.people.one_mailbox(route, people, spec.owner)
        severities = self._severities(spec.severities)
        actions = {id: self._action(id, one, severities) for id, one in spec.actions.items()}
        known = self._known(spec.known)
        of_facts = FactBuilder(self.notes, actions)
        facts = {id: of_facts.fact(id, one) for id, one in spec.facts.items()}
        self._facts_learned(known, facts)
        scope = self._scope(facts, actions, severities, known)
        rows = RowBuilder(self.notes, spec, scope, known.learned)
        return Table(
            agent=spec.agent,
            purpose=spec.purpose,
            owner=spec.owner,
            people=people,
            routes=routes,
            severities=severities,
            actions=actions,
            facts=facts,
            known=known,
            rows=rows.rows(),
            several=spec.several,
            unanswered=spec.unanswered,
            silent_after_s=self.notes.seconds(("watch", "silent_after"), spec.watch.silent_after),
            tests=tuple(
                self._case(place, one, [*routes, OWNER]) for place, one in enumerate(spec.tests)
            ),
            calibration=self._calibration(spec.confidence),
            claims=ClaimBuilder(self.notes, scope, [*routes, OWNER]).claims(spec.claims),
            audit=AuditBuilder(self.notes, scope.severities, [*routes, OWNER]).auditing(spec.audit),
            quiet_after_s=self._quiet_after_s(spec.watch),
            false_alarms=spec.watch.false_alarms,
            confirm=self._confirm(spec, severities),
            readers=self._readers(spec),
        )

    def _readers(self, spec: TableSpec) -> tuple[str, ...]:
        for place, person in enumerate(spec.readers):
            if person not in spec.people:
                self.notes.unknown(("readers", place), "person", person, spec.people)
        for place, person in _repeated(spec.readers):
            message = f'"{person}" stands twice'
            self.notes.say(("readers", place), "repeated", message, "remove one")
        return tuple(sorted(spec.people.keys() & set(spec.readers)))

    def _confirm(self, spec: TableSpec, severities: tuple[str, ...]) -> str | None:
        if spec.confirm is not None and spec.confirm not in severities:
            self.notes.unknown(("confirm",), "severity", spec.confirm, severities)
        return spec.confirm

    def _quiet_after_s(self, spec: WatchSpec) -> float | None:
        if spec.quiet_after is None:
            return None
        return self.notes.seconds(("watch", "quiet_after"), spec.quiet_after)

    def _scope(
        self,
        facts: dict[str, Fact],
        actions: dict[str, Action],
        severities: tuple[str, ...],
        known: Known,
    ) -> Scope:
        return Scope(
            facts={id: FACT_TYPES[fact.type] for id, fact in facts.items()},
            severities=severities if actions else (),
            choices={id: fact.choices for id, fact in facts.items() if fact.choices},
            types=known.types,
            actions=tuple(actions),
        )

    def _severities(self, written: list[str]) -> tuple[str, ...]:
        for place, severity in _repeated(written):
            message = f'severity "{severity}" stands twice'
            self.notes.say(("severities", place), "repeated", message, "remove one")
        return tuple(written)

    def _action(self, id: str, spec: ActionSpec, severities: tuple[str, ...]) -> Action:
        path: Path = ("actions", id)
        if spec.severity not in severities:
            inner: Path = (*path, "severity")
            where = inner if inner in self.notes.source.values else path
            self.notes.unknown(where, "severity", spec.severity, severities)
        form: Form | None = None
        if spec.proposal is not None:
            try:
                form = parse_form(spec.proposal)
            except FormProblem as problem:
                where = (*path, "proposal", *problem.path)
                self.notes.say(where, "form", problem.message, problem.hint)
        return Action(id=id, severity=spec.severity, form=form)

    def _known(self, spec: list[str] | KnownFileSpec | str) -> Known:
        if isinstance(spec, str):
            return self._known_learned(spec)
        if isinstance(spec, list):
            for place, name in _repeated(spec):
                message = f'"{name}" stands twice'
                self.notes.say(("known", place), "repeated", message, "remove one")
            return Known(types=tuple(sorted(set(spec))))
        types: tuple[str, ...] = ()
        if self.read_known is None:
            message = "the known types cannot be read from a file here"
            self.notes.say(("known",), "known", message)
        else:
            try:
                types = tuple(sorted(set(self.read_known(spec.file, spec.column))))
            except Error as error:
                self.notes.say(("known", "file"), "known", error.message, error.hint)
            else:
                if not types:
                    message = f'"{spec.file}" holds no known type in "{spec.column}"'
                    self.notes.say(("known", "file"), "known", message)
        return Known(types=types, file=spec.file, column=spec.column)

    def _known_learned(self, folder: str) -> Known:
        """Return what the learned files of a folder say they know."""
        if self.read_learned is None:
            message = "learned files cannot be read here"
            self.notes.say(("known",), "known", message)
            return Known(types=())
        try:
            learned, types = self.read_learned(folder)
        except Error as error:
            hint = error.hint or LEARN
            self.notes.say(("known",), "known", error.message, hint)
            return Known(types=())
        if not types:
            self.notes.say(("known",), "known", f'"{folder}" holds no known type', LEARN)
        learned = msgspec.structs.replace(learned, folder=folder)
        return Known(types=tuple(sorted(set(types))), learned=learned)

    def _calibration(self, spec: str | CalibratedSpec) -> Calibration | None:
        """Return the calibration that a table names; a finding where it cannot be had."""
        if spec == "stated":
            return None
        file = CALIBRATION if isinstance(spec, str) else spec.calibrated
        path: Path = ("confidence",) if isinstance(spec, str) else ("confidence", "calibrated")
        if self.read_calibration is None:
            self.notes.say(path, "calibration", "a calibration cannot be read here")
            return None
        try:
            found = self.read_calibration(file)
        except Error as error:
            self.notes.say(path, "calibration", error.message, error.hint or CALIBRATE)
            return None
        return msgspec.structs.replace(found, file=file)

    def _facts_learned(self, known: Known, facts: dict[str, Fact]) -> None:
        """Note the facts that were learned and that the table declares otherwise, or not at all."""
        for id, kind in known.learned.facts.items() if known.learned else ():
            fact = facts.get(id)
            if fact is None:
                message = f'the fact "{id}" was learned, and the table does not declare it'
                hint = f"declare it under facts: ({kind}), or learn again without it"
                self.notes.say(("known",), "learned-fact", message, hint)
            elif FACT_TYPES[fact.type] != kind:
                message = f'the fact "{id}" was learned as {kind}, and is declared as {fact.type}'
                hint = f"declare it as {kind}, or learn again"
                self.notes.say(("facts", id), "learned-fact", message, hint, key=True)

    def _case(self, place: int, spec: CaseSpec, routes: list[str]) -> Case:
        path: Path = ("tests", place)
        fields = Decision.__struct_fields__
        for field in spec.given:
            if field not in fields:
                hint = nearest(field, fields, f"it has {', '.join(fields)}")
                message = f'a decision has no field "{field}"'
                where: Path = (*path, "given", field)
                self.notes.say(where, "unknown-field", message, hint, key=True)
        expected: tuple[str, ...] = ()
        if spec.expect != "proceed":
            expected = tuple(spec.expect.escalate)
            for n, route in enumerate(expected):
                if route not in routes:
                    where = (*path, "expect", "escalate", n)
                    self.notes.unknown(where, "route", route, routes)
        line, _ = self.notes.source.place(path)
        return Case(name=spec.name, given=spec.given, escalate=expected, line=line)


Item = TypeVar("Item")


def _repeated(written: Iterable[Item]) -> list[tuple[int, Item]]:
    """Return what stands a second time, with its place."""
    seen: set[Item] = set()
    found = []
    for place, one in enumerate(written):
        if one in seen:
            found.append((place, one))
        seen.add(one)
    return found
