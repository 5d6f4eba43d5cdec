"""Rows are the same where their cells say the same, and only there."""

from decimal import Decimal

import pytest

from handraise.service.calibrating.sameness import plain_cell, row_hash


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("1", "1"), (1, "1"), ("1.0", "1"), (1.0, "1"), ("1e0", "1"), (" 1 ", "1"), ("-0", "0"), ("-0.0", "0"),
        ("0.10", "0.1"), ("1E-7", "1e-07"), (1e-7, "1e-07"), ("1e999", "1e999"), ("1e20", "1e+20"),
        ("007", "007"), ("1,5", "1,5"), ("1_0", "1_0"), ("\u0661", "\u0661"), ("+1", "+1"), (".5", ".5"),
        ("12345678901234567890", "12345678901234567890"), (12345678901234567890, "12345678901234567890"),
        ("TRUE", "true"), (True, "true"), (False, "false"), ("yes", "yes"),
        (None, ""), ("", ""), ("nan", ""), (float("nan"), ""), (float("inf"), "inf"), ("NA", "NA"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"), ("2026-03-01 10:00:00+00", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00+00:00"), ("2026-13-01", "2026-13-01"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
        ({"b": 1, "a": [2]}, '{"a":[2],"b":1}'), ([Decimal("1.5")], '["1.5"]'), ({(1, 2): 3}, "dict"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_cell_has_one_spelling(cell, plain):
    assert plain_cell(cell) == plain


def test_the_name_of_a_column_counts_and_its_place_does_not():
    one = row_hash([("a", "1"), ("b", "2"), ("c", "")])
    assert one == row_hash([("b", 2), ("a", 1.0)])
    assert one != row_hash([("a", "2"), ("b", "1")])
    assert one != row_hash([("a", "1")])


def test_many_rows_have_a_hash_each():
    assert len({row_hash([("id", n), ("score", n % 100 / 100)]) for n in range(100_000)}) == 100_000
