"""The page of one decision that is looked at again: blind first, then what the agent did."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import Audit
from handraise.service.auditing.answering import ANSWERS, OTHERWISE, Question, has_evidence
from handraise.service.telling.wording.figures import units_of
from handraise.web.pages.views.cells import Cell, Words, as_json, cell, visible, words
from handraise.web.pages.views.escalation import ERASED
from handraise.web.pages.views.question import clipped, usable_name
from handraise.web.pages.views.words import Moment, Reader, sentence, spaced

ANSWER_WORDS = {"right": "Right", "wrong": "Wrong", "cannot_tell": "Cannot tell"}
STEPS = {
    "blind": "What would you have done?",
    "judge": "Was that right?",
    "done": "A look at a decision taken alone",
}


class Choice(Struct, frozen=True, kw_only=True):
    """One of several things to choose."""

    value: str
    label: str
    about: str = ""


class Said(Struct, frozen=True, kw_only=True):
    """What somebody said of it."""

    who: str
    answer: str
    at: Moment | None
    note: Words | None


class AuditPage(Struct, frozen=True, kw_only=True):
    """The page of one look.

    Attributes, where the name alone does not say it:
        step: `blind`: the reader says what they would have done; `judge`: they see what the agent
            did and say whether it was right; `done`: there is nothing for them to say.
        why_not_blind: why they are not asked first, where they are not.
        chosen: what they would have done, in words; empty where they were not asked.
        agrees: whether that is what the agent did.
        proposal: field, value and unit; empty where it is not made of fields, which is `whole`.
        unit: of the cost of a wrong one; empty where the table has none or several.
        said: what was said, the reader's own first; empty while that is not theirs to know.
        settle: whether the reader may settle what two people said.
        is_own_dispute: whether they cannot, because one of the two is the reader.
    """

    id: str
    decision_id: str
    step: Literal["blind", "judge", "done"]
    heading: str
    agent: str
    decided: Moment
    due: Moment | None
    erased: str
    text: Words | None
    context: Cell | None
    case: str
    type: str
    choices: tuple[Choice, ...]
    is_free: bool
    why_not_blind: str
    chosen: str
    agrees: bool
    action: str
    proposal: tuple[tuple[str, Cell, str], ...]
    whole: Cell | None
    facts: tuple[tuple[str, Cell], ...]
    confidence: str
    answers: tuple[Choice, ...]
    unit: str
    said: tuple[Said, ...]
    waits_for: str
    may_take_over: bool
    settle: bool
    is_own_dispute: bool
    is_shown: bool


def audit_page(question: Question, reader: Reader) -> AuditPage:
    """Return the page in words."""
    audit, decision, table = question.audit, question.decision, question.table
    step: Literal["blind", "judge", "done"] = (
        "blind" if question.is_blind else "judge" if question.is_mine else "done"
    )
    action = usable_name(decision.action)
    units = units_of(table, action)
    fields = decision.proposal if isinstance(decision.proposal, dict) else {}
    facts = decision.facts if isinstance(decision.facts, dict) else {}
    return AuditPage(
        id=audit.id,
        decision_id=audit.decision_id,
        step=step,
        heading=STEPS[step],
        agent=audit.agent,
        decided=reader.moment(audit.drawn_at),
        due=None if audit.due_at is None else reader.moment(audit.due_at),
        erased=_erased(question),
        text=_text(audit.text),
        context=None if audit.context in (None, "", {}, []) else cell(audit.context),
        case=clipped(decision.case or ""),
        type=spaced(usable_name(decision.type)),
        choices=tuple(_choice(one, table) for one in question.choices),
        is_free=not table.actions,
        why_not_blind=_why_not_blind(question),
        chosen=spaced(clipped(audit.chosen or "")),
        agrees=audit.chosen is not None and audit.chosen == decision.action,
        action=spaced(action),
        proposal=tuple(
            (spaced(visible(str(name))), cell(value, grouped=name in units), units.get(name, ""))
            for name, value in fields.items()
        ),
        whole=_whole(question) if not fields else None,
        facts=tuple((spaced(visible(str(name))), cell(value)) for name, value in facts.items()),
        confidence="" if decision.confidence is None else repr(decision.confidence),
        answers=tuple(Choice(value=one, label=ANSWER_WORDS[one]) for one in ANSWERS),
        unit=_money(table),
        said=_said(question, reader),
        waits_for="" if audit.person is None else reader.name(audit.person),
        may_take_over=question.may_take_over,
        settle=question.may_settle,
        is_own_dispute=question.is_disputed and not question.may_settle,
        is_shown=step == "judge" or decision.action is not None or bool(fields),
    )


def _erased(question: Question) -> str:
    if not question.is_erased:
        return ""
    return (
        "The personal data of this decision were erased. If nobody can tell any more whether it"
        " was right, say so: it is never counted as right."
    )


def _why_not_blind(question: Question) -> str:
    if not question.is_mine or question.is_blind or question.audit.chosen is not None:
        return ""
    if question.is_erased:
        return (
            "What it was about is erased, so you could not be asked first what you would have done."
        )
    if has_evidence(question.audit):
        return ""
    return (
        "The agent sent neither the customer’s words nor anything to decide by, so you could not be"
        " asked first what you would have done."
    )


def _choice(name: str, table: Table) -> Choice:
    rated = table.actions.get(name)
    label = spaced(name)
    about = "" if rated is None else f"severity {spaced(rated.severity)}"
    if name in OTHERWISE:
        about = {OTHERWISE[0]: "it should not have decided alone"}.get(name, "")
    return Choice(value=name, label=label[:1].upper() + label[1:], about=about)


def _text(text: Any) -> Words | None:
    if text in (None, ""):
        return None
    return words(text if isinstance(text, str) else as_json(text))


def _whole(question: Question) -> Cell | None:
    if question.is_erased:
        return ERASED
    proposal = question.decision.proposal
    return None if proposal in (None, {}, [], "") else cell(proposal)


def _money(table: Table) -> str:
    """Return the unit in which the table counts, where it has just one."""
    units = {fact.unit for fact in table.facts.values() if fact.unit and fact.type == "number"}
    return units.pop() if len(units) == 1 else ""


def _said(question: Question, reader: Reader) -> tuple[Said, ...]:
    """Return what was said; who else said it is for the owner alone to know."""
    found = [_one(question.audit, reader)] if question.audit.answer is not None else []
    names = question.may_settle or any(one.answered_by == reader.id for one in question.others)
    for one in question.others:
        said = _one(one, reader)
        who = said.who if names or one.id.endswith(".3") else "Another person"
        found.append(Said(who=who, answer=said.answer, at=said.at, note=said.note))
    return tuple(found)


def _one(audit: Audit, reader: Reader) -> Said:
    at = audit.answered_at
    stake = f", it cost {audit.stake:,.10g}" if audit.stake is not None else ""
    return Said(
        who=sentence(reader.name(audit.answered_by)).rstrip("."),
        answer=f"{ANSWER_WORDS.get(audit.answer or '', '').lower()}{stake}",
        at=None if at is None else reader.moment(at),
        note=words(audit.note) if audit.note else None,
    )
