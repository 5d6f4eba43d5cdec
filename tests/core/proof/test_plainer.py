"""What a decision shows is shown by the least of it: each field and fact that stays is needed."""

import pytest
import z3

from handraise.core.gate.compile import compile_table
from handraise.core.proof.asking import example_where
from handraise.core.proof.prove import prove
from handraise.core.proof.strictness import strictness
from handraise.core.table.types import Table
from handraise.core.trial.goals import goals_of
from handraise.core.trial.suggesting import suggestions
from handraise.model import Decision
from tests.core.trial.trials import table as small_table
from tests.support.learned import learned_table
from tests.support.support_table import table_of

HEAD = """\
handraise: 1
agent: billing-agent
owner: priya
people:
  dana:  {name: Dana Reyes,  contact: "mailto:dana@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {supervisor: [dana], billing_lead: [ines]}
known: [fee_waiver, bill_wrong]
severities: [low]
actions: {waive_fee: low, correct_bill: low, send_reply: low}
facts:
  amount_eur:
    type: number
    from: {waive_fee: proposal.fee, correct_bill: proposal.correction}
    otherwise: 0
  mood: text
escalate:
  confidence: [{below: 0.72, to: supervisor}]
  consequence: [{when: abs(amount_eur) > LIMIT, to: billing_lead}]
  novelty: [{unknown: type, to: supervisor}]
claims:
  - {name: big ones are seen, when: abs(amount_eur) > 60, reaches: billing_lead}
  - {name: small ones are quick, when: abs(amount_eur) < 60, always: proceed}
"""
AMOUNTS = {"waive_fee": "fee", "correct_bill": "correction"}


def billing(limit: int) -> Table:
    return table_of(HEAD.replace("LIMIT", str(limit)))


def holds_the_amount_alone(decision: Decision, amount: int) -> bool:
    field = AMOUNTS[decision.action]
    return decision.proposal == {field: amount}


def test_a_counterexample_holds_only_the_fields_and_facts_that_show_it() -> None:
    reaches, always = prove(billing(100))[:2]
    assert reaches.witness is not None
    assert holds_the_amount_alone(reaches.witness.decision, 61)
    assert reaches.witness.decision.facts == {}
    assert always.witness is not None
    assert set(always.witness.decision.facts) == {"mood"}, "always is about whole decisions"


def test_of_two_tables_the_least_decision_is_shown() -> None:
    found = strictness(billing(60), billing(100))
    assert found.goes_now is not None
    assert holds_the_amount_alone(found.goes_now.decision, 61)
    assert found.goes_now.decision.facts == {}


def test_a_suggested_test_holds_no_more_than_its_goal_needs() -> None:
    table = billing(60)
    goals = [one for one in goals_of(table) if one.name.startswith("just over: abs(amount_eur)")]
    (found,) = suggestions(table, goals)
    assert holds_the_amount_alone(Decision(**found.given), 61)
    assert set(found.given) == {"type", "action", "confidence", "proposal"}


def test_what_is_worked_out_is_stated_only_where_that_is_the_point() -> None:
    found = example_where(billing(60), lambda world, reading: reading.faults["amount_eur"])
    assert found is not None
    assert "amount_eur" in found.decision.facts
    found = example_where(billing(60), lambda world, reading: reading.fires[1])
    assert found is not None
    assert "amount_eur" not in found.decision.facts


def test_what_nobody_declared_is_left_out_where_the_point_is_another() -> None:
    found = example_where(
        billing(60),
        lambda world, reading: z3.And(world.has_proposal, world.has_unknown, world.has_facts),
    )
    assert found is not None
    assert found.decision.proposal is not None
    assert "undeclared" in found.decision.proposal
    assert "undeclared" not in found.decision.facts


def test_an_action_that_nobody_reads_is_left_out() -> None:
    found = example_where(small_table(), lambda world, reading: reading.fires[1])
    assert found is not None
    assert found.decision.action is None
    assert set(found.decision.facts) == {"x"}


def test_facts_that_what_was_learned_is_asked_about_stay() -> None:
    table = learned_table()
    found = example_where(table, lambda world, reading: reading.fires[0])
    assert found is not None
    assert table.known.learned is not None
    assert set(table.known.learned.facts) - {"revenue_usd"} <= set(found.decision.facts)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_the_gate_says_the_same_of_the_plainer_decision(row: int) -> None:
    table = billing(60)
    found = example_where(table, lambda world, reading: reading.fires[row])
    assert found is not None
    assert compile_table(table, rehearsal=True)(found.decision) == found.verdict
    assert table.rows[row].id in {one.row for one in found.verdict.reasons}
    new = "something_else_1"
    assert found.decision.type == new if row == 2 else found.decision.type in table.known.types
