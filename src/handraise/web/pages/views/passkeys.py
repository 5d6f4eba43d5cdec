"""A person's passkeys, and the page on which an answer is confirmed with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from handraise.core.lifecycle.confirming import why_confirming
from handraise.core.table.types import Table
from handraise.model import Escalation, Passkey
from handraise.service.telling.wording.figures import figures, units_of
from handraise.service.telling.wording.texts import isolated
from handraise.web.pages.views.ahead import approval_words
from handraise.web.pages.views.cells import Cell, cell, visible
from handraise.web.pages.views.question import question, usable_name
from handraise.web.pages.views.words import Moment, Reader, route_name, sentence, spaced

NOT_CARRIED = frozenset({"csrf", "next", "credential"})
"""The fields of an answer's form that the form of its confirmation has of its own."""


class PasskeyRow(Struct, frozen=True, kw_only=True):
    """One passkey: what it is called, since when, and when it was last used."""

    id: str
    label: str
    made: Moment
    used: Moment | None


class PasskeysView(Struct, frozen=True, kw_only=True):
    """The part about passkeys of one's own page.

    Attributes:
        trouble: why there are none here, in sentences; empty where there can be.
        is_offered: whether there is anything to show at all.
        rows: those that the reader has.
        is_fresh: whether they signed in so short a while ago that they may change them.
        has_room: whether they may have another.
        needed_for: the agents some of whose questions they can only approve with one.
    """

    trouble: tuple[str, ...]
    is_offered: bool
    rows: tuple[PasskeyRow, ...]
    is_fresh: bool
    has_room: bool
    needed_for: str


def passkeys_view(
    passkeys: Sequence[Passkey],
    reader: Reader,
    *,
    trouble: str,
    is_missing: bool,
    is_fresh: bool,
    has_room: bool,
    needed_by: Sequence[str],
) -> PasskeysView:
    """Return the part about passkeys of one's own page.

    Args:
        passkeys: the reader's.
        reader: who reads.
        trouble: why there are none here; empty where there can be.
        is_missing: whether that is because the server has no part for them.
        is_fresh: whether they may change them now.
        has_room: whether they may have another.
        needed_by: the agents for which they need one.
    """
    rows = tuple(
        PasskeyRow(
            id=one.id,
            label=visible(one.label),
            made=reader.moment(one.made_at),
            used=reader.moment(one.used_at) if one.used_at else None,
        )
        for one in passkeys
    )
    return PasskeysView(
        trouble=tuple(sentence(part) for part in trouble.split("; ") if part),
        is_offered=not is_missing or bool(needed_by),
        rows=rows,
        is_fresh=is_fresh,
        has_room=has_room,
        needed_for=" and ".join(needed_by),
    )


class ConfirmPage(Struct, frozen=True, kw_only=True):
    """The page on which an answer is confirmed.

    Attributes:
        ask_id: the ask.
        escalation_id: its escalation.
        question: what was asked, in one sentence.
        answer: what the reader answers, in one sentence.
        next: what happens once it is confirmed, in one sentence; may be empty.
        proposal: all of what the agent may do then; None where it proposed nothing.
        reason: their words; may be empty.
        fields: the answer as it was sent, to be sent again with the confirmation.
        why: why a confirmation that was sent does not count; empty for the first time.
        trouble: why it cannot be confirmed here, in sentences; empty where it can.
        has_passkey: whether the reader has one.
        rated: why it has to be confirmed: how `This …` goes on.
    """

    ask_id: str
    escalation_id: str
    question: str
    answer: str
    next: str
    proposal: Cell | None
    reason: str
    fields: tuple[tuple[str, str], ...]
    why: str
    trouble: tuple[str, ...]
    has_passkey: bool
    rated: str


def confirm_page(
    escalation: Escalation,
    after: Escalation | None,
    table: Table,
    form: Mapping[str, str],
    reader: Reader,
    *,
    ask_id: str,
    why: str,
    trouble: str,
    has_passkey: bool,
) -> ConfirmPage:
    """Return the page on which an answer is confirmed.

    Args:
        escalation: as it stands.
        after: as it would stand; None where that cannot be told.
        table: of the version it began with.
        form: the answer as it was sent.
        reader: who answers.
        ask_id: which ask.
        why: why a confirmation does not count; empty for the first time.
        trouble: why it cannot be confirmed here.
        has_passkey: whether the reader has one.
    """
    units = units_of(table, escalation.decision.action)
    action = usable_name(escalation.decision.action)
    proposal = (after or escalation).proposal
    what = (
        f"{isolated(spaced(action))}{figures(action, proposal, units)}"
        if action
        else "what it asked"
    )
    changed = form.get("kind") == "change"
    coming = approval_words(escalation, after, reader, units)
    return ConfirmPage(
        ask_id=ask_id,
        escalation_id=escalation.id,
        question=question(escalation, units),
        answer=f"You approve it with other values: {what}." if changed else f"You approve: {what}.",
        next=f"Once you confirm it, {coming}" if coming else "",
        proposal=cell(proposal) if proposal is not None else None,
        reason=visible(form.get("reason", "").strip()),
        fields=tuple((name, value) for name, value in form.items() if name not in NOT_CARRIED),
        why=sentence(why) if why else "",
        trouble=tuple(sentence(part) for part in trouble.split("; ") if part),
        has_passkey=has_passkey,
        rated=_why_so(escalation, table),
    )


def _why_so(escalation: Escalation, table: Table) -> str:
    drilled = [one.route for one in escalation.reasons if one.condition == "drill"]
    if drilled:
        why = why_confirming(drilled[0], table)
        return f"is a drill of {route_name(drilled[0])}, and {why}"
    action = escalation.decision.action
    rated = table.actions.get(action) if isinstance(action, str) else None
    return f"is rated {rated.severity}" if rated else "has no rating in the routing table"
