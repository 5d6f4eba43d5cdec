"""What would be done, field by field, and what the agent stated: now and as it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from handraise.core.gate.digest import proposal_digest
from handraise.core.table.types import Table
from handraise.model import Escalation
from handraise.web.pages.views.cells import Cell, Label, cell, labels, quiet
from handraise.web.pages.views.words import Reader, spaced

MOST_FIELDS = 300
"""So many fields of a proposal stand in its table; one with more is shown as a whole."""


class ProposalRow(Struct, frozen=True, kw_only=True):
    """A field of the proposal, as the agent asked and as it stands now."""

    label: Label
    asked: Cell
    now: Cell
    unit: str
    is_changed: bool


class FactView(Struct, frozen=True, kw_only=True):
    """A stated fact; `asked` is what the agent stated, where a person has changed it since."""

    label: Label
    value: Cell
    asked: Cell | None
    unit: str
    about: str


def proposal_rows(
    asked: Any, now: Any, units: Mapping[str, str], reader: Reader | None
) -> tuple[ProposalRow, ...]:
    """Return two states of a proposal field by field; nothing when it is not made of fields.

    Args:
        asked: as it was.
        now: as it stands, or would stand.
        units: of its amounts.
        reader: in whose zone instants are told.
    """
    if not isinstance(now, dict) or not now or not (asked is None or isinstance(asked, dict)):
        return ()
    before = asked or {}
    names = list(dict.fromkeys([*now, *before]))
    if len(names) > MOST_FIELDS:
        return ()
    return tuple(
        ProposalRow(
            label=label,
            asked=_field(before, name, units, reader),
            now=_field(now, name, units, reader),
            unit=units.get(name, ""),
            is_changed=(name in now) != (name in before)
            or not alike(now.get(name), before.get(name)),
        )
        for name, label in zip(names, names_of(names), strict=True)
    )


def names_of(names: list[Any]) -> list[Label]:
    """Return names of fields as words, `monthly_change` as `monthly change`.

    Names that look alike stay as they are written.
    """
    as_written = labels(names)
    as_words = labels(spaced(str(name)) for name in names)
    return [
        written if written.note else words
        for written, words in zip(as_written, as_words, strict=True)
    ]


def alike(one: Any, other: Any) -> bool:
    """Whether two plain values are the same as an approval binds to them; true is not 1."""
    return proposal_digest(None, one) == proposal_digest(None, other)


def _field(
    proposal: Mapping[str, Any], name: str, units: Mapping[str, str], reader: Reader | None
) -> Cell:
    if name not in proposal:
        return quiet("not there")
    return cell(proposal[name], grouped=name in units, depth=1, reader=reader)


def fact_views(
    escalation: Escalation, table: Table | None, reader: Reader | None
) -> tuple[FactView, ...]:
    """Return what the agent stated, and what a person has made of it."""
    declared = table.facts if table else {}
    stated = escalation.decision.facts
    before = stated if isinstance(stated, dict) else {}
    facts = list(escalation.facts.items())[:MOST_FIELDS]
    found = []
    for (name, value), label in zip(facts, names_of([name for name, _ in facts]), strict=True):
        fact = declared.get(name)
        grouped = fact is not None and fact.type == "number"
        is_same = name in before and alike(value, before[name])
        asked = None
        if not is_same:
            asked = cell(before.get(name), grouped=grouped, depth=1, reader=reader)
        found.append(
            FactView(
                label=label,
                value=cell(value, grouped=grouped, depth=1, reader=reader),
                asked=asked,
                unit=fact.unit if fact else "",
                about=fact.about if fact else "",
            )
        )
    return tuple(found)
