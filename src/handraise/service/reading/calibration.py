"""The calibration file: what `handraise calibrate` found, and what a table takes from it.

It holds the map, the promise and the names of columns, and no customer's data. INVARIANT: what is
damaged, edited, foreign or too large is refused: a gate never falls back to the stated number.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.confidence.mapping import CalibrationMap, problem_of
from handraise.core.table.types import Calibration
from handraise.errors import InputError
from handraise.service.reading.whole import read_whole

FORM = 1
MAX_BYTES = 2_000_000
AGAIN = "run `handraise calibrate` again"
NO_MAP = "run `handraise calibrate` with --map auto, or take confidence: out of the table"

_NOT_COUNTED = ("digest", "made_with", "made_at")


class KeptPromise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was promised of all decisions, or of those of one type.

    Attributes:
        threshold: of the stated confidence; None where none is safe.
        calibrated: the same of the calibrated one; None without a map, or where none is safe.
        sure: how sure it is, in (0, 1); certainty is split among types.
        labels: how many labelled decisions it rests on.
        accepted: how many of them the agent would have decided alone.
        errors: how many of those were wrong.
        bound: what the error rate is at most, this sure; None where no threshold is safe.
    """

    threshold: float | None
    calibrated: float | None
    sure: float
    labels: int
    accepted: int
    errors: int
    bound: float | None


class CalibrationFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a calibration file.

    Attributes:
        handraise_calibration: the form of this file.
        digest: SHA-256 of all that has a meaning here, 64 hex digits.
        made_with: the release of Handraise that wrote it.
        made_at: when, in UTC.
        agent: whose decisions were labelled.
        labels: how many labelled decisions the map was fitted to.
        map: from the stated confidence to the calibrated one; None where none was fitted.
        max_error: the error rate that is promised.
        sure: how sure the whole promise is.
        minimum_coverage: the share of decisions at which the search for a threshold began.
        overall: the promise of all decisions together; None where it was asked for by type.
        by_type: the promise of each type; empty where it was not asked for.
        columns: the name of the column of each thing that was read.
    """

    handraise_calibration: int
    digest: str = ""
    made_with: str
    made_at: str
    agent: str
    labels: int
    map: CalibrationMap | None
    max_error: float
    sure: float
    minimum_coverage: float
    overall: KeptPromise | None
    by_type: dict[str, KeptPromise]
    columns: dict[str, str]


def digest_of(file: CalibrationFile) -> str:
    """Return the digest of a calibration: of all but by what and when it was made."""
    content = msgspec.to_builtins(file)
    for name in _NOT_COUNTED:
        del content[name]
    encoded = msgspec.json.encode(content, order="deterministic")
    return hashlib.sha256(b"handraise calibration\n" + encoded).hexdigest()


def read_file(path: Path) -> CalibrationFile:
    """Return what stands in a calibration file.

    Raises:
        InputError: it is missing, damaged, edited, foreign, too large, or no plain file.
    """
    try:
        found = msgspec.json.decode(read_whole(path, MAX_BYTES), type=CalibrationFile)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such calibration") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{path}: is damaged, or no calibration", AGAIN) from None
    except (OSError, ValueError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "no name of a file"
        raise InputError(f"{path}: cannot be read ({why})") from None
    if found.handraise_calibration != FORM:
        raise InputError(
            f"{path}: has form {found.handraise_calibration}; this release reads form {FORM}", AGAIN
        )
    if found.digest != digest_of(found):
        raise InputError(f"{path}: was edited: its digest does not fit", AGAIN)
    if found.map is not None and (problem := problem_of(found.map)):
        raise InputError(f"{path}: its map cannot be used: {problem}", AGAIN)
    return found


def read_calibration(path: Path) -> Calibration:
    """Return what a table takes from the calibration in a file.

    Raises:
        InputError: the file cannot be used, or holds no map.
    """
    return calibration_in(read_file(path), path)


def calibration_in(found: CalibrationFile, path: Path) -> Calibration:
    """Return what a table takes from a calibration.

    Args:
        found: what stands in the file.
        path: its place, for the error.

    Raises:
        InputError: it holds no map.
    """
    if found.map is None:
        raise InputError(f"{path}: holds no map, so nothing can be calibrated", NO_MAP)
    return Calibration(file=path.name, digest=found.digest, labels=found.labels, map=found.map)


def calibration_of(plain: dict[str, Any]) -> Calibration:
    """Return the calibration that a version of a table was registered with.

    Raises:
        InputError: this release cannot read it.
    """
    try:
        found = msgspec.convert(plain, Calibration)
    except msgspec.ValidationError as error:
        raise InputError(f"the calibration in the store cannot be read ({error})") from None
    if problem := problem_of(found.map):
        raise InputError(f"the calibration in the store cannot be used: {problem}")
    return found
