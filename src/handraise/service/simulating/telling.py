"""What a simulation found, and what it assumed, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import OWNER
from handraise.service.simulating.arrivals import Handling
from handraise.service.simulating.records import Estimate, PersonLoad, RouteLoad
from handraise.service.simulating.run import Rules

OFTEN = 0.05
BUSY = 0.85
"""Above this share of busy time queues grow long with every small wave."""


def findings_of(
    table: Table, routes: Sequence[RouteLoad], people: Sequence[PersonLoad]
) -> tuple[str, ...]:
    """Return what people should know of a simulation, a sentence each; empty when all is well."""
    of_routes = [line for route in routes for line in _of_route(route)]
    return (*of_routes, *(line for one in people for line in _of_person(table, one)))


def _of_route(load: RouteLoad) -> Iterator[str]:
    if not load.acknowledge_held:
        yield (
            f"{load.route}: {_share(load.late_to_acknowledge)} of its asks wait longer than"
            f" {duration_text(load.acknowledge_within_s)} until somebody has them"
        )
    if not load.decide_held:
        yield (
            f"{load.route}: {_share(load.late_to_decide)} of its asks are not decided within"
            f" {duration_text(load.decide_within_s)}"
        )
    if load.nobody_there > OFTEN:
        yield (
            f"{load.route}: {percent(load.nobody_there)} of its asks come while none of its people"
            " is on duty"
        )
    if load.route != OWNER and (load.reached_owner.value or 0.0) > OFTEN:
        yield f"{load.route}: {_share(load.reached_owner)} of its asks come to the owner"
    if load.unanswered.value:
        yield f"{load.route}: {_share(load.unanswered)} of its asks are never answered"


def _of_person(table: Table, load: PersonLoad) -> Iterator[str]:
    if load.full_days is not None and (load.full_days.value or 0.0) > OFTEN:
        limit = table.people[load.person].capacity_day
        yield (
            f"{load.person} comes to the limit of {limit} a day"
            f" on {_share(load.full_days)} of their days"
        )
    elif (load.full.value or 0.0) > OFTEN:
        yield f"{load.person} can take no more in {_share(load.full)} of their hours"
    if (load.busy.value or 0.0) > BUSY:
        yield f"{load.person} is busy in {_share(load.busy)} of their hours"
    if load.duty_s == 0:
        yield f"{load.person} is never on duty in this time"


def percent(share: float) -> str:
    """Return a share as people read it: 0.308 is `31 %`, 0.0245 is `2.5 %`."""
    found = 100 * share
    if 0 < found < 0.05:
        return "under 0.1 %"
    return f"{found:.1f} %" if found < 9.95 else f"{found:.0f} %"


def _share(found: Estimate) -> str:
    return percent(found.value or 0.0)


def assumptions_of(rules: Rules, handling: Handling, *, has_unknown: bool) -> tuple[str, ...]:
    """Return what a simulation assumes, a sentence each."""
    return tuple(_assumptions(rules, handling, has_unknown=has_unknown))


def _assumptions(rules: Rules, handling: Handling, *, has_unknown: bool) -> Iterator[str]:
    if has_unknown:
        where = "where it was not measured itself"
        yield f"an ask takes {_handling_text(handling)} ({handling.source}) {where}"
        for route, one in handling.by_route.items():
            yield f"an ask to {route} takes {_handling_text(one)} ({one.source})"
    if rules.pull == "own":
        yield "each person works only on what they hold, what is due first before the rest"
    else:
        yield "whoever of a route is free takes what has waited longest, whoever holds it"
    if rules.acknowledge_delay_s is None:
        yield "people work on one ask at a time, and acknowledge it by beginning"
    else:
        delay = duration_text(rules.acknowledge_delay_s)
        yield f"people work on one ask at a time, and say within {delay} that they have the others"
    if rules.overtime:
        yield "people begin only within their hours, and then finish what they have begun"
    else:
        yield "people work only within their hours; what is not finished rests until the next"
    yield "every answer agrees, messages arrive at once, and nobody is away but as was given"


def _handling_text(handling: Handling) -> str:
    mean = duration_text(round(handling.mean_s, 1))
    if handling.shape == "fixed":
        return f"{mean} each"
    kind = f"lognormal, cv {handling.cv:g}" if handling.shape == "lognormal" else "exponential"
    return f"{mean} on average ({kind})"
