"""Fields of a form that nobody touched: they keep their values, to the last character.

A form cannot show every value as it is: a browser writes line breaks its own way, blanks at the
ends are taken off, and nothing looks like an empty text. What comes back as it was shown is no
change. INVARIANT: a value that does not fit its field is never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET

from handraise.core.table.form import Field, Form, fields, problems


def untouched(
    form: Form, now: Any, shown: Callable[[Any], str], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values that stay as they are, by dotted field name; UNSET for what is not there.

    Args:
        form: an object form.
        now: the proposal, or the facts, that the form was filled with.
        shown: returns what the form shows for a value; of what is not there, as of None.
        given: texts as they were sent, by dotted field name.
    """
    found = {}
    for field in fields(form):
        value = _at(now, field.name)
        first = _plain(shown(None if value is UNSET else value))
        if _plain(given.get(field.name, "")) == first and _fits(field, value):
            found[field.name] = value
    return found


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part, UNSET) if isinstance(value, Mapping) else UNSET
    return value


def _plain(text: str) -> str:
    """Return a text as it is the same before and after a browser had it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").strip()


def _fits(field: Field, value: Any) -> bool:
    if value is None or value is UNSET:
        return field.optional
    if field.type == "json":
        return isinstance(value, list)
    return not problems(Form(kind=field.type, choices=field.choices), value)
