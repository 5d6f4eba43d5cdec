"""Learning the public way and asking what was learned: how well it tells, and what it takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bench.familiar.apart import peak_mb
from bench.familiar.sources import Labelled, Requests, write_csv, write_table
from bench.scratch import scratch_folder
from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import Judged
from handraise.service.learning.encoders import parse_encoder
from handraise.service.learning.learn import learn
from handraise.service.learning.learned_model import LearnedModel, load
from handraise.service.learning.plan import Plan, Report
from handraise.service.learning.rows import Columns

RATES = (0.01, 0.02, 0.05, 0.10)
ASKED = 0.05
BATCH = 500
ALONE = 500
"""Requests that are asked one by one."""

Floats = NDArray[np.float64]


class Cost(Struct, frozen=True, kw_only=True):
    """What learning and asking took, on one core.

    Attributes:
        rows: labelled rows.
        fitted: of which so many were fitted on.
        learn_s: processor seconds.
        elapsed_s: seconds on the clock.
        files_mb: size of the learned files.
        learn_mb: the most memory that learning held.
        load_s: processor seconds.
        p50_s: processor seconds of a request alone, the middle one of many.
        p95_s: of a hundred requests, the five slowest take longer.
        batch_s: processor seconds of a request among 500.
    """

    rows: int
    fitted: int
    learn_s: float
    elapsed_s: float
    files_mb: float
    learn_mb: float
    load_s: float
    p50_s: float
    p95_s: float
    batch_s: float


class Told(Struct, frozen=True, kw_only=True):
    """How well familiar and foreign requests are told apart.

    Attributes:
        auroc: the chance that a foreign request scores higher than a familiar one.
        caught: the share of foreign requests that 5 % asked stops.
        came_out: the share of familiar requests that each of `RATES` stops.
        promised: between what 5 % was said to come out, with 90 % certainty.
        forecast: the share of new types it said it would catch; NaN for none.
    """

    auroc: float
    caught: float
    came_out: tuple[float, ...]
    promised: tuple[float, float]
    forecast: float


def learned(requests: Requests, encoder: str, folder: Path) -> Report:
    """Learn the requests as `handraise learn` does, and return its report."""
    write_csv(folder / "rows.csv", requests.fitted)
    held_out: tuple[Path, ...] = ()
    if requests.held_out:
        held_out = (write_csv(folder / "held_out.csv", requests.held_out),)
    plan = Plan(
        table=write_table(folder, "known"),
        paths=(folder / "rows.csv",),
        held_out=held_out,
        columns=Columns(text="text", type="type"),
        encoder=parse_encoder(encoder),
    )
    return learn(plan)


def learned_and_asked(requests: Requests, encoder: str) -> tuple[Cost, Told]:
    """Return what it takes to learn and to ask, and how well it tells; for a fresh process."""
    with scratch_folder() as folder:
        begun, began = time.process_time(), time.perf_counter()
        report = learned(requests, encoder, folder)
        learn_s, elapsed_s = time.process_time() - begun, time.perf_counter() - began
        learn_mb = peak_mb()
        begun = time.process_time()
        model = load(report.folder, report.digest)
        load_s = time.process_time() - begun
        alone = asked_alone(model, requests.familiar)
        begun = time.process_time()
        familiar = judged(model, requests.familiar)
        batch_s = (time.process_time() - begun) / len(requests.familiar)
        cost = Cost(
            rows=report.rows,
            fitted=report.fitted,
            learn_s=learn_s,
            elapsed_s=elapsed_s,
            files_mb=sum(file.stat().st_size for file in report.folder.rglob("*.*")) / 1e6,
            learn_mb=learn_mb,
            load_s=load_s,
            p50_s=float(np.quantile(alone, 0.5)),
            p95_s=float(np.quantile(alone, 0.95)),
            batch_s=batch_s,
        )
        return cost, told(report, familiar, judged(model, requests.foreign))


def judged(model: LearnedModel, rows: Sequence[Labelled]) -> tuple[Floats, Floats]:
    """Return a score, larger for what is more unusual, and a p-value of each request."""
    batches = [model.judged(as_asked(rows[at : at + BATCH])) for at in range(0, len(rows), BATCH)]
    return (
        np.concatenate([scores_of(one) for one in batches]),
        np.concatenate([one.p for one in batches]),
    )


def scores_of(found: Judged) -> Floats:
    """Return what the p-values are read off: one score for all checks, before it is ranked."""
    return found.weighed.sum(axis=1)


def as_asked(rows: Sequence[Labelled]) -> list[Asked]:
    """Return requests as decisions."""
    return [Asked(one.text, one.type, {}) for one in rows]


def told(report: Report, familiar: tuple[Floats, Floats], foreign: tuple[Floats, Floats]) -> Told:
    """Return how well scores and p-values tell the foreign from the familiar."""
    promise, forecast = report.promise, report.forecast
    return Told(
        auroc=auroc(familiar[0], foreign[0]),
        caught=float(np.mean(foreign[1] <= ASKED)),
        came_out=tuple(float(np.mean(familiar[1] <= rate)) for rate in RATES),
        promised=(promise.low, promise.high) if promise else (np.nan, np.nan),
        forecast=forecast.caught if forecast else np.nan,
    )


def auroc(familiar: Floats, foreign: Floats) -> float:
    """Return the chance that a foreign one scores higher than a familiar one; a tie is half.

    Source: the Mann-Whitney statistic over the number of pairs, Hanley and McNeil (1982).
    """
    ordered = np.sort(familiar)
    below = np.searchsorted(ordered, foreign, side="left")
    upto = np.searchsorted(ordered, foreign, side="right")
    return float((below + upto).sum() / (2 * len(familiar) * len(foreign)))


def asked_alone(model: LearnedModel, rows: Sequence[Labelled]) -> list[float]:
    """Return the processor seconds of each request, one by one; the first ones warm up."""
    found = []
    for one in as_asked(rows[:: max(1, len(rows) // ALONE)]):
        begun = time.process_time()
        model.p_value(one)
        found.append(time.process_time() - begun)
    return found[len(found) // 10 :]
