"""The head of a report: the whole in a sentence, a few figures, and what nobody must miss."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from handraise.core.table.types import Table
from handraise.service.backtesting.result import Backtest
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import Tile
from handraise.service.reporting.promise import unkept
from handraise.service.reporting.words import (
    SPACE,
    between,
    counted,
    day,
    instant,
    money,
    money_unit,
    number,
    percent,
    share_text,
    tame,
    whole,
)


def lead(inputs: Inputs, now: datetime) -> str:
    """Return of what and when a report is."""
    found = inputs.backtest
    of = (
        "" if found is None else f" Tried on {counted(found.decisions, 'decision')}{_dates(found)}."
    )
    return f"Version {inputs.table.version} of the routing table, {instant(now)}.{of}"


def _dates(found: Backtest) -> str:
    if not found.first or not found.last:
        return ""
    return f" from {day(found.first)} to {day(found.last)}"


def verdict(inputs: Inputs) -> str:
    """Return the whole in a sentence or two."""
    found = inputs.backtest
    if found is None:
        return _promised(inputs) or "Nobody has tried this table on the past."
    stops = f"{share_text(found.rate)} of decisions would have stopped for a human"
    errors = found.alone.errors
    if not errors.of:
        return f"{stops}; how much of the rest is wrong nobody knows, for nothing has a label."
    some = "" if errors.of == found.alone.decisions else ", where a label tells,"
    stake = ""
    if found.alone.stake is not None:
        stake = f", with {money(found.alone.stake, money_unit(inputs.table))} at stake"
    return f"{stops}; of what went ahead alone{some} {share_text(errors)} was wrong{stake}."


def _promised(inputs: Inputs) -> str:
    report = inputs.calibrated
    if report is None or report.by_type is not None:
        return ""
    if report.safe.threshold is None:
        return "No threshold of confidence is safe: everything needs a human."
    return (
        f"Of decisions stated at {number(report.safe.threshold)} or above, at most "
        f"{percent(report.max_error)} are wrong; this is "
        f"{percent(report.sure)} sure."
    )


def notices(inputs: Inputs) -> tuple[str, ...]:
    """Return what nobody must miss, the worst first."""
    return tuple(_notices(inputs))


def _notices(inputs: Inputs) -> Iterator[str]:
    found, table = inputs.backtest, inputs.table
    yield from _waived(inputs)
    if found is not None and found.version != table.version:
        yield (
            f"The figures of the past are of another version of the table, {tame(found.version)}; "
            f"the table is now {table.version}. They say nothing about the table as it is: run "
            "handraise backtest again."
        )
    written = None if inputs.calibrated is None else inputs.calibrated.written
    if written is not None and written.version != table.version:
        yield (
            f"Calibrating wrote version {tame(written.version)} of the table; it was changed since."
        )
    if why := unkept(inputs):
        yield why
    if found is not None and found.labelled < found.decisions:
        yield (
            f"{counted(found.decisions - found.labelled, 'decision')} of "
            f"{whole(found.decisions)} have no label: whether they were right is not known, and "
            "the shares of wrong ones leave them out."
        )


def _waived(inputs: Inputs) -> Iterator[str]:
    """Yield what the version went live without, by its owner's waiver."""
    if inputs.record is None:
        return
    names = {str(one.get("code")): str(one.get("name")) for one in inputs.record.evidence}
    people = inputs.table.people
    for waiver in inputs.record.waivers:
        by = people[waiver.by].name if waiver.by in people else waiver.by
        name = names.get(waiver.line, waiver.line)
        yield (
            f"The table is live without proof of this: {tame(name, 80)}. {tame(by, 80)} waived it "
            f"until {instant(waiver.until)}: {tame(waiver.reason, 500)}"
        )


def tiles(inputs: Inputs) -> tuple[Tile, ...]:
    """Return the figures that matter most; none without a backtest."""
    found = inputs.backtest
    return () if found is None else tuple(_tiles(found, inputs.table))


def _tiles(found: Backtest, table: Table) -> Iterator[Tile]:
    unit = money_unit(table)
    rate, errors, caught = found.rate, found.alone.errors, found.stopped.caught
    yield Tile(
        figure=percent(rate.share),
        words=f"of decisions stop for a human: {whole(rate.count)} of {whole(rate.of)}",
        below=between(rate.low, rate.high),
    )
    if errors.of:
        yield Tile(
            figure=percent(errors.share),
            words=f"of what goes ahead alone is wrong: {whole(errors.count)} of "
            f"{whole(errors.of)} with a label",
            below=between(errors.low, errors.high),
        )
    if caught.of:
        all_wrong = caught.count + errors.count
        yield Tile(
            figure=whole(caught.count),
            below=f"of {whole(all_wrong)}",
            words="wrong decisions are caught before they are made",
        )
    if found.alone.stake is not None and found.stopped.stake is not None:
        yield Tile(
            figure=money(found.stopped.stake, "").removesuffix(f"{SPACE}of money"),
            below=unit or "of money",
            words="at stake in the wrong ones that are caught; "
            f"{money(found.alone.stake, unit)} in the others",
        )
    days = [line.a_day for line in found.routes if line.a_day is not None]
    if days:
        yield Tile(
            figure=f"{sum(days):,.1f}",
            words=f"asks a day, on average, over {counted(len(days), 'route')}",
        )
