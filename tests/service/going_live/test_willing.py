"""The checklist says who could not be reached and who has not accepted; it never hides it."""

from __future__ import annotations

from pathlib import Path

from handraise.core.duty import duty_of
from handraise.service.going_live.willing import people_lines
from tests.support.lives import table_of
from tests.support.operation import TABLE, gate_of, opened


def test_before_there_is_a_store_everybody_is_missing():
    reachable, accepted = people_lines(table_of(TABLE), None)

    assert (reachable.state, accepted.state) == ("yellow", "yellow")
    assert "dana, ines, priya have no verified contact" in reachable.evidence
    assert "dana, ines, priya not answered yet" in accepted.evidence


def test_it_is_green_when_everybody_is_reachable_and_has_accepted(tmp_path: Path):
    operation = opened(tmp_path)

    lines = people_lines(gate_of(operation).table, operation.store)

    assert {line.state for line in lines} == {"green"}
    assert "each of the 3 has a verified contact" in lines[0].evidence
    assert "3 of 3" in lines[1].evidence
    operation.close()


def test_who_declines_is_named_and_a_changed_duty_is_open_again(tmp_path: Path):
    operation = opened(tmp_path)
    table = gate_of(operation).table
    duty = duty_of(table, "dana")
    assert duty is not None
    operation.roster.decline("support-agent", "dana", duty.digest, "I am no supervisor")
    assert "dana declined" in people_lines(table, operation.store)[1].evidence

    later = table_of(TABLE.replace("below: 0.72", "below: 0.8"))

    assert "dana not answered yet" in people_lines(later, operation.store)[1].evidence
    operation.close()


def test_somebody_without_a_duty_holds_nothing_up(tmp_path: Path):
    idle = '  omar: {name: Omar Haddad, contact: "mailto:omar@example.com"}\n'
    table = table_of(TABLE.replace("people:\n", f"people:\n{idle}"))

    assert "omar" not in people_lines(table, None)[0].evidence
