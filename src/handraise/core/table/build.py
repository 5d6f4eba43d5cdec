"""From the checked form to the records: names resolved, quantities read, expressions typed.

Every problem becomes a finding at its place; building goes on, so that all are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from handraise.core.table.expression import (
    AnyNode,
    ExpressionProblem,
    Scope,
    ValueType,
    fields_read,
    nearest,
    parse,
)
from handraise.core.table.form import Form, FormProblem, is_number, parse_form
from handraise.core.table.source import Path, Source
from handraise.core.table.spec import (
    ActionSpec,
    CaseSpec,
    ConfidenceSpec,
    ConsequenceSpec,
    FactSpec,
    KnownFileSpec,
    NoveltySpec,
    PersonSpec,
    RouteSpec,
    TableSpec,
)
from handraise.core.table.types import (
    ALWAYS,
    Action,
    Case,
    Fact,
    Known,
    Person,
    Route,
    Row,
    Span,
    Table,
)
from handraise.core.table.units import UnitProblem, capacity, hours, seconds
from handraise.errors import Error
from handraise.model import OWNER, Decision, Finding

ADDRESS = re.compile(r"[^@\s:/?#]+@[^@\s:/?#.]+(\.[^@\s:/?#.]+)+")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S+")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
FACT_TYPES: dict[str, ValueType] = {
    "number": "number",
    "integer": "number",
    "text": "text",
    "boolean": "boolean",
    "one_of": "text",
}
RESERVED_FACTS = frozenset(
    {"type", "action", "confidence", "severity", "proposal", "true", "false", "abs", "min", "max", "and", "or", "not", "in"}
)


class Builder:
    """Builds one table and collects what is wrong with it."""

    def __init__(
        self,
        source: Source,
        known: Callable[[str, str], Sequence[str]] | None,
        contact_problem: Callable[[str], str | None] | None,
    ) -> None:
        """Keep the source for positions, and the two windows to the outside."""
        self.source = source
        self.read_known = known
        self.contact_problem = contact_problem
        self.findings: list[Finding] = []

    def say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False, offset: int = 0) -> None:
        """Add an error at `path`."""
        self.findings.append(self.source.finding(path, code, message, hint, key=key, offset=offset))

    def build(self, spec: TableSpec) -> Table:
        """Return the table; it may be used only when no finding was added."""
        people = {id: self._person(id, one) for id, one in spec.people.items()}
        routes = {id: self._route(id, one, spec.people) for id, one in spec.routes.items()}
        if spec.owner not in people:
            self._unknown(("owner",), "person", spec.owner, people)
        severities = self._severities(spec.severities)
        actions = {id: self._action(id, one, severities) for id, one in spec.actions.items()}
        known = self._known(spec.known)
        facts = {id: self._fact(id, one, actions) for id, one in spec.facts.items()}
        scope = Scope(
            facts={id: FACT_TYPES[fact.type] for id, fact in facts.items()},
            severities=severities if actions else (),
            choices={id: fact.choices for id, fact in facts.items() if fact.choices},
            types=known.types,
            actions=tuple(actions),
        )
        rows = self._rows(spec, scope, severities)
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
            rows=rows,
            several=spec.several,
            unanswered=spec.unanswered,
            silent_after_s=self._seconds(("watch", "silent_after"), spec.watch.silent_after),
            tests=tuple(self._case(place, one, spec.routes) for place, one in enumerate(spec.tests)),
        )

    def _unknown(self, path: Path, what: str, name: str, names: Iterable[str]) -> None:
        among = [str(one) for one in names]
        listed = f"expected {', '.join(among[:8])}" if among else f"declare the {what} first"
        self.say(path, f"unknown-{what}", f'unknown {what} "{name}"', nearest(name, among, listed))

    def _seconds(self, path: Path, written: str | float) -> float:
        try:
            return seconds(written)
        except UnitProblem as problem:
            self.say(path, "duration", str(problem))
            return 1.0

    def _person(self, id: str, spec: PersonSpec) -> Person:
        path: Path = ("people", id)
        for place, contact in enumerate(spec.contact):
            wrong = self._contact(contact)
            if wrong:
                where: Path = (*path, "contact", place) if (*path, "contact", place) in self.source.values else (*path, "contact")
                self.say(where, "contact", f'"{contact}" cannot be a contact: {wrong}', 'e.g. "mailto:name@example.com" or an Apprise URL')
        spans: tuple[Span, ...] = ALWAYS
        try:
            spans = hours(spec.hours[0] if len(spec.hours) == 1 else list(spec.hours))
        except UnitProblem as problem:
            self.say((*path, "hours"), "hours", str(problem))
        try:
            ZoneInfo(spec.zone)
        except (OSError, ValueError):
            self.say((*path, "zone"), "zone", f'unknown time zone "{spec.zone}"', "use an IANA name such as Europe/Lisbon")
        a_day: int | None = None
        at_once: int | None = None
        if spec.capacity is not None:
            try:
                a_day, at_once = capacity(spec.capacity)
            except UnitProblem as problem:
                self.say((*path, "capacity"), "capacity", str(problem))
        return Person(
            id=id,
            name=spec.name,
            contacts=tuple(spec.contact),
            hours=spans,
            zone=spec.zone,
            capacity_day=a_day,
            capacity_open=at_once,
        )

    def _contact(self, contact: str) -> str | None:
        """Return what is wrong with a contact, or None."""
        if VARIABLE.search(contact) is None:
            if contact.startswith("mailto:") and not contact.startswith("mailto://"):
                return None if ADDRESS.fullmatch(contact.removeprefix("mailto:")) else "the mail address is not complete"
            if not URL.fullmatch(contact):
                return "it is no URL"
        elif "$" in VARIABLE.sub("", contact):
            return "a $ stands alone; refer to the environment as ${NAME}"
        return self.contact_problem(contact) if self.contact_problem else None

    def _route(self, id: str, spec: RouteSpec, people: dict[str, PersonSpec]) -> Route:
        path: Path = ("routes", id)
        if id == OWNER:
            self.say(path, "reserved", '"owner" is always there and leads to the owner', "choose another name for this route", key=True)
        listed = spec.people
        base: Path = (*path, "people") if (*path, "people") in self.source.values else path
        for place, person in enumerate(listed):
            where = (*base, place) if (*base, place) in self.source.values else base
            if person not in people:
                self._unknown(where, "person", person, people)
            if person in listed[:place]:
                self.say(where, "repeated", f'"{person}" stands on this route twice', "a person has an ask once; remove one")
        acknowledge = self._seconds((*path, "acknowledge_within"), spec.acknowledge_within)
        decide = self._seconds((*path, "decide_within"), spec.decide_within)
        if decide < acknowledge:
            self.say((*path, "decide_within"), "deadlines", "the deadline to decide is before the one to acknowledge", "make decide_within the longer one")
        return Route(id=id, people=tuple(listed), acknowledge_within_s=acknowledge, decide_within_s=decide)

    def _severities(self, written: list[str]) -> tuple[str, ...]:
        for place, severity in enumerate(written):
            if severity in written[:place]:
                self.say(("severities", place), "repeated", f'severity "{severity}" stands twice', "remove one")
        return tuple(written)

    def _action(self, id: str, spec: ActionSpec, severities: tuple[str, ...]) -> Action:
        path: Path = ("actions", id)
        if spec.severity not in severities:
            where: Path = (*path, "severity") if (*path, "severity") in self.source.values else path
            self._unknown(where, "severity", spec.severity, severities)
        form: Form | None = None
        if spec.proposal is not None:
            try:
                form = parse_form(spec.proposal)
            except FormProblem as problem:
                self.say((*path, "proposal", *problem.path), "form", problem.message, problem.hint)
        return Action(id=id, severity=spec.severity, form=form)

    def _known(self, spec: list[str] | KnownFileSpec) -> Known:
        if isinstance(spec, list):
            for place, name in enumerate(spec):
                if name in spec[:place]:
                    self.say(("known", place), "repeated", f'"{name}" stands twice', "remove one")
            return Known(types=tuple(sorted(set(spec))))
        types: tuple[str, ...] = ()
        if self.read_known is None:
            self.say(("known",), "known", "the known types cannot be read from a file here")
        else:
            try:
                types = tuple(sorted(set(self.read_known(spec.file, spec.column))))
            except Error as error:
                self.say(("known", "file"), "known", error.message, error.hint)
        return Known(types=types, file=spec.file, column=spec.column)

    def _fact(self, id: str, spec: FactSpec, actions: dict[str, Action]) -> Fact:
        path: Path = ("facts", id)
        if id in RESERVED_FACTS or not id.isidentifier():
            self.say(path, "bad-name", f'"{id}" cannot be a fact\'s name', "use letters, digits and _, and no word of the language", key=True)
        kind, choices = self._fact_type(path, spec.type)
        source: AnyNode | None = None
        sources: dict[str, AnyNode] = {}
        if isinstance(spec.from_, str):
            source = self._from((*path, "from"), spec.from_, kind)
        elif spec.from_ is not None:
            for action, written in spec.from_.items():
                where = (*path, "from", action)
                if action not in actions:
                    self._unknown(where, "action", action, actions)
                node = self._from(where, written, kind)
                if node is not None:
                    sources[action] = node
                    self._fields_exist(where, node, actions.get(action))
        otherwise = spec.otherwise
        if otherwise is not None:
            self._otherwise(path, spec, kind, choices)
        return Fact(id=id, type=kind, choices=choices, unit=spec.unit, about=spec.about, source=source, sources=sources, otherwise=otherwise)

    def _otherwise(self, path: Path, spec: FactSpec, kind: str, choices: tuple[str, ...]) -> None:
        where = (*path, "otherwise")
        if not isinstance(spec.from_, dict):
            self.say(where, "otherwise", '"otherwise" goes with a "from" by action', "take it out, or write from: {ACTION: …}", key=True)
        fits = {
            "number": is_number(spec.otherwise),
            "integer": is_number(spec.otherwise) and spec.otherwise == int(spec.otherwise),  # type: ignore[arg-type]
            "boolean": isinstance(spec.otherwise, bool),
            "text": isinstance(spec.otherwise, str),
            "one_of": spec.otherwise in choices,
        }
        if not fits[kind]:
            self.say(where, "otherwise", f"{spec.otherwise!r} is not of the type {kind.replace('_', ' ')}")

    def _fact_type(self, path: Path, written: str) -> tuple[Literal["number", "integer", "text", "boolean", "one_of"], tuple[str, ...]]:
        where: Path = (*path, "type") if (*path, "type") in self.source.values else path
        try:
            form = parse_form(written)
        except FormProblem as problem:
            self.say(where, "fact-type", problem.message, nearest(written, list(FACT_TYPES), "a fact is a number, integer, text, boolean, or one of [a, b]"))
            return "number", ()
        if form.kind not in FACT_TYPES or form.optional:
            self.say(where, "fact-type", f'"{written}" cannot be a fact', "a fact is a number, integer, text, boolean, or one of [a, b]; never optional")
            return "number", ()
        return form.kind, form.choices  # type: ignore[return-value]

    def _from(self, path: Path, written: str, kind: str) -> AnyNode | None:
        if kind not in {"number", "integer"}:
            self.say(path, "from", "only numbers are worked out from the proposal", "state this fact, or make it a number")
            return None
        return self._expression(path, written, Scope(facts={}, proposal=True), "number")

    def _fields_exist(self, path: Path, node: AnyNode, action: Action | None) -> None:
        """Check that the fields a `from` reads stand in the action's form, as numbers that must be there."""
        if action is None or action.form is None:
            return
        for field in fields_read(node):
            form = action.form.fields.get(field)
            if form is None:
                self.say(path, "unknown-field", f'the proposal of {action.id} has no field "{field}"', nearest(field, action.form.fields, f"it holds {', '.join(action.form.fields)}"))
            elif form.kind not in {"number", "integer"} or form.optional:
                self.say(path, "field-type", f'"proposal.{field}" must be a number that is never left out', f"mend the form of {action.id}")

    def _expression(self, path: Path, written: str, scope: Scope, expected: ValueType) -> AnyNode | None:
        try:
            return parse(written, scope, expected)
        except ExpressionProblem as problem:
            self.say(path, "expression", problem.message, problem.hint, offset=problem.offset)
            return None

    def _rows(self, spec: TableSpec, scope: Scope, severities: tuple[str, ...]) -> tuple[Row, ...]:
        rows: list[Row] = []
        order = self.source.data.get("escalate", {})
        for condition in order:
            written = getattr(spec.escalate, str(condition), [])
            single = not isinstance(order[condition], list)
            for place, one in enumerate(written):
                path: Path = ("escalate", condition) if single else ("escalate", condition, place)
                rows.append(self._row(path, str(condition), place + 1, one, spec, scope, severities))
        return tuple(rows)

    def _row(
        self,
        path: Path,
        condition: str,
        number: int,
        spec: ConfidenceSpec | ConsequenceSpec | NoveltySpec,
        table: TableSpec,
        scope: Scope,
        severities: tuple[str, ...],
    ) -> Row:
        if spec.to not in table.routes and spec.to != OWNER:
            self._unknown((*path, "to"), "route", spec.to, [*table.routes, OWNER])
        fields: dict[str, Any] = {}
        if isinstance(spec, ConfidenceSpec):
            fields = self._below(path, spec, scope)
        elif isinstance(spec, ConsequenceSpec):
            fields = self._consequence(path, spec, table, scope, severities)
        else:
            fields = {"kind": "unknown"}
        return Row(
            id=f"{condition}.{number}",
            condition=condition,  # type: ignore[arg-type]
            to=spec.to,
            tag=spec.tag,
            name=spec.name,
            for_types=self._narrowed((*path, "for", "type"), "type", spec.for_.type if spec.for_ else None, scope.types),
            for_actions=self._narrowed((*path, "for", "action"), "action", spec.for_.action if spec.for_ else None, scope.actions),
            line=self.source.place(path)[0],
            **fields,
        )

    def _below(self, path: Path, spec: ConfidenceSpec, scope: Scope) -> dict[str, Any]:
        if not isinstance(spec.below, dict):
            return {"kind": "below", "below": spec.below}
        for name in spec.below:
            if name != "else" and name not in scope.types:
                self._unknown((*path, "below", name), "type", name, [*scope.types, "else"])
        by_type = {name: value for name, value in spec.below.items() if name != "else"}
        return {"kind": "below", "below": spec.below.get("else"), "below_by_type": by_type}

    def _consequence(self, path: Path, spec: ConsequenceSpec, table: TableSpec, scope: Scope, severities: tuple[str, ...]) -> dict[str, Any]:
        if (spec.when is None) == (spec.severity is None):
            self.say(path, "row", 'a consequence row has either "when" or "severity"', "e.g. when: abs(revenue_usd) > 5000")
            return {"kind": "when"}
        if spec.severity is not None:
            if spec.severity not in severities:
                self._unknown((*path, "severity"), "severity", spec.severity, severities)
            if not table.actions:
                self.say((*path, "severity"), "no-actions", "no action is rated, so no severity can be judged", "rate the agent's actions under actions:")
            return {"kind": "severity", "severity": spec.severity}
        return {"kind": "when", "when": self._expression((*path, "when"), spec.when or "", scope, "boolean")}

    def _narrowed(self, path: Path, what: str, names: list[str] | None, among: tuple[str, ...]) -> tuple[str, ...]:
        if names is None:
            return ()
        if not names:
            self.say(path, "row", f"this row is narrowed to no {what} at all", f"name at least one, or take for.{what} out")
        for place, name in enumerate(names):
            if name not in among:
                where = (*path, place) if (*path, place) in self.source.values else path
                self._unknown(where, what, name, among)
        return tuple(dict.fromkeys(names))

    def _case(self, place: int, spec: CaseSpec, routes: dict[str, RouteSpec]) -> Case:
        path: Path = ("tests", place)
        for field in spec.given:
            if field not in Decision.__struct_fields__:
                self.say((*path, "given", field), "unknown-field", f'a decision has no field "{field}"', nearest(field, list(Decision.__struct_fields__), f"it has {', '.join(Decision.__struct_fields__)}"), key=True)
        expected: tuple[str, ...] = ()
        if spec.expect != "proceed":
            expected = tuple(spec.expect.escalate)
            for n, route in enumerate(expected):
                if route not in routes and route != OWNER:
                    where: Path = (*path, "expect", "escalate", n)
                    self._unknown(where, "route", route, [*routes, OWNER])
        return Case(name=spec.name, given=spec.given, escalate=expected, line=self.source.place(path)[0])
