"""Where what is familiar and the threshold come from: learned and calibrated, or by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handraise.core.table.types import Known, Row
from handraise.model import Learned
from handraise.service.going_live.line import Line
from handraise.service.going_live.origins import learned_line, threshold_line
from handraise.service.going_live.subject import Subject
from handraise.service.learning.artifact import Manifest, described, write_files
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.reading.calibration import CalibrationFile, digest_of
from tests.support.calibrated import FILE, PROMISE
from tests.support.checked import subject_of
from tests.support.operation import TABLE

WRITTEN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def calibrated(folder: Path, **fields: Any) -> Path:
    """Write a calibration beside a table, and return the table's place."""
    file: CalibrationFile = msgspec.structs.replace(FILE, map=None, **fields)
    file = msgspec.structs.replace(file, digest=digest_of(file))
    (folder / "calibration.json").write_bytes(msgspec.json.encode(file))
    return folder / "handraise.yaml"


def threshold(place: Path | None, text: str = TABLE) -> Line:
    return threshold_line(subject_of(text, place=place))


def test_a_threshold_without_a_calibration_was_chosen_by_hand(tmp_path: Path) -> None:
    for place in (None, tmp_path / "handraise.yaml"):
        found = threshold(place)
        assert (found.state, found.evidence) == ("yellow", "0.72 was chosen by hand")
        assert "handraise calibrate" in found.remedy


def test_a_threshold_at_least_the_promised_one_is_green(tmp_path: Path) -> None:
    promise = msgspec.structs.replace(PROMISE, threshold=0.7)
    found = threshold(calibrated(tmp_path, overall=promise))
    assert (found.state, found.at) == ("green", WRITTEN)
    assert "0.72 keeps at most 2.00% errors, 95% sure, by 4,000 labelled" in found.evidence


def test_a_threshold_of_each_type_is_held_against_its_own(tmp_path: Path) -> None:
    promise = msgspec.structs.replace(PROMISE, threshold=0.7)
    place = calibrated(tmp_path, overall=None, by_type={"refund_request": promise})
    text = TABLE.replace("below: 0.72", "below: {refund_request: 0.8, else: 0.9}")
    found = threshold(place, text.replace("confidence: 0.9", "confidence: 0.95"))
    assert (found.state, found.evidence[:8]) == ("green", "0.8, 0.9")


def test_a_threshold_below_the_promised_one_is_worth_a_look(tmp_path: Path) -> None:
    found = threshold(calibrated(tmp_path))
    assert (found.state, found.at) == ("yellow", WRITTEN)
    assert "does not keep it" in found.evidence


def test_a_calibration_that_is_foreign_or_damaged_is_worth_a_look(tmp_path: Path) -> None:
    assert (
        "another agent, order-agent"
        in threshold(calibrated(tmp_path, agent="order-agent")).evidence
    )
    (tmp_path / "calibration.json").write_text("{}", encoding="utf-8")
    found = threshold(tmp_path / "handraise.yaml")
    assert (found.state, "damaged" in found.evidence) == ("yellow", True)


@pytest.mark.parametrize("written", ["lately", "2026-01-05T09:00:00"])
def test_an_instant_that_a_file_tells_badly_is_no_reason_to_fail(
    tmp_path: Path, written: str
) -> None:
    found = threshold(calibrated(tmp_path, made_at=written))
    assert found.at == (None if written == "lately" else WRITTEN)


def test_a_table_without_a_threshold_says_so() -> None:
    subject = subject_of()
    row = Row(id="confidence.1", condition="confidence", kind="when", to="finance_lead")
    table = msgspec.structs.replace(subject.table, rows=(row,))
    found = threshold_line(msgspec.structs.replace(subject, table=table))
    assert found.evidence == "no threshold was chosen by hand"


def known(subject: Subject, **fields: Any) -> Subject:
    """Return a subject whose table knows its types in another way."""
    table = msgspec.structs.replace(subject.table, known=Known(types=("a", "b"), **fields))
    return msgspec.structs.replace(subject, table=table)


def test_types_that_stand_in_the_table_were_written_by_hand() -> None:
    found = learned_line(subject_of())
    assert (found.state, found.evidence) == ("yellow", "the only type was written by hand")
    assert "handraise learn" in found.remedy
    found = learned_line(known(subject_of(), file="past.csv", column="type"))
    assert found.evidence.startswith("the 2 types were taken from past.csv")


def write_learned(folder: Path) -> Learned:
    """Write learned files, and return what a table says of them."""
    manifest = Manifest(
        handraise_learned=1, folder="", digest="", files={}, made_with="0", facts={},
        made_at="2026-01-05T09:00:00Z", reads_text=False, least_rate=0.01,
        encoder=EncoderChoice(kind="words"), types=("a", "b"), summary={},
    )  # fmt: skip
    write_files(folder, manifest, {}, {})
    return described(folder)[0]


def test_learned_files_are_green_while_they_are_those_that_the_table_names(tmp_path: Path) -> None:
    named = write_learned(tmp_path / "known")
    place = tmp_path / "handraise.yaml"
    found = learned_line(known(subject_of(place=place), learned=named))
    assert (found.state, found.at) == ("green", WRITTEN)
    other = msgspec.structs.replace(named, digest="0" * 64)
    found = learned_line(known(subject_of(place=place), learned=other))
    assert (found.state, "no longer those" in found.evidence) == ("red", True)


def test_learned_files_that_are_not_here_are_red(tmp_path: Path) -> None:
    named = Learned(folder="known", digest="0" * 64, facts={}, reads_text=False, least_rate=0.01)
    found = learned_line(known(subject_of(), learned=named))
    assert (found.state, "not on this machine" in found.evidence) == ("red", True)
    found = learned_line(known(subject_of(place=tmp_path / "handraise.yaml"), learned=named))
    assert (found.state, "holds no learned files" in found.evidence) == ("red", True)
