"""Alarms of the watch: settled after each look, told to the owner, taken or put off by them.

INVARIANT: what becomes of the alarms, what is told and what the record says are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.monitor.alarming import BACK_WITHIN, LONGEST_SNOOZE, settled
from handraise.core.monitor.signals import Signal, Unseen
from handraise.errors import AccessError, InputError, NotFoundError
from handraise.model import Alarm, Event
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.service.telling.wording.watched import alarm_messages
from handraise.service.watch.channels import others_first
from handraise.store import Store
from handraise.store.alarms import AlarmsChanged

SHORTEST_SNOOZE = timedelta(hours=1)


class Alarms:
    """The alarms of one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, address: Address) -> None:
        """Keep what settling and telling need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address
        self._missing: dict[str, frozenset[str]] = {}

    def settle(
        self,
        agent: str,
        kinds: Collection[str],
        signals: Sequence[Signal],
        now: datetime,
        unseen: Sequence[Unseen] = (),
    ) -> int:
        """Take up what a look found; return how many alarms changed.

        Args:
            agent: whose operation was looked at.
            kinds: that were looked for: an alarm of one of them that is absent for the second time
                is over.
            signals: what is wrong.
            now: the present instant.
            unseen: what of these kinds could not be looked at all the same.

        Raises:
            StoreError: nothing was changed.
        """
        missed = self._missing.get(agent, frozenset())
        left = set[str]()

        def step(kept: Sequence[Alarm]) -> AlarmsChanged:
            made = settled(kept, signals, kinds, missed, now, fresh_id, unseen)
            table = self._shelf.current(agent)
            messages = [
                replace(one, contacts=others_first(one.contacts, _silent([*kept, *made.alarms])))
                for one in alarm_messages(table, made, self._address.url, now)
            ]
            others = {one.id for one in kept if one.kind not in kinds}
            left.update(made.missing | (missed & others))
            return AlarmsChanged(alarms=made.alarms, events=made.events, messages=messages)

        count = self._store.change_alarms(agent, now - BACK_WITHIN, step)
        self._missing[agent] = frozenset(left)
        return count

    def acknowledge(self, alarm_id: str, person: str) -> Alarm:
        """Keep that the owner has an alarm: it is told of weekly from then on, while it lasts.

        Raises:
            NotFoundError: there is no such alarm.
            AccessError: the person is not the owner.
            InputError: it is over.
        """
        now = self._clock.now()
        before = self._owned(alarm_id, person)
        return self._changed(
            before,
            person,
            "alarm_acknowledged",
            state="acknowledged",
            acknowledged_at=now,
            acknowledged_by=person,
        )

    def snooze(self, alarm_id: str, person: str, lasts: timedelta) -> Alarm:
        """Keep that the owner does not want to hear of an alarm for a while.

        Args:
            alarm_id: which.
            person: the owner.
            lasts: from an hour to 30 days.

        Raises:
            NotFoundError: there is no such alarm.
            AccessError: the person is not the owner.
            InputError: it is over, or the while is too short or too long.
        """
        if not SHORTEST_SNOOZE <= lasts <= LONGEST_SNOOZE:
            raise InputError("snooze: not from 1h to 30d", "write e.g. 4h, 2d or 30d")
        before = self._owned(alarm_id, person)
        until = self._clock.now() + lasts
        return self._changed(
            before, person, "alarm_snoozed", snoozed_until=until, snoozed_by=person
        )

    def _owned(self, alarm_id: str, person: str) -> Alarm:
        found = self._store.alarm(alarm_id)
        if found is None:
            raise NotFoundError(f'there is no alarm "{alarm_id}"', "`handraise watch` lists them")
        owner = self._shelf.current(found.agent).owner
        if person != owner:
            raise AccessError(
                f"an alarm of {found.agent} is for its owner to take or put off",
                f"that is {owner}",
            )
        return found

    def _changed(self, before: Alarm, person: str, kind: str, **values: object) -> Alarm:
        now = self._clock.now()
        detail = {"alarm": before.id, "kind": before.kind}
        event = Event(at=now, kind=kind, who=person, agent=before.agent, detail=detail)
        made: list[Alarm] = []

        def step(kept: Sequence[Alarm]) -> AlarmsChanged:
            standing = next((one for one in kept if one.id == before.id), before)
            if standing.state == "resolved":
                raise InputError(f"alarm {before.id}: it is over", "there is nothing left to do")
            made.append(replace(standing, **values))
            return AlarmsChanged(alarms=made, events=[event])

        self._store.change_alarms(before.agent, now - BACK_WITHIN, step)
        return made[0]


def _silent(alarms: Sequence[Alarm]) -> set[str]:
    """Return the channels that nothing arrives by, as far as their alarms tell."""
    standing = {one.id: one for one in alarms if one.kind == "channel_silent"}
    return {one.subject for one in standing.values() if one.state != "resolved"}
