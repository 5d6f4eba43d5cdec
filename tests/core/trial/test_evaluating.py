"""Expressions valued for one decision: what the gate says, and an error where it cannot say."""

import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.gate.evidence import gather
from handraise.core.table.expression import Field
from handraise.core.trial.evaluating import names_of, value_of
from tests.core.trial.trials import RATED, decision, table, when

FACTS = {"x": 7, "y": -2, "n": 3, "b": True, "word": "fraud"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x > 5", True),
        ("x < 5 or y <= -2", True),
        ("x < 5 and y / 0 > 1", False),
        ("-x == -7", True),
        ("x != 7", False),
        ("0 < n <= 3 < x", True),
        ("0 < n < 3 < x / 0", False),
        ("abs(y) + x * 2 - n / 3 >= 15", True),
        ("min(x, y, n) == -2 and max(x, y) == 7", True),
        ('word in ["fraud", "other"]', True),
        ('word not in ["fraud", "other"]', False),
        ("b", True),
        ("not b", False),
        ('type == "refund_request" and confidence >= 0.9', True),
        ('type == "refund_request" and true', True),
    ],
)
def test_an_expression_has_the_value_that_the_gate_gives_it(text: str, value: bool) -> None:
    made = when(text)
    asked = decision(facts=FACTS)
    node = made.rows[1].when
    assert node is not None
    assert value_of(node, names_of(made, gather(made, asked))) is value
    assert compile_table(made)(asked).escalated is value


def test_what_cannot_be_judged_is_an_error_of_arithmetic() -> None:
    made = when("x / y > 1")
    node = made.rows[1].when
    assert node is not None
    with pytest.raises(ArithmeticError):
        value_of(node, {"x": 1, "y": 0})
    with pytest.raises(ArithmeticError):
        value_of(Field("refund"), {})


def test_a_severity_is_its_place_and_what_is_unusable_is_none() -> None:
    made = table('{when: severity >= "high", to: finance}', more=RATED)
    asked = decision(action="delete", facts={})
    names = names_of(made, gather(made, asked))
    assert names["severity"] == 3
    node = made.rows[1].when
    assert node is not None
    assert value_of(node, names) is True
    names = names_of(made, gather(made, decision(action="sing", confidence="sure", type=None)))
    assert names == {"type": None, "action": None, "confidence": None, "severity": None}
