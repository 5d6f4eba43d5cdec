"""What is worth knowing about a table that can be used, and the bounds this rests on."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from handraise.core.table.bounds import can_be_false, can_be_true
from handraise.core.table.read import read
from handraise.core.table.types import Row
from tests.support.support_table import TABLE, changed, errors_of, sure, table_of, warnings_of
from tests.support.tables import decisions, tables


def test_a_good_table_has_nothing_worth_knowing_but_what_it_states_alone():
    assert warnings_of(TABLE) == ["narrowed"] * 0 + ["stated-only"]


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "message"),
    [
        ("finance: [ines]", "finance: [ines]\n  spare: [ines]", "unused-route", "routes.spare", 'no row leads to the route "spare"'),
        ("  ines:  {", "  zoe: {name: Z, contact: x://y}\n  ines:  {", "no-duty", "people.zoe", '"zoe" has no duty: they are on no route'),
        ("delete_account: critical", "delete_account: high", "unused-severity", "severities[2]", 'no action is rated "critical"'),
        ("delete_account: critical", "delete_account: high", "never-fires", "escalate.consequence[1]", 'this row can never fire: no action is rated "critical" or worse'),
        ("  reason: one of", "  spare: number\n  reason: one of", "unread-fact", "facts.spare", 'no row reads the fact "spare"'),
        (TABLE[TABLE.index("tests:") :], "", "no-tests", "escalate", "the table has no tests"),
        ("{below: 0.72, to: supervisor}", "{below: 0.72, to: supervisor, for: {action: refund}}", "narrowed", "escalate.confidence", "every confidence row is narrowed, so other decisions are not held to it"),
        ("    otherwise: 0\n", "", "no-otherwise", "facts.revenue_usd", '"revenue_usd" cannot be worked out for send_reply, delete_account: those always stop'),
        ("Fri 09:00-17:00", "Fri 09:00-17:00", "stated-only", "escalate.consequence[2]", 'this row rests on what the agent says about "reason" alone'),
        ("people: [dana, marc]", "people: [dana]", "gap", "routes.supervisor", 'nobody of "supervisor" is on duty from Mon 00:00 to Mon 09:00 (America/New_York), among other times: asks go to the owner then'),
        ("abs(revenue_usd) > 5000", "abs(revenue_usd) < 0", "never-fires", "escalate.consequence[0]", "this row can never fire, whatever the facts"),
        ("abs(revenue_usd) > 5000", "abs(revenue_usd) >= 0", "always-fires", "escalate.consequence[0]", "this row always fires, so the agent decides nothing alone"),
        ("{unknown: type, ", "{unknown: type, for: {type: card_lost}, ", "never-fires", "escalate.novelty[0]", "this row can never fire: it is for types that are all known"),
        ("mailto:ines@example.com", "mailto:Dana@example.com", "shared-contact", "people.ines.contact[0]", "dana and ines share a contact: whoever reads it can answer as each"),
        ("{below: 0.72, to: supervisor}", "{below: 0.72, to: supervisor}\n    - {below: 0.5, to: supervisor}", "shadowed", "escalate.confidence[1]", 'this row adds nothing: confidence.1 fires whenever it does, to "supervisor"'),
    ],
)  # fmt: skip
def test_each_warning_is_told_at_its_place(old, new, code, path, message):
    reading = read(changed(old, new), "t.yaml")
    assert not reading.errors
    found = [one for one in reading.findings if (one.code, one.path) == (code, path)]
    assert [one.message for one in found] == [message]
    assert found[0].severity == "warning"
    assert found[0].hint
    assert reading.table is not None
    assert " warning: " in found[0].line_text()


def test_a_table_without_actions_says_what_that_leaves_open():
    text = (
        TABLE[: TABLE.index("severities:")]
        + "facts: {x: number}\n"
        + TABLE[TABLE.index("known:") : TABLE.index("escalate:")]
    )
    text += "escalate: {confidence: {below: 0.5, to: finance}, consequence: {when: x > 5, to: finance}, novelty: {unknown: type, to: supervisor}}\n"
    assert set(warnings_of(text)) == {"no-tests", "no-actions", "stated-only"}


@pytest.mark.parametrize(
    ("first", "second", "shadowed"),
    [
        ("{below: 0.7, to: finance}", "{below: 0.7, to: finance}", True),
        ("{below: 0.7, to: finance}", "{below: 0.8, to: finance}", False),
        ("{below: 0.7, to: finance}", "{below: 0.6, to: supervisor}", False),
        ("{below: 0.7, to: finance}", "{below: 0.6, to: finance, tag: x}", False),
        ("{below: 0.7, to: finance}", "{below: 0.6, to: finance, for: {type: card_lost}}", True),
        ("{below: 0.7, to: finance, for: {type: card_lost}}", "{below: 0.6, to: finance}", False),
        ("{below: 0.7, to: finance, for: {type: [card_lost, change_address]}}", "{below: 0.6, to: finance, for: {type: card_lost}}", True),
        ("{below: 0.7, to: finance, for: {action: refund}}", "{below: 0.6, to: finance}", False),
        ("{below: 0.7, to: finance, for: {action: refund}}", "{below: 0.6, to: finance, for: {action: [refund, send_reply]}}", False),
        ("{below: 0.7, to: finance, for: {action: refund}}", "{below: 0.6, to: finance, for: {action: refund}}", True),
        ("{below: {card_lost: 0.7, else: 0.5}, to: finance}", "{below: 0.1, to: finance}", False),
    ],
)  # fmt: skip
def test_a_row_that_adds_nothing_is_told(first, second, shadowed):
    text = changed("- {below: 0.72, to: supervisor}", f"- {first}\n    - {second}")
    assert ("shadowed" in warnings_of(text)) == shadowed


def bounds(
    when,
    facts="x: number, y: number, n: integer, b: boolean, r: 'one of [a, b]', w: text",
    extra="",
):
    text = (
        TABLE[: TABLE.index("facts:")]
        + f"facts: {{{facts}}}\n"
        + TABLE[TABLE.index("known:") : TABLE.index("escalate:")]
    )
    text += "escalate:\n  confidence: {below: 0.5, to: finance}\n  novelty: {unknown: type, to: supervisor}\n"
    text += f"  consequence: {{when: '{when}', to: finance{extra}}}\n"
    table = table_of(text)
    row = next(row for row in table.rows if row.condition == "consequence")
    return can_be_true(table, row), can_be_false(table, row)


@pytest.mark.parametrize(
    ("when", "true", "false"),
    [
        ("true", True, False),
        ("false", False, True),
        ("b", True, True),
        ("b == true", True, True),
        ("not (x > 5)", True, True),
        ("x > 5 and x < 3", False, True),
        ("x > 5 and 3 > x", False, True),
        ("5 < x < 3", False, True),
        ("x > 5 and x <= 5", False, True),
        ("x >= 5 and x <= 5", True, True),
        ("x > 5 or x <= 5", True, True),
        ("x == 5 and x == 6", False, True),
        ("x != 5", True, True),
        ("abs(x) < 0", False, True),
        ("abs(x) >= 0", True, False),
        ("abs(-x) + 1 > 0", True, False),
        ("confidence > 1", False, True),
        ("confidence * 2 <= 2", True, False),
        ("confidence - 1 > 0", False, True),
        ("-confidence > 0", False, True),
        ("abs(confidence + 1) < 1", False, True),
        ("1 / (confidence + 1) > 1", False, True),
        ("1 / confidence < 0", True, True),
        ("max(confidence, 2) < 2", False, True),
        ("min(confidence, 2) > 1", False, True),
        ("confidence in [2, 3]", False, True),
        ("confidence not in [2, 3]", True, False),
        ('r == "a"', True, True),
        ('r == "a" and r == "b"', False, True),
        ('r != "a" and w == "x"', True, True),
        ('r in ["a", "b"]', True, True),
        ('w == "x" and w == "y"', False, True),
        ('severity > "critical"', False, True),
        ('severity >= "low"', True, False),
        ('severity == "high" and action == "send_reply"', False, True),
        ('action == "refund"', True, True),
        ("1 < 2", True, False),
        ("2 == 2", True, False),
        ("2 != 2", False, True),
        ("x > 1e299 and x * 10 > 1", True, True),
        ("n == 94906267 and n * 94906267 > 9007199515875288", True, True),
        ("n > 9007199254740992 and n < 9007199254740994", True, True),
        ("x * y < 0", True, True),
        ("x > 5 and b", True, True),
    ],
)  # fmt: skip
def test_what_an_expression_can_come_to(when, true, false):
    assert bounds(when) == (true, false)


def test_a_row_is_only_met_by_what_it_is_for():
    assert bounds('type == "card_lost"', extra=", for: {type: [change_address]}") == (False, True)
    assert bounds('severity == "low"', extra=", for: {action: [refund]}") == (False, True)


def test_what_is_worked_out_has_the_bounds_of_its_expression():
    assert bounds("x >= 0", "x: {type: number, from: abs(proposal.refund)}") == (True, False)
    by_action = "x: {type: number, from: {refund: abs(proposal.refund)}, otherwise: 5}"
    assert bounds("x < 0", by_action) == (False, True)
    assert bounds("x == 5", by_action, extra=", for: {action: [send_reply]}") == (True, False)
    assert bounds(
        "x < 0", by_action.replace(", otherwise: 5", ""), extra=", for: {action: [send_reply]}"
    ) == (True, True)


def test_a_row_without_an_expression_comes_to_nothing():
    row = Row(id="confidence.1", condition="confidence", kind="below", to="finance", below=0.5)
    assert not can_be_true(table_of(), row)
    assert not can_be_false(table_of(), row)


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(text=tables(), many=st.lists(decisions(usable=True), min_size=5, max_size=15))
def test_a_row_that_a_decision_makes_true_is_never_said_to_be_impossible(text, many):
    table = table_of(text)
    judge = compile_table(table)
    fired = set()
    silent = {row.id for row in table.rows}
    for decision in many:
        reasons = judge(decision).reasons
        fired |= {reason.row for reason in reasons if "cannot be judged" not in reason.sentence}
        if decision.action in table.actions or not table.actions:
            silent -= {reason.row for reason in reasons}
        else:
            silent = set() if not silent else silent - {reason.row for reason in reasons}
    for row in table.rows:
        if row.when is not None and row.id in fired:
            assert can_be_true(table, row)
        if row.when is not None and row.id in silent and not row.for_types and not row.for_actions:
            assert can_be_false(table, row)


def test_no_warning_is_told_of_a_broken_table():
    assert {one.severity for one in read(changed("owner: priya", "owner: x")).findings} == {"error"}
    assert errors_of(TABLE) == []
    assert sure().key is None
