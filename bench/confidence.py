"""What a threshold with a guarantee takes, and all that is shown beside it, on a million labels.

Against a plain sort of the same scores, which nothing that looks at all of them can do without, and
against scikit-learn's counts and bins where it has them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from bench.measure import Contestant, Samples, middle, take_turns
from bench.report import Part, compared
from handraise.core.confidence.costs import costs
from handraise.core.confidence.curves import aurc, excess_aurc, oracle_curve, risk_coverage
from handraise.core.confidence.reliability import reliability
from handraise.core.confidence.thresholds import safe_by_type, safe_threshold

LABELS = 1_000_000
TYPES = 77
LIMIT_S = 5.0
ROUNDS = 5

PROMISE = {"max_error": 0.02, "sure": 0.95}
STARTS = (0.05, 0.01)

ALL = "all of these but by type"
SAFE = "`safe_threshold`"
CURVE = "`risk_coverage`"
RELIABILITY = "`reliability`, 1,000 perfect scores drawn"
SORT, ROC, BINS = "`numpy.sort`", "scikit-learn's `roc_curve`", "scikit-learn's `calibration_curve`"

ABOUT = f"""\
{LABELS:,} labels, no two scores alike; the chance of an error rises smoothly, from 0.2 % where the
agent is surest to 60 %. At most 2 % errors, 95 % certainty. `numpy.sort` sorts the same scores;
scikit-learn's `roc_curve` counts at each distinct score as ours does, its `calibration_curve` fills
the bins and draws no null band. Processor time."""


def run() -> Iterator[Part]:
    """Yield the one part."""
    yield thresholds()


def thresholds(count: int = LABELS, rounds: int = ROUNDS) -> Part:
    """Return what a threshold takes, with its curve, areas, reliability and costs."""
    scores, wrongs, stakes, types = labels(count)

    def everything() -> None:
        assert safe_threshold(scores, wrongs, **PROMISE).threshold is not None
        risk_coverage(scores, wrongs)
        oracle_curve(wrongs)
        aurc(scores, wrongs)
        excess_aurc(scores, wrongs)
        reliability(scores, wrongs)
        costs(scores, wrongs, stakes)

    calls = {
        ALL: everything,
        SAFE: lambda: safe_threshold(scores, wrongs, **PROMISE),
        f"{SAFE}, three starts": lambda: safe_threshold(scores, wrongs, **PROMISE, starts=STARTS),
        CURVE: lambda: risk_coverage(scores, wrongs),
        "`aurc`": lambda: aurc(scores, wrongs),
        RELIABILITY: lambda: reliability(scores, wrongs),
        "`costs`, with stakes": lambda: costs(scores, wrongs, stakes),
        f"`safe_by_type`, {TYPES} types": lambda: safe_by_type(scores, wrongs, types, **PROMISE),
        SORT: lambda: np.sort(scores),
        ROC: lambda: roc_curve(~wrongs, scores),
        BINS: lambda: calibration_curve(~wrongs, scores, n_bins=15),
    }
    contestants = {name: Contestant(run=call, calls=1) for name, call in calls.items()}
    samples = take_turns(contestants, rounds=rounds)
    ours = [name for name in calls if name not in (SORT, ROC, BINS)]
    lines = [compared(samples, name, SORT) for name in ours]
    lines += [compared(samples, CURVE, ROC), compared(samples, RELIABILITY, BINS)]
    return Part(
        title="When confidence is enough",
        about=ABOUT,
        lines=tuple(lines),
        notes=_against_limit(samples),
    )


def labels(
    count: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return confidences, whether they were wrong, stakes and types; the same each time."""
    rng = np.random.default_rng(0)
    q = rng.random(count)
    wrongs = rng.random(count) < 0.002 + 0.6 * q**3
    types = rng.integers(0, TYPES, count).astype(np.str_)
    return 1 - q, wrongs, rng.exponential(80.0, count), types


def _against_limit(samples: Samples) -> str:
    took_s = middle(samples, ALL)
    holds = "That holds" if took_s <= LIMIT_S else "**That does not hold**"
    return f"""\
All of it was to take at most {LIMIT_S:g} s. {holds}: {took_s:.2g} s."""
