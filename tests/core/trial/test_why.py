"""Why a test failed: the row that was nearest, and by how much."""

import msgspec
import pytest

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Calibration, Table
from handraise.core.trial.why import why
from handraise.model import Decision
from tests.core.trial.trials import HEAD, RATED, UNKNOWN, decision, table, when
from tests.support.support_table import table_of


def said(table: Table, decision: Decision, *expected: str) -> tuple[str, ...]:
    return why(table, decision, compile_table(table)(decision), expected)


def test_an_expected_verdict_needs_no_reason() -> None:
    assert said(table(), decision()) == ()
    assert said(table(), decision(confidence=0.1), "supervisor") == ()


def test_a_threshold_says_what_it_was() -> None:
    assert said(
        table(novelty="{unknown: type, to: finance}"), decision(confidence=0.75), "supervisor"
    ) == ("confidence.1 would stop below 0.72; it was 0.75",)


def test_a_calibrated_confidence_says_what_was_stated() -> None:
    map = CalibrationMap(kind="isotonic", knots=((0.0, 0.0), (1.0, 0.9)))
    made = msgspec.structs.replace(
        table(novelty="{unknown: type, to: finance}"),
        calibration=Calibration(file="c.json", digest="0" * 64, labels=10, map=map),
    )
    assert said(made, decision(confidence=1.0), "supervisor") == (
        "confidence.1 would stop below 0.72; it was 0.9 (the agent stated 1)",
    )


def test_a_comparison_says_how_far_it_was() -> None:
    assert said(table(), decision(facts={"x": 90.5}), "finance") == (
        "consequence.1 would stop where x is over 100; x was 90.5, 9.5 away from it",
    )
    assert said(table(), decision(facts={"x": 100}), "finance") == (
        "consequence.1 would stop where x is over 100; x was 100",
    )


def test_several_comparisons_say_what_was_seen() -> None:
    made = when('x > 100 and (b or word == "fraud") and x / y > 2')
    asked = decision(facts={"x": 50, "y": 1})
    (sentence,) = said(made, asked, "finance")
    assert sentence.endswith("x was 50, b was false, word was 'a', y was 1")
    made = when("b")
    assert said(made, decision(), "finance") == ("consequence.1 would stop where b; b was false",)


def test_the_nearest_row_comes_first_and_three_are_told() -> None:
    rows = [f"{{when: x > {limit}, to: finance}}" for limit in (1000, 100, 200, 500)]
    rows.append("{when: x > 5000 and y / x > 1, to: finance}")
    sentences = said(table(*rows), decision(facts={"x": 90}), "finance")
    assert [sentence.split(" ")[0] for sentence in sentences] == [
        "consequence.2",
        "consequence.3",
        "consequence.4",
        "2",
    ]
    assert sentences[-1] == "2 more rows to finance did not fire"


def test_a_limit_whose_arithmetic_fails_is_not_measured() -> None:
    made = when("x > 5 and y / x > 1")
    (sentence,) = said(made, decision(facts={"x": 0}), "finance")
    assert sentence.startswith("consequence.1 would stop where x is over 5 and y / x is over 1")


def test_units_stand_with_their_numbers() -> None:
    made = table(more="facts: {x: {type: number, unit: USD}}\n")
    asked = Decision(type="address", confidence=0.9, facts={"x": 4000})
    made = table("{when: x > 5000, to: finance}", more="facts: {x: {type: number, unit: USD}}\n")
    assert said(made, asked, "finance") == (
        "consequence.1 would stop where x is over 5,000 USD; x was 4,000 USD, 1,000 away from it",
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"action": "reply"},
            "consequence.1 stops at high and worse; reply is rated low",
        ),
        (
            {"action": "reply", "type": "address"},
            "consequence.1 is for the type card_lost only; it was address",
        ),
        (
            {"action": "refund"},
            "consequence.1 is for the action reply, delete only; it was refund",
        ),
    ],
)
def test_severities_and_narrowed_rows_say_what_they_are_for(
    fields: dict[str, str], sentence: str
) -> None:
    made = table(
        "{severity: high, to: finance, for: {type: [card_lost], action: [reply, delete]}}",
        more=RATED,
    )
    asked = Decision(**{"type": "card_lost", "confidence": 0.9, **fields})
    assert said(made, asked, "finance") == (sentence,)


def test_an_expression_over_severities_names_the_level() -> None:
    made = table('{when: severity >= "high", to: finance}', more=RATED)
    (sentence,) = said(made, Decision(type="address", action="reply", confidence=0.9), "finance")
    assert sentence.startswith(
        "consequence.1 would stop where severity is at least high; severity was 'low'"
    )


def test_a_known_type_is_said_to_be_known() -> None:
    made = table(confidence="{below: 0.72, to: finance}")
    assert said(made, decision(), "supervisor") == (
        "novelty.1 stops at an unknown type; 'refund_request' is a known one",
    )


def test_a_row_about_what_is_familiar_says_so() -> None:
    made = table(confidence="{below: 0.72, to: finance}", novelty=UNKNOWN)
    row = msgspec.structs.replace(made.rows[2], kind="unfamiliar", unfamiliar=0.02, to="supervisor")
    looking = msgspec.structs.replace(made, rows=(*made.rows[:2], row))
    verdict = compile_table(made)(decision())
    assert why(looking, decision(), verdict, ("supervisor",)) == (
        "novelty.1 stops at the 2% that are least familiar; this one is more familiar",
    )


def test_a_stop_that_nobody_expected_names_its_rows() -> None:
    asked = decision(confidence=0.1, facts={"x": 500})
    assert said(table(), asked) == (
        "it should go ahead, and it stops by confidence.1, consequence.1",
    )
    assert said(table(), asked, "supervisor") == ("it asks finance as well, which nobody expected",)


def test_another_order_and_a_route_without_rows_are_said() -> None:
    asked = decision(confidence=0.1, facts={"x": 500})
    assert said(table(), asked, "finance", "supervisor") == (
        "the routes are the expected ones, in another order: that of the rows",
    )
    assert said(table(), decision(), "owner") == ("no row goes to owner",)


def test_under_several_first_the_row_that_decides_is_named() -> None:
    text = (
        f"{HEAD}facts: {{x: number}}\nseveral: first\nescalate:\n"
        "  confidence: {below: 0.72, to: supervisor}\n"
        "  consequence: {when: x > 100, to: finance}\n"
        "  novelty: {unknown: type, to: supervisor}\n"
    )
    asked = Decision(type="address", confidence=0.1, facts={"x": 500})
    assert said(table_of(text), asked, "finance") == (
        "consequence.1 fires too, but with several: first confidence.1 alone decides",
        "it asks supervisor as well, which nobody expected",
    )


def test_what_cannot_be_judged_stops_and_says_so_itself() -> None:
    asked = decision(confidence=None, facts={"x": None})
    assert said(table(), asked) == (
        "it should go ahead, and it stops by confidence.1, consequence.1",
    )
