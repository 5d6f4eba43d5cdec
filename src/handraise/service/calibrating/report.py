"""What calibrating reports: the promise, what stands beside it, and what was written."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from handraise.core.confidence.costs import Cost
from handraise.core.confidence.honesty import Honesty
from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.confidence.reliability import Reliability
from handraise.core.confidence.thresholds import Safe


class Point(Struct, frozen=True, kw_only=True):
    """A point of a risk-coverage curve.

    Attributes:
        threshold: of the stated confidence; None on the oracle's curve, which has no scores.
        coverage: the share of decisions that would be decided alone.
        risk: the share of those that were wrong.
    """

    threshold: float | None
    coverage: float
    risk: float


class Fitted(Struct, frozen=True, kw_only=True):
    """The calibration map.

    Attributes:
        map: from the stated confidence to the calibrated one.
        ece_before: the calibration error as stated.
        ece_after: the same of rows that the map was not fitted on; None where too few to tell.
        is_asked: whether the table reads it, or will.
    """

    map: CalibrationMap
    ece_before: float
    ece_after: float | None
    is_asked: bool


class Checked(Struct, frozen=True, kw_only=True):
    """How the threshold does on labels that nothing was chosen by.

    Attributes:
        labels: how many there are.
        accepted: how many of them would be decided alone.
        errors: how many of those were wrong.
    """

    labels: int
    accepted: int
    errors: int


class Written(Struct, frozen=True, kw_only=True):
    """What was changed in the table.

    Attributes:
        lines: the lines that are new or other than before, as they stand now.
        row: the row whose threshold was set.
        version_before: the version of the table before; None where it could not be used before.
        version: the version now.
        owner: the full name of who must sign again.
        tests: the names of the table's own tests that end otherwise now and fail.
    """

    lines: tuple[str, ...]
    row: str
    version_before: str | None
    version: str
    owner: str
    tests: tuple[str, ...]


class CalibrationReport(Struct, frozen=True, kw_only=True):
    """All that came of calibrating; plain JSON but for paths.

    Attributes:
        table: the routing table.
        agent: whose it is.
        columns: the columns that were read, by what they hold.
        rows: how many rows were read.
        labels: how many of them count.
        skipped: how many were left out, by why.
        repeated: how many rows repeat an earlier one of their file.
        is_distinct: whether rows that stand twice could be told at all.
        errors: how many of all labels were wrong.
        max_error: the error rate asked for.
        sure: how sure it was to be.
        minimum_coverage: where the search began.
        safe: the threshold for all types together; of the stated confidence.
        by_type: the threshold of each type, with its share of the certainty; None where not asked.
        unlabelled: types that the table knows and no label is of; empty where not asked by type.
        scale: whether the table reads the stated confidence or the calibrated one.
        threshold: what the table is to say for all types; None by type, or where none is safe.
        thresholds: what the table is to say for each type that has one.
        naive: the lowest threshold with so few errors among the labels; no promise at all.
        oracle_coverage: the share that a perfect ranking could decide alone at that error rate.
        curve: risk and coverage by threshold, at most 500 points, most confident first.
        oracle: the same for a perfect ranking.
        aurc: the mean risk over all coverages.
        excess_aurc: how much more that is than a perfect ranking's.
        reliability: how honest the stated confidence is.
        reliability_mapped: the same of the calibrated one, on the rows it was fitted on.
        fitted: the map; None where none was fitted.
        no_map: why none was; empty where one was, or nobody wanted any.
        costs: what some thresholds of the stated confidence cost and save.
        held_out: how the threshold does on other labels; None where there are none.
        out: the calibration file.
        unstaked: how many labels count as a stake of 0, by why.
        honesty: what is stated and what is right by type; empty where no column holds types.
        is_named: whether the table reads it.
        is_kept: whether one that stood there was kept, as nobody asked to replace it, or no
            threshold is safe.
        written: what was changed in the table; None where nothing was to be.
    """

    table: Path
    agent: str
    columns: dict[str, str]
    rows: int
    labels: int
    skipped: dict[str, int]
    repeated: int
    is_distinct: bool
    errors: int
    max_error: float
    sure: float
    minimum_coverage: float
    safe: Safe
    by_type: dict[str, Safe] | None
    unlabelled: tuple[str, ...]
    scale: str
    threshold: float | None
    thresholds: dict[str, float]
    naive: Point | None
    oracle_coverage: float
    curve: tuple[Point, ...]
    oracle: tuple[Point, ...]
    aurc: float
    excess_aurc: float
    reliability: Reliability
    reliability_mapped: Reliability | None
    fitted: Fitted | None
    no_map: str
    costs: tuple[Cost, ...]
    held_out: Checked | None
    out: Path
    unstaked: dict[str, int] = {}
    honesty: dict[str, Honesty] = {}
    is_named: bool = False
    is_kept: bool = False
    written: Written | None = None
