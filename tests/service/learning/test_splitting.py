"""A row's part hangs on its content alone, and a sample is the same whatever the order."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.service.learning.rows import Batch
from handraise.service.learning.splitting import Part, Sample, Sampled, Split

Said = tuple[str, str]
"""Type and text."""


def batch(rows: list[Said], **facts: list[Any]) -> Batch:
    numbers = list(range(1, len(rows) + 1))
    return Batch(numbers, [text for _, text in rows], [type for type, _ in rows], facts)


def parts(split: Split, rows: list[Said]) -> list[Part]:
    split.see(batch(rows))
    return split.parts(batch(rows))


def sampled(limit: int, rows: list[Said]) -> list[Sampled]:
    sample, whole = Sample(limit), batch(rows)
    sample.offer(whole, Split().hashes(whole), range(len(whole)))
    assert len(sample) == len(sample.rows())
    return sample.rows()


def kept(limit: int, rows: list[Said]) -> dict[Said, int]:
    return {(one.row.type, str(one.row.text)): one.copies for one in sampled(limit, rows)}


def plainly_kept(limit: int, rows: list[Said]) -> dict[Said, int]:
    """Return what a sample keeps, found by taking from the largest type until it fits."""
    copies = Counter(rows)
    rank = dict(zip(copies, Split().hashes(batch(list(copies))), strict=True))
    types = {
        type: sorted((row for row in copies if row[0] == type), key=lambda row: rank[row])
        for type in {row[0] for row in rows}
    }
    while sum(map(len, types.values())) > max(limit, len(types)):
        max(types.items(), key=lambda one: (len(one[1]), one[0]))[1].pop()
    return {row: copies[row] for rows in types.values() for row in rows}


def test_the_shares_are_kept_over_ten_thousand_rows() -> None:
    rows = [(f"type {number % 37}", f"text {number}") for number in range(10_000)]
    for seed in range(3):
        shares = Counter(parts(Split(seed), rows))
        assert shares["fit"] / 10_000 == pytest.approx(0.8, abs=0.01)
        assert shares["members"] / 10_000 == pytest.approx(0.1, abs=0.01)
        assert shares["whole"] / 10_000 == pytest.approx(0.1, abs=0.01)
    shares = Counter(parts(Split(fit=0.5, members=0.3), rows))
    assert shares["fit"] / 10_000 == pytest.approx(0.5, abs=0.015)
    assert shares["members"] / 10_000 == pytest.approx(0.3, abs=0.015)


def test_the_split_never_changes_between_releases() -> None:
    whole = batch([("x", "a"), ("x", "b")], money=[1.5, None], vip=[True, False])
    assert Split().hashes(whole) == [15138969354582789609, 17486938694071072352]


def test_another_seed_gives_another_split() -> None:
    rows = [("x", f"text {number}") for number in range(200)]
    assert parts(Split(1), rows) == parts(Split(1), rows)
    assert parts(Split(1), rows) != parts(Split(2), rows)


def test_type_text_and_facts_all_count_and_a_missing_fact_is_as_good_as_none() -> None:
    split = Split()
    said = [("x", "a"), ("y", "a"), ("x", "b"), ("x", "a")]
    hashes = split.hashes(batch(said, f=[None, None, None, 1.0]))
    assert len(set(hashes)) == 4
    assert hashes[:3] == split.hashes(batch(said[:3]))
    (one,) = split.hashes(batch([("x", "a")], a=[1.0], b=["q"]))
    assert [one] == split.hashes(batch([("x", "a")], b=["q"], a=[1.0]))


def test_every_type_keeps_a_row_for_fitting_the_one_with_the_least_hash() -> None:
    rows = [(f"type {number}", "text") for number in range(300)]
    assert set(parts(Split(), rows)) == {"fit"}
    assert set(Split().parts(batch(rows))) == {"fit", "members", "whole"}
    pair = [("rare", "a"), ("rare", "b")]
    for seed in range(200):
        first, second = Split(seed).hashes(batch(pair))
        assert parts(Split(seed), pair)[0 if first < second else 1] == "fit"


@pytest.mark.parametrize(("fit", "members"), [(0.0, 0.1), (1.0, 0.1), (0.8, 0.0), (0.9, 0.2)])
def test_shares_that_leave_nothing_over_are_refused(fit: float, members: float) -> None:
    with pytest.raises(ValueError, match="expected shares"):
        Split(fit=fit, members=members)


said = st.tuples(st.sampled_from("xyz"), st.text("ab", max_size=3))


@given(st.lists(said, max_size=60), st.randoms(use_true_random=False), st.integers(0, 9))
def test_neither_order_nor_copies_change_a_rows_part(
    rows: list[Said], chance: Any, seed: int
) -> None:
    found = dict(zip(rows, parts(Split(seed), rows), strict=True))
    moved = rows + rows[:20]
    chance.shuffle(moved)
    split = Split(seed)
    for start in range(0, len(moved), 7):
        split.see(batch(moved[start : start + 7]))
    assert split.parts(batch(moved)) == [found[row] for row in moved]


def test_a_small_type_keeps_all_and_the_larger_ones_share_the_rest() -> None:
    rows = [("large", f"l{number}") for number in range(500)]
    rows += [("middle", f"m{number}") for number in range(100)]
    rows += [("small", f"s{number}") for number in range(5)]
    sizes = Counter(one.row.type for one in sampled(85, rows))
    assert sizes == {"large": 40, "middle": 40, "small": 5}
    assert len(sampled(10_000, rows)) == 605


def test_copies_take_one_place_and_are_counted() -> None:
    rows = [("x", "hi")] * 50 + [("x", "bye"), ("y", "hi")]
    assert kept(3, rows) == {("x", "hi"): 50, ("x", "bye"): 1, ("y", "hi"): 1}


def test_only_the_rows_that_are_offered_are_kept() -> None:
    whole = batch([("x", "a"), ("x", "b"), ("y", "c")], money=[1.0, 2.0, None])
    sample = Sample(10)
    sample.offer(whole, Split().hashes(whole), [1, 2])
    found = [(one.row.number, one.row.text, one.row.facts) for one in sample.rows()]
    assert found == [(2, "b", {"money": 2.0}), (3, "c", {"money": None})]


def test_one_row_of_each_type_stays_even_past_the_limit() -> None:
    rows = [(f"type {number}", text) for text in "ab" for number in range(9)]
    assert Counter(one.row.type for one in sampled(4, rows)) == {f"type {n}": 1 for n in range(9)}
    with pytest.raises(ValueError, match="at least 1"):
        Sample(0)


@given(
    st.lists(st.tuples(st.sampled_from("vwxyz"), st.text("abc", max_size=2)), max_size=80),
    st.integers(1, 30),
    st.randoms(use_true_random=False),
)
def test_a_sample_is_that_of_the_plain_way_in_any_order(
    rows: list[Said], limit: int, chance: Any
) -> None:
    expected = plainly_kept(limit, rows)
    assert kept(limit, rows) == expected
    chance.shuffle(rows)
    assert kept(limit, rows) == expected
