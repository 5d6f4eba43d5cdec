"""One run: asks come, go to the next person when a deadline passes, and are answered.

The rules are those of the lifecycle (`handraise.core.lifecycle`), with the times of one ask on
numbers of seconds. What is assumed beyond them stands in docs/explanation/capacity.md: a person
works on one ask at a time, acknowledges by beginning, and every answer agrees.

INVARIANT: an ask always has a holder; the same input gives the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappush
from typing import Any, Literal

import simpy
from msgspec import Struct

from handraise.core.lifecycle.parts import OWNER_ROUTE
from handraise.core.table.types import Table
from handraise.service.simulating.asks import Ask, Line, Work, longest_waiting, taken_off, top
from handraise.service.simulating.people import NEVER, Roster, Worker

Pull = Literal["own", "route"]


class Rules(Struct, frozen=True, kw_only=True):
    """How people work.

    Attributes:
        pull: whether they work on what they hold alone (`own`), or on what anybody of their route
            holds (`route`), the longest waiting first.
        acknowledge_delay_s: after how long somebody on duty acknowledges what they cannot begin
            yet; None where they acknowledge by beginning.
        overtime: whether they finish what they have begun when their hours end; else it rests.
    """

    pull: Pull = "own"
    acknowledge_delay_s: float | None = None
    overtime: bool = True


class Played(Struct, frozen=True, kw_only=True):
    """What happened to each ask, in seconds from the beginning; `NEVER` where it did not.

    Attributes:
        came: when it was asked.
        begun: when somebody first began it.
        acknowledged: when somebody first acknowledged it.
        answered: when it was answered.
        with_owner: when it came to the owner as the last resort.
        moves: how often it was passed on.
    """

    came: list[float]
    begun: list[float]
    acknowledged: list[float]
    answered: list[float]
    with_owner: list[float]
    moves: list[int]


class Run:
    """One run of a simulation."""

    def __init__(
        self,
        table: Table,
        roster: Roster,
        rules: Rules,
        patterns: tuple[tuple[int, ...], ...],
        handling_s: list[float],
    ):
        """Prepare it.

        Args:
            table: whose routes, and what happens to what nobody answers.
            roster: everybody, idle.
            rules: how people work.
            patterns: for each set of routes the places of its asks, among the table's routes with
                `owner` last.
            handling_s: how long each ask takes, in the order in which they come.
        """
        self._env = simpy.Environment()
        self._roster = roster
        self._rules = rules
        self._is_own = rules.pull == "own"
        self._rejects = table.unanswered == "reject"
        self._handling_s = handling_s
        lines = [Line(route, roster.people(id)) for id, route in table.routes.items()]
        lines.append(Line(OWNER_ROUTE, ()))
        self._patterns = [tuple(lines[place] for place in pattern) for pattern in patterns]
        self._lines_of = {
            worker: [line for line in lines if worker in line.people]
            for worker in roster.workers.values()
        }
        count = len(handling_s)
        self._next = 0
        self._played = Played(
            came=[NEVER] * count,
            begun=[NEVER] * count,
            acknowledged=[NEVER] * count,
            answered=[NEVER] * count,
            with_owner=[NEVER] * count,
            moves=[0] * count,
        )

    def play(self, at: list[float], which: list[int], until: float) -> Played:
        """Return what happened to each ask.

        Args:
            at: when each arrival comes, in seconds from the beginning, sorted.
            which: its pattern.
            until: when the run is over; after the last arrival.
        """
        for worker in self._roster.workers.values():
            self._env.process(self._days_of(worker))
        self._env.process(self._coming(at, which))
        self._env.run(until=until)
        for worker in self._roster.workers.values():
            worker.close(until)
        return self._played

    def _coming(self, at: list[float], which: list[int]) -> Generator[simpy.Event, Any, None]:
        env = self._env
        for instant, place in zip(at, which, strict=True):
            if instant > env.now:
                yield env.timeout(instant - env.now)
            self._open(self._patterns[place])

    def _days_of(self, worker: Worker) -> Generator[simpy.Event, Any, None]:
        """Have somebody look for work whenever their duty begins."""
        for start in worker.presence.starts:
            if start > self._env.now:
                yield self._env.timeout(start - self._env.now)
            self._look_for_work(worker)

    def _later(self, instant: float, then: Callable[..., None], *what: object) -> None:
        event = self._env.timeout(max(instant - self._env.now, 0.0))
        event.callbacks.append(lambda _: then(*what))

    def _open(self, pattern: tuple[Line, ...]) -> None:
        """Ask each route of a pattern; several asks of one route are one question."""
        now = self._env.now
        group: list[Ask] = []
        fresh: list[Ask] = []
        for line in pattern:
            if group and group[0].line is not line:
                group = []
            ask = Ask(self._next, line, group, self._roster.owner, now)
            never = [one.holder for one in group]
            group.append(ask)
            self._played.came[self._next] = now
            self._next += 1
            worker, is_last = self._roster.first(line.id, (), never, now)
            self._assign(ask, worker, is_last=is_last)
            fresh.append(ask)
        for ask in fresh:
            self._offer(ask)

    def _assign(self, ask: Ask, worker: Worker, *, is_last: bool) -> None:
        """Put an ask to somebody, with both deadlines running afresh."""
        now = self._env.now
        ask.turn += 1
        ask.holder, ask.is_last = worker, is_last
        ask.is_acknowledged = False
        ask.decide_due = now + ask.line.decide_s
        if worker not in ask.tried:
            ask.tried.append(worker)
        worker.give(now)
        if is_last:
            seen = self._played.with_owner
            seen[ask.number] = min(seen[ask.number], now)
        if is_last or self._is_own:
            due = min(now + ask.line.acknowledge_s, ask.decide_due)
            heappush(worker.heap, (due, ask.number, ask, ask.turn))
        else:
            due = ask.came + ask.line.acknowledge_s
            heappush(ask.line.pile, (due, ask.number, ask, ask.turn))

    def _offer(self, ask: Ask) -> None:
        """Have an ask begun by somebody idle, or set when its first deadline passes."""
        turn = ask.turn
        if ask.is_last or self._is_own:
            self._look_for_work(ask.holder)
        else:
            for worker in ask.line.people:
                self._look_for_work(worker)
                if ask.is_acknowledged:
                    break
        if ask.turn == turn and not ask.is_acknowledged:
            self._wait_for(ask)

    def _wait_for(self, ask: Ask) -> None:
        """Set when an ask that nobody has begun is looked at again."""
        if ask.is_last:
            if self._rejects:
                self._look_at(ask, ask.decide_due)
            return
        now = self._env.now
        hours_end = ask.holder.duty_ends(now)
        self._look_at(ask, min(now + ask.line.acknowledge_s, hours_end, ask.decide_due))
        delay = self._rules.acknowledge_delay_s
        if delay is not None and delay < ask.line.acknowledge_s:
            self._later(now + delay, self._acknowledge, ask, ask.turn)

    def _look_at(self, ask: Ask, instant: float) -> None:
        ask.look += 1
        self._later(instant, self._look, ask, ask.look)

    def _look(self, ask: Ask, look: int) -> None:
        """Do what a deadline brings; the twin of `next_move`."""
        if ask.done or ask.look != look:
            return
        now = self._env.now
        if ask.is_last:
            self._end(ask, None)  # nobody answered in time, and the table rejects it
        elif now >= ask.decide_due or not ask.is_acknowledged or not ask.holder.is_on_duty(now):
            self._pass_on(ask)
        elif self._is_at_it(ask.holder, ask):
            self._look_at(ask, min(now + ask.line.lasts_s, ask.decide_due))
        else:  # the acknowledgement has expired: it must be given again
            ask.is_acknowledged = False
            self._wait_for(ask)

    def _is_at_it(self, worker: Worker, ask: Ask) -> bool:
        """Whether somebody works on an ask just now: work that rests does not count."""
        is_there = self._rules.overtime or worker.is_on_duty(self._env.now)
        return worker.work is not None and worker.work.ask is ask and is_there

    def _acknowledge(self, ask: Ask, turn: int) -> None:
        """Have the holder say "I have it" of what they cannot begin yet."""
        now = self._env.now
        if ask.done or ask.turn != turn or ask.is_acknowledged or not ask.holder.is_on_duty(now):
            return
        self._has_acknowledged(ask)
        self._look_at(ask, min(now + ask.line.lasts_s, ask.decide_due))

    def _has_acknowledged(self, ask: Ask) -> None:
        ask.is_acknowledged = True
        seen = self._played.acknowledged
        seen[ask.number] = min(seen[ask.number], self._env.now)

    def _pass_on(self, ask: Ask) -> None:
        """Advance an ask to the next person; who works on it goes on: the first answer counts."""
        ask.holder.take(self._env.now)
        self._played.moves[ask.number] += 1
        worker, is_last = self._roster.first(ask.line.id, ask.had(), ask.barred(), self._env.now)
        self._assign(ask, worker, is_last=is_last)
        if self._is_at_it(worker, ask):
            self._has_acknowledged(ask)
            if self._rejects and is_last:
                self._look_at(ask, ask.decide_due)
        else:
            self._offer(ask)

    def _look_for_work(self, worker: Worker) -> None:
        """Have somebody who is idle and on duty begin what is due first."""
        now = self._env.now
        if worker.work is not None or not worker.is_on_duty(now):
            return
        ask = self._due_first(worker)
        if ask is not None:
            self._begin(worker, ask)

    def _due_first(self, worker: Worker) -> Ask | None:
        """Take the ask that somebody should begin now off its heap; None for none."""
        own = top(worker.heap)
        if self._is_own:
            return None if own is None else taken_off(worker.heap, own)
        best, heap = own, worker.heap
        has_room = not worker.is_full(self._env.now)
        for line in self._lines_of[worker]:
            found = longest_waiting(line.pile, worker, has_room=has_room)
            if found is not None and (best is None or found < best):
                best, heap = found, line.pile
        return None if best is None else taken_off(heap, best)

    def _begin(self, worker: Worker, ask: Ask) -> None:
        now = self._env.now
        if worker is not ask.holder:
            self._change_hands(ask, worker)
        self._has_acknowledged(ask)
        seen = self._played.begun
        seen[ask.number] = min(seen[ask.number], now)
        worker.work = Work(ask, worker, now)
        ask.workers.append(worker)
        overtime = self._rules.overtime
        finished = worker.finished_at(now, self._handling_s[ask.number], overtime=overtime)
        if finished < NEVER:
            self._later(finished, self._finish, worker.work)
        if ask.is_last:
            if self._rejects:
                self._look_at(ask, ask.decide_due)
            return
        look_at = min(now + ask.line.lasts_s, ask.decide_due)
        if finished > look_at:
            self._look_at(ask, look_at)
        else:
            ask.look += 1  # it is done before anything is due

    def _change_hands(self, ask: Ask, worker: Worker) -> None:
        """Have somebody of the route take what another one holds, by their own word."""
        now = self._env.now
        ask.holder.take(now)
        worker.give(now)
        ask.holder = worker
        ask.turn += 1
        ask.decide_due = now + ask.line.decide_s
        if worker not in ask.tried:
            ask.tried.append(worker)

    def _finish(self, work: Work) -> None:
        if work.worker.work is not work:
            return
        work.worker.answered += 1
        self._played.answered[work.ask.number] = self._env.now
        self._end(work.ask, work.worker)

    def _end(self, ask: Ask, by: Worker | None) -> None:
        """Close an ask, and free everybody who worked on it."""
        now = self._env.now
        ask.done = True
        ask.holder.take(now)
        ask.holder = by or ask.holder
        for worker in ask.workers:
            worker.busy.append((worker.work.since, now))
            worker.work = None
            self._look_for_work(worker)
