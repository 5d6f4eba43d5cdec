"""Advice on a confidence threshold, from what was seen since the table is in force.

Lower: only where the decisions that would newly go ahead keep the promise, with the guarantee of
`handraise calibrate`. Raise: where random audits show that those just over the threshold break it.
INVARIANT: what nobody answered counts as wrong. However often one looks, and however many rows and
types have a threshold of their own, any advice on a table to lower is wrong with at most `UNSURE`,
and so is any to raise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.confidence.mapping import calibrated
from handraise.core.monitor.audits import Estimate, Look, estimate_of
from handraise.core.table.edit import number_text, with_threshold
from handraise.core.table.patch import difference
from handraise.core.table.types import Row, Table
from handraise.core.table.units import percent_text
from handraise.errors import InputError
from handraise.model import TableVersion
from handraise.service.advising.found import Found
from handraise.service.advising.looked_at import Seen, seen_alone
from handraise.store import Store
from handraise.store.advice import LoneStop

UNSURE = 0.05
FIRST_LOOK = 250
"""So many stops are waited for; the next looks are at twice as many each, so that there are few."""

BANDS = 4
"""The decisions above a threshold are looked at in so many bands, the nearest first."""

LEAST_SEEN = 20
"""A band of which fewer are known says nothing."""

DIGITS = 3
NEEDED = {"numpy": "numpy", "scipy": "scipy"}
"""What the guarantee of a lower threshold needs, and the name it is installed by."""

UNCHANGED = "approved"
ELSE = "else"


class Moved(Struct, frozen=True, kw_only=True):
    """A threshold that should be another one, for all decisions of a row or those of one type.

    Attributes:
        type: for which type the row has a threshold of its own; `else` for the others; empty where
            it has one for all.
        before: the threshold as it is.
        after: as it should be.
        sentence: why, in words that follow the row's name.
        lines: the evidence.
        evidence: how many decisions speak for it.
    """

    type: str
    before: float
    after: float
    sentence: str
    lines: tuple[str, ...]
    evidence: int


def threshold_advice(
    store: Store, table: Table, source: TableVersion, max_error: float
) -> list[Found]:
    """Return what to change about a table's confidence thresholds.

    Args:
        store: what was seen.
        table: the version in force.
        source: that version, as it was registered.
        max_error: the share that may go wrong alone, in (0, 1).

    Raises:
        SettingsError: lowering needs the extra `learn`.
    """
    seen = seen_alone(store, table.agent, table.version)
    found = []
    rows = [row for row in table.rows if row.condition == "confidence"]
    alpha = UNSURE / max(sum(len(_groups(row)) for row in rows if row.kind == "below"), 1)
    for place, row in enumerate(rows):
        if row.kind != "below":
            continue
        stops = store.lone_stops(table.agent, table.version, row.id)
        moved = [
            move
            for type, limit in _groups(row).items()
            if (move := _moved(table, row, type, limit, stops, seen, max_error, alpha))
        ]
        if moved:
            found.append(_found(row, place, moved, source))
    return found


def thresholds_so_far(store: Store, table: Table) -> list[str]:
    """Return how many stops of each confidence row there are of those that are waited for."""
    found = []
    for row in table.rows:
        if row.condition != "confidence" or row.kind != "below":
            continue
        count = len(store.lone_stops(table.agent, table.version, row.id))
        needed = FIRST_LOOK
        while needed <= count:
            needed *= 2
        again = "" if needed == FIRST_LOOK else ", to look again"
        found.append(f"threshold: {row.id} alone stopped {count:,} of {needed:,} decisions{again}")
    return found


def _groups(row: Row) -> dict[str, float]:
    """Return the thresholds of a row by type, where it has them apart; else one for all, ''."""
    if not row.below_by_type:
        return {"": row.below or 0.0}
    rest = {} if row.below is None else {ELSE: row.below}
    return {**row.below_by_type, **rest}


def _moved(
    table: Table,
    row: Row,
    type: str,
    limit: float,
    stops: Sequence[LoneStop],
    seen: Sequence[Seen],
    max_error: float,
    alpha: float,
) -> Moved | None:
    """Return how one threshold should move; None where nothing speaks for it."""
    alone = [
        replace(one, confidence=as_rows_read(table, one.confidence))
        for one in seen
        if _is_of(row, type, one.type) and is_among(row, one.type, one.action)
    ]
    higher = raised(limit, alone, max_error, alpha)
    if higher is not None:
        return replace(higher, type=type)
    if _weighed([one.look for one in alone], alpha).floor > max_error:
        return None
    mine = [
        replace(one, confidence=as_rows_read(table, one.confidence))
        for one in stops
        if _is_of(row, type, one.type)
    ]
    lower = lowered(limit, mine, max_error, alpha)
    return None if lower is None else replace(lower, type=type)


def as_rows_read(table: Table, stated: float) -> float:
    """Return the confidence that a table's rows read: the calibrated one, where it has a map."""
    return stated if table.calibration is None else calibrated(table.calibration.map, stated)


def _is_of(row: Row, group: str, type: str | None) -> bool:
    """Whether a decision of a type is held against the threshold of a group."""
    if not group:
        return True
    return type not in row.below_by_type if group == ELSE else type == group


def is_among(row: Row, type: str | None, action: str | None) -> bool:
    """Return whether a row looks at decisions of that type and action."""
    return (not row.for_types or type in row.for_types) and (
        not row.for_actions or action in row.for_actions
    )


def lowered(
    limit: float, stops: Sequence[LoneStop], max_error: float, alpha: float
) -> Moved | None:
    """Return the lower threshold under which the promise still holds; None where there is none.

    The first 250 stops are looked at, then the first 500, and so on; each look has a share of
    `alpha`, so that looking often promises no more than it can keep. Among the stops of a look, the
    surest are let go ahead as far as the promise holds for them by themselves.

    Args:
        limit: the threshold as it is, of the confidence that rows read.
        stops: what the row alone stopped, oldest first, with that confidence.
        max_error: the share that may go wrong.
        alpha: how likely the advice may be wrong.

    Raises:
        SettingsError: the extra `learn` is not installed.
    """
    below = [one for one in stops if one.confidence < limit]
    if len(below) < FIRST_LOOK:
        return None
    number = int(math.log2(len(below) / FIRST_LOOK))
    looked = below[: FIRST_LOOK * 2**number]
    share = alpha / ((number + 1) * (number + 2))
    threshold = _safe(looked, max_error, share)
    after = limit if threshold is None else _rounded_up(threshold)
    freed = [one for one in looked if one.confidence >= after]
    if not freed or after >= limit:
        return None
    wrong = sum(one.outcome != UNCHANGED for one in freed)
    waiting = sum(one.outcome is None for one in freed)
    count, share_freed = len(freed), len(freed) / len(looked)
    return Moved(
        type="",
        before=limit,
        after=after,
        sentence=f"could be {number_text(after)} instead of {number_text(limit)}: of the {count:,} "
        f"decisions it alone stopped at {number_text(after)} or surer, people changed or refused "
        f"{wrong:,} ({wrong / count:.1%})",
        lines=(
            f"Looked at: the first {len(looked):,} decisions that this row alone stopped.",
            f"{count:,} of them ({share_freed:.1%}) would have gone ahead; "
            f"{count - wrong:,} of those were approved unchanged.",
            *([f"{waiting:,} of those wait for an answer, and count as wrong."] if waiting else []),
            f"So at most {percent_text(max_error)} of what newly goes ahead would be wrong; that is"
            f" wrong itself with at most {percent_text(round(alpha, 4))}, however often one looks.",
            "Whoever answered saw what the agent proposed, which makes agreeing easy: audits of "
            "what goes ahead will show whether it holds.",
        ),
        evidence=len(looked),
    )


def _safe(looked: Sequence[LoneStop], max_error: float, share: float) -> float | None:
    from handraise.service.extras import need

    need(NEEDED, "advice to lower a threshold", "learn")
    import numpy as np

    from handraise.core.confidence.thresholds import safe_threshold

    found = safe_threshold(
        np.array([one.confidence for one in looked]),
        np.array([one.outcome != UNCHANGED for one in looked]),
        max_error=max_error,
        sure=1.0 - share,
    )
    return found.threshold


def _rounded_up(threshold: float) -> float:
    """Return a threshold in few digits, none lower: what is stopped then was tried too."""
    near = round(threshold, DIGITS)
    return near if near >= threshold else round(near + 10**-DIGITS, DIGITS)


def raised(limit: float, seen: Sequence[Seen], max_error: float, alpha: float) -> Moved | None:
    """Return the higher threshold that audits speak for; None where they do not.

    What went ahead is looked at in bands, from the threshold up. It should rise over those, one
    after the other, whose share of errors is over the promise even at its lower bound.

    Args:
        limit: the threshold as it is, of the confidence that rows read.
        seen: what was drawn of the decisions that went ahead, with that confidence.
        max_error: the share that may go wrong.
        alpha: how likely the advice may be wrong, at any time.
    """
    width = (1.0 - limit) / BANDS
    after, lines, known, errors = limit, [], 0, 0
    for number in range(1, BANDS):
        top = round(limit + number * width, DIGITS)
        band = [one.look for one in seen if after <= one.confidence < top]
        found = [one for one in band if one.finding in {"right", "wrong"}]
        if len(found) < LEAST_SEEN or top <= after:
            break
        estimate = _weighed(band, alpha / (BANDS - 1))
        if estimate.floor <= max_error:
            break
        wrong = sum(one.finding == "wrong" for one in found)
        lines.append(
            f"From {number_text(after)} to {number_text(top)}: {wrong:,} of {len(found):,} that "
            f"were looked at were wrong; weighed by how they were drawn, "
            f"{estimate.rate or 0.0:.1%}, and at least {estimate.floor:.1%}."
        )
        after, known, errors = top, known + len(found), errors + wrong
    if after == limit:
        return None
    return Moved(
        type="",
        before=limit,
        after=after,
        sentence=f"should be {number_text(after)} instead of {number_text(limit)}: of the "
        f"{known:,} decisions just over it that were looked at, {errors:,} were wrong, more than "
        f"the {percent_text(max_error)} that may be",
        lines=(
            *lines,
            "They are from a random sample of what went ahead; an outcome counts before an answer.",
        ),
        evidence=known,
    )


def _weighed(looks: Sequence[Look], alpha: float) -> Estimate:
    """Return what went wrong, each that was drawn standing for as many as it was one of."""
    alone: dict[str, float] = {}
    for look in looks:
        alone[look.severity] = alone.get(look.severity, 0.0) + 1.0 / look.probability
    counts = {severity: round(count) for severity, count in alone.items()}
    return estimate_of(counts, looks, alpha)


def _found(row: Row, place: int, moved: Sequence[Moved], source: TableVersion) -> Found:
    """Return the advice on one row, with the change of the table's text."""
    first = moved[0]
    sentence = "; ".join(f"{_named(row, one.type)} {one.sentence}" for one in moved)
    lines = [
        line if not first.type else f"{one.type}: {line}" for one in moved for line in one.lines
    ]
    below: float | Mapping[str, float] = first.after
    if first.type:
        below = {**_groups(row), **{one.type: one.after for one in moved}}
    change = ""
    try:
        text = with_threshold(source.text, place, below)
        change = difference(source.text, text, source.source)
    except InputError as error:
        lines.append(f"Write it by hand: {error.message}.")
    return Found(
        kind="threshold",
        subject=row.id,
        sentence=f"{sentence}.",
        lines=tuple(lines),
        evidence=sum(one.evidence for one in moved),
        change=change,
    )


def _named(row: Row, type: str) -> str:
    return f"The threshold of {row.id}" + (f" for {type}" if type else "")
