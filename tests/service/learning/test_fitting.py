"""Fitting: whatever the rows are, it ends in something that can be asked, or says why not."""

import json

import numpy as np
import pytest

from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.familiar.model import CHECKS, TEXT_CHECKS, judged
from handraise.core.familiar.wording import Energy, Margins, Neighbours, Unseen
from handraise.errors import InputError
from handraise.service.learning.fitting.contrast import contrasting
from handraise.service.learning.fitting.fit import fit, names_of
from tests.support.familiar import (
    DATA,
    SAID,
    counted,
    learned,
    parts,
    requests,
    rows,
    small,
)


def encode(texts):
    """Return vectors of length 1 that say how often some letters come."""
    counts = np.array([[text.count(one) + 0.1 for one in "aeionrst"] for text in texts])
    return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def p_of(fitted, asked, encode=None):
    p = judged(fitted.model, fitted.held_out, asked, encode).p
    assert ((p > 0) & (p <= 1)).all()
    return p


def looks(fitted):
    return [type(member) for member in fitted.model.wording.members]


def test_all_checks_are_learned_where_there_are_texts_and_facts():
    fitted = learned(requests(1_000, types=("refund", "delay")), 100)
    assert names_of(fitted.model) == CHECKS == fitted.held_out.names
    assert fitted.held_out.checks.shape == (10, 100)
    assert fitted.held_out.whole.shape == (100,)
    assert (np.sort(fitted.held_out.checks, axis=1) == fitted.held_out.checks).all()


def test_each_part_is_told_while_it_is_fitted():
    told = []
    fit(parts(requests(60, facts=False), 10), None, encode, step=told.append)
    assert told == ["the wording of requests", "what tells the types apart", "what is usual"]


@pytest.mark.parametrize("count", [1, 2, 4, 6])
@pytest.mark.parametrize("encoder", [None, encode])
def test_any_number_of_types_can_be_learned(count, encoder):
    asked = requests(90, types=tuple(SAID)[:count], facts=False)
    fitted = learned(asked, 20, kinds={}, encode=encoder)
    energies = 0 if count == 1 else 1 if encoder is None else 2
    margins = [] if count == 1 else [Margins]
    assert looks(fitted) == [Neighbours, *[Energy] * energies, *margins, Unseen]
    assert p_of(fitted, asked[-20:], encoder).mean() > 0.2
    strange = Asked("Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich", None, {})
    assert p_of(fitted, [strange], encoder)[0] < 0.15


def test_types_with_a_single_row_can_be_learned():
    asked = [Asked(f"{one.text} {at}", f"type {at}", {}) for at, one in enumerate(requests(40))]
    p_of(learned(asked, 10, kinds={}), asked)


def test_types_whose_requests_are_all_the_same_can_be_learned():
    asked = [Asked(f"say {'abcdef'[at % 6] * 5}", f"type {at % 6}", {}) for at in range(60)]
    assert p_of(learned(asked, 10, kinds={}), [Asked("say aaaaa", None, {})])[0] > 0.3


@pytest.mark.parametrize(
    "texts", [["?", "!"], ["🙂", "🙃"], ["12", "345"], ["x", "y"], ["\ud800", "a"]]
)
@pytest.mark.parametrize("types", [1, 2, 6])
def test_texts_of_hardly_anything_can_be_learned(texts, types):
    asked = [Asked(texts[at % 2], f"type {at % types}", {}) for at in range(60)]
    fitted = learned(asked, 12, kinds={})
    p_of(fitted, [*asked, Asked("refund me", None, {})])


def test_rows_whose_texts_are_all_different_words_can_be_learned():
    asked = [Asked(f"{chr(0x4E00 + at)}", "one", {}) for at in range(30)]
    p_of(learned(asked, 5, kinds={}), asked)


def test_facts_without_texts_can_be_learned():
    fitted = learned(requests(300, texts=False), 60, reads_text=False)
    assert fitted.model.wording is None
    assert fitted.held_out.members.shape == (0, 60)
    assert not set(fitted.held_out.names) & set(TEXT_CHECKS)
    usual = requests(50, texts=False, seed=9)
    assert p_of(fitted, usual).mean() > 0.3
    odd = [Asked(None, one.type, {**one.facts, "fee": 4_000.0}) for one in usual]
    assert p_of(fitted, odd).max() <= 0.05


def test_texts_without_facts_can_be_learned():
    fitted = learned(requests(90, facts=False), 20, kinds={})
    assert fitted.held_out.names == TEXT_CHECKS
    assert fitted.model.facts is None


def test_facts_that_no_row_has_are_learned_as_always_missing():
    fitted = learned(requests(200, facts=False, texts=False), 50, reads_text=False)
    assert fitted.held_out.names == ("missing",)
    none, some = Asked(None, "refund", {}), Asked(None, "refund", {"amount": 5})
    assert p_of(fitted, [none])[0] == 1.0
    assert p_of(fitted, [some])[0] == pytest.approx(1 / 51)


def test_numbers_that_no_held_out_row_has_together_are_not_taken_together():
    asked = [*requests(40), *(Asked(one.text, one.type, {"amount": 5}) for one in requests(40))]
    fitted = learned(asked, 10)
    assert "together" not in fitted.held_out.names
    assert fitted.model.facts.together is None


def test_huge_numbers_can_be_learned():
    asked = [
        Asked(None, "refund", {"amount": sign * 1e299, "fee": 2**60 + at})
        for at, sign in enumerate([1.0, -1.0, -0.0] * 60)
    ]
    fitted = learned(asked, 40, kinds={"amount": "number", "fee": "number"}, reads_text=False)
    p_of(fitted, [*asked, Asked(None, None, {"amount": 1e300, "fee": -(2**900)})])


def test_where_there_is_nothing_to_learn_that_is_told():
    with pytest.raises(InputError, match="there is nothing to learn") as error:
        learned(requests(90, facts=False, texts=False), 20, kinds={}, reads_text=False)
    assert error.value.hint == "the rows need texts or facts"


@pytest.mark.parametrize("empty", ["fit", "members", "whole"])
def test_a_part_without_rows_is_told(empty):
    from msgspec.structs import replace

    some = replace(parts(requests(30, facts=False), 5), **{empty: rows(())})
    with pytest.raises(InputError, match="there are too few rows to fit some and hold out others"):
        fit(some, None)


def test_an_encoder_that_fails_stops_learning():
    def broken(texts):
        raise CannotLookError("the text cannot be encoded: it is away")

    with pytest.raises(CannotLookError, match="it is away"):
        learned(requests(30, facts=False), 5, kinds={}, encode=broken)


def test_the_texts_of_fitted_rows_are_kept_only_where_that_was_asked():
    assert small().model.wording.texts is not None
    fitted = learned(requests(60, facts=False), 10, kinds={})
    assert fitted.model.wording.texts is None
    assert fitted.model.wording.rows.tolist() == list(range(1, 41))


def test_the_rate_asked_is_the_rate_that_comes_over_all_checks_of_text_and_facts():
    fitted = learned(requests(1_400, seed=3), 500)
    p = p_of(fitted, requests(1_000, seed=4))
    for asked in (0.02, 0.05, 0.10):
        assert (p <= asked).mean() == pytest.approx(asked, abs=0.6 * asked + 0.01)


def test_directions_by_contrast_bring_one_type_together_and_are_repeatable():
    rng = np.random.default_rng(0)
    types = np.repeat(np.arange(6, dtype=np.int32), 20)
    middles = rng.normal(size=(6, 30)) * (np.arange(30) < 3)
    vectors = (middles[types] + rng.normal(size=(120, 30))).astype(np.float32)
    directions = contrasting(vectors, types)
    assert directions.shape == (30, 30)
    assert (directions == contrasting(vectors, types)).all()

    def apart(rows):
        units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        alike = types[:, None] == types[None]
        return (units @ units.T)[alike].mean() - (units @ units.T)[~alike].mean()

    assert apart(vectors @ directions) > 2 * apart(vectors)


def auroc(familiar, foreign):
    """Return how often a foreign p-value is below a familiar one, ties by half."""
    less = (foreign[None] < familiar[:, None]).mean()
    return less + 0.5 * (foreign[None] == familiar[:, None]).mean()


@pytest.mark.skipif(
    not (DATA / "clinc150").is_dir(),
    reason="CLINC150 is not here; HANDRAISE_DATA names the folder that holds clinc150/",
)
def test_requests_of_others_are_told_from_foreign_ones():
    said = json.loads((DATA / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    types = sorted({type for _, type in said["train"]})[::7][:20]

    def some(part, each):
        kept = {type: [row for row in said[part] if row[1] == type][:each] for type in types}
        return [Asked(text, type, {}) for rows in kept.values() for text, type in rows]

    train, val, test = some("train", 60), some("val", 20), some("test", 30)
    fitted = learned([*train, *val[::2], *val[1::2]], len(val) // 2, kinds={})
    foreign = [Asked(text, None, {}) for text, _ in said["oos_test"][:60]]
    familiar = p_of(fitted, test)
    assert auroc(familiar, p_of(fitted, foreign)) > 0.9
    assert (familiar <= 0.05).mean() == pytest.approx(0.05, abs=0.045)
    assert (familiar <= 0.10).mean() == pytest.approx(0.10, abs=0.06)


@pytest.mark.skipif(
    not (DATA / "adbench").is_dir(),
    reason="ADBench is not here; HANDRAISE_DATA names the folder that holds adbench/",
)
def test_rows_of_numbers_of_others_are_told_from_odd_ones():
    with np.load(DATA / "adbench" / "6_cardio.npz") as table:
        numbers, is_odd = table["X"], table["y"] == 1
    names = [f"fact_{at}" for at in range(numbers.shape[1])]
    order = np.random.default_rng(0).permutation(np.flatnonzero(~is_odd))

    def some(places):
        return [
            Asked(None, "one", dict(zip(names, numbers[at].tolist(), strict=True))) for at in places
        ]

    fitted = learned(
        some(order[:1_300]), 170, kinds=dict.fromkeys(names, "number"), reads_text=False
    )
    familiar = p_of(fitted, some(order[1_300:]))
    assert auroc(familiar, p_of(fitted, some(np.flatnonzero(is_odd)))) > 0.95
    assert (familiar <= 0.05).mean() == pytest.approx(0.05, abs=0.045)


def test_what_was_counted_of_facts_stays_as_it_was():
    facts = counted(requests(100))
    fit(parts(requests(150), 25), facts)
    assert facts.together.held_out.shape == (2, 0)
