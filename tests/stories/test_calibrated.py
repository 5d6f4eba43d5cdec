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
from tests.support.verified import verify_everybody


@pytest.fixture
def told(tell: Callable[..., Story]) -> Story:
    return tell()


def chosen(story: Story, tmp_path: Path) -> CalibrationReport:
    """Calibrate from labelled decisions, and write the threshold and the map into the table."""
    past = decisions_file(tmp_path / "past.csv", types=("refund_request",))
    columns = Columns(confidence="score", correct="right", id="id")
    return calibrate(
        Plan(
            table=story.path, paths=(past,), columns=columns, max_error=0.02, map="auto", write=True
        )
    )


def test_what_the_agent_states_is_judged_by_what_it_is_worth(told: Story, tmp_path: Path) -> None:
    story = told
    assert not story.decide(SURE, confidence=0.73, key="before").escalated
    report = chosen(story, tmp_path)
    assert report.written is not None
    assert report.fitted is not None
    assert report.threshold is not None
    limit = report.safe.threshold
    assert limit is not None
    story.path.write_text(story.path.read_text("utf-8").replace("- {name: unsure", "- {name: a less sure one").replace("confidence: 0.5", "confidence: 0.05"))  # fmt: skip
    before = story.gate.table.version

    story.operation.open(story.path)
    assert story.gate.table.version != before
    assert story.decide(SURE, key="unsigned").escalated  # until somebody signs, nothing goes ahead
    story.sender.sent.clear()
    verify_everybody(story.operation)
    story.sign()
    story.operation.open(story.path)

    assert not story.decide(SURE, confidence=limit, key="at the threshold").escalated
    verdict = story.decide(SURE, confidence=limit - 0.05, key="below it")
    (reason,) = verdict.reasons
    worth = calibrated(report.fitted.map, limit - 0.05)
    assert reason.sentence.startswith(
        f"confidence {worth:.4g} (the agent stated {limit - 0.05!r}) is"
    )
    story.expect(("dana", "asked", "(the agent stated 0."))


def test_without_its_calibration_no_gate_opens_and_one_that_runs_goes_on(
    told: Story, tmp_path: Path
) -> None:
    story = told
    story.path.write_text(
        story.path.read_text("utf-8").replace("confidence: 0.5", "confidence: 0.05")
    )
    report = chosen(story, tmp_path)
    story.operation.open(story.path)
    verify_everybody(story.operation)
    story.sign()
    story.operation.open(story.path)
    assert not story.decide(SURE, key="first").escalated
    report.out.write_text(
        report.out.read_text("utf-8").replace('"labels": 3000', '"labels": 9000', 1)
    )
    with pytest.raises(TableError, match="was edited: its digest does not fit"):
        story.operation.open(story.path)
    assert not story.decide(SURE, key="second").escalated
    assert story.decide(SURE, confidence=0.05, key="third").escalated
    story.expect(("dana", "asked"))
