"""What is checked before an ask is moved or answered: that it is open, by whom, and the form.

INVARIANTS: nobody answers who has no right to; nothing is answered after its end, even when no
worker has come round yet to write that end down; an approval holds for the proposal it was given to
and for no other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handraise.core.duty import Directory
from handraise.core.gate.digest import proposal_digest
from handraise.core.lifecycle.deadlines import expired_ask
from handraise.core.lifecycle.rights import has_right, may_agree, why_not
from handraise.core.table.types import Table
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    NotFoundError,
    ProposalMovedError,
)
from handraise.model import ANSWER_KINDS, REASON_REQUIRED, Answer, Ask, Escalation

AGREEING = frozenset({"approve", "change"})
MAX_WORDS = 20_000
NOTHING_CHANGED = "nothing was changed by you"
FIRST_COUNTS = "your first answer counts"


def may_answer(
    escalation: Escalation, ask: Ask, person: str, table: Table, directory: Directory
) -> bool:
    """Whether a person may acknowledge and answer an ask: it is open, and they have the right."""
    is_open = escalation.state == "open" and ask.state == "open"
    return is_open and has_right(escalation, ask, person, table, directory)


def open_ask(
    escalation: Escalation,
    ask_id: str,
    person: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Ask:
    """Return an ask that a person may acknowledge and answer now.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open; the message says who ended it and when.
        AccessError: the person is not on its route and not the owner.
    """
    ask = escalation.ask(ask_id)
    if ask is None:
        raise NotFoundError(f"there is no ask {ask_id}")
    if escalation.state != "open" or ask.state != "open":
        raise _too_late(escalation, ask, person)
    if not may_answer(escalation, ask, person, table, directory):
        raise AccessError(
            why_not(escalation, ask, person, table, directory), f"{ask.holder} has it now"
        )
    expired = expired_ask(escalation, table, directory, now)
    if expired is not None:
        at = moment_words(expired.decide_due_at)
        raise AlreadyAnsweredError(f"this expired unanswered at {at}", NOTHING_CHANGED)
    return ask


def _too_late(escalation: Escalation, ask: Ask, person: str) -> AlreadyAnsweredError:
    """Return who answered an ask, or else how the escalation ended, in words."""
    if ask.answer is None:
        return AlreadyAnsweredError(how_it_ended(escalation), NOTHING_CHANGED)
    what = f"({ask.answer.kind.replace('_', ' ')}) at {moment_words(ask.answer.at)}"
    if ask.answer.by == person:
        return AlreadyAnsweredError(f"you have answered this already {what}", FIRST_COUNTS)
    return AlreadyAnsweredError(f"{ask.answer.by} answered this {what}", NOTHING_CHANGED)


def how_it_ended(escalation: Escalation) -> str:
    """Return how a resolved escalation ended, by whom and when, in words."""
    by = f" by {escalation.resolved_by}" if escalation.resolved_by else ""
    at = f" at {moment_words(escalation.resolved_at)}" if escalation.resolved_at else ""
    return f"this was {(escalation.outcome or 'ended').replace('_', ' ')}{by}{at}"


def moment_words(at: datetime) -> str:
    """Return an instant in words, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def check_agreement(
    escalation: Escalation, ask: Ask, answer: Answer, table: Table, directory: Directory
) -> None:
    """Refuse an approval or change by somebody who must not be the one to give it.

    Raises:
        AccessError: they asked the agent for it themselves, or have agreed for this route already.
    """
    if answer.kind not in AGREEING:
        return
    for who in filter(None, (answer.by, answer.on_behalf_of)):
        if not may_agree(escalation, ask, who, table, directory):
            raise AccessError(
                why_not(escalation, ask, who, table, directory),
                "reassign it to somebody else, or reject it",
            )


def check_answer(answer: Answer, escalation: Escalation) -> None:
    """Refuse an answer that does not fit its form.

    Raises:
        AnswerError: the message begins with the field's name.
        ProposalMovedError: the person saw another proposal than the one that stands now.
    """
    if answer.kind not in ANSWER_KINDS:
        raise AnswerError(
            f"kind: {answer.kind!r} is no answer", f"answer {', '.join(ANSWER_KINDS)}"
        )
    _check_words(answer)
    if answer.digest != escalation.proposal_digest:
        raise ProposalMovedError(
            "the proposal changed while you were reading",
            "look at it again, then answer",
        )
    if answer.kind == "change":
        _check_change(answer, escalation)
    elif answer.proposal is not None or answer.facts is not None:
        raise AnswerError("proposal: only the answer change may carry another proposal")


def _check_words(answer: Answer) -> None:
    if answer.kind in REASON_REQUIRED and not (answer.reason or "").strip():
        raise AnswerError(
            "reason: say why, in a few words", "it goes into the record and to the agent"
        )
    if answer.kind == "instruct" and not (answer.instruction or "").strip():
        raise AnswerError("instruction: say what the agent should do")
    if answer.kind != "instruct" and answer.instruction is not None:
        raise AnswerError(
            "instruction: only the answer instruct carries words for the agent",
            "give them as the answer instruct, or as the reason",
        )
    for field in ("reason", "instruction"):
        if len(getattr(answer, field) or "") > MAX_WORDS:
            raise AnswerError(f"{field}: longer than {MAX_WORDS:,} characters", "shorten it")


def _check_change(answer: Answer, escalation: Escalation) -> None:
    if answer.proposal is None and escalation.proposal is not None:
        raise AnswerError("proposal: give the changed proposal", "or reject it")
    action = escalation.decision.action
    same_proposal = proposal_digest(action, answer.proposal) == escalation.proposal_digest
    if same_proposal and (answer.facts is None or _alike(answer.facts, escalation.facts)):
        raise AnswerError("proposal: nothing was changed", "approve it as it is, or change a value")


def _alike(one: Any, other: Any) -> bool:
    """Whether two plain values are the same; unlike `==`, true is not 1."""
    return proposal_digest(None, one) == proposal_digest(None, other)
