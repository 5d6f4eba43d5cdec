"""The watch on rates: false alarms in years without a change, delays, ends of alarms, its cost."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from msgspec import Struct

from bench import watch_store
from bench.report import Figures, duration
from bench.years import Floats, delays, null_years, uneven_years
from handraise.core.monitor.budget import alpha_of, promised, shares
from handraise.core.monitor.drift import Change
from handraise.core.monitor.monitor import Monitor, watched

BUDGET = 0.05
RATE = 0.1
START = datetime(2026, 1, 5, tzinfo=UTC)

YEARS, LOOKS, EACH = 400, 2_190, 160
ROWS = (None, 1_000, 5_000)
ALIKE = (2, 5)
SPREADS = (0.1, 0.2, 0.3)

TIMES, BEFORE = 1_000, 50_000
TABLE = {2.0: 450, 0.5: 1_000, 1.25: 4_750}
"""Decisions until a change is found, the median: the design's figures for this method."""
SLACK = 1.2

OPERATIONS = 60
SERIES, DAY, MINUTES = 1_000, 10_000_000, 1_440


def run() -> Iterator[Figures]:
    """Yield the six parts."""
    yield null()
    yield uneven()
    yield changes()
    yield ends()
    yield cost()
    yield watch_store.looks()


def null(years: int = YEARS, looks: int = LOOKS) -> Figures:
    """Return how many years in which nothing changes have an alarm all the same."""
    cells = []
    played = [(rows, 1, 1) for rows in ROWS]
    played += [(1_000, alike, told) for alike in ALIKE for told in (1, alike)]
    for rows, alike, told in played:
        found = null_years(
            2026,
            years=years,
            looks=looks,
            decisions=EACH,
            rows=rows,
            total=BUDGET,
            alike=alike,
            told=told,
        )
        what = _backtest(rows) + _as_told(alike, told)
        cells.append((what, f"{found.years}", f"{found.false}", f"{100 * found.rate:.1f} %"))
    return Figures(
        title="The watch: years in which nothing changes",
        about=f"""\
Each year has {looks * EACH:,} decisions and {looks:,} looks. 23 series are watched together: all
decisions, 4 rows (one never fires), 3 conditions, 3 routes, 12 types; one decision feeds several of
them. The budget of false alarms is {100 * BUDGET:g} % for all monitors together, those of audits
and people included, which are not played here. An exact promise is watched with the whole of each
share; one from a backtest, drawn anew for each year, with half of it.""",
        head=("promise", "years", "with a false alarm", "share"),
        rows=tuple(cells),
        notes="""\
In the last lines so many decisions at a time are one and the same, and so are the backtest's rows;
the test is told so, or is not.""",
    )


def uneven(years: int = YEARS, days: int = 365) -> Figures:
    """Return how many years have an alarm where days differ by more than chance."""
    cells = []
    for spread in SPREADS:
        for is_told in (False, True):
            found = uneven_years(2030, years=years, spread=spread, is_told=is_told, days=days)
            told = "heeds the backtest's days" if is_told else "takes decisions for independent"
            cells.append(
                (
                    f"{100 * spread:g} %",
                    told,
                    f"{found.years}",
                    f"{found.false}",
                    f"{100 * found.rate:.1f} %",
                )
            )
    return Figures(
        title="The watch: days that differ",
        about=f"""\
One series with a budget of {100 * BUDGET:g} %, half of it for the promise. The rate of each day is
drawn anew around {100 * RATE:g} %. A year has {days} days with 240 decisions each and a look an
hour; the backtest had 60 such days.""",
        head=("days differ by", "the watch", "years", "with a false alarm", "share"),
        rows=tuple(cells),
    )


def changes(times: int = TIMES, most: int = 100_000) -> Figures:
    """Return after how many decisions changes are found."""
    cells = []
    for factor, table in TABLE.items():
        found, early = delays(2027, factor, times=times, before=BEFORE, most=most)
        median = float(np.median(found))
        within = "yes" if median <= SLACK * table else "**no**"
        cells.append(
            (
                f"{factor:g} times, exact promise, alone",
                *_spread(found),
                f"{100 * early / times:.1f} %",
                f"{table:,}",
                within,
            )
        )
    share = _share_of_all()
    for rows in (1_000, 5_000):
        for factor in (4.0, 2.0, 1.5, 1.25, 0.8, 0.5, 0.25):
            found, early = delays(
                2028, factor, times=times // 4, before=BEFORE, alpha=share, rows=rows, most=most
            )
            cells.append(
                (
                    f"{factor:g} times, {_backtest(rows)}, as `all` in a budget",
                    *_spread(found),
                    f"{400 * early / times:.1f} %",
                    "",
                    "",
                )
            )
    return Figures(
        title="The watch: how soon a change is found",
        about=f"""\
Decisions from the change until the alarm, with a look every 50. The rate is {100 * RATE:g} %, and
changes after {BEFORE:,} decisions. Alone: alpha {100 * BUDGET:g} % for this one series, against the
median that the design gives for the method; at most {SLACK:g} times as many. In a budget: the share
that the rate of all decisions gets of {100 * BUDGET:g} % for everything, half of it for the promise
of a backtest, drawn anew for each operation. Never: not within {most:,} decisions.""",
        head=(
            "change to",
            "median",
            "9 of 10 within",
            "alarms before it",
            "design's median",
            "within",
        ),
        rows=tuple(cells),
        notes=f"{times:,} operations each, {times // 4:,} for those in a budget.",
    )


def ends(operations: int = OPERATIONS) -> Figures:
    """Return how alarms end, and whether what they say of the rate is true."""
    cells = []
    for factor in (4.0, 2.0, 1.5, 0.5, 0.25):
        played = [_played(seed, factor) for seed in range(operations)]
        found = [one for one in played if one.change is not None]
        held = sum(
            one.change.low <= RATE * factor <= one.change.high for one in found if one.change
        )
        over = [one.over for one in found if one.over is not None]
        cells.append(
            (
                f"{factor:g} times",
                f"{len(found)} of {operations}",
                f"{np.median([one.delay for one in found]):,.0f}",
                f"{100 * held / len(found):.0f} %",
                f"{sum(one.ended_early for one in found)}",
                f"{np.median(over):,.0f}",
                f"{sum(one.alarms for one in found)}",
            )
        )
    return Figures(
        title="The watch: how an alarm ends",
        about=f"""\
{operations} operations with 100 of 1,000 rows promised, watched with the share of the rate of all
decisions. 10,000 decisions at {100 * RATE:g} %, 30,000 at the changed rate, then 30,000 more at
{100 * RATE:g} %. The interval is the one that the alarm gives as soon as it is raised (99 %, as if
it were known when the change began).""",
        head=(
            "change to",
            "found",
            "after decisions",
            "interval holds the true rate",
            "ended too early",
            "over after decisions",
            "alarms in all",
        ),
        rows=tuple(cells),
    )


def cost(series: int = SERIES, minutes: int = MINUTES) -> Figures:
    """Return what watching many series takes, for a day of ten million decisions."""
    rng = np.random.default_rng(2029)
    share = BUDGET / series
    alpha, promise = alpha_of(share), promised(500, 5_000, share)
    each = DAY // MINUTES
    tracemalloc.start()
    monitors = [Monitor() for _ in range(series)]
    took = []
    for minute in range(minutes):
        at = START + timedelta(minutes=minute)
        # what is counted in one series is counted in others, too: a tenth of all decisions each
        decisions = rng.binomial(each, 0.1, size=series).tolist()
        stopped = rng.binomial(decisions, RATE).tolist()
        if minute == 1:
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()  # it would be in the measured time
        begun = time.process_time()
        monitors = [
            watched(one, promise, alpha, x, n, at)
            for one, x, n in zip(monitors, stopped, decisions, strict=True)
        ]
        took.append(time.process_time() - begun)
    kept = [len(msgspec.json.encode(one)) for one in monitors]
    rows = (
        ("one look at all series, median minute", duration(float(np.median(took[1:])))),
        ("the slowest minute", duration(max(took[1:]))),
        ("the whole day", duration(sum(took))),
        ("of one processor", f"{100 * float(np.mean(took)) / 60:.3f} %"),
        ("memory for each series", f"{held / series / 1024:.1f} KiB"),
        ("kept for each series, as JSON", f"{max(kept) / 1024:.1f} KiB at most"),
        ("alarms", f"{sum(one.change is not None for one in monitors)}"),
    )
    return Figures(
        title="The watch: what it costs",
        about=f"""\
{series:,} series over a day of {DAY:,} decisions, a look a minute ({minutes:,} looks of {each:,}
decisions, a tenth of them in each series). The tests alone, in plain Python, without the store.
Processor time.""",
        head=("what", "takes"),
        rows=rows,
    )


class Played(Struct, frozen=True, kw_only=True):
    """What one operation's monitor said.

    Attributes:
        change: what was found first; None for nothing.
        delay: after how many decisions from the change.
        ended_early: how often it was taken to be over while it was not.
        over: after how many decisions from the end of it an alarm was over; None for never.
        alarms: how many there were.
    """

    change: Change | None
    delay: int
    ended_early: int
    over: int | None
    alarms: int


def _played(seed: int, factor: float) -> Played:
    rng = np.random.default_rng(seed)
    share = _share_of_all()
    promise, alpha = promised(100, 1_000, share), alpha_of(share)
    begins, comes_back = 200, 800
    rates = np.repeat([RATE, RATE * factor, RATE], [200, 600, 600])
    monitor, first, delay, early, over, alarms = Monitor(), None, 0, 0, None, 0
    for look, stopped in enumerate(rng.binomial(50, rates).tolist()):
        before = monitor.change
        monitor = watched(monitor, promise, alpha, stopped, 50, START + timedelta(minutes=look))
        if before is None and monitor.change is not None:
            alarms += 1
            if first is None:
                first, delay = monitor.change, (look + 1 - begins) * 50
        if before is not None and monitor.change is None:
            early += look < comes_back
            over = (look + 1 - comes_back) * 50 if look >= comes_back and over is None else over
    return Played(change=first, delay=delay, ended_early=early, over=over, alarms=alarms)


def _share_of_all() -> float:
    kinds = ["all", "row", "condition", "route", "type"]
    return shares(kinds, audits=True, people=True, total=BUDGET)["all"]


def _spread(found: Floats) -> tuple[str, str]:
    """Return the median and the ninth tenth, "never" where so many were not found."""
    cells = [f"{one:,.0f}" if np.isfinite(one) else "never" for one in np.sort(found)]
    return cells[len(cells) // 2], cells[int(len(cells) * 0.9)]


def _as_told(alike: int, told: int) -> str:
    if alike == 1:
        return ""
    return f", {alike} alike at a time" + (", as told" if told > 1 else "")


def _backtest(rows: int | None) -> str:
    return "exact" if rows is None else f"backtest of {rows:,} rows"
