"""Every verdict says what the owner let stand when the table went live."""

from __future__ import annotations

import pytest

from handraise.core.gate.compile import compile_table, generated_source
from handraise.core.table.read import read
from handraise.model import Decision
from tests.support.learned import ToldFamiliar, judge_with, learned_table
from tests.support.operation import BIG, SURE, TABLE

WAIVED = ("drilled", "capacity")


def test_a_proceed_and_a_stop_say_what_is_waived():
    table = read(TABLE).table
    assert table is not None
    judge = compile_table(table, waived=WAIVED)
    for given, outcome in ((SURE, "proceed"), (BIG, "escalate")):
        verdict = judge(Decision(**given))
        assert (verdict.outcome, verdict.waived) == (outcome, WAIVED)
    assert judge(None).waived == WAIVED, "a bug of ours says it too"  # type: ignore[arg-type]


def test_what_was_looked_at_stands_beside_what_is_waived():
    decision = Decision(
        type="refund_request",
        action="refund",
        confidence=0.99,
        proposal={"refund": 40},
        text="hello",
    )
    plain = judge_with(ToldFamiliar(0.5))(decision)
    verdict = compile_table(learned_table(), familiar=ToldFamiliar(0.5), waived=WAIVED)(decision)
    assert (verdict.reasons, verdict.familiarity) == (plain.reasons, plain.familiarity)
    assert verdict.waived == WAIVED


@pytest.mark.parametrize("text", [TABLE])
def test_where_nothing_is_waived_the_judge_is_as_it_was(text: str):
    table = read(text).table
    assert table is not None
    assert "WAIVED" not in generated_source(table)
    assert compile_table(table)(Decision(**SURE)).waived == ()


def test_a_verdict_prints_what_is_waived_and_nothing_where_it_is_not():
    table = read(TABLE).table
    assert table is not None
    assert "waived=('drilled',)" in repr(
        compile_table(table, waived=("drilled",))(Decision(**SURE))
    )
    assert "waived" not in repr(compile_table(table)(Decision(**SURE)))
