"""The figures of one person's answers in words: for themselves, and for the owner.

INVARIANT: what is made here is only ever put on a page of that person or of the owner.
"""

from __future__ import annotations

from msgspec import Struct

from handraise.core.monitor.people import Share
from handraise.service.watch.people_figures import PersonFigures
from handraise.service.watch.words import lasting, percent


class FiguresView(Struct, frozen=True, kw_only=True):
    """One person's figures for one agent.

    Attributes:
        agent: whose questions they answered.
        is_empty: whether there is nothing to tell.
        lines: name and figure in words, one a line.
    """

    agent: str
    is_empty: bool
    lines: tuple[tuple[str, str], ...]


def figures_view(found: PersonFigures) -> FiguresView:
    """Return a person's figures in words."""
    answering = found.answering
    lines = [
        ("questions answered", f"{found.count:,}"),
        ("answered otherwise than the agent proposed", _share(answering.differed)),
        ("approved faster than it can be read", _share(answering.unread)),
        ("went on to others past a deadline", f"{found.passed:,}"),
    ]
    if answering.picked_up_s is not None:
        lines.append(("picked up", f"half of them within {lasting(answering.picked_up_s)}"))
    if answering.resolved_s is not None:
        lines.append(("answered", f"half of them within {lasting(answering.resolved_s)}"))
    return FiguresView(
        agent=found.agent, is_empty=not (found.count or found.passed), lines=tuple(lines)
    )


def _share(found: Share) -> str:
    """Return a count, with its share and how sure that is where there are enough of them."""
    said = f"{found.count:,} of {found.of:,}"
    if found.share is None or found.low is None or found.high is None:
        return said
    return (
        f"{said}: {percent(found.share)} (between {percent(found.low)} and {percent(found.high)})"
    )
