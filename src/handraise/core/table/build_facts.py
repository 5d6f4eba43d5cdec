"""Facts of a table: their types, and how they are worked out from the proposal."""

from __future__ import annotations

from keyword import iskeyword

from handraise.core.table.expression import (
    AnyNode,
    Node,
    Scope,
    ValueType,
    fields_read,
    nearest,
)
from handraise.core.table.form import FormProblem, parse_form
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path
from handraise.core.table.spec import FactSpec
from handraise.core.table.types import Action, Fact, FactType
from handraise.core.table.values import number, shown

FACT_TYPES: dict[str, ValueType] = {
    "number": "number",
    "integer": "number",
    "text": "text",
    "boolean": "boolean",
    "one_of": "text",
}
RESERVED_FACTS = frozenset(
    {
        "type",
        "action",
        "confidence",
        "severity",
        "proposal",
        "true",
        "false",
        "abs",
        "min",
        "max",
        "and",
        "or",
        "not",
        "in",
    }
)


FACT_HINT = "a fact is a number, integer, text, boolean, or one of [a, b]"


class FactBuilder:
    """Builds facts."""

    def __init__(self, notes: Notes, actions: dict[str, Action]) -> None:
        """Keep where findings go, and the actions whose proposals facts are worked out from."""
        self.notes = notes
        self.actions = actions

    def fact(self, id: str, spec: FactSpec) -> Fact:
        """Return a fact."""
        path: Path = ("facts", id)
        if id in RESERVED_FACTS or iskeyword(id) or not id.isidentifier():
            self.notes.say(
                path,
                "bad-name",
                f'"{id}" cannot be a fact\'s name',
                "use letters, digits and _, and no word of the language",
                key=True,
            )
        kind, choices = self._fact_type(path, spec.type)
        source: AnyNode | None = None
        sources: dict[str, Node] = {}
        if isinstance(spec.from_, str):
            source = self._from((*path, "from"), spec.from_, kind)
        elif spec.from_ is not None:
            sources = self._sources((*path, "from"), spec.from_, kind)
        if spec.otherwise is not None:
            self._otherwise(path, spec, kind)
        return Fact(
            id=id,
            type=kind,
            choices=choices,
            unit=spec.unit,
            about=spec.about,
            source=source,
            sources=sources,
            otherwise=spec.otherwise,
        )

    def _sources(self, path: Path, written: dict[str, str], kind: FactType) -> dict[str, Node]:
        """Return an expression for each action that has one."""
        sources: dict[str, Node] = {}
        if not written:
            hint = "write from: {ACTION: …}, or take it out"
            self.notes.say(path, "from", "no action has an expression here", hint)
        for action, text in written.items():
            where = (*path, action)
            if action not in self.actions:
                self.notes.unknown(where, "action", action, self.actions, key=True)
            node = self._from(where, text, kind)
            if node is not None:
                sources[action] = node
                self._fields_exist(where, node, self.actions.get(action))
        return sources

    def _otherwise(self, path: Path, spec: FactSpec, kind: FactType) -> None:
        where = (*path, "otherwise")
        if not isinstance(spec.from_, dict):
            self.notes.say(
                where,
                "otherwise",
                '"otherwise" goes with a "from" by action',
                "take it out, or write from: {ACTION: …}",
                key=True,
            )
        found = number(spec.otherwise)
        if found is None or (kind == "integer" and found != int(found)):
            self.notes.say(where, "otherwise", f"{shown(spec.otherwise)} is not of the type {kind}")

    def _fact_type(self, path: Path, written: str) -> tuple[FactType, tuple[str, ...]]:
        where: Path = (*path, "type") if (*path, "type") in self.notes.source.values else path
        try:
            form = parse_form(written)
        except FormProblem as problem:
            hint = nearest(written, ("number", "integer", "text", "boolean"), FACT_HINT)
            self.notes.say(where, "fact-type", problem.message, hint)
            return "number", ()
        if form.kind not in FACT_TYPES or form.optional:
            message = f'"{written}" cannot be a fact'
            self.notes.say(where, "fact-type", message, f"{FACT_HINT}; never optional")
            return "number", ()
        return form.kind, form.choices  # type: ignore[return-value]

    def _from(self, path: Path, written: str, kind: FactType) -> AnyNode | None:
        if kind not in {"number", "integer"}:
            self.notes.say(
                path,
                "from",
                "only numbers are worked out from the proposal",
                "state this fact, or make it a number",
            )
            return None
        return self.notes.expression(path, written, Scope(facts={}, proposal=True), "number")

    def _fields_exist(self, path: Path, node: AnyNode, action: Action | None) -> None:
        """Check that the fields a `from` reads stand in the action's form, as required numbers."""
        if action is None or action.form is None:
            return
        for field in fields_read(node):
            form = action.form.fields.get(field)
            if form is None:
                message = f'the proposal of {action.id} has no field "{field}"'
                held = f"it holds {', '.join(action.form.fields) or 'nothing'}"
                hint = nearest(field, action.form.fields, held)
                self.notes.say(path, "unknown-field", message, hint)
            elif form.kind not in {"number", "integer"} or form.optional:
                self.notes.say(
                    path,
                    "field-type",
                    f'"proposal.{field}" must be a number that is never left out',
                    f"mend the form of {action.id}",
                )
