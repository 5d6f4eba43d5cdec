"""The versions of a table, one after the other, and what changes from any of them to another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from handraise.service.backtesting.sides import NOT_TOLD, UNTOLD, Changed
from handraise.service.going_live.publishing import VersionLine
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import Moment, Reader, sentence

STATES = {
    "in force": ("in force", "approve"),
    "waiting": ("waits for a signature", "open"),
    "ended": ("ended", "closed"),
    "withdrawn": ("withdrawn", "reject"),
    "signed elsewhere": ("signed elsewhere", "reject"),
    "unsigned": ("never signed", "closed"),
}
"""What each state of a version is called, and its colour."""


class VersionView(Struct, frozen=True, kw_only=True):
    """A version in words.

    Attributes, where the name alone does not say it:
        tone: the colour of its state.
        opened: when it was first opened.
        source: the file it was read from.
        by: who signed for it; empty where nobody did.
        signed: when its evidence was signed for.
        back: when it was put back in force; None where it was not.
        because: why it was put back.
        ended: when it ended.
        why: what ended it, a sentence.
        before: the version before it in this list; empty for the first.
    """

    version: str
    state: str
    tone: str
    opened: Moment
    source: str
    by: str
    signed: Moment | None
    back: Moment | None
    because: str
    ended: Moment | None
    why: str
    before: str


class DifferenceView(Struct, frozen=True, kw_only=True):
    """What changes from one version to another, part by part.

    Where there are no parts, `instead` says why: they mean the same, or nobody can say in what
    they differ.
    """

    old: str
    new: str
    parts: tuple[Changed, ...]
    instead: str


class VersionsPage(Struct, frozen=True, kw_only=True):
    """The page of an agent's versions; `difference` is None where none was asked for."""

    agent: str
    agents: tuple[str, ...]
    versions: tuple[VersionView, ...]
    difference: DifferenceView | None


def versions_page(
    agent: str,
    agents: Sequence[str],
    lines: Sequence[VersionLine],
    difference: DifferenceView | None,
    reader: Reader,
) -> VersionsPage:
    """Return the page in words.

    Args:
        agent: whose versions.
        agents: those whose tables the reader may see.
        lines: all versions, the one opened last first.
        difference: the two that are compared, if any.
        reader: who reads.
    """
    befores = [*(line.version for line in lines[1:]), ""]
    return VersionsPage(
        agent=agent,
        agents=tuple(agents),
        versions=tuple(
            _view(line, before, reader) for line, before in zip(lines, befores, strict=True)
        ),
        difference=difference,
    )


def difference_view(old: str, new: str, parts: Sequence[Changed]) -> DifferenceView:
    """Return a difference as it may be shown: what cannot be seen is made visible."""
    told = [one for one in parts if one != UNTOLD]
    return DifferenceView(
        old=old,
        new=new,
        instead="" if told else _instead(is_same=old == new),
        parts=tuple(
            Changed(
                what=visible(one.what),
                before=visible(one.before),
                after=visible(one.after),
                sentence=sentence(visible(one.sentence)),
            )
            for one in told
        ),
    )


def _instead(*, is_same: bool) -> str:
    return "They mean the same." if is_same else sentence(f"{NOT_TOLD}.")


def _view(line: VersionLine, before: str, reader: Reader) -> VersionView:
    def moment(at: datetime | None) -> Moment | None:
        return None if at is None else reader.moment(at)

    state, tone = STATES[line.state]
    return VersionView(
        version=line.version,
        state=state,
        tone=tone,
        opened=reader.moment(line.registered_at),
        source=visible(line.source),
        by=reader.full_name(line.by) if line.by else "",
        signed=moment(line.signed_at) if line.state != "withdrawn" else None,
        back=moment(line.at) if line.because else None,
        because=visible(line.because),
        ended=moment(line.ended_at),
        why=reader.told(visible(line.why)) if line.why else "",
        before=before,
    )
