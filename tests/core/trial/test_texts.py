"""Texts of the team's own that stand in for a customer's."""

import msgspec

from handraise.core.table.types import Case
from handraise.core.trial.texts import familiar_texts
from handraise.core.trial.trial import run_cases
from tests.core.trial.trials import table

CASES = [
    {"type": "address", "confidence": 0.9, "text": "where to write the new street"},
    {"type": "address", "confidence": 0.9, "text": "another one"},
    {"type": "card_lost", "confidence": 0.9},
    {"type": 7, "confidence": 0.9, "text": "of no type"},
    {"type": "riddle", "confidence": 0.9, "text": "unlike all"},
]


def test_a_text_by_type_comes_from_what_no_row_found_unfamiliar() -> None:
    made = table("{when: confidence > 2, to: finance}", more="")
    cases = tuple(Case(name=str(n), given=given, escalate=()) for n, given in enumerate(CASES))
    trial = run_cases(msgspec.structs.replace(made, tests=cases))
    assert familiar_texts(made, trial) == {}
    row = msgspec.structs.replace(made.rows[2], kind="unfamiliar", unfamiliar=0.02)
    looking = msgspec.structs.replace(made, rows=(*made.rows[:2], row))
    assert familiar_texts(looking, trial) == {"address": "where to write the new street"}
