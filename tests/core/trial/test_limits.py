"""The limits of rows: what is held against what, and how near is just beside."""

import pytest

from handraise.core.table.expression import as_source
from handraise.core.table.types import Table
from handraise.core.trial.limits import Limit, just, limits_of
from tests.core.trial.trials import FACTS, RATED, table, when

CHOICE = "facts: {x: number, n: integer, word: 'one of [a, b]'}\n"


def of(table: Table, condition: str = "consequence") -> list[Limit]:
    return [
        limit for row in table.rows if row.condition == condition for limit in limits_of(table, row)
    ]


def texts(table: Table, condition: str = "consequence") -> list[str]:
    return [limit.text for limit in of(table, condition)]


@pytest.mark.parametrize(
    ("limit", "by"),
    [
        (0.72, 0.01),
        (0.725, 0.00725),
        (0.5, 0.1),
        (5000, 50),
        (7, 1),
        (0, 1),
        (-250.5, 2.505),
        (1e20, 1e18),
    ],
)
def test_just_is_a_unit_of_the_last_digit_or_a_hundredth(limit: float, by: float) -> None:
    assert just(limit) == pytest.approx(by)


def test_whole_numbers_are_at_least_one_apart() -> None:
    assert just(2.5, whole=True) == 1
    assert of(when("n > 2.5"))[0].over_by == 1
    assert of(when("n + x > 2.5"))[0].over_by == pytest.approx(0.1)
    assert of(when("confidence > 0.5"))[0].over_by == pytest.approx(0.1)


def test_a_threshold_has_three_edges_and_one_at_the_top_two() -> None:
    (limit,) = of(table(), "confidence")
    assert limit.text == "confidence below 0.72"
    assert limit.sides == ("at", "under", "over")
    (limit,) = of(table(confidence="{below: 1, to: supervisor}"), "confidence")
    assert limit.sides == ("at", "under")


def test_thresholds_by_type_are_a_limit_each() -> None:
    made = table(confidence="{below: {card_lost: 0.9, address: 0.5, else: 0.72}, to: supervisor}")
    found = of(made, "confidence")
    assert [limit.text for limit in found] == [
        "confidence below 0.9 for card_lost",
        "confidence below 0.5 for address",
        "confidence below 0.72 for every other type",
    ]
    assert [limit.types for limit in found] == [("card_lost",), ("address",), ()]
    assert found[2].other_types == ("card_lost", "address")
    made = table(confidence="{below: {card_lost: 0.9}, to: supervisor}")
    assert texts(made, "confidence") == ["confidence below 0.9 for card_lost"]


def test_every_comparison_of_numbers_is_a_limit_once() -> None:
    made = when('x > 5 and (word == "a" or not 3 <= n) or b and x > 5')
    assert texts(made) == ["x > 5", "n >= 3"]


def test_a_chain_is_a_limit_for_each_pair() -> None:
    low, high = of(when("0 < x <= 5"))
    assert (low.text, high.text) == ("x > 0", "x <= 5")
    assert low.if_true is not None
    assert low.if_false is not None
    assert as_source(low.if_true) == "true and x <= 5"
    assert as_source(low.if_false) == "false and x <= 5"


def test_the_expression_is_kept_with_the_comparison_decided() -> None:
    (limit,) = of(when("not (x > 5 or b)"))
    assert limit.if_true is not None
    assert as_source(limit.if_true) == "not (true or b)"


def test_texts_truths_lists_and_plain_numbers_have_no_limit() -> None:
    assert texts(when('word == "a" or b == true or n in [1, 2]')) == []
    assert texts(when("x > 1 or 2 > 1")) == ["x > 1"]
    assert texts(table("{when: x > 1 / 0, to: finance}")) == []


def test_two_sides_without_a_written_number_are_one_apart() -> None:
    (limit,) = of(when("x > 2 * y"))
    assert (limit.text, limit.under_by, limit.over_by) == ("x > 2 * y", 1, 1)


def test_a_severity_has_its_own_level_and_the_one_below() -> None:
    (limit,) = of(table("{severity: high, to: finance}", more=RATED))
    assert (limit.text, limit.sides, limit.under_by) == ("severity high", ("at", "under"), 2)
    (limit,) = of(table("{severity: middle, to: finance}", more=RATED))
    assert limit.sides == ("under",)
    made = table("{severity: low, to: finance, for: {action: [reply]}}", more=RATED)
    assert of(made)[0].sides == ("at",)


def test_a_severity_in_an_expression_has_the_levels_that_actions_have() -> None:
    (limit,) = of(table('{when: severity > "middle", to: finance}', more=RATED))
    assert (limit.sides, limit.under_by, limit.over_by) == (("under", "over"), 1, 1)
    (limit,) = of(table("{when: '\"critical\" <= severity', to: finance}", more=RATED))
    assert (limit.text, limit.sides) == ("severity >= 'critical'", ("at", "under"))
    (limit,) = of(table('{when: severity == "low", to: finance}', more=RATED))
    assert limit.sides == ("at", "over")


def test_a_row_about_types_has_no_limit() -> None:
    assert of(table(more=FACTS), "novelty") == []
