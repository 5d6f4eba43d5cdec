"""More risk, or less that is known, never turns a stop into a go."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from tests.support.support_table import table_of
from tests.support.tables import NUMBERS, calibrations, decisions, junk, tables

SLOW = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def risky_whens(actions):
    """Rows that only more money or worse evidence can fire."""
    return st.sampled_from(NUMBERS).map(lambda limit: f"abs(revenue) > {limit}") | st.just(
        'reason == "fraud"'
    )


def worse(decision, by, odd):
    """Return the decision with one thing worse, of the kind `by` names."""
    facts = dict(decision.facts)
    match by:
        case "less sure" if isinstance(decision.confidence, float | int):
            fields = {"confidence": decision.confidence / 2}
        case "confidence":
            fields = {"confidence": odd}
        case "no type":
            fields = {"type": None}
        case "new type":
            fields = {"type": "never seen"}
        case "no action":
            fields = {"action": None}
        case "one more fact":
            fields = {"facts": facts | {"undeclared": 1}}
        case "less facts":
            fields = {"facts": dict(list(facts.items())[1:])}
        case _:
            more = facts.get("revenue", 0)
            fields = {"facts": facts | ({"revenue": more * 2} if "revenue" in facts else {})}
    if by == "confidence" and isinstance(odd, float | int) and 0 <= odd <= 1:
        fields = {"confidence": None}
    return msgspec.structs.replace(decision, **fields)


@SLOW
@given(
    text=tables(whens=risky_whens),
    decision=decisions(usable=True),
    by=st.lists(
        st.sampled_from(
            (
                "less sure",
                "confidence",
                "no type",
                "new type",
                "no action",
                "one more fact",
                "less facts",
                "more money",
            )
        ),
        min_size=1,
        max_size=4,
    ),
    odd=junk(),
    calibration=calibrations(),
)
def test_more_risk_never_turns_a_stop_into_a_go(text, decision, by, odd, calibration):
    judge = compile_table(msgspec.structs.replace(table_of(text), calibration=calibration))
    stopped = judge(decision).escalated
    for kind in by:
        derived = "revenue" in decision.facts and table_of(text).facts["revenue"].is_derived
        if derived and kind in {"less facts", "more money"}:
            continue
        decision = worse(decision, kind, odd)
        now = judge(decision).escalated
        assert now or not stopped
        stopped = now
