"""Small operations to simulate: a table of few people, and asks at given minutes."""

from datetime import UTC, datetime

import numpy as np

from handraise.core.table.read import read
from handraise.service.simulating.arrivals import Handling, arrivals_of
from handraise.service.simulating.run import Rules
from handraise.service.simulating.simulate import simulate, staged

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
NEVER = float("inf")

TABLE = """\
handraise: 1
agent: agent
owner: priya
people:
{people}
routes:
{routes}
facts: {{revenue: number}}
known: [refund]
escalate:
  confidence: {{below: 0.72, to: {first}}}
  consequence: {{when: revenue > 5000, to: {first}}}
  novelty: {{unknown: type, to: {first}}}
{more}
"""


def operation(people, routes, more=""):
    """Return a table.

    Args:
        people: by id, what follows name and contact, e.g. `hours: "Mon-Fri 09:00-17:00"`.
        routes: by id, as it is written.
        more: further lines of the table.
    """
    lines = [
        f"  {id}: {{name: {id.title()}, contact: 'mailto:{id}@example.com'"
        f"{', ' + rest if rest else ''}}}"
        for id, rest in people.items()
    ]
    named = [f"  {id}: {route}" for id, route in routes.items()]
    text = TABLE.format(
        people="\n".join(lines), routes="\n".join(named), first=next(iter(routes)), more=more
    )
    reading = read(text)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


def at_minutes(minutes, routes=("support",), *, start=MONDAY, handling_min=None):
    """Return arrivals at minutes after an instant, all to the same routes."""
    handling = None if handling_min is None else [60.0 * one for one in handling_min]
    at = [start.timestamp() + 60.0 * one for one in minutes]
    return arrivals_of(at, [routes] * len(at), handling)


def fixed(minutes):
    """Return a handling time without spread."""
    return Handling(mean_s=60.0 * minutes, shape="fixed")


def played(table, arrivals, minutes, **rules):
    """Return what happened to each ask, in minutes from the first, and the people at the end."""
    stage = staged(table, arrivals, rules=Rules(**rules))
    found, roster = stage.play([60.0 * minutes] * len(stage.asks.arrival))
    came = np.array(found.came)
    began = datetime.fromtimestamp(float(arrivals.at[0]), UTC)
    shift = (began - stage.first).total_seconds()
    inside = {
        "came": (came - shift) / 60,
        "begun": (np.array(found.begun) - shift) / 60,
        "answered": (np.array(found.answered) - shift) / 60,
        "with_owner": (np.array(found.with_owner) - shift) / 60,
    }
    return {id: np.round(one, 6).tolist() for id, one in inside.items()}, roster.workers


def of_one_route(table, arrivals, handling, **more):
    """Return what a simulation says of the only route."""
    return simulate(table, arrivals, handling, **more).routes[0]


def poisson(rate_per_hour, hours, seed, *, start=MONDAY):
    """Return instants that come by chance, seconds of UTC."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rate_per_hour * hours)
    return start.timestamp() + np.sort(rng.uniform(0.0, hours * 3600.0, count))
