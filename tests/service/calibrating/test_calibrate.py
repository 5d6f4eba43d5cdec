"""From labelled decisions to a threshold: what is promised is what the gate will do."""

import msgspec
import numpy as np
import pytest

from handraise.clock import ManualClock
from handraise.core.confidence.fitting import all_calibrated
from handraise.core.confidence.thresholds import safe_by_type, safe_threshold
from handraise.core.gate.compile import compile_table
from handraise.errors import InputError, TableError
from handraise.model import Decision
from handraise.service.calibrating.calibrate import calibrate
from handraise.service.calibrating.plan import Columns, Plan
from handraise.service.reading.calibration import read_file
from handraise.service.reading.tables import open_table
from tests.store.records import NOW
from tests.support.labelled_decisions import TYPES, decisions_file, drawn
from tests.support.support_table import TABLE, changed

COLUMNS = Columns(confidence="score", correct="right", id="id")
BY_TYPE = Columns(confidence="score", correct="right", id="id", type="kind")
REST = {"action": "send_reply", "facts": {"reason": "other"}}
"""What no other row stops at."""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def past(tmp_path):
    return decisions_file(tmp_path / "past.csv")


def plan_of(table, past, **fields):
    usual = {"table": table, "paths": (past,), "columns": COLUMNS, "max_error": 0.05}
    return Plan(**(usual | fields))


def alone(table, scores, types):
    """Return which of these decisions the gate lets go ahead, but for all other rows."""
    judge = compile_table(table)
    judged = [
        judge(Decision(type=type, confidence=score, **REST)).escalated
        for score, type in zip(scores, types, strict=True)
    ]
    return ~np.array(judged)


def test_the_threshold_is_the_lowest_safe_one(table, past):
    report = calibrate(plan_of(table, past))
    scores, wrong = drawn(3_000)
    expected = safe_threshold(scores.round(4), wrong, max_error=0.05, sure=0.95)
    assert report.safe == expected
    assert (report.threshold, report.scale) == (expected.threshold, "stated")
    assert (report.rows, report.labels, report.errors) == (3_000, 3_000, int(wrong.sum()))
    assert report.written is None
    assert table.read_text() == TABLE
    assert report.naive.threshold < report.threshold
    assert report.naive.risk <= 0.05
    assert report.safe.coverage < report.naive.coverage < report.oracle_coverage


def test_what_stands_beside_it_is_plain_json_of_bounded_size(table, past):
    report = calibrate(plan_of(table, past))
    assert len(report.curve) <= 500
    assert len(report.oracle) <= 500
    assert report.curve[-1].coverage == report.oracle[-1].coverage == 1
    assert report.curve[-1].risk == pytest.approx(report.errors / report.labels)
    assert all(one.threshold is None for one in report.oracle)
    plain = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(report, enc_hook=str)))
    assert plain["safe"]["threshold"] == report.threshold
    assert plain["fitted"]["map"]["kind"] == "beta"
    assert plain["fitted"]["ece_after"] < plain["fitted"]["ece_before"]


def test_the_calibration_file_says_what_was_promised_and_holds_no_decision(table, past):
    report = calibrate(plan_of(table, past), clock=ManualClock(NOW))
    assert report.out == table.with_name("calibration.json")
    found = read_file(report.out)
    assert (found.agent, found.labels, found.max_error) == ("support-agent", 3_000, 0.05)
    assert found.overall.threshold == report.threshold
    assert found.overall.accepted == report.safe.accepted
    assert found.columns == {"confidence": "score", "correct": "right", "id": "id"}
    again = calibrate(plan_of(table, past))
    assert read_file(again.out).digest == found.digest


@pytest.mark.parametrize("kind", ["temperature", "platt", "beta", "auto"])
def test_with_a_map_the_gate_does_to_the_labels_what_was_counted(table, past, kind):
    report = calibrate(plan_of(table, past, map=kind, write=True))
    scores, wrong = drawn(3_000)
    went = alone(open_table(table)[0], scores.round(4).tolist(), ["refund_request"] * 3_000)
    assert int(went.sum()) == report.safe.accepted
    assert int((went & wrong).sum()) == report.safe.errors
    assert report.scale == "calibrated"
    assert report.threshold == all_calibrated(report.fitted.map, np.array([report.safe.threshold]))


def test_without_a_map_too(table, past):
    report = calibrate(plan_of(table, past, write=True))
    scores, wrong = drawn(3_000)
    went = alone(open_table(table)[0], scores.round(4).tolist(), ["refund_request"] * 3_000)
    assert (int(went.sum()), int((went & wrong).sum())) == (
        report.safe.accepted,
        report.safe.errors,
    )
    assert open_table(table)[0].calibration is None


@pytest.mark.parametrize("map", [None, "platt"])
def test_by_type_each_has_its_own_and_the_others_escalate_everything(table, tmp_path, map):
    past = decisions_file(tmp_path / "past.csv", 6_000, types=(*TYPES[:1] * 5, TYPES[1]))
    report = calibrate(
        plan_of(table, past, columns=BY_TYPE, by_type=True, max_error=0.03, map=map, write=True)
    )
    scores, wrong = drawn(6_000)
    kinds = np.array([(*TYPES[:1] * 5, TYPES[1])[n % 6] for n in range(6_000)])
    assert report.by_type == safe_by_type(scores.round(4), wrong, kinds, max_error=0.03, sure=0.95)
    assert report.unlabelled == ("refund_request",)
    assert report.threshold is None
    assert read_file(report.out).overall is None
    assert read_file(report.out).by_type.keys() == {"card_lost", "change_address"}
    written, _ = open_table(table)
    (row,) = [one for one in written.rows if one.kind == "below"]
    assert (row.below, row.below_by_type) == (None, report.thresholds)
    safe = {type: one for type, one in report.by_type.items() if one.threshold is not None}
    assert report.thresholds.keys() == safe.keys()
    for type in report.by_type:
        went = alone(
            written, scores.round(4)[kinds == type].tolist(), [type] * int((kinds == type).sum())
        )
        assert int(went.sum()) == (safe[type].accepted if type in safe else 0)
    assert not alone(written, [1.0], ["refund_request"]).any()


def test_no_threshold_is_an_answer_and_changes_no_table(table, tmp_path):
    past = decisions_file(tmp_path / "past.csv", 200)
    report = calibrate(plan_of(table, past, max_error=0.01, write=True))
    assert report.threshold is None
    assert report.safe.why
    assert report.written is None
    assert table.read_text() == TABLE
    assert read_file(report.out).overall.threshold is None


@pytest.mark.parametrize(
    ("rows", "no_map"),
    [
        ([(0.9, "yes")] * 400, "all of the 400 labels are right"),
        ([(0.9, "no")] * 400, "all of the 400 labels are wrong"),
        ([(0.9, "yes"), (0.9, "no")] * 200, "all of the 400 decisions state 0.9"),
        ([(0.9, "yes")], "all of the 1 labels are right"),
    ],
)
def test_labels_that_say_little_get_an_answer(table, tmp_path, rows, no_map):
    past = tmp_path / "past.csv"
    lines = [f"{n},{score},{right}" for n, (score, right) in enumerate(rows)]
    past.write_text("\n".join(["id,score,right", *lines]) + "\n")
    report = calibrate(plan_of(table, past))
    is_safe = rows == [(0.9, "yes")] * 400
    assert (report.threshold == 0.9) is is_safe
    assert bool(report.safe.why) is not is_safe
    assert report.fitted is None
    assert no_map in report.no_map
    with pytest.raises(InputError, match="no map can be fitted") as error:
        calibrate(plan_of(table, past, map="auto"))
    assert error.value.hint == "without a map: --map none"
    assert calibrate(plan_of(table, past, map="none")).no_map == ""


def test_no_usable_label_is_refused(table, tmp_path):
    past = tmp_path / "past.csv"
    past.write_text("id,score,right\n1,,yes\n2,0.5,\n")
    with pytest.raises(InputError, match="2 rows, 1 with no confidence, 1 with no label"):
        calibrate(plan_of(table, past))
    past.write_text("id,score,right\n")
    with pytest.raises(InputError, match="0 rows, none of them usable"):
        calibrate(plan_of(table, past))


def test_other_labels_check_it(table, past, tmp_path):
    other = decisions_file(tmp_path / "other.csv", 1_000, seed=8, first_id=9_000)
    for map in (None, "auto"):
        report = calibrate(plan_of(table, past, held_out=(other,), map=map))
        scores, wrong = drawn(1_000, seed=8)
        went = scores.round(4) >= report.safe.threshold
        assert (report.held_out.labels, report.held_out.accepted) == (1_000, int(went.sum()))
        assert report.held_out.errors == int((went & wrong).sum())
    by_type = plan_of(table, past, held_out=(other,), columns=BY_TYPE, by_type=True)
    assert 0 < calibrate(by_type).held_out.accepted < 1_000
    with pytest.raises(InputError, match="hold the same 3,000 rows"):
        calibrate(plan_of(table, past, held_out=(decisions_file(tmp_path / "same.csv"),)))


def test_a_table_that_names_a_calibration_to_be_written_can_be_calibrated(table, past):
    table.write_text(
        changed("escalate:\n", "confidence: {calibrated: sure.json}\nescalate:\n", TABLE)
    )
    with pytest.raises(TableError):
        open_table(table)
    report = calibrate(plan_of(table, past))
    assert (report.out, report.scale, report.is_named) == (
        table.with_name("sure.json"),
        "calibrated",
        True,
    )
    assert open_table(table)[0].calibration.map == report.fitted.map
    with pytest.raises(InputError, match="--map none fits no map"):
        calibrate(plan_of(table, past, map="none"))


def test_a_table_with_other_errors_is_refused(table, past):
    table.write_text(changed("owner: priya", "owner: pria", TABLE))
    with pytest.raises(TableError, match="pria"):
        calibrate(plan_of(table, past))


def test_by_type_needs_a_column_of_types(table, past):
    with pytest.raises(InputError, match="--type names no column"):
        calibrate(plan_of(table, past, by_type=True))


def test_too_few_labels_to_leave_some_out_are_no_error(table, tmp_path):
    past = tmp_path / "past.csv"
    past.write_text("id,score,right\n1,0.5,yes\n2,0.6,no\n3,0.7,yes\n")
    report = calibrate(plan_of(table, past))
    assert report.fitted.map.kind == "temperature"
    assert report.fitted.ece_after is None
