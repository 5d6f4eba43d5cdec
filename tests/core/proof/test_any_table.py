"""Of any table and any claim: what is refuted is shown, what is proved is never contradicted."""

import zlib

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from handraise.core.proof.prove import prove
from handraise.core.proof.strictness import strictness
from handraise.core.table.expression import Scope, parse
from handraise.core.table.types import Claim, Row
from handraise.model import Decision
from tests.core.oracle import UNKNOWN, CannotJudgeError, _names, _seen, _value, judged
from tests.support.learned import DIGEST, with_learned
from tests.support.pinned import is_exact
from tests.support.support_table import table_of
from tests.support.tables import (
    ACTIONS,
    ROUTES,
    SEVERITIES,
    calibrations,
    decisions,
    tables,
    truth_expressions,
)

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
    calibration=calibrations(),
    stated=st.lists(claims(), min_size=1, max_size=3),
    many=st.lists(decisions() | decisions(usable=True), min_size=1, max_size=8),
)
def test_what_is_refuted_is_shown_and_what_is_proved_is_never_contradicted(
    text, calibration, stated, many
):
    table = msgspec.structs.replace(table_of(text), claims=tuple(stated), calibration=calibration)
    found = prove(table, timeout_s=2)
    judge = compile_table(table)
    for claim, result in zip(stated, found, strict=False):
        if result.state == "proved":
            exact = [one for one in many if is_exact(table, one, claim.when)]
            assert not any(contradicts(claim, table, one) for one in exact)
        elif result.witness is not None and claim.kind != "unreachable":
            witness = result.witness.decision
            is_rounded = calibration is not None and not is_exact(table, witness, claim.when)
            assert is_rounded or contradicts(claim, table, witness)
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


KINDS = {"revenue": "number", "count": "number", "reason": "text", "vip": "boolean"}
learnable = st.sets(st.sampled_from(sorted(KINDS)), min_size=1)


class Remembers:
    """Learned files that give each set of values an answer of its own, and always the same one."""

    digest = DIGEST

    def __init__(self, facts, salt):
        self.facts = facts
        self.salt = salt

    def p_value(self, asked):
        looked_at = sorted((id, asked.facts[id]) for id in self.facts if id in asked.facts)
        answers = (0.001, 0.5, 1.0, "no answer")
        return answers[zlib.crc32(f"{self.salt} {looked_at}".encode()) % len(answers)]

    def unusual(self, asked, rate):
        return ()


def with_unfamiliar(table, facts, calibration=None):
    """Return a table with a row that asks what was learned of some facts."""
    learned = with_learned(facts={id: KINDS[id] for id in facts}, reads_text=False)
    row = Row(id="novelty.9", condition="novelty", kind="unfamiliar", to="finance", unfamiliar=0.02)
    return msgspec.structs.replace(
        table,
        rows=(*table.rows, row),
        known=msgspec.structs.replace(table.known, learned=learned),
        calibration=calibration,
    )


def declared(table, id, **otherwise):
    """Return a table with one fact declared otherwise."""
    fact = msgspec.structs.replace(table.facts[id], **otherwise)
    return msgspec.structs.replace(table, facts=table.facts | {id: fact})


def fits(**facts):
    return {"revenue": 1, "count": 3, "vip": False, "reason": "none", "word": "x"} | facts


def almost_sound():
    """Decisions that lack nothing, of which one fact may be more than the older table takes."""
    facts = st.fixed_dictionaries(
        {
            "count": st.sampled_from((3, 2.5)),
            "reason": st.sampled_from(("none", "lost")),
            "revenue": st.sampled_from((1, 7000)),
        }
    )
    return st.builds(
        lambda found, confidence, action: Decision(
            type="address", action=action, confidence=confidence, facts=fits(**found)
        ),
        facts, st.sampled_from((0.5, 0.95, 1.0)), st.sampled_from(ACTIONS),
    )  # fmt: skip


@SLOW
@given(
    text=tables(whens=lambda _: st.sampled_from(("revenue > 5000", "vip"))),
    loosened=st.sampled_from((("reason", {"choices": ("fraud", "other", "none", "lost")}), ("count", {"type": "number"}))),
    learned=learnable,
    calibration=calibrations(),
    many=st.lists(almost_sound(), min_size=4, max_size=16),
    salt=st.integers(0, 9),
)  # fmt: skip
def test_what_was_learned_contradicts_no_proof_that_a_table_is_strict(
    text, loosened, learned, calibration, many, salt
):
    plain = table_of(text)
    id, otherwise = loosened
    old = with_unfamiliar(plain, learned)
    new = with_unfamiliar(declared(plain, id, **otherwise), learned, calibration)
    found = strictness(old, new, timeout_s=2)
    say = Remembers(learned, salt)
    before, after = (compile_table(table, familiar=say) for table in (old, new))
    for one in many:
        if is_exact(old, one) and is_exact(new, one):
            is_looser = before(one).escalated and not after(one).escalated
            assert not (is_looser and found.state == "proved")
            assert not (found.is_same and before(one).routes != after(one).routes)


@SLOW
@given(
    text=tables(whens=lambda _: st.sampled_from(("revenue > 5000", "vip"))),
    learned=learnable.map(lambda some: some | {"revenue"}),
    many=st.lists(almost_sound(), min_size=6, max_size=16),
    more=st.sampled_from((4500, 90_000)),
    salt=st.integers(0, 9),
)
def test_what_was_learned_contradicts_no_proof_about_more_money(text, learned, many, more, salt):
    table = with_unfamiliar(declared(table_of(text), "revenue", unit="USD"), learned)
    (found,) = [one for one in prove(table, timeout_s=2) if one.code == "monotone-money"]
    judge = compile_table(table, familiar=Remembers(learned, salt))
    for one in many:
        larger = msgspec.structs.replace(one, facts=one.facts | {"revenue": more})
        first, second = judge(one), judge(larger)
        if found.state == "proved" and not table.facts["revenue"].is_derived:
            assert second.escalated or not first.escalated
            assert table.several == "first" or set(first.routes) <= set(second.routes)
