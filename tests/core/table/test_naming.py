"""Facts and rows are called by words where people read of them."""

from handraise.core.table.naming import in_words, row_words
from handraise.core.table.types import Fact


def facts(**units: str) -> dict[str, Fact]:
    return {id: Fact(id=id, type="number", unit=unit) for id, unit in units.items()}


def test_the_names_of_facts_become_words_outside_of_what_is_quoted() -> None:
    told = 'days_late is 40, days_late_most is 3; the type is "days_late"'
    words = 'days late is 40, days late most is 3; the type is "days_late"'
    assert in_words(told, facts(days_late="", days_late_most="", plain="")) == words
    assert in_words(told, facts(plain="")) == told


def test_a_unit_is_not_said_twice_unless_two_names_would_be_one() -> None:
    told = "revenue_usd is 6,200 USD"
    assert in_words(told, facts(revenue_usd="USD")) == "revenue is 6,200 USD"
    assert in_words(told, facts(revenue_usd="USD", revenue="")) == "revenue usd is 6,200 USD"
    assert in_words(told, facts(revenue_usd="EUR")) == "revenue usd is 6,200 USD"


def test_a_row_is_called_by_its_place_and_tag() -> None:
    assert row_words("consequence.1") == "first consequence row (consequence.1)"
    assert row_words("consequence.3", "late return") == (
        "third consequence row “late return” (consequence.3)"
    )
    assert row_words("novelty.11") == "novelty row 11 (novelty.11)"
