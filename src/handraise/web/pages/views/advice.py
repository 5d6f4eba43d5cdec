"""What is advised on a table: each piece with its evidence, its change, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from handraise.model import Advice
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.watched_figures import Typed, typed
from handraise.web.pages.views.words import Moment, Reader, sentence

KINDS = {"threshold": "A threshold", "silent_row": "A row that never fires", "type": "A new type"}
STATES = {"taken": "taken up", "declined": "declined", "past": "nothing speaks for it any more"}
MOST_SETTLED = 20


class DiffLine(Struct, frozen=True):
    """A line of a change: whether it is new, goes, or stays."""

    kind: Literal["added", "removed", "same", "place"]
    words: str


class AdviceCard(Struct, frozen=True, kw_only=True):
    """One piece of advice.

    Attributes:
        id: its own.
        kind: what kind, in words.
        sentence: what is advised and why.
        lines: the evidence.
        change: what the table would say then; empty where nothing is proposed.
        made: when it was made.
        command: what takes it up in a terminal, without the file; empty where nothing is open.
        settled: what became of it; empty while it is open.
        settled_at: when; None while it is open.
        reason: the words it was declined with.
        draft: what was typed and not taken.
    """

    id: str
    kind: str
    sentence: str
    lines: tuple[Typed, ...]
    change: tuple[DiffLine, ...]
    made: Moment
    command: str = ""
    settled: str = ""
    settled_at: Moment | None = None
    reason: str = ""
    draft: Draft = Draft()


class AdvicePage(Struct, frozen=True, kw_only=True):
    """All that is advised on one agent's table.

    Attributes:
        agent: whose table.
        agents: those the reader may look at.
        open: what nobody has settled.
        settled: what was, the newest first; not all of it.
        lacks: why some kinds of advice are not given.
        so_far: how far each kind is.
        owner: who settles it, by name.
        is_owner: whether the reader does.
    """

    agent: str
    agents: tuple[str, ...]
    open: tuple[AdviceCard, ...]
    settled: tuple[AdviceCard, ...]
    lacks: tuple[Typed, ...]
    so_far: tuple[str, ...]
    owner: str
    is_owner: bool


def advice_page(
    agent: str,
    agents: Sequence[str],
    found: Sequence[Advice],
    lacks: Sequence[str],
    so_far: Sequence[str],
    owner: str,
    reader: Reader,
    draft: Draft,
) -> AdvicePage:
    """Return the page for a reader.

    Args:
        agent: whose table.
        agents: those the reader may look at.
        found: advice of all states, the newest first.
        lacks: why some kinds are not given.
        so_far: how far each kind is.
        owner: the owner's id.
        reader: who looks.
        draft: a form that was sent and not taken; its name is the advice's id.
    """
    settled = sorted(
        (one for one in found if one.settled_at is not None),
        key=lambda one: one.settled_at or one.made_at,
        reverse=True,
    )
    return AdvicePage(
        agent=agent,
        agents=tuple(agents),
        open=tuple(_card(one, reader, draft) for one in found if one.state == "open"),
        settled=tuple(_card(one, reader, draft) for one in settled[:MOST_SETTLED]),
        so_far=tuple(visible(sentence(line)) for line in so_far),
        lacks=tuple(typed(sentence(line)) for line in lacks),
        owner=reader.name(owner),
        is_owner=reader.id == owner,
    )


def _card(one: Advice, reader: Reader, draft: Draft) -> AdviceCard:
    is_open = one.state == "open"
    settled = "" if is_open else STATES[one.state]
    if one.settled_by is not None:
        settled += f" by {reader.name(one.settled_by)}"
    return AdviceCard(
        id=one.id,
        kind=KINDS[one.kind],
        sentence=visible(one.sentence),
        lines=tuple(typed(line) for line in one.lines),
        change=diff_lines(one.change),
        made=reader.moment(one.made_at),
        command=f"handraise advice take {one.id} --as {reader.id}" if is_open else "",
        settled=settled,
        settled_at=None if one.settled_at is None else reader.moment(one.settled_at),
        reason=visible(one.reason),
        draft=draft.of(one.id),
    )


def diff_lines(change: str) -> tuple[DiffLine, ...]:
    """Return the lines of a unified diff, its head left out."""
    found = []
    for line in change.split("\n")[2:]:
        if line.startswith("@@"):
            found.append(DiffLine("place", line))
        else:
            kind: Literal["added", "removed", "same"] = (
                "added" if line[:1] == "+" else "removed" if line[:1] == "-" else "same"
            )
            found.append(DiffLine(kind, visible(line)))
    return tuple(found)
