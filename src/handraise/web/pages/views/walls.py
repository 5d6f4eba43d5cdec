"""What a screen on the wall says: a few words and numbers, each of which can be read from afar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from handraise.model import Wall
from handraise.service.walls import OnTheWall
from handraise.web.pages.views.words import counted, in_zone, sentence, span

REFRESH_S = 15
"""How often the screen asks again."""

FORCE = {"in force": "Live", "ended": "Stopped", "not signed": "Not live"}
KINDS = {
    "too_much": "stops too much",
    "too_little": "stops too little",
    "wrong_alone": "wrong alone too often",
    "audits_late": "audits are late",
    "agreeing": "people only agree",
    "unread": "answered unread",
    "disagreeing": "people disagree",
    "late": "answers came late lately",
    "backlog": "questions pile up",
    "over_capacity": "more than people can take",
    "unaccepted": "duties not accepted",
    "agent_silent": "agent is silent",
    "agent_looping": "agent goes in circles",
    "queue_undrained": "a queue is not emptied",
    "channel_silent": "a channel is silent",
    "worker_silent": "the worker is silent",
    "watch_broken": "the watch is broken",
    "promise_lost": "a promise is lost",
}
"""What each kind of alarm is called on the wall; of what it is about nothing is said."""


class AgentOnTheWall(Struct, frozen=True, kw_only=True):
    """One agent.

    Attributes:
        name: which.
        force: whether it is live, in a word or two.
        tone: `good`, `warn` or `bad`.
        open, overdue: how many questions wait, and of how many of their asks the time is over:
            one question may ask several routes.
        oldest: how long the oldest question waits; a dash where none does.
        on_duty: `2 of 3`.
        alarms: the kinds, with how many where there are several.
    """

    name: str
    force: str
    tone: str
    open: int
    overdue: int
    oldest: str
    on_duty: str
    is_manned: bool
    alarms: tuple[str, ...]


class WallPage(Struct, frozen=True, kw_only=True):
    """The whole screen.

    Attributes:
        title: where it hangs.
        path: its own address, from which it refreshes itself.
        sentence: all of it in one sentence.
        tone: the colour of that.
        at: when it was read, `14:32:05`.
        zone: in which zone that is.
        iso: the same for machines.
        agents: one after the other, by name.
        refresh_s: how often it asks again.
    """

    title: str
    path: str
    sentence: str
    tone: str
    at: str
    zone: str
    iso: str
    agents: tuple[AgentOnTheWall, ...]
    refresh_s: int = REFRESH_S


def wall_page(
    wall: Wall,
    shown: Sequence[OnTheWall],
    *,
    missing: str,
    zone: tzinfo,
    now: datetime,
    path: str,
) -> WallPage:
    """Return the screen in words.

    Args:
        wall: which.
        shown: how its agents stand.
        missing: what keeps the system from its work; empty for nothing.
        zone: in which the time is told.
        now: when it was read.
        path: its own address.
    """
    agents = tuple(_agent(one, now) for one in shown)
    tone, words = _all_of_it(agents, missing)
    local = in_zone(now, zone)
    return WallPage(
        title=wall.label,
        path=path,
        sentence=words,
        tone=tone,
        at=f"{local:%H:%M:%S}",
        zone=f"{local:%Z}",
        iso=now.isoformat(),
        agents=agents,
    )


def _all_of_it(agents: Sequence[AgentOnTheWall], missing: str) -> tuple[str, str]:
    """Return the worst of it: its tone, and a sentence."""
    if missing:
        return "bad", sentence(missing)
    if not agents:
        return "bad", "No agent is shown here any more."
    overdue = sum(one.overdue for one in agents)
    if overdue:
        return "bad", f"{counted(overdue, 'ask')} overdue now."
    alarms = sum(bool(one.alarms) for one in agents)
    if alarms:
        return "warn", f"Alarms for {counted(alarms, 'agent')}."
    if any(one.tone != "good" for one in agents):
        return "warn", "Not every agent is as it should be."
    waiting = sum(one.open for one in agents)
    return (
        "good",
        f"{counted(waiting, 'open question')}, no ask overdue." if waiting else "All quiet.",
    )


def _agent(one: OnTheWall, now: datetime) -> AgentOnTheWall:
    is_live = one.force == "in force"
    is_bad = bool(one.overdue) or not is_live
    is_manned = one.on_duty > 0
    oldest = "–"
    if one.oldest_at is not None:
        oldest = span(max((now - one.oldest_at).total_seconds(), 0.0))
    return AgentOnTheWall(
        name=one.agent,
        force=FORCE[one.force],
        tone="bad" if is_bad else "warn" if one.alarms or not is_manned else "good",
        open=one.open,
        overdue=one.overdue,
        oldest=oldest,
        on_duty=f"{one.on_duty} of {one.people}",
        is_manned=is_manned,
        alarms=tuple(
            KINDS.get(kind, kind) + (f" ({number})" if number > 1 else "")
            for kind, number in one.alarms
        ),
    )
