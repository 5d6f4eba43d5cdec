"""Whether the table keeps the promise that was calibrated is worked out, not believed."""

import pytest
from msgspec.structs import replace

from handraise.cli.examples import SUPPORT_TABLE
from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.read import read
from handraise.core.table.types import Calibration, Row, Table
from handraise.service.calibrating.report import Checked
from handraise.service.reading.calibration import CalibrationFile, KeptPromise
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import Notice
from handraise.service.reporting.promise import promise_section, unkept

MAP = CalibrationMap("platt", ((0.0, 0.0), (1.0, 1.0)))


def built(text: str) -> Table:
    """Return a table without errors."""
    found = read(text).table
    assert found is not None
    return found


def kept(threshold: float | None, calibrated: float | None = None) -> KeptPromise:
    """Return a promise of some threshold."""
    return KeptPromise(
        threshold=threshold,
        calibrated=calibrated,
        sure=0.95,
        labels=1_000,
        accepted=800,
        errors=8,
        bound=0.019,
    )


def file(
    overall: KeptPromise | None = None, by_type: dict[str, KeptPromise] | None = None
) -> CalibrationFile:
    """Return a calibration file with promises."""
    return CalibrationFile(
        handraise_calibration=1,
        digest="d" * 64,
        made_with="1",
        made_at="",
        agent="support-agent",
        labels=1_000,
        map=MAP,
        max_error=0.02,
        sure=0.95,
        minimum_coverage=0.2,
        overall=overall,
        by_type=by_type or {},
        columns={},
    )


def table(*rows: Row, calibration: Calibration | None = None) -> Table:
    """Return the example's table with other rows about confidence."""
    plain = built(SUPPORT_TABLE)
    others = tuple(row for row in plain.rows if row.condition != "confidence")
    return replace(plain, rows=(*rows, *others), calibration=calibration)


def below(limit: float | None, **more: object) -> Row:
    """Return a row about confidence."""
    row = Row(id="c.1", condition="confidence", kind="below", to="support_supervisor", below=limit)
    return replace(row, **more)


def said(rows: Table, promise: CalibrationFile) -> str:
    """Return why a table does not keep a promise."""
    return unkept(Inputs(table=rows, promise=promise))


def test_a_threshold_at_the_promise_or_over_it_keeps_it() -> None:
    assert said(table(below(0.8)), file(kept(0.8))) == ""
    assert said(table(below(0.9)), file(kept(0.8))) == ""


def test_a_lower_one_does_not() -> None:
    assert said(table(below(0.72)), file(kept(0.8))) == (
        "The table lets the agent decide alone from a confidence of 0.72 on; the promise holds "
        "from 0.8 on. This table does not keep it."
    )


def test_one_type_with_a_lower_threshold_is_enough() -> None:
    rows = table(below(0.9, below_by_type={"track_order": 0.5}))
    assert "from a confidence of 0.5 on" in said(rows, file(kept(0.8)))


def test_a_row_for_some_actions_keeps_nothing_for_the_others() -> None:
    rows = table(below(0.5), below(0.9, for_actions=("refund",)))
    assert "from a confidence of 0.5 on" in said(rows, file(kept(0.8)))


def test_a_row_for_some_types_counts_for_these() -> None:
    types = built(SUPPORT_TABLE).known.types
    assert said(table(below(0.5), below(0.9, for_types=types)), file(kept(0.8))) == ""
    assert said(table(below(0.5), below(0.9, for_types=types[:1])), file(kept(0.8))) != ""


def test_a_type_that_stops_whatever_its_confidence_keeps_every_promise() -> None:
    types = built(SUPPORT_TABLE).known.types
    rows = table(below(None, below_by_type={types[0]: 0.9}))
    assert said(rows, file(kept(0.8))) == ""


def test_by_type_each_is_held_against_its_own() -> None:
    promise = file(by_type={"track_order": kept(0.6), "refund_request": kept(0.9)})
    assert said(table(below(0.9)), promise) == ""
    assert said(table(below(0.7)), promise) == (
        "The rows about confidence do not keep the promise for refund_request: there the table's "
        "threshold is lower than the promised one, or none is safe."
    )


def test_a_type_without_a_safe_threshold_must_not_go_ahead() -> None:
    promise = file(by_type={"track_order": kept(0.6), "refund_request": kept(None)})
    assert "refund_request" in said(table(below(0.9)), promise)


def test_where_nothing_is_safe_nothing_may_go_ahead() -> None:
    assert said(table(below(0.7)), file(kept(None))) == (
        "No threshold keeps the error rate that was asked for, and the table lets the agent decide "
        "alone from a confidence of 0.7 on."
    )
    (first, *_) = promise_section(Inputs(table=table(below(0.7)), promise=file(kept(None)))).blocks
    assert "No threshold is safe" in str(first)


def test_a_calibrated_table_is_held_against_the_calibrated_threshold() -> None:
    own = Calibration(file="calibration.json", digest="d" * 64, labels=1_000, map=MAP)
    promise = file(kept(0.9, 0.7))
    assert said(table(below(0.7), calibration=own), promise) == ""
    assert said(table(below(0.69), calibration=own), promise) != ""
    other = replace(own, digest="e" * 64)
    assert "another calibration" in said(table(below(0.99), calibration=other), promise)


def test_a_report_of_calibrating_counts_before_its_file(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    assert report.safe.threshold is not None
    assert "does not keep it" in unkept(inputs)
    high = replace(inputs, table=table(below(report.safe.threshold)))
    assert unkept(high) == ""
    own = Calibration(file="calibration.json", digest="d" * 64, labels=1_000, map=MAP)
    assert "another calibration" in unkept(
        replace(inputs, table=table(below(0.99), calibration=own))
    )


def test_by_type_a_report_says_which_have_none(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    none = replace(report.safe, threshold=None, why="too few labels", more_labels=4_000)
    by_type = {"refund_request": report.safe, "track_order": none}
    asked = replace(inputs, calibrated=replace(report, by_type=by_type))
    text = str(promise_section(asked).blocks)
    assert "1 of 2 types have one" in text
    assert "none is safe" in text
    assert "about 4,000 labels needed" in text
    assert "so no threshold for all is marked" in text


def test_no_safe_threshold_is_said_with_the_labels_that_would_help(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    none = replace(report.safe, threshold=None, why="too few labels", more_labels=4_000)
    asked = replace(inputs, calibrated=replace(report, safe=none, threshold=None), backtest=None)
    (first, *_) = promise_section(asked).blocks
    assert isinstance(first, Notice)
    assert "too few labels" in first.words
    assert "About 4,000 labels would probably do" in first.words
    assert "the table lets the agent decide alone" in unkept(asked)


def test_without_any_promise_that_is_said(inputs: Inputs) -> None:
    (only,) = promise_section(replace(inputs, calibrated=None)).blocks
    assert isinstance(only, Notice)
    assert only.words.startswith("No promise was calibrated.")


@pytest.mark.parametrize("count", [1, 30])
def test_promises_by_type_are_listed_and_counted(count: int) -> None:
    promise = file(by_type={f"t{n}": kept(0.9) for n in range(count)})
    blocks = promise_section(Inputs(table=table(below(0.9)), promise=promise)).blocks
    assert sum("For t" in str(one) for one in blocks) == min(count, 20)
    assert any("And 10 more types" in str(one) for one in blocks) == (count == 30)


def test_a_report_counts_for_a_table_that_reads_its_map(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    assert report.fitted is not None
    own = Calibration(file="c.json", digest="d" * 64, labels=1_000, map=report.fitted.map)
    asked = replace(report, scale="calibrated", threshold=0.8, thresholds={"track_order": 0.8})
    low, high = (table(below(limit), calibration=own) for limit in (0.79, 0.8))
    for calibrated in (asked, replace(asked, by_type={"track_order": report.safe})):
        assert unkept(replace(inputs, calibrated=calibrated, table=low)) != ""
        assert unkept(replace(inputs, calibrated=calibrated, table=high)) == ""
    (first, *_) = promise_section(replace(inputs, calibrated=asked, table=high)).blocks
    assert "(0.8 once it is calibrated)" in str(first)


def test_other_labels_that_checked_it_are_told(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    checked = replace(report, held_out=Checked(labels=500, accepted=400, errors=4), costs=())
    text = str(promise_section(replace(inputs, calibrated=checked)).blocks)
    assert "Checked on 500 labels that nothing was chosen by: 400 would have gone ahead, 4" in text


def test_an_honest_agent_is_said_to_be_one(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    honest = replace(report.reliability, ece=0.01, null_95=0.02)
    asked = replace(report, reliability=honest, reliability_mapped=None)
    text = str(promise_section(replace(inputs, calibrated=asked)).blocks)
    assert "no more than chance explains (up to 2.0)" in text
