"""An agent that runs in a circle: the same decision, or the same case, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Table
from handraise.service.deciding.repeats import LEAST, WITHIN, repeating_name
from handraise.service.watch.words import counted, joined
from handraise.store import Store
from handraise.store.silences import Repetition

MOSTLY = 0.9
"""Without a case, two customers' small refunds look the same: only what an agent does all the time
is a circle."""

LASTS = timedelta(minutes=10)

MOST = 3
"""So many things that go round in circles are told at a time."""


def looping_signals(store: Store, table: Table, now: datetime) -> Iterator[Signal]:
    """Yield a signal for each thing that an agent decides again and again, the worst few.

    Another case, or another proposal, is another alarm: who put off one did not put off the next.

    Raises:
        StoreError: the store cannot be read.
    """
    found = [
        one
        for one in store.repetitions(table.agent, now - WITHIN, least=LEAST)
        if one.in_case or one.count >= MOSTLY * one.of
    ]
    asked_at = store.last_heartbeat(repeating_name(table.agent))
    is_asking = asked_at is not None and abs(now - asked_at) < LASTS
    for number, one in enumerate(found[:MOST]):
        yield _signal(table, one, is_asking=is_asking and number == 0, since=one.first_at)
    if is_asking and not found:
        yield _signal(table, None, is_asking=True, since=asked_at)


def _signal(
    table: Table, found: Repetition | None, *, is_asking: bool, since: datetime | None
) -> Signal:
    lines = [] if found is None else [_line(found, table)]
    if is_asking:
        lines.append(
            f"The same question was put to people {LEAST} times and more; it is asked once."
        )
    return Signal(
        agent=table.agent,
        kind="agent_looping",
        subject="repetition" if found is None else f"repetition {found.digest}",
        sentence=f"{table.agent} runs in a circle: it {joined(_what(found, is_asking=is_asking))} "
        "within ten minutes.",
        means="It does not take up what it did or was told: a step fails and is tried for ever, or "
        "its memory of the case is lost. Stop it before it does the same a hundredth time, and "
        "give decisions a key, so that a repeated one is known as the same.",
        since=since,
        lines=tuple(lines),
        examples=() if found is None else (found.newest,),
        urgent=True,
    )


def _what(found: Repetition | None, *, is_asking: bool) -> list[str]:
    words = []
    if found is not None:
        words.append(f"decided the same {counted(found.count, 'time')}")
    if is_asking:
        words.append(f"asked people the same at least {LEAST} times")
    return words


def _line(one: Repetition, table: Table) -> str:
    # A type that the table does not know may be a customer's words.
    of_type = f' of type "{one.type}"' if one.type in table.known.types else ""
    where = "one case" if one.in_case else "the same proposal and facts, without a case"
    return f"{counted(one.count, 'decision')}{of_type}: {where}."
