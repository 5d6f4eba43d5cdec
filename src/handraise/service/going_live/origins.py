"""The part of the checklist about where things come from: what is familiar, and the threshold."""

from __future__ import annotations

from datetime import UTC, datetime

from handraise.core.instants import read_instant
from handraise.core.table.types import Table
from handraise.core.table.wording import number_text
from handraise.errors import Error
from handraise.model import Learned
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject
from handraise.service.reading.calibration import CalibrationFile, read_file

LEARNED = "what is familiar was learned"
THRESHOLD = "the threshold was calibrated"
CALIBRATION = "calibration.json"
LEARN = "`handraise learn DATA --table TABLE` learns it from labelled data"
CALIBRATE = "`handraise calibrate DATA` finds one from labelled decisions"


def learned_line(subject: Subject) -> Line:
    """Return the line about what is familiar: learned from data, and by the very files named."""
    known = subject.table.known
    if known.learned is None:
        types = (
            "the only type was" if len(known.types) == 1 else f"the {len(known.types)} types were"
        )
        evidence = f"{types} written by hand"
        if known.file is not None:
            evidence = f"{types} taken from {known.file}; neither wording nor facts were learned"
        return Line(code="learned", name=LEARNED, state="yellow", evidence=evidence, remedy=LEARN)
    named = f"{known.learned.folder}/, digest {known.learned.digest[:12]}"
    made_at, problem = None, ""
    if subject.folder is None:
        problem = "the files are not on this machine"
    else:
        try:
            made_at = _made_at(subject, known.learned)
        except Error as error:
            problem = error.message
    if problem:
        return Line(
            code="learned",
            name=LEARNED,
            state="red",
            evidence=f"{named}: {problem}",
            remedy="put the learned files back beside the table, or run `handraise learn` again",
        )
    return Line(
        code="learned",
        name=LEARNED,
        state="green",
        evidence=f"{len(known.types)} types from {named}",
        at=made_at,
    )


def _made_at(subject: Subject, learned: Learned) -> datetime | None:
    """Return when the learned files that a table names were written; each of them is checked.

    Raises:
        Error: they are not there, or are others by now.
    """
    if subject.folder is None:
        return None
    from handraise.service.learning.artifact import read_files

    folder = subject.folder / learned.folder
    earlier = folder / learned.digest[:16]
    place = earlier if (earlier / "manifest.json").is_file() else folder
    manifest, _ = read_files(place, learned.digest)
    return _instant(manifest.made_at)


def threshold_line(subject: Subject) -> Line:
    """Return the line about the threshold: whether the labelled decisions carry it."""
    table = subject.table
    try:
        file = None if subject.folder is None else _calibration(subject)
    except Error as error:
        return _threshold("yellow", error.message, CALIBRATE)
    if file is None:
        return _threshold("yellow", f"{_thresholds(table)} was chosen by hand", CALIBRATE)
    if file.agent != table.agent:
        evidence = f"the calibration is of another agent, {file.agent}"
        return _threshold("yellow", evidence, CALIBRATE)
    from handraise.service.reporting.inputs import Inputs
    from handraise.service.reporting.promise import unkept

    made_at = _instant(file.made_at)
    if why := unkept(Inputs(table=table, promise=file)):
        return _threshold("yellow", why.rstrip("."), CALIBRATE, made_at)
    evidence = (
        f"{_thresholds(table)} keeps at most {file.max_error:.2%} errors, {file.sure:.0%} sure, "
        f"by {_labels(file):,} labelled decisions"
    )
    return _threshold("green", evidence, "", made_at)


def _threshold(state: str, evidence: str, remedy: str, at: datetime | None = None) -> Line:
    return Line(
        code="threshold",
        name=THRESHOLD,
        state="green" if state == "green" else "yellow",
        evidence=evidence,
        remedy=remedy,
        at=at,
    )


def _calibration(subject: Subject) -> CalibrationFile | None:
    """Return the calibration beside a table: the one it names, or else the usual one, if any.

    Raises:
        InputError: it is named and not there, or cannot be used.
    """
    if subject.folder is None:
        return None
    named = subject.table.calibration
    place = subject.folder / (CALIBRATION if named is None else named.file)
    return read_file(place) if named is not None or place.is_file() else None


def _thresholds(table: Table) -> str:
    """Return the thresholds of a table's rows about confidence, each once."""
    found: dict[str, None] = {}
    for row in table.rows:
        limits = () if row.kind != "below" else (*row.below_by_type.values(), row.below)
        found |= {number_text(limit): None for limit in limits if limit is not None}
    return ", ".join(found) or "no threshold"


def _labels(file: CalibrationFile) -> int:
    if file.overall is not None:
        return file.overall.labels
    return sum(kept.labels for kept in file.by_type.values())


def _instant(written: str) -> datetime | None:
    """Return an instant as a file says it; None where it cannot be read."""
    return read_instant(written, UTC)
