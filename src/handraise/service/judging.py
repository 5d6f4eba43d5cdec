"""The values of an answer: kept exactly, held against the form, judged again once they changed.

INVARIANT: what is approved is what fits the form of its action, and no number that was stated of a
former proposal counts for another one, unless a person gives it with their change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from handraise.core.gate.compile import compile_table
from handraise.core.gate.digest import plain_decision
from handraise.core.table.form import Form, problems
from handraise.core.table.money import CURRENCIES
from handraise.core.table.types import Table
from handraise.core.table.values import number
from handraise.errors import AnswerError
from handraise.model import Answer, Decision, Escalation, Verdict
from handraise.service.reading.shelf import Shelf

Place = tuple[str | int, ...]


def form_of(shelf: Shelf, escalation: Escalation) -> Form | None:
    """Return the form of the proposal, or None when the table gives its action none."""
    table = shelf.table(escalation.agent, escalation.version)
    action = escalation.decision.action
    rated = table.actions.get(action) if isinstance(action, str) else None
    return rated.form if rated else None


def rejudged(shelf: Shelf, escalation: Escalation, answer: Answer) -> Verdict:
    """Return the gate's verdict on a changed proposal.

    Raises:
        AnswerError: the proposal does not fit the form of its action.
    """
    check_form(shelf, escalation, answer.proposal, "mend it and send it again")
    facts = answer.facts if answer.facts is not None else escalation.facts
    if not isinstance(facts, dict):
        raise AnswerError("facts: give them by name", 'e.g. {"revenue_usd": 40}')
    table = shelf.table(escalation.agent, escalation.version)
    stated = {
        name: value
        for name, value in facts.items()
        if not _is_stale(table, name, value, escalation, answer)
    }
    changed: Decision = msgspec.structs.replace(
        escalation.decision, proposal=answer.proposal, facts=stated
    )
    familiar = shelf.learned.of(table)
    judge = compile_table(table, rehearsal=escalation.rehearsal, familiar=familiar)
    return judge(changed)


def check_form(shelf: Shelf, escalation: Escalation, proposal: Any, remedy: str) -> None:
    """Refuse a proposal that does not fit the form of its action; without a form, any fits.

    Raises:
        AnswerError: it does not fit; the message begins with the field's name.
    """
    form = form_of(shelf, escalation)
    wrong = problems(form, proposal) if form is not None else []
    if wrong:
        raise AnswerError(wrong[0].removeprefix("proposal."), remedy)


def _is_stale(table: Table, name: str, value: Any, escalation: Escalation, answer: Answer) -> bool:
    """Whether a fact must not be judged by once the proposal has changed.

    A number the agent stated belongs to the former proposal: unless the person gives the facts
    with their change, nobody knows it now, and every row that reads it holds. Given as it was, it
    counts, except where it was an amount of the proposal that is another one now.
    """
    fact = table.facts.get(name)
    if fact is None:
        return False
    if fact.is_derived:
        return True
    is_number = fact.type in {"number", "integer"}
    is_same = name in escalation.facts and escalation.facts[name] == value
    if not (is_number and is_same and answer.proposal != escalation.proposal):
        return False
    is_amount = fact.type == "number" or fact.unit in CURRENCIES
    return answer.facts is None or (is_amount and _has_changed(value, escalation, answer))


def _has_changed(value: Any, escalation: Escalation, answer: Answer) -> bool:
    """Whether a stated number stood in the former proposal, where another one stands now."""
    amount = number(value)
    after = dict(_numbers(answer.proposal))
    return amount is not None and any(
        abs(before) == abs(amount) and after.get(place) != before
        for place, before in _numbers(escalation.proposal)
    )


def _numbers(value: Any, place: Place = ()) -> Iterator[tuple[Place, float]]:
    """Yield the numbers in a plain value, each with where it stands."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    elif (found := number(value)) is not None:
        yield place, found
    for name, one in inner:
        yield from _numbers(one, (*place, name))


def exact(value: Any, name: str) -> Any:
    """Return a plain value that can be kept exactly.

    Raises:
        AnswerError: it cannot.
    """
    if value is None:
        return None
    plain, notes = plain_decision(Decision(proposal=value))
    if notes:
        raise AnswerError(f"{name}: {notes[0].replace('proposal', name, 1)}")
    return plain.proposal
