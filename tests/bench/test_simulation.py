"""What is measured of the simulation is what it says."""

from __future__ import annotations

from bench.simulation import BARE, CIW, OWN, PART, arrivals_of, operation, year


def test_a_short_year_is_measured_beside_both_plain_queues() -> None:
    part = year(days=2, rounds=1)
    assert [(line.what, line.against) for line in part.lines[:3:2]] == [(OWN, BARE), (PART, CIW)]
    assert all(line.took_s > 0 for line in part.lines)
    assert "MB in memory" in part.notes


def test_a_thousand_asks_come_a_day_to_all_routes() -> None:
    arrivals = arrivals_of(3)
    assert len(arrivals.at) == 3000
    assert {one for (one,) in arrivals.routes} == set(operation().routes)
