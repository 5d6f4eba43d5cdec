"""How the chance of a false alarm, stated once, is shared among all statistical monitors.

Whatever depends on what: the chance that any of them ever raises a false alarm is at most the sum
of their shares (Bonferroni), and the shares sum to the whole. So it holds although one decision
feeds several series.

It holds until the first alarm. When one is over, its monitor starts anew with the same share: the
chance that the next one is false is at most that share again, and so on, so that false alarms can
only be many where there are many true ones. A new version of the table is watched by new monitors,
against a promise of its own, with a whole budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from handraise.core.monitor.drift import Promised
from handraise.core.monitor.intervals import clopper_pearson

ALL = "all"
"""The series of every decision."""

AUDITED = "wrong_alone"
AGREEING = "agreeing"
UNREAD = "unread"
"""The shares that are no series are named as the signals of their tests."""

AUDITED_SHARE = 0.1
PEOPLE_SHARE = 0.1
"""What the audits' bound and the people's tests get of the whole; the series get the rest."""

ALL_WEIGHT = 2.0
"""The rate of all decisions gets as much as two of the kinds: rows, conditions, routes, types."""


def shares(series: Sequence[str], *, audits: bool, people: bool, total: float) -> dict[str, float]:
    """Return the chance of a false alarm that each monitor may take.

    Each kind of series (its first word) gets the same, however many series are of it, and `all`
    twice that; within a kind each gets the same. So 70 types cost the rate of all nothing.

    Args:
        series: the names of those that are watched, e.g. `all`, `row confidence.1`, each once.
        audits: whether what goes wrong alone is watched: `wrong_alone` in the answer.
        people: whether the people's answers are: `agreeing` and `unread` in the answer.
        total: the whole chance, in (0, 1).

    Returns:
        By name; they sum to `total` at most.

    Raises:
        ValueError: for a total that cannot be.

    Example:
        >>> found = shares(["all", "type a", "type b"], audits=True, people=False, total=0.05)
        >>> {name: round(share, 4) for name, share in found.items()}
        {'wrong_alone': 0.005, 'all': 0.03, 'type a': 0.0075, 'type b': 0.0075}
    """
    if not 0 < total < 1:
        raise ValueError(f"a chance of a false alarm lies between 0 and 1: {total}")
    found: dict[str, float] = {}
    if audits:
        found[AUDITED] = total * AUDITED_SHARE
    if people:
        found[AGREEING] = found[UNREAD] = total * PEOPLE_SHARE / 2
    left = total - sum(found.values())
    sizes = Counter(_kind(name) for name in series)
    weights = {kind: ALL_WEIGHT if kind == ALL else 1.0 for kind in sizes}
    whole = sum(weights.values())
    for name in series:
        kind = _kind(name)
        found[name] = left * weights[kind] / whole / sizes[kind]
    return found


def promised(stopped: int, rows: int, share: float, *, alike: float = 1.0) -> Promised:
    """Return between which rates a backtest promises the true one to lie.

    Half of a monitor's share is spent here, on the promise being drawn from a limited number of
    rows; `alpha_of` is the other half.

    Args:
        stopped: how many of the backtest's rows would have stopped.
        rows: how many rows it had.
        share: the monitor's share of the budget, in (0, 1).
        alike: so many of the rows at a time are taken to be one, at least 1.

    Raises:
        ValueError: for counts or a share that cannot be.
    """
    return clopper_pearson(stopped / alike, rows / alike, 1 - share / 2)


def alpha_of(share: float) -> float:
    """Return what is left of a monitor's share for its test: half of it; see `promised`."""
    return share / 2


def _kind(series: str) -> str:
    return series.partition(" ")[0]
