"""What was decided before about the same, in words."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from handraise.model import Escalation
from handraise.service.similar import Precedents
from handraise.store.similar import Decided
from handraise.web.pages.views.cells import Cell, scalar
from handraise.web.pages.views.question import usable_name
from handraise.web.pages.views.words import OUTCOMES, Moment, Reader, spaced

COUNTED = {
    "approved": "approved as asked",
    "changed": "approved with changes",
    "rejected": "rejected",
    "instructed": "sent back with instructions",
    "taken_over": "taken over by a person",
    "withdrawn": "withdrawn by the agent",
    "expired": "never answered",
}


class PrecedentView(Struct, frozen=True, kw_only=True):
    """One that was decided before: how, by whom, when, and about how much."""

    href: str
    outcome: str
    by: str
    at: Moment
    amount: Cell | None


class PrecedentsView(Struct, frozen=True, kw_only=True):
    """What was decided before.

    Attributes:
        handle: what it is about, for the fold's handle.
        counts: how many of the last ones went which way, as a sentence.
        rows: some of them.
        amount_of: what the amounts are; empty where there are none.
        unit: of the amounts.
        chosen: how those shown were chosen, as a sentence.
    """

    handle: str = ""
    counts: str = ""
    rows: tuple[PrecedentView, ...] = ()
    amount_of: str = ""
    unit: str = ""
    chosen: str = ""


def precedents_view(
    found: Precedents, escalation: Escalation, units: Mapping[str, str], reader: Reader
) -> PrecedentsView:
    """Return what was decided before, in words; empty where nothing was."""
    if not found.nearest:
        return PrecedentsView()
    decision = escalation.decision
    action, kind = spaced(usable_name(decision.action)), spaced(usable_name(decision.type))
    name = found.amount_of
    return PrecedentsView(
        handle=f"How {action} at a {kind} was decided before",
        counts=_counts(found),
        rows=tuple(_row(one, name, units, reader) for one in found.nearest),
        amount_of=spaced(usable_name(name)),
        unit=units.get(name, ""),
        chosen=_chosen(found, spaced(usable_name(name))),
    )


def _counts(found: Precedents) -> str:
    told = [f"{number:,} {COUNTED.get(one, one)}" for one, number in found.outcomes.items()]
    listed = " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))
    if found.looked_at == 1:
        return f"There was one like this: {listed.removeprefix('1 ')}."
    return f"Of the last {found.looked_at:,} like this: {listed}."


def _chosen(found: Precedents, name: str) -> str:
    if len(found.nearest) == found.looked_at:
        return ""
    return f"These are nearest in {name}, newest first." if name else "These are the newest."


def _row(one: Decided, name: str, units: Mapping[str, str], reader: Reader) -> PrecedentView:
    value = one.proposal.get(name) if name and isinstance(one.proposal, dict) else None
    return PrecedentView(
        href=f"/escalations/{one.id}",
        outcome=OUTCOMES.get(one.outcome, spaced(one.outcome)),
        by=reader.name(one.by) if one.by else "",
        at=reader.moment(one.at),
        amount=None if value is None else scalar(value, grouped=name in units),
    )
