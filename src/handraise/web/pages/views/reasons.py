"""Why it stopped: each reason in words, drawn where there is something to be drawn."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from handraise.core.table.naming import in_words
from handraise.core.table.types import Table
from handraise.model import Escalation, Reason
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.limits import Scale, scale_of
from handraise.web.pages.views.words import (
    CONDITIONS,
    as_unusual,
    route_name,
    sentence,
    spaced,
)


class ReasonView(Struct, frozen=True, kw_only=True):
    """Why it stopped: one row.

    `unusual` is how many familiar requests are as unusual, where the row asked that; `limit` is
    then what is familiar. `scale` is what was seen against the limit, where it can be drawn.
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
    scale: Scale | None = None


def reason_views(
    reasons: Iterable[Reason], escalation: Escalation, table: Table | None
) -> tuple[ReasonView, ...]:
    """Return reasons in words; the first of rows that asked how usual it was says so.

    Args:
        reasons: some of the escalation's, or those it would have.
        escalation: of which.
        table: of the version it began with.
    """
    found = tuple(reasons)
    rows = table.unfamiliar_rows if table else ()
    asking = {row.id for row in rows} if escalation.familiarity is not None else set()
    first = next((one for one in found if one.row in asking), None)
    return tuple(
        _view(one, escalation, table, asks=one.row in asking, is_first=one is first)
        for one in found
    )


def _view(
    reason: Reason, escalation: Escalation, table: Table | None, *, asks: bool, is_first: bool
) -> ReasonView:
    unusual = sentence(as_unusual(escalation.familiarity or 1.0))
    is_drawn = not asks or is_first  # what is unlike in three things has one figure
    facts = table.facts if table is not None else {}

    def words(text: str | None) -> str:
        return visible(in_words(text or "", facts))

    return ReasonView(
        condition=reason.condition,
        condition_words=CONDITIONS.get(reason.condition, spaced(reason.condition)),
        sentence=sentence(words(reason.sentence or "erased")),
        observed=words(reason.observed),
        limit=words(reason.limit),
        route=route_name(reason.route),
        tag=visible(reason.tag or ""),
        unusual=unusual if is_first else "",
        limit_word="Familiar" if asks else "Limit",
        scale=scale_of(reason, escalation, table) if is_drawn else None,
    )
