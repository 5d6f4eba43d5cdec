"""The page of one escalation in words: the question, why, what exactly, who has it, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.core.table.form import Form, is_number
from handraise.core.table.types import Table
from handraise.model import Ask, Escalation, Event
from handraise.web.pages.views.cells import Cell, Words, as_json, cell, visible, words
from handraise.web.pages.views.forms import Draft, FieldView, change_fields, fact_fields
from handraise.web.pages.views.history import Happening, history
from handraise.web.pages.views.question import clipped, figures, question, units_of, usable_name
from handraise.web.pages.views.standing import (
    Standing,
    ended_by,
    faster,
    picked_up,
    standing,
    with_whom,
)
from handraise.web.pages.views.words import (
    ANSWERED,
    CONDITIONS,
    Moment,
    Reader,
    number_words,
    route_name,
    sentence,
    spaced,
    span,
)

SOON_S = 15 * 60

ASK_STATES = {
    "open": "open",
    "closed": "closed",
    "approve": "agreed",
    "change": "agreed",
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken over",
}


class Seen(Struct, frozen=True, kw_only=True):
    """Everything a view needs of one escalation, read in one go.

    Attributes:
        escalation: as it stands now.
        events: what happened.
        mine: the open asks that the reader may answer.
        form: of its action's proposal, if the table has one.
        table: of the version it began with.
    """

    escalation: Escalation
    events: Sequence[Event]
    mine: Sequence[Ask]
    form: Form | None
    table: Table | None


class ReasonView(Struct, frozen=True, kw_only=True):
    """Why it stopped: one row."""

    condition: str
    condition_words: str
    sentence: str
    observed: str
    limit: str
    route: str
    tag: str


class ProposalRow(Struct, frozen=True, kw_only=True):
    """A field of the proposal, as the agent asked and as it stands now."""

    label: str
    asked: Cell
    now: Cell
    unit: str
    is_changed: bool


class FactView(Struct, frozen=True, kw_only=True):
    """A stated fact."""

    label: str
    value: Cell
    unit: str
    about: str


class AskView(Struct, frozen=True, kw_only=True):
    """Who must agree, who has it, until when."""

    route: str
    state: str
    state_words: str
    sentence: str
    tried: str
    acknowledge_by: Moment | None
    decide_by: Moment | None
    answered_at: Moment | None
    note: str


class Panel(Struct, frozen=True, kw_only=True):
    """The answer forms for one ask.

    Attributes:
        ask_id: the ask.
        digest: of the proposal that the page shows.
        route: for whom the reader answers.
        left: how long is left to decide.
        urgency: overdue, soon or later.
        due: until when.
        acknowledge: what the button says with which the reader takes it; empty when they have it.
        acknowledge_hint: what that does.
        has_proposal: whether there is anything to approve or change.
        approve: what the button says.
        fields: the form of the proposal.
        facts: the form of what the agent stated.
        draft: what was typed, when it was not taken.
    """

    ask_id: str
    digest: str
    route: str
    left: str
    urgency: str
    due: Moment
    acknowledge: str
    acknowledge_hint: str
    has_proposal: bool
    approve: str
    fields: tuple[FieldView, ...]
    facts: tuple[FieldView, ...]
    draft: Draft


class EscalationPage(Struct, frozen=True, kw_only=True):
    """The page of one escalation."""

    id: str
    agent: str
    question: str
    is_open: bool
    is_rehearsal: bool
    stopped: Moment
    confidence: str
    type: str
    action: str
    case: str
    reasons: tuple[ReasonView, ...]
    proposal: tuple[ProposalRow, ...]
    whole: Cell | None
    asked_whole: Cell | None
    is_changed: bool
    proposal_json: str
    asked_json: str
    text: Words | None
    context: Cell | None
    facts: tuple[FactView, ...]
    asks: tuple[AskView, ...]
    history: tuple[Happening, ...]
    panels: tuple[Panel, ...]
    standing: Standing
    faster: str
    decision_json: str


def escalation_page(seen: Seen, reader: Reader, draft: Draft) -> EscalationPage:
    """Return the page in words."""
    escalation = seen.escalation
    decision = escalation.decision
    units = units_of(seen.table, usable_name(decision.action))
    rows = _proposal(escalation, units)
    is_changed = escalation.proposal_digest != escalation.asked_digest
    return EscalationPage(
        id=escalation.id,
        agent=escalation.agent,
        question=question(escalation, units),
        is_open=escalation.state == "open",
        is_rehearsal=escalation.rehearsal,
        stopped=reader.moment(escalation.created_at),
        confidence=_confidence(decision.confidence),
        type=spaced(usable_name(decision.type)),
        action=spaced(usable_name(decision.action)),
        case=clipped(escalation.case or ""),
        reasons=tuple(map(_reason, escalation.reasons)),
        proposal=rows,
        whole=None if rows else cell(escalation.proposal),
        asked_whole=cell(decision.proposal) if is_changed and not rows else None,
        is_changed=is_changed,
        proposal_json=visible(as_json(escalation.proposal)),
        asked_json=visible(as_json(decision.proposal)),
        text=_text(decision.text),
        context=cell(decision.context) if decision.context not in (None, "", {}, []) else None,
        facts=_facts(escalation, seen.table),
        asks=tuple(_ask(ask, escalation, reader) for ask in escalation.asks),
        history=history(seen.events, reader),
        panels=tuple(_panel(ask, seen, reader, units, draft) for ask in seen.mine),
        standing=standing(escalation, reader),
        faster=faster(escalation, draft.ask_id, reader),
        decision_json=visible(as_json(decision)),
    )


def _confidence(value: Any) -> str:
    if is_number(value) and 0 <= value <= 1:
        return f"{number_words(round(value * 100, 2))} %"
    return "none given" if value is None else f"not usable: {clipped(repr(value))}"


def _reason(reason: Any) -> ReasonView:
    return ReasonView(
        condition=reason.condition,
        condition_words=CONDITIONS.get(reason.condition, spaced(reason.condition)),
        sentence=sentence(visible(reason.sentence)),
        observed=visible(reason.observed),
        limit=visible(reason.limit),
        route=route_name(reason.route),
        tag=visible(reason.tag or ""),
    )


def _proposal(escalation: Escalation, units: Mapping[str, str]) -> tuple[ProposalRow, ...]:
    """Return the proposal field by field; nothing when it is not made of fields."""
    now, asked = escalation.proposal, escalation.decision.proposal
    if not isinstance(now, dict) or not now or not (asked is None or isinstance(asked, dict)):
        return ()
    before = asked or {}
    names = list(dict.fromkeys([*now, *before]))
    return tuple(
        ProposalRow(
            label=spaced(visible(str(name))),
            asked=_field(before, name, units),
            now=_field(now, name, units),
            unit=units.get(name, ""),
            is_changed=(name in now) != (name in before) or now.get(name) != before.get(name),
        )
        for name in names
    )


def _field(proposal: Mapping[str, Any], name: str, units: Mapping[str, str]) -> Cell:
    if name not in proposal:
        return Cell(kind="quiet", words=Words(start="not there"))
    return cell(proposal[name], grouped=name in units, depth=1)


def _text(text: Any) -> Words | None:
    if text is None or text == "":
        return None
    return words(text if isinstance(text, str) else as_json(text))


def _facts(escalation: Escalation, table: Table | None) -> tuple[FactView, ...]:
    declared = table.facts if table else {}
    found = []
    for name, value in escalation.facts.items():
        fact = declared.get(name)
        found.append(
            FactView(
                label=spaced(visible(str(name))),
                value=cell(value, grouped=fact is not None and fact.type == "number", depth=1),
                unit=fact.unit if fact else "",
                about=fact.about if fact else "",
            )
        )
    return tuple(found)


def _ask(ask: Ask, escalation: Escalation, reader: Reader) -> AskView:
    answer = ask.answer
    return AskView(
        route=route_name(ask.route),
        state=answer.kind if answer else ask.state,
        state_words=ASK_STATES[answer.kind if answer else ask.state],
        sentence=_ask_sentence(ask, escalation, reader),
        tried=", ".join(reader.full_name(one) for one in ask.tried[:-1]),
        acknowledge_by=_open_moment(ask, ask.acknowledge_due_at, reader),
        decide_by=_open_moment(ask, ask.decide_due_at, reader),
        answered_at=reader.moment(answer.at) if answer else None,
        note=visible((answer.reason or answer.instruction or "") if answer else ""),
    )


def _open_moment(ask: Ask, at: Any, reader: Reader) -> Moment | None:
    return reader.moment(at) if ask.state == "open" and at is not None else None


def _ask_sentence(ask: Ask, escalation: Escalation, reader: Reader) -> str:
    if ask.answer is not None:
        return sentence(f"{reader.name(ask.answer.by)} {ANSWERED[ask.answer.kind]}")
    if ask.state == "closed":
        return sentence(f"not needed any more: {ended_by(escalation, reader)}")
    return sentence(f"{with_whom(ask, reader)}{picked_up(ask)}")


def _panel(ask: Ask, seen: Seen, reader: Reader, units: Mapping[str, str], draft: Draft) -> Panel:
    escalation = seen.escalation
    here = draft if draft.ask_id == ask.id else Draft()
    seconds = (ask.decide_due_at - reader.now).total_seconds()
    action = usable_name(escalation.decision.action)
    urgency = "overdue" if seconds < 0 else "soon" if seconds < SOON_S else "later"
    return Panel(
        ask_id=ask.id,
        digest=escalation.proposal_digest,
        route=route_name(ask.route),
        left=f"Overdue by {span(seconds)}" if seconds < 0 else f"{span(seconds)} left".capitalize(),
        urgency=urgency,
        due=reader.moment(ask.decide_due_at),
        acknowledge=_acknowledge(ask, reader),
        acknowledge_hint="Tells the others that you are on it. It is not an answer yet."
        if ask.holder == reader.id
        else f"{reader.full_name(ask.holder)} has it now; then it is yours.",
        has_proposal=bool(action) or escalation.proposal is not None,
        approve=f"Approve: {spaced(action)}{figures(action, escalation.proposal, units)}"
        if action
        else "Approve",
        fields=change_fields(escalation, seen.form, units, here),
        facts=fact_fields(escalation, seen.table, here),
        draft=here,
    )


def _acknowledge(ask: Ask, reader: Reader) -> str:
    if ask.holder != reader.id:
        return "I take it"
    return "I have it" if ask.acknowledged_at is None else ""
