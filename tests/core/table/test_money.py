from __future__ import annotations

import pytest

from handraise.core.table.money import in_money


@pytest.mark.parametrize(
    ("number", "unit", "written"),
    [
        ("39.9", "USD", "39.90"),
        ("-1,234.5", "eur", "-1,234.50"),
        ("6,200", "USD", "6,200"),
        ("0.125", "USD", "0.125"),
        ("39.9", "kg", "39.9"),
        ("1.5e+22", "USD", "1.5e+22"),
    ],
)
def test_only_an_amount_of_money_with_a_lone_decimal_gets_a_second_one(
    number: str, unit: str, written: str
) -> None:
    assert in_money(number, unit) == written
