"""The page of one escalation in words: the question, why, what exactly, who has it, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.core.lifecycle import asked_by
from handraise.core.table.form import Form, is_number
from handraise.core.table.types import Table
from handraise.model import Escalation, Event
from handraise.service.similar import Precedents
from handraise.service.telling.wording.figures import units_of
from handraise.web.pages.views.again import Again, answered_before, moved_before
from handraise.web.pages.views.ahead import Ahead, ahead_of, approval_words
from handraise.web.pages.views.asks import AskView, agreement, ask_views
from handraise.web.pages.views.cells import Cell, Words, as_json, cell, quiet, words
from handraise.web.pages.views.forms import Draft
from handraise.web.pages.views.history import (
    Happening,
    history,
    how_delegated,
    how_it_came,
)
from handraise.web.pages.views.markdown import Prose, prose
from handraise.web.pages.views.onward import Onward
from handraise.web.pages.views.others import Others
from handraise.web.pages.views.panel import Mine, Panel, panel
from handraise.web.pages.views.precedents import PrecedentsView, precedents_view
from handraise.web.pages.views.proposal import FactView, ProposalRow, fact_views, proposal_rows
from handraise.web.pages.views.question import clipped, question, usable_name
from handraise.web.pages.views.reasons import ReasonView, reason_views
from handraise.web.pages.views.standing import Standing, faster, is_drill, standing
from handraise.web.pages.views.words import Moment, Reader, spaced

ERASED = quiet("erased")


class Seen(Struct, frozen=True, kw_only=True):
    """Everything a view needs of one escalation, read in one go.

    Attributes:
        escalation: as it stands now.
        events: what happened.
        mine: the open asks that the reader may answer, and to whom they may give them.
        form: of its action's proposal, if the table has one.
        table: of the version it began with.
        after: as it would stand after an approval of each ask; None where that cannot be.
        precedents: what was decided before about the same.
        others: who else has it open; None where that is not asked.
        download: where all of the decision can be had; empty for nowhere.
        judged_by: where the table stands that judged it; empty where the reader does not see it.
        onward: what leads on from it; None where that is not asked.
    """

    escalation: Escalation
    events: Sequence[Event]
    mine: Sequence[Mine]
    form: Form | None
    table: Table | None
    after: Mapping[str, Escalation | None] = {}
    precedents: Precedents = Precedents()
    others: Others | None = None
    download: str = ""
    judged_by: str = ""
    onward: Onward | None = None


class EscalationPage(Struct, frozen=True, kw_only=True):
    """The page of one escalation.

    Attributes, where the name alone does not say it:
        practice: that this is a rehearsal or a drill, in words; empty for the real thing.
        erased: that its personal data were erased, by whom and when; empty when they stand.
        came: how it came to the reader, when they have it and it did not come straight to them.
        is_changed: whether what stands now differs from what the agent asked for.
        was_changed: whether a person changed it, and it was changed back since.
        whole, asked_whole: a proposal that is not made of fields, now and as the agent asked.
        agreement: who has and who has not yet agreed.
        not_mine: why an open one is not the reader's to answer; empty when they may, or have.
        faster: who answered before the reader; empty when nobody did.
        again: what is said where the reader has done before what they send now; else None.
        notes: what the agent adds, where that is a text and no JSON.
        download: where all of the decision can be had; empty for nowhere.
        judged_by: where the table stands that judged it; empty where the reader does not see it.
        onward: what leads on from it; None where nothing does.
    """

    id: str
    agent: str
    question: str
    is_open: bool
    practice: str
    erased: str
    stopped: Moment
    came: Happening | None
    confidence: str
    type: str
    action: str
    case: str
    reasons: tuple[ReasonView, ...]
    proposal: tuple[ProposalRow, ...]
    whole: Cell | None
    asked_whole: Cell | None
    is_changed: bool
    was_changed: bool
    proposal_json: Words
    asked_json: Words
    text: Prose | None
    context: Cell | None
    notes: Prose | None
    facts: tuple[FactView, ...]
    asks: tuple[AskView, ...]
    agreement: tuple[str, ...]
    history: tuple[Happening, ...]
    panels: tuple[Panel, ...]
    standing: Standing
    not_mine: str
    faster: str
    again: Again | None
    decision_json: Words
    download: str
    judged_by: str
    ahead: Ahead
    precedents: PrecedentsView
    others: Others | None
    onward: Onward | None


def escalation_page(seen: Seen, reader: Reader, draft: Draft) -> EscalationPage:
    """Return the page in words."""
    escalation = seen.escalation
    decision = escalation.decision
    units = units_of(seen.table, usable_name(decision.action))
    erased = _erased(seen, reader)
    rows = proposal_rows(decision.proposal, escalation.proposal, units, reader)
    context = _context(escalation)
    panels = tuple(
        panel(
            one, escalation, seen.form, seen.table, reader, units, draft, seen.after.get(one.ask.id)
        )
        for one in seen.mine
    )
    is_changed = escalation.proposal_digest != escalation.asked_digest
    whole = ERASED if erased else cell(escalation.proposal, reader=reader)
    return EscalationPage(
        id=escalation.id,
        agent=escalation.agent,
        question=question(escalation, units),
        is_open=escalation.state == "open",
        practice=_practice(escalation),
        erased=erased,
        stopped=reader.moment(escalation.created_at),
        came=_came(seen, reader),
        confidence=_confidence(decision.confidence),
        type=spaced(usable_name(decision.type)),
        action=spaced(usable_name(decision.action)),
        case=clipped(escalation.case or ""),
        reasons=reason_views(escalation.reasons, escalation, seen.table),
        proposal=rows,
        whole=None if rows else whole,
        asked_whole=cell(decision.proposal, reader=reader)
        if is_changed and not (rows or erased)
        else None,
        is_changed=is_changed and not erased,
        was_changed=not is_changed and _was_changed(escalation, seen.events),
        proposal_json=words(as_json(escalation.proposal)),
        asked_json=words(as_json(decision.proposal)),
        text=_prose(decision.text),
        context=None if isinstance(context, str | None) else cell(context, reader=reader),
        notes=_prose(context) if isinstance(context, str) else None,
        facts=fact_views(escalation, seen.table, reader),
        asks=ask_views(escalation, seen.events, reader),
        agreement=agreement(escalation, reader),
        history=history(seen.events, reader, escalation.asks),
        panels=panels,
        standing=standing(escalation, reader),
        not_mine=_not_mine(seen, reader),
        faster=faster(escalation, draft.ask_id, reader),
        again=answered_before(escalation, seen.form, seen.table, draft, reader)
        or moved_before(escalation, seen.events, draft, reader),
        decision_json=words(as_json(decision)),
        download=seen.download,
        judged_by=seen.judged_by,
        ahead=ahead_of(escalation, seen.table, reader, _approved(seen, reader, units)),
        precedents=precedents_view(seen.precedents, escalation, units, reader),
        others=seen.others,
        onward=seen.onward,
    )


def _approved(seen: Seen, reader: Reader, units: Mapping[str, str]) -> list[str]:
    """Return what an approval of each ask would bring, where the reader may approve it."""
    after = (seen.after.get(one.ask.id) for one in seen.mine)
    return [approval_words(seen.escalation, one, reader, units) for one in after if one]


def _practice(escalation: Escalation) -> str:
    if not escalation.rehearsal:
        return ""
    if is_drill(escalation.reasons):
        return (
            "Drill: this came to you as a real question would. Please answer it as if it were one."
            " Nothing is done, whatever you answer."
        )
    return "Rehearsal: this is practice. Nothing is done, whatever you answer."


def _erased(seen: Seen, reader: Reader) -> str:
    """Return that the personal data were erased; only Handraise's own record says so."""
    found = [event for event in seen.events if event.kind == "redacted"]
    if not found:
        return ""
    when = reader.moment(found[-1].at).absolute
    return (
        f"The personal data in this were erased {when}, by {reader.name(found[-1].who)}."
        " Who decided, when, and by which row stays."
    )


def _not_mine(seen: Seen, reader: Reader) -> str:
    if seen.escalation.state != "open" or seen.mine:
        return ""
    if any(ask.answer and ask.answer.by == reader.id for ask in seen.escalation.asks):
        return ""
    if reader.id in asked_by(seen.escalation):
        return "You asked the agent for this, so somebody else must decide."
    return "You can read this, but it is not yours to answer."


def _came(seen: Seen, reader: Reader) -> Happening | None:
    """Return how an open ask, or its work, came to the reader, when that must be explained."""
    for ask in seen.escalation.asks:
        if ask.state == "open" and ask.holder == reader.id:
            hands = how_it_came(seen.events, ask, reader)
            return hands[-1] if hands else None
        if ask.state == "open" and ask.delegate == reader.id:
            return how_delegated(seen.events, ask, reader)
    return None


def _was_changed(escalation: Escalation, events: Sequence[Event]) -> bool:
    return any(event.detail.get("answer") == "change" for event in events) or any(
        ask.answer is not None and ask.answer.kind == "change" for ask in escalation.asks
    )


def _confidence(value: Any) -> str:
    if is_number(value) and 0 <= value <= 1:
        return repr(value)
    return "none given" if value is None else f"not usable: {clipped(repr(value))}"


def _context(escalation: Escalation) -> Any:
    context = escalation.decision.context
    is_none = escalation.erased_at is not None or context in (None, "", {}, [])
    return None if is_none else context


def _prose(text: Any) -> Prose | None:
    if text is None or text == "":
        return None
    return prose(text) if isinstance(text, str) else Prose(plain=words(as_json(text)))
