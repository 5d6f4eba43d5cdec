"""Versions one after the other: what waits, what was in force, and which one is put back."""

from __future__ import annotations

import pytest

from handraise.clock import ManualClock
from handraise.errors import InputError, NotFoundError, NotReadyError
from handraise.service.going_live.publishing import (
    VersionLine,
    news_of,
    version_lines,
    version_meant,
)
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, STRICTER, TABLE, gate_of
from tests.support.signed import sign
from tests.support.verified import verify_everybody


def listed(operation: Operation) -> list[VersionLine]:
    return version_lines(AGENT, operation.store, operation.shelf, operation.readiness)


def states(operation: Operation) -> list[str]:
    return [line.state for line in listed(operation)]


def draft(operation: Operation, text: str = STRICTER) -> str:
    """Open another table in the place of the one there was; return its version."""
    (path,) = operation.opened
    path.write_text(text)
    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(minutes=1)
    operation.open(path)
    return operation.shelf.newest(AGENT).version


def test_a_version_that_waits_says_what_it_changes_and_who_must_accept(operation: Operation):
    in_force = gate_of(operation).table
    waiting = draft(operation)
    table = operation.shelf.newest(AGENT)

    news = news_of(table, operation.store, operation.shelf, operation.readiness)

    assert (news.version, news.in_force) == (waiting, in_force.version)
    assert any("0.72" in sentence and "0.95" in sentence for sentence in news.changes)
    assert news.to_accept == ("dana",), "whom the threshold leads to"
    verify_everybody(operation)
    assert news_of(table, operation.store, operation.shelf, operation.readiness).to_accept == ()


def test_versions_are_listed_with_what_became_of_them(operation: Operation):
    first = gate_of(operation).table.version
    second = draft(operation)
    assert states(operation) == ["waiting", "in force"]
    verify_everybody(operation)
    sign(operation, operation.shelf.newest(AGENT))

    newest, before = listed(operation)

    assert (newest.version, newest.state, newest.by) == (second, "in force", "priya")
    assert (before.version, before.state) == (first, "ended")
    assert before.ended_at == newest.at
    assert second in before.why
    operation.readiness.withdraw(operation.shelf.current(AGENT), "priya")
    assert states(operation) == ["withdrawn", "ended"]


def test_the_one_in_force_before_is_meant_or_the_one_named(operation: Operation):
    first = gate_of(operation).table.version
    with pytest.raises(NotReadyError, match="no other version"):
        version_meant(listed(operation), AGENT, None)
    second = draft(operation)
    verify_everybody(operation)
    sign(operation, operation.shelf.newest(AGENT))

    lines = listed(operation)

    assert version_meant(lines, AGENT, None) == first
    assert version_meant(lines, AGENT, second[:6]) == second
    for wrong in ("", "nothing"):
        with pytest.raises(NotFoundError, match="begin"):
            version_meant(lines, AGENT, wrong)


def test_only_its_owner_puts_back_what_was_signed_and_still_holds(operation: Operation):
    first = gate_of(operation).table
    put_back = operation.readiness.put_back
    with pytest.raises(NotReadyError, match="in force already"):
        put_back(first, "priya", "why not")
    draft(operation)
    second = operation.shelf.newest(AGENT)
    with pytest.raises(NotReadyError, match="never signed for"):
        put_back(second, "priya", "why not")
    verify_everybody(operation)
    sign(operation, second, waive=["drilled"])

    with pytest.raises(NotReadyError, match="not the owner"):
        put_back(first, "dana", "too strict")
    with pytest.raises(NotReadyError, match="no reason"):
        put_back(first, "priya", " ")
    record = put_back(first, "priya", "too strict")
    assert operation.readiness.in_force(AGENT) == record
    assert states(operation) == ["in force", "ended"]

    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(days=90)
    with pytest.raises(NotReadyError, match=r'cannot be put back.*waiver of "drilled" ends'):
        put_back(second, "priya", "it was right")


def test_nobody_is_put_back_who_is_somebody_else_on_another_table_by_now(operation: Operation):
    first = gate_of(operation).table
    draft(operation, TABLE.replace("mailto:dana@example.com", "mailto:reyes@example.com"))
    second = operation.shelf.newest(AGENT)
    verify_everybody(operation)
    sign(operation, second)
    (path,) = operation.opened
    other = path.with_name("other.yaml")
    text = path.read_text().replace(f"agent: {AGENT}", "agent: zeta-agent")
    other.write_text(text)
    operation.open(other)

    with pytest.raises(InputError, match="one id, one person"):
        operation.readiness.put_back(first, "priya", "it was right")

    assert operation.shelf.current(AGENT).version == second.version
    assert operation.shelf.newest(AGENT).version == second.version


def test_what_does_not_hold_any_more_is_said_in_the_list(operation: Operation):
    table = gate_of(operation).table
    sign(operation, table, waive=["drilled"])
    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(days=90)

    (line,) = listed(operation)

    assert line.state == "ended"
    assert 'the waiver of "drilled" ends' in line.why
    assert line.ended_at == operation.clock.now()


def test_a_record_that_is_not_ours_is_listed_as_such(operation: Operation):
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE ready_records SET by = 'dana'")
    assert states(operation) == ["signed elsewhere"]
    assert draft(operation, TABLE.replace("0.72", "0.7")) != gate_of(operation).table.version
