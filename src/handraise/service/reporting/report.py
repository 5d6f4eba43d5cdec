"""A report as one file of HTML: no script, nothing fetched, readable from a disk and on paper.

INVARIANT: what came from a table, a history or a file is escaped; only drawings, which `svg` has
looked through, are put in as they are.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.metadata import version

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from handraise.service.plots.drawing import REMEDY, drawn_together, missing
from handraise.service.plots.look import Look
from handraise.service.reporting.closing import (
    foot,
    reading_section,
    table_section,
    uncovered_section,
)
from handraise.service.reporting.headline import lead, notices, tiles, verdict
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import Page, Plot, Section
from handraise.service.reporting.past import (
    days_section,
    nothing_section,
    rows_section,
    slipped_section,
    types_section,
)
from handraise.service.reporting.people import people_section
from handraise.service.reporting.promise import promise_section
from handraise.service.reporting.svg import dark_rules, inlined
from handraise.service.reporting.words import tame

NO_PLOTS = f"The plots are left out, for what draws them is not installed: {REMEDY}"


class Drawing(Struct, frozen=True):
    """A plot as elements of a page: for wide screens and paper, and for phones."""

    wide: Markup
    narrow: Markup


def report_html(inputs: Inputs, now: datetime) -> str:
    """Return a report as a page of HTML.

    Args:
        inputs: what it is made of.
        now: when it is made, aware.

    Raises:
        SettingsError: plots cannot be drawn here; that what draws is not installed is no error,
            the page says so.
    """
    return page_html(page_of(inputs, now))


def page_html(page: Page) -> str:
    """Return what stands on a page as HTML that needs nothing else.

    Raises:
        SettingsError: plots cannot be drawn here.
    """
    is_drawn = not missing()
    return (
        _environment()
        .get_template("report.html")
        .render(
            page=page,
            drawings=_drawings(page.plots) if is_drawn and page.plots else {},
            no_plots="" if is_drawn or not page.plots else NO_PLOTS,
            colours=dark_rules(),
        )
    )


def page_of(inputs: Inputs, now: datetime) -> Page:
    """Return what stands on a report.

    Args:
        inputs: what it is made of.
        now: when it is made, aware.
    """
    agent = tame(inputs.table.agent, 80)
    return Page(
        title=f"What the routing table of {agent} does",
        agent=agent,
        purpose=tame(inputs.table.purpose, 300),
        lead=lead(inputs, now),
        verdict=verdict(inputs),
        notices=notices(inputs),
        tiles=tiles(inputs),
        sections=_sections(inputs),
        foot=foot(inputs, version("handraise")),
    )


def _sections(inputs: Inputs) -> tuple[Section, ...]:
    found, table = inputs.backtest, inputs.table
    sections = [promise_section(inputs)]
    if found is not None:
        sections += [
            rows_section(found, table),
            types_section(found, table),
            days_section(found),
            slipped_section(found, table),
            nothing_section(found, table),
            people_section(found, table),
            uncovered_section(found),
        ]
    return (*sections, reading_section(), table_section(table))


def _drawings(plots: tuple[Plot, ...]) -> dict[str, Drawing]:
    looks = (Look(), Look(is_narrow=True))
    drawn = iter(drawn_together([plot.chart(look) for plot in plots for look in looks]))
    return {
        plot.name: Drawing(
            wide=_element(next(drawn), plot, f"{plot.name}-wide"),
            narrow=_element(next(drawn), plot, f"{plot.name}-narrow"),
        )
        for plot in plots
    }


def _element(drawn: bytes, plot: Plot, id: str) -> Markup:
    svg = inlined(drawn, id=id, title=plot.title, about=plot.about)
    return Markup(svg)  # noqa: S704 - looked through, and its words are escaped


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("handraise.service.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
