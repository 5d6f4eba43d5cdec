"""What a report is made of is read strictly: nothing damaged, foreign or of another agent."""

import json
from pathlib import Path

import pytest

from handraise.errors import InputError
from handraise.service.reporting.inputs import read_inputs
from tests.support.reported import Files


def edited(source: Path, target: Path, **changes: object) -> Path:
    """Write a JSON file anew with other values."""
    target.write_text(json.dumps({**json.loads(source.read_text()), **changes}), "utf-8")
    return target


def test_everything_that_was_written_can_be_read(files: Files) -> None:
    found = read_inputs(
        files.table,
        backtest=files.backtest,
        calibrated=files.calibrated,
        calibration=files.calibration,
    )
    assert found.backtest is not None
    assert found.backtest.decisions == 2_000
    assert found.calibrated is not None
    assert found.calibrated.table == files.table
    assert found.promise is not None
    assert found.promise.max_error == 0.03


def test_a_table_alone_is_no_report(files: Files) -> None:
    with pytest.raises(InputError, match=r"nothing to report but the table.*handraise backtest"):
        read_inputs(files.table)


def test_a_file_that_is_not_there_is_named_with_what_writes_it(files: Files) -> None:
    with pytest.raises(InputError, match=r"gone\.json: there is no such file; `handraise backtest"):
        read_inputs(files.table, backtest=Path("gone.json"))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"agent": 3}', "[" * 5000, "\udcff"])
def test_what_is_damaged_is_refused(files: Files, tmp_path: Path, content: str) -> None:
    path = tmp_path / "backtest.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="is damaged, or no backtest"):
        read_inputs(files.table, backtest=path)
    with pytest.raises(InputError, match="is damaged, or no report of calibrating"):
        read_inputs(files.table, calibrated=path)


def test_the_one_is_not_taken_for_the_other(files: Files) -> None:
    with pytest.raises(InputError, match="no backtest"):
        read_inputs(files.table, backtest=files.calibrated)
    with pytest.raises(InputError, match="no report of calibrating"):
        read_inputs(files.table, calibrated=files.backtest)
    with pytest.raises(InputError, match="no calibration"):
        read_inputs(files.table, calibration=files.backtest)


def test_a_value_of_another_kind_is_refused(files: Files, tmp_path: Path) -> None:
    path = edited(files.backtest, tmp_path / "b.json", decisions="many")
    with pytest.raises(InputError, match=r"decisions"):
        read_inputs(files.table, backtest=path)
    path = edited(files.calibrated, tmp_path / "c.json", table=3)
    with pytest.raises(InputError, match="no report of calibrating"):
        read_inputs(files.table, calibrated=path)


def test_a_day_that_is_none_is_refused(files: Files, tmp_path: Path) -> None:
    days = [{"day": "2026-13-01", "decisions": 1, "stopped": 0}]
    path = edited(files.backtest, tmp_path / "b.json", days=days)
    with pytest.raises(InputError, match='"2026-13-01" is no day'):
        read_inputs(files.table, backtest=path)


@pytest.mark.parametrize(("weekday", "hour"), [(7, 0), (-1, 0), (0, 24), (0, -1)])
def test_an_hour_that_is_none_is_refused(
    files: Files, tmp_path: Path, weekday: int, hour: int
) -> None:
    hours = [{"route": "finance_lead", "weekday": weekday, "hour": hour, "asks": 1}]
    path = edited(files.backtest, tmp_path / "b.json", hours=hours)
    with pytest.raises(InputError, match=f"hour {hour} of day {weekday} is no hour of a week"):
        read_inputs(files.table, backtest=path)


@pytest.mark.parametrize("which", ["backtest", "calibrated"])
def test_files_of_another_agent_are_refused(files: Files, tmp_path: Path, which: str) -> None:
    path = edited(getattr(files, which), tmp_path / "other.json", agent="other\u202e-agent")
    with pytest.raises(InputError, match='is of the agent "other-agent"'):
        read_inputs(files.table, **{which: path})


def test_only_a_plain_file_is_read(files: Files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plain file|cannot be read"):
        read_inputs(files.table, backtest=tmp_path)
