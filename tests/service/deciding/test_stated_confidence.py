"""An agent that has no confidence states one; where that is doubtful, the gate stops it."""

import math
from typing import Any

import pytest

import handraise
from handraise.service.deciding.gate import EmbeddedGate
from tests.support.operation import SURE

DOUBTFUL = {
    "two samples": handraise.agreement_confidence(["refund", "refund"]).confidence,
    "samples that failed": handraise.agreement_confidence([None] * 5).confidence,
    "no tokens": handraise.logprob_confidence([]),
    "a token without a number": handraise.logprob_confidence([-0.01, math.nan]),
    "an option that was none": handraise.choice_confidence({"yes": -0.01}, "no", ["yes", "no"]),
    "a negation": handraise.verbal_confidence("I am not 100% sure"),
    "a bare number": handraise.verbal_confidence("95"),
    "one of several": handraise.combined_confidence(0.99, handraise.verbal_confidence("high")),
}

USABLE = {
    "agreement": handraise.agreement_confidence(["refund"] * 5).confidence,
    "log-probabilities": handraise.logprob_confidence([-0.01, -0.02]),
    "a choice": handraise.choice_confidence({"yes": -0.01, "no": -4.7}, "yes", ["yes", "no"]),
    "words": handraise.verbal_confidence("I am 95% sure."),
    "several": handraise.combined_confidence(0.9, 0.95),
}


@pytest.mark.parametrize("stated", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_confidence_stops_the_agent(gate: EmbeddedGate, stated: Any) -> None:
    verdict = gate.decide(**{**SURE, "confidence": stated})
    assert (verdict.may_act, verdict.outcome) == (False, "escalate")
    assert [reason.condition for reason in verdict.reasons] == ["confidence"]
    assert "no usable confidence: missing" in verdict.reasons[0].sentence


@pytest.mark.parametrize("stated", USABLE.values(), ids=USABLE)
def test_a_usable_one_is_judged_like_any_other(gate: EmbeddedGate, stated: Any) -> None:
    assert gate.decide(**{**SURE, "confidence": stated}).may_act


def test_a_sample_that_disagrees_can_be_what_stops_the_agent(gate: EmbeddedGate) -> None:
    answers = [{"refund": 40}, {"refund": 40}, {"refund": 40}, {"refund": 4000}, None]
    agreed = handraise.agreement_confidence(answers)
    verdict = gate.decide(**{**SURE, "proposal": agreed.answer, "confidence": agreed.confidence})
    assert verdict.reasons[0].sentence.startswith("confidence 0.6 is below 0.72")
