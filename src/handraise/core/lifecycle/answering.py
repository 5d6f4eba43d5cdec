"""Answers, and the agent's withdrawal: what each of them brings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.core.duty import Directory
from handraise.core.lifecycle.changing import changed
from handraise.core.lifecycle.checking import (
    NOTHING_CHANGED,
    check_agreement,
    check_answer,
    how_it_ended,
    open_ask,
)
from handraise.core.lifecycle.confirming import check_confirmed
from handraise.core.lifecycle.parts import (
    added,
    ended,
    event,
    told_it_left,
    told_of_end,
    with_ask,
)
from handraise.core.lifecycle.rights import has_right
from handraise.core.table.types import Table
from handraise.errors import AlreadyAnsweredError
from handraise.model import Answer, Ask, Escalation, Move, OutcomeName, Verdict

OUTCOME_OF: dict[str, OutcomeName] = {
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken_over",
}
"""The answers that end an escalation by themselves."""


def give_answer(
    escalation: Escalation,
    ask_id: str,
    answer: Answer,
    table: Table,
    directory: Directory,
    rejudged: Verdict | None = None,
) -> Move:
    """Return what an answer brings.

    One reject, instruct or take_over ends it. Approvals end it when every route has agreed to the
    same proposal. A change is judged again: routes that fire now and have no ask get one, and
    routes that had approved the former proposal are asked again.

    Args:
        escalation: as it stands.
        ask_id: the ask that is answered.
        answer: by a person who may; `answer.at` is the present instant.
        table: the version of the table it began with.
        directory: how everybody stands now.
        rejudged: the gate's verdict on the changed proposal; required for `change`.

    Raises:
        NotFoundError, AlreadyAnsweredError, AccessError, AnswerError, ProposalMovedError,
            ConfirmationNeededError: nothing changed; the message says why.
    """
    ask = open_ask(escalation, ask_id, answer.by, table, directory, answer.at)
    check_answer(answer, escalation)
    answer = _in_whose_name(answer, escalation, ask, table, directory)
    check_agreement(escalation, ask, answer, table, directory)
    check_confirmed(answer, escalation, table)
    answered = replace(
        ask,
        state="answered",
        answer=answer,
        due_at=None,
        acknowledge_due_at=None,
        acknowledged_until=None,
        acknowledged_at=ask.acknowledged_at or answer.at,
    )
    moved = _answered(escalation, answered, answer)
    if answer.kind in OUTCOME_OF:
        return _finished(moved, OUTCOME_OF[answer.kind], answer)
    if answer.kind == "change":
        if rejudged is None:
            msg = "a change is judged again before it is taken"
            raise ValueError(msg)
        moved = changed(moved, answered, answer, rejudged, table, directory)
    if all(one.state == "answered" for one in moved.escalation.asks):
        return _finished(moved, _agreed(moved.escalation), answer)
    told = told_it_left(ask, f"{answer.by} answered it ({answer.kind})", answer.by)
    return added(moved, moved.escalation, notices=told)


def _in_whose_name(
    answer: Answer, escalation: Escalation, ask: Ask, table: Table, directory: Directory
) -> Answer:
    """Return the answer with whom it was given for, when only the delegate's role allows it."""
    if answer.by != ask.delegate or answer.by == ask.holder:
        return replace(answer, on_behalf_of=None)
    alone = replace(ask, delegate=None)
    in_own_name = has_right(escalation, alone, answer.by, table, directory)
    return replace(answer, on_behalf_of=None if in_own_name else ask.holder)


def _answered(escalation: Escalation, answered: Ask, answer: Answer) -> Move:
    detail: dict[str, Any] = {
        "answer": answer.kind,
        "route": answered.route,
        "holder": answered.holder,
    }
    if answer.on_behalf_of:
        detail["on_behalf_of"] = answer.on_behalf_of
    if answer.reason:
        detail["reason"] = answer.reason
    if answer.confirmed_with:
        detail["confirmed_with"] = answer.confirmed_with
    if answer.instruction:
        detail["instruction"] = answer.instruction
    if answer.kind == "change":
        detail |= {"from": escalation.proposal, "to": answer.proposal}
    noted = event(escalation, "answered", answer.by, answer.at, answered.id, detail)
    return added(Move(escalation=escalation), with_ask(escalation, answered), [noted])


def _agreed(escalation: Escalation) -> OutcomeName:
    """Return the outcome when every route has agreed."""
    kinds = {ask.answer.kind for ask in escalation.asks if ask.answer is not None}
    moved = escalation.proposal_digest != escalation.asked_digest
    return "changed" if moved or "change" in kinds else "approved"


def _finished(moved: Move, outcome: OutcomeName, answer: Answer) -> Move:
    reason = answer.reason
    if outcome == "changed" and reason is None:
        reason = _why_changed(moved.escalation)
    over = ended(
        moved.escalation,
        outcome,
        answer.at,
        by=answer.by,
        reason=reason,
        instruction=answer.instruction,
    )
    resolved = event(over, "resolved", answer.by, answer.at, None, {"outcome": outcome})
    why = f"{answer.by}: {outcome.replace('_', ' ')}"
    return added(moved, over, [resolved], told_of_end(over, why, answer))


def _why_changed(escalation: Escalation) -> str | None:
    """Return the reason of the change that everybody has agreed to, if there was one."""
    answers = (ask.answer for ask in escalation.asks if ask.answer is not None)
    return next((answer.reason for answer in answers if answer.kind == "change"), None)


def withdraw(escalation: Escalation, reason: str, now: datetime) -> Move:
    """Return the escalation withdrawn by the agent: it no longer needs the answer.

    Raises:
        AlreadyAnsweredError: it has ended already.
    """
    if escalation.state != "open":
        raise AlreadyAnsweredError(how_it_ended(escalation), NOTHING_CHANGED)
    over = ended(escalation, "withdrawn", now, by=None, reason=reason or None)
    who = f"agent:{escalation.agent}"
    detail = {"outcome": "withdrawn", "reason": reason}
    resolved = event(over, "resolved", who, now, None, detail)
    told = told_of_end(over, "the agent withdrew it")
    return added(Move(escalation=escalation), over, [resolved], told)
