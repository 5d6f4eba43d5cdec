"""Rows that never fire: is what they watch for still so, and does anybody still state it?

INVARIANT: nothing is proposed. A row that never fired may be the one that matters most.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.expression import names_read
from handraise.core.table.naming import in_words, row_words
from handraise.core.table.sheet import happening
from handraise.core.table.types import Row, Table
from handraise.errors import NotFoundError, SchemaError
from handraise.model import DecisionRecord
from handraise.service.advising.found import Found
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

LEAST_DECISIONS = 1_000
LEAST_TIME = timedelta(days=30)
MOST_VERSIONS = 20
"""So many versions are looked at, the newest, in which a row stands as it does now."""

NEWEST = 2_000
"""So many decisions are looked at for the facts they state."""


class Fired(Struct, frozen=True):
    """How often a row fired, in how many decisions since when; None for since where in none."""

    fired: int
    decisions: int
    since: datetime | None


def silent_advice(store: Store, shelf: Shelf, table: Table, now: datetime) -> list[Found]:
    """Return the rows of a table that should be looked at, because they never fired.

    A row is silent after 1,000 real decisions and 30 days of the versions that have it as it is.
    Rows for unknown types are left out: that nothing unknown comes is no sign of anything.

    Args:
        store: what was seen.
        shelf: has the versions.
        table: the version in force.
        now: the present instant.
    """
    versions = _versions(store, shelf, table)
    newest: list[DecisionRecord] | None = None
    found = []
    for row in table.rows:
        if row.kind == "unknown":
            continue
        seen = _fired(store, table.agent, row, versions, now)
        if seen.fired or seen.decisions < LEAST_DECISIONS or seen.since is None:
            continue
        if now - seen.since < LEAST_TIME:
            continue
        if newest is None:
            newest = store.recent_decisions(table.agent, limit=NEWEST)
        found.append(_advice(store, table, row, seen, newest))
    return found


def rows_so_far(store: Store, shelf: Shelf, table: Table, now: datetime) -> list[str]:
    """Return how far the rows are that never fired, and are not looked at for that yet."""
    versions = _versions(store, shelf, table)
    found, has_silent = [], False
    for row in table.rows:
        if row.kind == "unknown":
            continue
        seen = _fired(store, table.agent, row, versions, now)
        if seen.fired:
            continue
        has_silent = True
        time = timedelta() if seen.since is None else now - seen.since
        if seen.decisions < LEAST_DECISIONS or time < LEAST_TIME:
            decisions = min(seen.decisions, LEAST_DECISIONS)
            found.append(
                f"rows: {row.id} has not fired in {min(time, LEAST_TIME).days} of "
                f"{LEAST_TIME.days} days, and {decisions:,} of {LEAST_DECISIONS:,} decisions"
            )
    return found if has_silent else ["rows: every one has fired"]


def _versions(store: Store, shelf: Shelf, table: Table) -> list[Table]:
    """Return the version in force, and those before it that can still be read, newest first."""
    found = [table]
    for kept in store.table_versions_of(table.agent)[:MOST_VERSIONS]:
        if kept.version == table.version:
            continue
        try:
            found.append(shelf.table(table.agent, kept.version))
        except (NotFoundError, SchemaError):
            continue
    return found


def _fired(store: Store, agent: str, row: Row, versions: Sequence[Table], now: datetime) -> Fired:
    """Return how often a row fired, under all versions in which it stands as it does now."""
    fired = decisions = 0
    since: datetime | None = None
    same = replace(row, line=0)
    for version in versions:
        if not any(replace(one, line=0) == same for one in version.rows):
            continue
        begun = store.first_hour(agent, version.version)
        if begun is None:
            continue
        since = begun if since is None else min(since, begun)
        until = now + timedelta(hours=1)
        for one in store.tallied(agent, begun, until, version=version.version):
            decisions += one.count
            fired += one.count if row.id in one.rows else 0
    return Fired(fired, decisions, since)


def _advice(
    store: Store, table: Table, row: Row, seen: Fired, newest: Sequence[DecisionRecord]
) -> Found:
    since = f"{seen.since:%Y-%m-%d}"
    return Found(
        kind="silent_row",
        subject=row.id,
        sentence=f"The {row_words(row.id, row.tag)} never fired in {seen.decisions:,} decisions "
        f"since {since}: is what it watches for still so?",
        lines=(
            f"It stops where {in_words(happening(table, row), table.facts)}.",
            *_expected(store, table, row, seen),
            *_stated(table, row, newest),
            "That it is silent is no reason to remove it: it may wait for the one case that "
            "matters. See whether it can still fire: `handraise test`, or `handraise drill`.",
        ),
        evidence=seen.decisions,
    )


def _expected(store: Store, table: Table, row: Row, seen: Fired) -> list[str]:
    """Return what the backtest of this version and the table's own tests expected of a row."""
    found = []
    promise = store.promise_of(table.agent, table.version)
    if promise is not None:
        share = promise.rows.get(row.id, 0) / promise.decisions
        found.append(
            f"By the backtest it would have fired about {share * seen.decisions:,.0f} times."
            if share
            else "In the backtest it did not fire either."
        )
    tests = [case.name for case in table.tests if row.to in case.escalate]
    if not tests:
        found.append(f"No test of the table stops at {row.to}, where it leads.")
    return found


def _stated(table: Table, row: Row, newest: Sequence[DecisionRecord]) -> list[str]:
    """Return how often what a row reads is there at all, in the newest decisions."""
    count = len(newest)
    of = f"of the {count:,} newest decisions"
    found = []
    if row.when is not None:
        for name in sorted(set(names_read(row.when)) & table.facts.keys()):
            fact = table.facts[name]
            if fact.is_derived:
                if fact.source is None:
                    having = sum(one.action in fact.sources for one in newest)
                    found.append(
                        f"{name} is worked out of {', '.join(sorted(fact.sources))}: {having:,} "
                        f"{of} were such."
                    )
                continue
            having = sum(isinstance(one.facts, dict) and name in one.facts for one in newest)
            found.append(f"{name} is stated in {having:,} {of}.")
    if row.for_types:
        having = sum(one.type in row.for_types for one in newest)
        found.append(f"It is for {', '.join(row.for_types)} only: {having:,} {of} were of that.")
    if row.for_actions:
        having = sum(one.action in row.for_actions for one in newest)
        found.append(f"It is for {', '.join(row.for_actions)} only: {having:,} {of} did that.")
    return found
