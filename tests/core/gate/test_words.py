"""The reasons of a stop: true, short, and in words a person can act on."""

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import stall_sentence, system_reason, with_reasons
from tests.support.support_table import changed, judge_of, sure, table_of
from tests.support.tables import RudeText


def sentences(verdict):
    return [reason.sentence for reason in verdict.reasons]


def rows(verdict):
    return [reason.row for reason in verdict.reasons]


def with_when(when, facts="x: number\n  y: number\n  n: integer\n  b: boolean"):
    text = changed("  reason: one of [fraud, other]", f"  {facts}")
    text = changed(
        """    - {when: 'reason == "fraud"', to: finance, for: {type: [card_lost]}}\n""",
        f"    - {{when: '{when}', to: finance}}\n",
        text,
    )
    return judge_of(text)


def test_a_threshold_is_never_rounded_in_words():
    text = changed("below: 0.72", "below: 0.7200001")
    assert sentences(judge_of(text)(sure(confidence=0.72))) == [
        "confidence 0.72 is below 0.7200001"
    ]


def test_very_many_undeclared_facts_are_told_in_a_few_sentences():
    verdict = judge_of()(sure(facts={f"f{n}": n for n in range(100_000)}))
    assert len(verdict.reasons) == 6
    assert verdict.reasons[-1].sentence == "and more of this kind"


def test_an_action_without_a_rating_names_the_nearest():
    assert '(did you mean "refund"?)' in sentences(judge_of()(sure(action="refnud")))[0]
    assert judge_of()(sure(action=RudeText("fly"))).routes == ("finance",)


def test_a_type_near_a_known_one_is_named():
    assert 'the nearest it knows is "card_lost"' in sentences(judge_of()(sure(type="card_los")))[0]


def test_a_threshold_by_type_with_no_type_is_not_called_too_low():
    text = changed("below: 0.72", "below: {card_lost: 0.5, else: 0.72}")
    judge = judge_of(text)
    assert "the threshold depends on it" in sentences(judge(sure(type=None)))[0]
    assert judge(sure(confidence=0.6)).escalated
    assert rows(judge(sure(type="card_lost", confidence=0.6, facts={"reason": "other"}))) == []


def test_a_type_without_a_threshold_stops():
    judge = judge_of(changed("below: 0.72", "below: {card_lost: 0.5}"))
    assert sentences(judge(sure())) == [
        "no threshold stands in the table for the type 'refund_request'"
    ]
    assert "no usable confidence" in sentences(judge(sure(confidence=None)))[0]


def test_a_text_fact_of_no_allowed_value_cannot_be_judged():
    verdict = judge_of()(sure(type="card_lost", facts={"reason": "fraudulent"}))
    assert sentences(verdict) == [
        "cannot be judged: reason is 'fraudulent', not one of fraud, other"
    ]
    assert sentences(judge_of()(sure(type="card_lost"))) == ["cannot be judged: reason is missing"]
    told = sentences(judge_of()(sure(type="card_lost", facts={"reason": "fraud"})))
    assert told == ["reason is 'fraud'; the table stops where reason is \"fraud\""]


def test_broken_arithmetic_is_told_as_such():
    told = sentences(with_when("x / y > 2")(sure(facts={"x": 1, "y": 0})))
    assert told == ["cannot be judged: the arithmetic comes to no usable number (x is 1, y is 0)"]
    told = sentences(with_when("1 / 0 > 2")(sure()))
    assert told == ["cannot be judged: the arithmetic comes to no usable number ()"]
    assert (
        sentences(with_when("x / y > 2")(sure(facts={"x": 1})))[0]
        == "cannot be judged: y is missing"
    )


def test_what_an_expression_saw_is_told_with_its_parts():
    told = sentences(
        with_when("b and confidence > 0.9 and x > 1")(sure(facts={"b": True, "x": 1234567.5}))
    )
    assert told[0].startswith(
        "b is true, confidence is 0.95, x is 1,234,567.5; the table stops where "
    )
    assert sentences(with_when("true")(sure())) == ["the table stops where true"]
    doubts = sentences(
        with_when('confidence > 0.9 and type == "card_lost" and action == "refund"')(
            sure(confidence=None, type=None)
        )
    )
    assert "no usable confidence: missing; the type is missing" in doubts[1]


def test_a_severe_action_is_told_with_its_rating():
    told = sentences(judge_of()(sure(action="delete_account", proposal=None)))
    assert told == ["delete_account is rated critical; the table stops at critical and worse"]


def test_reasons_can_be_added_to_a_verdict():
    table = table_of()
    added = with_reasons(
        table, compile_table(table)(sure()), system_reason("stall", stall_sentence(600))
    )
    assert added.routes == ("owner",)
    assert sentences(added) == ["the agent gave no sign of life for 10m"]


def test_only_what_is_wrong_is_told_of_several_facts():
    told = sentences(judge_of()(sure(facts={"revenue_usd": 40, "x": 1})))
    assert told == ["the fact 'x' is not declared in the table"]
