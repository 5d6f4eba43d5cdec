"""What a reader may do with an ask: answer it, or see to it that somebody else has it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.lifecycle import asked_by, may_agree, needs_confirmation, shut_out
from handraise.core.table.form import Form, problems
from handraise.core.table.types import Table
from handraise.model import OWNER, Ask, Escalation
from handraise.service.desk import Targets
from handraise.service.telling.wording.figures import figures
from handraise.service.telling.wording.texts import isolated
from handraise.web.pages.views.ahead import approval_words, ending_words, picked_up_by
from handraise.web.pages.views.asks import place_of
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.forms import Draft, FieldView, change_fields, fact_fields
from handraise.web.pages.views.question import usable_name
from handraise.web.pages.views.words import Moment, Reader, route_name, sentence, spaced, span

SOON_S = 15 * 60


class Mine(Struct, frozen=True, kw_only=True):
    """An open ask that the reader may answer, and what they may do with it beside that.

    Attributes:
        ask: the ask.
        targets: to whom they may give it, or the work of it.
        owner: the owner by the newest table.
    """

    ask: Ask
    targets: Targets
    owner: str


class Someone(Struct, frozen=True):
    """A person to choose: id, full name, and a word on how they stand to the ask."""

    id: str
    name: str
    about: str = ""


class Movement(Struct, frozen=True, kw_only=True):
    """The forms with which somebody else gets an ask, or the work of it.

    Attributes:
        may_release: whether the reader may give it back, to the next person.
        reassign: who may become responsible for it.
        delegate: who may do the work of it.
        working: who does the work of it now; empty for nobody.
        is_open: whether the part stands open: something in it needs another look.
    """

    may_release: bool
    reassign: tuple[Someone, ...]
    delegate: tuple[Someone, ...]
    working: str
    is_open: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that the reader may do."""
        return not (self.may_release or self.reassign or self.delegate or self.working)


class Panel(Struct, frozen=True, kw_only=True):
    """The answer forms for one ask.

    Attributes:
        ask_id: the ask.
        digest: of the proposal that the page shows.
        route: for whom the reader answers.
        place: which of several of this route; empty for the only one.
        instead_of: for whom they do the work of it; empty where it is their own.
        left: how long is left of the deadline that comes first for the reader.
        is_to_pick_up: whether that is to say "I have it"; else it is to decide.
        within: the same for a button, in a few words.
        urgency: overdue, soon or later.
        due: until when.
        answer_by: until when to decide.
        acknowledge: what the button says with which the reader takes it; empty when they have it.
        acknowledge_hint: what that does.
        has_proposal: whether there is anything to approve or change.
        why_not: why the reader must not be the one to agree to it; empty when they may.
        misfit: why it cannot be approved as it is; empty when it can.
        approve: what the button says.
        fields: the form of the proposal.
        facts: the form of what the agent stated.
        movement: how somebody else gets it.
        draft: what was typed, when it was not taken.
        exercise: where the answers of an exercise go; empty for a real question.
        brings: what each answer would bring, by kind, as a sentence.
        is_confirmed: whether approving and changing take a passkey.
    """

    ask_id: str
    digest: str
    route: str
    place: str
    instead_of: str
    left: str
    is_to_pick_up: bool
    within: str
    urgency: str
    due: Moment
    answer_by: Moment
    acknowledge: str
    acknowledge_hint: str
    has_proposal: bool
    why_not: str
    misfit: str
    approve: str
    fields: tuple[FieldView, ...]
    facts: tuple[FieldView, ...]
    movement: Movement
    draft: Draft
    exercise: str = ""
    brings: Mapping[str, str] = {}
    is_confirmed: bool = False

    @property
    def answers_to(self) -> str:
        """Where the forms of the answers go."""
        return self.exercise or f"/asks/{self.ask_id}/answer"


def panel(
    mine: Mine,
    escalation: Escalation,
    form: Form | None,
    table: Table | None,
    reader: Reader,
    units: Mapping[str, str],
    draft: Draft,
    after: Escalation | None = None,
) -> Panel:
    """Return the answer forms for an ask that the reader may answer.

    `after` is the escalation as it would stand after an approval; None where that cannot be.
    """
    ask = mine.ask
    here = draft if draft.ask_id == ask.id else Draft()
    pick_up_at = picked_up_by(ask, reader)
    due_at = pick_up_at or ask.decide_due_at
    seconds = (due_at - reader.now).total_seconds()
    left = f"Overdue by {span(seconds)}" if seconds < 0 else f"{span(seconds)} left".capitalize()
    action = usable_name(escalation.decision.action)
    urgency = "overdue" if seconds < 0 else "soon" if seconds < SOON_S else "later"
    is_working = ask.delegate == reader.id != ask.holder
    has_proposal = bool(action) or escalation.proposal is not None
    approved = approval_words(escalation, after, reader, units)
    return Panel(
        ask_id=ask.id,
        digest=escalation.proposal_digest,
        route=route_name(ask.route),
        place=place_of(ask, escalation),
        instead_of=reader.full_name(ask.holder) if is_working else "",
        left=left,
        is_to_pick_up=pick_up_at is not None,
        within=left.lower() if pick_up_at is None else _pick_up(seconds),
        urgency=urgency,
        due=reader.moment(due_at),
        answer_by=reader.moment(ask.decide_due_at),
        acknowledge=_acknowledge(ask, reader),
        acknowledge_hint=_acknowledge_hint(ask, reader),
        has_proposal=has_proposal,
        why_not=_why_not(mine, escalation, table, reader),
        misfit=_misfit(escalation, form),
        approve=f"Approve: {isolated(spaced(action))}{figures(action, escalation.proposal, units)}"
        if action
        else "Approve",
        fields=change_fields(escalation, form, units, here),
        facts=fact_fields(escalation, table, here),
        movement=_movement(mine, table, reader, here),
        draft=here,
        brings={
            "approve": approved if approved.startswith(escalation.agent) else sentence(approved),
            **ending_words(escalation, ask, has_proposal=has_proposal),
        },
        is_confirmed=table is not None and needs_confirmation(escalation, "approve", table),
    )


def _misfit(escalation: Escalation, form: Form | None) -> str:
    """Return why nobody can approve the proposal as it is; empty when it can be approved."""
    wrong = problems(form, escalation.proposal) if form is not None else []
    if not wrong:
        return ""
    what = visible(wrong[0].removeprefix("proposal."))
    return f"It cannot be approved as it is: {what}. Change it, reject it, or take it over."


def _pick_up(seconds: float) -> str:
    return "not picked up in time" if seconds < 0 else f"pick it up within {span(seconds)}"


def _acknowledge(ask: Ask, reader: Reader) -> str:
    if reader.id not in {ask.holder, ask.delegate}:
        return "I take it"
    return "I have it" if ask.acknowledged_at is None else ""


def _acknowledge_hint(ask: Ask, reader: Reader) -> str:
    if reader.id in {ask.holder, ask.delegate}:
        return "Tells the others that you are on it. It is not an answer yet."
    return f"{reader.full_name(ask.holder)} has it now; then it is yours."


def _why_not(mine: Mine, escalation: Escalation, table: Table | None, reader: Reader) -> str:
    """Return why the reader must not approve or change; empty when they may."""
    ask = mine.ask
    people = [reader.id]
    if reader.id == ask.delegate and not _in_own_name(mine, escalation, table, reader):
        people.append(ask.holder)
    for who in people:
        if not may_agree(escalation, ask, who):
            return _barred(who, ask, escalation, reader)
    return ""


def _in_own_name(mine: Mine, escalation: Escalation, table: Table | None, reader: Reader) -> bool:
    """Whether the reader might answer an ask also without doing the work of it for its holder."""
    ask = mine.ask
    if reader.id == mine.owner:
        return True
    route = table.routes.get(ask.route) if table else None
    is_asked = reader.id in (*(route.people if route else ()), *ask.also)
    return is_asked and reader.id not in shut_out(escalation, replace(ask, delegate=None))


def _barred(who: str, ask: Ask, escalation: Escalation, reader: Reader) -> str:
    name = reader.name(who)
    name = f"{name[:1].upper()}{name[1:]}"
    if who in asked_by(escalation):
        return f"{name} asked the agent for this, so somebody else must agree to it."
    has = "have" if who == reader.id else "has"
    return f"{name} {has} agreed already, and {route_name(ask.route)} needs another person too."


def _movement(mine: Mine, table: Table | None, reader: Reader, draft: Draft) -> Movement:
    ask, targets = mine.ask, mine.targets
    is_holder = ask.holder == reader.id
    route = table.routes.get(ask.route) if table else None
    on_route = (*(route.people if route else ()), *ask.also)
    return Movement(
        may_release=is_holder and not ask.with_owner,
        reassign=tuple(_someone(id, ask, mine.owner, on_route, reader) for id in targets.reassign),
        delegate=tuple(_someone(id, ask, mine.owner, on_route, reader) for id in targets.delegate),
        working=reader.full_name(ask.delegate) if is_holder and ask.delegate else "",
        is_open=draft.kind in {"release", "reassign", "delegate"},
    )


def _someone(id: str, ask: Ask, owner: str, on_route: tuple[str, ...], reader: Reader) -> Someone:
    if id == owner and id not in on_route:
        about = "the owner"
    elif id not in on_route and ask.route != OWNER:
        about = f"not on {route_name(ask.route)}"
    else:
        about = "had it before" if id in ask.tried else ""
    return Someone(id, reader.full_name(id), about)
