"""Who accepts again when a table changes, whose contact is verified, which route is tried."""

import pytest

from handraise.core.duty.renewal import Renewal, renewal
from tests.support.support_table import TABLE, changed, table_of

ALL = ("dana", "marc", "ines", "priya")


def after(*changes):
    """Return what a table asks for that differs from the usual one in these things."""
    text = TABLE
    for old, new in changes:
        text = changed(old, new, text)
    return renewal(table_of(TABLE), table_of(text))


def test_a_change_that_is_nobodys_duty_asks_nobody():
    assert after(("purpose: answers customers", "purpose: answers")) == Renewal(stays=ALL)
    assert after(("a small one", "a tiny one")) == Renewal(stays=ALL)


def test_whose_row_changes_accepts_again_and_the_others_need_not():
    found = after(("abs(revenue_usd) > 5000", "abs(revenue_usd) > 8000"))
    assert found == Renewal(again=("ines",), stays=("dana", "marc", "priya"))


def test_who_comes_accepts_and_a_route_on_which_somebody_stays_need_not_be_tried():
    found = after(("finance: [ines]", "finance: [ines, marc]"))
    assert found == Renewal(again=("marc",), stays=("dana", "ines", "priya"))


def test_who_comes_in_place_of_all_accepts_verifies_and_is_tried():
    found = after(
        ("  ines:", "  nora: {name: Nora, contact: x://y}\n  ines:"),
        ("finance: [ines]", "finance: [nora]"),
    )
    assert found == Renewal(
        come=("nora",),
        gone=("ines",),
        stays=("dana", "marc", "priya"),
        verify=("nora",),
        drill=("finance",),
    )


def test_a_new_route_and_a_new_owner_are_tried():
    found = after(("finance: [ines]", "finance: [ines]\n  legal: [ines]"))
    assert found == Renewal(again=("ines",), stays=("dana", "marc", "priya"), drill=("legal",))
    found = after(("owner: priya", "owner: ines"))
    assert (found.again, found.gone, found.drill) == (("ines",), ("priya",), ("owner",))


@pytest.mark.parametrize(
    ("new", "verify"),
    [("dan@example.com", ("dana",)), ("dana@example.com", ())],
)
def test_a_new_contact_is_verified_and_the_duty_stays(new, verify):
    found = after(("mailto:dana@example.com", f"mailto:{new}"))
    assert found == Renewal(stays=ALL, verify=verify)


def test_the_order_of_people_is_a_duty_and_no_new_drill():
    found = after(("people: [dana, marc]", "people: [marc, dana]"))
    assert (found.again, found.drill) == (("dana", "marc"), ())
