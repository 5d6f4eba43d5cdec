"""The page of figures: what stops, what waits, how soon people come, what they decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from handraise.service.figures.counting import Counted
from handraise.service.figures.periods import PERIODS
from handraise.service.plots.drawing import missing
from handraise.web.pages.views.decided_sheets import decided_sheets
from handraise.web.pages.views.plots import PlotView
from handraise.web.pages.views.sheets import Sheet, Written
from handraise.web.pages.views.soon_sheets import soon_sheets
from handraise.web.pages.views.stop_sheets import stop_sheets
from handraise.web.pages.views.waiting_sheets import waiting_sheets
from handraise.web.pages.views.words import Reader

SECTIONS = (
    ("stops", "How often it stops", stop_sheets),
    ("waits", "What waits", waiting_sheets),
    ("soon", "How soon people come", soon_sheets),
    ("decided", "What people decide", decided_sheets),
)


class Choice(Struct, frozen=True):
    """One of several things to look at: its name, its address, whether it is looked at."""

    words: str
    href: str
    is_current: bool


class Section(Struct, frozen=True):
    """Figures that belong together: where they stand on the page, their title, each of them."""

    id: str
    title: str
    figures: tuple[PlotView, ...]


class FiguresPage(Struct, frozen=True, kw_only=True):
    """The figures of one agent.

    Attributes:
        agent: whose.
        agents: whose the reader may see.
        period: its name, one of `PERIODS`.
        periods: to choose from.
        zone: whose days are counted, by name.
        sections: the figures.
        lacks: the sentence that plots cannot be drawn; empty where they can.
    """

    agent: str
    agents: tuple[str, ...]
    period: str
    periods: tuple[Choice, ...]
    zone: str
    sections: tuple[Section, ...]
    lacks: str


def figures_page(counted: Counted, agents: Sequence[str], reader: Reader) -> FiguresPage:
    """Return the page in words.

    Args:
        counted: the figures, as far as the reader may know them.
        agents: whose the reader may see.
        reader: who reads.
    """
    written = Written(counted, reader)
    return FiguresPage(
        agent=counted.agent,
        agents=tuple(agents),
        period=counted.period,
        periods=tuple(
            Choice(one.words, f"?agent={counted.agent}&period={name}", name == counted.period)
            for name, one in PERIODS.items()
        ),
        zone=str(reader.zone),
        sections=tuple(
            Section(id, title, tuple(one.view for one in made(written)))
            for id, title, made in SECTIONS
        ),
        lacks=lacks_words(),
    )


def lacks_words() -> str:
    """Return the sentence that plots cannot be drawn here; empty where they can."""
    lacks = missing()
    return f"Plots are drawn by the extra “plots”: {lacks} is not installed here." if lacks else ""


def sheets_by_name(counted: Counted, reader: Reader) -> Mapping[str, Sheet]:
    """Return all figures of an agent by the name in their address."""
    return {one.view.name: one for one in _sheets(Written(counted, reader))}


def _sheets(written: Written) -> Iterator[Sheet]:
    for _, _, made in SECTIONS:
        yield from made(written)
