"""What a form with an answer says, and what is wrong with it field by field."""

from __future__ import annotations

from collections.abc import Mapping

from handraise.errors import AnswerError, Error
from handraise.model import ANSWER_KINDS, AnswerKind
from handraise.web.pages.views.forms import FACT, JSON_FIELD, PROPOSAL
from handraise.web.pages.views.words import sentence


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
