"""The two tables that are compared: both from files, or the older one from the store, as signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from handraise.cli.backtested import shown_text
from handraise.cli.options import one_table, settings_at
from handraise.errors import InputError, TableError

if TYPE_CHECKING:
    from handraise.core.table.types import Table

FILES = frozenset({"known", "calibration", "calendar"})
"""The codes of findings about the files that a table names."""

SIGNED = "signed"


class Pair(Struct, frozen=True):
    """Two tables of one agent.

    Attributes:
        older_path: where the older one stands; for the signed one, where it would.
        older: the table that is there.
        newer_path: where the newer one stands.
        newer: the one that may replace it.
        names: what people call the two.
        notes: what was taken for granted of the files that they name, a sentence each.
        to_drill: the routes that the checklist of the newer one wants a drill of; None where no
            store says which drills there were.
    """

    older_path: Path
    older: Table
    newer_path: Path
    newer: Table
    names: tuple[str, str]
    notes: tuple[str, ...] = ()
    to_drill: tuple[str, ...] | None = None


def pair_of(
    older: Path,
    newer: Path | None,
    *,
    store: str | None = None,
    beside: Path | None = None,
    texts_only: bool = False,
) -> Pair:
    """Return two tables of one agent.

    Args:
        older: the older one; without `newer`, the newer one, and the signed one is the older.
        newer: the newer one; None to compare with the version in force.
        store: where that is kept; None for where it usually is.
        beside: the folder of the files that tables name; None for the tables' own.
        texts_only: whether those files are not at hand, and not looked for.

    Raises:
        InputError: one cannot be read, nothing is in force, or they are of two agents.
        TableError: one has findings that are errors.
    """
    if newer is None:
        from handraise.cli.looking import to_drill

        path = one_table(older)
        table = _opened(path, beside)
        signed, name = _in_force(table, path, store)
        return Pair(
            path.parent / SIGNED,
            signed,
            path,
            table,
            (name, shown_text(str(path))),
            to_drill=to_drill(table, path, settings_at(store, path)),
        )
    first, second = one_table(older), one_table(newer)
    names = shown_text(str(first)), shown_text(str(second))
    if texts_only:
        from handraise.service.reading.by_text import open_texts

        one, other, notes = open_texts(first, second)
        pair = Pair(first, one, second, other, names, notes)
    else:
        pair = Pair(first, _opened(first, beside), second, _opened(second, beside), names)
    if pair.older.agent != pair.newer.agent:
        raise InputError(
            f'{second}: is the table of "{pair.newer.agent}", and {first} of "{pair.older.agent}"',
            "compare two tables of one agent",
        )
    return pair


def _opened(path: Path, beside: Path | None) -> Table:
    """Return the table in a file; where only its files are missing, say how to name their place."""
    from handraise.service.reading.tables import open_table

    try:
        return open_table(path, beside=beside)[0]
    except TableError as error:
        if beside is not None or any(one.code not in FILES for one in error.findings):
            raise
        raise InputError(
            f"{error.findings[0].line_text()}",
            f"if {path} is a copy: --beside FOLDER says where the files lie that it names; where "
            "they are not at hand: --texts-only",
        ) from None


def _in_force(newer: Table, path: Path, store: str | None) -> tuple[Table, str]:
    """Return the version of an agent's table that was signed last, and what to call it.

    Raises:
        InputError: none was, or nothing is in force any more.
    """
    from handraise.cli.looking import standing
    from handraise.clock import SystemClock
    from handraise.service.reading.shelf import Shelf
    from handraise.store import open_store

    settings = settings_at(store, path)
    hold = standing(newer, path, settings)
    if hold is None:
        raise InputError(
            f"--signed: no version of the table of {newer.agent} is in force in this store",
            "name the older table in its place, or the store with --store URL",
        )
    record = hold.record
    opened = open_store(settings.store_url or "")
    try:
        table = Shelf(opened, SystemClock()).table(newer.agent, record.version)
    finally:
        opened.close()
    ended = "" if hold.holds else ", which holds no more"
    return table, f"the version signed by {record.by} on {record.at:%Y-%m-%d}{ended}"
