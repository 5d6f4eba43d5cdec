"""What a backtest says. Plain JSON throughout; it holds facts of decisions, never a text."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from handraise.service.simulating.records import Answer, Simulated


class Share(Struct, frozen=True, kw_only=True):
    """So many of so many, with its interval.

    Attributes:
        count: how many.
        of: of how many; may be 0.
        share: the one over the other, in [0, 1]; 0.0 of none.
        low: the lower end of the exact (Clopper-Pearson) interval of 95 %, in [0, 1].
        high: the upper end, in [0, 1].
    """

    count: int
    of: int
    share: float
    low: float
    high: float


class RowLine(Struct, frozen=True, kw_only=True):
    """What one row of the table would have done.

    Attributes:
        row: its id; the name of a condition where that held while no row of it looked.
        condition: confidence, consequence or novelty.
        route: where it leads.
        rule: the row in words.
        fired: of all decisions.
        only: how many of these no other row stopped.
        labelled: how many of the fired have a label.
        wrong: how many of the labelled were wrong: errors it caught.
        stake: the money of the wrong ones; None without a column of it.
    """

    row: str
    condition: str
    route: str
    rule: str
    fired: Share
    only: int
    labelled: int
    wrong: int
    stake: float | None = None


class ConditionLine(Struct, frozen=True, kw_only=True):
    """How many decisions a condition stopped, and how many it alone."""

    condition: str
    fired: Share
    only: int


class TypeLine(Struct, frozen=True, kw_only=True):
    """What would have happened to one type.

    Attributes:
        type: the type; empty for a missing one.
        is_known: whether the table knows it.
        decisions: how many.
        stopped: of these.
        errors: wrong ones among the labelled that would have gone ahead.
        caught: wrong ones among the labelled that would have stopped.
        stake: the money of the errors; None without a column of it.
    """

    type: str
    is_known: bool
    decisions: int
    stopped: Share
    errors: Share
    caught: int
    stake: float | None = None


class DayLine(Struct, frozen=True, kw_only=True):
    """One day: `2026-03-31` (UTC), its decisions and how many stopped."""

    day: str
    decisions: int
    stopped: int


class HourLine(Struct, frozen=True, kw_only=True):
    """How many asks a route got in one hour of the week (UTC; Monday is 0), over all weeks."""

    route: str
    weekday: int
    hour: int
    asks: int


class RouteLine(Struct, frozen=True, kw_only=True):
    """The load of one route.

    Attributes:
        route: the route.
        asks: over the whole time.
        people: how many are on it.
        a_day: asks a day, on average over all days of the time; None where it is not known.
        busiest: the day with most, `2026-03-31`; empty where times are not known.
        busiest_asks: how many then.
        capacity_day: what its people take a day together; None where one of them has no limit.
        days_over: on how many days that would not have been enough.
    """

    route: str
    asks: int
    people: int
    a_day: float | None = None
    busiest: str = ""
    busiest_asks: int = 0
    capacity_day: int | None = None
    days_over: int = 0


class Example(Struct, frozen=True, kw_only=True):
    """One decision of the past.

    Attributes:
        id: what the history calls it; empty where no column says so.
        at: when, ISO 8601 in UTC; empty where it is not known.
        type: its type.
        action: its action; empty for none.
        confidence: as stated; None where it was not usable.
        facts: the facts that rows read.
        was_right: by its label; None without one.
        stake: the money of it; None without a column of it.
        routes: who would have been asked; empty where it would have gone ahead.
        sentences: why, in the words of the gate.
    """

    id: str
    at: str
    type: str
    action: str
    confidence: float | None
    facts: dict[str, Any]
    was_right: bool | None
    stake: float | None
    routes: tuple[str, ...]
    sentences: tuple[str, ...]


class Alone(Struct, frozen=True, kw_only=True):
    """What would have slipped through: decisions taken alone.

    Attributes:
        decisions: how many would have gone ahead.
        errors: wrong ones among those with a label.
        stake: the money of these errors; None without a column of it.
        examples: some of them, most money first.
    """

    decisions: int
    errors: Share
    stake: float | None = None
    examples: tuple[Example, ...] = ()


class Stopped(Struct, frozen=True, kw_only=True):
    """What would have been stopped.

    Attributes:
        decisions: how many.
        for_nothing: right ones among those with a label.
        caught: wrong ones among those with a label.
        stake: the money of the errors caught; None without a column of it.
        examples: some that were stopped for nothing.
    """

    decisions: int
    for_nothing: Share
    caught: Share
    stake: float | None = None
    examples: tuple[Example, ...] = ()


class Unusable(Struct, frozen=True, kw_only=True):
    """How many values of a column were missing, and how many could not be used.

    Attributes:
        column: its name in the past.
        missing: how many were missing.
        unreadable: how many were there and could not be used.
        stops: whether rows read it, and so stop there.
    """

    column: str
    missing: int
    unreadable: int
    stops: bool = True


class Backtest(Struct, frozen=True, kw_only=True):
    """What a table would have done to the decisions of the past.

    Attributes:
        agent: whose table.
        version: of the table.
        table: its path, as it was named.
        sources: where the past was read from.
        engine: what worked it out, e.g. `duckdb 2.0.0`.
        decisions: how many there were.
        labelled: how many of them have a label.
        first: the earliest instant, ISO 8601 in UTC; empty where times are not known.
        last: the latest.
        unusable: columns with values that were missing or could not be used.
        left_out: what was not judged, and why, a sentence each.
        rate: the deferral rate: the share that would have stopped.
        rows: each row of the table, in its order.
        conditions: the three, in their order.
        types: most decisions first; at most 1,000.
        days: in order; empty where times are not known.
        hours: asks by route and hour of the week; those without any are left out.
        routes: those of the table, with the owner if he was asked.
        alone: what would have gone ahead.
        stopped: what would not.
        simulated: how the people would have fared; None where that was not asked for.
        needed: how many more people would hold the deadlines; None where that was not asked for.
    """

    agent: str
    version: str
    table: str
    sources: tuple[str, ...]
    engine: str
    decisions: int
    labelled: int
    first: str
    last: str
    unusable: tuple[Unusable, ...]
    left_out: tuple[str, ...]
    rate: Share
    rows: tuple[RowLine, ...]
    conditions: tuple[ConditionLine, ...]
    types: tuple[TypeLine, ...]
    days: tuple[DayLine, ...]
    hours: tuple[HourLine, ...]
    routes: tuple[RouteLine, ...]
    alone: Alone
    stopped: Stopped
    simulated: Simulated | None = None
    needed: Answer | None = None
