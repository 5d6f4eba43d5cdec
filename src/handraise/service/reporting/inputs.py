"""What a report is made of: the table, and what other commands wrote of it.

INVARIANT: what is damaged, foreign, too large or of another agent is refused, never half read.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from handraise.core.table.sheet import clean
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import ReadyRecord
from handraise.service.backtesting.result import Backtest
from handraise.service.extras import need
from handraise.service.reading.calibration import CalibrationFile, read_file
from handraise.service.reading.tables import open_table
from handraise.service.reading.whole import read_whole

if TYPE_CHECKING:
    from handraise.service.calibrating.report import CalibrationReport

MAX_BYTES = 64_000_000
NUMBERS = {"numpy": "numpy", "scipy": "scipy"}

BACKTEST = "`handraise backtest HISTORY --out backtest.json` writes one"
CALIBRATED = "`handraise calibrate DATA … --json > calibrated.json` writes one"

T = TypeVar("T")


class Inputs(Struct, frozen=True, kw_only=True):
    """What a report is made of.

    Attributes:
        table: the routing table.
        backtest: what it would have done to the past; None where nobody tried.
        calibrated: what calibrating found; None where there is no report of it.
        promise: the calibration file: the promise alone; None where there is none.
        record: the go-live record in force, of this version; None where there is none.
    """

    table: Table
    backtest: Backtest | None = None
    calibrated: CalibrationReport | None = None
    promise: CalibrationFile | None = None
    record: ReadyRecord | None = None


def read_inputs(
    table: Path,
    *,
    backtest: Path | None = None,
    calibrated: Path | None = None,
    calibration: Path | None = None,
) -> Inputs:
    """Return what a report is made of.

    Args:
        table: the routing table.
        backtest: what `handraise backtest --out` wrote.
        calibrated: what `handraise calibrate --json` printed.
        calibration: the calibration file; None for the one that the table names, if it does.

    Raises:
        InputError: nothing but the table was named, or a file cannot be read, is another one than
            it should be, or is of another agent.
        SettingsError: what reading them needs is not installed.
        TableError: the table has findings that are errors.
    """
    found, _ = open_table(table)
    if calibration is None and found.calibration is not None:
        calibration = table.parent / found.calibration.file
    if backtest is None and calibrated is None and calibration is None:
        raise InputError("there is nothing to report but the table", f"--backtest: {BACKTEST}")
    inputs = Inputs(
        table=found,
        backtest=None if backtest is None else _backtest(backtest),
        calibrated=None if calibrated is None else _calibrated(calibrated),
        promise=None if calibration is None else read_file(calibration),
    )
    for path, of in (
        (backtest, inputs.backtest),
        (calibrated, inputs.calibrated),
        (calibration, inputs.promise),
    ):
        if of is not None and of.agent != found.agent:
            raise InputError(
                f'{path}: is of the agent "{clean(of.agent)}", and {table} of '
                f'"{clean(found.agent)}"',
                "name files of one agent",
            )
    return inputs


def _backtest(path: Path) -> Backtest:
    found = _decoded(path, Backtest, f"no backtest; {BACKTEST}")
    for day in found.days:
        try:
            date.fromisoformat(day.day)
        except ValueError:
            raise InputError(f'{path}: "{clean(day.day)[:40]}" is no day', BACKTEST) from None
    for hour in found.hours:
        if not (0 <= hour.weekday < 7 and 0 <= hour.hour < 24):
            raise InputError(
                f"{path}: hour {hour.hour} of day {hour.weekday} is no hour of a week", BACKTEST
            )
    return found


def _calibrated(path: Path) -> CalibrationReport:
    need(NUMBERS, "what calibrate found", "backtest")
    from handraise.service.calibrating.report import CalibrationReport

    return _decoded(path, CalibrationReport, f"no report of calibrating; {CALIBRATED}")


def _decoded(path: Path, type: type[T], otherwise: str) -> T:
    is_not, _, remedy = otherwise.partition("; ")
    try:
        return msgspec.json.decode(read_whole(path, MAX_BYTES), type=type, dec_hook=_path)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file", remedy) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is damaged, or {is_not} ({clean(str(error))})", remedy) from None
    except (OSError, ValueError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "no name of a file"
        raise InputError(f"{path}: cannot be read ({why})", remedy) from None


def _path(type: type, value: Any) -> Any:
    if type is not Path or not isinstance(value, str):
        raise TypeError(f"no {type.__name__}")
    return Path(value)
