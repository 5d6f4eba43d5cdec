"""What two tables make of the same past. Plain JSON throughout; it holds no customer's text."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from handraise.service.backtesting.result import Share, Unusable


class Side(Struct, frozen=True, kw_only=True):
    """What one of the two tables would have done.

    Attributes:
        table: its path, as it was named.
        version: of the table.
        rate: the share that would have stopped.
        errors: wrong ones among those with a label that would have gone ahead.
        stake: the money of these errors; None without a column of it.
    """

    table: str
    version: str
    rate: Share
    errors: Share
    stake: float | None = None


class Row(Struct, frozen=True, kw_only=True):
    """What one row has to do with a change.

    Attributes:
        row: its id; the name of a condition where that held while no row of it looked.
        route: where it leads.
        rule: the row in words.
        fired: for how many of the changed decisions it fired.
        only: for how many of them it alone did.
        wrong: how many of the fired were wrong.
    """

    row: str
    route: str
    rule: str
    fired: int
    only: int
    wrong: int


class Exchanged(Struct, frozen=True, kw_only=True):
    """One decision that the two tables treat differently.

    Attributes:
        id: what the history calls it; empty where no column says so.
        at: when, ISO 8601 in UTC; empty where it is not known.
        type: its type.
        action: its action; empty for none.
        confidence: as stated; None where it was not usable.
        facts: the facts that rows read.
        was_right: by its label; None without one.
        stake: the money of it; None without a column of it.
        older_routes: who would have been asked by the older table; empty where it goes ahead.
        newer_routes: the same by the newer one.
        older_sentences: why, in the words of the gate.
        newer_sentences: the same by the newer one.
    """

    id: str
    at: str
    type: str
    action: str
    confidence: float | None
    facts: dict[str, Any]
    was_right: bool | None
    stake: float | None
    older_routes: tuple[str, ...]
    newer_routes: tuple[str, ...]
    older_sentences: tuple[str, ...]
    newer_sentences: tuple[str, ...]


class Change(Struct, frozen=True, kw_only=True):
    """Decisions that stop by one of the tables alone.

    Attributes:
        decisions: how many of all.
        right: right ones among those with a label: stopped for nothing by that table.
        wrong: wrong ones among those with a label: caught by that table, slipped by the other.
        stake: the money of the wrong ones; None without a column of it.
        rows: the rows of that table that fired, most first.
        examples: some of them, most money first.
    """

    decisions: Share
    right: Share
    wrong: Share
    stake: float | None = None
    rows: tuple[Row, ...] = ()
    examples: tuple[Exchanged, ...] = ()


class Handover(Struct, frozen=True, kw_only=True):
    """How many decisions stop by both tables, but have others to agree."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    decisions: int


class Moved(Struct, frozen=True, kw_only=True):
    """Decisions that stop by both tables and go to other people.

    Attributes:
        decisions: how many of all.
        handovers: from which routes to which, most first.
        examples: some of them, most money first.
    """

    decisions: Share
    handovers: tuple[Handover, ...] = ()
    examples: tuple[Exchanged, ...] = ()


class ByType(Struct, frozen=True, kw_only=True):
    """What changes for one type.

    Attributes:
        type: the type; empty for a missing one.
        decisions: how many.
        stops_now: how many stop by the newer table alone.
        goes_now: how many stop by the older table alone.
        moved: how many go to other people.
        labelled: how many of `goes_now` have a label.
        slipped: how many of those were wrong.
        stake: the money of the slipped; None without a column of it.
        minutes: a person's work on one of `goes_now`, on average; None where it is not known.
    """

    type: str
    decisions: int
    stops_now: int
    goes_now: int
    moved: int
    labelled: int
    slipped: int
    stake: float | None = None
    minutes: float | None = None


class Load(Struct, frozen=True, kw_only=True):
    """The asks of one route or one person's routes.

    Attributes:
        asks: over the whole time; a route that needs two people asks twice.
        a_day: on average over all days of the time; None where times are not known.
        busiest: the day with most, `2026-03-31`; empty where times are not known.
        busiest_asks: how many then.
    """

    asks: int
    a_day: float | None = None
    busiest: str = ""
    busiest_asks: int = 0


class Loads(Struct, frozen=True, kw_only=True):
    """The load of a route, or of all routes of a person, by both tables.

    Attributes:
        name: the route or the person.
        before: by the older table; None where that does not have it.
        after: by the newer one; None where that does not have it.
    """

    name: str
    before: Load | None
    after: Load | None


class Difference(Struct, frozen=True, kw_only=True):
    """What two tables make of the same past.

    Attributes:
        agent: whose tables.
        older: the table that is there.
        newer: the one that may replace it.
        words: how the two tables differ, a sentence each.
        sources: where the past was read from.
        engine: what worked it out, e.g. `duckdb 2.0.0`.
        decisions: how many there were.
        labelled: how many of them have a label.
        first: the earliest instant, ISO 8601 in UTC; empty where times are not known.
        last: the latest.
        unusable: columns with values that were missing or could not be used.
        left_out: what was not judged, and why, a sentence each.
        unchanged: decisions that go ahead by both, or have the same people to agree.
        stops_now: those that stop by the newer table alone.
        goes_now: those that stop by the older table alone.
        moved: those that stop by both and go to other people.
        types: those with most changes; at most 20.
        routes: the load of each route.
        people: for each person, the load of all their routes together, where it changes.
    """

    agent: str
    older: Side
    newer: Side
    words: tuple[str, ...]
    sources: tuple[str, ...]
    engine: str
    decisions: int
    labelled: int
    first: str
    last: str
    unusable: tuple[Unusable, ...]
    left_out: tuple[str, ...]
    unchanged: Share
    stops_now: Change
    goes_now: Change
    moved: Moved
    types: tuple[ByType, ...]
    routes: tuple[Loads, ...]
    people: tuple[Loads, ...]
