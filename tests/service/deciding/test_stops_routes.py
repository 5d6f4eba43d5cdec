"""Who must agree is named once, however many of them must."""

from __future__ import annotations

from pathlib import Path

from handraise.clock import ManualClock
from tests.support.operation import BIG, TABLE, gate_of, opened

TWO = TABLE.replace("finance_lead: [ines]", "finance_lead: {people: [ines, dana], needs: 2}")


def test_a_route_of_two_is_one_route_at_once_and_read_back(
    folder: Path, clock: ManualClock
) -> None:
    operation = opened(folder, clock=clock, table=TWO)
    gate = gate_of(operation)
    for _ in range(2):
        assert gate.decide(**BIG, key="one").routes == ("finance_lead",)
    operation.close()
