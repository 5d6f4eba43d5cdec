"""From labelled decisions to a threshold with a promise, a calibration file, and the table.

INVARIANTS: a threshold is a score that occurs, never rounded; on the calibrated scale it is chosen
among the very numbers that the gate will see; the table is written last, and only if all is well.
"""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.clock import Clock, SystemClock
from handraise.core.confidence.costs import costs
from handraise.core.confidence.curves import (
    Curve,
    aurc,
    excess_aurc,
    naive_threshold,
    oracle_curve,
    risk_coverage,
    thinned,
)
from handraise.core.confidence.fitting import all_calibrated, cross_fitted_ece, fit_map
from handraise.core.confidence.honesty import honesty_by_type
from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.confidence.reliability import reliability
from handraise.core.confidence.thresholds import Safe, safe_by_type, safe_threshold
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.calibrating.labels import LabelReader, Labels
from handraise.service.calibrating.plan import Plan, Progress
from handraise.service.calibrating.report import CalibrationReport, Checked, Fitted, Point
from handraise.service.calibrating.writing import (
    Opened,
    check_place,
    opened_table,
    place_of,
    row_to_write,
    write_calibration,
    write_table,
)
from handraise.service.reading.calibration import FORM, CalibrationFile, KeptPromise

Floats = NDArray[np.float64]

_NOT_KNOWN = "--type names no column, so nothing is known by type"


class _Chosen(Struct, frozen=True):
    """Thresholds on one scale: for all types together, and for each where that was asked."""

    overall: Safe
    by_type: dict[str, Safe] | None


def calibrate(
    plan: Plan, *, clock: Clock | None = None, progress: Progress = lambda _what, _share: None
) -> CalibrationReport:
    """Find the lowest safe threshold, write the calibration file, and return what came of it.

    The same labels give the same answer. "No threshold is safe" is an answer, too; then nothing is
    written into the table. A calibration that stands there is never replaced by just looking: this
    table or another may read it.

    Args:
        plan: what to calibrate, and how.
        clock: the time, to be written beside it.
        progress: told what is being done.

    Raises:
        InputError: a file, column or value is not as expected, the map that was asked for cannot be
            fitted, or the table cannot be written as asked.
        TableError: the table has findings that are errors.
    """
    found = opened_table(plan.table)
    table, is_asked = found.table, _is_map_asked(plan, found.table)
    row = row_to_write(plan.table, table, is_new=is_asked) if plan.write else None
    if plan.by_type and plan.columns.type is None:
        raise InputError(_NOT_KNOWN, "name the column of the situation types: --type COLUMN")
    reader = LabelReader(
        plan.columns, frozenset(table.known.types), percent=plan.percent, progress=progress
    )
    labels = _some(reader.read(plan.paths), plan)
    held_out = _some(reader.read(plan.held_out), plan) if plan.held_out else None
    progress("choosing the threshold", None)
    fitted, why = _fitted(plan, labels, is_asked=is_asked)
    stated = _chosen(plan, labels.confidence, labels)
    mapped = None if fitted is None else all_calibrated(fitted.map, labels.confidence)
    calibrated = None if mapped is None else _chosen(plan, mapped, labels)
    applied = calibrated if is_asked and calibrated is not None else stated
    report = _report(plan, found, labels, stated, applied, mapped)
    report = msgspec.structs.replace(report, fitted=fitted, no_map=why)
    if held_out is not None:
        map = fitted.map if fitted is not None and is_asked else None
        report = msgspec.structs.replace(report, held_out=_checked(report, map, held_out))
    progress("writing", None)
    file = _file(plan, report, stated, calibrated, clock or SystemClock())
    has_any = report.threshold is not None or bool(report.thresholds)
    if row is None or not has_any:
        if report.out.exists() and (plan.out is None or plan.write):
            check_place(report.out, report.agent)
            return msgspec.structs.replace(report, is_kept=True)
        write_calibration(report.out, file)
        return report
    below = report.thresholds if report.threshold is None else report.threshold
    written = write_table(found, row, below, file, report.out, is_calibrated=is_asked)
    return msgspec.structs.replace(report, written=written, is_named=is_asked)


def _is_map_asked(plan: Plan, table: Table) -> bool:
    """Whether the table reads a calibrated confidence, or is to."""
    if plan.map == "none" and table.calibration is not None:
        raise InputError(
            f"{plan.table}: reads a calibrated confidence, and --map none fits no map",
            "take confidence: out of the table, or leave --map none out",
        )
    return table.calibration is not None or plan.map not in (None, "none")


def _some(labels: Labels, plan: Plan) -> Labels:
    if len(labels):
        return labels
    left_out = ", ".join(f"{count:,} with {why}" for why, count in labels.skipped.items())
    raise InputError(
        f"there is no label to go by: {labels.rows:,} rows, {left_out or 'none of them usable'}",
        f'are "{plan.columns.confidence}" and "{plan.columns.correct}" the right columns?',
    )


def _fitted(plan: Plan, labels: Labels, *, is_asked: bool) -> tuple[Fitted | None, str]:
    """Return the map, and why there is none.

    Raises:
        InputError: one was asked for and cannot be fitted.
    """
    if plan.map == "none":
        return None, ""
    kind = plan.map or "auto"
    try:
        map = fit_map(labels.confidence, labels.wrong, kind)
    except ValueError as error:
        if is_asked:
            raise InputError(str(error), "without a map: --map none") from None
        return None, str(error)
    before, after = reliability(labels.confidence, labels.wrong, draws=1).ece, None
    with contextlib.suppress(ValueError):  # too few labels to leave some out
        before, after = cross_fitted_ece(labels.confidence, labels.wrong, kind)
    return Fitted(map=map, ece_before=before, ece_after=after, is_asked=is_asked), ""


def _chosen(plan: Plan, confidence: Floats, labels: Labels) -> _Chosen:
    """Return the safe thresholds of a confidence, stated or calibrated."""
    asked: dict[str, Any] = {
        "max_error": plan.max_error,
        "sure": plan.sure,
        "minimum_coverage": plan.minimum_coverage,
    }
    overall = safe_threshold(confidence, labels.wrong, **asked)
    if not plan.by_type or labels.types is None:
        return _Chosen(overall, None)
    return _Chosen(overall, safe_by_type(confidence, labels.wrong, labels.types, **asked))


def _report(
    plan: Plan,
    found: Opened,
    labels: Labels,
    stated: _Chosen,
    applied: _Chosen,
    mapped: Floats | None,
) -> CalibrationReport:
    curve = risk_coverage(labels.confidence, labels.wrong)
    oracle = oracle_curve(labels.wrong)
    naive = naive_threshold(labels.confidence, labels.wrong, plan.max_error)
    by_type = applied.by_type or {}
    out = plan.out or place_of(plan.table, found.table)
    return CalibrationReport(
        table=plan.table,
        agent=found.table.agent,
        columns=plan.columns.named,
        rows=labels.rows,
        labels=len(labels),
        skipped=labels.skipped,
        unstaked=labels.unstaked,
        repeated=labels.repeated,
        is_distinct=labels.is_distinct,
        errors=int(labels.wrong.sum()),
        max_error=plan.max_error,
        sure=plan.sure,
        minimum_coverage=plan.minimum_coverage,
        safe=stated.overall,
        by_type=stated.by_type,
        unlabelled=()
        if stated.by_type is None
        else tuple(one for one in found.table.known.types if one not in stated.by_type),
        scale="stated" if applied is stated else "calibrated",
        threshold=None if plan.by_type else applied.overall.threshold,
        thresholds={
            type: one.threshold for type, one in by_type.items() if one.threshold is not None
        },
        naive=_point(curve, naive),
        oracle_coverage=float(oracle.coverage[oracle.risk <= plan.max_error].max(initial=0.0)),
        curve=_points(curve),
        oracle=_points(oracle),
        aurc=aurc(labels.confidence, labels.wrong),
        excess_aurc=excess_aurc(labels.confidence, labels.wrong),
        reliability=reliability(labels.confidence, labels.wrong),
        reliability_mapped=None if mapped is None else reliability(mapped, labels.wrong),
        fitted=None,
        no_map="",
        costs=costs(
            labels.confidence,
            labels.wrong,
            labels.stake,
            [one for one in (stated.overall.threshold, naive) if one is not None],
        ),
        held_out=None,
        honesty={}
        if labels.types is None
        else honesty_by_type(labels.confidence, labels.wrong, labels.types),
        out=out,
        is_named=found.table.calibration is not None
        and out.resolve() == place_of(plan.table, found.table).resolve(),
    )


def _point(curve: Curve, threshold: float | None) -> Point | None:
    """Return the point of a curve at a threshold that occurs."""
    if threshold is None:
        return None
    (place,) = np.flatnonzero(curve.thresholds == threshold)
    return Point(
        threshold=threshold,
        coverage=float(curve.coverage[place]),
        risk=float(curve.risk[place]),
    )


def _points(curve: Curve) -> tuple[Point, ...]:
    few = thinned(curve)
    return tuple(
        Point(threshold=None if threshold != threshold else threshold, coverage=share, risk=risk)
        for threshold, share, risk in zip(
            few.thresholds.tolist(), few.coverage.tolist(), few.risk.tolist(), strict=True
        )
    )


def _checked(report: CalibrationReport, map: CalibrationMap | None, labels: Labels) -> Checked:
    """Return how the threshold that the table is to say does on other labels."""
    confidence = labels.confidence if map is None else all_calibrated(map, labels.confidence)
    limit: Floats = np.full(len(labels), np.inf if report.threshold is None else report.threshold)
    if report.by_type is not None and labels.types is not None:
        limit = np.array([report.thresholds.get(type, np.inf) for type in labels.types])
    alone = confidence >= limit
    return Checked(
        labels=len(labels),
        accepted=int(alone.sum()),
        errors=int((alone & labels.wrong).sum()),
    )


def _file(
    plan: Plan,
    report: CalibrationReport,
    stated: _Chosen,
    calibrated: _Chosen | None,
    clock: Clock,
) -> CalibrationFile:
    """Return what goes into the calibration file; it has no digest yet."""
    by_type = stated.by_type or {}
    mapped = (calibrated.by_type or {}) if calibrated is not None else {}
    overall = None
    if stated.by_type is None:
        overall = _kept(stated.overall, None if calibrated is None else calibrated.overall)
    return CalibrationFile(
        handraise_calibration=FORM,
        made_with=version("handraise"),
        made_at=clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        agent=report.agent,
        labels=report.labels,
        map=None if report.fitted is None else report.fitted.map,
        max_error=plan.max_error,
        sure=plan.sure,
        minimum_coverage=plan.minimum_coverage,
        overall=overall,
        by_type={type: _kept(one, mapped.get(type)) for type, one in sorted(by_type.items())},
        columns=report.columns,
    )


def _kept(stated: Safe, calibrated: Safe | None) -> KeptPromise:
    return KeptPromise(
        threshold=stated.threshold,
        calibrated=None if calibrated is None else calibrated.threshold,
        sure=stated.sure,
        labels=stated.labels,
        accepted=stated.accepted,
        errors=stated.errors,
        bound=stated.bound,
    )
