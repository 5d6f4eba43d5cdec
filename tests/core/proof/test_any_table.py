"""Of any table and any claim: what is refuted is shown, what is proved is never contradicted."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from handraise.core.proof.prove import prove
from handraise.core.proof.strictness import strictness
from handraise.core.table.expression import Scope, parse
from handraise.core.table.types import Claim
from tests.core.oracle import UNKNOWN, CannotJudgeError, _names, _seen, _value, judged
from tests.support.pinned import is_exact
from tests.support.support_table import table_of
from tests.support.tables import ACTIONS, ROUTES, SEVERITIES, decisions, tables, truth_expressions

SLOW = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SCOPE = Scope(
    facts={"revenue": "number", "count": "number", "vip": "boolean", "reason": "text", "word": "text"},
    severities=SEVERITIES,
    actions=ACTIONS,
)  # fmt: skip


def claims():
    when = truth_expressions(("revenue", "count"), actions=False).map(
        lambda text: parse(text, SCOPE, "boolean")
    )
    return st.builds(
        Claim,
        name=st.just("a claim"),
        when=st.none() | when,
        kind=st.sampled_from(("reaches", "never", "unreachable")),
        routes=st.lists(st.sampled_from(ROUTES), min_size=1, max_size=2, unique=True).map(tuple),
    )


def holds(when, table, decision):
    """Whether the plain interpreter finds an expression true, with all it reads usable."""
    if when is None:
        return True
    seen = _seen(table, decision)
    try:
        return all(seen[one] is not UNKNOWN for one in _names(when)) and _value(when, seen, None)
    except CannotJudgeError:
        return False


def contradicts(claim, table, decision):
    """Whether a decision shows a claim of all decisions wrong."""
    if not holds(claim.when, table, decision):
        return False
    verdict = compile_table(table)(decision)
    if claim.kind == "never":
        return not verdict.escalated
    return claim.kind == "reaches" and not set(claim.routes) <= set(verdict.routes)


@SLOW
@given(
    text=tables(),
    stated=st.lists(claims(), min_size=1, max_size=3),
    many=st.lists(decisions() | decisions(usable=True), min_size=1, max_size=8),
)
def test_what_is_refuted_is_shown_and_what_is_proved_is_never_contradicted(text, stated, many):
    table = msgspec.structs.replace(table_of(text), claims=tuple(stated))
    found = prove(table, timeout_s=2)
    judge = compile_table(table)
    for claim, result in zip(stated, found, strict=False):
        if result.state == "proved":
            exact = [one for one in many if is_exact(table, one, claim.when)]
            assert not any(contradicts(claim, table, one) for one in exact)
        elif result.witness is not None and claim.kind != "unreachable":
            assert contradicts(claim, table, result.witness.decision)
    for result in found:
        for witness in filter(None, (result.witness, result.other)):
            assert judge(witness.decision).routes == witness.verdict.routes
            assert judged(table, witness.decision).stops == witness.verdict.escalated
    doubts = [one for one in found if one.code in {"unusable-stops", "never-errors"}]
    assert {one.state for one in doubts} == {"proved"}


@SLOW
@given(
    older=tables(),
    newer=tables(),
    many=st.lists(decisions(usable=True), min_size=1, max_size=8),
)
def test_no_decision_goes_ahead_that_stopped_where_a_table_is_proved_strict(older, newer, many):
    old, new = table_of(older), table_of(newer)
    found = strictness(old, new, timeout_s=2)
    before, after = compile_table(old), compile_table(new)
    if found.goes_now is not None:
        assert not after(found.goes_now.decision).escalated
        assert before(found.goes_now.decision).routes == found.before.routes != ()
    if found.state == "proved":
        exact = [one for one in many if is_exact(old, one) and is_exact(new, one)]
        assert all(after(one).escalated or not before(one).escalated for one in exact)
    same = strictness(old, old, timeout_s=2)
    assert same.state in {"proved", "open"}
    assert same.fewer == ()
