"""Owners hear a week before a go-live record ends, two days before, and when it has; once each."""

from __future__ import annotations

from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.model import Message
from handraise.service.going_live.lapsing import Lapses
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import AGENT, SECRET, TABLE, RecordingSender, opened
from tests.support.signed import sign
from tests.support.verified import verify_everybody

TWO = TABLE.replace("support_supervisor: [dana]", "support_supervisor: [dana, ines]")


@pytest.fixture
def operation(folder: Path, clock: ManualClock) -> Operation:
    """Return an operation whose record ends after 90 days, with its waiver."""
    found = opened(folder, clock=clock, is_ready=False, table=TWO)
    sign(found, folder / "handraise.yaml", waive=("capacity",))
    return found


def told(operation: Operation) -> list[Message]:
    """Return what the owner is told by looking now."""
    before = {one.id for one in operation.store.messages(to="priya")}
    operation.lapses.look()
    return [one for one in operation.store.messages(to="priya") if one.id not in before]


def test_nobody_is_told_before_the_last_week(operation: Operation, clock: ManualClock) -> None:
    clock.advance(days=82, hours=23)
    assert told(operation) == []
    operation.close()


def test_the_owner_hears_thrice_and_each_time_once(
    operation: Operation, clock: ManualClock
) -> None:
    clock.advance(days=83)
    (first,) = told(operation)
    assert (first.kind, first.agent) == ("alarm", AGENT)
    assert first.subject.startswith("support-agent stops on ")
    assert 'the waiver of "capacity" ends' in first.body
    assert "`handraise ready --as priya` signs again" in first.body
    assert told(operation) == []
    clock.advance(days=5)
    assert len(told(operation)) == 1
    clock.advance(days=2)
    (last,) = told(operation)
    assert last.subject == "support-agent has stopped: its go-live record has ended"
    clock.advance(days=40)
    assert told(operation) == []
    operation.close()


def test_two_workers_tell_it_once(operation: Operation, clock: ManualClock) -> None:
    other = Lapses(operation.store, operation.shelf, operation.readiness, clock)
    clock.advance(days=85)
    assert (operation.lapses.look(), other.look()) == (1, 0)
    operation.close()


def test_a_record_signed_anew_is_told_of_anew(
    operation: Operation, clock: ManualClock, folder: Path
) -> None:
    clock.advance(days=85)
    assert len(told(operation)) == 1
    sign(operation, folder / "handraise.yaml", waive=("drilled",))
    assert told(operation) == []
    clock.advance(days=85)
    assert len(told(operation)) == 1
    operation.close()


def test_somebody_who_leaves_ends_it_within_a_week_and_the_owner_hears_at_once(
    operation: Operation, clock: ManualClock
) -> None:
    clock.advance(days=1)
    operation.roster.deactivate("dana", "priya")
    (message,) = told(operation)
    assert "Dana Reyes has left" in message.body
    assert operation.readiness.in_force(AGENT) is not None
    clock.advance(days=7, seconds=1)
    assert operation.readiness.in_force(AGENT) is None
    assert "has stopped" in told(operation)[0].subject
    operation.close()


def test_the_last_of_a_route_who_leaves_stops_it_at_once(
    operation: Operation, clock: ManualClock
) -> None:
    operation.roster.deactivate("ines", "priya")
    (message,) = told(operation)
    assert "nobody is left for finance_lead: Ines Duarte has left" in message.body
    assert told(operation) == []
    operation.close()


def lose_contacts(operation: Operation, person: str) -> None:
    with operation.store.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE contacts SET verified_at = NULL WHERE person = '{person}'"
        )


def test_the_owner_hears_once_of_who_can_be_reached_no_more_though_others_remain(
    operation: Operation, clock: ManualClock
) -> None:
    clock.advance(days=1)
    lose_contacts(operation, "dana")
    (message,) = told(operation)
    assert message.subject == "support-agent: Dana Reyes can be reached no more"
    assert "Dana Reyes has no verified contact any more" in message.body
    assert "goes on" in message.body
    assert operation.readiness.in_force(AGENT) is not None
    clock.advance(days=2)
    assert told(operation) == []
    operation.close()


def test_where_nobody_else_can_be_reached_the_owner_hears_that_it_has_stopped(
    operation: Operation, clock: ManualClock
) -> None:
    clock.advance(days=1)
    lose_contacts(operation, "ines")
    (message,) = told(operation)
    assert "has stopped" in message.subject
    assert "Ines Duarte has no verified contact any more" in message.body
    operation.close()


def test_what_never_ends_and_what_is_not_in_force_is_told_to_nobody(
    folder: Path, clock: ManualClock
) -> None:
    operation = opened(folder, clock=clock)
    clock.advance(days=400)
    assert told(operation) == []
    operation.readiness.withdraw(operation.shelf.current(AGENT), "priya")
    assert told(operation) == []
    operation.close()


def test_a_damaged_record_stops_its_own_agent_alone_and_its_owner_hears_once(
    operation: Operation, clock: ManualClock, folder: Path
) -> None:
    (folder / "other.yaml").write_text(TWO.replace(f"agent: {AGENT}", "agent: zeta-agent"))
    operation.open(folder / "other.yaml")
    verify_everybody(operation)
    sign(operation, folder / "other.yaml", waive=("capacity",))
    with operation.store.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE ready_records SET evidence = 'not JSON' WHERE agent = '{AGENT}'"
        )
    gates = operation.gates
    for gate in gates.values():
        gate.look()
    assert (gates[AGENT].ready, gates["zeta-agent"].ready) == (False, True)
    operation.worker.act()
    (message,) = [
        one for one in operation.store.messages(to="priya") if one.subject.startswith(AGENT)
    ]
    assert message.subject == "support-agent has stopped: its go-live record is damaged"
    assert "`handraise ready --as priya` signs again" in message.body

    clock.advance(days=85)
    assert [one.agent for one in told(operation)] == ["zeta-agent"]
    settings = Settings(secret=SECRET, store_url=f"sqlite:///{folder / 'handraise.db'}")
    again = assemble([], settings, clock=clock, sender=RecordingSender())
    assert again.gates["zeta-agent"].ready
    again.close()

    sign(operation, folder / "handraise.yaml", waive=("capacity",))
    assert operation.readiness.in_force(AGENT) is not None
    operation.close()


def test_the_worker_looks_by_itself(operation: Operation, clock: ManualClock) -> None:
    clock.advance(days=85)
    operation.worker.act()
    found = operation.store.messages(to="priya")
    assert any("go-live record ends" in one.subject for one in found)
    operation.close()
