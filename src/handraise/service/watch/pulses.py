"""The pulse of each agent: how its decisions come by the hour of the week, kept between looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.duty.holidays import holiday
from handraise.core.monitor.rhythm import (
    HOUR,
    IMPROBABLE,
    LEAST_SILENCE,
    LONGEST_COMPARED,
    Ebb,
    Flood,
    Pulse,
    ebb,
    flood,
    is_busy_hour,
    looked,
    silence,
)
from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.service.watch.words import counted, lasting
from handraise.store import Store

REMEMBERED = timedelta(weeks=9)
FRESH = 3 * HOUR
"""Counts of hours this old may still grow; older ones are read once."""


class Beat(Struct, frozen=True, kw_only=True):
    """How an agent's decisions come, as of one look.

    Attributes:
        pulse: what is carried on; None where it never decided anything.
        signals: what is wrong with it.
    """

    pulse: Pulse | None
    signals: tuple[Signal, ...] = ()


class Pulses:
    """Feels the pulse of the agents of one store."""

    def __init__(self, store: Store) -> None:
        """Begin with no counts read."""
        self._store = store
        self._hours: dict[str, dict[datetime, int]] = {}
        self._read_at: dict[str, datetime] = {}

    def look(self, table: Table, now: datetime) -> Beat:
        """Return how an agent's decisions come, and keep it for the next look.

        Raises:
            StoreError: the store cannot be read or written.
        """
        agent = table.agent
        hours = self.hours(agent, now)
        kept = self._store.pulse_of(agent)
        before = None if kept is None else _pulse(kept)
        pulse = looked(before, hours, now)
        if pulse is None:
            return Beat(pulse=None)
        if _is_excused(table, pulse, now):
            pulse = replace(pulse, is_excused=True)
        elif table.quiet_after_s is None:
            pulse = replace(pulse, silence=silence(pulse, hours, now))
        if pulse != before:
            self._store.keep_pulse(agent, msgspec.to_builtins(pulse), now)
        quiet = _quiet(table, pulse, now) or _ebbing(table, ebb(hours, now), now)
        return Beat(pulse=pulse, signals=(*quiet, *_flooding(table, flood(hours, now))))

    def hours(self, agent: str, now: datetime) -> dict[datetime, int]:
        """Return how many decisions an agent made in each hour of the last nine weeks."""
        known, read_at = self._hours.get(agent, {}), self._read_at.get(agent)
        since = now - REMEMBERED
        is_fresh = read_at is not None and timedelta(0) <= now - read_at < FRESH
        begin = max(since, read_at - FRESH) if is_fresh and read_at is not None else since
        # An hour that has not begun was dated by a clock that is ahead: it shows no life now.
        found = self._store.by_hour(agent, begin, now + timedelta(seconds=1))
        old = {hour: count for hour, count in known.items() if since <= hour < begin}
        hours = old | {hour: count for hour, (count, _) in found.items()}
        self._hours[agent], self._read_at[agent] = hours, now
        return hours


def _pulse(kept: dict[str, object]) -> Pulse | None:
    try:
        return msgspec.convert(kept, Pulse)
    except msgspec.ValidationError:
        return None  # of another release: it begins anew


def _is_excused(table: Table, pulse: Pulse, now: datetime) -> bool:
    """Whether a rest is not looked at: on a holiday of somebody on the table, or the night after.

    A silence that was found before goes on.
    """
    if pulse.silence is not None or now - pulse.grown_at < LEAST_SILENCE:
        return False
    first = max(pulse.grown_at, now - LONGEST_COMPARED)
    if _has_holiday(table, now, now):
        return True
    return not is_busy_hour(pulse, now) and _has_holiday(table, first, now)


def _has_holiday(table: Table, since: datetime, until: datetime) -> bool:
    """Whether a holiday of somebody on the table lies between two instants, their days included."""
    for place, zone in {(one.holidays, one.zone) for one in table.people.values() if one.holidays}:
        day, last = (at.astimezone(ZoneInfo(zone)).date() for at in (since, until))
        while day <= last:
            if holiday(place, day) is not None:
                return True
            day += timedelta(days=1)
    return False


def _quiet(table: Table, pulse: Pulse, now: datetime) -> Sequence[Signal]:
    rest_s = (now - pulse.grown_at).total_seconds()
    if table.quiet_after_s is not None:
        if rest_s < table.quiet_after_s:
            return ()
        limit = duration_text(table.quiet_after_s)
        why = f"the table's watch.quiet_after is {limit}"
        lines: tuple[str, ...] = ()
    elif pulse.silence is not None:
        found = pulse.silence
        odds = f"{1 / IMPROBABLE:,.0f}"
        why = f"at this time of the week that happens by chance less than once in {odds}"
        lines = (
            f"In the {counted(found.weeks, 'week')} before, the stretch that showed it had about "
            f"{counted(round(found.expected), 'decision')}, and {found.least:.0f} at least.",
        )
    else:
        return ()
    return (
        Signal(
            agent=table.agent,
            kind="agent_silent",
            subject="decisions",
            sentence=f"{table.agent} has reported no decision for {lasting(rest_s)}: {why}.",
            means="The agent has stopped, nothing reaches it any more, or it acts without asking "
            "the gate. Look at what feeds it, and whether it still calls decide().",
            since=pulse.grown_at,
            lines=lines,
            urgent=True,
        ),
    )


def _ebbing(table: Table, found: Ebb | None, now: datetime) -> Sequence[Signal]:
    if found is None or _has_holiday(table, found.since, now):
        return ()
    return (
        Signal(
            agent=table.agent,
            kind="agent_silent",
            subject="few decisions",
            sentence=f"{table.agent} hardly decides anything: "
            f"{counted(found.count, 'decision')} in the last 24 hours, where such a day had "
            f"{found.least:,} at least; the day before was like it.",
            means="A part of what feeds it has stopped, or it acts without asking the gate in most "
            "cases. Look at what comes in, and whether each of its ways still calls decide(). If "
            "so little is right, this ends by itself once two weeks have been like it.",
            since=found.since,
            lines=(f"Compared with the {counted(found.weeks, 'week')} before.",),
        ),
    )


def _flooding(table: Table, found: Flood | None) -> Sequence[Signal]:
    if found is None:
        return ()
    return (
        Signal(
            agent=table.agent,
            kind="agent_looping",
            subject="volume",
            sentence=f"{table.agent} has made {counted(found.count, 'decision')} in an hour: the "
            f"most in any hour of the last weeks was {found.most:,}, and at this time of the week "
            f"{found.same_hour:,}.",
            means="Either the agent runs in a circle, or far more comes in than ever. Look at what "
            "it decides now; people may be flooded with questions.",
            since=found.hour,
            urgent=True,
        ),
    )
