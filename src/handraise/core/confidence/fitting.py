"""Fitting a calibration map to labelled decisions, and how much more honest it makes a score.

Temperature, Platt and beta maps are one small logistic regression each, of features of the stated
number; an isotonic one is a rising staircase, drawn as a line. Each becomes a line through at most
64 knots that rises everywhere (`mapping`). On the rows it was fitted on a map always looks better
than it is: `cross_fitted_ece` looks at the others.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, log_expit, logit

from handraise.core.confidence.mapping import LEAST_RISE, MOST_KNOTS, CalibrationMap, Kind
from handraise.core.confidence.ranking import Bools, Floats, checked

BETA_FROM = 1_000
"""From so many labels on `auto` takes three parameters instead of one."""

ISOTONIC_FROM = 5_000
"""An isotonic map needs so many labels."""

FURTHEST = 9.21
"""Log-odds count as no further out, so a number past 0.0001 or 0.9999 as that: labels that tell
more nines apart are never had, and a stated 1.0 must not weigh more than all others."""

CELL = 1e-3
"""Stated numbers are counted in cells of so many log-odds; a parameter moves by less than that."""

STEEPEST = 100.0
"""No parameter of a map is larger: where a score tells right from wrong perfectly it had no end."""

OFF = 1e-3
"""A line that is nowhere further off the map than this needs no more knots."""

SAME = 9
"""Stated numbers that agree in so many decimal places are one step of a staircase."""

BINS = 15
"""Bins of equal width of the calibration error; a score on an edge belongs to the lower one."""


def fit_map(
    confidence: Floats, wrong: Bools, kind: Kind | Literal["auto"] = "auto"
) -> CalibrationMap:
    """Return the map from stated to calibrated confidence that fits labelled decisions best.

    Args:
        confidence: what the agent stated, shape (n,), each in [0, 1].
        wrong: whether it was wrong, shape (n,).
        kind: `temperature`: sigmoid(z / T) of the log-odds z; `platt`: sigmoid(a·z + b); `beta`:
            sigmoid(c + a·ln x - b·ln(1 - x)), all but b of Platt and c at least 0; `isotonic`: the
            rising staircase, drawn through the middle of its steps; `auto`: temperature, and beta
            from 1,000 labels on.

    Raises:
        ValueError: no map can be fitted; the sentence says why, and what would help.

    Source: temperature: Guo et al., "On calibration of modern neural networks", ICML 2017, 4.2.
        Platt, "Probabilistic outputs for support vector machines", 1999, without his prior. Beta:
        Kull, Silva Filho, Flach, "Beta calibration", AISTATS 2017, 3.2. Isotonic: Zadrozny, Elkan,
        KDD 2002, drawn as in Oron, Flournoy, "Centered isotonic regression", Statistics in
        Biopharmaceutical Research 2017, section 2.

    Example:
        >>> stated = np.repeat([0.6, 0.9], 10)
        >>> wrong = np.array([True, False] * 5 + [True, True, False, False, False] * 2)
        >>> found = fit_map(stated, wrong)
        >>> found.kind, all_calibrated(found, np.array([0.6, 0.9])).round(2).tolist()
        ('temperature', [0.52, 0.6])
    """
    stated, wrongs = _mappable(confidence, wrong)
    return _fitted(stated, ~wrongs, _kind_for(kind, len(stated)))


def all_calibrated(fitted: CalibrationMap, stated: Floats) -> Floats:
    """Return the calibrated confidence of many at once: to the bit what `calibrated` gives each.

    Args:
        fitted: a map without a `problem_of`.
        stated: shape (n,), each in [0, 1] or NaN.

    Returns:
        Shape (n,), each in [0, 1], NaN for NaN.
    """
    x, y = np.array(fitted.knots, dtype=np.float64).T
    place = np.searchsorted(x[1:-1], stated, side="right")
    low, high = y[place], y[place + 1]
    slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
    found: Floats = np.minimum(np.maximum(low + (stated - x[place]) * slope[place], low), high)
    return found


def cross_fitted_ece(
    confidence: Floats,
    wrong: Bools,
    kind: Kind | Literal["auto"] = "auto",
    folds: int = 5,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the calibration error of the stated numbers, and of mapped ones on unseen rows.

    Each row is mapped by a map that was fitted on the other folds; each fold has its share of the
    wrong ones. The first is a perfect score's, too, above 0 by chance (`reliability`).

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: shape (n,).
        kind: as for `fit_map`; chosen, and refused, by all n labels.
        folds: how many parts the rows are drawn into, from 2 to n.
        seed: of that draw.

    Returns:
        ECE-15 before and after, each in [0, 1].

    Raises:
        ValueError: as `fit_map`, or the rows outside a fold are all right or all wrong.

    Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
        binning", AAAI 2015: sum over bins of the share of rows times |mean stated - share right|.
    """
    stated, wrongs = _mappable(confidence, wrong)
    if not 2 <= folds <= len(stated):
        raise ValueError(f"{folds} folds of {len(stated)} labels: from 2 to as many as labels")
    chosen = _kind_for(kind, len(stated))
    fold = _drawn(wrongs, folds, seed)
    mapped = np.empty_like(stated)
    for part in range(folds):
        inside = fold == part
        outside = _mappable(stated[~inside], wrongs[~inside])
        mapped[inside] = all_calibrated(_fitted(outside[0], ~outside[1], chosen), stated[inside])
    return _ece(stated, ~wrongs), _ece(mapped, ~wrongs)


def _mappable(confidence: Floats, wrong: Bools) -> tuple[Floats, Bools]:
    """Return labels that allow a map.

    Raises:
        ValueError: there are none, they are all right, all wrong, or all of one score.
    """
    stated, wrongs = checked(confidence, wrong)
    count, errors = len(stated), int(wrongs.sum())
    if not count:
        raise ValueError("no map can be fitted: there are no labels")
    if errors in (0, count):
        all_are = "right" if errors == 0 else "wrong"
        raise ValueError(
            f"no map can be fitted: all of the {count:,} labels are {all_are}; it needs both"
        )
    if stated.min() == stated.max():
        raise ValueError(
            f"no map can be fitted: all of the {count:,} decisions state {stated[0]:g}; "
            "it needs different numbers"
        )
    return stated, wrongs


def _kind_for(kind: str, labels: int) -> Kind:
    if kind == "auto":
        return "beta" if labels >= BETA_FROM else "temperature"
    for known in get_args(Kind):
        if kind == known:
            if kind == "isotonic" and labels < ISOTONIC_FROM:
                raise ValueError(
                    f"an isotonic map needs {ISOTONIC_FROM:,} labels, there are {labels:,}: "
                    "with fewer it follows chance; take temperature, platt or beta"
                )
            return known  # type: ignore[no-any-return]  # get_args tells no types
    raise ValueError(f'"{kind}" is no kind of map: take auto, {", ".join(get_args(Kind))}')


def _fitted(stated: Floats, right: Bools, kind: Kind) -> CalibrationMap:
    if kind == "isotonic":
        return CalibrationMap(kind, _knots(*_staircase(stated, right)))
    return CalibrationMap(kind, _knots(*_curve(*_regressed(stated, right, kind), kind)))


def _staircase(stated: Floats, right: Bools) -> tuple[Floats, Floats]:
    """Return the middles of the steps of the best rising staircase, and its two ends."""
    rounded = np.round(stated, SAME)
    x, place, count = np.unique(rounded, return_inverse=True, return_counts=True)
    share = np.bincount(place, right) / count
    found = isotonic_regression(share, weights=count)
    starts = found.blocks[:-1]
    middles = np.add.reduceat(x * count, starts) / np.add.reduceat(count, starts)
    steps = found.x[starts]
    return np.concatenate(([0.0], middles, [1.0])), np.concatenate((steps[:1], steps, steps[-1:]))


def _curve(weights: Floats, constant: float, kind: Kind) -> tuple[Floats, Floats]:
    """Return a smooth map at points dense enough that it is straight between them."""
    z = np.linspace(-FURTHEST, FURTHEST, 4_001)
    y = expit(_weighted(weights, _features(z, kind)) + constant)
    between = np.interp(np.linspace(y[0], y[-1], 1_001), y, z)  # where it is steep
    z = np.union1d(z, between)
    y = expit(_weighted(weights, _features(z, kind)) + constant)
    x = np.concatenate(([0.0], expit(z), [1.0]))
    return x, np.concatenate((y[:1], y, y[-1:]))


def _features(z: Floats, kind: Kind) -> Floats:
    """Return what the log-odds of a map are a weighted sum of; shape (1 or 2, n)."""
    return np.stack((log_expit(z), -log_expit(-z))) if kind == "beta" else z[None]


def _weighted(weights: Floats, features: Floats) -> Floats:
    """Return the weighted sum of features, without the threads of a matrix product."""
    total: Floats = np.einsum("k,kn->n", weights, features)
    return total


def _regressed(stated: Floats, right: Bools, kind: Kind) -> tuple[Floats, float]:
    """Return the weights, each from 0 to `STEEPEST`, and the constant of a logistic regression."""
    z = np.clip(logit(stated), -FURTHEST, FURTHEST)
    cell = np.rint((z + FURTHEST) / CELL).astype(np.intp)
    counts = np.bincount(cell)
    filled = np.flatnonzero(counts)
    count, rights = counts[filled], np.bincount(cell, right)[filled]
    wrongs = count - rights
    features = _features((filled * CELL - FURTHEST).astype(np.float64), kind)
    parts = len(features)
    has_constant = kind != "temperature"
    if has_constant:
        features = np.vstack((features, np.ones(len(filled))))

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = _weighted(weights, features)
        total = (rights * log_expit(odds) + wrongs * log_expit(-odds)).sum()
        slope = ((count * expit(odds) - rights) * features).sum(axis=1)
        return -float(total) / len(stated), slope / len(stated)

    found: Floats = minimize(
        loss,
        np.array([1.0 / parts] * parts + [0.0] * has_constant),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, STEEPEST)] * parts + [(None, None)] * has_constant,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1_000},
    ).x
    return found[:parts], float(found[parts]) if has_constant else 0.0


def _knots(x: Floats, y: Floats) -> tuple[tuple[float, float], ...]:
    """Return a rising line through few of many points: ever the one that is furthest off."""
    y = y + (x - y) * LEAST_RISE
    chosen = [0, len(x) - 1]
    while len(chosen) < MOST_KNOTS:
        off = np.abs(np.interp(x, x[chosen], y[chosen]) - y)
        furthest = int(off.argmax())
        if off[furthest] <= OFF:
            break
        chosen = sorted({*chosen, furthest})
    return tuple((float(x[place]), float(y[place])) for place in chosen)


def _drawn(wrong: Bools, folds: int, seed: int) -> NDArray[np.intp]:
    """Return the fold of each row: by chance, each with its share of the wrong ones."""
    order = np.random.default_rng(seed).permutation(len(wrong))
    order = order[np.argsort(wrong[order], kind="stable")]
    fold = np.empty(len(wrong), dtype=np.intp)
    fold[order] = np.arange(len(wrong)) % folds
    return fold


def _ece(stated: Floats, right: Bools) -> float:
    place = np.maximum(np.ceil(stated * BINS).astype(np.intp) - 1, 0)
    difference = np.bincount(place, stated, BINS) - np.bincount(place, right, BINS)
    return float(np.abs(difference).sum() / len(stated))
