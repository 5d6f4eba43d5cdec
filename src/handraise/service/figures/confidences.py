"""How sure an agent is, held against its thresholds, and how often it was right at how sure.

All confidence here is the one that rows read: the calibrated one where the table has a map.
INVARIANTS: the bands are fixed by the table, never by what was found; what nobody has told counts
as wrong at the lower end of an interval, and as right at the upper one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from handraise.core.monitor.audits import Look, estimate_of
from handraise.core.table.types import Row, Table
from handraise.service.advising.looked_at import Seen
from handraise.service.advising.thresholds import as_rows_read, is_among
from handraise.service.auditing.estimating import ALPHA
from handraise.store.decisions import Stated

MOST = 5_000
"""So many of the newest decisions say how sure an agent is."""

STEPS = 20
"""Into so many steps of the same width confidence is cut."""

BANDS = 4
"""What goes ahead, from the lowest threshold up, is cut into so many bands of the same width."""

FEW = 20
"""So few that are known to be right or wrong say little."""

DIGITS = 4


class Step(Struct, frozen=True, kw_only=True):
    """The decisions from `low` on and below `high`; in the last step `high` as well.

    Attributes:
        low: in [0, 1].
        high: in [0, 1].
        stopped: how many the row stopped.
        others: how many it let pass.
    """

    low: float
    high: float
    stopped: int
    others: int


class Histogram(Struct, frozen=True, kw_only=True):
    """How sure an agent was of the decisions that one row looks at.

    Attributes:
        steps: from 0 up.
        unusable: how many stated no confidence that could be read; the row stops them too.
    """

    steps: tuple[Step, ...]
    unusable: int

    @property
    def count(self) -> int:
        """How many decisions stated a confidence."""
        return sum(one.stopped + one.others for one in self.steps)

    @property
    def stopped(self) -> int:
        """How many of them the row stopped."""
        return sum(one.stopped for one in self.steps)


class Band(Struct, frozen=True, kw_only=True):
    """What came of decisions taken alone, from `low` on and below `high`; the last with `high`.

    Attributes:
        low: of the confidence.
        high: of the confidence.
        right: how many were found right.
        wrong: how many were found wrong.
        untold: of how many it is not known.
        share: of those found right, each standing for as many as it was one of; None where nothing
            was found.
        least: the share that was right is at least this.
        most: and at most this. All bands together miss it with at most 5 %, at every look.
    """

    low: float
    high: float
    right: int
    wrong: int
    untold: int
    share: float | None
    least: float
    most: float

    @property
    def told(self) -> int:
        """How many were found right or wrong."""
        return self.right + self.wrong


def limits_of(row: Row) -> dict[str, float]:
    """Return the thresholds of a row by type; the one of all other types, or of all, as ''."""
    rest = {} if row.below is None else {"": row.below}
    return {**row.below_by_type, **rest}


def histogram_of(table: Table, row: Row, stated: Iterable[Stated]) -> Histogram:
    """Return how sure an agent was of what one row of its table looks at.

    Args:
        table: the version in force.
        row: of it, with a threshold.
        stated: what that version judged.
    """
    stopped: Counter[int] = Counter()
    others: Counter[int] = Counter()
    unusable = 0
    for one in stated:
        if not is_among(row, one.type, one.action):
            continue
        if one.confidence is None:
            unusable += 1
            continue
        at = _step(as_rows_read(table, one.confidence))
        (stopped if row.id in one.rows else others)[at] += 1
    return Histogram(
        steps=tuple(
            Step(low=at / STEPS, high=(at + 1) / STEPS, stopped=stopped[at], others=others[at])
            for at in range(STEPS)
        ),
        unusable=unusable,
    )


def _step(confidence: float) -> int:
    """Return in which step a confidence lies; one on an edge lies in the upper one.

    Example:
        >>> _step(0.0), _step(0.7), _step(0.15), _step(1.0)
        (0, 14, 3, 19)
    """
    # What is a hair under an edge only for how numbers are kept lies on it.
    return min(int(round(confidence * STEPS, DIGITS + 2)), STEPS - 1)


def bands_of(table: Table, seen: Sequence[Seen]) -> tuple[Band, ...]:
    """Return how often decisions taken alone were right, by confidence; lowest first.

    Below the lowest threshold is one band, if anything went ahead there.

    Args:
        table: the version in force.
        seen: what was drawn by lot of what it let go ahead.

    Returns:
        Nothing for a table without a threshold, or where nothing was drawn.
    """
    limits = [
        limit for row in table.rows if row.kind == "below" for limit in limits_of(row).values()
    ]
    if not limits or not seen:
        return ()
    first = min(limits)
    inner = [round(first + at * (1 - first) / BANDS, DIGITS) for at in range(BANDS)]
    edges = list(dict.fromkeys([0.0, *inner, 1.0]))
    looks: list[list[Look]] = [[] for _ in edges[1:]]
    for one in seen:
        confidence = as_rows_read(table, one.confidence)
        looks[max(at for at, low in enumerate(edges[:-1]) if low <= confidence)].append(one.look)
    found = [
        _band(low, high, own, ALPHA / len(looks))
        for (low, high), own in zip(pairwise(edges), looks, strict=True)
    ]
    is_below = found[0].low < first and not looks[0]
    return tuple(found[1:] if is_below else found)


def _band(low: float, high: float, looks: Sequence[Look], alpha: float) -> Band:
    stands_for: dict[str, float] = {}
    for one in looks:
        stands_for[one.severity] = stands_for.get(one.severity, 0.0) + 1.0 / one.probability
    estimate = estimate_of({name: round(of) for name, of in stands_for.items()}, looks, alpha)
    return Band(
        low=low,
        high=high,
        right=estimate.right,
        wrong=estimate.wrong,
        untold=estimate.unclear + estimate.pending,
        share=None if estimate.rate is None else 1.0 - estimate.rate,
        least=1.0 - estimate.high,
        most=1.0 - estimate.low,
    )
