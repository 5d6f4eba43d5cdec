"""The simulation against the lifecycle itself: the same people play the same asks, move by move."""

from datetime import timedelta

import numpy as np
import pytest

from handraise.core.duty import Directory, day_start, on_duty
from handraise.core.lifecycle import acknowledge, next_move, open_escalation
from handraise.model import Decision, PersonState, Verdict
from handraise.service.simulating.arrivals import arrivals_of
from handraise.service.simulating.run import Rules
from handraise.service.simulating.simulate import staged
from tests.support.simulated import MONDAY, operation

QUARTER_S = 900.0
PEOPLE = {
    "dana": 'hours: "Mon-Fri 09:00-17:00", zone: America/New_York, capacity: 6 a day and 3 open',
    "marc": 'hours: "Mon-Sun 12:00-22:00", capacity: 2 open',
    "ines": 'hours: "Mon-Fri 08:00-18:00", zone: Europe/Lisbon, capacity: 9 a day',
    "priya": 'hours: "Mon-Sun 07:00-23:00"',
}
ROUTES = {
    "support": "{people: [dana, marc], acknowledge_within: 15m, decide_within: 1h}",
    "finance": "{people: [ines, marc], acknowledge_within: 30m, decide_within: 50m}",
}


class Slow:
    """The lifecycle played plainly, instant by instant, by people as the simulation assumes them."""

    def __init__(self, table):
        self.table = table
        self.live, self.works, self.given = {}, {}, []
        self.begun, self.answered, self.with_owner = {}, {}, {}

    def play(self, at, routes, handling_s):
        now_s, coming = 0.0, list(range(len(at)))
        self.handling_s = handling_s
        while (coming or self.live) and now_s < 30 * 86_400:
            self.now_s, self.now = now_s, MONDAY + timedelta(seconds=now_s)
            for person, (number, _, ends) in list(self.works.items()):
                if ends <= now_s and self.works.get(person, (None,))[0] == number:
                    self._end(number)
            due = [one for one in self.live.values() if one.due_at <= self.now]
            for escalation in sorted(due, key=lambda one: one.asks[0].assigned_at):
                self._move(int(escalation.id))
            while coming and at[coming[0]] <= now_s:
                self._open(coming[0], routes[coming.pop(0)])
            self._begin()
            instants = [(now_s // QUARTER_S + 1) * QUARTER_S]
            instants += [at[coming[0]]] if coming else []
            instants += [ends for _, _, ends in self.works.values()]
            instants += [(one.due_at - MONDAY).total_seconds() for one in self.live.values()]
            now_s = min(one for one in instants if one > now_s + 1e-9)

    def _directory(self):
        held = [one.asks[0].holder for one in self.live.values()]
        states = {
            id: PersonState(
                open_asks=held.count(id),
                asks_today=sum(
                    who == id and when >= day_start(person, self.now) for who, when in self.given
                ),
            )
            for id, person in self.table.people.items()
        }
        return Directory(owner=self.table.owner, states=states)

    def _keep(self, number, escalation):
        ask, before = escalation.asks[0], self.live.get(number)
        if before is None or before.asks[0].assigned_at != ask.assigned_at:
            self.given.append((ask.holder, self.now))
            if ask.with_owner:
                self.with_owner.setdefault(number, self.now_s)
        self.live[number] = escalation

    def _open(self, number, route):
        move = open_escalation(
            id=str(number),
            verdict=Verdict(None, routes=(route,)),
            plain=Decision(),
            digest="",
            table=self.table,
            directory=self._directory(),
            now=self.now,
        )
        self._keep(number, move.escalation)
        self._begin()

    def _move(self, number):
        move = next_move(self.live[number], self.table, self._directory(), self.now)
        if move is None:
            return
        self._keep(number, move.escalation)
        holder = move.escalation.asks[0].holder
        if self.works.get(holder, (None,))[0] == number:
            self._take(number, holder)  # who is at it says so again
        self._begin()

    def _take(self, number, person):
        escalation = self.live[number]
        ask = escalation.asks[0]
        move = acknowledge(escalation, ask.id, person, self.table, self._directory(), self.now)
        self._keep(number, move.escalation)

    def _begin(self):
        for id, person in self.table.people.items():
            if id in self.works or not on_duty(person, self.now):
                continue
            mine = [
                (ask.assigned_at + timedelta(seconds=self._acknowledge_s(ask)), number)
                for number, one in self.live.items()
                for ask in one.asks
                if ask.holder == id
            ]
            if mine:
                number = min(mine)[1]
                self._take(number, id)
                self.begun.setdefault(number, self.now_s)
                self.works[id] = (number, self.now_s, self.now_s + self.handling_s[number])

    def _acknowledge_s(self, ask):
        route = self.table.routes[ask.route]
        return min(route.acknowledge_within_s, route.decide_within_s)

    def _end(self, number):
        self.answered[number] = self.now_s
        del self.live[number]
        for person, work in list(self.works.items()):
            if work[0] == number:
                del self.works[person]


@pytest.mark.parametrize("seed", range(8))
def test_the_simulation_does_what_the_lifecycle_does(seed):
    table = operation(PEOPLE, ROUTES)
    rng = np.random.default_rng(seed)
    count = int(rng.integers(90, 150))
    at = np.sort(rng.uniform(0, 2 * 86_400, count))
    at[0] = 0.0
    routes = rng.choice(list(ROUTES), count).tolist()
    handling_s = rng.lognormal(np.log(rng.choice([600.0, 1500.0])), 1.0, count)
    slow = Slow(table)
    slow.play(at.tolist(), routes, handling_s.tolist())
    arrivals = arrivals_of(MONDAY.timestamp() + at, [(one,) for one in routes])
    played, _ = staged(table, arrivals, rules=Rules()).play(handling_s.tolist())
    for name in ("with_owner", "begun", "answered"):
        fast = {
            number: when for number, when in enumerate(getattr(played, name)) if when < float("inf")
        }
        assert fast == pytest.approx(getattr(slow, name), abs=1e-3), name
    assert sum(played.moves) > 0
    assert 0 < len(slow.with_owner) < count
