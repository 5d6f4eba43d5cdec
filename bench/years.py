"""Years of an operation, hundreds at a time: decisions by lot, and the watch's test in arrays.

The test is the recursion of `handraise.core.monitor.drift`, for many series at once; a test of ours
holds the two together, look by look.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import beta

from handraise.core.monitor.alike import alike_at_a_time
from handraise.core.monitor.budget import alpha_of, shares
from handraise.core.monitor.drift import FACTORS, GREATEST

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

SIZES = np.array(FACTORS)
CELLS = 1 << 16
"""A decision is one of so many equally likely cells, so that all rates are known exactly."""

ENOUGH = 1e200
TYPES = 12
ROWS = {
    "confidence.1": "support",
    "consequence.1": "finance",
    "consequence.2": "finance",
    "novelty.1": "product",
}
"""The rows of the table, and the route that each goes to."""


class Watched:
    """Many series under watch at once.

    Attributes:
        looks: for each series, how many looks brought it a decision.
        stakes: for each series and factor, the bet's stake.
    """

    def __init__(self, low: Floats, high: Floats) -> None:
        """Begin; `low` and `high` are the promises, of one shape, that of the series."""
        p = np.where(SIZES > 1, high[..., None], low[..., None])
        on = np.minimum(SIZES * p, GREATEST)
        idle = (p == 0) | ((SIZES > 1) & (on <= p))
        p, on = np.where(idle, 0.5, p), np.where(idle, 0.5, on)
        self._stop, self._ahead = np.log(on / p), np.log1p(-on) - np.log1p(-p)
        self.looks = np.zeros(low.shape)
        self.stakes = np.zeros(p.shape)

    def look(self, stopped: Floats, decisions: Floats) -> Floats:
        """Take decisions up; return the evidence of each series.

        Args:
            stopped: how many stopped, of the shape of the series.
            decisions: of how many.
        """
        weight = np.where(decisions > 0, 1 / ((self.looks + 1) * (self.looks + 2)), 0.0)
        made = np.exp(
            stopped[..., None] * self._stop + (decisions - stopped)[..., None] * self._ahead
        )
        self.stakes = np.minimum(made * (self.stakes + weight[..., None]), ENOUGH)
        self.looks += decisions > 0
        return self.stakes.mean(axis=-1) + 1 / (self.looks + 1)


class Operation(Struct, frozen=True, kw_only=True):
    """An operation whose decisions are drawn from one list of equally likely ones.

    Attributes:
        series: the names of all series that its table's watch knows.
        kind_of: of which kind each cell is, that is its type and the rows that fire, (CELLS,).
        stopped: for each series, 1 where a kind counts as stopped, shape (kinds, series).
        counted: for each series, 1 where a kind counts at all, shape (kinds, series).
    """

    series: tuple[str, ...]
    kind_of: NDArray[np.int64]
    stopped: Floats
    counted: Floats

    @property
    def rates(self) -> Floats:
        """The true rate of each series."""
        counts = np.bincount(self.kind_of, minlength=len(self.stopped)).astype(float)
        return counts @ self.stopped / (counts @ self.counted)

    def drawn(self, rng: np.random.Generator, decisions: int, times: int) -> tuple[Floats, Floats]:
        """Return stops and decisions of each series, shapes (times, series)."""
        kinds = len(self.stopped)
        drawn = self.kind_of[rng.integers(CELLS, size=(times, decisions))]
        places = drawn + kinds * np.arange(times)[:, None]
        counts = np.bincount(places.ravel(), minlength=kinds * times).reshape(times, kinds)
        counts = counts.astype(float)
        return (  # no product of matrices: its threads wait for each other on a shared machine
            np.einsum("tk,ks->ts", counts, self.stopped),
            np.einsum("tk,ks->ts", counts, self.counted),
        )


def operation(rng: np.random.Generator) -> Operation:
    """Return an operation with 12 types, 4 rows, 3 conditions and 3 routes.

    Types differ in how many there are (as 1/rank) and in how sure the agent is of them, so that
    rows, routes and types go up and down together. One row never fires.
    """
    popular = 1 / np.arange(1, TYPES + 1)
    type_of = rng.choice(TYPES, size=CELLS, p=popular / popular.sum())
    unsure = rng.beta(1, 12, size=TYPES)[type_of]
    chances = np.stack([unsure, np.full(CELLS, 0.02), np.zeros(CELLS), unsure / 4], axis=1)
    drawn = np.column_stack([type_of, rng.random(chances.shape) < chances])
    kinds, kind_of = np.unique(drawn, axis=0, return_inverse=True)
    columns = _columns(kinds[:, 0], kinds[:, 1:].astype(bool))
    return Operation(
        series=tuple(columns),
        kind_of=kind_of.ravel(),
        stopped=np.stack([one for one, _ in columns.values()], axis=1).astype(float),
        counted=np.stack([one for _, one in columns.values()], axis=1).astype(float),
    )


def _columns(type_of: NDArray[np.int64], fired: Bools) -> dict[str, tuple[Bools, Bools]]:
    """Return for each series what counts as stopped, and what counts at all."""
    everything, stopped = np.ones(len(type_of), dtype=bool), fired.any(axis=1)
    found = {"all": (stopped, everything)}
    conditions = {row: row.partition(".")[0] for row in ROWS}
    for of, groups in (
        ("row", {row: row for row in ROWS}),
        ("condition", conditions),
        ("route", ROWS),
    ):
        for group in dict.fromkeys(groups.values()):
            places = [place for place, row in enumerate(ROWS) if groups[row] == group]
            found[f"{of} {group}"] = (fired[:, places].any(axis=1), everything)
    for type in range(TYPES):
        found[f"type {type}"] = (stopped & (type_of == type), type_of == type)
    return found


class Alarms(Struct, frozen=True, kw_only=True):
    """How many of some years had a false alarm.

    Attributes:
        years: how many years were played.
        false: how many of them had any false alarm, by any monitor.
    """

    years: int
    false: int

    @property
    def rate(self) -> float:
        """The share of years with a false alarm."""
        return self.false / self.years


def null_years(
    seed: int,
    *,
    years: int,
    looks: int,
    decisions: int,
    rows: int | None,
    total: float = 0.05,
    alike: int = 1,
    told: float = 1.0,
) -> Alarms:
    """Return in how many years in which nothing changes an alarm is raised all the same.

    Args:
        seed: of what is drawn.
        years: how many are played.
        looks: how many looks a year has, at least 1.
        decisions: how many decisions each brings.
        rows: how many rows each year's backtest had, drawn anew for each; None for a promise that
            is the true rate exactly, watched with the whole of each share.
        total: the budget.
        alike: so many decisions at a time are one and the same, as those of one outage may be.
        told: so many the test takes to be one.
    """
    rng = np.random.default_rng(seed)
    played = operation(rng)
    share = shares(played.series, audits=True, people=True, total=total)
    each = np.array([share[name] for name in played.series])
    exact = np.tile(played.rates, (years, 1))
    low, high, alpha = exact, exact, each
    if rows is not None:
        stopped, counted = played.drawn(rng, rows // alike, years)
        low, high = intervals(stopped * alike / told, counted * alike / told, each / 2)
        alpha = np.array([alpha_of(share[name]) for name in played.series])
    high = np.where(exact == 0, np.maximum(high, 1e-6), high)  # a promise of exactly 0 is none
    watch = Watched(low, high)
    alarmed = np.zeros(years, dtype=bool)
    for _ in range(looks):
        stopped, counted = played.drawn(rng, decisions // alike, years)
        evidence = watch.look(stopped * alike / told, counted * alike / told)
        alarmed |= (evidence >= 1 / alpha).any(axis=1)
    return Alarms(years=years, false=int(alarmed.sum()))


def intervals(stopped: Floats, rows: Floats, outside: Floats) -> tuple[Floats, Floats]:
    """Return Clopper and Pearson's interval of each, with `outside` left out in all."""
    with np.errstate(invalid="ignore"):
        low = np.where(stopped > 0, beta.ppf(outside / 2, stopped, rows - stopped + 1), 0.0)
        high = np.where(stopped < rows, beta.isf(outside / 2, stopped + 1, rows - stopped), 1.0)
    return np.nan_to_num(low), np.nan_to_num(high, nan=1.0)


def delays(
    seed: int,
    factor: float,
    *,
    times: int,
    before: int = 50_000,
    each: int = 50,
    rate: float = 0.1,
    alpha: float = 0.05,
    most: int = 50_000,
    rows: int | None = None,
) -> tuple[Floats, int]:
    """Return after how many decisions a change is found, and how often it was found too early.

    Args:
        seed: of what is drawn.
        factor: by how much the rate changes.
        times: how many operations are played.
        before: how many decisions come before the change.
        each: how many decisions a look brings.
        rate: the rate before the change.
        alpha: how likely a false alarm may be; with `rows` half of it is for the promise.
        most: how many decisions are played after the change.
        rows: how many rows each operation's backtest had, drawn anew for each; None for a promise
            that is the true rate exactly.

    Returns:
        Decisions for each operation that raised no alarm before the change, inf where it was not
        found; and how many raised one.
    """
    rng = np.random.default_rng(seed)
    low = high = np.full(times, rate)
    if rows is not None:
        stopped = rng.binomial(rows, rate, size=times).astype(float)
        low, high = intervals(stopped, np.full(times, float(rows)), np.full(times, alpha / 2))
        alpha = alpha_of(alpha)
    watch = Watched(low, high)
    found = np.full(times, np.inf)
    for place in range((before + most) // each):
        now = rate * factor if place * each >= before else rate
        stopped = rng.binomial(each, now, size=times).astype(float)
        alarm = watch.look(stopped, np.full(times, float(each))) >= 1 / alpha
        found = np.where(alarm & np.isinf(found), (place + 1.0) * each - before, found)
    return found[found > 0], int((found <= 0).sum())


def uneven_years(
    seed: int,
    *,
    years: int,
    spread: float,
    is_told: bool,
    back: int = 60,
    a_day: int = 240,
    rate: float = 0.1,
    alpha: float = 0.05,
    days: int = 365,
) -> Alarms:
    """Return in how many years an alarm is raised where days differ by more than chance.

    Args:
        seed: of what is drawn.
        years: how many are played, one series each.
        spread: by how much the rate of a day differs, as a share of the mean rate; one standard
            deviation.
        is_told: whether the test is told by how much, from the days of the backtest.
        back: how many days the backtest had.
        a_day: how many decisions a day has, there and here.
        rate: the mean rate.
        alpha: how likely a false alarm may be, half of it for the promise.
        days: how many days a year has, a look an hour.
    """
    rng = np.random.default_rng(seed)

    def rates(count: int) -> Floats:
        drawn = rng.gamma(1 / spread**2, spread**2 * rate, size=(count, years))
        return np.minimum(drawn, 1.0)

    past = rng.binomial(a_day, rates(back)).astype(float)
    told = np.ones(years)
    if is_told:
        told = np.array(
            [alike_at_a_time([(int(one), a_day) for one in past[:, year]]) for year in range(years)]
        )
    counted = np.full(years, float(back * a_day))
    watch = Watched(*intervals(past.sum(axis=0) / told, counted / told, np.full(years, alpha / 2)))
    alarmed = np.zeros(years, dtype=bool)
    for day in rates(days):
        for _ in range(24):
            stopped = rng.binomial(a_day // 24, day)
            evidence = watch.look(stopped / told, a_day / 24 / told)
            alarmed |= evidence >= 1 / alpha_of(alpha)
    return Alarms(years=years, false=int(alarmed.sum()))
