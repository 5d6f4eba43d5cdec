"""Where something a row needs is missing or broken, the agent stops, whoever tries what."""

import json
import math
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from handraise.core.gate.compile import _Writer, compile_table, generated_source
from handraise.core.gate.evidence import CannotJudgeError, evaluate
from handraise.core.gate.stopper import Stopper
from handraise.core.table.nodes import Node, Text
from handraise.model import Decision
from tests.support.support_table import TABLE, changed, each, judge_of, sure, table_of
from tests.support.tables import Flatterer, Liar, Rude, Word


def sentences(verdict):
    return [reason.sentence for reason in verdict.reasons]


def rows(verdict):
    return [reason.row for reason in verdict.reasons]


@pytest.mark.parametrize(
    "confidence",
    each([0.72, 0.95, 1, 1.0, np.float64(0.9), np.float32(0.75), Decimal("0.9"), Fraction(3, 4)]),
)
def test_a_confidence_that_is_usable_and_high_enough_goes_ahead(confidence):
    assert judge_of()(sure(confidence=confidence)).outcome == "proceed"


@pytest.mark.parametrize(
    "confidence", each([0, 0.0, -0.0, 5e-324, 0.7199999, math.nextafter(0.72, 0), np.float64(0.7)])
)
def test_a_confidence_below_the_threshold_stops_with_a_true_sentence(confidence):
    verdict = judge_of()(sure(confidence=confidence))
    assert rows(verdict) == ["confidence.1"]
    seen = verdict.reasons[0].observed
    assert float(seen) < 0.72
    assert verdict.reasons[0].sentence == f"confidence {seen} is below 0.72"


@pytest.mark.parametrize(
    "confidence",
    each([None, True, False, math.nan, math.inf, -0.1, 1.0001, 7, 10**400, "0.95", b"1", [], {}, Decimal("NaN"), Decimal("sNaN"), 1j, Flatterer(), Rude(), np.float64("nan"), np.bool_(True)])
)  # fmt: skip
def test_a_confidence_that_is_not_usable_stops(confidence):
    verdict = judge_of()(sure(confidence=confidence))
    assert rows(verdict) == ["confidence.1"]
    assert verdict.reasons[0].sentence.startswith("no usable confidence: ")


def test_a_confidence_that_claims_to_be_a_float_convinces_nobody():
    assert Flatterer().__class__ is float
    assert judge_of()(sure(confidence=Flatterer())).escalated


@pytest.mark.parametrize(
    ("refund", "stops"),
    [
        (5000, False),
        (-5000, False),
        (5000.0, False),
        (5000.01, True),
        (-6200, True),
        (math.nextafter(5000, 6000), True),
        (Decimal(6000), True),
    ],
)
def test_the_limit_itself_goes_ahead(refund, stops):
    verdict = judge_of()(sure(proposal={"refund": refund}))
    assert rows(verdict) == (["consequence.1"] if stops else [])


def test_a_proposal_that_says_something_else_than_it_holds_is_judged_by_what_it_holds():
    verdict = judge_of()(sure(proposal=Liar(refund=9999)))
    assert rows(verdict) == ["consequence.1"]
    assert judge_of()(sure(proposal=Liar(refund=40, other=1))).escalated
    assert judge_of()(sure(proposal=Liar(refund=40))).outcome == "proceed"
    stated = changed("  reason: one of", "  stated: number\n  reason: one of")
    stated = changed(
        "- {when: abs(revenue_usd)",
        "- {when: stated > 5, to: finance}\n    - {when: abs(revenue_usd)",
        stated,
    )
    assert rows(judge_of(stated)(sure(facts=Liar(stated=9)))) == ["consequence.1"]
    assert rows(judge_of(stated)(sure(facts=Liar(stated=1, x=2)))) == ["fault"]


@pytest.mark.parametrize("proposal", each([None, 5, "refund", [], {}, {"refund": None}, {"refund": True}, {"refund": "40"}, {"refund": math.nan}, {"refund": 10**301}, {"refund": 40, "x": 1}, {1: 2, "refund": 40}, {"refund": 40, "note": 5}, Rude(), object()]))  # fmt: skip
def test_a_proposal_that_does_not_fit_its_form_stops(proposal):
    assert judge_of()(sure(proposal=proposal)).escalated


@pytest.mark.parametrize("facts", each([[], "x", 5, [("reason", "other")], {"revenue": 1}, {1: 2}, {None: 1}, {"class": 1}, {"revenue_usd": 41}, {"revenue_usd": "40"}, {"revenue_usd": True}, Rude(), object()]))  # fmt: skip
def test_facts_that_the_table_does_not_declare_or_that_differ_from_the_proposal_are_a_fault(facts):
    verdict = judge_of()(sure(facts=facts))
    assert "fault" in rows(verdict)
    assert "owner" in verdict.routes


def test_a_stated_fact_that_agrees_with_the_proposal_is_no_fault():
    assert judge_of()(sure(facts={"revenue_usd": 40.0})).outcome == "proceed"
    assert judge_of()(sure(facts=None)).outcome == "proceed"


@pytest.mark.parametrize(
    "action", each([None, "fly", "Refund", 5, Rude(), ["refund"], "x" * 100_000, "\ud800"])
)
def test_an_action_without_a_rating_stops_at_every_consequence_row(action):
    verdict = judge_of()(sure(action=action))
    assert rows(verdict) == ["consequence.1", "consequence.2"]
    assert all("cannot be judged: the action is " in sentence for sentence in sentences(verdict))


@pytest.mark.parametrize(
    "kind",
    each([None, "new", "Refund_request", 5, Rude(), b"refund_request", "\ud800", "y" * 10_000_000]),
)
def test_a_type_that_is_missing_or_not_known_is_new(kind):
    verdict = judge_of()(sure(type=kind))
    assert "novelty.1" in rows(verdict)
    assert "new situation" in verdict.tags


def test_an_enumeration_of_texts_is_read_as_its_text():
    assert judge_of()(sure(type=Word.KNOWN, action=Word.REFUND)).outcome == "proceed"


NARROWED = changed(
    "{below: 0.72, to: supervisor}", "{below: 0.72, to: supervisor, for: {type: [card_lost]}}"
)
NARROWED = changed("{unknown: type,", "{unknown: type, for: {type: [card_lost]},", NARROWED)
NARROWED = changed(
    "abs(revenue_usd) > 5000, to: finance}",
    "abs(revenue_usd) > 5000, to: finance, for: {type: [card_lost]}}",
    NARROWED,
)
NARROWED = changed(
    "{severity: critical, to: finance}",
    "{severity: critical, to: finance, for: {action: [refund], type: [card_lost]}}",
    NARROWED,
)


def test_a_row_for_actions_alone_reads_the_rest_as_usual():
    line = "{when: abs(revenue_usd) > 5000, to: finance}"
    rest = ("{when: abs(revenue_usd) > 7000, to: finance, for: {action: [refund]}}", line)
    judge = judge_of(changed("- " + line, "\n    - ".join(("", *rest)).strip()))

    fired = {value: rows(judge(sure(proposal={"refund": value}))) for value in (5000, -6000, 8000)}
    assert fired == {
        5000: [],
        -6000: ["consequence.2"],
        8000: ["consequence.1", "consequence.2"],
    }


@pytest.mark.parametrize(
    ("fields", "condition", "words"),
    [
        ({"confidence": math.nan}, "confidence", "no usable confidence: nan"),
        ({"confidence": None}, "confidence", "no usable confidence: missing"),
        ({"action": "fly"}, "consequence", "the action is 'fly', which the table does not rate"),
        (
            {"type": "new"},
            "novelty",
            "the type is 'new', which is not one the agent was trained on",
        ),
    ],
)
def test_a_condition_holds_even_where_all_its_rows_are_narrowed_away(fields, condition, words):
    judge = judge_of(NARROWED)
    assert judge(sure(confidence=0.1)).outcome == "proceed"
    verdict = judge(sure(**fields))
    assert rows(verdict) == [condition]
    assert verdict.routes == ("owner",)
    assert verdict.reasons[0].sentence.startswith(words)


def test_a_narrowed_row_fires_when_it_cannot_be_told_whether_it_is_meant():
    verdict = judge_of(NARROWED)(sure(type=None))
    assert rows(verdict) == [
        "confidence.1",
        "consequence.1",
        "consequence.2",
        "consequence.3",
        "novelty.1",
    ]
    assert "the type is missing, and this row is for some types only" in sentences(verdict)[0]
    both = rows(judge_of(NARROWED)(sure(type="card_lost", action=None)))
    assert both == ["consequence.1", "consequence.2", "consequence.3"]
    elsewhere = rows(judge_of(NARROWED)(sure(type=None, action="send_reply")))
    assert "consequence.2" not in elsewhere


def with_when(when, facts="x: number\n  y: number\n  n: integer\n  b: boolean"):
    text = changed("  reason: one of [fraud, other]", f"  {facts}")
    text = changed(
        """    - {when: 'reason == "fraud"', to: finance, for: {type: [card_lost]}}\n""",
        f"    - {{when: '{when}', to: finance}}\n",
        text,
    )
    return judge_of(text)


@pytest.mark.parametrize(
    ("when", "facts", "stops"),
    [
        ("x > 5 or y > 5", {"x": 9}, True),
        ("x > 5 and y > 5", {"x": 1}, True),
        ("x / y > 2", {"x": 1, "y": 0}, True),
        ("x * y > 2", {"x": 1e200, "y": 1e200}, True),
        ("x * y > 2", {"x": 10**200, "y": 10**200}, True),
        ("x - y > 2", {"x": 5, "y": 4}, False),
        ("n > 2", {"n": 1e300}, True),
        ("n > 2", {"n": 2.5}, True),
        ("n > 2", {"n": 2.0}, False),
        ("b", {"b": 1}, True),
        ("b", {"b": np.bool_(False)}, True),
        ("b", {"b": False}, False),
        ("not b", {"b": False}, True),
        ("confidence > 0.9", {}, True),
        ("confidence in [0.5, 0.6]", {}, False),
        ('severity >= "critical"', {}, False),
        ('type in ["card_lost"]', {}, False),
        ('action != "refund"', {}, False),
        ("-x > 5", {"x": -6}, True),
        ("0 < min(x, y) <= max(x, 3)", {"x": 1, "y": 2}, True),
        ("false", {}, False),
    ],
)
def test_what_a_row_cannot_judge_stops(when, facts, stops):
    assert rows(with_when(when.replace("'", "''"))(sure(facts=facts))) == (
        ["consequence.3"] if stops else []
    )


def test_a_when_that_reads_the_action_stops_without_one_also_where_no_action_is_rated():
    text = (
        TABLE[: TABLE.index("severities:")]
        + "facts: {x: number}\n"
        + TABLE[TABLE.index("known:") : TABLE.index("escalate:")]
    )
    text += """escalate: {confidence: {below: 0.5, to: finance}, consequence: {when: 'action == "refund"', to: finance, for: {type: [card_lost]}}, novelty: {unknown: type, to: finance}}"""
    judge = judge_of(text)
    assert "the action is missing" in sentences(judge(sure(type="card_lost", action=None)))[0]
    assert judge(sure(type="card_lost", action="fly")).outcome == "proceed"


def test_a_fact_worked_out_as_whole_must_be_whole():
    text = changed("    type: number\n    unit: USD", "    type: integer\n    unit: USD")
    assert judge_of(text)(sure(proposal={"refund": 40.0})).outcome == "proceed"
    assert rows(judge_of(text)(sure(proposal={"refund": 40.5}))) == ["consequence.1"]


def test_a_fact_without_otherwise_stops_the_actions_that_have_no_expression():
    text = changed("    otherwise: 0\n", "")
    told = sentences(judge_of(text)(sure(action="send_reply")))
    assert told == [
        "cannot be judged: revenue_usd cannot be worked out for the action 'send_reply'"
    ]


def test_a_fact_from_one_expression_reads_every_proposal():
    text = changed(
        "from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}\n    otherwise: 0",
        "from: max(-proposal.refund, abs(proposal.refund), min(1, 2)) - 0 * 3 + 1 / 1",
    )
    judge = judge_of(text)
    assert judge(sure(proposal={"refund": 40})).outcome == "proceed"
    assert rows(judge(sure(proposal={"refund": 5000}))) == ["consequence.1"]
    assert rows(judge(sure(action="change_billing", proposal={"monthly_change": 1}))) == [
        "consequence.1"
    ]
    assert "the agent says revenue_usd is 3, but the proposal comes to nothing usable" in sentences(
        judge(
            sure(action="change_billing", proposal={"monthly_change": 1}, facts={"revenue_usd": 3})
        )
    )
    assert "the agent says revenue_usd is 3, but the proposal comes to 41" in sentences(
        judge(sure(facts={"revenue_usd": 3}))
    )


def test_a_division_by_zero_in_a_from_stops():
    text = changed("refund: proposal.refund, change", "refund: 1 / proposal.refund, change")
    assert rows(judge_of(text)(sure(proposal={"refund": 0}))) == ["consequence.1"]
    text = changed(
        "refund: proposal.refund, change", "refund: proposal.refund * proposal.refund, change"
    )
    assert rows(judge_of(text)(sure(proposal={"refund": 1e200}))) == ["consequence.1"]


@pytest.mark.parametrize("decision", each([None, 5, "x", object(), Rude()]))
def test_what_is_no_decision_at_all_is_a_fault_to_the_owner(decision):
    verdict = judge_of()(decision)
    assert rows(verdict) == ["fault"]
    assert verdict.routes == ("owner",)


def test_keys_that_cannot_be_compared_are_a_fault():
    class Key:
        def __hash__(self):
            return hash("revenue_usd")

        def __eq__(self, other):
            raise RuntimeError

    assert rows(judge_of()(sure(facts={Key(): 1}))) == ["fault"]


def test_a_rehearsal_is_marked_and_every_verdict_carries_the_version():
    table = table_of()
    verdict = compile_table(table, rehearsal=True)(sure())
    assert verdict.rehearsal
    assert verdict.version == table.version != ""
    assert not compile_table(table)(sure(confidence=0)).rehearsal


def test_several_first_asks_the_first_row_alone_and_whom_the_system_asks():
    text = changed("several: every", "several: first")
    fields = {"confidence": 0.1, "proposal": {"refund": 9999}}
    assert judge_of()(sure(**fields)).routes == ("supervisor", "finance")
    assert judge_of(text)(sure(**fields)).routes == ("supervisor",)
    assert judge_of(text)(sure(**fields, facts={"x": 1})).routes == ("supervisor", "owner")


def test_a_stop_is_never_without_a_reason():
    assert rows(Stopper(table_of(), rehearsal=False).stop(sure(), [], odd=False)) == ["fault"]


def test_a_thousand_narrowed_rows_are_found_by_a_look_up():
    types = [f"type_{n}" for n in range(1000)]
    confidence = [{"below": 0.5, "to": "finance", "for": {"type": one}} for one in types]
    plain = {"below": 0.2, "to": "finance"}
    table = {
        "handraise": 1, "agent": "a", "owner": "p", "people": {"p": {"name": "P", "contact": "mailto:p@example.com"}},
        "routes": {"finance": "p"}, "known": types,
        "escalate": {"confidence": [*confidence, plain], "consequence": {"when": "false", "to": "owner"}, "novelty": {"unknown": "type", "to": "owner"}},
    }  # fmt: skip
    made = table_of(json.dumps(table))
    source = generated_source(made)
    body = source[source.index("def judge(d):") :]
    assert "row_" not in body
    assert body.count("by_t.get(t, ())") == 1
    assert source.count("def row_") == 1000
    verdict = compile_table(made)(Decision(type="type_7", confidence=0.4))
    assert rows(verdict) == ["confidence.8"]
    assert len(rows(compile_table(made)(Decision(confidence=0.4)))) == 1001


def test_the_generated_text_holds_nothing_the_user_wrote():
    source = generated_source(table_of())
    assert not any(
        word in source for word in ("refund", "revenue", "finance", "fraud", "0.72", "5000")
    )


def test_a_node_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="unknown node"):
        _Writer(table_of(), rehearsal=False)._python(Node())


def test_a_row_that_was_made_without_an_expression_always_stops():
    table = table_of()
    bare = msgspec.structs.replace(table.rows[1], when=None)
    verdict = compile_table(msgspec.structs.replace(table, rows=(bare,)))(sure())
    assert sentences(verdict) == ["cannot be judged: the row has no expression"]


def test_a_text_is_never_worked_out():
    with pytest.raises(CannotJudgeError):
        evaluate(Text("x"), {})
