"""What the agent's side can read off a verdict."""

from __future__ import annotations

import pytest
from rich.pretty import pretty_repr

from handraise.model import Decision, Reason, Verdict


def reason(sentence: str) -> Reason:
    return Reason(
        row="r", condition="fault", route="owner", observed="", limit="", sentence=sentence
    )


STOP = Verdict(
    Decision(text="a customer's words"),
    (reason("it is broken"),),
    ("owner",),
    "v",
    escalation_id="e1",
    waiter=object(),
)


@pytest.mark.parametrize(
    ("verdict", "may_act"),
    [
        (Verdict(None), True),
        (Verdict(None, rehearsal=True), False),
        (STOP, False),
    ],
)
def test_an_agent_may_act_on_a_proceed_that_is_no_rehearsal(verdict: Verdict, may_act: bool):
    assert verdict.may_act is may_act


def test_a_verdict_shows_what_the_gate_said_and_nothing_of_the_decision():
    assert repr(STOP) == (
        "Verdict(outcome='escalate', may_act=False, routes=('owner',), "
        "reasons=('it is broken',), escalation_id='e1', rehearsal=False)"
    )
    assert repr(Verdict(None, rehearsal=True)) == (
        "Verdict(outcome='proceed', may_act=False, escalation_id=None, rehearsal=True)"
    )


def test_a_terminal_shows_the_same():
    shown = pretty_repr(STOP)

    assert "outcome='escalate'" in shown
    assert "customer" not in shown
    assert "waiter" not in shown


def test_of_many_reasons_the_first_are_shown():
    many = Verdict(None, tuple(reason(f"reason {number}") for number in range(5)))

    assert "'reason 2', 'and 2 more'" in repr(many)
    assert "reason 3" not in repr(many)
