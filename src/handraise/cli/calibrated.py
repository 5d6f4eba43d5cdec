"""What `calibrate` prints: the promise first, what stands beside it, and what voids it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handraise.cli.learned import Line
from handraise.cli.output import columns, counted

if TYPE_CHECKING:
    from handraise.core.confidence.costs import Cost
    from handraise.core.confidence.thresholds import Safe
    from handraise.service.calibrating.report import CalibrationReport

MOST_COSTS = 8
MOST_TYPES = 40
MOST_NAMED = 10
FAR = 100
"""So many times the labels at hand are no number to aim at."""


def json_of(report: CalibrationReport) -> dict[str, Any]:
    """Return a report as plain JSON."""
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(report, enc_hook=str)
    return found


def lines_of(report: CalibrationReport) -> Iterator[Line]:
    """Yield what people want to know of a report, the most important first."""
    yield from _promised(report)
    if report.threshold is not None or report.thresholds:
        yield Line(
            "other rows of the table stop some of these, so fewer go ahead alone than are counted "
            "here; how much of the rest is wrong, `handraise backtest` says"
        )
    yield from _left_out(report)
    yield Line("")
    yield from _beside(report)
    yield from _honesty(report)
    yield Line("")
    yield Line(_costs(report))
    if report.by_type is not None:
        yield Line("")
        yield from _by_type(report, report.by_type)
    yield Line("")
    yield from _checked(report)
    yield from _voids(report)
    yield Line("")
    yield from _written(report)


def _promised(report: CalibrationReport) -> Iterator[Line]:
    if report.by_type is None:
        yield _promise(report, report.safe)
        if report.safe.threshold is None:
            yield Line(_next(report, report.safe))
        return
    there = sum(one.threshold is not None for one in report.by_type.values())
    asked, sure = _percent(report.max_error), _percent(report.sure)
    if not there:
        yield Line("no threshold is safe for any type: each escalates everything", is_loud=True)
        return
    yield Line(
        f"promise: of decisions stated at its threshold or above, at most {asked} are wrong for "
        f"each type that has one ({there} of {len(report.by_type)}); {sure} sure of all together"
    )
    if there < len(report.by_type):
        yield Line(
            f"{len(report.by_type) - there} of {counted(len(report.by_type), 'type')} have no safe "
            "threshold: they escalate everything",
            is_loud=True,
        )


def _promise(report: CalibrationReport, safe: Safe) -> Line:
    asked, sure = _percent(safe.max_error), _percent(safe.sure)
    if safe.threshold is None:
        more = ""
        if safe.more_labels is not None:
            more = f"; {_needed(safe)} would probably do, if errors go on as here"
        return Line(
            f"no threshold is safe: nothing keeps {asked} wrong at most, {sure} sure: "
            f"{safe.why}{more}",
            is_loud=True,
        )
    at = _number(safe.threshold)
    if report.scale == "calibrated" and report.threshold is not None:
        at = f"{at} (calibrated: {_number(report.threshold)})"
    rate = safe.errors / safe.accepted if safe.accepted else 0.0
    bound = "" if safe.bound is None else f", at most {_percent(safe.bound)}"
    return Line(
        f"promise: of decisions stated at {at} or above, at most {asked} are wrong; "
        f"{sure} sure. {safe.accepted:,} of {_labels(safe.labels)} "
        f"({_percent(safe.coverage)}) are there, {safe.errors:,} of them wrong "
        f"({_percent(rate)}{bound})"
    )


def _next(report: CalibrationReport, safe: Safe) -> str:
    """Return what people can do where no threshold is safe."""
    column = f" --type {report.columns['type']}" if "type" in report.columns else " --type COLUMN"
    by_type = f"--by type{column} tells whether some types are safe"
    if safe.more_labels is None or _is_far(safe):
        first = f"more labels will hardly help; {by_type}"
    else:
        more = max(safe.more_labels - safe.labels, 1)
        first = f"label about {more:,} more, a fair sample; or {by_type}"
    return (
        f"next: {first}. Until then everything needs a human. Each further look at the same labels "
        "has its own chance to mislead"
    )


def _needed(safe: Safe) -> str:
    return (
        "far more labels than there are" if _is_far(safe) else f"about {safe.more_labels:,} labels"
    )


def _is_far(safe: Safe) -> bool:
    return safe.more_labels is not None and safe.more_labels > FAR * safe.labels


def _left_out(report: CalibrationReport) -> Iterator[Line]:
    for why, count in report.skipped.items():
        tail = ""
        if "label" in why:
            tail = "; if people labelled only some kinds of decisions, the promise is for those"
        elif "confidence" in why or "type" in why:
            tail = "; such decisions stop in the gate"
        yield Line(f"left out: {count:,} of {report.rows:,} rows with {why}{tail}")
    for why, count in report.unstaked.items():
        yield Line(
            f"money: {count:,} of {_labels(report.labels)} with {why}; each counts as 0 in the "
            "money columns, and like any other in the promise"
        )
    if report.repeated:
        rows = counted(report.repeated, "row")
        yield Line(
            f"repeated: {rows} repeat an earlier one of the same file in every cell; a decision "
            "that counts twice voids the promise",
            is_loud=True,
        )
    if not report.is_distinct:
        yield Line(
            "nothing tells decisions apart, so nobody can say whether one counts twice: "
            "--id COLUMN, if there is one"
        )


def _beside(report: CalibrationReport) -> Iterator[Line]:
    asked = _percent(report.max_error)
    if report.naive is None:
        yield Line(f"naive: no threshold has {asked} wrong at most even among these labels")
    else:
        yield Line(
            f"naive: at {_number(report.naive.threshold or 0.0)} and above, "
            f"{_percent(report.naive.risk)} of these labels were wrong "
            f"({_percent(report.naive.coverage)} alone); that promises nothing"
        )
    yield Line(f"oracle: a perfect score could leave {_percent(report.oracle_coverage)} alone")
    yield Line(
        f"ranking: AURC {report.aurc:.4f}, {report.excess_aurc:.4f} more than a perfect score's "
        f"with as many errors ({report.errors:,} of {report.labels:,})"
    )


def _honesty(report: CalibrationReport) -> Iterator[Line]:
    found = report.reliability
    verdict = (
        "no more than chance explains"
        if found.ece <= found.null_95
        else "more than chance explains"
    )
    yield Line(
        f"honesty: stated confidence is off by {found.ece:.3f} on average (ECE), {verdict}: "
        f"a perfect score shows {found.null_mean:.3f}, up to {found.null_95:.3f}"
    )
    if report.honesty:
        yield _too_sure(report)
    fitted = report.fitted
    if fitted is None:
        if report.no_map:
            yield Line(f"map: {report.no_map}")
        return
    after = "too few labels to tell" if fitted.ece_after is None else f"{fitted.ece_after:.3f}"
    use = (
        "the table reads it" if fitted.is_asked else "only shown: --map auto lets the table read it"
    )
    yield Line(
        f"map: {fitted.map.kind}, off by {fitted.ece_before:.3f} before and {after} after (on "
        f"labels it was not fitted on); {use}"
    )


def _too_sure(report: CalibrationReport) -> Line:
    found = {type: one for type, one in report.honesty.items() if one.is_too_sure}
    if not found:
        return Line("by type: no type is too sure by more than chance explains")
    some = [
        f"{type} (states {one.stated:.3f}, right {one.right:.3f})"
        for type, one in list(found.items())[:MOST_NAMED]
    ]
    more = len(found) - len(some)
    tail = f" and {more} more" if more else ""
    return Line(
        f"by type: too sure by more than chance explains: {', '.join(some)}{tail}", is_loud=True
    )


def _costs(report: CalibrationReport) -> str:
    some = _some_costs(report)
    has_stake = any(one.stake_lost is not None for one in some)
    header = ["at", "alone", "wrong alone", "wrong caught", "stopped for nothing"]
    header += ["money wrong alone", "money caught"] if has_stake else []
    rows = []
    for one in some:
        is_safe = report.by_type is None and one.threshold == report.safe.threshold
        mark = " *" if is_safe else ""
        row = [
            f"{_number(one.threshold)}{mark}",
            f"{one.alone:,} ({_percent(one.alone / max(report.labels, 1))})",
            f"{one.errors_alone:,}",
            f"{one.errors_caught:,}",
            f"{one.stopped_right:,}",
        ]
        if has_stake:
            row += [f"{one.stake_lost or 0.0:,.0f}", f"{one.stake_caught or 0.0:,.0f}"]
        rows.append(row)
    tail = "\n* the safe one" if any(row[0].endswith("*") for row in rows) else ""
    return columns(header, rows) + tail


def _some_costs(report: CalibrationReport) -> list[Cost]:
    """Return a few thresholds, evenly chosen; the safe and the naive one are among them."""
    kept = {report.safe.threshold, report.naive.threshold if report.naive is not None else None}
    must = [one for one in report.costs if one.threshold in kept]
    rest = [one for one in report.costs if one.threshold not in kept]
    room = max(MOST_COSTS - len(must), 0)
    step = max(-(-len(rest) // max(room, 1)), 1)
    return sorted([*must, *rest[::step]], key=lambda one: one.threshold)


def _by_type(report: CalibrationReport, by_type: dict[str, Safe]) -> Iterator[Line]:
    rows = []
    for type, safe in sorted(by_type.items(), key=lambda one: -one[1].labels)[:MOST_TYPES]:
        honest = report.honesty[type]
        over = f"{honest.stated - honest.right:+.3f}"
        if safe.threshold is None:
            needs = "no number of labels would do" if safe.more_labels is None else ""
            at = needs or f"needs {_needed(safe)}"
            rows.append([type, f"{safe.labels:,}", over, "escalates everything", at])
            continue
        at = _number(safe.threshold)
        if report.scale == "calibrated":
            at = f"{at} (calibrated: {_number(report.thresholds[type])})"
        alone = f"{safe.accepted:,} ({_percent(safe.coverage)}) alone, {safe.errors:,} wrong"
        rows.append([type, f"{safe.labels:,}", over, at, alone])
    yield Line(columns(["type", "labels", "too sure by", "at", ""], rows))
    more = len(by_type) - len(rows)
    if more > 0:
        yield Line(f"and {counted(more, 'more type')}; --json has all")
    split = next(iter(by_type.values())).sure
    yield Line(
        f"each type alone is {_percent(split)} sure, so that all together are "
        f"{_percent(report.sure)}; without the split some promise would be broken more often"
    )
    if report.unlabelled:
        some = ", ".join(report.unlabelled[:10])
        tail = "" if len(report.unlabelled) <= 10 else f" and {len(report.unlabelled) - 10} more"
        yield Line(f"no label at all: {some}{tail}; such decisions escalate")


def _checked(report: CalibrationReport) -> Iterator[Line]:
    found = report.held_out
    if found is None:
        return
    rate = f" ({_percent(found.errors / found.accepted)})" if found.accepted else ""
    yield Line(
        f"held out: {found.accepted:,} of {_labels(found.labels)} that nothing was chosen "
        f"by would be alone, {found.errors:,} of them wrong{rate}",
        is_loud=found.errors > report.max_error * found.accepted,
    )


def _voids(report: CalibrationReport) -> Iterator[Line]:
    yield Line(
        "what voids the promise: choosing --max-error, --sure or --minimum-coverage after looking; "
        "decisions that come otherwise than the labelled ones did (drift); wrong labels"
    )


def _written(report: CalibrationReport) -> Iterator[Line]:
    if report.is_kept:
        replaces = "--write replaces it, " if report.threshold or report.thresholds else ""
        yield Line(
            f"{report.out}: kept as it is; {replaces}--out FILE writes this one elsewhere",
            is_loud=True,
        )
    else:
        yield Line(f"{report.out}: written")
    found = report.written
    if found is not None:
        for line in found.lines:
            yield Line(f"{report.table}: now says  {line.strip()}")
        if found.version == found.version_before:
            yield Line(f"{report.table}: says that already; its version stays {found.version}")
            return
        yield Line(
            f"the version of the table is now {found.version}: a gate that opens it lets nothing "
            f"go ahead until {found.owner} has signed it with `handraise ready`",
            is_loud=True,
        )
        if found.tests:
            yield Line(f"tests of the table that fail now: {', '.join(found.tests)}", is_loud=True)
        return
    if report.threshold is None and not report.thresholds:
        yield Line(f"{report.table}: stays as it is, since no threshold is safe")
        return
    yield Line(f"{report.table}: not changed; --write puts the threshold into it")
    if report.is_named and not report.is_kept:
        yield Line(
            f"{report.table} reads a calibration: where it is this one, its version is another "
            "now, and its threshold may not fit any more; --write sets it",
            is_loud=True,
        )


def _percent(share: float) -> str:
    """Return a share in percent, with as many digits as people compare."""
    value = share * 100
    return f"{value:.3g} %" if value >= 10 else f"{value:.2g} %"


def _labels(count: int) -> str:
    return "1 label" if count == 1 else f"{count:,} labels"


def _number(value: float) -> str:
    return f"{value:.10g}"
