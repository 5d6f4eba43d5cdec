"""What nobody touched in a form stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from handraise.core.table.form import from_text, parse_form
from handraise.core.table.untouched import untouched

FORM = parse_form(
    {
        "refund": "number",
        "note": "text?",
        "why": "text",
        "sure": "boolean?",
        "lines": ["number"],
        "to": {"street": "text?"},
    }
)
WAS = {"refund": 40.0, "note": "a", "why": "b", "sure": True, "lines": [1], "to": {"street": "x"}}


def shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def browsed(text: str) -> str:
    """Return what a browser sends of a text that stood in a field."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def sent(now: dict[str, Any], **typed: str) -> dict[str, Any]:
    """Return what becomes of a proposal whose form comes back as a browser sends it."""
    flat = {**{name: now.get(name) for name in WAS if name != "to"}, **typed}
    given = {name: browsed(shown(value)) for name, value in flat.items()}
    given["to.street"] = shown(now.get("to", {}).get("street"))
    value, wrong = from_text(FORM, given, untouched(FORM, now, shown, given))
    assert wrong == {}
    return value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("note", text) for text in ("a\nb", "a\r\nb", "a  ", "\na", "", "  ", "a\rb", "a\0b")),
        *(("note", None), ("why", ""), ("sure", None), ("sure", False), ("refund", -0.0)),
        *(("refund", 1e22), ("lines", []), ("to", {}), ("to", {"street": None})),
    ],
)
def test_a_field_that_nobody_touched_keeps_its_value(name: str, value: Any) -> None:
    now = {**WAS, name: value}
    found = sent(now, refund="41") if name != "refund" else sent(now, note="another")
    expected = {**now, "refund": 41} if name != "refund" else {**now, "note": "another"}
    assert found == expected
    assert repr(found[name]) == repr(value)


@pytest.mark.parametrize("name", ["note", "sure"])
def test_what_was_not_there_is_not_there_afterwards(name: str) -> None:
    now = {one: value for one, value in WAS.items() if one != name}
    assert name not in sent(now, refund="41")


def test_what_was_touched_is_what_was_typed() -> None:
    now = {**WAS, "note": "a\r\nb "}
    assert sent(now, note=" c ")["note"] == "c"
    assert sent(now, note="")["lines"] == [1]
    assert "note" not in sent(now, note="")
    assert sent(now, sure="false")["sure"] is False


def test_what_does_not_fit_is_never_kept() -> None:
    bad: dict[str, Any] = {"refund": "abc", "why": None, "lines": "x", "sure": "maybe"}
    given = {"refund": "abc", "why": "", "lines": "x", "sure": "maybe"}
    assert untouched(FORM, bad, shown, given) == {"note": UNSET, "to.street": UNSET}
    _, wrong = from_text(FORM, given, untouched(FORM, bad, shown, given))
    assert set(wrong) == {"refund", "why", "lines", "sure"}
    assert untouched(FORM, None, shown, {})["note"] is UNSET
