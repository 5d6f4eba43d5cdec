"""From the text of `handraise.yaml` to a `Table`, with every finding at once.

Three steps: YAML with positions (`source`), the form (`spec`), the meaning (`build`); then lint. What
needs the outside world (a labelled file, whether a channel exists) is asked of two functions the caller
gives, so that this stays pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from pydantic import ValidationError

from handraise.core.table.build import Builder
from handraise.core.table.digest import version_of
from handraise.core.table.expression import nearest
from handraise.core.table.lint import lint
from handraise.core.table.source import Path, Source, path_text, read_source
from handraise.core.table.spec import NOT_YET, TableSpec
from handraise.core.table.types import Table
from handraise.model import Finding

KnownReader = Callable[[str, str], Sequence[str]]
"""(file, column) -> the known types; raises an `Error` of ours when the file cannot be read."""

ContactCheck = Callable[[str], str | None]
"""contact -> what is wrong with it, or None."""


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
    contact_problem: ContactCheck | None = None,
) -> Reading:
    """Return the table that a text holds, and everything that is wrong or worth knowing.

    Args:
        text: the YAML text.
        file: its name, for the findings.
        known: reads the known types from a labelled file; without it such a table has an error.
        contact_problem: says what is wrong with a contact; without it only its form is checked.
    """
    source, findings = read_source(text, file)
    if source is None:
        return Reading(table=None, findings=tuple(findings), text=text)
    if not isinstance(source.data, dict):
        return Reading(table=None, findings=(source.finding((), "form", "a table is a mapping", "start with handraise: 1"),), text=text)
    spec, findings = _validated(source)
    table: Table | None = None
    builder = Builder(source, known, contact_problem)
    if spec is not None:
        table = builder.build(spec)
    findings += builder.findings
    if table is not None and not findings:
        table = msgspec.structs.replace(table, version=version_of(table))
        findings += lint(table, source)
    findings.sort(key=lambda finding: (finding.line, finding.column, finding.severity))
    broken = any(finding.severity == "error" for finding in findings)
    return Reading(table=None if broken else table, findings=tuple(findings), text=text)


def _validated(source: Source) -> tuple[TableSpec | None, list[Finding]]:
    """Return the form when it fits, and a finding for each place where it does not.

    Where only unknown keys are wrong, they are cut out so that the rest is still looked at.
    """
    data = source.data
    findings: list[Finding] = []
    for _ in range(2):
        try:
            return TableSpec.model_validate(data), findings
        except ValidationError as error:
            errors = error.errors(include_url=False)
            findings += [_finding(source, dict(one)) for one in errors]
            unknown = [tuple(one["loc"]) for one in errors if one["type"] == "extra_forbidden"]
            if len(unknown) < len(errors) or not unknown:
                return None, _once(findings)
            data = _without(data, [_real_path(source, path) for path in unknown])
    return None, _once(findings)


def _once(findings: list[Finding]) -> list[Finding]:
    """Return the findings with one for each place: the alternatives of a union say the same twice."""
    seen: dict[tuple[int, int, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.line, finding.column, finding.path), finding)
    return list(seen.values())


def _without(data: Any, paths: list[Path], at: Path = ()) -> Any:
    if isinstance(data, dict):
        return {key: _without(value, paths, (*at, key)) for key, value in data.items() if (*at, key) not in paths}
    if isinstance(data, list):
        return [_without(value, paths, (*at, place)) for place, value in enumerate(data)]
    return data


def _real_path(source: Source, path: Path) -> Path:
    """Return a pydantic location as a path in the file: the names of alternatives and opened shorthands left out."""
    real: Path = ()
    node: Any = source.data
    for part in path:
        if isinstance(node, dict) and part in node:
            node, real = node[part], (*real, part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node, real = node[part], (*real, part)
        elif isinstance(node, dict) and isinstance(part, str) and part.rstrip("_") in node:
            node, real = node[part.rstrip("_")], (*real, part.rstrip("_"))
    return real


def _finding(source: Source, error: dict[str, Any]) -> Finding:
    """Return pydantic's error in our words, at its place in the file."""
    path = tuple(error["loc"])
    real = _real_path(source, path)
    last = str(path[-1]) if path else ""
    kind = error["type"]
    if kind == "extra_forbidden":
        if last in NOT_YET:
            return source.finding(real, "not-yet", f'"{last}" cannot stand here: {NOT_YET[last]}', "take it out; a rule that nothing runs would be worse than none", key=True)
        return source.finding(real, "unknown-key", f'unknown key "{last}"', nearest(last, _siblings(path), f"expected {', '.join(_siblings(path)[:12])}"), key=True)
    if kind == "missing":
        where = path_text(real) or "the table"
        return source.finding(real, "missing-key", f'{where} has no "{last}"', _MISSING.get(last, f"add {last}:"), key=True)
    if last == "[key]":
        return source.finding(real, "bad-name", f'"{error.get("input")}" cannot be a name', "use letters, digits, _ and -", key=True)
    if kind == "dict_type" and real and last != "[key]":
        return source.finding(real, "form", f"expected a mapping, found {_kind_of(error.get('input'))}")
    return source.finding(real, "form", f"{path_text(real)}: {_worded(error)}")


_MISSING = {
    "handraise": "start with handraise: 1",
    "confidence": "all three conditions are required; e.g. confidence: {below: 0.72, to: ROUTE}",
    "consequence": "all three conditions are required; e.g. consequence: {when: abs(revenue_usd) > 5000, to: ROUTE}",
    "novelty": "all three conditions are required; e.g. novelty: {unknown: type, to: ROUTE, tag: new situation}",
    "escalate": "add escalate: with confidence, consequence and novelty",
    "known": "list the types the agent was trained on: known: [refund_request, …]",
    "owner": "name the person who is the last resort on every path",
    "contact": 'say how to reach them: contact: "mailto:name@example.com"',
    "to": "name the route it goes to: to: ROUTE",
}


def _siblings(path: Path) -> list[str]:
    """Return the keys that may stand where an unknown one stands, from the models themselves."""
    model: Any = TableSpec
    for part in path[:-1]:
        model = _step(model, part)
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _step(model: Any, part: str | int) -> Any:
    """Return the model below `part` of a location, looking through containers and unions."""
    fields = getattr(model, "model_fields", None)
    if fields is None:
        return model
    by_name = {field.alias or name: field for name, field in fields.items()}
    if part not in by_name:
        return model
    return _model_in(by_name[str(part)].annotation)


def _model_in(annotation: Any) -> Any:
    """Return the first pydantic model inside an annotation, or None."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for inner in reversed(getattr(annotation, "__args__", ())):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _kind_of(value: Any) -> str:
    words = {dict: "a mapping", list: "a list", str: "text", bool: "true/false", int: "a number", float: "a number"}
    return "nothing" if value is None else words.get(type(value), type(value).__name__)


def _worded(error: dict[str, Any]) -> str:
    """Return pydantic's message in the table's words."""
    found = error.get("input")
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "literal_error":
        return f"expected {context.get('expected')}, found {found!r}"
    if kind in {"greater_than", "less_than_equal"}:
        return f"a threshold is over 0 and at most 1, found {found!r}"
    if kind in {"too_short", "string_too_short"}:
        return "is empty; at least one is needed"
    if kind == "string_pattern_mismatch":
        return f"{found!r} cannot be a name; use letters, digits, _ and -, beginning with a letter"
    if kind in {"string_type", "float_type", "list_type", "dict_type", "model_type", "bool_type", "int_type"}:
        wanted = {"string_type": "text", "float_type": "a number", "list_type": "a list", "bool_type": "true or false", "int_type": "a whole number"}.get(kind, "a mapping")
        return f"expected {wanted}, found {_kind_of(found)}"
    message: str = error["msg"]
    return message[0].lower() + message[1:]
