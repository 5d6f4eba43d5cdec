"""What a newer table breaks, as `diff` says it before all else: claims, old and new, and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handraise.cli.output import counted
from handraise.cli.witnesses import witness_json, witness_lines
from handraise.core.table.sheet import clean

if TYPE_CHECKING:
    from handraise.core.proof.result import Result
    from handraise.core.table.types import Table
    from handraise.service.backtesting.review import Review

MOST_NAMED = 5

LOST = {
    "refuted": "held before, and does not any more",
    "open": "held before, and nobody knows whether it does now",
}
BROKEN = {"refuted": "does not hold", "open": "is not known to hold"}


def broken_sentences(found: Review) -> Iterator[str]:
    """Yield what nobody should overlook, a sentence each; nothing where nothing is broken."""
    kept = found.kept
    if kept is not None and kept.broken:
        count = len(kept.broken)
        holds = "is not proved" if count == 1 else "are not proved"
        if all(one.state == "refuted" for one in kept.broken):
            holds = "does not hold" if count == 1 else "do not hold"
        wrong = [one.name for one in kept.broken]
        yield f"{counted(count, 'claim')} of the new table {holds}: {_named(wrong)}"
    if found.failed:
        count = len(found.failed)
        yield f"{count} of its tests {'fails' if count == 1 else 'fail'}: {_named(found.failed)}"
    if kept is not None and kept.dropped:
        count = len(kept.dropped)
        hold = "is lost" if count == 1 else "are lost"
        old = [one.name for one in kept.lost if one.name in kept.dropped]
        yield f"{counted(count, 'claim')} of the old table {hold}: {_named(old)}"


def broken_by(path: Path, table: Table, found: Review) -> Iterator[tuple[str, list[str]]]:
    """Yield each claim that does not hold, with the lines of a decision that shows it.

    Args:
        path: the newer table, as it can be tried.
        table: the newer one.
        found: how it differs.
    """
    if found.kept is None:
        return
    lost = found.kept.lost
    told = {one.name for one in lost} - found.kept.dropped
    new = [one for one in found.kept.broken if one.name not in told]
    for one, said in (*((one, LOST) for one in lost), *((one, BROKEN) for one in new)):
        lines = [] if one.witness is None else witness_lines(path, table, one.witness, "now")
        yield f"{clean(one.name)} {said[one.state]}: {clean(one.why)}", list(lines)


def broken_json(path: Path, table: Table, found: Review) -> dict[str, Any]:
    """Return what is broken for programs; the claims are null where there is no proof."""
    kept = found.kept
    return {
        "claims": None
        if kept is None
        else {
            "broken": [_claim(path, table, one) for one in kept.broken],
            "lost": [
                {**_claim(path, table, one), "is_dropped": one.name in kept.dropped}
                for one in kept.lost
            ],
        },
        "failed_tests": list(found.failed),
    }


def _claim(path: Path, table: Table, one: Result) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "why": one.why,
        "counterexample": witness_json(path, table, one.witness),
    }


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    listed = "; ".join(clean(name) for name in names[:MOST_NAMED])
    return f"{listed}; and {more} more" if more > 0 else listed
