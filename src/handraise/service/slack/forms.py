"""The forms behind the buttons: a reason, an instruction, or a changed proposal field by field.

A proposal is changed here only by the flat form that the table gives its action; any other on the
page. What was typed is read by the same rules as there, and never lost: whatever was wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from handraise.core.table.form import Field, Form, fields, from_text, is_number, problems
from handraise.core.table.untouched import untouched
from handraise.errors import AnswerError, Error
from handraise.model import REASON_REQUIRED, AnswerKind
from handraise.service.slack.asking import OPEN, Shown
from handraise.service.slack.blocks import (
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_SECTION,
    MAX_TITLE,
    MAX_TYPED,
    Block,
    actions,
    button,
    cut,
    plain,
    section,
    short,
)
from handraise.service.telling.wording import visible
from handraise.service.telling.wording.figures import units_of

ANSWER = "handraise-answer"
GIVEN = "given"
FIELD = "field."
REASON, INSTRUCTION = "reason", "instruction"
MOST_TYPED = 20
MAX_ERROR = 200
TITLES: dict[str, tuple[str, str]] = {
    "change": ("Change the proposal", "Send the change"),
    "reject": ("Reject", "Reject"),
    "instruct": ("Instruct the agent", "Send"),
    "take_over": ("Take it over", "Take it over"),
}
FOLLOWS = {
    "change": "Your change is judged by the same rules: somebody else may have to agree to it.",
    "reject": "The agent will not do it, and is told why.",
    "instruct": "The agent will not do it as proposed, and gets your words.",
    "take_over": "The agent will not do it: you do it yourself.",
}


class Typed(Struct, frozen=True, kw_only=True):
    """An answer as it was typed in, or what is wrong by block."""

    proposal: Any = None
    reason: str | None = None
    instruction: str | None = None
    errors: dict[str, str] = {}


def can_be_typed(form: Form | None, proposal: Any) -> bool:
    """Whether a proposal can be changed in a form of Slack, every value as it is now in it."""
    if form is None or form.kind != "object" or not isinstance(proposal, dict):
        return False
    named = fields(form)
    return 0 < len(named) <= MOST_TYPED and all(_fits(one, proposal) for one in named)


def _fits(field: Field, proposal: Mapping[str, Any]) -> bool:
    now = proposal.get(field.name)
    if "." in field.name or field.type == "json":
        return False
    if field.type == "one_of":
        is_short = all(len(one) <= MAX_OPTION and one.isprintable() for one in field.choices)
        return is_short and len(field.choices) <= MAX_OPTIONS
    # What hides or turns round text would be typed on without being seen.
    written = _as_text(now)
    return visible(written) == written and len(written) <= MAX_TYPED


def answer_form(shown: Shown, kind: AnswerKind, form: Form | None, carried: str) -> Block:
    """Return the form for one kind of answer.

    Args:
        shown: the question, as it stands now.
        kind: change, reject, instruct or take_over.
        form: of the proposal, for a change.
        carried: what the form carries along: for whom it is, and about what.
    """
    title, submit = TITLES[kind]
    blocks = [section(shown.question), section(FOLLOWS[kind])]
    if kind == "change":
        blocks += _proposal_inputs(shown, form)
    if kind == "instruct":
        blocks.append(_input(INSTRUCTION, "What should the agent do instead?", _lines()))
    else:
        why = "Why?" if kind in REASON_REQUIRED else "Why? (may stay empty)"
        blocks.append(_input(REASON, why, _lines(), optional=kind not in REASON_REQUIRED))
    return {
        "type": "modal",
        "callback_id": ANSWER,
        "private_metadata": carried,
        "title": plain(short(title, MAX_TITLE)),
        "submit": plain(short(submit, MAX_TITLE)),
        "close": plain("Go back"),
        "blocks": blocks,
    }


def _lines() -> Block:
    return {"type": "plain_text_input", "multiline": True, "max_length": MAX_TYPED}


def _input(block: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": block,
        "label": plain(short(visible(label), 150)),
        "optional": optional,
        "element": {**element, "action_id": GIVEN},
    }


def _proposal_inputs(shown: Shown, form: Form | None) -> list[Block]:
    proposal, action = shown.escalation.proposal, shown.escalation.decision.action
    if form is None or not isinstance(proposal, dict):
        return []
    units = units_of(shown.table, action) if isinstance(action, str) else {}
    found = []
    for field in fields(form):
        unit = units.get(field.name, "")
        label = field.name.replace("_", " ") + (f" ({unit})" if unit else "")
        element = element_of(field, proposal.get(field.name))
        is_free = field.optional or field.type == "boolean"
        found.append(_input(FIELD + field.name, label, element, optional=is_free))
    return found


def element_of(field: Field, now: Any) -> Block:
    """Return what a field is filled in with, the present value in it.

    Slack shows no form at all in which one value does not fit its field: such a value stands in a
    line of text.
    """
    if field.type in {"one_of", "boolean"}:
        choices = ("true", "false") if field.type == "boolean" else field.choices
        options = [_option(one, field.type) for one in choices]
        chosen = [one for one in options if one["value"] == _as_text(now)]
        select = {"type": "static_select", "options": options}
        return select | ({"initial_option": chosen[0]} if chosen else {})
    written = _as_text(now)
    first = {"initial_value": written} if written else {}
    if now is None or _fits_its_kind(field, now):
        if field.type == "date":
            return {"type": "datepicker"} | ({"initial_date": written} if written else {})
        if field.type in {"number", "integer"}:
            whole = field.type == "integer"
            return {"type": "number_input", "is_decimal_allowed": not whole, **first}
    return {**_lines(), "multiline": field.type == "text" or "\n" in written, **first}


def _option(choice: str, kind: str) -> Block:
    words = {"true": "yes", "false": "no"}.get(choice, choice) if kind == "boolean" else choice
    return {"text": plain(words), "value": choice}


def _fits_its_kind(field: Field, now: Any) -> bool:
    """Whether Slack's field of a kind takes a value: a real day, or a number without exponent."""
    if field.type == "date":
        return isinstance(now, str) and not problems(Form(kind="date"), now)
    if field.type == "integer":
        return isinstance(now, int) and is_number(now)
    return is_number(now) and "e" not in repr(now)


def _as_text(now: Any) -> str:
    if now is None:
        return ""
    if isinstance(now, bool):
        return "true" if now else "false"
    return now if isinstance(now, str) else repr(now)


def typed_in(
    values: Mapping[str, Mapping[str, Any]], kind: AnswerKind, form: Form | None, now: Any = None
) -> Typed:
    """Return the answer that was typed into a form, or what is wrong with it.

    Args:
        values: what Slack sends, by block and action.
        kind: the kind of answer.
        form: of the proposal, for a change.
        now: the proposal as it stands: fields that nobody touched keep its values.
    """
    given = {block: _given(inner.get(GIVEN)) for block, inner in values.items()}
    proposal, errors = None, {}
    if kind == "change" and form is not None:
        named = {field.name: field for field in fields(form)}
        sent = {name: given.get(FIELD + name, "") for name in named}
        kept = untouched(form, now, _as_text, sent)
        proposal, wrong = from_text(form, sent, kept)
        for name, field in named.items():
            if field.type == "boolean" and field.optional and not sent[name] and name not in kept:
                proposal.pop(name, None)
        first = FIELD + next(iter(named), "")
        errors = {
            (FIELD + name if name in named else first): short(problem, MAX_ERROR)
            for name, problem in wrong.items()
        }
    return Typed(
        proposal=proposal,
        reason=given.get(REASON, "").strip() or None,
        instruction=given.get(INSTRUCTION, "").strip() or None,
        errors=errors,
    )


def _given(state: Any) -> str:
    """Return what stands in one field, as text; empty for nothing."""
    if not isinstance(state, Mapping):
        return ""
    option = state.get("selected_option")
    if isinstance(option, Mapping):
        return str(option.get("value") or "")
    return str(state.get("value") or state.get("selected_date") or "")


def errors_by_block(error: Error, blocks: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong by block; empty where it is about no field of the form."""
    if not isinstance(error, AnswerError):
        return {}
    first = error.message.partition(" ")[0].rstrip(":")
    found = next((name for name in (first, FIELD + first) if name in blocks), None)
    words = str(error).removeprefix(f"{first}: ")
    return {found: short(visible(words), MAX_ERROR)} if found else {}


def told_form(title: str, words: str, url: str, typed: str = "") -> Block:
    """Return a form that only tells something, with what was typed, so that it is not lost."""
    blocks = [section(words)]
    if typed:
        blocks.append(section(cut(f"You had written:\n{visible(typed)}", MAX_SECTION)))
    blocks.append(actions([button("Open the page", OPEN, url=url, ask=None)]))
    return {
        "type": "modal",
        "title": plain(short(title, MAX_TITLE)),
        "close": plain("Close"),
        "blocks": blocks,
    }
