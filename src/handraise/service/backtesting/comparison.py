"""What is compared on which past, and that past opened for both tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.sql_text import identifier
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.backtesting.backtest import past_at
from handraise.service.backtesting.both import NEWER, Both, both_in
from handraise.service.backtesting.familiarity import (
    Progress,
    where_words_are_held,
    with_familiarity,
)
from handraise.service.backtesting.past import DuckPast, Past
from handraise.service.backtesting.plan import Columns, Where
from handraise.service.reading.learned import familiar_beside

INSTEAD = "name a column with the shares on record (--familiarity COLUMN), or --ignore-unfamiliar"


class Comparison(Struct, frozen=True, kw_only=True):
    """Two tables, and the past they are tried on.

    Attributes:
        older: the file of the table that is there.
        newer: the file of the one that may replace it.
        where: where the past lies.
        columns: which of its columns hold what.
        ignore_unfamiliar: whether rows `unfamiliar` are left out where they cannot be judged.
        examples: how many of each change are shown, 0 for none.
        beside: the folder of the learned files that tables name; None for the tables' own.
    """

    older: Path
    newer: Path
    where: Where
    columns: Columns = Columns()
    ignore_unfamiliar: bool = False
    examples: int = 3
    beside: Path | None = None


def as_compared(table: Table, plan: Comparison) -> Table:
    """Return a table without the rows that the comparison leaves out."""
    if not plan.ignore_unfamiliar:
        return table
    return replace(table, rows=tuple(row for row in table.rows if row.kind != "unfamiliar"))


@contextmanager
def opened_both(
    plan: Comparison, older: Table, newer: Table, progress: Progress
) -> Iterator[tuple[Past, Both]]:
    """Give the past that a comparison names, read as the decisions of both tables.

    Args:
        plan: what is compared on what.
        older: the one table.
        newer: the other.
        progress: told what is being done.

    Raises:
        InputError: it cannot be read, lacks a column that a row reads, or its words would have to
            be held against two things that were learned.
    """
    progress("looking at the columns", None)
    with past_at(plan.where) as past:
        ignored = plan.ignore_unfamiliar
        both = both_in(past, older, newer, plan.columns, ignore_unfamiliar=ignored)
        if "text" in both.found.has:
            both = _held_against(where_words_are_held(past), both, plan, older, newer, progress)
        progress("judging every decision twice", None)
        yield past, both


def _held_against(
    past: DuckPast, both: Both, plan: Comparison, older: Table, newer: Table, progress: Progress
) -> Both:
    """Return the past with how familiar each decision is, by what the tables learned."""
    asking = [
        (table, path)
        for table, path in ((older, plan.older), (newer, plan.newer))
        if table.unfamiliar_rows and table.known.learned is not None
    ]
    digests = {table.known.learned.digest for table, _ in asking if table.known.learned}
    if len(digests) != 1:
        raise InputError(
            f"{plan.newer}: names other learned files than {plan.older}, and decisions are held "
            "against one of them",
            INSTEAD,
        )
    table, path = asking[0]
    keys = both.newer_keys if table is newer else both.older_keys
    if any(column.startswith(NEWER) for column in keys.values()):
        raise InputError(f"{plan.newer}: reads facts otherwise than {plan.older}", INSTEAD)
    mine = {key: both.found.columns[key] for key in keys}
    familiar = familiar_beside(table, plan.beside or path.parent)
    found = with_familiarity(past, replace(both.found, columns=mine), table, familiar, progress)
    share, key = identifier("familiarity"), {"familiarity": "familiarity"}
    inputs = replace(both.found.inputs, familiarity=share)
    return Both(
        found=replace(found, columns=both.found.columns, inputs=inputs),
        newer=replace(both.newer, familiarity=share),
        older_keys=both.older_keys | key,
        newer_keys=both.newer_keys | key,
    )
