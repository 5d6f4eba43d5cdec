"""Freezing: whatever is sent becomes plain, marked where it was not kept exactly, in bounded time."""

import math
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings

from handraise.core.gate.digest import (
    MAX_ITEMS,
    MAX_TEXT,
    decision_digest,
    plain_decision,
    proposal_digest,
)
from handraise.core.table.values import shown
from handraise.model import Decision
from tests.support.support_table import each, sure
from tests.support.tables import Flatterer, Liar, Rude, RudeText, Word, decisions, junk


def frozen(value):
    plain, notes = plain_decision(Decision(proposal=value))
    return plain.proposal, notes


def digest(**fields):
    return decision_digest(plain_decision(Decision(**fields))[0])


@settings(deadline=None)
@given(decision=decisions())
def test_any_decision_becomes_plain_json(decision):
    plain, notes = plain_decision(decision)
    again, _ = plain_decision(plain)
    assert msgspec.json.decode(msgspec.json.encode(plain), type=Decision) == plain == again
    assert len(decision_digest(plain)) == 64
    assert all(note.encode() for note in notes)


@settings(deadline=None)
@given(value=junk())
def test_any_value_is_shown_in_little_room(value):
    assert 0 < len(shown(value).encode()) < 400
    assert len(shown(value, 20)) <= 20


@pytest.mark.parametrize(
    "value",
    each([None, True, 1, -1, 0.5, "text", [], {}, [1, [2]], {"a": {"b": None}}, (1, 2), Decimal("0.1"), np.float32(0.5), np.int64(6200), 2**53, Word.REFUND, Fraction(1, 2)]),
)  # fmt: skip
def test_what_is_kept_exactly_is_not_noted(value):
    plain, notes = frozen(value)
    assert notes == []
    assert plain == (
        list(value)
        if isinstance(value, tuple)
        else float(value)
        if isinstance(value, Decimal)
        else value
    )


@pytest.mark.parametrize(
    "value",
    each([math.nan, math.inf, 10**400, 2**53 + 1, np.int64(2**60 + 1), Fraction(1, 3), Decimal("0.10000000000000000000001"), b"x", {1}, object(), Rude(), Flatterer(), 1j, {1: 2}, {None: 1}, {RudeText("a"): 1}, "\ud800", {"\ud800": 1}, "x" * (MAX_TEXT + 1), np.bool_(True), range(3)]),
)  # fmt: skip
def test_what_is_not_kept_exactly_is_noted(value):
    for wrapped in (value, [value], {"a": value}):
        plain, notes = frozen(wrapped)
        assert len(notes) >= 1
        msgspec.json.encode(plain)


def test_a_dict_that_lies_is_kept_by_what_it_holds():
    assert frozen(Liar(refund=9999)) == ({"refund": 9999}, [])


def test_keys_that_become_the_same_are_noted():
    _, notes = frozen({1: "a", True + 0.5: "b", b"1": 1, "keyed by 1": 2})
    assert any("twice" in note for note in notes)


def test_what_is_huge_or_deep_is_cut_with_a_mark_and_does_not_hang():
    deep = {}
    inner = deep
    for _ in range(100_000):
        inner["a"] = {}
        inner = inner["a"]
    cyclic = []
    cyclic.append(cyclic)
    huge = list(range(10_000_000))
    plain, notes = plain_decision(
        Decision(
            proposal=deep,
            facts={"a": huge},
            case=cyclic,
            key=dict.fromkeys(range(1_000_000)),
            text="x" * 50_000_000,
        )
    )
    assert "cut: too deeply nested" in str(plain.proposal)
    assert plain.facts["a"][-1] == f"cut: {10_000_000 - MAX_ITEMS + 2:,} more"
    assert "cut: too deeply nested" in str(plain.case)
    assert "[cut]" in plain.key
    assert "[cut: 49,900,000 more characters, the whole is " in plain.text
    assert not any(note.startswith("text") for note in notes)
    assert len(plain_decision(Decision(context=["y" * 100_000] * 1000))[0].context) == 1000
    assert len(str(plain_decision(Decision(context=["y" * 100_000] * 1000))[0].context)) < 1_200_000


def test_values_are_shown_without_reading_all_of_them():
    deep = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    assert shown(deep) == "{'a': {'b': {'c': {'d': …}}}}"
    assert shown([1.0, (2, "x"), {"a": None}]) == "[1, (2, 'x'), {'a': None}]"
    assert shown(["x" * 30] * 10_000_000).endswith("…")
    assert shown(set(range(1000))) == "<set of 1,000>"
    assert shown({1}) == "{1}"
    assert shown(b"x" * 10_000_000).startswith("b'xxx")
    assert shown(Rude()) == "<Rude>"
    assert shown("\ud800") == "'\\ud800'"


def test_one_number_has_one_digest():
    assert (
        digest(proposal={"refund": 6200})
        == digest(proposal={"refund": 6200.0})
        == digest(proposal={"refund": np.int64(6200)})
    )
    assert digest(proposal=[0.0]) == digest(proposal=[-0.0]) == digest(proposal=(0,))
    assert digest(facts={"a": 1, "b": 2}) == digest(facts={"b": 2, "a": 1})
    assert proposal_digest("refund", {"refund": 1}) == proposal_digest("refund", {"refund": 1.0})
    assert proposal_digest("refund", {"refund": 1}) != proposal_digest("reply", {"refund": 1})


def test_key_and_context_do_not_change_the_digest_and_everything_else_does():
    usual = sure()
    seen = {decision_digest(plain_decision(usual)[0])}
    for name in Decision.__struct_fields__:
        other = decision_digest(
            plain_decision(msgspec.structs.replace(usual, **{name: "another"}))[0]
        )
        assert (other in seen) == (name in {"key", "context"})
        seen.add(other)


@pytest.mark.parametrize(("one", "other"), [(True, 1), (None, "None"), ("1", 1), ([], {}), ({}, None), ([1], [[1]]), ({"a": None}, {}), (0.1, 0.1000001), ("é", "e\u0301"), ("x" * 200_000, "x" * 200_000 + "y"), ("x" * 200_000, "x" * 199_999 + "y")])  # fmt: skip
def test_different_proposals_have_different_digests(one, other):
    assert digest(proposal=one) != digest(proposal=other)


def test_a_number_that_breaks_when_it_is_compared_is_kept_as_broken():
    class Touchy(float):
        def __ne__(self, other):
            raise RuntimeError

        __hash__ = None

    assert frozen([Touchy(1)]) == (
        "<list that cannot be read>",
        ["proposal is <list that cannot be read>"],
    )
