"""Queues that nobody drains: questions wait on a route, and nobody there takes or answers any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.service.watch.words import counted, lasting
from handraise.store import Store

LEAST = 3
"""One question that nobody takes comes to the owner by itself; this is about a queue of them."""


def queue_signals(store: Store, table: Table, now: datetime) -> Iterator[Signal]:
    """Yield the routes of a table on which nobody does anything.

    That is: three questions at least are open that nobody has taken; the oldest waits for longer
    than the route's people have to decide; and since it came nobody has taken or answered any other
    of that route.

    Raises:
        StoreError: the store cannot be read.
    """
    for queue in store.waiting_queues(table.agent):
        route = table.routes.get(queue.route)
        waits_s = (now - queue.oldest_at).total_seconds()
        if queue.count < LEAST or route is None or waits_s <= route.decide_within_s:
            continue
        if store.is_drained_since(table.agent, queue.route, queue.oldest_at):
            continue
        people = ", ".join(table.people[one].name for one in route.people)
        yield Signal(
            agent=table.agent,
            kind="queue_undrained",
            subject=f"route {queue.route}",
            sentence=f"Nobody on {queue.route} has taken or answered anything for "
            f"{lasting(waits_s)}; {counted(queue.count, 'question waits', 'questions wait')}.",
            means="The people of the route do not look, or do not know that they are asked. "
            "Talk to them, look whether their messages arrive, or give the route other people.",
            since=queue.oldest_at,
            lines=(
                f"They have {duration_text(route.decide_within_s)} to decide. On the route: "
                f"{people}.",
            ),
            examples=(queue.oldest,),
            about=route.people[0] if len(route.people) == 1 else None,
            urgent=True,
        )
