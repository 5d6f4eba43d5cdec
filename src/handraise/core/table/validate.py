"""The form of a table: checked with pydantic, its errors in the table's own words at their place.

All at once: what does not fit gets a stand-in, so that the rest can still be read (see `mend`).
"""

from __future__ import annotations

from typing import Any, get_origin

import msgspec
from msgspec import Struct
from pydantic import ValidationError

from handraise.core.table.mend import mended
from handraise.core.table.parsing import nearest
from handraise.core.table.source import Path, Source, path_text
from handraise.core.table.spec import TableSpec
from handraise.core.table.values import shown
from handraise.model import Finding


class Checked(Struct, frozen=True, kw_only=True):
    """What came of checking the form.

    Attributes:
        spec: the form, with stand-ins where it did not fit; None when too little fits.
        source: the table as it was written, with the same stand-ins.
        findings: an error for each place that did not fit.
    """

    spec: TableSpec | None
    source: Source
    findings: list[Finding]


def check_form(source: Source) -> Checked:
    """Return the form of a table whose text is a mapping, and everything that does not fit."""
    try:
        spec = TableSpec.model_validate(source.data)
        return Checked(spec=spec, source=source, findings=[])
    except ValidationError as error:
        errors: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
    findings = _once([_finding(source, one) for one in errors])
    cut = [_real_path(source, one["loc"]) for one in errors if _is_key(one)]
    broken = [_broken_path(source, one) for one in errors if not _is_key(one)]
    data = mended(_without(source.data, cut), _deepest(broken))
    if data is None:
        return Checked(spec=None, source=source, findings=findings)
    source = msgspec.structs.replace(source, data=data)
    return Checked(spec=_fitting(data), source=source, findings=findings)


def _deepest(paths: list[Path]) -> list[Path]:
    """Return the paths without those that another one leads further down: a union says both."""
    return [
        path
        for path in paths
        if not any(len(one) > len(path) and one[: len(path)] == path for one in paths)
    ]


def _fitting(data: dict[Any, Any]) -> TableSpec | None:
    try:
        return TableSpec.model_validate(data)
    except ValidationError:
        return None


def _is_key(error: dict[str, Any]) -> bool:
    """Whether a key itself is what is wrong, so that it can be cut out with what it holds."""
    return bool(error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",))


def _broken_path(source: Source, error: dict[str, Any]) -> Path:
    path = tuple(error["loc"])
    real = _real_path(source, path)
    return (*real, path[-1]) if error["type"] == "missing" else real


def _once(findings: list[Finding]) -> list[Finding]:
    """Return the findings, one for each value: the alternatives of a union say the same twice.

    What says more than "expected this, found that" comes first, and what lies deeper.
    """
    seen: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda one: ": expected " in one.message):
        word = "" if finding.code == "form" else finding.message
        seen.setdefault((finding.path, word), finding)
    deeper = {finding.path for finding in seen.values() if finding.code == "form"}
    return [
        finding
        for finding in seen.values()
        if finding.code != "form"
        or not any(one.startswith((f"{finding.path}.", f"{finding.path}[")) for one in deeper)
    ]


def _without(data: Any, paths: list[Path], at: Path = ()) -> Any:
    if isinstance(data, dict):
        return {
            key: _without(value, paths, (*at, key))
            for key, value in data.items()
            if (*at, key) not in paths
        }
    if isinstance(data, list):
        return [_without(value, paths, (*at, place)) for place, value in enumerate(data)]
    return data


def _real_path(source: Source, path: Path) -> Path:
    """Return a pydantic location as a path in the file.

    The names of alternatives, and what a shorthand leaves out, are left out.
    """
    real: Path = ()
    node: Any = source.data
    for part in path:
        is_item = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if is_item or (isinstance(node, dict) and part in node):
            node, real = node[part], (*real, part)
    return real


def _finding(source: Source, error: dict[str, Any]) -> Finding:
    """Return pydantic's error in our words, at its place in the file."""
    path = tuple(error["loc"])
    real = _real_path(source, path)
    last = str(path[-1]) if path else ""
    kind = error["type"]
    if kind == "extra_forbidden":
        siblings = _siblings(path)
        hint = nearest(last, siblings, f"expected {', '.join(siblings)}")
        return source.finding(real, "unknown-key", f'unknown key "{last}"', hint, key=True)
    if kind == "missing":
        where = path_text(real) or "the table"
        return source.finding(
            real,
            "missing-key",
            f'{where} has no "{last}"',
            _MISSING.get(last, f"add {last}:"),
            key=True,
        )
    if last == "[key]":
        return source.finding(
            real,
            "bad-name",
            f'"{error.get("input")}" cannot be a name',
            "use letters, digits, _ and -",
            key=True,
        )
    return source.finding(real, "form", f"{path_text(real)}: {_worded(error)}")


_MISSING = {
    "handraise": "start with handraise: 1",
    "confidence": "all three conditions are required; e.g. confidence: {below: 0.72, to: ROUTE}",
    "consequence": "all three conditions are required; "
    "e.g. consequence: {when: abs(revenue_usd) > 5000, to: ROUTE}",
    "novelty": "all three conditions are required; "
    "e.g. novelty: {unknown: type, to: ROUTE, tag: new situation}",
    "escalate": "add escalate: with confidence, consequence and novelty",
    "known": "list the types the agent was trained on: known: [refund_request, …]",
    "owner": "name the person who is the last resort on every path",
    "contact": 'say how to reach them: contact: "mailto:name@example.com"',
    "calendar": "name the file: calendar: oncall.ics",
    "to": "name the route it goes to: to: ROUTE",
}


def _siblings(path: Path) -> list[str]:
    """Return the keys that may stand where an unknown one stands, from the models themselves."""
    model: Any = TableSpec
    within = False
    for part in path[:-1]:
        if within:
            within = False
            continue
        field = _fields(model).get(str(part))
        if field is not None:
            within = get_origin(field.annotation) is dict
            model = _model_in(field.annotation)
    return list(_fields(model))


def _fields(model: Any) -> dict[str, Any]:
    """Return a model's fields by the name they have in the file."""
    fields = getattr(model, "model_fields", {})
    return {field.alias or name: field for name, field in fields.items()}


def _model_in(annotation: Any) -> Any:
    """Return the pydantic model inside an annotation, or None."""
    if hasattr(annotation, "model_fields"):
        return annotation
    found = [_model_in(inner) for inner in getattr(annotation, "__args__", ())]
    return next((one for one in found if one is not None), None)


def _kind_of(value: Any) -> str:
    words = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true/false",
        int: "a number",
        float: "a number",
    }
    return "nothing" if value is None else words.get(type(value), type(value).__name__)


_RATES = {
    "unfamiliar": "a false-alarm rate is over 0 and at most 50%",
    "false_alarms": "a false-alarm rate is over 0 and at most 50%",
    "promise": "a promised share is over 0 and at most 50%",
    "twice": "the share that is looked at twice is from 0 to 50%",
}
"""The keys whose value is a share of at most a half, each with what may stand there."""


def _rate_of(error: dict[str, Any]) -> str:
    """Return what may stand where an error is; empty where it is no such share."""
    return _RATES.get(str(error["loc"][-1]), "") if error["loc"] else ""


def _threshold_worded(found: Any) -> str:
    limits = f"a threshold is over 0 and at most 1, found {shown(found)}"
    if isinstance(found, int) and 1 < found <= 100:
        return f"{limits}; write {found / 100:.10g}, or {found}%"
    return limits


def _rate_worded(rate: str, found: Any) -> str:
    limits = f"{rate}, found {shown(found)}"
    return f"{limits}; write {found}%" if isinstance(found, int) and 1 <= found <= 50 else limits


WANTED = {
    "string_type": "text",
    "string_unicode": "text",
    "float_type": "a number such as 0.72, or a percentage such as 72%",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


def _worded(error: dict[str, Any]) -> str:
    """Return pydantic's message in the table's words."""
    found = error.get("input")
    kind = error["type"]
    if kind == "literal_error":
        return f"expected {error['ctx']['expected']}, found {shown(found)}"
    rate = _rate_of(error)
    if kind in {"greater_than", "greater_than_equal", "less_than_equal"} and rate:
        return _rate_worded(rate, found)
    if kind == "less_than_equal" and error["ctx"]["le"] > 1:
        return f"expected {error['ctx']['le']:,} or less, found {shown(found)}"
    if kind in {"greater_than", "less_than_equal"}:
        return _threshold_worded(found)
    if kind == "int_type":
        return f"expected a whole number, found {shown(found)}"
    if kind == "greater_than_equal":
        return f"expected {error['ctx']['ge']} or more, found {shown(found)}"
    if kind in {"too_short", "string_too_short"}:
        return "is empty; at least one is needed"
    if kind == "string_pattern_mismatch":
        return f"{shown(found)} cannot be a name; use letters, digits, _ and -, a letter first"
    if kind in WANTED:
        wanted = "a percentage such as 2%" if rate else WANTED[kind]
        return f"expected {wanted}, found {_kind_of(found)}"
    message: str = error["msg"]
    return message[0].lower() + message[1:]
