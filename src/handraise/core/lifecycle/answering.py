"""What people do with an ask, and the agent's withdrawal: checked against right, time and digest.

INVARIANTS: nobody answers who is neither on the ask's route nor the owner; nothing is answered
after its end, even when no worker has come round yet to write that end down; an approval holds for
the proposal it was given to and for no other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.core.duty import Directory, Pick, on_duty, pick
from handraise.core.gate.digest import proposal_digest
from handraise.core.lifecycle.deadlines import expired_ask
from handraise.core.lifecycle.opening import with_asks
from handraise.core.lifecycle.parts import (
    added,
    assigned,
    ended,
    event,
    has_right,
    told_of_end,
    with_ask,
    with_person,
)
from handraise.core.table.types import Table
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    NotFoundError,
    ProposalMovedError,
)
from handraise.model import (
    ANSWER_KINDS,
    REASON_REQUIRED,
    Answer,
    Ask,
    Escalation,
    Move,
    Notice,
    OutcomeName,
    Verdict,
)

OUTCOME_OF: dict[str, OutcomeName] = {
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken_over",
}
"""The answers that end an escalation by themselves."""

MAX_WORDS = 20_000
NOTHING_CHANGED = "nothing was changed by you"


def may_answer(
    escalation: Escalation, ask: Ask, person: str, table: Table, directory: Directory
) -> bool:
    """Whether a person may acknowledge and answer an ask: it is open, and they have the right."""
    is_open = escalation.state == "open" and ask.state == "open"
    return is_open and has_right(person, ask.route, table, directory)


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
        raise AlreadyAnsweredError(_who_was_faster(escalation, ask), NOTHING_CHANGED)
    if not may_answer(escalation, ask, person, table, directory):
        raise AccessError(
            f'{person} is not on the route "{ask.route}" and not the owner',
            f"{ask.holder} has it now",
        )
    expired = expired_ask(escalation, table, directory, now)
    if expired is not None:
        at = _moment(expired.decide_due_at)
        raise AlreadyAnsweredError(f"this expired unanswered at {at}", NOTHING_CHANGED)
    return ask


def _who_was_faster(escalation: Escalation, ask: Ask) -> str:
    """Return who answered an ask, or else how the escalation ended, in words."""
    if ask.answer is None:
        return _how_it_ended(escalation)
    kind = ask.answer.kind.replace("_", " ")
    return f"{ask.answer.by} answered this ({kind}) at {_moment(ask.answer.at)}"


def _how_it_ended(escalation: Escalation) -> str:
    by = f" by {escalation.resolved_by}" if escalation.resolved_by else ""
    at = f" at {_moment(escalation.resolved_at)}" if escalation.resolved_at else ""
    return f"this was {(escalation.outcome or 'ended').replace('_', ' ')}{by}{at}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def acknowledge(
    escalation: Escalation,
    ask_id: str,
    person: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move:
    """Return the ask acknowledged by its holder, or taken by another of its people: "I have it".

    It stops the first deadline and not the second, which runs afresh only for whoever takes it.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person is not on its route and not the owner.
    """
    ask = open_ask(escalation, ask_id, person, table, directory, now)
    if ask.holder != person:
        with_owner = ask.with_owner and person == directory.owner
        return _taken(escalation, ask, Pick(person=person, with_owner=with_owner), table, now)
    if ask.acknowledged_at is not None:
        return Move(escalation=escalation)
    # With the owner the second deadline may be long past, and reminders go on at their own pace.
    due_at = ask.decide_due_at if ask.decide_due_at > now else ask.due_at
    fresh = replace(ask, acknowledge_due_at=None, acknowledged_at=now, due_at=due_at)
    noted = event(escalation, "acknowledged", person, now, ask.id, {})
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [noted])


def _taken(escalation: Escalation, ask: Ask, picked: Pick, table: Table, now: datetime) -> Move:
    """Return the ask in the hands of another of its people, who has it by their own word."""
    person = picked.person
    fresh = assigned(ask, picked, table, now)
    fresh = replace(fresh, acknowledge_due_at=None, acknowledged_at=now, due_at=fresh.decide_due_at)
    noted = event(escalation, "acknowledged", person, now, ask.id, {"from": ask.holder})
    why = f"{person} has taken it"
    notice = Notice(kind="moved_on", to=ask.holder, ask_id=ask.id, why=why)
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [noted], [notice])


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
        NotFoundError, AlreadyAnsweredError, AccessError, AnswerError, ProposalMovedError: nothing
            changed; the message says why.
    """
    ask = open_ask(escalation, ask_id, answer.by, table, directory, answer.at)
    check_answer(answer, escalation)
    answered = replace(
        ask,
        state="answered",
        answer=answer,
        due_at=None,
        acknowledge_due_at=None,
        acknowledged_at=ask.acknowledged_at or answer.at,
    )
    moved = _answered(escalation, answered, answer)
    if answer.kind in OUTCOME_OF:
        return _finished(moved, OUTCOME_OF[answer.kind], answer)
    if answer.kind == "change":
        if rejudged is None:
            msg = "a change is judged again before it is taken"
            raise ValueError(msg)
        moved = _changed(moved, answered, answer, rejudged, table, directory)
    if all(one.state == "answered" for one in moved.escalation.asks):
        return _finished(moved, _agreed(moved.escalation), answer)
    if ask.holder != answer.by:
        why = f"{answer.by} answered it ({answer.kind})"
        notice = Notice(kind="moved_on", to=ask.holder, ask_id=ask.id, why=why)
        return added(moved, moved.escalation, notices=[notice])
    return moved


def _answered(escalation: Escalation, answered: Ask, answer: Answer) -> Move:
    detail: dict[str, Any] = {
        "answer": answer.kind,
        "route": answered.route,
        "holder": answered.holder,
    }
    if answer.reason:
        detail["reason"] = answer.reason
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


def _changed(
    moved: Move,
    answered: Ask,
    answer: Answer,
    rejudged: Verdict,
    table: Table,
    directory: Directory,
) -> Move:
    """Return the move with the new proposal in place, and everybody asked who must agree to it."""
    now = answer.at
    escalation = moved.escalation
    known = {(reason.row, reason.sentence) for reason in escalation.reasons}
    fresh = (one for one in rejudged.reasons if (one.row, one.sentence) not in known)
    escalation = replace(
        escalation,
        proposal=answer.proposal,
        proposal_digest=_bound(escalation, answer),
        facts=escalation.facts if answer.facts is None else answer.facts,
        reasons=(*escalation.reasons, *fresh),
    )
    moved = added(moved, escalation)
    why = f"{answer.by} changed the proposal"
    for ask in escalation.asks:
        if ask.id == answered.id:
            continue
        if ask.answer is None:
            notice = Notice(kind="asked_again", to=ask.holder, ask_id=ask.id, why=why)
            moved = added(moved, moved.escalation, notices=[notice])
        else:
            moved = _asked_again(moved, ask, ask.answer.by, table, directory, now, why)
    have = {ask.route for ask in escalation.asks}
    # Whatever fires only now is asked for, also where the table asks the first row's route alone.
    fired = {row for row, _ in known}
    now_firing = (reason.route for reason in rejudged.reasons if reason.row not in fired)
    wanted = dict.fromkeys((*rejudged.routes, *now_firing))
    more = [route for route in wanted if route not in have]
    return with_asks(moved, more, table, directory, now)


def _bound(escalation: Escalation, answer: Answer) -> str:
    """Return the digest that answers bind to after a change: of changed facts too."""
    action = escalation.decision.action
    if answer.facts is None or answer.facts == escalation.facts:
        return proposal_digest(action, answer.proposal)
    return proposal_digest(action, {"proposal": answer.proposal, "facts": answer.facts})


def _asked_again(
    moved: Move, ask: Ask, by: str, table: Table, directory: Directory, now: datetime, why: str
) -> Move:
    """Return the move with an answered ask open again: the approval was for another proposal."""
    picked = _back_to(ask, by, table, directory, now)
    blank = replace(ask, state="open", answer=None)
    fresh = assigned(blank, picked, table, now)
    detail = {"to": picked.person, "with_owner": picked.with_owner, "why": why}
    again = event(moved.escalation, "asked_again", "handraise", now, ask.id, detail)
    notice = Notice(kind="asked_again", to=picked.person, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [again], [notice])


def _back_to(ask: Ask, by: str, table: Table, directory: Directory, now: datetime) -> Pick:
    """Return the person who answered, if they are on duty and may; otherwise the next one."""
    if ask.with_owner and by == directory.owner:
        return Pick(person=by, with_owner=True)
    person = table.people.get(by)
    if person and on_duty(person, now) and has_right(by, ask.route, table, directory):
        return Pick(person=by, with_owner=False)
    return pick(table, ask.route, directory, with_person(ask.tried, by), now)


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
    return added(moved, over, [resolved], told_of_end(over, why))


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
        raise AlreadyAnsweredError(_how_it_ended(escalation), NOTHING_CHANGED)
    over = ended(escalation, "withdrawn", now, by=None, reason=reason or None)
    who = f"agent:{escalation.agent}"
    detail = {"outcome": "withdrawn", "reason": reason}
    resolved = event(over, "resolved", who, now, None, detail)
    told = told_of_end(over, "the agent withdrew it")
    return added(Move(escalation=escalation), over, [resolved], told)
