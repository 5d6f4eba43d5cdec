"""Tables of numbers: our look at facts beside what PyOD does, on the same rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bench.familiar.asking import ASKED, auroc, scores_of
from bench.familiar.requests import versions
from bench.familiar.sources import tables
from bench.report import Figures
from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import judged
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Parts, Rows, fit

SEEDS = (0, 1, 2)
OURS = "Handraise"
FITTED, MEMBERS, WHOLE = 0.5, 0.1, 0.1
"""Shares of the normal rows that are fitted and held out; the rest is asked about."""

ABOUT = """\
The ADBench tables that are at hand (Han et al. 2022), every column a number fact. Half of the
normal rows are learned, a fifth is held out, the rest and all odd rows are asked about; AUROC, the
mean of three divisions. PyOD's detectors have their own settings, columns of equal spread and the
same rows; or also the fifth that they need not hold out. Of ours, also the share of the odd rows
that 5 % stops, and what 5 % came out as."""

Floats = NDArray[np.float64]
Detect = Callable[[Floats, Floats], Floats]
"""Fits on rows, scores others; both of shape (n, k)."""


class Divided(Struct, frozen=True):
    """A table's rows, divided: those of normal rows, and what is asked about.

    Attributes:
        fitted: shape (n, k).
        members: held out for each check.
        whole: held out for all together.
        asked: shape (m, k).
        is_odd: shape (m,).
    """

    fitted: Floats
    members: Floats
    whole: Floats
    asked: Floats
    is_odd: NDArray[np.bool_]


def run() -> Iterator[Figures]:
    """Yield the one part."""
    yield figures(tables(), SEEDS, pyod_detectors())


def figures(
    paths: Sequence[Path], seeds: Sequence[int], detectors: Mapping[str, Detect]
) -> Figures:
    """Return the mean AUROC of each detector on each table."""
    names = [path.stem.partition("_")[2] for path in paths]
    found: dict[str, list[float]] = {}
    ours: list[tuple[float, float]] = []
    for path in paths:
        scored = [_scored(divided(path, seed), detectors) for seed in seeds]
        for name in scored[0][0]:
            found.setdefault(name, []).append(float(np.mean([one[name] for one, _ in scored])))
        caught, came_out = np.mean([rates for _, rates in scored], axis=0)
        ours.append((float(caught), float(came_out)))
    rows = [
        (name, *(f"{one:.4f}" for one in values), f"**{np.mean(values):.4f}**")
        for name, values in found.items()
    ]
    for place, what in enumerate(("odd rows caught at 5 %", "5 % comes out as")):
        each = [one[place] for one in ours]
        rows.append((f"{OURS}: {what}", *(f"{one:.1%}" for one in each), f"{np.mean(each):.1%}"))
    return Figures(
        title="What is familiar: tables",
        about=ABOUT,
        head=("", *names, "mean"),
        rows=tuple(rows),
        notes=f"With {versions()}.",
    )


def divided(path: Path, seed: int) -> Divided:
    """Return the rows of a table, divided by chance."""
    there = np.load(path)
    rows, is_odd = there["X"].astype(np.float64), there["y"].astype(bool)
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(~is_odd))
    ends = np.cumsum([FITTED, MEMBERS, WHOLE]) * len(normal)
    fitted, members, whole, rest = np.split(normal, ends.astype(int))
    asked = np.concatenate([rest, np.flatnonzero(is_odd)])
    return Divided(rows[fitted], rows[members], rows[whole], rows[asked], is_odd[asked])


def _scored(
    rows: Divided, detectors: Mapping[str, Detect]
) -> tuple[dict[str, float], tuple[float, float]]:
    """Return each detector's AUROC; of ours, the odd ones caught and the normal ones stopped."""
    scores, p = our_scores(rows)
    found = {OURS: scores}
    spread = rows.fitted.std(axis=0)
    step = np.where(spread > 0, spread, 1.0)
    middle = rows.fitted.mean(axis=0)
    learned, asked = (rows.fitted - middle) / step, (rows.asked - middle) / step
    further = (np.vstack([rows.members, rows.whole]) - middle) / step
    for name, detect in detectors.items():
        found[name] = detect(learned, asked)
        found[f"{name}, with the held-out rows"] = detect(np.vstack([learned, further]), asked)
    return (
        {name: auroc(one[~rows.is_odd], one[rows.is_odd]) for name, one in found.items()},
        (float(np.mean(p[rows.is_odd] <= ASKED)), float(np.mean(p[~rows.is_odd] <= ASKED))),
    )


def our_scores(rows: Divided) -> tuple[Floats, Floats]:
    """Return our score and p-value of each row that is asked about."""
    counter = FactCounter({f"x{at}": "number" for at in range(rows.fitted.shape[1])})
    learned = _rows(rows.fitted)
    counter.add(learned.asked)
    parts = Parts(learned, _rows(rows.members), _rows(rows.whole), False)
    fitted = fit(parts, counter.facts())
    found = judged(fitted.model, fitted.held_out, _rows(rows.asked).asked, None)
    return scores_of(found), found.p


def pyod_detectors() -> dict[str, Detect]:
    """Return PyOD's detectors as they come; none where PyOD is not installed."""
    if find_spec("pyod") is None:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyod.models.ecod import ECOD
        from pyod.models.iforest import IForest
        from pyod.models.knn import KNN
        from pyod.models.lof import LOF
    return {
        "PyOD KNN": _detect(KNN),
        "PyOD IForest": _detect(lambda: IForest(random_state=0)),
        "PyOD LOF": _detect(LOF),
        "PyOD ECOD": _detect(ECOD),
    }


def _detect(made: Callable[[], Any]) -> Detect:
    def detect(learned: Floats, asked: Floats) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Floats = made().fit(learned).decision_function(asked)
        return found

    return detect


def _rows(values: Floats) -> Rows:
    asked = [
        Asked(None, "row", {f"x{at}": float(value) for at, value in enumerate(row)})
        for row in values
    ]
    return Rows(tuple(asked), tuple(range(1, len(asked) + 1)))
