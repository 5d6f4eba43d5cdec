"""One p-value for a decision: one rate over all checks, whatever they are."""

import math

import msgspec
import numpy as np
import pytest

from handraise.core.familiar.conformal import p_values
from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.familiar.model import (
    CHECKS,
    TEXT_CHECKS,
    HeldOut,
    Model,
    judged,
    looked,
    shares_of,
)
from tests.support.familiar import requests, small

NO_MEMBERS = np.zeros((0, 0))
NOTHING = Model((), None, None, None)


def of_checks(names, members, whole):
    """Return held-out rows by the scores of checks, each shape (n, checks)."""
    bare = HeldOut(NO_MEMBERS, np.sort(members.T, axis=1), tuple(names), np.zeros(0))
    return HeldOut(
        NO_MEMBERS, bare.checks, bare.names, np.sort(bare.weighed(whole).sum(axis=1))
    )  # fmt: skip


def dependent(rng, count, checks):
    """Return scores that go together: half of each is one and the same."""
    return rng.normal(size=(count, 1)) + rng.normal(size=(count, checks))


@pytest.mark.parametrize(
    "names", [CHECKS, TEXT_CHECKS, ("value",), ("wording", "missing"), CHECKS[3:]]
)
def test_the_shares_of_the_checks_sum_to_one(names):
    shares = shares_of(names)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares > 0).all()


def test_the_wording_has_most_of_the_text_and_the_facts_have_their_part():
    shares = dict(zip(CHECKS, shares_of(CHECKS), strict=True))
    assert shares["wording"] == pytest.approx(0.51)
    assert shares["value"] == shares["together"] == pytest.approx(0.4 / 6)
    assert shares_of(TEXT_CHECKS).tolist() == pytest.approx([0.85, 0.05, 0.05, 0.05])
    assert shares_of(()).tolist() == []


@pytest.mark.parametrize("asked", [0.02, 0.05, 0.10])
def test_one_rate_holds_over_nine_checks_that_depend_on_each_other(asked):
    rng = np.random.default_rng(11)
    names, rates = CHECKS[1:], []
    for _ in range(150):
        held_out = of_checks(
            names, dependent(rng, 200, len(names)), dependent(rng, 200, len(names))
        )
        p = held_out.whole_p_values(held_out.weighed(dependent(rng, 200, len(names))))
        rates.append((p <= asked).mean())
    assert np.mean(rates) == pytest.approx(asked, abs=0.1 * asked + 0.003)


@pytest.mark.parametrize("check", range(len(CHECKS)))
@pytest.mark.parametrize("count", [60, 1_000])
def test_one_check_far_out_is_enough_however_many_there_are(check, count):
    rng = np.random.default_rng(check)
    held_out = of_checks(
        CHECKS, dependent(rng, count, len(CHECKS)), dependent(rng, count, len(CHECKS))
    )
    scores = np.zeros((1, len(CHECKS)))
    assert held_out.whole_p_values(held_out.weighed(scores)) > 0.2
    scores[0, check] = 60.0
    assert held_out.whole_p_values(held_out.weighed(scores)) == [1 / (count + 1)]


def test_what_some_held_out_rows_are_as_far_out_in_is_not_rarer_than_they_are():
    rng = np.random.default_rng(2)
    whole = dependent(rng, 100, 2)
    whole[:10, 0] = 60.0
    held_out = of_checks(("value", "number"), dependent(rng, 100, 2), whole)
    found = held_out.whole_p_values(held_out.weighed(np.array([[60.0, 0.0]])))
    assert found[0] >= 0.05


def test_the_p_values_of_checks_are_plain_ones():
    held_out = of_checks(("value", "number"), np.arange(20.0).reshape(10, 2), np.ones((5, 2)))
    scores = np.array([[4.0, 99.0], [math.nan, 0.0]])
    found = held_out.check_p_values(scores)
    assert found[0].tolist() == [9 / 11, 1 / 11]
    assert math.isnan(found[1, 0])


def test_members_come_to_one_score():
    held_out = HeldOut(np.array([[1.0, 2.0], [5.0, 6.0]]), NO_MEMBERS, (), np.zeros(0))
    sums = held_out.member_sums(np.array([[9.0, 9.0], [0.0, 0.0]]))
    assert sums.tolist() == pytest.approx([2 * math.log(3), 0.0])


def test_familiar_decisions_have_even_p_values_and_strange_ones_small_ones():
    fitted = small()
    p = judged(fitted.model, fitted.held_out, requests(400, seed=99), None).p
    assert (p > 0).all()
    assert (p <= 1).all()
    for rate in (0.05, 0.1, 0.5):
        assert (p <= rate).mean() == pytest.approx(rate, abs=0.06)
    strange = Asked("Quelle est la capitale de la Mongolie?", "refund", requests(1)[0].facts)
    assert judged(fitted.model, fitted.held_out, [strange], None).p[0] <= 2 / 121


@pytest.mark.parametrize(
    "changed",
    [{"country": "Atlantis"}, {"amount": 1e299}, {"amount": -1e9}, {"member": None}, {"fee": None}],
)
def test_one_odd_fact_stops_although_all_else_is_usual(changed):
    fitted = small()
    one = requests(1)[0]
    facts = {**one.facts, **changed}
    given = {name: value for name, value in facts.items() if value is not None}
    usual = judged(fitted.model, fitted.held_out, [one], None).p[0]
    odd = judged(fitted.model, fitted.held_out, [Asked(one.text, one.type, given)], None).p[0]
    assert odd <= 2 / 121 < 0.05 < usual


def test_decisions_judged_one_by_one_are_as_usual_as_all_at_once():
    fitted = small()
    asked = requests(60, seed=4)
    whole = judged(fitted.model, fitted.held_out, asked, None)
    for at, one in enumerate(asked):
        alone = judged(fitted.model, fitted.held_out, [one], None)
        assert alone.p[0] == pytest.approx(whole.p[at], abs=1e-6)
        assert alone.checks[0] == pytest.approx(whole.checks[at], abs=1e-6)


@pytest.mark.parametrize(("text", "why"), [(None, "missing"), ("", "empty"), (" \n", "empty")])
def test_without_a_text_nothing_can_be_told(text, why):
    fitted = small()
    with pytest.raises(CannotLookError, match=f"^the text is {why}$"):
        judged(fitted.model, fitted.held_out, [Asked(text, "refund", {})], None)


@pytest.mark.parametrize(
    "text", ["?", "🙂" * 50, "4711", "\ud800 \udfff", "החזירו לי", "x", "a " * 5_000_000]
)
def test_any_text_has_a_p_value(text):
    fitted = small()
    p = judged(fitted.model, fitted.held_out, [Asked(text, "refund", {})], None).p[0]
    assert 0 < p <= 0.05


def test_where_nothing_was_learned_or_held_out_nothing_can_be_told():
    fitted, one = small(), requests(1)
    none = HeldOut(
        fitted.held_out.members, fitted.held_out.checks, fitted.held_out.names, np.zeros(0)
    )
    with pytest.raises(CannotLookError, match="nothing was learned"):
        judged(fitted.model, none, one, None)
    with pytest.raises(CannotLookError, match="nothing was learned"):
        judged(NOTHING, HeldOut(NO_MEMBERS, NO_MEMBERS, (), np.ones(9)), one, None)


def test_a_score_that_is_no_number_is_no_p_value():
    fitted = small()
    wording = fitted.model.wording

    def broken(texts):
        return np.full((len(texts), 4), np.nan, dtype=np.float32)

    looks = [type(member).__name__ for member in wording.members]
    assert "Neighbours" in looks
    energy = next(one for one in wording.members if type(one).__name__ == "Energy")
    on_text = type(energy)("text", np.ones((4, 6), np.float32), np.zeros(6, np.float32))
    odd = type(wording)(
        wording.vocabulary, wording.projection, wording.words, (on_text,), wording.types, wording.rows
    )  # fmt: skip
    model = Model(fitted.model.types, odd, fitted.model.letters, fitted.model.facts)
    with pytest.raises(CannotLookError, match="a score is no number"):
        judged(model, fitted.held_out, requests(1), broken)


def test_a_type_that_the_wording_does_not_speak_for_is_unusual():
    fitted = small()
    place = fitted.held_out.names.index("type")
    asked = list(requests(60, seed=5))
    right = judged(fitted.model, fitted.held_out, asked, None).checks[:, place]
    taken = [Asked(one.text, "invoice", one.facts) for one in asked if one.type == "refund"]
    wrong = judged(fitted.model, fitted.held_out, taken, None).checks[:, place]
    assert np.median(right) > 0.5
    assert np.median(wrong) < 0.1


def test_what_people_named_stops_until_the_agent_knows_it_by_that_name():
    fitted = small()
    taken_up = msgspec.structs.replace(fitted.model, named=frozenset({"refund"}))
    place = fitted.held_out.names.index("type")
    new = [one for one in requests(30, seed=5) if one.type == "refund"]
    wrong = [Asked(one.text, "invoice", one.facts) for one in new]
    assert judged(taken_up, fitted.held_out, wrong, None).p.max() <= 2 / 121
    assert (judged(taken_up, fitted.held_out, new, None).checks[:, place] > 0.5).all()


@pytest.mark.parametrize("type", [None, "never heard of"])
def test_a_type_that_is_not_known_is_left_to_the_row_for_it(type):
    fitted = small()
    place = fitted.held_out.names.index("type")
    one = requests(1)[0]
    found = looked(fitted.model, fitted.held_out, [Asked(one.text, type, one.facts)], None)
    assert found.scores[0, place] == -math.inf
    assert fitted.held_out.check_p_values(found.scores)[0, place] == 1.0
    assert fitted.model.type_gaps([one], None) == [-math.inf]


def test_rows_that_give_a_check_nothing_to_look_at_do_not_make_the_others_rare():
    seen = np.array([[1.0], [2.0], [3.0], *[[-math.inf]] * 97])
    held_out = of_checks(("number",), seen, seen)
    assert held_out.check_p_values(np.array([[2.5]]))[0, 0] == 0.5


def test_facts_alone_are_judged_without_a_text():
    facts = small().model.facts
    model = Model((), None, None, facts)
    asked = [Asked(None, one.type, one.facts) for one in requests(30)]
    scores = looked(
        model, of_checks(("value",), np.ones((5, 1)), np.ones((5, 1))), asked, None
    ).scores
    assert scores.shape == (30, 1)
    assert model.features(asked, None) is None


def test_letters_that_were_not_learned_are_not_odd():
    assert NOTHING.scores([Asked("x", None, {})], ("length",), np.zeros(1), None).tolist() == [
        [0.0]
    ]


def test_the_smallest_p_value_is_that_of_the_held_out_rows():
    whole = small().held_out.whole
    assert p_values(whole, np.array([1e300])).tolist() == [1 / (len(whole) + 1)]
