"""The page of thresholds: each confidence row, what was promised, what is seen, what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from handraise.core.table.types import Row, Table
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.telling import against_promise, headline
from handraise.service.reading.calibration import CalibrationFile
from handraise.service.watch.words import percent
from handraise.web.pages.views.advice import AdvicePage
from handraise.web.pages.views.figures_page import lacks_words
from handraise.web.pages.views.plots import PlotView
from handraise.web.pages.views.sheets import Sheet
from handraise.web.pages.views.words import counted, route_name, row_title, spaced

NO_CALIBRATION = "No calibration lies beside the table: nothing was promised of this threshold."


class ThresholdRow(Struct, frozen=True, kw_only=True):
    """A confidence row: its name; in words below what it stops, for what, to whom; its figure."""

    id: str
    name: str
    limits: tuple[tuple[str, str], ...]
    to: str
    only: str
    figure: PlotView


class PromiseRow(Struct, frozen=True, kw_only=True):
    """What the calibration said of all decisions, or of one type, in words."""

    name: str
    threshold: str
    coverage: str
    errors: str
    bound: str
    sure: str


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
        right: how often it was right, by confidence.
        lacks: the sentence that plots cannot be drawn; empty where they can.
        advice: what is advised on the table.
    """

    agent: str
    agents: tuple[str, ...]
    rows: tuple[ThresholdRow, ...]
    calibration: str
    promises: tuple[PromiseRow, ...]
    headline: str
    against: str
    right: PlotView
    lacks: str
    advice: AdvicePage


def thresholds_page(
    table: Table,
    agents: Sequence[str],
    calibration: CalibrationFile | None,
    alone: Alone,
    sheets: Sequence[Sheet],
    advice: AdvicePage,
) -> ThresholdsPage:
    """Return the page in words.

    Args:
        table: the version in force.
        agents: whose the reader may see.
        calibration: what lies beside the table; None for none.
        alone: what is known of what is decided alone.
        sheets: the figures: of each row with a threshold in its order, then what was right.
        advice: on the table.
    """
    rows = [row for row in table.rows if row.kind == "below"]
    *figures, right = sheets
    return ThresholdsPage(
        agent=table.agent,
        agents=tuple(agents),
        rows=tuple(_row(row, one.view) for row, one in zip(rows, figures, strict=True)),
        calibration=_calibration(calibration),
        promises=() if calibration is None else tuple(_promises(calibration)),
        headline=headline(alone),
        against=against_promise(alone),
        right=right.view,
        lacks=lacks_words(),
        advice=advice,
    )


def _row(row: Row, figure: PlotView) -> ThresholdRow:
    limits = [(spaced(type), f"{limit:g}") for type, limit in row.below_by_type.items()]
    if row.below is not None:
        limits.append(("every other type" if limits else "every type", f"{row.below:g}"))
    only = [spaced(one) for one in (*row.for_types, *row.for_actions)]
    return ThresholdRow(
        id=row.id,
        name=row_title(row),
        limits=tuple(limits),
        to=route_name(row.to),
        only=", ".join(only),
        figure=figure,
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
