"""The page of thresholds: each confidence row, what was promised, what is seen, what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from handraise.core.table.types import Row, Table
from handraise.service.advising.looked_at import Seen
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.telling import against_promise, headline
from handraise.service.reading.calibration import CalibrationFile
from handraise.service.watch.words import percent
from handraise.web.pages.views.advice import AdvicePage
from handraise.web.pages.views.words import counted, route_name, spaced

BANDS = 5
"""What was looked at is shown in at most so many bands of confidence, of the same size."""

NO_CALIBRATION = "No calibration lies beside the table: nothing was promised of this threshold."


class ThresholdRow(Struct, frozen=True, kw_only=True):
    """A confidence row: its name, and in words below what it stops, for what, to whom."""

    id: str
    name: str
    limits: tuple[tuple[str, str], ...]
    to: str
    only: str


class PromiseRow(Struct, frozen=True, kw_only=True):
    """What the calibration said of all decisions, or of one type, in words."""

    name: str
    threshold: str
    coverage: str
    errors: str
    bound: str
    sure: str


class BandRow(Struct, frozen=True, kw_only=True):
    """What came of decisions taken alone with about the same confidence, in words."""

    name: str
    looked: str
    wrong: str
    unknown: str


class ThresholdsPage(Struct, frozen=True, kw_only=True):
    """The thresholds of one agent.

    Attributes:
        agent: whose.
        agents: whose the reader may see.
        rows: the rows that stop below a confidence, in the table's order.
        calibration: where the promise comes from, or why there is none.
        promises: what it said; empty where there is none.
        headline: what is known of the decisions taken alone.
        against: how that stands to what was promised.
        bands: the same by confidence, the lowest first; empty where nothing was looked at.
        advice: what is advised on the table.
    """

    agent: str
    agents: tuple[str, ...]
    rows: tuple[ThresholdRow, ...]
    calibration: str
    promises: tuple[PromiseRow, ...]
    headline: str
    against: str
    bands: tuple[BandRow, ...]
    advice: AdvicePage


def thresholds_page(
    table: Table,
    agents: Sequence[str],
    calibration: CalibrationFile | None,
    alone: Alone,
    seen: Sequence[Seen],
    advice: AdvicePage,
) -> ThresholdsPage:
    """Return the page in words.

    Args:
        table: the version in force.
        agents: whose the reader may see.
        calibration: what lies beside the table; None for none.
        alone: what is known of what is decided alone.
        seen: what was looked at of it, with its confidence.
        advice: on the table.
    """
    return ThresholdsPage(
        agent=table.agent,
        agents=tuple(agents),
        rows=tuple(_row(row) for row in table.rows if row.kind == "below"),
        calibration=_calibration(calibration),
        promises=() if calibration is None else tuple(_promises(calibration)),
        headline=headline(alone),
        against=against_promise(alone),
        bands=tuple(bands_of(seen)),
        advice=advice,
    )


def _row(row: Row) -> ThresholdRow:
    limits = [(spaced(type), f"{limit:g}") for type, limit in row.below_by_type.items()]
    if row.below is not None:
        limits.append(("every other type" if limits else "every type", f"{row.below:g}"))
    only = [spaced(one) for one in (*row.for_types, *row.for_actions)]
    return ThresholdRow(
        id=row.id,
        name=row.name or row.id,
        limits=tuple(limits),
        to=route_name(row.to),
        only=", ".join(only),
    )


def _calibration(found: CalibrationFile | None) -> str:
    if found is None:
        return NO_CALIBRATION
    return (
        f"Of {counted(found.labels, 'labelled decision')}, calibrated on {found.made_at[:10]}: of"
        f" what goes ahead alone, at most {percent(found.max_error)} are to be wrong,"
        f" {percent(found.sure)} sure."
    )


def _promises(found: CalibrationFile) -> Iterator[PromiseRow]:
    kept = {"": found.overall} if found.overall is not None else dict(found.by_type)
    for type, one in kept.items():
        share = one.accepted / one.labels if one.labels else 0.0
        yield PromiseRow(
            name=spaced(type) if type else "every type",
            threshold="none is safe" if one.threshold is None else f"{one.threshold:.4g}",
            coverage=f"{one.accepted:,} of {one.labels:,} ({percent(share)})",
            errors=f"{one.errors:,}",
            bound="" if one.bound is None else percent(one.bound),
            sure=percent(one.sure),
        )


def bands_of(seen: Sequence[Seen]) -> Iterator[BandRow]:
    """Yield what came of what was looked at, by confidence, in bands of about the same size."""
    ordered = sorted(seen, key=lambda one: one.confidence)
    edges = [round(at * len(ordered) / BANDS) for at in range(BANDS + 1)]
    for begin, end in pairwise(edges):
        band = ordered[begin:end]
        if not band:
            continue
        told = [one.look.finding for one in band if one.look.finding in ("right", "wrong")]
        wrong = told.count("wrong")
        share = f" ({percent(wrong / len(told))})" if told else ""
        yield BandRow(
            name=f"{band[0].confidence:.3g} to {band[-1].confidence:.3g}",
            looked=f"{len(told):,}",
            wrong=f"{wrong:,}{share}",
            unknown=f"{len(band) - len(told):,}",
        )
