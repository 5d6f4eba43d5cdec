"""What is silent is told: decisions, processes, queues, workers; and what only rests is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.core.monitor.rhythm import Pulse
from handraise.core.monitor.signals import Signal
from handraise.core.table.types import Table
from handraise.model import Tally
from handraise.service.watch.channels import channel_of
from handraise.service.watch.pulses import Pulses
from handraise.service.watch.queues import queue_signals
from handraise.service.watch.running import Workers, running
from handraise.service.watch.silence import Silence
from handraise.service.wiring import Operation
from handraise.service.working.worker import LEASE, POST
from handraise.store.inserts import insert
from handraise.store.rows import values_of
from handraise.store.schema import tallies
from tests.support.operation import AGENT, BIG, TABLE, answered, gate_of, opened

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONDAY = datetime.fromisoformat("2026-11-23T10:00:00+00:00")


@pytest.fixture
def quiet(tmp_path: Path, clock: ManualClock) -> Iterator[Operation]:
    """Return an operation whose table says after how long a rest is an alarm."""
    table = TABLE.replace("{silent_after: 10m}", "{silent_after: 10m, quiet_after: 90m}")
    operation = opened(tmp_path, clock=clock, table=table)
    yield operation
    operation.close()


def count(operation: Operation, hours: Sequence[datetime], an_hour: int) -> None:
    """Let an agent have made so many decisions in each of some hours."""
    rows = [
        Tally(agent=AGENT, version="v1", hour=hour, type="", severity="", rows=(), count=an_hour)
        for hour in hours
    ]
    with operation.store.write() as connection:
        insert(connection, tallies, [values_of(one) for one in rows], known=True)


def weeks_of(until: datetime, an_hour: int, operation: Operation) -> None:
    """Let an agent have worked round the clock for five weeks."""
    count(operation, [until - step * HOUR for step in range(1, 5 * 168)], an_hour)


def table_of(operation: Operation) -> Table:
    return operation.shelf.current(AGENT)


def said(signals: Sequence[Signal]) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in signals]


def looks(operation: Operation, clock: ManualClock, minutes: int) -> list[tuple[int, str]]:
    """Look every minute; return in which minute which signal came first."""
    pulses, found = Pulses(operation.store), dict[str, int]()
    for minute in range(minutes):
        for one in pulses.look(table_of(operation), clock.now()).signals:
            found.setdefault(one.subject, minute)
        clock.advance(minutes=1)
    return [(minute, subject) for subject, minute in found.items()]


def test_an_agent_that_stops_at_a_busy_hour_is_found_in_minutes_once_its_rests_are_known(
    operation: Operation, clock: ManualClock
) -> None:
    clock.set(MONDAY)
    weeks_of(MONDAY, 600, operation)
    known = Pulse(hour=MONDAY - HOUR, count=600, grown_at=MONDAY, rests_s=(60.0,) * 168)
    operation.store.keep_pulse(AGENT, msgspec.to_builtins(known), MONDAY)
    assert looks(operation, clock, 30) == [(15, "decisions")]


def test_a_holiday_of_the_people_is_no_silence_and_the_morning_after_is(
    folder: Path, clock: ManualClock
) -> None:
    thanksgiving = datetime.fromisoformat("2026-11-26T00:00:00+00:00")
    at_home = 'contact: "mailto:dana@example.com", holidays: US'
    table = TABLE.replace('contact: "mailto:dana@example.com"', at_home)
    operation = opened(folder, clock=clock, table=table)
    evening = thanksgiving - 6 * HOUR
    count(
        operation,
        [
            hour
            for hour in (evening - step * HOUR for step in range(1, 9 * 168))
            if 8 <= hour.hour < 18
        ],
        600,
    )
    rests = tuple(60.0 if 8 <= hour % 24 < 18 else 3600.0 * 14 for hour in range(168))
    known = Pulse(hour=evening - HOUR, count=600, grown_at=evening, rests_s=rests)
    operation.store.keep_pulse(AGENT, msgspec.to_builtins(known), evening)
    found = {
        hours: Pulses(operation.store)
        .look(operation.shelf.current(AGENT), evening + hours * HOUR)
        .signals
        for hours in (1, 16, 20, 31, 36, 40)  # the last: ten o'clock on the day after
    }
    operation.close()
    assert [hours for hours, signals in found.items() if signals] == [40]


def test_it_goes_on_being_silent_for_another_worker_and_is_over_with_a_decision(
    operation: Operation, clock: ManualClock
) -> None:
    clock.set(MONDAY)
    weeks_of(MONDAY, 600, operation)
    clock.advance(hours=7)
    (found,) = Pulses(operation.store).look(table_of(operation), clock.now()).signals
    assert found.since == MONDAY
    assert "has reported no decision for 7 hours" in found.sentence
    assert "4 weeks" in found.lines[0]
    clock.advance(minutes=1)
    assert said(Pulses(operation.store).look(table_of(operation), clock.now()).signals)
    gate_of(operation).decide(**{**BIG, "proposal": {"refund": 1}})
    operation.recorder.flush()
    assert Pulses(operation.store).look(table_of(operation), clock.now()).signals == ()


def test_an_agent_that_never_decided_is_not_silent(operation: Operation) -> None:
    assert Pulses(operation.store).look(table_of(operation), MONDAY).pulse is None


def test_a_pulse_of_another_release_begins_anew(operation: Operation) -> None:
    count(operation, [MONDAY], 3)
    operation.store.keep_pulse(AGENT, {"strange": 1}, MONDAY)
    beat = Pulses(operation.store).look(table_of(operation), MONDAY + MINUTE)
    assert beat.pulse is not None
    assert beat.pulse.count == 3


def test_the_limit_of_the_table_takes_the_place_of_what_is_usual(
    quiet: Operation, clock: ManualClock
) -> None:
    clock.set(MONDAY + 10 * MINUTE)
    count(quiet, [MONDAY], 1)
    assert looks(quiet, clock, 100) == [(90, "decisions")]


def test_counts_are_read_once_and_what_grows_again(
    operation: Operation, clock: ManualClock
) -> None:
    pulses = Pulses(operation.store)
    count(operation, [MONDAY - 5 * HOUR], 7)
    assert pulses.hours(AGENT, MONDAY) == {MONDAY - 5 * HOUR: 7}
    count(operation, [MONDAY - HOUR, MONDAY - 70 * 24 * HOUR], 8)
    found = {MONDAY - 5 * HOUR: 7, MONDAY - HOUR: 8}
    assert pulses.hours(AGENT, MONDAY + MINUTE) == found
    assert pulses.hours(AGENT, MONDAY + 10 * HOUR) == found
    assert pulses.hours(AGENT, MONDAY + 70 * 24 * HOUR) == {}


def test_far_more_than_ever_is_told_with_what_was_usual(
    operation: Operation, clock: ManualClock
) -> None:
    weeks_of(MONDAY, 100, operation)
    count(operation, [MONDAY], 400)
    (found,) = Pulses(operation.store).look(table_of(operation), MONDAY + 30 * MINUTE).signals
    assert (found.kind, found.subject) == ("agent_looping", "volume")
    assert "400 decisions in an hour" in found.sentence


def test_a_trickle_of_days_is_told_unless_one_of_them_was_a_holiday(
    folder: Path, clock: ManualClock
) -> None:
    operation = opened(folder, clock=clock)
    weeks_of(MONDAY - 48 * HOUR, 200, operation)
    count(operation, [MONDAY - step * HOUR for step in range(1, 49)], 6)
    (found,) = Pulses(operation.store).look(table_of(operation), MONDAY).signals
    assert (found.kind, found.subject) == ("agent_silent", "few decisions")
    assert "144 decisions in the last 24 hours, where such a day had 4,800" in found.sentence
    dana = 'contact: "mailto:dana@example.com"'
    operation.close()
    named = opened(folder, clock=clock, table=TABLE.replace(dana, f"{dana}, holidays: US"))
    eve = datetime.fromisoformat("2026-11-27T22:00:00+00:00")  # the day after Thanksgiving
    weeks_of(eve - 48 * HOUR, 200, named)
    count(named, [eve - step * HOUR for step in range(1, 49)], 6)
    assert Pulses(named.store).look(table_of(named), eve).signals == ()
    named.close()


def test_many_silent_processes_are_told_in_one(operation: Operation, clock: ManualClock) -> None:
    silence = Silence(operation.store, operation.shelf, clock)
    for number in range(5):
        gate_of(operation).give_sign("1m", f"pod {number}")
    clock.advance(minutes=10)
    assert len(silence.process_signals(AGENT, clock.now())) == 5
    gate_of(operation).give_sign("1m", "pod 5")
    clock.advance(minutes=10)
    (found,) = silence.process_signals(AGENT, clock.now())
    assert found.subject == "processes"
    assert found.lines[-1] == "pod 5: silent for 10 minutes"
    assert len(silence.presences(AGENT)) == 6


def test_a_queue_that_nobody_drains_is_told_until_somebody_takes_one(
    operation: Operation, clock: ManualClock
) -> None:
    ids = [gate_of(operation).decide(**BIG, case=f"c{n}").escalation_id for n in range(3)]
    route = table_of(operation).routes["finance_lead"]
    limit = timedelta(seconds=route.decide_within_s)

    def found() -> list[Signal]:
        return list(queue_signals(operation.store, table_of(operation), clock.now()))

    clock.set(clock.now() + limit)
    assert found() == []
    clock.advance(minutes=1)
    (signal,) = found()
    assert signal.subject == "route finance_lead"
    assert "3 questions wait" in signal.sentence
    assert "Ines Duarte" in signal.lines[0]
    assert signal.examples == (ids[0],)
    assert signal.about == "ines"  # alone on it
    answered(operation, ids[2] or "", "approve")
    assert found() == []


def test_two_questions_are_no_queue(operation: Operation, clock: ManualClock) -> None:
    for number in range(2):
        gate_of(operation).decide(**BIG, case=f"c{number}")
    clock.advance(days=9)
    assert list(queue_signals(operation.store, table_of(operation), clock.now())) == []


def test_a_worker_that_does_not_complete_its_cycles_says_so(
    operation: Operation, clock: ManualClock
) -> None:
    workers = Workers(operation.store)

    def found() -> list[tuple[str, str]]:
        return said(list(workers.signals(AGENT, clock.now())))

    for name in (LEASE, POST):
        operation.store.heartbeat(name, clock.now())
    assert found() == []
    clock.advance(hours=9)  # nothing ran meanwhile: that is over
    for name in (LEASE, POST):
        operation.store.heartbeat(name, clock.now())
    assert found() == []
    clock.advance(seconds=60)
    assert found() == []
    clock.advance(seconds=1)
    assert found() == [("worker_silent", "deadlines")]
    clock.advance(seconds=60)
    operation.store.heartbeat(LEASE, clock.now())
    assert found() == [("worker_silent", "delivery")]


def test_a_message_that_waits_while_others_go_out_is_told(
    operation: Operation, clock: ManualClock
) -> None:
    workers = Workers(operation.store)
    gate_of(operation).decide(**BIG)
    for _ in range(6):
        for name in (LEASE, POST):
            operation.store.heartbeat(name, clock.now())
        found = list(workers.signals(AGENT, clock.now()))
        clock.advance(minutes=1)
    assert found == []
    assert said(list(workers.signals(AGENT, clock.now())))[-1] == ("worker_silent", "delivery")


def test_a_sign_from_the_future_is_no_sign(operation: Operation, clock: ManualClock) -> None:
    for name in (LEASE, POST):
        operation.store.heartbeat(name, clock.now() + HOUR)
    found = running(operation.store, clock.now())
    assert (found.cycle_at, found.delivered_at) == (None, None)
    assert not found.is_acting(clock.now())
    assert not found.is_delivering(clock.now())
    well = replace(found, cycle_at=clock.now(), delivered_at=clock.now())
    assert well.is_acting(clock.now())
    assert well.is_delivering(clock.now())


@pytest.mark.parametrize(
    ("contact", "channel"),
    [
        ("mailto:dana@example.com", "mail"),
        ("mailto://user:pw@smtp.example.com", "mailto"),
        ("SLACK://a/b/c", "slack"),
        ("${DANA_SLACK}", "DANA_SLACK"),
        ("${KIND}://x", "other"),
        ("nonsense", "other"),
    ],
)
def test_a_channel_is_named_without_its_secrets(contact: str, channel: str) -> None:
    assert channel_of(contact) == channel
