"""A changed table as Markdown, fit for a comment on a pull request.

INVARIANT: what tables and decisions say can neither become markup nor call anybody by @name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handraise.cli.broken import broken_by, broken_sentences
from handraise.cli.differences import named_with_version
from handraise.cli.reviewed import (
    Step,
    headline,
    is_loud,
    notes_of,
    people_sentences,
    shown_by,
    steps,
)
from handraise.core.table.render import markdown_grid, marked
from handraise.core.table.sheet import Grid

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.service.backtesting.review import Review

RUNS = re.compile(r"`+")


def markdown_of(path: Path, table: Table, found: Review, past: Iterable[str] = ()) -> Iterator[str]:
    """Yield a changed table as blocks of Markdown, the most important first.

    Args:
        path: the newer table, as it can be tried.
        table: the newer one.
        found: how it differs.
        past: what it changes for decisions of the past, as lines; nothing where none were asked.
    """
    yield f"## {_safe(f'Routing table of {found.agent}')}"
    yield from (f"⚠️ **{_safe(_sentence(told))}.**" for told in broken_sentences(found))
    sentence = _safe(f"{_sentence(headline(found))}.")
    yield f"⚠️ **{sentence}**" if is_loud(found) else f"**{sentence}**"
    older, newer = (_safe(named_with_version(one)) for one in (found.older, found.newer))
    yield f"{older} → {newer}"
    for told, lines in broken_by(path, table, found):
        yield _safe(f"{told}.")
        yield from _shown(lines)
    if found.proof is not None:
        for told, lines in shown_by(path, table, found.proof):
            yield f"{_safe(_sentence(told))}:"
            yield from _shown(lines)
    if notes := notes_of(found):
        yield "\n".join(f"- {_safe(_sentence(note))}" for note in notes)
    yield from _changes(found)
    if not found.is_same:
        yield "### Who must accept"
        yield "\n".join(f"- {_safe(who)}: {_safe(what)}" for what, who in people_sentences(found))
        yield "### Until it is live"
        yield "\n".join(f"- [ ] {_step(step)}" for step in steps(found))
    if lines := list(past):
        yield "### On the past"
        yield _code(lines, "text")


def _shown(lines: Sequence[str]) -> Iterator[str]:
    """Yield the line that tries a decision, with what the gates say below it, if there is one."""
    if lines:
        command, *rest = lines
        yield _code([command, *(f"# {line}" for line in rest)], "sh")


def _changes(found: Review) -> Iterator[str]:
    if not found.changes:
        return
    yield "### What changes"
    rows = tuple(((one.what,), (one.before or "–",), (one.after or "–",)) for one in found.changes)
    grid = Grid(title="", columns=("What", "Before", "Now"), rows=rows)
    yield _unmentioned(markdown_grid(grid))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _safe(text: str) -> str:
    return _unmentioned(marked(text))


def _step(step: Step) -> str:
    """Return what must be done, its command as code that no sign in it can close."""
    words = _safe(_sentence(step.words))
    if not step.command:
        return words
    longest = max((len(run) for run in RUNS.findall(step.command)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{words}: {ticks}{pad}{step.command}{pad}{ticks}"


def _unmentioned(text: str) -> str:
    """Return Markdown in which no @name calls anybody."""
    return text.replace("@", "@<!-- -->")


def _code(lines: Iterable[str], language: str) -> str:
    """Return lines as they are, in a fence that none of them can close."""
    text = "\n".join(lines)
    longest = max((len(run) for run in RUNS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
