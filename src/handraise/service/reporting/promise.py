"""The promise: what threshold keeps which error rate, how sure, and whether the table keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handraise.core.table.types import Row, Table
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import Block, Cell, Grid, Note, Notice, Plot, Section, Sign
from handraise.service.reporting.words import (
    count_cell,
    counted,
    listed,
    money,
    money_unit,
    number,
    percent,
    tame,
    whole,
)

if TYPE_CHECKING:
    from handraise.core.confidence.thresholds import Safe
    from handraise.service.calibrating.report import CalibrationReport
    from handraise.service.reading.calibration import KeptPromise

MOST_TYPES = 20
MOST_COSTS = 10
UNREACHED = 2.0
"""A threshold above every confidence."""
NONE = (
    "No promise was calibrated. The threshold of the table is what somebody chose; what share of "
    "the decisions above it is wrong, nobody has promised."
)
VOID = (
    "The promise is about decisions like the labelled ones. It is void where the agent, its "
    "customers or the way of labelling change, where labels are wrong, or where the error rate or "
    "the certainty were chosen after somebody had looked."
)


def promise_section(inputs: Inputs) -> Section:
    """Return what was promised, and whether the table keeps it."""
    return Section(id="promise", title="The promise", blocks=tuple(_blocks(inputs)))


def unkept(inputs: Inputs) -> str:
    """Return why the table does not keep the promise that was calibrated; empty where it does.

    Empty as well where nobody asked for a promise.
    """
    table = inputs.table
    promised = _promised(inputs)
    if promised is None:
        return (
            "The table reads the confidence by another calibration than this one: nothing is "
            "promised of its threshold."
        )
    low = [
        (type, least)
        for type in (table.known.types or ("",))
        if (least := _least(table, type)) is not None
        and least < promised.get(type, promised.get("", 0.0))
    ]
    if not low:
        return ""
    if "" not in promised:
        names = listed([type for type, _ in low], 5)
        return (
            f"The rows about confidence do not keep the promise for {names}: there the table's "
            "threshold is lower than the promised one, or none is safe."
        )
    alone = f"the agent decide alone from a confidence of {number(min(at for _, at in low))} on"
    if promised[""] == UNREACHED:
        return f"No threshold keeps the error rate that was asked for, and the table lets {alone}."
    return (
        f"The table lets {alone}; the promise holds from {number(promised[''])} on. This table "
        "does not keep it."
    )


def _promised(inputs: Inputs) -> dict[str, float] | None:
    """Return the threshold of each type, or of all under "", as the table reads confidence.

    What must escalate everything has one that nothing reaches. Empty where nobody asked for a
    promise; None where the table reads confidence by another calibration.
    """
    report, file, own = inputs.calibrated, inputs.promise, inputs.table.calibration
    if report is not None:
        if own is None:
            safe = {"": report.safe} if report.by_type is None else report.by_type
            return _reached({type: one.threshold for type, one in safe.items()})
        if report.fitted is None or report.fitted.map != own.map or report.scale != "calibrated":
            return None
        if report.by_type is None:
            return _reached({"": report.threshold})
        return _reached({type: report.thresholds.get(type) for type in report.by_type})
    if file is None:
        return {}
    kept = {"": file.overall} if file.overall is not None else dict(file.by_type)
    if own is None:
        return _reached({type: one.threshold for type, one in kept.items()})
    if own.digest != file.digest:
        return None
    return _reached({type: one.calibrated for type, one in kept.items()})


def _reached(thresholds: dict[str, float | None]) -> dict[str, float]:
    """Return thresholds, with one that nothing reaches for whatever has none."""
    return {type: UNREACHED if one is None else one for type, one in thresholds.items()}


def _least(table: Table, type: str) -> float | None:
    """Return from which confidence on a type goes ahead, if no other row stops it.

    None where no confidence is enough: nothing of the type is decided alone.
    """
    rows = [row for row in table.rows if row.kind == "below" and not row.for_actions]
    limits = [_limit(row, type) for row in rows if not row.for_types or type in row.for_types]
    return None if None in limits else max((one for one in limits if one is not None), default=0.0)


def _limit(row: Row, type: str) -> float | None:
    return row.below_by_type.get(type, row.below)


def _blocks(inputs: Inputs) -> Iterator[Block]:
    report, file = inputs.calibrated, inputs.promise
    if report is None and file is None:
        yield Notice(NONE)
        return
    if report is not None:
        yield from _reported(report, inputs.table)
    elif file is not None:
        kept = dict(file.by_type) if file.overall is None else {"": file.overall}
        for type, one in list(kept.items())[:MOST_TYPES]:
            yield Note(_kept_text(one, type, file.max_error))
        if len(kept) > MOST_TYPES:
            yield Note(f"And {counted(len(kept) - MOST_TYPES, 'more type')}.")
    if unkept(inputs):
        yield Notice("This table does not keep the promise; the head of this page says why.")
    yield Note(VOID)


def _kept_text(kept: KeptPromise, type: str, max_error: float) -> str:
    where = f"For {tame(type)}: " if type else ""
    if kept.threshold is None:
        return f"{where}No threshold is safe: everything needs a human."
    at = number(kept.threshold)
    read = "" if kept.calibrated is None else f" (calibrated: {number(kept.calibrated)})"
    return (
        f"{where}Of decisions stated at {at}{read} or above, at most "
        f"{percent(max_error)} are wrong; this is {percent(kept.sure)} sure. It rests on "
        f"{counted(kept.labels, 'labelled decision')}: {whole(kept.accepted)} would have gone "
        f"ahead, {whole(kept.errors)} of them wrong."
    )


def _reported(report: CalibrationReport, table: Table) -> Iterator[Block]:
    unit = money_unit(table)
    if report.by_type is None:
        yield _safe(report, report.safe)
    else:
        yield from _by_type(report, report.by_type)
    yield _curve_plot(report)
    yield _costs_plot(report)
    if any(one.stake_lost for one in report.costs):
        yield _money_plot(report, unit)
    yield _costs_grid(report, unit)
    if report.reliability.bins:
        yield _honesty_plot(report)
    found = report.held_out
    if found is not None:
        yield Note(
            f"Checked on {counted(found.labels, 'label')} that nothing was chosen by: "
            f"{whole(found.accepted)} would have gone ahead, {whole(found.errors)} of them wrong."
        )


def _safe(report: CalibrationReport, safe: Safe) -> Block:
    if safe.threshold is None:
        more = ""
        if safe.more_labels is not None:
            more = (
                f" About {counted(safe.more_labels, 'label')} would probably do, if errors go on "
                "as they are."
            )
        why = tame(safe.why, 400)
        return Notice(
            f"No threshold is safe: with {counted(safe.labels, 'label')}, none keeps the error "
            f"rate at {percent(safe.max_error)} with {percent(safe.sure)} certainty"
            f"{f': {why}' if why else ''}.{more}"
        )
    at = number(safe.threshold)
    if report.scale == "calibrated" and report.threshold is not None:
        at = f"{at} ({number(report.threshold)} once it is calibrated)"
    bound = "" if safe.bound is None else f", and at most {percent(safe.bound)} in truth"
    rate = percent(safe.errors / safe.accepted) if safe.accepted else "none"
    return Note(
        f"Of decisions stated at {at} or above, at most "
        f"{percent(safe.max_error)} are wrong; this is {percent(safe.sure)} sure. It rests on "
        f"{counted(safe.labels, 'labelled decision')}: {whole(safe.accepted)} of them "
        f"({percent(safe.coverage)}) would have gone ahead, {whole(safe.errors)} of these were "
        f"wrong ({rate}{bound})."
    )


def _by_type(report: CalibrationReport, by_type: dict[str, Safe]) -> Iterator[Block]:
    there = sum(one.threshold is not None for one in by_type.values())
    yield Note(
        f"Each type has a threshold of its own: {there} of {counted(len(by_type), 'type')} have "
        f"one above which at most {percent(report.max_error)} is wrong, all together "
        f"{percent(report.sure)} sure. The others need a human for everything."
    )
    most = sorted(by_type.items(), key=lambda one: (-one[1].labels, one[0]))
    rows = tuple(
        (
            Cell(tame(type) or "no type"),
            _type_threshold(one),
            count_cell(one.labels),
            count_cell(one.accepted),
            count_cell(one.errors),
        )
        for type, one in most[:MOST_TYPES]
    )
    yield Grid(
        caption="The threshold of each type, of the stated confidence; most labels first",
        columns=("Type", "Threshold", "Labels", "Alone", "Wrong alone"),
        rows=rows,
        more=_more(len(by_type) - len(rows), "type"),
    )


def _type_threshold(safe: Safe) -> Cell:
    if safe.threshold is not None:
        return Cell(number(safe.threshold))
    needs = "" if safe.more_labels is None else f"about {counted(safe.more_labels, 'label')} needed"
    return Cell("none is safe", needs)


def _more(count: int, noun: str) -> str:
    return f"And {counted(count, f'more {noun}')}." if count > 0 else ""


def _curve_plot(report: CalibrationReport) -> Plot:
    from handraise.service.plots.confidence import curve_chart

    key = [Sign("line", "familiar", "the agent, surest decisions first")]
    key.append(Sign("dashes", "soft", "a perfect score with as many errors: no agent does better"))
    key.append(Sign("dashes", "limit", "the error rate asked for"))
    is_one = report.safe.threshold is not None and report.by_type is None
    if is_one:
        key.insert(1, Sign("dot", "familiar", "the threshold that keeps the promise"))
    if report.naive is not None:
        key.append(Sign("hollow", "other", "where the labels alone would allow it: no promise"))
    if is_one:
        seen = f"The dot leaves {percent(report.safe.coverage)} of decisions to the agent."
    elif report.by_type is not None:
        seen = "The promise is kept type by type, so no threshold for all is marked."
    else:
        seen = "No threshold keeps the error rate asked for, so none is marked."
    return Plot(
        name="curve",
        title="How much the agent can decide alone, and what then goes wrong",
        about=(
            "The share of wrong decisions among those decided alone, by how much is decided alone. "
            f"{seen} All together, {percent(report.errors / max(report.labels, 1))} were wrong."
        ),
        captions=(
            "To the right, more is decided alone; up, more of that is wrong. The lower the line "
            "stays, the better the agent knows when it is wrong.",
            f"{seen} A perfect score could leave it {percent(report.oracle_coverage)} at the same "
            "error rate.",
        ),
        chart=lambda look: curve_chart(report, look),
        key=tuple(key),
    )


def _costs_plot(report: CalibrationReport) -> Plot:
    from handraise.service.plots.confidence import costs_chart

    return Plot(
        name="costs",
        title="What each threshold lets through, and what it catches",
        about="Wrong decisions made alone and wrong decisions caught, by threshold.",
        captions=(
            "The higher the threshold, the fewer wrong decisions the agent makes alone; what it "
            "costs is the work in the table below.",
        ),
        chart=lambda look: costs_chart(report, look),
        key=_costs_key(report),
    )


def _costs_key(report: CalibrationReport) -> tuple[Sign, ...]:
    lines = (
        Sign("line", "limit", "made alone"),
        Sign("dashes", "familiar", "caught by a human"),
    )
    if report.safe.threshold is None or report.by_type is not None:
        return lines
    return (*lines, Sign("dashes", "soft", "the threshold that keeps the promise"))


def _money_plot(report: CalibrationReport, unit: str) -> Plot:
    from handraise.service.plots.confidence import costs_chart

    return Plot(
        name="money",
        title="The money in it",
        about="Money at stake in wrong decisions made alone, and in those caught, by threshold.",
        captions=("The same in money: what was at stake in the wrong decisions.",),
        chart=lambda look: costs_chart(report, look, money=unit or "money"),
        key=_costs_key(report),
    )


def _costs_grid(report: CalibrationReport, unit: str) -> Grid:
    kept = {report.safe.threshold, report.naive.threshold if report.naive else None}
    must = [one for one in report.costs if one.threshold in kept]
    rest = [one for one in report.costs if one.threshold not in kept]
    step = max(-(-len(rest) // max(MOST_COSTS - len(must), 1)), 1)
    some = sorted([*must, *rest[::step]], key=lambda one: one.threshold)
    has_stake = any(one.stake_lost is not None for one in some)
    rows = []
    for one in some:
        is_safe = one.threshold == report.safe.threshold and report.by_type is None
        row = [
            Cell(
                f"from {number(one.threshold)} on" if one.stopped else "always",
                "keeps the promise" if is_safe else "",
            ),
            Cell(whole(one.alone), percent(one.alone / max(report.labels, 1)), is_number=True),
            count_cell(one.errors_alone),
            count_cell(one.errors_caught),
            count_cell(one.stopped_right),
        ]
        if has_stake:
            row += [
                Cell(money(one.stake_lost, unit), is_number=True),
                Cell(money(one.stake_caught, unit), is_number=True),
            ]
        rows.append(tuple(row))
    columns = ("Goes ahead", "Alone", "Wrong alone", "Wrong caught", "Stopped for nothing")
    return Grid(
        caption=(
            f"What thresholds of the stated confidence would have done to "
            f"{counted(report.labels, 'labelled decision')}"
        ),
        columns=(*columns, "At stake alone", "At stake, caught") if has_stake else columns,
        rows=tuple(rows),
    )


def _honesty_plot(report: CalibrationReport) -> Plot:
    from handraise.service.plots.confidence import reliability_chart

    found, mapped = report.reliability, report.reliability_mapped
    is_chance = found.ece <= found.null_95
    verdict = "no more than chance explains" if is_chance else "more than chance alone explains"
    key = [
        Sign("dot", "familiar", "as the agent states it"),
        Sign("bar", "soft", "where an honest agent would be, 95 times in 100"),
        Sign("dashes", "soft", "exactly as often right as it says"),
    ]
    if mapped is not None:
        key.insert(1, Sign("diamond", "new", "after calibrating, on the same labels"))
    return Plot(
        name="honesty",
        title="Whether the agent's confidence can be taken at its word",
        about=(
            "The share that was right against the stated confidence, in groups. On average the two "
            f"are {100 * found.ece:.1f} points apart, {verdict}."
        ),
        captions=(
            "A dot below the line is confidence that is too high. Dots within the grey bars are "
            "as honest as these labels can tell; the larger, the more decisions.",
            f"On average the stated confidence is {100 * found.ece:.1f} points off, {verdict} (up "
            f"to {100 * found.null_95:.1f}).",
        ),
        chart=lambda look: reliability_chart(found, mapped, look),
        key=tuple(key),
    )
