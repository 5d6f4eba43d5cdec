"""The solver's reading against the compiled gate and the oracle: they never disagree."""

import math
from functools import cache

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.learned import learned_table, with_learned
from tests.support.pinned import Three, is_exact
from tests.support.support_table import sure, table_of
from tests.support.tables import calibrations, decisions, tables

SLOW = settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW
@given(
    text=tables(),
    calibration=calibrations(),
    many=st.lists(decisions() | decisions(usable=True), min_size=1, max_size=8),
)
def test_solver_gate_and_interpreter_agree_on_every_row_and_route(text, calibration, many):
    table = msgspec.structs.replace(table_of(text), calibration=calibration)
    three = Three(table)
    for decision in many:
        if is_exact(table, decision):
            three.agree(decision)


@cache
def learned_as(facts):
    """Return a table whose learned files hold these facts, read three ways."""
    kinds = {"reason": "text", "revenue_usd": "number"}
    learned = with_learned(facts={fact: kinds[fact] for fact in facts})
    return Three(learned_table(learned=learned))


LEARNED_ODDS = st.sampled_from(
    ({}, {"reason": "other"}, {"reason": "fraud"}, {"reason": None}, {"reason": 7}, {"revenue_usd": 40},
     {"revenue_usd": 41, "reason": "other"}, {"reason": "other", "more": 1}, None, "no facts")
)  # fmt: skip


@SLOW
@given(
    facts=LEARNED_ODDS,
    type=st.sampled_from(("refund_request", "court_order", None)),
    refund=st.sampled_from((40, 6200, None, "many")),
    confidence=st.sampled_from((0.9, 0.3, None, math.nan)),
    p=st.sampled_from((None, 0.001, 0.02, 0.5, 1.0)),
    learned=st.sampled_from((("reason", "revenue_usd"), ("reason",), ())),
)
def test_they_agree_where_what_was_learned_is_asked(facts, type, refund, confidence, p, learned):
    decision = sure(
        facts=facts, type=type, proposal={"refund": refund}, confidence=confidence, text="please"
    )
    learned_as(learned).agree(decision, p)
