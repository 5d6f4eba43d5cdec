"""What stands on a report, in words already: the template loops and prints, and decides nothing.

INVARIANT: every word that came from a table, a history or a file is tamed before it gets here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from handraise.service.plots.look import Look

Mark = Literal["line", "dashes", "dot", "diamond", "hollow", "square", "block", "faint", "bar"]
Colour = Literal["familiar", "new", "limit", "other", "soft", "ink"]


class Cell(Struct, frozen=True):
    """A cell of a table: its words, in lines; smaller ones below; and whether it is a figure."""

    words: str
    below: str = ""
    is_number: bool = False


class Grid(Struct, frozen=True, kw_only=True):
    """A table.

    Attributes:
        caption: what it shows.
        columns: what stands over each column.
        rows: a cell for each column; the first one names the row.
        more: what it leaves out; empty for nothing.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""


class Sign(Struct, frozen=True):
    """A line of a plot's key: how something is drawn, in which colour, and what it is."""

    mark: Mark
    colour: Colour
    words: str


class Plot(Struct, frozen=True, kw_only=True):
    """A plot with what stands around it.

    Attributes:
        name: on this page, for links and ids.
        title: what it shows.
        about: what is on it, for those who do not see it.
        captions: what there is to see, a sentence each.
        chart: draws it for a look.
        key: what is what.
    """

    name: str
    title: str
    about: str
    captions: tuple[str, ...]
    chart: Callable[[Look], str]
    key: tuple[Sign, ...] = ()


class Notice(Struct, frozen=True):
    """A sentence that nobody must miss."""

    words: str


class Note(Struct, frozen=True):
    """A paragraph."""

    words: str


class Points(Struct, frozen=True):
    """A list of sentences."""

    lines: tuple[str, ...]


class Term(Struct, frozen=True):
    """A word and what it means."""

    word: str
    meaning: str


class Glossary(Struct, frozen=True):
    """Words and what they mean."""

    terms: tuple[Term, ...]


class Case(Struct, frozen=True, kw_only=True):
    """One decision of the past.

    Attributes:
        name: what the history calls it.
        lines: what is known of it, name and value.
        sentences: why it stopped, in the words of the gate; empty where it did not.
    """

    name: str
    lines: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...] = ()


class Cases(Struct, frozen=True):
    """Some decisions of the past, and what they are examples of."""

    title: str
    cases: tuple[Case, ...]


Block = Grid | Plot | Notice | Note | Points | Glossary | Cases


class Section(Struct, frozen=True, kw_only=True):
    """A part of the page.

    Attributes:
        id: for links.
        title: its heading.
        blocks: what stands in it.
        is_appendix: whether it begins a new sheet on paper.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]
    is_appendix: bool = False


class Tile(Struct, frozen=True, kw_only=True):
    """A figure at the head of the page: what stands right below it, and what it is."""

    figure: str
    words: str
    below: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """A report.

    Attributes:
        title: of the page.
        agent: whose table it is.
        purpose: what the agent does; empty where the table does not say.
        lead: when and of what.
        verdict: the whole in a sentence.
        notices: what nobody must miss.
        tiles: the figures that matter most.
        sections: the rest.
        foot: what made it.
        what: what kind of page it is, above its head.
    """

    title: str
    agent: str
    purpose: str
    lead: str
    verdict: str
    notices: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    foot: str
    what: str = "Report of a routing table"

    @property
    def plots(self) -> tuple[Plot, ...]:
        """The plots, in their order."""
        return tuple(
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Plot)
        )
