"""What drives a change, and which changes are one and the same."""

from __future__ import annotations

import pytest

from handraise.core.monitor.drivers import Stretch, headlines, in_order
from handraise.core.monitor.series import Kind
from handraise.core.table.types import Table
from tests.support.support_table import TABLE, table_of

PROMISED = {
    "all": (120, 1000),
    "row confidence.1": (70, 1000),
    "row consequence.1": (20, 1000),
    "row novelty.1": (40, 1000),
    "condition confidence": (70, 1000),
    "route supervisor": (100, 1000),
    "type refund_request": (60, 600),
    "type card_lost": (20, 400),
}


@pytest.fixture(scope="module")
def table() -> Table:
    return table_of(TABLE)


def unsure(table: Table) -> Stretch:
    """Return a stretch in which confidence fell on refunds, and nothing else changed."""
    return Stretch(
        [
            Kind("refund_request", (), 420),
            Kind("refund_request", ("confidence.1",), 160),
            Kind("refund_request", ("consequence.1",), 20),
            Kind("card_lost", (), 380),
            Kind("card_lost", ("confidence.1",), 20),
            Kind("card_lost", ("fault",), 500),
        ],
        table,
        PROMISED,
    )


def test_the_rows_that_drive_a_change_come_strongest_first(table: Table) -> None:
    (first,) = unsure(table).drivers("row", "more")
    assert (first.series, first.stopped, first.decisions) == ("row confidence.1", 180, 1000)
    assert first.promised == pytest.approx(0.07)
    assert first.excess == first.whole == pytest.approx(110)
    (less,) = unsure(table).drivers("row", "less")
    assert (less.series, less.excess) == ("row novelty.1", pytest.approx(-40))


def test_a_type_drives_by_its_own_rate_and_by_how_much_of_it_comes(table: Table) -> None:
    (own,) = unsure(table).drivers("type", "more")
    assert (own.series, own.excess, own.more_of) == (
        "type refund_request",
        pytest.approx(120),
        pytest.approx(0),
    )
    flooded = Stretch(
        [Kind("refund_request", (), 40), Kind("refund_request", ("confidence.1",), 10)],
        table,
        {**PROMISED, "type refund_request": (120, 600)},
    )
    more, fewer = flooded.drivers("type", "more")
    assert (fewer.series, fewer.decisions, fewer.share) == ("type card_lost", 0, 0.0)
    assert (more.share, more.promised_share) == (1.0, pytest.approx(0.6))
    assert more.more_of == pytest.approx((50 - 30) * (0.2 - 0.12))


def test_nothing_drives_where_nothing_came(table: Table) -> None:
    nothing = Stretch([], table, PROMISED)
    assert nothing.drivers("type", "more") == []
    assert nothing.drivers("row", "less") == []


def test_all_decisions_explain_every_series_that_changed_the_same_way(table: Table) -> None:
    found = [("all", "more"), ("row confidence.1", "more"), ("row novelty.1", "less")]
    assert headlines(found, [], unsure(table)) == {
        "all": "all",
        "row confidence.1": "all",
        "row novelty.1": "row novelty.1",
    }


def test_a_row_that_was_found_first_stays_the_headline(table: Table) -> None:
    later = [
        ("all", "more"),
        ("condition confidence", "more"),
        ("route supervisor", "more"),
        ("type refund_request", "more"),
        ("row consequence.1", "more"),
    ]
    told = headlines(later, [("row confidence.1", "more")], unsure(table))
    assert told == {
        **{series: "row confidence.1" for series, _ in later[:-1]},
        "row consequence.1": "row consequence.1",
    }


def test_a_row_explains_fewer_stops_as_well(table: Table) -> None:
    sure = Stretch(
        [
            Kind("refund_request", (), 960),
            Kind("refund_request", ("consequence.1",), 20),
            Kind("refund_request", ("novelty.1",), 20),
        ],
        table,
        PROMISED,
    )
    assert sure.explains("row confidence.1", "all", "less")
    assert sure.explains("row confidence.1", "type refund_request", "less")
    assert not sure.explains("row novelty.1", "all", "less")


def test_a_row_that_rose_on_other_types_does_not_explain_a_type(table: Table) -> None:
    apart = Stretch(
        [
            Kind("refund_request", (), 500),
            Kind("refund_request", ("confidence.1",), 300),
            Kind("card_lost", (), 100),
            Kind("card_lost", ("consequence.1",), 100),
        ],
        table,
        PROMISED,
    )
    assert apart.explains("row confidence.1", "type refund_request", "more")
    assert not apart.explains("row confidence.1", "type card_lost", "more")
    assert apart.explains("row consequence.1", "type card_lost", "more")


def test_types_that_rise_together_are_one_story_while_the_whole_rate_is_turning(
    table: Table,
) -> None:
    both = Stretch(
        [
            Kind("refund_request", (), 40),
            Kind("refund_request", ("confidence.1",), 20),
            Kind("card_lost", (), 20),
            Kind("card_lost", ("confidence.1",), 20),
        ],
        table,
        PROMISED,
    )
    types = [("type refund_request", "more"), ("type card_lost", "more")]
    heads = [("all", "less")]
    assert headlines(types, heads, both, turning=True) == dict.fromkeys(
        ("type refund_request", "type card_lost"), "all"
    )
    assert headlines(types, heads, both) == {one: one for one, _ in types}


def test_what_makes_all_of_a_turn_has_its_own_name(table: Table) -> None:
    one = Stretch(
        [
            Kind("refund_request", (), 54),
            Kind("refund_request", ("consequence.1",), 6),
            Kind("card_lost", (), 20),
            Kind("card_lost", ("confidence.1",), 20),
        ],
        table,
        PROMISED,
    )
    found = [("type card_lost", "more")]
    assert headlines(found, [], one, turning=True) == {"type card_lost": "type card_lost"}
    fewer = [("type card_lost", "less")]
    assert headlines(fewer, [], one, turning=True) == {"type card_lost": "type card_lost"}


def test_series_are_ordered_by_how_much_they_hold() -> None:
    given = ["type a", "route x", "condition novelty", "row b", "row a", "all"]
    assert in_order(given) == ["all", "row a", "row b", "condition novelty", "route x", "type a"]
