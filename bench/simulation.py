"""A year of asks played against people's hours, beside plain queues that know neither.

A thousand asks a day go to three routes of five people with hours, holidays and limits. ciw and a
bare queue of simpy play as many customers through a plain M/M/n: no hours, no deadlines, no steps.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import simpy

from bench.measure import Contestant, middle, take_turns
from bench.report import Line, Part, compared
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.service.simulating.arrivals import Arrivals, Handling
from handraise.service.simulating.run import Pull
from handraise.service.simulating.simulate import simulate

DAYS, A_DAY = 365, 1000
PARTLY = 20
"""ciw plays this part of the year: a whole one takes it minutes, and its time grows with it."""

ROUNDS = 3
LIMIT_S = 60.0
START_S = 1_767_571_200.0  # Monday, 5 January 2026
HANDLING_S = 120.0
SERVERS = 4

OWN, ROUTE = "a year, each on what they hold", "a year, anybody of the route"
BARE, CIW = "a bare M/M/n of simpy, as many", f"ciw, an M/M/n, a part in {PARTLY} of it"
PART = f"a part in {PARTLY} of it, each on what they hold"

TABLE = """\
handraise: 1
agent: agent
owner: priya
people:
  dana:
    {name: Dana Reyes, contact: "mailto:dana@example.com", hours: "Mon-Fri 09:00-17:00",
     zone: America/New_York, holidays: US, capacity: 400 a day}
  marc:
    {name: Marc Oyelaran, contact: "mailto:marc@example.com", hours: "Mon-Sun 12:00-22:00",
     zone: America/New_York, capacity: 5 open}
  ines:
    {name: Ines Duarte, contact: "mailto:ines@example.com", hours: "Mon-Sun 06:00-18:00",
     zone: Europe/Lisbon}
  omar:  {name: Omar Haddad, contact: "mailto:omar@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes:
  support: {people: [dana, marc, omar], acknowledge_within: 15m, decide_within: 4h}
  finance: {people: [ines, omar], acknowledge_within: 30m, decide_within: 8h}
  fraud: {people: [omar, ines], acknowledge_within: 10m, decide_within: 1h}
facts: {revenue: number}
known: [refund]
escalate:
  confidence: {below: 0.72, to: support}
  consequence: {when: revenue > 5000, to: finance}
  novelty: {unknown: type, to: fraud}
"""

ABOUT = f"""\
{DAYS * A_DAY:,} asks by chance over a year, three routes and five people with hours in two zones,
holidays and limits; work of two minutes on average, one repetition. The plain queues have
{SERVERS} servers and neither hours nor deadlines. Processor time; the limit set for a year is
{LIMIT_S:g} s."""


def run() -> Iterator[Part]:
    """Yield the one part."""
    yield year()


def year(days: int = DAYS, rounds: int = ROUNDS) -> Part:
    """Return what a year takes, and its memory."""
    most_mb = memory_mb(days)  # first: a child is counted as no smaller than its parent was
    table, arrivals = operation(), arrivals_of(days)
    part = arrivals_of(max(days // PARTLY, 1))
    gaps = np.diff(arrivals.at, prepend=START_S).tolist()
    work = np.random.default_rng(2).exponential(HANDLING_S, len(gaps)).tolist()
    calls = {
        OWN: lambda: played(table, arrivals, "own"),
        ROUTE: lambda: played(table, arrivals, "route"),
        BARE: lambda: plain_queue(gaps, work),
        PART: lambda: played(table, part, "own"),
        CIW: lambda: ciw_queue(len(part.at) / (A_DAY / 86_400)),
    }
    contestants = {name: Contestant(run=call, calls=1) for name, call in calls.items()}
    samples = take_turns(contestants, rounds=rounds)
    lines = [compared(samples, OWN, BARE), compared(samples, ROUTE, BARE)]
    lines += [compared(samples, PART, CIW)]
    lines += [Line(what=f"{OWN}: an ask", took_s=middle(samples, OWN) / len(arrivals.at))]
    return Part(
        title="Whether people have the capacity",
        about=ABOUT,
        lines=tuple(lines),
        notes=f"A process that plays the year has at most {most_mb:,.0f} MB in memory.",
    )


def operation() -> Table:
    """Return the table that is played."""
    table = read(TABLE).table
    assert table is not None
    return table


def arrivals_of(days: int) -> Arrivals:
    """Return a thousand asks a day by chance, to the three routes in turn."""
    count = days * A_DAY
    at = START_S + np.sort(np.random.default_rng(1).uniform(0, days * 86_400.0, count))
    routes = (("support",), ("finance",), ("fraud",))
    return Arrivals(at=at, which=np.arange(count) % 3, routes=routes)


def played(table: Table, arrivals: Arrivals, pull: Pull) -> None:
    """Play it once."""
    found = simulate(table, arrivals, Handling(mean_s=HANDLING_S), repetitions=1, pull=pull)
    assert sum(one.answered.value or 0.0 for one in found.people) > 0.9 * len(arrivals.at)


def plain_queue(gaps: list[float], work: list[float]) -> None:
    """Play an M/M/n with simpy and nothing else."""
    environment = simpy.Environment()
    servers = simpy.Resource(environment, SERVERS)
    begun: list[float] = []

    def customer(lasts: float) -> Generator[simpy.Event, Any, None]:
        with servers.request() as turn:
            yield turn
            begun.append(environment.now)
            yield environment.timeout(lasts)

    def coming() -> Generator[simpy.Event, Any, None]:
        for gap, lasts in zip(gaps, work, strict=True):
            yield environment.timeout(gap)
            environment.process(customer(lasts))

    environment.process(coming())
    environment.run()
    assert len(begun) == len(gaps)


def ciw_queue(lasts_s: float) -> None:
    """Play an M/M/n with ciw."""
    import ciw  # here, so that its own memory is not counted as ours

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(A_DAY / 86_400)],
        service_distributions=[ciw.dists.Exponential(1 / HANDLING_S)],
        number_of_servers=[SERVERS],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(lasts_s)
    assert simulation.get_all_records()


def memory_mb(days: int) -> float:
    """Return the most memory that a process of its own has while it plays so many days."""
    code = (
        "import resource; from bench.simulation import arrivals_of, operation, played;"
        f" played(operation(), arrivals_of({days}), 'own');"
        " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    kilobytes = int(done.stdout)
    return kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024)
