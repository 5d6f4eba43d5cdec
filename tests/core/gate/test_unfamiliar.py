"""Rows `unfamiliar`: what is unlike what was learned stops, and so does what cannot be told."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.gate.compile import compile_table, generated_source
from handraise.core.trial.trial import run_cases
from tests.core.oracle import UNKNOWN, judged
from tests.support.learned import (
    DIGEST,
    LEARNED_TABLE,
    UNFAMILIAR_ROW,
    UNKNOWN_ROW,
    ToldFamiliar,
    judge_with,
    learned_table,
    odd,
    with_learned,
)
from tests.support.support_table import changed, sure, table_of
from tests.support.tables import decisions, tables

SLOW = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TEXT = "please pay it back"
ONLY_CARDS = UNFAMILIAR_ROW.replace("2%", "2%, for: {type: [card_lost]}")
ONLY_REFUNDS = UNFAMILIAR_ROW.replace("2%", "2%, for: {action: [refund]}")


def asked(**fields):
    return sure(**({"text": TEXT} | fields))


def rows_of(verdict):
    return [reason.row for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("p", "stops"), [(1.0, False), (0.0201, False), (0.02, True), (0.0001, True)]
)
def test_a_share_at_or_below_the_rate_stops(p, stops):
    verdict = judge_with(ToldFamiliar(p, (odd(),)))(asked())
    assert verdict.escalated is stops
    assert verdict.familiarity == p
    assert rows_of(verdict) == (["novelty.2"] if stops else [])


@pytest.mark.parametrize("p", [1, np.float64(0.5), True], ids=["int", "numpy", "bool"])
def test_a_number_of_any_kind_counts_and_nothing_else(p):
    verdict = judge_with(ToldFamiliar(p))(asked())
    assert verdict.escalated is (p is True)
    assert type(verdict.familiarity) in {float, type(None)}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (math.nan, "what was learned gives no usable number"),
        (0.0, "what was learned gives no usable number"),
        (-0.1, "what was learned gives no usable number"),
        (1.01, "what was learned gives no usable number"),
        (2, "what was learned gives no usable number"),
        ("x", "what was learned gives no usable number"),
        (None, "what was learned gives no usable number"),
        (CannotLookError("the encoder does not answer"), "the encoder does not answer"),
        (CannotLookError(), "nobody says why"),
        (ValueError("secret words"), "what was learned cannot be asked (ValueError)"),
    ],
)
def test_what_cannot_be_told_stops_and_says_why(answer, why):
    verdict = judge_with(ToldFamiliar(answer))(asked())
    (reason,) = verdict.reasons
    assert (reason.row, reason.route, reason.tag) == ("novelty.2", "finance", "unlike")
    assert reason.sentence == f"cannot be judged: {why}"
    assert (reason.observed, reason.limit) == (why, "")
    assert verdict.familiarity is None


def test_without_the_learned_files_every_decision_stops():
    (reason,) = judge_with(None)(asked()).reasons
    assert reason.sentence == "cannot be judged: the learned files are not at hand here"


def test_other_learned_files_than_the_table_names_stop():
    familiar = ToldFamiliar(0.5, digest="e" * 64)
    (reason,) = judge_with(familiar)(asked()).reasons
    assert reason.observed == "the learned files are not those that the table names"
    assert familiar.asked == []
    familiar.digest = DIGEST
    assert not judge_with(familiar)(asked()).escalated


def test_a_table_that_lost_its_description_stops():
    table = learned_table()
    bare = msgspec.structs.replace(table, known=msgspec.structs.replace(table.known, learned=None))
    assert compile_table(bare, familiar=ToldFamiliar())(asked()).escalated


@pytest.mark.parametrize(
    ("text", "why"), [(None, "the text is missing"), (5, "the text is no usable text")]
)
def test_without_a_text_nothing_can_be_told_where_the_wording_was_learned(text, why):
    familiar = ToldFamiliar(0.5)
    (reason,) = judge_with(familiar)(asked(text=text)).reasons
    assert reason.sentence == f"cannot be judged: {why}"
    assert familiar.asked == []
    assert not judge_with(familiar, learned=with_learned(reads_text=False))(
        asked(text=text)
    ).escalated


def test_it_is_asked_with_what_is_usable_and_with_what_is_worked_out():
    familiar = ToldFamiliar(0.5)
    judge_with(familiar)(asked(facts={"reason": "fraud", "other": 1}))
    judge_with(familiar)(asked(facts={"reason": "none of them"}, type=7))
    assert familiar.asked == [
        Asked(text=TEXT, type="refund_request", facts={"revenue_usd": 40, "reason": "fraud"}),
        Asked(text=TEXT, type=None, facts={"revenue_usd": 40}),
    ]


BOTH = {"revenue_usd": "number", "reason": "text"}


@pytest.mark.parametrize(
    ("brought", "why"),
    [
        ({"facts": {"reason": "HACKED"}}, "reason is 'HACKED', not one of fraud, other"),
        ({"facts": {"reason": 5}}, "reason is 5, not one of fraud, other"),
        ({"facts": "reason=fraud"}, "the facts are no usable facts"),
        (
            {"proposal": {"refund": math.nan}},
            "revenue_usd cannot be worked out from the proposal {'refund': nan}",
        ),
        (
            {"proposal": {"refund": 1e308}},
            "revenue_usd cannot be worked out from the proposal {'refund': 1e+308}",
        ),
        (
            {"action": "HACKED", "facts": {"reason": 5}},
            "revenue_usd cannot be worked out for the action 'HACKED'; "
            "reason is 5, not one of fraud, other",
        ),
    ],
)
def test_a_learned_fact_that_was_brought_and_cannot_be_used_is_not_missing_but_doubt(brought, why):
    familiar = ToldFamiliar(1.0)
    verdict = judge_with(familiar, learned=with_learned(facts=BOTH))(asked(**brought))
    (reason,) = (one for one in verdict.reasons if one.row == "novelty.2")
    assert reason.sentence == f"cannot be judged: {why}"
    assert familiar.asked == []


def test_a_learned_fact_that_was_not_brought_is_missing():
    familiar = ToldFamiliar(0.5)
    judge = judge_with(familiar, learned=with_learned(facts=BOTH))
    for facts in (None, {"reason": None}):
        judge(asked(facts=facts))
        assert familiar.asked.pop() == Asked(TEXT, "refund_request", {"revenue_usd": 40})


def test_a_fact_that_was_not_learned_is_no_doubt():
    familiar = ToldFamiliar(0.5)
    nothing = with_learned(facts={})
    for brought in ({"facts": 7}, {"facts": {"reason": 5}}, {"proposal": None}):
        judge_with(familiar, learned=nothing)(asked(**brought))
    assert len(familiar.asked) == 3


def test_each_unusual_thing_is_a_reason_of_the_row_and_there_are_at_most_three():
    things = tuple(odd(check) for check in ("wording", "letters", "length", "missing"))
    familiar = ToldFamiliar(0.01, things)
    verdict = judge_with(familiar)(asked())
    assert rows_of(verdict) == ["novelty.2"] * 3
    assert verdict.routes == ("finance",)
    assert verdict.tags == ("unlike",)
    first = verdict.reasons[0]
    assert (first.observed, first.limit) == ("wording seen", "wording known")
    assert first.sentence == "the wording is unlike anything familiar"
    assert [rate for _, rate in familiar.explained] == [0.02]
    assert familiar.explained[0][0] == familiar.asked[0]


@pytest.mark.parametrize(
    "unusual",
    [(), ValueError("secret"), CannotLookError("gone"), ("a text",), None],
    ids=["nothing", "it fails", "it cannot", "no records", "none"],
)
def test_a_row_that_fired_has_a_reason_even_where_nobody_can_say_what_is_unusual(unusual):
    (reason,) = judge_with(ToldFamiliar(0.01, unusual))(asked()).reasons
    assert reason.sentence == "this situation is unlike what was learned"
    assert reason.limit == "2% of what is familiar"


def test_a_reason_is_one_line_that_can_be_kept():
    thing = odd(observed="a\nb\ud800\x00c", familiar="", sentence="two\nlines")
    (reason,) = judge_with(ToldFamiliar(0.01, (thing,)))(asked()).reasons
    assert (reason.observed, reason.sentence) == ("a b  c", "two lines")
    assert reason.limit == "2% of what is familiar"


def test_it_is_looked_at_once_however_many_rows_ask():
    text = changed(
        UNFAMILIAR_ROW, UNFAMILIAR_ROW.replace("2%", "1%") + UNFAMILIAR_ROW, LEARNED_TABLE
    )
    for answer, rows in (
        (0.015, ["novelty.3"]),
        (0.5, []),
        (CannotLookError("gone"), ["novelty.2", "novelty.3"]),
    ):
        familiar = ToldFamiliar(answer)
        assert rows_of(judge_with(familiar, text)(asked())) == rows
        assert len(familiar.asked) == 1


@pytest.mark.parametrize("row", [ONLY_CARDS, ONLY_REFUNDS], ids=["by type", "by action"])
def test_a_narrowed_row_looks_only_at_what_it_is_for(row):
    text = changed(UNFAMILIAR_ROW, row, LEARNED_TABLE)
    familiar = ToldFamiliar(CannotLookError("gone"))
    judge = judge_with(familiar, text)
    outside = {"action": "send_reply", "proposal": None} if row is ONLY_REFUNDS else {}
    verdict = judge(asked(**outside))
    assert not verdict.escalated
    assert verdict.familiarity is None
    assert familiar.asked == []
    inside = judge(asked(type="card_lost", facts={"reason": "other"}))
    assert rows_of(inside) == ["novelty.2"]
    assert len(familiar.asked) == 1


def test_a_narrowed_row_fires_where_nobody_knows_whether_it_is_meant():
    text = changed(UNFAMILIAR_ROW, ONLY_CARDS, LEARNED_TABLE)
    familiar = ToldFamiliar(0.5)
    verdict = judge_with(familiar, text)(asked(type=None))
    said = [one.sentence for one in verdict.reasons if one.row == "novelty.2"]
    assert said == ["cannot be judged: the type is missing, and this row is for some types only"]
    assert familiar.asked == []


@pytest.mark.parametrize("type", [None, "court_order"])
def test_an_unknown_type_is_held_by_its_own_row_and_looked_at_all_the_same(type):
    familiar = ToldFamiliar(0.01, (odd(),))
    verdict = judge_with(familiar)(asked(type=type))
    assert [row for row in rows_of(verdict) if row.startswith("novelty")] == [
        "novelty.1",
        "novelty.2",
    ]
    assert familiar.asked[0].type == type


def test_an_unknown_type_goes_to_the_owner_where_no_row_says_where():
    judge = judge_with(ToldFamiliar(0.5), changed(UNKNOWN_ROW, "", LEARNED_TABLE))
    (reason,) = judge(asked(type="court_order")).reasons
    assert (reason.row, reason.route) == ("novelty", "owner")
    assert not judge(asked()).escalated


def test_a_stop_for_another_reason_says_how_usual_it_was():
    verdict = judge_with(ToldFamiliar(0.5))(asked(confidence=0.1))
    assert rows_of(verdict) == ["confidence.1"]
    assert verdict.familiarity == 0.5


def test_a_table_without_such_a_row_looks_at_nothing():
    familiar = ToldFamiliar(CannotLookError("gone"))
    text = changed(UNFAMILIAR_ROW, "", LEARNED_TABLE)
    verdict = judge_with(familiar, text)(asked())
    assert (verdict.escalated, verdict.familiarity, familiar.asked) == (False, None, [])
    assert "look" not in generated_source(table_of())


def test_a_decision_that_cannot_be_judged_at_all_stops_without_a_share():
    verdict = judge_with(ToldFamiliar())(object())
    assert verdict.escalated
    assert verdict.familiarity is None


def test_a_tables_own_tests_are_tried_with_the_learned_files():
    case = "  - {name: strange words, given: {type: refund_request, action: refund, confidence: 0.95, text: x, proposal: {refund: 40}}, expect: {escalate: [finance]}}\n"
    table = learned_table(LEARNED_TABLE + case)
    trial = run_cases(table, ToldFamiliar(0.01, (odd(),)))
    assert "novelty.2" in trial.rows_reached
    assert [one.ok for one in trial.cases] == [False, True]  # the first one has no text
    alone = run_cases(table)
    assert "novelty.2" in alone.rows_unreached


@st.composite
def looking_tables(draw):
    """The text of a table with rows `unfamiliar`, narrowed or not."""
    text = draw(tables())
    rows = []
    for _ in range(draw(st.integers(1, 2))):
        narrowed = draw(st.sampled_from(("", ', "for": {"type": ["card_lost"]}')))
        rate = draw(st.sampled_from((0.01, 0.05, 0.5)))
        rows.append(f'{{"unfamiliar": {rate}, "to": "finance"{narrowed}}}')
    known = '["refund_request", "card_lost", "address"]'
    text = changed(f'"known": {known}', '"known": "known/"', text)
    return changed('"novelty": [', f'"novelty": [{", ".join(rows)}, ', text)


ANSWERS = st.sampled_from((0.001, 0.01, 0.03, 0.05, 0.2, 0.5, 0.7, 1.0))
LEARNED_HERE = with_learned(facts={}, reads_text=False)


def looking(text):
    return learned_table(text, LEARNED_HERE, ("refund_request", "card_lost", "address"))


@SLOW
@given(
    text=looking_tables(),
    many=st.lists(decisions() | decisions(usable=True), min_size=1, max_size=8),
    p=ANSWERS | st.just(math.nan),
)
def test_the_gate_and_the_plain_interpreter_agree_on_rows_that_look(text, many, p):
    table = looking(text)
    judge = compile_table(table, familiar=ToldFamiliar(p, (odd(), odd("length"))))
    for decision in many:
        verdict = judge(decision)
        if any("could not judge" in reason.sentence for reason in verdict.reasons):
            assert verdict.routes == ("owner",)
            continue
        expected = judged(table, decision, UNKNOWN if math.isnan(p) else p)
        of_rows = [reason for reason in verdict.reasons if reason.row != reason.condition]
        assert {reason.row for reason in of_rows} == expected.rows
        of_system = {reason.condition for reason in verdict.reasons if reason not in of_rows}
        assert of_system == expected.uncovered | ({"fault"} if expected.fault else set())
        assert verdict.escalated == expected.stops
        assert all(reason.sentence for reason in verdict.reasons)


@SLOW
@given(text=looking_tables(), decision=decisions(usable=True), one=ANSWERS, other=ANSWERS)
def test_a_lower_share_never_turns_a_stop_into_a_go(text, decision, one, other):
    table = looking(text)
    higher = compile_table(table, familiar=ToldFamiliar(max(one, other)))(decision)
    lower = compile_table(table, familiar=ToldFamiliar(min(one, other)))(decision)
    cannot = compile_table(table, familiar=ToldFamiliar(CannotLookError("gone")))(decision)
    assert lower.escalated or not higher.escalated
    assert cannot.escalated or not lower.escalated
