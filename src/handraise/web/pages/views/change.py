"""A change before it is sent: what was, what would be, what the gate says to it, what it brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from handraise.core.gate.digest import proposal_digest
from handraise.core.table.types import Table
from handraise.model import Escalation
from handraise.service.telling.wording.figures import units_of
from handraise.web.pages.views.ahead import approval_words
from handraise.web.pages.views.cells import Cell, cell
from handraise.web.pages.views.proposal import FactView, ProposalRow, alike, names_of, proposal_rows
from handraise.web.pages.views.question import question, usable_name
from handraise.web.pages.views.reasons import ReasonView, reason_views
from handraise.web.pages.views.words import Reader, route_name

NOT_CARRIED = frozenset({"csrf", "next", "previewed"})


class ChangeView(Struct, frozen=True, kw_only=True):
    """A change that a person looks at before they send it.

    Attributes:
        id, ask_id: of the escalation and the ask.
        question: the question it answers, as it stands.
        rows: the proposal field by field, as it stands and as it would be.
        was, whole: the same of a proposal that is not made of fields.
        facts: the stated facts that would change.
        reasons: what the gate finds in the changed one and has not found before.
        routes: who would have to agree in addition.
        again: who has agreed already and would be asked again.
        next: what happens when it is sent, as a sentence.
        carried: what was typed, by field: exactly this is sent.
        previewed: the digest of what was typed as it was read.
        errors: what is wrong, each as a sentence; then nothing else is there.
    """

    id: str = ""
    ask_id: str
    question: str = ""
    rows: tuple[ProposalRow, ...] = ()
    was: Cell | None = None
    whole: Cell | None = None
    facts: tuple[FactView, ...] = ()
    reasons: tuple[ReasonView, ...] = ()
    routes: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    next: str = ""
    carried: Mapping[str, str] = {}
    previewed: str = ""
    errors: tuple[str, ...] = ()


def change_view(
    before: Escalation,
    after: Escalation,
    ask_id: str,
    table: Table | None,
    reader: Reader,
    typed: Mapping[str, str],
) -> ChangeView:
    """Return a change in words.

    Args:
        before: as it stands.
        after: as it would stand.
        ask_id: the ask that is answered.
        table: of the version it began with.
        reader: who changes it.
        typed: everything the form sent.
    """
    units = units_of(table, usable_name(before.decision.action))
    rows = proposal_rows(before.proposal, after.proposal, units, reader)
    known = {ask.id: ask for ask in before.asks}
    again = [
        one
        for one in after.asks
        if one.state == "open" and one.id in known
        if known[one.id].state == "answered"
    ]
    fresh = [route_name(one.route) for one in after.asks if one.id not in known]
    return ChangeView(
        id=before.id,
        ask_id=ask_id,
        question=question(before, units),
        rows=rows,
        was=None if rows else cell(before.proposal, reader=reader),
        whole=None if rows else cell(after.proposal, reader=reader),
        facts=_facts(before, after, table, reader),
        reasons=reason_views(
            [one for one in after.reasons if one not in before.reasons], after, table
        ),
        routes=tuple(dict.fromkeys(fresh)),
        again=tuple(dict.fromkeys(route_name(one.route) for one in again)),
        next=approval_words(before, after, reader, units),
        carried={name: value for name, value in typed.items() if name not in NOT_CARRIED},
        previewed=change_digest(after.proposal, after.facts),
    )


def change_digest(proposal: Any, facts: Any) -> str:
    """Return the digest of a change as it was shown."""
    return proposal_digest(None, {"proposal": proposal, "facts": facts})


def _facts(
    before: Escalation, after: Escalation, table: Table | None, reader: Reader
) -> tuple[FactView, ...]:
    declared = table.facts if table else {}
    names = [
        name
        for name, value in after.facts.items()
        if name not in before.facts or not alike(value, before.facts[name])
    ]
    found = []
    for name, label in zip(names, names_of(list(names)), strict=True):
        fact = declared.get(name)
        grouped = fact is not None and fact.type == "number"
        found.append(
            FactView(
                label=label,
                value=cell(after.facts[name], grouped=grouped, depth=1, reader=reader),
                asked=cell(before.facts.get(name), grouped=grouped, depth=1, reader=reader),
                unit=fact.unit if fact else "",
                about=fact.about if fact else "",
            )
        )
    return tuple(found)
