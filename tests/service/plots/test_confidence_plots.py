"""The charts of confidence hold the numbers they are given, and mark what was chosen."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from handraise.core.confidence.costs import costs
from handraise.core.confidence.reliability import reliability
from handraise.core.confidence.thresholds import Safe, safe_threshold
from handraise.service.calibrating.report import CalibrationReport, Point
from handraise.service.plots.confidence import costs_chart, curve_chart, reliability_chart
from handraise.service.plots.drawing import drawn_together
from handraise.service.plots.look import Look

SCORES = np.linspace(1.0, 0.001, 1_000)
WRONG = SCORES < 0.25


def layers_of(chart: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the layers of a chart, each with its values."""
    found = msgspec.json.decode(chart)
    named = found.get("datasets", {})
    held = [one.get("data") or found["data"] for one in found["layer"]]
    rows = [data.get("values") or named.get(data.get("name"), []) for data in held]
    return list(zip(found["layer"], rows, strict=True))


def words_of(chart: str) -> set[str]:
    """Return the words that a chart puts beside its marks."""
    return {row["words"] for _, rows in layers_of(chart) for row in rows if "words" in row}


@pytest.fixture(scope="module")
def report() -> CalibrationReport:
    """What calibrating says of a thousand labels."""
    safe = safe_threshold(SCORES, WRONG, max_error=0.02, sure=0.95)
    point = Point(threshold=0.3, coverage=0.71, risk=0.019)
    curve = tuple(
        Point(threshold=1 - at, coverage=at, risk=max(0.0, at - 0.75) / at)
        for at in (0.001, 0.1, 0.5, 0.9, 1.0)
    )
    return CalibrationReport(
        table=Path("handraise.yaml"),
        agent="a",
        columns={},
        rows=1_000,
        labels=1_000,
        skipped={},
        repeated=0,
        is_distinct=True,
        errors=int(WRONG.sum()),
        max_error=0.02,
        sure=0.95,
        minimum_coverage=0.2,
        safe=safe,
        by_type=None,
        unlabelled=(),
        scale="stated",
        threshold=safe.threshold,
        thresholds={},
        naive=point,
        oracle_coverage=0.76,
        curve=curve,
        oracle=curve[1:],
        aurc=0.1,
        excess_aurc=0.0,
        reliability=reliability(SCORES, WRONG, draws=50),
        reliability_mapped=None,
        fitted=None,
        no_map="",
        costs=costs(SCORES, WRONG, np.full(1_000, 2.0)),
        held_out=None,
        out=Path("calibration.json"),
    )


def test_the_curve_leaves_out_what_is_noise(report: CalibrationReport) -> None:
    (_, oracle), (_, curve), *_ = layers_of(curve_chart(report, Look()))
    assert [row["coverage"] for row in curve] == [0.1, 0.5, 0.9, 1.0]
    assert [row["coverage"] for row in oracle] == [0.1, 0.5, 0.9, 1.0]


def test_the_limit_and_the_threshold_stand_in_words(report: CalibrationReport) -> None:
    assert words_of(curve_chart(report, Look())) == {
        "asked for: at most 2 % wrong",
        f"from {report.safe.threshold:.4g} on",
    }


def test_words_never_leave_the_picture(report: CalibrationReport) -> None:
    for coverage, align in ((0.95, "right"), (0.3, "left")):
        safe = replace(report.safe, coverage=coverage)
        marks = [
            one["mark"] for one, _ in layers_of(curve_chart(replace(report, safe=safe), Look()))
        ]
        assert marks[-1]["align"] == align


def test_without_one_safe_threshold_none_is_marked(report: CalibrationReport) -> None:
    none: Safe = replace(report.safe, threshold=None)
    for asked in (replace(report, safe=none), replace(report, by_type={"t": report.safe})):
        assert words_of(curve_chart(asked, Look())) == {"asked for: at most 2 % wrong"}
        assert len(layers_of(costs_chart(asked, Look()))) == 1
    assert len(layers_of(costs_chart(report, Look()))) == 2


def test_without_a_naive_one_there_is_no_diamond(report: CalibrationReport) -> None:
    there = len(layers_of(curve_chart(report, Look())))
    assert len(layers_of(curve_chart(replace(report, naive=None), Look()))) == there - 1


def test_the_axis_goes_as_far_as_the_risk(report: CalibrationReport) -> None:
    (line, _), *_ = layers_of(curve_chart(report, Look()))
    least, most = line["encoding"]["y"]["scale"]["domain"]
    assert least == 0
    assert most == pytest.approx(1.08 * max(one.risk for one in report.curve))


def test_costs_are_counts_or_money(report: CalibrationReport) -> None:
    (_, counts), *_ = layers_of(costs_chart(report, Look()))
    (chart, amounts), *_ = layers_of(costs_chart(report, Look(), money="EUR"))
    assert counts[0] == {"threshold": 0.0, "n": report.errors, "what": "alone"}
    assert amounts[0] == {"threshold": 0.0, "n": 2.0 * report.errors, "what": "alone"}
    assert chart["encoding"]["y"]["title"] == "EUR at stake in wrong ones"


def test_the_groups_stand_within_the_band_of_chance(report: CalibrationReport) -> None:
    found = report.reliability
    chart = reliability_chart(found, found, Look())
    _, (_, band), (_, mapped), (_, stated) = layers_of(chart)
    assert mapped == stated
    assert [row["n"] for row in stated] == [one.count for one in found.bins]
    assert [(row["right"], row["high"]) for row in band] == [
        (one.band_low, one.band_high) for one in found.bins
    ]
    assert len(layers_of(reliability_chart(found, None, Look()))) == 3


def test_all_of_them_can_be_drawn_at_once(report: CalibrationReport) -> None:
    charts = [
        curve_chart(report, Look(is_dark=True)),
        costs_chart(report, Look(is_narrow=True)),
        reliability_chart(report.reliability, None, Look()),
    ]
    drawn = drawn_together(charts)
    assert [one[:4] for one in drawn] == [b"<svg"] * 3
    assert b"asked for: at most 2 % wrong" in drawn[0]
