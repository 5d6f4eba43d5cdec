"""Days off by country and part of it."""

from datetime import date

import pytest

from handraise.core.duty.holidays import holiday, place_problem


@pytest.mark.parametrize("place", ["US", "US-CA", "DE-BY", "NO", "UK", "MC", "NZ-South Canterbury"])
def test_a_place_is_known_by_its_code(place):
    assert place_problem(place) is None


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("us", 'no public holidays are known for "us"', 'did you mean "US"?'),
        ("Germany", 'no public holidays are known for "Germany"', 'did you mean "DE"?'),
        ("United States", 'no public holidays are known for "United States"', 'did you mean "US"?'),
        ("XX", 'no public holidays are known for "XX"', "use an ISO 3166 code such as US, US-CA or DE-BY"),
        ("", 'no public holidays are known for ""', "use an ISO 3166 code such as US, US-CA or DE-BY"),
        ("x" * 500, f'no public holidays are known for "{"x" * 500}"', "use an ISO 3166 code such as US, US-CA or DE-BY"),
        ("US-California", '"US" has no part "California" with public holidays of its own', 'did you mean "US-CA"?'),
        ("US-ZZ", '"US" has no part "ZZ" with public holidays of its own', "expected one such as US-AK, US-AL, US-AR, US-AS, US-AZ, US-CA, US-CO, US-CT"),
        ("US-", '"US" has no part "" with public holidays of its own', "expected one such as US-AK, US-AL, US-AR, US-AS, US-AZ, US-CA, US-CO, US-CT"),
        ("MC-01", '"MC" has no part "01" with public holidays of its own', "write MC"),
    ],
)  # fmt: skip
def test_what_is_no_place_is_said_with_the_nearest(place, message, hint):
    assert place_problem(place) == (message, hint)


def test_a_holiday_has_its_name_and_other_days_have_none():
    assert holiday("US", date(2026, 11, 26)) == "Thanksgiving Day"
    assert holiday("US", date(2026, 11, 27)) is None
    assert holiday("US-CA", date(2026, 3, 31)) is not None
    assert holiday("DE", date(2026, 1, 6)) is None
    assert holiday("DE-BY", date(2026, 1, 6)) == "Epiphany"


def test_an_unknown_place_has_no_holidays_and_an_unknown_year_what_is_known():
    assert holiday("XX", date(2026, 1, 1)) is None
    assert holiday("IN", date(2040, 1, 26)) == "Republic Day"
