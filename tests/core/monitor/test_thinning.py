"""How many draws are put to people: by lot, the worst first, and never more than there is room."""

from __future__ import annotations

import pytest

from handraise.core.monitor.thinning import (
    CARRIED_DAYS,
    ROOM_USED,
    carried_shares,
    cut_of,
    kept_shares,
    lot,
    second_lot,
)

SEVERITIES = ["low", "high", "critical"]


def test_where_there_is_room_all_are_kept():
    assert set(kept_shares({"low": 3, "high": 1}, 10, SEVERITIES).values()) == {1.0}


def test_the_least_bad_are_thinned_out_first():
    shares = kept_shares({"low": 90, "high": 5, "critical": 1}, 20, SEVERITIES)
    assert shares == {"critical": 1.0, "high": 1.0, "low": 1 / 16}


def test_what_is_worst_leaves_something_for_the_others():
    shares = kept_shares({"low": 1000, "critical": 1000}, 10, SEVERITIES)
    assert 0 < shares["low"] < shares["critical"] < 1


@pytest.mark.parametrize("low", [1, 40, 300, 20_000])
def test_what_is_planned_for_is_what_there_is_room_for(low):
    expected = {"low": low, "high": low / 20, "critical": low / 200}
    shares = kept_shares(expected, 10, SEVERITIES)
    # A tenth of a part of each severity comes on top, so that none is left out for good.
    assert sum(expected[one] * shares[one] for one in expected) <= 10 * (ROOM_USED + 0.08)


def test_where_nobody_has_room_next_to_nothing_is_kept():
    assert kept_shares({"low": 50}, 0, ["low"])["low"] < 1e-5


def test_the_lot_is_the_same_for_the_same_id_and_even_over_many():
    assert lot("a.1") == lot("a.1") != lot("a.2")
    kept = sum(lot(f"{number}.1") < 0.25 for number in range(4000))
    assert kept == pytest.approx(1000, abs=110)


def test_what_was_not_reached_may_wait_for_three_days_room_and_the_rest_is_thinned():
    assert carried_shares({"low": 20}, 10, 0, SEVERITIES) == {"low": 1.0}
    assert carried_shares({"low": 20}, 10, 20, SEVERITIES)["low"] == 0.25
    shares = carried_shares({"low": 500, "high": 0}, 10, 0, SEVERITIES)
    assert set(shares) == {"low"}
    assert 500 * shares["low"] <= 10 * CARRIED_DAYS * ROOM_USED


def test_of_what_was_not_reached_something_is_kept_also_where_there_is_no_room():
    assert carried_shares({"low": 1, "": 9}, 1, 100, ["", *SEVERITIES]) == {"low": 1.0, "": 1 / 8}


def test_each_of_a_group_is_kept_with_its_share_and_as_many_as_it_says():
    ids = [f"{number}" for number in range(10)]
    counts = []
    for group in range(400):
        mine = [f"{group} {one}" for one in ids]
        cut = cut_of(mine, 0.25, f"group {group}")
        counts.append(sum(second_lot(one) < cut for one in mine))
    assert set(counts) == {2, 3}
    assert sum(counts) == pytest.approx(1000, abs=40)
    assert cut_of(ids, 1.0, "all") == 1.0
