"""A plan carried out: the past opened, held against what was learned, judged, and played."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from handraise.core.monitor.alike import alike_at_a_time
from handraise.core.table.types import Table
from handraise.model import Promise
from handraise.service.backtesting.backtest import backtest, opened
from handraise.service.backtesting.counting import judged_past
from handraise.service.backtesting.familiarity import (
    Progress,
    where_words_are_held,
    with_familiarity,
)
from handraise.service.backtesting.finding import Found
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.plan import Plan
from handraise.service.backtesting.playing import Play, played
from handraise.service.backtesting.result import Backtest


def tried(plan: Plan, table: Table, play: Play | None, progress: Progress) -> Backtest:
    """Return what a table would have done to the decisions of the past.

    Args:
        plan: what to try on what.
        table: the table that the plan names.
        play: how its people work; None where they are not looked at.
        progress: told what is being done.

    Raises:
        InputError: the past cannot be read, or lacks something.
    """
    progress("looking at the columns", None)
    table, left_out = _as_tried(table, plan)
    with opened(plan, table) as (past, plain):
        found = familiar_past(past, plain, table, plan, progress)
        progress("judging every decision", None)
        result = backtest(past, replace(found, left_out=(*found.left_out, *left_out)), table, plan)
        if play is None:
            return result
        progress("playing the stops against the people's hours", None)
        judged = judged_past(table, found)
        simulated, needed = played(past, judged, found, table, plan.table.parent, play)
        return replace(
            result,
            simulated=simulated,
            needed=needed,
            left_out=(*result.left_out, *_not_played(result)),
        )


def _as_tried(table: Table, plan: Plan) -> tuple[Table, tuple[str, ...]]:
    """Return a table without the rows that are left out, and which those are."""
    ignored = table.unfamiliar_rows if plan.ignore_unfamiliar else ()
    if not ignored:
        return table, ()
    rows = tuple(row for row in table.rows if row not in ignored)
    names = ", ".join(row.id for row in ignored)
    return replace(table, rows=rows), (f"what is unlike anything familiar ({names})",)


def _not_played(result: Backtest) -> Iterator[str]:
    """Yield how many stops could not be played, as nobody knows when they came."""
    without = result.rate.count - sum(line.stopped for line in result.days)
    if without:
        yield f"whether people could have answered the stops without a usable time ({without:,})"


def familiar_past(past: Past, found: Found, table: Table, plan: Plan, progress: Progress) -> Found:
    """Return the past with how familiar each decision is, where that has to be worked out.

    Raises:
        InputError: that can be done for files and DuckDB alone.
    """
    if "text" not in found.has:
        return found
    there = where_words_are_held(past)
    from handraise.service.reading.learned import familiar_beside

    familiar = familiar_beside(table, plan.table.parent)
    return with_familiarity(there, found, table, familiar, progress)


def promised(result: Backtest, at: datetime) -> Promise:
    """Return what a backtest promises, for the watch.

    Args:
        result: of a backtest.
        at: now.
    """
    return Promise(
        agent=result.agent,
        version=result.version,
        at=at,
        decisions=result.decisions,
        stopped=result.rate.count,
        rows={line.row: line.fired.count for line in result.rows},
        conditions={line.condition: line.fired.count for line in result.conditions},
        routes={line.route: line.asks for line in result.routes},
        types={line.type: (line.decisions, line.stopped.count) for line in result.types},
        first=_instant(result.first),
        last=_instant(result.last),
        alike=alike_at_a_time([(line.stopped, line.decisions) for line in result.days]),
    )


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
