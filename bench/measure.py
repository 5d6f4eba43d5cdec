"""Taking turns: contestants run one after the other, and are compared within a round.

A shared machine is now fast, now slow; what is next to each other in time suffers alike, so ratios
are taken in each round and only then summed up.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from msgspec import Struct

ROUNDS = 15
CHUNK_S = 0.01

Watch = Callable[[], float]
Samples = Mapping[str, Sequence[float]]
"""Seconds a call, round by round, for each contestant."""


class Contestant(Struct, frozen=True, kw_only=True):
    """Something that does the job.

    Attributes:
        run: does it.
        calls: how many calls of `run` make a turn; None finds a number that takes `CHUNK_S`.
        jobs: how many times one call does the job.
        after: what follows each turn, off the watch.
    """

    run: Callable[[], object]
    calls: int | None = None
    jobs: int = 1
    after: Callable[[], object] | None = None


class Ratio(Struct, frozen=True):
    """How much one contestant takes of another's time: the median round, and the extremes."""

    median: float
    least: float
    most: float


def take_turns(
    contestants: Mapping[str, Contestant],
    *,
    watch: Watch = time.process_time,
    rounds: int = ROUNDS,
) -> dict[str, list[float]]:
    """Return the seconds a job takes each contestant, round by round; the order turns every round.

    Args:
        contestants: by name.
        watch: seconds; this process's processor time, or `time.perf_counter` where a job waits.
        rounds: how many; the warm-up comes on top.
    """
    calls = {name: one.calls or _calls(one, watch) for name, one in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(rounds):
        for name in order:
            samples[name].append(_turn(contestants[name], calls[name], watch))
        order.reverse()
    return samples


def ratio(samples: Samples, one: str, other: str) -> Ratio:
    """Return `one` over `other`, round by round."""
    found = [mine / theirs for mine, theirs in zip(samples[one], samples[other], strict=True)]
    return Ratio(median(found), min(found), max(found))


def middle(samples: Samples, name: str) -> float:
    """Return the seconds of a contestant's median round."""
    return median(samples[name])


def fastest(samples: Samples, names: Sequence[str]) -> str:
    """Return the contestant whose median round is the shortest."""
    return min(names, key=lambda name: middle(samples, name))


def _calls(contestant: Contestant, watch: Watch) -> int:
    """Return how many calls take about `CHUNK_S`, after warming up."""
    calls = 1
    while (took := _timed(contestant.run, calls, watch)) < CHUNK_S / 2:
        calls *= 2
    return max(1, round(calls * CHUNK_S / took))


def _turn(contestant: Contestant, calls: int, watch: Watch) -> float:
    took = _timed(contestant.run, calls, watch)
    if contestant.after is not None:
        contestant.after()
    return took / (calls * contestant.jobs)


def _timed(run: Callable[[], object], calls: int, watch: Watch) -> float:
    gc.collect()
    gc.disable()  # as `timeit` does: nobody pays for another's garbage
    try:
        begun = watch()
        for _ in range(calls):
            run()
        return watch() - begun
    finally:
        gc.enable()
