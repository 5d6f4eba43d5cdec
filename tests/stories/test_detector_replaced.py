"""A detector replaced: what was signed goes on by its own learned files, or stops and says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.learning.artifact import write_files
from handraise.service.learning.packing import packed
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.familiar import learned, manifest, requests
from tests.support.operation import SECRET, RecordingSender, gate_of
from tests.support.signed import sign
from tests.support.story import MONDAY
from tests.support.verified import verify_everybody
from tests.web.familiar import given, table_text, usual_texts, write_learned

USUAL = usual_texts()[0]


def served(folder: Path) -> Operation:
    """Return the operation of a server that starts in a folder; nobody signs."""
    path = folder / "handraise.yaml"
    return assemble(
        [path], Settings(secret=SECRET), clock=ManualClock(MONDAY), sender=RecordingSender()
    )


@pytest.fixture
def signed(tmp_path: Path) -> str:
    """Return the version that is signed for, with what was learned first."""
    (tmp_path / "handraise.yaml").write_text(table_text(USUAL))
    write_learned(tmp_path / "known")
    operation = served(tmp_path)
    verify_everybody(operation)
    record = sign(operation, tmp_path / "handraise.yaml")
    assert not gate_of(operation).decide(**given(USUAL)).escalated
    operation.close()
    return record.version


def replace_detector(folder: Path) -> None:
    """Learn anew from other requests, into the same folder."""
    other = learned(requests(300, facts=False, seed=9), 60, kinds={})
    content = packed(other.model, other.held_out)
    write_files(folder / "known", manifest(other), content.meta, dict(content.arrays))


def test_the_signed_version_goes_on_by_the_files_it_was_signed_with(tmp_path: Path, signed: str):
    replace_detector(tmp_path)
    operation = served(tmp_path)
    gate = gate_of(operation)

    verdict = gate.decide(**given(USUAL))

    assert (verdict.outcome, verdict.version) == ("proceed", signed)
    assert gate.waiting is not None, "what was learned is part of the version"
    operation.close()


def test_without_its_own_files_it_stops_and_says_why(tmp_path: Path, signed: str):
    earlier = [one for one in (tmp_path / "known").iterdir() if one.is_dir()]
    replace_detector(tmp_path)
    for folder in earlier:
        shutil.rmtree(folder, ignore_errors=True)
    operation = served(tmp_path)

    verdict = gate_of(operation).decide(**given(USUAL))

    assert verdict.version == signed
    (reason,) = verdict.reasons
    assert reason.condition == "novelty"
    assert "no longer those that the table names" in reason.sentence
    operation.close()
