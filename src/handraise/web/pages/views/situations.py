"""The page of situations in words: what was learned, the new in groups, the plots, the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import UnusualStop
from handraise.service.learning.drift import DriftReport, stated_rate
from handraise.service.learning.overview import Grouped, Point, Said
from handraise.service.learning.situations import Group
from handraise.web.pages.views.cells import Words, words
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.plots import PlotView, over_time_view, spread_view, stops_view
from handraise.web.pages.views.question import clipped
from handraise.web.pages.views.words import (
    OUTCOMES,
    Moment,
    Reader,
    as_unusual,
    counted,
    sentence,
    spaced,
)

if TYPE_CHECKING:
    from handraise.service.learning.artifact import Manifest

MOST_GROUPED = 500
"""So many situations are looked at, the newest: to find what is alike takes its time."""

ON_A_PAGE = 25
MOST_TYPES = 1_000

ENCODERS = {
    "words": "words and letters, counted",
    "bundled": "the bundled one, of many languages",
    "python": "your own function",
    "sentence-transformers": "sentence-transformers",
    "http": "a web address",
}


class Known(Struct, frozen=True, kw_only=True):
    """Everything the page needs, read in one go.

    Attributes:
        table: the newest one.
        agents: whose situations the reader may see.
        manifest: of the learned files; None where they are not at hand.
        why: why they are not; empty where the table names none.
        lacks: the package that plots need and that is not installed.
        grouped: the new situations of which nobody has said what they are.
        said: what people said and was not learned yet.
        drift: whether what was learned still fits; None where nothing was.
        points: how usual decisions were, oldest first.
        stops: what was stopped as unlike, newest first.
        nearest: the stops nearest the line.
    """

    table: Table
    agents: tuple[str, ...]
    manifest: Manifest | None
    why: str
    lacks: str
    grouped: Grouped
    said: tuple[Said, ...]
    drift: DriftReport | None
    points: Sequence[Point]
    stops: Sequence[UnusualStop]
    nearest: Sequence[UnusualStop]


class LearnedCard(Struct, frozen=True, kw_only=True):
    """What was learned: when it was, and the rest as labelled words."""

    made: Moment
    rows: tuple[tuple[str, str], ...]
    digest: str


class GroupCard(Struct, frozen=True, kw_only=True):
    """Situations that are alike, with the form to say what they are.

    Attributes:
        title: how many, or what one was.
        ids: of the escalations, as the form sends them.
        examples: with the customer's words.
        lines: labelled words on them.
        escalations: addresses of the first of them.
        draft: of this form.
    """

    title: str
    ids: str
    examples: tuple[Words, ...]
    lines: tuple[tuple[str, str], ...]
    escalations: tuple[str, ...]
    newest: Moment
    draft: Draft


class SaidLine(Struct, frozen=True, kw_only=True):
    """What people said of some situations, with the form to say something else."""

    title: str
    about: str
    label: str
    ids: str
    draft: Draft


class NearLine(Struct, frozen=True, kw_only=True):
    """A request near the line."""

    href: str
    text: Words | None
    about: str
    unusual: str
    at: Moment


class SituationsPage(Struct, frozen=True, kw_only=True):
    """The page of situations of one agent.

    Attributes, where the name alone does not say it:
        why: why there is nothing learned to show, as a sentence; empty where there is.
        limit: at what the table stops, as a sentence.
        group_note: why they are not grouped by wording; empty where they are.
        group_remedy: the command that helps; empty for none.
        alone_note: how many there are like no other.
        left_out: that only the newest are looked at, as a sentence; empty where all are.
        place: with which group the page begins.
        start: where the first page is; empty on it.
        more: where the next page is; empty on the last one.
        waiting: how many situations wait to be learned, as a sentence; empty for none.
        types: the known ones, to choose from.
        lacks: the sentence that plots cannot be drawn; empty where they can.
    """

    agent: str
    agents: tuple[str, ...]
    learned: LearnedCard | None
    why: str
    limit: str
    groups: tuple[GroupCard, ...]
    alone: tuple[GroupCard, ...]
    alone_note: str
    place: int
    start: str
    more: str
    group_note: str
    group_remedy: str
    left_out: str
    said: tuple[SaidLine, ...]
    waiting: str
    types: tuple[str, ...]
    lacks: str
    plots: tuple[PlotView, ...]
    nearest: tuple[NearLine, ...]


def situations_page(known: Known, place: int, reader: Reader, draft: Draft) -> SituationsPage:
    """Return the page in words.

    Args:
        known: what is there.
        place: with which group it begins, from 0.
        reader: who reads.
        draft: a form that was not taken.
    """
    table, groups = known.table, known.grouped.groups
    shown = groups[place : place + ON_A_PAGE]
    behind = place + ON_A_PAGE
    count = sum(one.count for one in groups)
    return SituationsPage(
        agent=table.agent,
        agents=known.agents,
        learned=None if known.manifest is None else _learned(known.manifest, table, reader),
        why=_why(known),
        limit=_limit(table),
        groups=tuple(_group(one, reader, draft) for one in shown if not one.is_alone),
        alone=tuple(_group(one, reader, draft) for one in shown if one.is_alone),
        alone_note=f"{sum(one.is_alone for one in groups):,} like no other",
        place=place,
        start=_address(table, 0) if place else "",
        more=_address(table, behind) if behind < len(groups) else "",
        group_note=sentence(known.grouped.why),
        group_remedy=known.grouped.remedy,
        left_out=f"Only the newest {count:,} are looked at." if count >= MOST_GROUPED else "",
        said=tuple(_said(one, reader, draft) for one in known.said),
        waiting=_waiting(known.said),
        types=table.known.types[:MOST_TYPES],
        lacks=f"Plots are drawn by the extra “plots”: {known.lacks} is not installed here."
        if known.lacks
        else "",
        plots=_plots(known, reader),
        nearest=tuple(_near(one, reader) for one in known.nearest),
    )


def _address(table: Table, place: int) -> str:
    query = {"agent": table.agent, **({"from": place} if place else {})}
    return f"/situations?{urlencode(query)}#new"


def _why(known: Known) -> str:
    if known.manifest is not None:
        return ""
    if known.table.known.learned is None:
        return "This table names no learned files, so nothing tells the familiar from the new."
    return sentence(f"what was learned cannot be read: {known.why}")


def _limit(table: Table) -> str:
    rate = stated_rate(table)
    if table.known.learned is None:
        return ""
    if not rate:
        return "No row of the table asks how usual a decision is; a row `unfamiliar: 2%` would."
    share = f"{100 * rate:g} of 100 familiar ones"
    return f"The table stops a request when at most {share} are as unusual."


def _learned(manifest: Manifest, table: Table, reader: Reader) -> LearnedCard:
    summary, choice = manifest.summary, manifest.encoder
    named = " ".join(filter(None, (choice.name, choice.model, choice.version)))
    encoder = ENCODERS[choice.kind]
    rows = [
        ("from", _rows_words(summary, len(manifest.types))),
        ("held out", _held_out_words(summary)),
        ("facts", ", ".join(map(spaced, manifest.facts))),
        ("wording", (f"{encoder} ({named})" if named else encoder) if manifest.reads_text else ""),
        ("false alarms", _promise(summary, stated_rate(table), manifest.least_rate)),
        ("new types", _forecast(summary, stated_rate(table))),
    ]
    return LearnedCard(
        made=reader.moment(datetime.fromisoformat(manifest.made_at)),
        rows=tuple((label, told) for label, told in rows if told),
        digest=manifest.digest,
    )


def _rows_words(summary: Mapping[str, Any], types: int) -> str:
    of = counted(types, "type")
    rows, added = summary.get("rows"), summary.get("added")
    if not isinstance(rows, int):
        return of
    more = f", {added:,} of them named by people" if isinstance(added, int) and added else ""
    return f"{counted(rows, 'labelled row')} of {of}{more}"


def _held_out_words(summary: Mapping[str, Any]) -> str:
    held_out = summary.get("held_out")
    return f"{counted(held_out, 'row')}, to know what is usual" if isinstance(held_out, int) else ""


def _promise(summary: Mapping[str, Any], rate: float, least: float) -> str:
    promised = summary.get("promise")
    if not rate:
        return f"a row may ask for {100 * least:.2g}% or more"
    asked = f"{100 * rate:g}% of familiar requests"
    if not isinstance(promised, dict) or promised.get("rate") != rate:
        return asked
    low, high = (100 * promised[name] for name in ("low", "high"))
    return f"{asked}; with these held-out rows really {low:.2g} to {high:.2g}%, 90% certain"


def _forecast(summary: Mapping[str, Any], rate: float) -> str:
    """Return what was forecast, with the rate it was made for where the table asks for another."""
    found, promised = summary.get("forecast"), summary.get("promise")
    if not isinstance(found, dict):
        return ""
    made_for = promised.get("rate") if isinstance(promised, dict) else None
    told = f"about {100 * found['caught']:.0f} of 100 requests of types never seen are stopped"
    if made_for is None or made_for == rate:
        return told
    return f"{told} at {100 * made_for:g}%, for which this was tried, not at the table's rate"


def _group(group: Group, reader: Reader, draft: Draft) -> GroupCard:
    ids = " ".join(group.escalation_ids)
    lines = (
        ("set apart by", ", ".join(group.words)),
        (
            "the agent took it for",
            _tally({spaced(t or "nothing"): n for t, n in group.types.items()}),
        ),
        ("people", _tally({OUTCOMES[one].lower(): n for one, n in group.outcomes.items()})),
    )
    return GroupCard(
        title="One of its kind" if group.is_alone else f"{group.count:,} requests that are alike",
        ids=ids,
        examples=tuple(map(words, group.examples)),
        lines=tuple((label, clipped(told, 300)) for label, told in lines if told),
        escalations=tuple(f"/escalations/{id}" for id in group.escalation_ids[:3]),
        newest=reader.moment(group.newest_at),
        draft=draft.of(ids),
    )


def _tally(counts: Mapping[str, int]) -> str:
    """Return `refund request (3), riddle`."""
    return ", ".join(f"{name} ({n:,})" if n > 1 else name for name, n in counts.items())


def _said(said: Said, reader: Reader, draft: Draft) -> SaidLine:
    ids = " ".join(said.escalation_ids)
    kind = (
        "nothing will be learned from it"
        if said.label is None
        else "another way to word a known type"
        if said.is_known
        else "a new type"
    )
    count = counted(len(said.escalation_ids), "request")
    people = ", ".join(reader.name(one) for one in said.by)
    return SaidLine(
        title="no type of its own" if said.label is None else said.label,
        about=f"{count}: {kind}; said by {people}",
        label=said.label or "",
        ids=ids,
        draft=draft.of(ids),
    )


def _waiting(said: Sequence[Said]) -> str:
    count = sum(len(one.escalation_ids) for one in said if one.label is not None)
    if not count:
        return ""
    wait = "waits" if count == 1 else "wait"
    return f"{counted(count, 'request')} {wait} to be learned."


def _plots(known: Known, reader: Reader) -> tuple[PlotView, ...]:
    if known.drift is None:
        return ()
    query = urlencode({"agent": known.table.agent})
    found = []
    if known.manifest is not None and known.manifest.reads_text:
        found.append(stops_view(known.stops, query, reader))
    if known.points:
        rate = stated_rate(known.table)
        found.append(over_time_view(known.points, known.drift, rate, query, reader))
        found.append(spread_view(known.points, known.drift, query))
    return tuple(found)


def _near(stop: UnusualStop, reader: Reader) -> NearLine:
    about = [spaced(clipped(stop.type or "")), OUTCOMES.get(stop.outcome or "", "Open").lower()]
    return NearLine(
        href=f"/escalations/{stop.escalation_id}",
        text=words(stop.text) if stop.text else None,
        about=" · ".join(filter(None, about)),
        unusual=sentence(as_unusual(stop.familiarity)),
        at=reader.moment(stop.at),
    )
