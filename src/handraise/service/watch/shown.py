"""How figures of the watch are said, on the page, in the terminal and in the summary alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from handraise.core.monitor.people import Share
from handraise.model import OWNER
from handraise.service.watch.people_figures import Figures, GroupFigures
from handraise.service.watch.rate_figures import Rate, Seen
from handraise.service.watch.words import lasting, percent

STATES = {
    "quiet": "no change found",
    "watching": "looked at closely",
    "outside": "not as promised so far, not proved: being looked at",
    "alarm": "alarm",
    "no promise": "no promise",
}
"""What the state of a rate is called."""


def told_apart(rates: Sequence[Rate]) -> list[Rate]:
    """Return the rates, but for conditions and routes that one row alone makes up."""
    rows = {_figures(one) for one in rates if one.series.startswith("row ")}
    return [
        one
        for one in rates
        if not one.series.startswith(("condition ", "route ")) or _figures(one) not in rows
    ]


def _figures(rate: Rate) -> tuple[Seen | None, Seen, Seen, str]:
    return rate.promised, rate.week, rate.in_force, rate.state


def lately(rate: Rate) -> tuple[Seen, str]:
    """Return what was seen of a rate over the last week, else all there is; and which it is."""
    return rate.lately, "last week" if rate.week.decisions else "in force"


def lately_words(rate: Rate) -> str:
    """Return what was seen of a rate lately: `12 % (11–13 %) of 4,000, last week`."""
    seen, _ = lately(rate)
    if not seen.decisions:
        return "no decisions yet"
    return f"{interval(seen)}, {'last week' if seen is rate.week else 'since it is in force'}"


def greatest(rates: Sequence[Rate]) -> float:
    """Return where the scale ends on which rates are drawn beside each other; it begins at 0.

    That is the greatest share that was promised or seen lately, rounded up to full hundredths, so
    that one length is the same share in every bar.
    """
    ends = [one.promised.high for one in rates if one.promised is not None]
    ends += [seen.high for one in rates for seen, _ in [lately(one)] if seen.decisions]
    return min(max(math.ceil(100 * max(ends, default=0.0) - 1e-9), 1) / 100, 1.0)


def state_words(rate: Rate) -> str:
    """Return how a rate stands to its promise."""
    if rate.state == "alarm" and rate.direction is not None:
        words = "too much" if rate.direction == "more" else "too little"
        return f"{words}, {_part_of(rate)}" if rate.part_of else words
    if rate.state == "outside" and rate.part_of:
        return _part_of(rate)
    return STATES[rate.state]


def _part_of(rate: Rate) -> str:
    return f"part of: {series_name(rate.part_of)}"


def series_name(series: str) -> str:
    """Return what a series is called.

    Example:
        >>> series_name("type refund_request"), series_name("all")
        ('type refund request', 'all decisions')
    """
    kind, _, name = series.partition(" ")
    if kind == "all":
        return "all decisions"
    if kind == "row":
        return series
    return f"{kind} {'the owner' if name == OWNER else name.replace('_', ' ')}"


def interval(seen: Seen) -> str:
    """Return a rate with its interval: `12 % (11–13 %) of 4,000`."""
    if seen.rate is None:
        return "no decisions"
    between = f"{percent(seen.low).removesuffix(' %')}–{percent(seen.high)}"
    return f"{percent(seen.rate)} ({between}) of {seen.decisions:,}"


def groups(figures: Figures) -> Iterator[tuple[str, GroupFigures]]:
    """Yield everything, and each route and row that was answered or waits, by what it is called."""
    yield "everything", figures.all
    for one in figures.routes:
        if one.count or one.open:
            yield "the owner" if one.name == OWNER else f"route {one.name.replace('_', ' ')}", one
    for one in figures.rows:
        if one.count:
            yield f"row {one.name}", one


def answering(group: GroupFigures, oldest: str) -> Iterator[tuple[str, str]]:
    """Yield how a route, a row or everything is answered, as labelled words.

    Args:
        group: whose figures.
        oldest: when the oldest that waits came, in words.
    """
    yield "answers", f"{group.count:,}"
    found = group.answering
    if found is None:
        yield "figures", "one person's alone: they and the owner see them"
    else:
        if found.differed.share is not None:
            yield "changed, rejected or done otherwise", share_words(found.differed)
        if found.unread.share is not None:
            yield "approved faster than it can be read", share_words(found.unread)
        if found.picked_up_s is not None:
            yield "half picked up within", lasting(found.picked_up_s)
        if found.resolved_s is not None:
            yield "half answered within", lasting(found.resolved_s)
    if group.past_deadline is not None and group.past_deadline.count:
        past = group.past_deadline
        yield "past a deadline", f"{past.count:,} of {past.of:,}"
    if group.open:
        yield "waiting", f"{group.open:,}, the oldest came {oldest}"


def share_words(found: Share) -> str:
    """Return a share with its interval; the bare count for fewer than twenty."""
    if found.share is None or found.low is None or found.high is None:
        return f"{found.count:,} of {found.of:,}"
    between = f"{percent(found.low).removesuffix(' %')}–{percent(found.high)}"
    return f"{percent(found.share)} ({between}) of {found.of:,}"
