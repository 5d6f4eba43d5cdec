"""The page of one escalation in words: the question, why, what exactly, who has it, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.core.gate.digest import proposal_digest
from handraise.core.lifecycle import asked_by
from handraise.core.table.form import Form, is_number
from handraise.core.table.types import Table
from handraise.model import Escalation, Event
from handraise.service.telling.wording.figures import units_of
from handraise.web.pages.views.asks import AskView, agreement, ask_views
from handraise.web.pages.views.cells import Cell, Words, as_json, cell, visible, words
from handraise.web.pages.views.forms import Draft
from handraise.web.pages.views.history import (
    Happening,
    history,
    how_delegated,
    how_it_came,
)
from handraise.web.pages.views.panel import Mine, Panel, panel
from handraise.web.pages.views.question import clipped, question, usable_name
from handraise.web.pages.views.standing import Standing, faster, is_drill, standing
from handraise.web.pages.views.words import (
    CONDITIONS,
    Moment,
    Reader,
    as_unusual,
    route_name,
    sentence,
    spaced,
)

ERASED = Cell(kind="quiet", words=Words(start="erased"))


class Seen(Struct, frozen=True, kw_only=True):
    """Everything a view needs of one escalation, read in one go.

    Attributes:
        escalation: as it stands now.
        events: what happened.
        mine: the open asks that the reader may answer, and to whom they may give them.
        form: of its action's proposal, if the table has one.
        table: of the version it began with.
    """

    escalation: Escalation
    events: Sequence[Event]
    mine: Sequence[Mine]
    form: Form | None
    table: Table | None


class ReasonView(Struct, frozen=True, kw_only=True):
    """Why it stopped: one row.

    `unusual` is how many familiar requests are as unusual, where the row asked that; `limit` is
    then what is familiar.
    """

    condition: str
    condition_words: str
    sentence: str
    observed: str
    limit: str
    route: str
    tag: str
    unusual: str = ""
    limit_word: str = "Limit"


class ProposalRow(Struct, frozen=True, kw_only=True):
    """A field of the proposal, as the agent asked and as it stands now."""

    label: str
    asked: Cell
    now: Cell
    unit: str
    is_changed: bool


class FactView(Struct, frozen=True, kw_only=True):
    """A stated fact; `asked` is what the agent stated, where a person has changed it since."""

    label: str
    value: Cell
    asked: Cell | None
    unit: str
    about: str


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
    proposal_json: str
    asked_json: str
    text: Words | None
    context: Cell | None
    facts: tuple[FactView, ...]
    asks: tuple[AskView, ...]
    agreement: tuple[str, ...]
    history: tuple[Happening, ...]
    panels: tuple[Panel, ...]
    standing: Standing
    not_mine: str
    faster: str
    decision_json: str


def escalation_page(seen: Seen, reader: Reader, draft: Draft) -> EscalationPage:
    """Return the page in words."""
    escalation = seen.escalation
    decision = escalation.decision
    units = units_of(seen.table, usable_name(decision.action))
    erased = _erased(seen, reader)
    rows = _proposal(escalation, units)
    is_changed = escalation.proposal_digest != escalation.asked_digest
    whole = ERASED if erased else cell(escalation.proposal)
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
        reasons=_reasons(seen),
        proposal=rows,
        whole=None if rows else whole,
        asked_whole=cell(decision.proposal) if is_changed and not (rows or erased) else None,
        is_changed=is_changed and not erased,
        was_changed=not is_changed and _was_changed(escalation, seen.events),
        proposal_json=visible(as_json(escalation.proposal)),
        asked_json=visible(as_json(decision.proposal)),
        text=_text(decision.text),
        context=_context(escalation),
        facts=_facts(escalation, seen.table),
        asks=ask_views(escalation, seen.events, reader),
        agreement=agreement(escalation, reader),
        history=history(seen.events, reader, escalation.asks),
        panels=tuple(
            panel(one, escalation, seen.form, seen.table, reader, units, draft) for one in seen.mine
        ),
        standing=standing(escalation, reader),
        not_mine=_not_mine(seen, reader),
        faster=faster(escalation, draft.ask_id, reader),
        decision_json=visible(as_json(decision)),
    )


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


def _reasons(seen: Seen) -> tuple[ReasonView, ...]:
    """Return every reason; the first of rows that asked how usual it was says so."""
    escalation, rows = seen.escalation, seen.table.unfamiliar_rows if seen.table else ()
    asking = {row.id for row in rows} if escalation.familiarity is not None else set()
    first = next((one for one in escalation.reasons if one.row in asking), None)
    unusual = sentence(as_unusual(escalation.familiarity or 1.0))
    return tuple(
        _reason(
            one,
            unusual=unusual if one is first else "",
            limit_word="Familiar" if one.row in asking else "Limit",
        )
        for one in escalation.reasons
    )


def _reason(reason: Any, *, unusual: str, limit_word: str) -> ReasonView:
    return ReasonView(
        condition=reason.condition,
        condition_words=CONDITIONS.get(reason.condition, spaced(reason.condition)),
        sentence=sentence(visible(reason.sentence or "erased")),
        observed=visible(reason.observed or ""),
        limit=visible(reason.limit or ""),
        route=route_name(reason.route),
        tag=visible(reason.tag or ""),
        unusual=unusual,
        limit_word=limit_word,
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
            is_changed=(name in now) != (name in before)
            or not _alike(now.get(name), before.get(name)),
        )
        for name in names
    )


def _alike(one: Any, other: Any) -> bool:
    """Whether two plain values are the same as an approval binds to them; true is not 1."""
    return proposal_digest(None, one) == proposal_digest(None, other)


def _field(proposal: Mapping[str, Any], name: str, units: Mapping[str, str]) -> Cell:
    if name not in proposal:
        return Cell(kind="quiet", words=Words(start="not there"))
    return cell(proposal[name], grouped=name in units, depth=1)


def _text(text: Any) -> Words | None:
    if text is None or text == "":
        return None
    return words(text if isinstance(text, str) else as_json(text))


def _context(escalation: Escalation) -> Cell | None:
    context = escalation.decision.context
    is_none = escalation.erased_at is not None or context in (None, "", {}, [])
    return None if is_none else cell(context)


def _facts(escalation: Escalation, table: Table | None) -> tuple[FactView, ...]:
    declared = table.facts if table else {}
    stated = escalation.decision.facts
    before = stated if isinstance(stated, dict) else {}
    found = []
    for name, value in escalation.facts.items():
        fact = declared.get(name)
        grouped = fact is not None and fact.type == "number"
        is_same = name in before and _alike(value, before[name])
        asked = None if is_same else cell(before.get(name), grouped=grouped, depth=1)
        found.append(
            FactView(
                label=spaced(visible(str(name))),
                value=cell(value, grouped=grouped, depth=1),
                asked=asked,
                unit=fact.unit if fact else "",
                about=fact.about if fact else "",
            )
        )
    return tuple(found)
