"""Forms of proposals: a closed description of what an action's proposal may hold.

Read from the table (`{refund: number, note: text?}`), checked by the gate, and the typed form a
human edits. Any field a form does not name is a problem.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Literal

import msgspec
from msgspec import Struct

from handraise.core.table.parsing import nearest
from handraise.core.table.values import boolean, mapping, number, sequence, shown, text

__all__ = [
    "SCALARS",
    "Field",
    "Form",
    "FormProblem",
    "fields",
    "from_text",
    "is_number",
    "parse_form",
    "problems",
    "shown",
]

ScalarType = Literal["number", "integer", "text", "boolean", "date", "one_of"]

SCALARS: tuple[str, ...] = ("number", "integer", "text", "boolean", "date")
MAX_DEPTH = 6
MAX_ITEMS = 10_000
MAX_PROBLEMS = 50

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
GROUPED = re.compile(r"-?[0-9]{1,3}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})")
EITHER_WAY = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
DECIMAL_COMMA = re.compile(r"[+-]?([0-9]{1,20}|[0-9]{1,3}(\.[0-9]{3}){1,6}),[0-9]{1,20}")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
WHOLE = re.compile(r"[+-]?[0-9]{1,301}")
TRUTHS = {
    "true": True,
    "on": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
    "": False,
}
"""How a browser or a person writes true and false."""


class Form(Struct, frozen=True, kw_only=True):
    """A node of a form.

    Attributes:
        kind: a scalar type, `one_of`, `list` or `object`.
        optional: whether the field may be missing.
        choices: the allowed texts, for `one_of`.
        item: the form of each element, for `list`.
        fields: the forms by name, for `object`.
    """

    kind: Literal["number", "integer", "text", "boolean", "date", "one_of", "list", "object"]
    optional: bool = False
    choices: tuple[str, ...] = ()
    item: Form | None = None
    fields: dict[str, Form] = {}


class Field(Struct, frozen=True, kw_only=True):
    """A field for a person to edit.

    Attributes:
        name: dotted path in the proposal.
        type: a scalar type; `json` for lists.
        optional: whether it may stay empty.
        choices: the allowed texts, for `one_of`.
    """

    name: str
    type: Literal["number", "integer", "text", "boolean", "date", "one_of", "json"]
    optional: bool
    choices: tuple[str, ...] = ()


class FormProblem(Exception):  # noqa: N818 - caught while reading the table and turned into a finding
    """What is wrong with the description of a form, and where in it."""

    def __init__(self, path: tuple[str | int, ...], message: str, hint: str = "") -> None:
        """Keep the place and the remedy."""
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


def parse_form(described: Any, path: tuple[str | int, ...] = ()) -> Form:
    """Return the form that the table describes.

    Raises:
        FormProblem: with the place and the remedy.
    """
    if len(path) > MAX_DEPTH:
        raise FormProblem(path, f"forms nest at most {MAX_DEPTH} deep")
    if isinstance(described, Mapping):
        return _parse_object(described, path)
    if isinstance(described, list):
        if len(described) != 1:
            raise FormProblem(path, "a list holds the form of its elements, once", "e.g. [number]")
        item = parse_form(described[0], (*path, 0))
        if item.optional:
            raise FormProblem(
                (*path, 0), "an element of a list is never optional", "take the ? out"
            )
        return Form(kind="list", item=item)
    if not isinstance(described, str):
        raise FormProblem(path, f"expected a type, found {described!r}", _SCALAR_HINT)
    return _parse_scalar(described, path)


_SCALAR_HINT = (
    "one of number, integer, text, boolean, date, one of [a, b], [item], {field: type}; "
    "? for optional"
)


_NEVER_OPTIONAL = "a list is never optional: an empty one, [], says that there is none"


def _parse_object(described: Mapping[Any, Any], path: tuple[str | int, ...]) -> Form:
    fields = {}
    for name, inner in described.items():
        if not isinstance(name, str) or not name.isidentifier():
            is_asked = isinstance(name, str) and name.endswith("?")
            hint = f"the ? stands behind a type, as in {{note: text?}}; {_NEVER_OPTIONAL}"
            raise FormProblem(
                path,
                f"{name!r} cannot be a field's name",
                hint if is_asked else "use letters, digits and _",
            )
        fields[name] = parse_form(inner, (*path, name))
    return Form(kind="object", fields=fields)


def _parse_scalar(described: str, path: tuple[str | int, ...]) -> Form:
    written = described.strip()
    optional = written.endswith("?")
    written = written.removesuffix("?").strip()
    chosen = re.fullmatch(r"one of \[(.*)\]", written, re.DOTALL)
    if chosen:
        choices = tuple(part.strip().strip("\"'") for part in chosen.group(1).split(","))
        if not all(choices) or len(set(choices)) != len(choices):
            raise FormProblem(path, "the choices are empty or repeated", "e.g. one of [card, cash]")
        return Form(kind="one_of", optional=optional, choices=choices)
    if written.startswith(("[", "{")):
        hint = "write it without quotes and without ?"
        if written.startswith("["):
            hint = f"{hint}; {_NEVER_OPTIONAL}"
        raise FormProblem(path, f'"{written}" is a text, not a form', hint)
    if written not in SCALARS:
        raise FormProblem(
            path, f'unknown type "{written}"', nearest(written, SCALARS, _SCALAR_HINT)
        )
    return Form(kind=written, optional=optional)  # type: ignore[arg-type]


def is_number(value: Any) -> bool:
    """Whether a value is a usable number: no bool, finite, of sane size."""
    return number(value) is not None


def problems(form: Form, value: Any, path: str = "proposal") -> list[str]:
    """Return what is wrong with a value against a form, each as a sentence; empty when it fits.

    No more than `MAX_PROBLEMS` are told, however many there are.
    """
    return list(islice(_problems(form, value, path), MAX_PROBLEMS))


def _problems(form: Form, value: Any, path: str) -> Iterator[str]:
    if form.kind == "object":
        yield from _object_problems(form, value, path)
    elif form.kind == "list":
        yield from _list_problems(form, value, path)
    elif not _fits(form, value):
        yield f"{path} must be {_wanted(form)}, not {shown(value)}"


def _list_problems(form: Form, value: Any, path: str) -> Iterator[str]:
    items = sequence(value)
    if items is None:
        yield f"{path} must be a list, not {shown(value)}"
    elif len(items) > MAX_ITEMS:
        yield f"{path} has more than {MAX_ITEMS:,} elements"
    else:
        item = form.item or Form(kind="text")
        for place, part in enumerate(items):
            yield from _problems(item, part, f"{path}[{place}]")


def _object_problems(form: Form, value: Any, path: str) -> Iterator[str]:
    held = mapping(value)
    if held is None:
        yield f"{path} must hold {', '.join(form.fields) or 'nothing'}, not {shown(value)}"
        return
    for name in held:
        if type(name) is not str or name not in form.fields:
            hint = f"it holds {', '.join(form.fields) or 'nothing'}"
            if type(name) is str:
                hint = nearest(name, form.fields, hint)
            yield f"{path} has an unknown field {shown(name)}; {hint}"
    for name, inner in form.fields.items():
        if name not in held:
            if not inner.optional:
                yield f"{path}.{name} is missing"
        elif held[name] is not None or not inner.optional:
            yield from _problems(inner, held[name], f"{path}.{name}")


def _fits(form: Form, value: Any) -> bool:
    match form.kind:
        case "number":
            return is_number(value)
        case "integer":
            found = number(value)
            return found is not None and found == int(found)
        case "boolean":
            return boolean(value) is not None
        case "text":
            return text(value) is not None
        case "date":
            written = text(value)
            return written is not None and _date(written) is not None
        case _:
            return text(value) in form.choices


def _date(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written) if DATE.fullmatch(written) else None
    except ValueError:
        return None


def _wanted(form: Form) -> str:
    words = {
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "text": "text",
        "date": "a date like 2026-03-31",
    }
    return words.get(form.kind) or f"one of {', '.join(form.choices)}"


def fields(form: Form, prefix: str = "") -> list[Field]:
    """Return the fields a person edits, nested ones with dotted names, lists as JSON."""
    found: list[Field] = []
    for name, inner in form.fields.items():
        path = f"{prefix}{name}"
        if inner.kind == "object":
            found += fields(inner, f"{path}.")
        elif inner.kind == "list":
            found.append(Field(name=path, type="json", optional=inner.optional))
        else:
            found.append(
                Field(name=path, type=inner.kind, optional=inner.optional, choices=inner.choices)
            )
    return found


def from_text(
    form: Form, given: Mapping[str, str], kept: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the typed value of an edited form, and what is wrong by field name.

    Args:
        form: an object form.
        given: texts as a browser sends them, by dotted field name; a missing boolean is false.
        kept: values that stay as they are, by dotted field name; UNSET for what is not there.
    """
    kept = kept or {}
    value = _hollow(form)
    wrong: dict[str, str] = {}
    for field in fields(form):
        if field.name in kept:
            _place(value, field.name, kept[field.name])
            continue
        written = given.get(field.name, "").strip()
        if not written and field.type != "boolean":
            if not field.optional:
                wrong[field.name] = f"{field.name} is missing"
            continue
        found = _typed(field, written)
        if found is None:
            told = f"{field.name} must be {_wanted_of(field)}, not {shown(written)}"
            wrong[field.name] = told + _remedy(field, written)
            continue
        _place(value, field.name, found)
    if not wrong and (left := problems(form, value)):
        wrong = {"proposal": "; ".join(left)}
    return value, wrong


def _place(value: dict[str, Any], path: str, found: Any) -> None:
    """Put what was found at its dotted path; what is not there is put nowhere."""
    *parents, last = path.split(".")
    for parent in parents:
        value = value[parent]
    if found is not msgspec.UNSET:
        value[last] = found


def _hollow(form: Form) -> dict[str, Any]:
    """Return the objects of a form within each other, without any other field."""
    nested = {name: inner for name, inner in form.fields.items() if inner.kind == "object"}
    return {name: _hollow(inner) for name, inner in nested.items()}


def _wanted_of(field: Field) -> str:
    if field.type == "json":
        return "a list in JSON"
    return _wanted(Form(kind=field.type, choices=field.choices))


def _remedy(field: Field, written: str) -> str:
    """Return how a number with a comma is to be written; no comma is ever guessed at."""
    if field.type not in {"number", "integer"}:
        return ""
    if EITHER_WAY.fullmatch(written):
        whole, decimal = written.replace(",", ""), written.replace(",", ".").rstrip("0").rstrip(".")
        return f": it could be {whole} or {decimal}; write which, without a comma"
    if field.type == "number" and DECIMAL_COMMA.fullmatch(written):
        return f": write {written.replace('.', '').replace(',', '.')}"
    return ""


def _typed(field: Field, written: str) -> Any:
    """Return the typed value of one text, or None when it is not of the field's type."""
    match field.type:
        case "number" | "integer":
            return _number(written, whole=field.type == "integer")
        case "boolean":
            return TRUTHS.get(written.lower())
        case "json":
            return _json_list(written)
        case "date":
            return written if _date(written) else None
        case "one_of":
            return written if written in field.choices else None
        case _:
            return written


def _number(written: str, *, whole: bool) -> float | int | None:
    plain = written.replace(",", "") if GROUPED.fullmatch(written) else written
    if not NUMBER.fullmatch(plain):
        return None
    found = number(int(plain) if WHOLE.fullmatch(plain) else float(plain))
    if found is None or not whole:
        return found
    return int(found) if found == int(found) else None


def _json_list(written: str) -> list[Any] | None:
    try:
        found = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    return found if isinstance(found, list) else None
