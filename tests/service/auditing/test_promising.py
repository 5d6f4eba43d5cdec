"""How much may go wrong alone: the table's word, or a calibration that the table keeps to."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.service.auditing.promising import PromisedError, promised_error
from handraise.service.calibrating.writing import write_calibration
from handraise.service.reading.calibration import CalibrationFile, calibration_in, digest_of
from tests.support.audited import table
from tests.support.calibrated import FILE

PLAIN = replace(FILE, map=None, overall=replace(FILE.overall, threshold=0.7, calibrated=None))
PROMISED = PromisedError(0.02, "the calibration")


def table_of(text: str, file: CalibrationFile | None = None) -> Table:
    found = read(
        text, calibration=None if file is None else lambda name: calibration_in(file, Path(name))
    ).table
    assert found is not None
    return found


def beside(folder: Path, file: CalibrationFile) -> Path:
    write_calibration(folder / "calibration.json", file)
    return folder


def test_what_the_table_says_goes_first(tmp_path: Path) -> None:
    found = promised_error(table_of(table(promise="3%")), beside(tmp_path, PLAIN))
    assert found == PromisedError(0.03, "the table's audit line")


def test_a_calibration_counts_where_the_table_stops_as_much_as_it_says(tmp_path: Path) -> None:
    folder = beside(tmp_path, PLAIN)
    own = table(promise="")
    assert promised_error(table_of(own), folder) == PROMISED
    lower = own.replace("below: 0.72", "below: 0.69")
    assert promised_error(table_of(lower), folder) is None
    narrowed = own.replace("{below: 0.72,", "{below: 0.72, for: {type: [refund_request]},")
    assert promised_error(table_of(narrowed), folder) is None


def test_a_calibration_that_is_not_there_or_of_another_agent_counts_nothing(
    tmp_path: Path,
) -> None:
    own = table_of(table(promise=""))
    assert promised_error(own, None) is None
    assert promised_error(own, tmp_path) is None
    folder = beside(tmp_path, replace(PLAIN, agent="order-agent"))
    assert promised_error(own, folder) is None


@pytest.mark.parametrize(
    ("below", "promised"),
    [
        ("{refund_request: 0.8, else: 0.7}", PROMISED),
        ("{refund_request: 0.7, else: 0.9}", None),
    ],
)
def test_a_promise_by_type_must_be_kept_for_each(
    tmp_path: Path, below: str, promised: PromisedError | None
) -> None:
    by_type = {"refund_request": replace(PLAIN.overall, threshold=0.8)}
    folder = beside(tmp_path, replace(PLAIN, overall=None, by_type=by_type))
    own = table_of(table(promise="").replace("below: 0.72", f"below: {below}"))
    assert promised_error(own, folder) == promised


def test_a_promise_that_no_threshold_keeps_is_none(tmp_path: Path) -> None:
    folder = beside(tmp_path, replace(PLAIN, overall=replace(PLAIN.overall, threshold=None)))
    assert promised_error(table_of(table(promise="")), folder) is None


def test_a_table_with_a_map_counts_on_its_own_calibration_alone(tmp_path: Path) -> None:
    file = replace(FILE, digest=digest_of(FILE))
    text = table(promise="").replace("\nescalate:\n", "\nconfidence: calibrated\nescalate:\n")
    own = table_of(text, file)
    assert promised_error(own, beside(tmp_path, file)) == PROMISED
    assert promised_error(own, beside(tmp_path, replace(FILE, labels=5_000))) is None
