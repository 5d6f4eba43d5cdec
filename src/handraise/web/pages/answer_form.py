"""What a form with an answer says, and what is wrong with it field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.errors import AnswerError, Error, ProposalMovedError
from handraise.model import ANSWER_KINDS, AnswerKind, Escalation
from handraise.web.pages.views.change import change_digest
from handraise.web.pages.views.forms import FACT, JSON_FIELD, PROPOSAL, Change, read_change
from handraise.web.pages.views.words import sentence
from handraise.web.pages.visitor import Visitor


class FieldsError(AnswerError):
    """Fields that could not be read, each with what is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep what is wrong, by field."""
        super().__init__("some fields need another look")
        self.errors = errors


def kind_of(given: str) -> AnswerKind:
    """Return the kind of answer that was chosen.

    Raises:
        AnswerError: none was.
    """
    for kind in ANSWER_KINDS:
        if kind == given:
            return kind
    raise AnswerError("kind: choose one of the answers")


def errors_by_field(error: Error, form: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong by field; messages about an answer begin with the field's name."""
    if isinstance(error, FieldsError):
        return error.errors
    if not isinstance(error, AnswerError):
        return {}
    first = error.message.partition(" ")[0].rstrip(":")
    named = (first, PROPOSAL + first, FACT + first.removeprefix("facts."))
    field = next((name for name in named if name in form), "")
    if first == "proposal" and JSON_FIELD in form:
        field = JSON_FIELD
    return {field: sentence(str(error).removeprefix(f"{first}: "))}


def given_answer(visitor: Visitor, ask_id: str) -> dict[str, Any]:
    """Return the answer that a form says, by the names of the desk's arguments.

    Raises:
        AnswerError: no answer was chosen, or values of a change cannot be read.
        ProposalMovedError: the change is not the one the reader looked at.
        AccessError, NotFoundError: the question is not the reader's to see.
    """
    form, operation = visitor.form, visitor.operation
    kind = kind_of(form.get("kind", ""))
    change = Change()
    if kind == "change":
        escalation = operation.desk.escalation(ask_id.rpartition(".")[0], visitor.person)
        table = operation.shelf.table(escalation.agent, escalation.version)
        change = read_change(escalation, operation.desk.form(escalation), table, form)
        if change.errors:
            raise FieldsError(change.errors)
        _check_previewed(form.get("previewed", ""), change, escalation)
    return {
        "kind": kind,
        "digest": form.get("digest", ""),
        "proposal": change.proposal,
        "facts": change.stated,
        "reason": form.get("reason", "").strip() or None,
        "instruction": form.get("instruction", "").strip() or None,
    }


def _check_previewed(previewed: str, change: Change, escalation: Escalation) -> None:
    """Refuse a change that is not the one the person looked at; without a look, any passes."""
    facts = escalation.facts if change.facts is None else change.facts
    if previewed and previewed != change_digest(change.proposal, facts):
        raise ProposalMovedError(
            "what you looked at is not what would be sent now", "look at your change again"
        )
