"""How often an agent that works is called silent or flooding, and how soon one that stopped is.

    .venv/bin/python -m bench.silence

Seeded. A simulated year of several operations, looked at as the watch does: false alarms, and the
minutes until a stop at a random instant of a working hour is found.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec.structs import replace

from handraise.core.monitor.rhythm import (
    LEAST_SILENCE,
    Pulse,
    ebb,
    flood,
    is_busy_hour,
    looked,
    silence,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = 1440
DAYS = 364
HOLIDAYS = (85, 88, 116, 129, 140, 178, 330, 354, 355, 360)
DEATHS = 25


def shape(days: int, *, night: float, weekend: float, holiday: float) -> np.ndarray:
    """Return how busy each minute is against a working minute, summer time included."""
    minute = np.arange(days * DAY)
    day = minute // DAY
    local = (minute + np.where((day >= 83) & (day < 293), 60, 0)) % DAY
    busy = np.where((local >= 8 * 60) & (local < 18 * 60), 1.0, night)
    busy = np.where((day % 7) >= 5, busy * weekend, busy)
    return np.where(np.isin(day, HOLIDAYS), busy * holiday, busy)


def operation(
    rng: np.random.Generator,
    an_hour: float,
    *,
    days: int = DAYS,
    hourly: bool = False,
    **kind: float,
) -> np.ndarray:
    """Return how many decisions there are in each minute: growing, varying by day, with bursts."""
    rate = an_hour / 60 * shape(days, **kind)  # type: ignore[arg-type]
    rate *= np.linspace(1, 2, days * DAY)
    rate *= np.repeat(rng.gamma(20, 1 / 20, days), DAY)
    bursts = rng.random(days * 24) < 1 / 200
    rate *= np.repeat(np.where(bursts, rng.uniform(2, 5, days * 24), 1), 60)
    counts = rng.poisson(rate)
    if hourly:  # all that an hour brings is decided in its first five minutes
        by_hour = counts.reshape(-1, 60).sum(axis=1)
        counts = np.zeros_like(counts).reshape(-1, 60)
        counts[np.arange(len(by_hour)), rng.integers(0, 5, len(by_hour))] = by_hour
        counts = counts.ravel()
    return counts


class Watched:
    """An agent that is looked at every minute of a rest's first two hours, and else every five."""

    def __init__(self, holidays: Collection[int] = ()) -> None:
        """Begin knowing nothing but the days that are holidays of the people on the table."""
        self.holidays = holidays
        self.hours: dict[datetime, int] = {}
        self.pulse: Pulse | None = None

    def copy(self) -> Watched:
        """Return another one that knows the same."""
        other = Watched(self.holidays)
        other.hours, other.pulse = dict(self.hours), self.pulse
        return other

    def minute(self, minute: int, count: int) -> tuple[bool, bool]:
        """Let a minute pass; whether the agent is called silent, and whether flooding."""
        now = START + (minute + 1) * MINUTE
        if count:
            hour = (now - MINUTE).replace(minute=0)
            self.hours[hour] = self.hours.get(hour, 0) + count
        if minute % 60 == 0 and len(self.hours) > 1600:
            first = now - timedelta(weeks=9)
            self.hours = {at: n for at, n in self.hours.items() if at > first}
        if minute % 5 and self.pulse is not None:
            is_long = now - self.pulse.grown_at > timedelta(hours=2)
            if count or is_long:
                return self.pulse.silence is not None and not count, False
        hours = {at: self.hours[at] for at in list(self.hours)[-2:]}
        pulse = looked(self.pulse, hours, now)
        is_excused = pulse is not None and self.is_excused(pulse, now)
        found = None if pulse is None or is_excused else silence(pulse, self.hours, now)
        if pulse is not None:
            is_excused = pulse.is_excused or is_excused
            self.pulse = replace(pulse, silence=found, is_excused=is_excused)
        return found is not None, minute % 10 == 0 and flood(self.hours, now) is not None

    def is_excused(self, pulse: Pulse, now: datetime) -> bool:
        """Whether a rest is not looked at, as `service.watch.pulses` has it."""
        first, today = ((at - START).days for at in (pulse.grown_at, now))
        if pulse.silence is not None or now - pulse.grown_at < LEAST_SILENCE:
            return False
        return today in self.holidays or (
            any(day in self.holidays for day in range(first, today))
            and not is_busy_hour(pulse, now)
        )


def episodes(flags: list[bool]) -> int:
    """Return how often something begins."""
    return sum(now and not before for before, now in zip([False, *flags], flags, strict=False))


def ebbs(counts: np.ndarray) -> int:
    """Return how often in its year an agent that works is said to hardly decide anything."""
    hours: dict[datetime, int] = {}
    flags = []
    for step, count in enumerate(counts.reshape(-1, 60).sum(axis=1).tolist()):
        now = START + timedelta(hours=step)
        if step % 6 == 0:
            flags.append(ebb(hours, now) is not None)
        hours[now] = count
        hours.pop(now - timedelta(weeks=9), None)
    return episodes(flags)


KINDS = {
    "around the clock": {"night": 0.3, "weekend": 0.6, "holiday": 0.5},
    "quiet nights": {"night": 0.02, "weekend": 0.05, "holiday": 0.1},
    "office hours only": {"night": 0.0, "weekend": 0.0, "holiday": 0.0},
    "office hours, holidays named": {"night": 0.0, "weekend": 0.0, "holiday": 0.0},
    "once an hour": {"night": 0.3, "weekend": 0.6, "holiday": 0.5, "hourly": True},
}


def main() -> None:
    """Print a line for each operation."""
    print(
        "operation, decisions in a working hour: called silent, flooding in the year;"
        " minutes until a stop is found: median, 90 %, longest;"
        " said to hardly decide anything in three years, no holiday named"
    )
    for name, kind in KINDS.items():
        for an_hour in (5, 60, 1000):
            rng = np.random.default_rng(7)
            counts = operation(rng, an_hour, **kind).tolist()  # type: ignore[arg-type]
            named = HOLIDAYS if name.endswith("named") else ()
            stops = {
                int(day) * DAY + int(rng.integers(9 * 60, 16 * 60))
                for day in rng.integers(9 * 7, DAYS - 7, DEATHS * 2)
                if day % 7 < 5 and day not in HOLIDAYS
            }
            watched, silent, floods, after = Watched(named), [], [], []
            for minute, count in enumerate(counts):
                if minute in stops:
                    after.append(found_after(watched.copy(), minute))
                is_silent, is_flood = watched.minute(minute, count)
                silent.append(is_silent)
                if minute % 10 == 0:
                    floods.append(is_flood)
            after.sort()
            years = [
                operation(np.random.default_rng(seed), an_hour, **kind)  # type: ignore[arg-type]
                for seed in (7, 8, 9)
            ]
            few = sum(map(ebbs, years))
            figures = [after[len(after) // 2], after[int(len(after) * 0.9)], after[-1]]
            print(
                f"{name}, {an_hour}: {episodes(silent)}, {episodes(floods)}; {figures}; {few}",
                flush=True,
            )


def found_after(watched: Watched, dies: int) -> int:
    """Return the minutes until a stop is found; a week where it is not found by then."""
    minutes = range(7 * DAY)
    return next((one for one in minutes if watched.minute(dies + one, 0)[0]), 7 * DAY)


if __name__ == "__main__":
    main()
