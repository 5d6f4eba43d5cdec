"""How long people wait for one step, by formulas: asks come by chance, work is exponential.

One step, one rate, the same people all the time: what a simulation is checked against, and never
what a team is planned by. Two steps must not be chained: what overflows the first comes in bursts.
"""

from __future__ import annotations

import math

from msgspec import Struct

from handraise.errors import InputError

MAX_PEOPLE = 100_000
ENOUGH = 1e-17
MOST_AT_ONCE = 1e6
"""How many asks may come within the mean patience: beyond, nobody is impatient."""


class Queue(Struct, frozen=True, kw_only=True):
    """What becomes of the asks of one step in the long run.

    Attributes:
        waits: share that must wait, in [0, 1].
        given_up: share that nobody begins in time, in [0, 1]; 0 where asks wait for ever.
        mean_wait: of all asks, in the unit of time of the rates; infinite where more comes than
            can be done and nothing is given up.
        occupancy: share of their time in which people work, in [0, 1].
    """

    waits: float
    given_up: float
    mean_wait: float
    occupancy: float


def erlang_b(people: int, load: float) -> float:
    """Return the share of asks that find everybody busy, where those are lost at once.

    Args:
        people: how many there are, 0 to 100,000.
        load: rate of asks times mean work, at least 0.

    Raises:
        InputError: an argument is out of its range.

    Source: Erlang (1917); by the recursion B(n) = a·B(n-1) / (n + a·B(n-1)), B(0) = 1.

    Example:
        >>> erlang_b(1, 1.0)
        0.5
    """
    if not 0 <= people <= MAX_PEOPLE:
        raise InputError(f"people: {people}", f"give 0 to {MAX_PEOPLE}")
    if not (math.isfinite(load) and load >= 0):
        raise InputError(f"load: {load}", "give a finite number of at least 0")
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def patient(rate: float, work: float, people: int) -> Queue:
    """Return what becomes of asks that wait for ever: M/M/n, Erlang C.

    Args:
        rate: asks in a unit of time, above 0.
        work: mean time of work on one, in that unit, above 0.
        people: how many work, at least 1.

    Raises:
        InputError: an argument is out of its range.

    Source: Erlang (1917): C = n·B / (n - a·(1 - B)), mean wait C / (nμ - λ).

    Example:
        >>> round(patient(48, 1, 50).mean_wait * 60, 2)
        20.83
    """
    _check(rate, work, people)
    load = rate * work
    if load >= people:
        return Queue(waits=1.0, given_up=0.0, mean_wait=math.inf, occupancy=1.0)
    blocked = erlang_b(people, load)
    waits = people * blocked / (people - load * (1 - blocked))
    return Queue(
        waits=waits,
        given_up=0.0,
        mean_wait=waits / (people / work - rate),
        occupancy=load / people,
    )


def impatient(rate: float, work: float, people: int, patience: float) -> Queue:
    """Return what becomes of asks that wait for an exponential time: M/M/n+M, Erlang A.

    Args:
        rate: asks in a unit of time, above 0.
        work: mean time of work on one, in that unit, above 0.
        people: how many work, at least 1.
        patience: the mean time after which one is given up, in that unit, above 0.

    Raises:
        InputError: an argument is out of its range.

    Source: Palm (1957); as in Mandelbaum and Zeltyn (2007), "Service engineering in action: the
        Palm/Erlang-A queue", with A(x, y) = 1 + Σ y^j / ((x + 1)…(x + j)) of x = nμ/θ, y = λ/θ.

    Example:
        >>> round(impatient(48, 1, 50, 2).given_up, 4)
        0.0309
    """
    _check(rate, work, people)
    _check_positive("patience", patience)
    load, blocked = rate * work, erlang_b(people, rate * work)
    room, pressure = people / work * patience, rate * patience
    if pressure > MOST_AT_ONCE:
        raise InputError(f"patience: {patience}", "use `patient`, for nobody gives up")
    series, term, n = 1.0, 1.0, 0
    while term > ENOUGH * series:
        n += 1
        term *= pressure / (room + n)
        series += term
    waits = blocked / (1 / series + (1 - 1 / series) * blocked)
    used = load / people
    given_up = waits * (1 / (used * series) + 1 - 1 / used)
    return Queue(
        waits=waits,
        given_up=given_up,
        mean_wait=given_up * patience,
        occupancy=used * (1 - given_up),
    )


def deadlined(rate: float, work: float, people: int, deadline: float) -> Queue:
    """Return what becomes of asks that are given up after a fixed time: M/M/n+D.

    This is what a deadline is: everybody waits equally long.

    Args:
        rate: asks in a unit of time, above 0.
        work: mean time of work on one, in that unit, above 0.
        people: how many work, at least 1.
        deadline: until when somebody must begin, in that unit, above 0.

    Raises:
        InputError: an argument is out of its range.

    Source: Baccelli and Hebuterne (1981); Zeltyn and Mandelbaum (2005), "Call centers with
        impatient customers", section 4: with a = λ/μ, d = λ - nμ, 1/E = B(n-1, a),
        J = (e^{dD} - 1)/d + e^{dD}/(nμ): P(given up) = (1 + dJ) / (E + λJ), and
        P(waits) = λJ / (E + λJ). All is divided by E here, and by e^{dD} where that is large.

    Example:
        >>> round(deadlined(6, 0.2, 2, 0.25).given_up, 4)
        0.0735
    """
    _check(rate, work, people)
    _check_positive("deadline", deadline)
    all_out = people / work
    excess = rate - all_out
    growth = excess * deadline
    blocked = erlang_b(people - 1, rate * work)
    # `least` is e^{dD} or 1, whichever makes neither side overflow.
    least = math.exp(-abs(growth))
    now, then = (least, 1.0) if growth > 0 else (1.0, least)
    span = -math.expm1(-abs(growth)) / abs(excess) if excess else deadline
    queueing = blocked * (span + then / all_out)
    whole = now + rate * queueing
    given_up = blocked * then * rate / all_out / whole
    waited = _mean_wait(rate, excess, deadline, all_out, now=now, then=then)
    return Queue(
        waits=rate * queueing / whole,
        given_up=given_up,
        mean_wait=blocked * waited / whole,
        occupancy=rate * work / people * (1 - given_up),
    )


def _mean_wait(
    rate: float, excess: float, deadline: float, all_out: float, *, now: float, then: float
) -> float:
    """Return the mean wait but for its divisor: λ∫ v e^{dv} dv to the deadline, and those at it."""
    growth = excess * deadline
    if abs(growth) < 1e-4:
        inside = now * deadline * deadline * (0.5 + growth / 3)
    else:
        inside = (deadline * then - (then - now) / excess) / excess
    return rate * (inside + deadline * then / all_out)


def _check(rate: float, work: float, people: int) -> None:
    _check_positive("rate", rate)
    _check_positive("work", work)
    if people < 1:
        raise InputError(f"people: {people}", "give at least 1")


def _check_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name}: {value}", "give a finite number above 0")
