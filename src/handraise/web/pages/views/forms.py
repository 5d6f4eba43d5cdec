"""The form in which a person changes a proposal, and reading it back.

Typed fields come from the action's form in the table; failing that, from the proposal's own plain
values; failing that, it is JSON text. What was typed is never lost, whatever was wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.table.form import Field, Form, fields, from_text, is_number
from handraise.core.table.money import in_money
from handraise.core.table.types import Table
from handraise.core.table.untouched import untouched
from handraise.model import Escalation
from handraise.service.telling.wording.figures import number_words
from handraise.web.pages.views.cells import as_json, visible
from handraise.web.pages.views.words import sentence, spaced

PROPOSAL = "proposal."
FACT = "fact."
JSON_FIELD = "proposal_json"
LONG_TEXT = 80
MOST_FIELDS = 200
"""A proposal of more fields that no form names is edited as JSON."""


class FieldView(Struct, frozen=True, kw_only=True):
    """A field to be filled in.

    Attributes:
        name: as it is sent.
        label: what it is called.
        kind: number, integer, text, long, boolean, date, one_of or json.
        value: what stands in it: what was typed, or what holds now.
        old: what the agent asked for, in words.
        choices: what can be chosen.
        is_optional: whether it may stay empty.
        unit: for amounts.
        error: what is wrong with it, as a sentence; empty when nothing is.
    """

    name: str
    label: str
    kind: str
    value: str
    old: str = ""
    choices: tuple[str, ...] = ()
    is_optional: bool = False
    unit: str = ""
    error: str = ""


class Draft(Struct, frozen=True, kw_only=True):
    """An answer that was sent and not taken: what was typed, and what is wrong with it.

    Attributes:
        ask_id: the ask it was for.
        kind: the kind of answer.
        values: everything that was typed, by field.
        errors: what is wrong, by field; the empty name for what belongs to no field.
    """

    ask_id: str = ""
    kind: str = ""
    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class Change(Struct, frozen=True, kw_only=True):
    """A change as it was typed in: values, or what is wrong by field.

    Attributes:
        proposal: the proposal.
        facts: all stated facts, where one of them was edited.
        stated: all stated facts as they were sent, edited or not; None where none was shown.
        errors: what is wrong, by field.
    """

    proposal: Any = None
    facts: dict[str, Any] | None = None
    stated: dict[str, Any] | None = None
    errors: dict[str, str] = {}


def proposal_form(form: Form | None, proposal: Any) -> Form | None:
    """Return the typed form for a proposal, or None when it must be edited as JSON."""
    if form is not None:
        return form if form.kind == "object" and form.fields else None
    if not isinstance(proposal, dict) or not 0 < len(proposal) <= MOST_FIELDS:
        return None
    kinds = {name: _kind_of(value) for name, value in proposal.items()}
    if not all(kinds.values()) or any("." in name or name != name.strip() for name in kinds):
        return None
    return Form(
        kind="object",
        fields={name: Form(kind=kind) for name, kind in kinds.items() if kind is not None},
    )


def _kind_of(value: Any) -> Any:
    """Return the scalar type of a plain value; None when text would not give it back."""
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    return "text" if isinstance(value, str) and value and value == value.strip() else None


def change_fields(
    escalation: Escalation, form: Form | None, units: Mapping[str, str], draft: Draft
) -> tuple[FieldView, ...]:
    """Return the fields in which the proposal is changed."""
    typed = proposal_form(form, escalation.proposal)
    if typed is None:
        return (
            FieldView(
                name=JSON_FIELD,
                label="The proposal, as JSON",
                kind="json",
                value=draft.values.get(JSON_FIELD, as_json(escalation.proposal)),
                error=draft.errors.get(JSON_FIELD, ""),
            ),
        )
    return tuple(_view(field, escalation, units, draft) for field in fields(typed))


def _view(
    field: Field, escalation: Escalation, units: Mapping[str, str], draft: Draft
) -> FieldView:
    name = PROPOSAL + field.name
    now = _at(escalation.proposal, field.name)
    as_text = _as_text(now)
    asked = _at(escalation.decision.proposal, field.name)
    return FieldView(
        name=name,
        label=spaced(field.name.replace(".", ": ")),
        kind=_kind(field.type, as_text),
        value=draft.values.get(name, as_text),
        old=visible(_in_words(asked, units.get(field.name, ""))),
        choices=field.choices,
        is_optional=field.optional,
        unit=units.get(field.name, ""),
        error=draft.errors.get(name, ""),
    )


def _kind(kind: str, value: str) -> str:
    return (
        "long"
        if kind == "text" and (len(value) > LONG_TEXT or "\n" in value or "\r" in value)
        else kind
    )


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else as_json(value)


def _in_words(value: Any, unit: str = "") -> str:
    if is_number(value):
        return in_money(number_words(value), unit)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else _as_text(value)


def fact_fields(escalation: Escalation, table: Table | None, draft: Draft) -> tuple[FieldView, ...]:
    """Return the fields for what the agent stated, where the table knows their types."""
    found = []
    for name, kind, choices in _stated(escalation, table):
        now = _as_text(escalation.facts.get(name))
        fact = table.facts[name] if table else None
        found.append(
            FieldView(
                name=FACT + name,
                label=spaced(name),
                kind=kind,
                value=draft.values.get(FACT + name, now),
                choices=choices,
                unit=fact.unit if fact else "",
                error=draft.errors.get(FACT + name, ""),
            )
        )
    return tuple(found)


def _stated(escalation: Escalation, table: Table | None) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return name, type and choices of the stated facts that a person can edit."""
    facts = table.facts if table else {}
    return [
        (name, facts[name].type, facts[name].choices)
        for name, value in escalation.facts.items()
        if name in facts and not facts[name].is_derived and isinstance(value, str | int | float)
    ]


def read_change(
    escalation: Escalation, form: Form | None, table: Table | None, sent: Mapping[str, str]
) -> Change:
    """Return the change that was typed in; with errors when it cannot be read."""
    typed = proposal_form(form, escalation.proposal)
    proposal, errors = (
        _read_json(sent) if typed is None else _read_typed(typed, sent, escalation.proposal)
    )
    stated, wrong = _read_facts(escalation, table, sent)
    return Change(
        proposal=proposal,
        facts=stated if stated != escalation.facts else None,
        stated=stated,
        errors=errors | wrong,
    )


def _read_json(sent: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    try:
        return msgspec.json.decode(sent.get(JSON_FIELD, "")), {}
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError) as error:
        return None, {JSON_FIELD: sentence(f"this is not JSON: {error}")}


def _read_typed(form: Form, sent: Mapping[str, str], now: Any) -> tuple[Any, dict[str, str]]:
    given = {
        name.removeprefix(PROPOSAL): value
        for name, value in sent.items()
        if name.startswith(PROPOSAL)
    }
    value, wrong = from_text(form, given, untouched(form, now, _as_text, given))
    known = {field.name for field in fields(form)}
    return value, {
        (PROPOSAL + name if name in known else ""): sentence(problem)
        for name, problem in wrong.items()
    }


def _read_facts(
    escalation: Escalation, table: Table | None, sent: Mapping[str, str]
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return all stated facts with those that were sent in their place; None when none was sent."""
    stated = [one for one in _stated(escalation, table) if FACT + one[0] in sent]
    form = Form(
        kind="object",
        fields={
            name: Form(kind=kind, choices=choices)  # type: ignore[arg-type]
            for name, kind, choices in stated
        },
    )
    given = {name: sent[FACT + name] for name, _, _ in stated}
    value, wrong = from_text(form, given, untouched(form, escalation.facts, _as_text, given))
    return (
        {**escalation.facts, **value} if stated else None,
        {FACT + name: sentence(problem) for name, problem in wrong.items()},
    )
