"""What `learn` prints: what was learned, what it can promise, what is odd about the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from handraise.cli.output import counted
from handraise.core.table.units import percent_text

if TYPE_CHECKING:
    from handraise.service.learning.encoders import EncoderChoice
    from handraise.service.learning.plan import Report

MOST = 10
"""How many of a kind are listed before the rest is only counted."""


class Line(Struct, frozen=True):
    """One line, and whether nobody should overlook it."""

    text: str
    is_loud: bool = False


def json_of(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON."""
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(report, enc_hook=str)
    return found


def lines_of(report: Report, table: Path) -> Iterator[Line]:
    """Yield what people want to know of a report, the most important first."""
    yield Line(_learned(report))
    yield _promised(report)
    yield Line(_forecast(report))
    if not report.reads_text:
        yield Line(
            "no wording was learned: name the column of the requests with --text COLUMN, "
            "if there is one"
        )
    elif report.encoder.kind == "words":
        yield Line(
            "words alone were counted: pip install 'handraise[text]' "
            "(in a clone: pip install '.[learn,text]') catches more"
        )
    yield from (Line(line, is_loud=True) for line in _replaced(report))
    yield Line("")
    yield Line(f"types: {_rows_of_types(report)}")
    for line in [*_facts(report), *_oddities(report)]:
        yield Line(line)
    yield Line("")
    yield from (Line(line) for line in _next(report, table))


def _learned(report: Report) -> str:
    parts = f"{report.fitted:,} to learn from, {report.held_out:,} held out"
    how = f" with {_encoder(report.encoder)}" if report.reads_text else ", facts only"
    types = counted(len(report.types), "type")
    added = f"; {report.added:,} of them people named" if report.added else ""
    return f"learned {report.rows:,} rows of {types} ({parts}){how}{added}"


def _encoder(choice: EncoderChoice) -> str:
    if choice.kind == "words":
        return "words alone"
    if choice.kind == "bundled":
        return "the bundled encoder"
    model = f", model {choice.model}" if choice.model else ""
    return f"{choice.name}{model}"


def _promised(report: Report) -> Line:
    asked = percent_text(report.rate)
    found = report.promise
    if found is None:
        least = percent_text(math.ceil(round(report.least_rate * 10_000, 6)) / 10_000)
        return Line(
            f"no promise for {asked}: the lowest rate you can ask for with these rows is {least}; "
            "ask for that, or learn from more rows. Until then `check` refuses the table",
            is_loud=True,
        )
    between = f"between {found.low * 100:.2g} and {found.high * 100:.2g} in 100"
    return Line(
        f"promise: about {asked.removesuffix('%')} in 100 familiar requests are stopped for "
        f"nothing (with these rows {between}, 90% sure)"
    )


def _forecast(report: Report) -> str:
    found = report.forecast
    if found is None:
        return "new types: too few types to tell how many requests of new ones would be stopped"
    return (
        f"new types: {found.caught:.0%} of {found.rows:,} requests of "
        f"{counted(found.types, 'type')} it had never seen were stopped "
        "(a pessimistic guess: real new situations are mostly further away)"
    )


def _replaced(report: Report) -> Iterator[str]:
    """Yield how what was learned before differs."""
    before = report.replaced
    if before.gone:
        verb = "was" if len(before.gone) == 1 else "were"
        is_gone = "is" if len(before.gone) == 1 else "are"
        yield (
            f"{counted(len(before.gone), 'type')} that {verb} learned before {is_gone} gone: "
            f"{_some(before.gone, 'type')}; `--add` takes up what people named"
        )
    if before.encoder is not None:
        yield (
            f"another encoder than before: {_encoder(before.encoder)} then, "
            f"{_encoder(report.encoder)} now"
        )
    if before.kept_texts is not None:
        yield (
            "the requests were kept before and are not now (--keep-text)"
            if before.kept_texts
            else "the requests are kept now and were not before (--keep-text)"
        )


def _rows_of_types(report: Report) -> str:
    return _some([f"{type} {count:,}" for type, count in report.types.items()], "type")


def _facts(report: Report) -> Iterator[str]:
    checked = [name for name in report.facts if name not in report.unchecked]
    if checked:
        yield f"facts: {', '.join(_present(name, report) for name in checked)}"
    if report.unchecked:
        yield (
            f"facts not checked: {', '.join(report.unchecked)}; "
            "too many different values, like names or numbers of things"
        )
    if report.unpaired:
        yield (
            f"combinations not all checked: {', '.join(report.unpaired)}; "
            "too many different values together"
        )
    if report.not_learned:
        yield f"facts without a column: {', '.join(report.not_learned)}; --fact NAME=COLUMN"


def _present(name: str, report: Report) -> str:
    """Return a fact, with the share of rows it is in where it is not in all."""
    share = report.present[name]
    if share == 1:
        return name
    return f"{name} (in {share * 100:.2g} % of rows)"


def _oddities(report: Report) -> Iterator[str]:
    if report.too_small:
        yield (
            f"few rows: {_some(report.too_small, 'type')}; "
            "the last fifth of them together is held out"
        )
    if report.overlaps:
        pairs = [f"{one.type} as {one.other} ({one.share:.0%})" for one in report.overlaps]
        yield f"hard to tell apart: {_some(pairs, 'pair')}"
    if report.stopped_types:
        worst = [f"{one.type} ({one.share:.0%} of {one.rows})" for one in report.stopped_types]
        yield f"stopped more than promised: {_some(worst, 'type')}"
    if report.conflicts.texts:
        rows = ", ".join(str(row) for row in report.conflicts.rows[:MOST])
        count = counted(report.conflicts.texts, "text")
        yield f"in conflict: {count} under several types, e.g. in rows {rows}"
    if report.copies:
        verb = "repeats" if report.copies == 1 else "repeat"
        yield (
            f"copies: {counted(report.copies, 'held-out row')} {verb} a fitted one; "
            "right if customers repeat themselves, wrong if an export repeated rows"
        )
    if report.skipped:
        yield f"skipped: {_some([f'{n:,} ({why})' for why, n in report.skipped.items()], 'kind')}"


def _next(report: Report, table: Path) -> Iterator[str]:
    yield f"{report.folder}: written"
    if not report.is_named:
        yield f"write into {table}:  known: {_beside(report.folder, table)}/"
        row = f"{{unfamiliar: {percent_text(report.rate)}, to: ROUTE}}"
        yield f"and under novelty, unless it is there:  - {row}"
    yield f"the version of the table changes: `handraise check {table}`, then `handraise ready`"


def _beside(folder: Path, table: Path) -> str:
    """Return a folder as the table names it: from where the table is."""
    try:
        return folder.resolve().relative_to(table.resolve().parent).as_posix()
    except ValueError:
        return folder.resolve().as_posix()


def _some(found: Iterable[str], kind: str) -> str:
    """Return the first of many, and how many more there are."""
    whole: Sequence[str] = tuple(found)
    more = len(whole) - MOST
    return ", ".join(whole[:MOST]) + (
        f" and {counted(more, f'{kind} more', f'{kind}s more')}" if more > 0 else ""
    )
