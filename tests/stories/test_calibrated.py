"""A team calibrates: its table is written and signed again, and the gate reads the new number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from handraise.core.confidence.mapping import calibrated
from handraise.errors import TableError
from handraise.service.calibrating.calibrate import calibrate
from handraise.service.calibrating.plan import Columns, Plan
from handraise.service.calibrating.report import CalibrationReport
from tests.support.labelled_decisions import decisions_file
from tests.support.story import SURE, Story


@pytest.fixture
def story(tell: Callable[..., Story]) -> Story:
    return tell()


def put_to_work(story: Story, folder: Path) -> CalibrationReport:
    """Calibrate from labelled decisions into the table, and sign what it says then."""
    past = decisions_file(folder / "past.csv", types=("refund_request",))
    columns = Columns(confidence="score", correct="right", id="id")
    fields = {"paths": (past,), "columns": columns, "max_error": 0.02, "map": "auto"}
    report = calibrate(Plan(table=story.path, write=True, **fields))
    story.rewrite(("confidence: 0.5,", "confidence: 0.05,"))  # its tests follow the threshold
    return report


def test_what_the_agent_states_is_judged_by_what_it_is_worth(story: Story, tmp_path: Path) -> None:
    before = story.gate.table.version

    report = put_to_work(story, tmp_path)

    assert story.gate.table.version != before
    limit = report.safe.threshold
    assert limit is not None
    assert report.fitted is not None
    assert not story.decide(SURE, confidence=limit, key="at the threshold").escalated
    verdict = story.decide(SURE, confidence=0.5, key="below it")
    (reason,) = verdict.reasons
    worth = f"{calibrated(report.fitted.map, 0.5):.4g}"
    assert reason.sentence.startswith(f"confidence {worth} (the agent stated 0.5) is below 0.")
    story.expect(("dana", "asked", f"confidence {worth} (the agent stated 0.5)"))


def test_without_its_calibration_no_gate_opens_and_one_that_runs_goes_on(
    story: Story, tmp_path: Path
) -> None:
    report = put_to_work(story, tmp_path)
    assert not story.decide(SURE, key="first").escalated
    text = report.out.read_text("utf-8")
    report.out.write_text(text.replace('"labels": 3000', '"labels": 9000', 1), "utf-8")

    with pytest.raises(TableError, match="was edited: its digest does not fit"):
        story.operation.open(story.path)

    assert not story.decide(SURE, key="second").escalated
    assert story.decide(SURE, confidence=0.05, key="third").escalated
    story.expect(("dana", "asked"))
