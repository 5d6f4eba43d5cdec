"""How sure an agent is, beside its thresholds, and how often it was right at how sure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from handraise.core.monitor.audits import Finding, Look
from handraise.core.monitor.strata import between
from handraise.core.table.types import Table
from handraise.service.advising.looked_at import Seen
from handraise.service.figures.confidences import ALPHA, BANDS, bands_of, histogram_of, limits_of
from handraise.service.plots.drawing import drawn_together, missing
from handraise.service.plots.look import Look as Shown
from handraise.service.plots.thresholds import bands_chart, histogram_chart
from handraise.store.decisions import Stated
from tests.support.lives import TABLE, table_of

BY_TYPE = TABLE.replace(
    "confidence: {below: 0.72, to: support_supervisor}",
    "confidence: {below: {refund_request: 0.9, else: 0.5}, to: support_supervisor,"
    " for: {type: [refund_request, other]}}",
).replace("known: [refund_request]", "known: [refund_request, other]")


def stated(confidence: float | None, *rows: str, type: str = "refund_request") -> Stated:
    return Stated(type=type, action=None, confidence=confidence, rows=rows)


def seen(confidence: float, finding: Finding, probability: float = 0.5, severity: str = "") -> Seen:
    look = Look(severity=severity, probability=probability, finding=finding)
    return Seen(type=None, action=None, confidence=confidence, look=look)


def row_of(table: Table) -> Any:
    return next(row for row in table.rows if row.kind == "below")


def test_each_decision_stands_in_the_step_of_its_confidence() -> None:
    table = table_of()
    row = row_of(table)
    given = [stated(at, row.id) for at in (0.0, 0.049, 0.05, 0.7, 0.7)]
    given += [stated(at, "novelty.1") for at in (0.72, 0.95, 1.0)] + [stated(None, row.id)]
    found = histogram_of(table, row, given)

    assert {one.low: (one.stopped, one.others) for one in found.steps if one.stopped + one.others} == {
        0.0: (2, 0), 0.05: (1, 0), 0.7: (2, 1), 0.95: (0, 2)
    }  # fmt: skip
    assert (found.count, found.stopped, found.unusable) == (8, 5, 1)


def test_a_row_for_some_types_is_shown_with_those_alone() -> None:
    table = table_of(BY_TYPE)
    row = row_of(table)
    given = [stated(0.6, row.id), stated(0.6, type="other"), stated(0.6, type="third")]
    assert histogram_of(table, row, given).count == 2
    assert limits_of(row) == {"refund_request": 0.9, "": 0.5}


def test_bands_are_fixed_by_the_lowest_threshold_and_hold_their_edges() -> None:
    table = table_of()
    found = bands_of(table, [seen(at, "right") for at in (0.72, 0.7899, 0.79, 0.86, 0.93, 1.0)])
    assert [(one.low, one.high, one.right) for one in found] == [
        (0.72, 0.79, 2), (0.79, 0.86, 1), (0.86, 0.93, 1), (0.93, 1.0, 2)
    ]  # fmt: skip
    low, *_ = bands_of(table, [seen(0.3, "wrong")])
    assert (low.low, low.high, low.wrong) == (0.0, 0.72, 1)
    assert bands_of(table_of(BY_TYPE), [seen(0.6, "right")])[0].low == 0.5
    assert bands_of(table, []) == ()


def test_an_interval_counts_what_nobody_told_as_wrong_at_its_lower_end() -> None:
    table = table_of()
    given = [seen(0.8, "right")] * 40 + [seen(0.8, "wrong")] * 2
    given += [seen(0.8, "pending")] * 3 + [seen(0.8, "unclear")]
    band = bands_of(table, given)[1]

    alpha = 0.8 * ALPHA / (BANDS + 1)  # one severity with one probability has four fifths
    assert (band.right, band.wrong, band.untold, band.told) == (40, 2, 4, 42)
    assert band.share == pytest.approx(40 / 42)
    assert band.most == pytest.approx(1 - between(2, 46, alpha)[0])
    assert band.least == pytest.approx(1 - between(6, 46, alpha)[1])
    empty = bands_of(table, given)[0]
    assert (empty.share, empty.least, empty.most) == (None, 0.0, 1.0)


def test_each_decision_stands_for_as_many_as_it_was_one_of() -> None:
    often = [seen(0.99, "right", 1.0, "high")] * 9 + [seen(0.99, "wrong", 1.0, "high")]
    seldom = [seen(0.99, "right", 0.01, "low")] * 10
    assert bands_of(table_of(), often + seldom)[-1].share == pytest.approx(1 - 0.1 * 10 / 1010)


def test_the_charts_hold_the_threshold_the_bands_and_the_promise() -> None:
    table = table_of()
    row = row_of(table)
    steps = histogram_of(table, row, [stated(0.4, row.id), stated(0.9)])
    bands = bands_of(table, [seen(0.8, "right")] * 30 + [seen(0.99, "pending")])
    looks = (Shown(), Shown(is_dark=True, is_narrow=True))
    charts = [histogram_chart(steps, {"": 0.72, "refund": 0.3}, look) for look in looks]
    charts += [bands_chart(bands, 0.97, looks[0]), bands_chart(bands, None, looks[1])]
    for chart in charts:
        assert msgspec.json.decode(chart)["height"] == 240
    if missing():
        pytest.skip("plots are not drawn here")
    words = [svg.decode() for svg in drawn_together(charts)]
    assert all("stops below 0.72" in one and "stops below 0.3: refund" in one for one in words[:2])
    assert "dashed: 97 % promised" in words[2]
    assert "promised" not in words[3]
    assert all(">100 %" in one for one in words[2:])
