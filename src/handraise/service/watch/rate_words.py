"""What the watch says of a rate that left its promise: how large, what drives it, what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from handraise.core.monitor.budget import ALL
from handraise.core.monitor.drift import Change
from handraise.core.monitor.drivers import Driver, Stretch
from handraise.core.monitor.intervals import clopper_pearson
from handraise.core.monitor.series import CONDITION, ROUTE, ROW, TYPE, Counts
from handraise.core.monitor.signals import Signal
from handraise.core.table.naming import in_words, row_words
from handraise.core.table.sheet import happening
from handraise.core.table.types import Table
from handraise.service.watch.words import counted, joined

MOST_ROWS, MOST_TYPES, MOST_EXPLAINED = 4, 4, 6
BIG = 2.0
LEAST_SHARE = 0.1
"""What makes less of a change is no driver of it."""

MORE_MEANS = {
    "confidence": (
        "The agent is less sure than it was: its work became harder, or its model or its prompt "
        "changed. Look at the examples; if it is right to be unsure, it needs help with this work."
    ),
    "consequence": (
        "The agent proposes more that needs a person: other work came in, or a fact that a row "
        "reads changed its meaning or its unit. Look at the examples."
    ),
    "novelty": (
        "The agent meets work it was not built for. Name the new situations "
        "(`handraise situations`), and let it learn those that it is to do."
    ),
    "": (
        "Usually the agent meets work it was not built for, or is less sure than it was. Look at "
        "the examples, and at what changed on that day."
    ),
}
LESS_MEANS = {
    "confidence": (
        "The agent says that it is sure more often. A model that overstates its confidence is not "
        "stopped by this row any more: check what went ahead since, and calibrate again."
    ),
    "consequence": (
        "What stopped for its consequences does so less: a fact is worked out or stated otherwise, "
        "an action has another name, or such work does not come in. Check what went ahead since."
    ),
    "novelty": (
        "What is new is taken for familiar more often: the agent may put requests under types that "
        "it knows. Check what went ahead since."
    ),
    "": (
        "Usually a row no longer sees what it is for: confidence is overstated, a fact changed, "
        "requests are put under other types. Check what went ahead since."
    ),
}


class Told(Struct, frozen=True, kw_only=True):
    """A change that is told of.

    Attributes:
        table: the version that judged.
        subject: the series as whose alarm it is told of.
        series: which rate it is told by.
        change: what was found.
        promised: what was promised of it: how many stopped of how many.
        stretch: the decisions since it began, from a full hour on.
        explained: the other series that it explains.
        examples: ids of escalations, or of decisions that went ahead.
    """

    table: Table
    subject: str
    series: str
    change: Change
    promised: Counts
    stretch: Stretch
    explained: Sequence[str]
    examples: tuple[str, ...]


def signal_of(told: Told) -> Signal:
    """Return a change in words."""
    is_more = told.change.direction == "more"
    rows = _driving(told, ROW)
    return Signal(
        agent=told.table.agent,
        kind="too_much" if is_more else "too_little",
        subject=told.subject,
        sentence=_sentence(told),
        means=(MORE_MEANS if is_more else LESS_MEANS)[_condition(told, rows)],
        since=told.change.since,
        lines=tuple(_lines(told, rows)),
        examples=told.examples,
        urgent=_is_big(told),
    )


def _is_big(told: Told) -> bool:
    """Whether all decisions, or a route's, stop at least twice as often as promised, or half."""
    stopped, decisions = told.promised
    promised = stopped / decisions
    is_wide = told.series == ALL or told.series.startswith(f"{ROUTE} ")
    if told.change.direction == "more":
        return is_wide and told.change.rate >= BIG * promised
    return is_wide and BIG * told.change.rate <= promised


def share(value: float) -> str:
    """Return a share of 1 in percent, to the tenth; to the hundredth where it is small.

    Example:
        >>> share(0.2409), share(0.0042), share(0.0)
        ('24.1 %', '0.42 %', '0 %')
    """
    percent = 100 * value
    return f"{percent:.2f} %" if 0 < percent < 0.995 else f"{percent:.1f} %" if percent else "0 %"


def named(table: Table, series: str) -> str:
    """Return a series as people read it, e.g. `row confidence.1 (its confidence is below 0.72)`."""
    first, _, name = series.partition(" ")
    row = next((row for row in table.rows if first == ROW and row.id == name), None)
    return series if row is None else f"{series} ({in_words(happening(table, row), table.facts)})"


def _sentence(told: Told) -> str:
    change = told.change
    stopped, decisions = told.promised
    low, high = clopper_pearson(stopped, decisions)
    return (
        f"{_subject(told.series, told.table)} {share(change.rate)} "
        f"({_between(change.low, change.high)}) of {_whole(told.series)} instead of "
        f"{share(stopped / decisions)} ({_between(low, high)})."
    )


def _subject(series: str, table: Table) -> str:
    first, _, name = series.partition(" ")
    tag = next((row.tag for row in table.rows if row.id == name), None)
    return {
        ROW: f"The {row_words(name, tag)} stops",
        CONDITION: f"The condition {name} holds for",
        ROUTE: f"{name} is asked about",
    }.get(first, "It stops")


def _whole(series: str) -> str:
    first, _, name = series.partition(" ")
    return f"its decisions of type {name}" if first == TYPE else "its decisions"


def _between(low: float, high: float) -> str:
    return f"{share(low).removesuffix(' %')}-{share(high)}"


def _lines(told: Told, rows: Sequence[Driver]) -> Iterator[str]:
    """Yield what drives it, what else it explains, and what it was counted from."""
    drivers = [*rows[:MOST_ROWS], *_driving(told, TYPE)[:MOST_TYPES]]
    since = told.change.since
    is_tallied = told.stretch.decisions(told.series) > told.change.decisions and since.minute > 0
    counted_from = f" (counted from {since:%H}:00 UTC on)" if is_tallied else ""
    for place, one in enumerate(drivers):
        words = f"{named(told.table, one.series)}: {_driven(one)}"
        yield words if place else words + counted_from
    named_already = {one.series for one in drivers}
    explained = [one for one in told.explained if one not in named_already]
    if explained:
        shown = explained[:MOST_EXPLAINED]
        more = len(explained) - len(shown)
        yield f"also seen in {joined([*shown, *([f'{more} more'] if more else [])])}"
    change = told.change
    yield (
        f"{change.stopped:,} of {counted(change.decisions, 'decision')} since then; promised from "
        f"{told.promised[0]:,} of {told.promised[1]:,}"
    )


def _driving(told: Told, kind: str) -> list[Driver]:
    """Return the rows or types that make a good part of it, but for the series itself."""
    found = told.stretch.drivers(kind, told.change.direction)
    whole = sum(abs(one.whole) for one in found)
    return [
        one for one in found if one.series != told.series and abs(one.whole) >= LEAST_SHARE * whole
    ]


def _driven(one: Driver) -> str:
    rate = share(one.stopped / one.decisions) if one.decisions else "none"
    amount = abs(round(one.whole))
    words = f"{rate} instead of {share(one.promised)}, {counted(amount, 'stop')} "
    words += "more than promised" if one.whole > 0 else "fewer than promised"
    if abs(one.more_of) > abs(one.excess):
        words += f"; it is {share(one.share)} of all decisions instead of "
        words += share(one.promised_share)
    return words


def _condition(told: Told, rows: Sequence[Driver]) -> str:
    """Return the condition that a change is mostly about; empty where that cannot be told."""
    first, _, name = told.series.partition(" ")
    of_row = {row.id: row.condition for row in told.table.rows}
    if first == CONDITION:
        return name if name in MORE_MEANS else ""
    if first == ROW:
        return of_row.get(name, "")
    if rows:
        return of_row.get(rows[0].series.partition(" ")[2], "")
    return ""
