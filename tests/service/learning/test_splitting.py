"""The last rows of each type are held out, copies among them, and samples are fair."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.service.learning.rows import Batch, Row
from handraise.service.learning.splitting import (
    LEAST_OF_TYPE,
    Part,
    Reservoir,
    Sample,
    Sampled,
    Split,
)

Said = tuple[str, str]
"""Type and text."""


def batch(rows: list[Said], **facts: list[Any]) -> Batch:
    numbers = list(range(1, len(rows) + 1))
    return Batch(numbers, [text for _, text in rows], [type for type, _ in rows], facts)


def parts(split: Split, rows: list[Said]) -> list[Part]:
    split.see(batch(rows))
    split.settle()
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


def numbered(count: int, type: str = "x") -> list[Said]:
    return [(type, f"text {number}") for number in range(count)]


def test_the_last_fifth_of_each_type_is_held_out_in_turn_for_checks_and_whole() -> None:
    rows = [row for pair in zip(numbered(10), numbered(10, "y"), strict=True) for row in pair]
    found = dict(zip(rows, parts(Split(), rows), strict=True))
    for type in "xy":
        own = [found[row] for row in rows if row[0] == type]
        assert own[:8] == ["fit"] * 8
        assert sorted(own[8:]) == ["members", "whole"]


def test_the_two_halves_are_alike_in_size_over_many_rows() -> None:
    rows = [(f"type {number % 37}", f"text {number}") for number in range(10_000)]
    shares = Counter(parts(Split(), rows))
    assert shares["members"] + shares["whole"] == 37 * (10_000 // 37 // 5)
    assert abs(shares["members"] - shares["whole"]) <= 1
    shares = Counter(parts(Split(0.5), rows))
    assert shares["fit"] / 10_000 == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_leaves_nothing_over_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="expected a share"):
        Split(share)


def test_of_the_small_types_together_the_last_fifth_is_held_out() -> None:
    assert LEAST_OF_TYPE == 5
    rows = [(f"small {number // 4}", f"text {number}") for number in range(40)]
    found = parts(Split(), numbered(10) + rows)[10:]
    assert found[:32] == ["fit"] * 32
    assert Counter(found[32:]) == {"members": 4, "whole": 4}
    assert Counter(parts(Split(by_chance=1), rows))["fit"] == 32
    assert set(parts(Split(), numbered(4))) == {"fit"}
    assert Counter(parts(Split(), numbered(5)))["fit"] == 4


def test_copies_are_divided_as_rows_of_their_own() -> None:
    rows = numbered(10)
    split = Split()
    split.see(batch([*rows, rows[0], rows[9], rows[0], rows[1], rows[2]]))
    assert split.settle() == 3  # of the last three
    found = split.parts(batch([*rows, rows[0], rows[9], rows[0], rows[1], rows[2]]))
    assert found[:12] == ["fit"] * 12
    assert "fit" not in found[12:]


def test_by_chance_the_copies_of_a_row_come_apart() -> None:
    found = parts(Split(by_chance=3), [("x", "hello")] * 50)
    assert Counter(found) == {"fit": 40, "members": 5, "whole": 5}
    assert "fit" in found[40:]


def test_the_share_of_repeated_texts_is_alike_in_all_parts() -> None:
    rng = np.random.default_rng(2)
    rows = [("x", f"text {number}") for number in rng.zipf(1.5, 20_000) % 4_000]
    for chance in (None, 5):
        found = parts(Split(by_chance=chance), rows)
        shares = {
            part: np.mean(
                [row[1] == "text 1" for row, one in zip(rows, found, strict=True) if one == part]
            )
            for part in ("fit", "members", "whole")
        }
        assert shares["members"] == pytest.approx(shares["fit"], abs=0.04)
        assert shares["whole"] == pytest.approx(shares["fit"], abs=0.04)


def test_texts_and_small_types_are_as_often_new_among_held_out_rows_as_among_those_to_come() -> (
    None
):
    rng = np.random.default_rng(4)
    stream = [
        (f"type {kind % 900}", f"text {text % 5_000}") for kind, text in rng.zipf(1.4, (6_000, 2))
    ]
    rows, coming = stream[:5_000], stream[5_000:]
    found = parts(Split(), rows)
    fitted = {text for (_, text), part in zip(rows, found, strict=True) if part == "fit"}
    held = [row for row, part in zip(rows, found, strict=True) if part != "fit"]
    often = {type for type, count in Counter(type for type, _ in rows).items() if count >= 5}

    def shares(some: list[Said]) -> tuple[float, float]:
        new = sum(text not in fitted for _, text in some) / len(some)
        return new, sum(type not in often for type, _ in some) / len(some)

    assert shares(held) == pytest.approx(shares(coming), abs=0.04)
    assert min(shares(held)) > 0.05


def test_a_row_of_another_type_or_with_other_facts_is_no_copy() -> None:
    split = Split()
    said = [("x", "a"), ("y", "a"), ("x", "a"), ("x", "a")]
    split.see(batch(said, money=[1.0, 1.0, 2.0, None]))
    assert split.settle() == 0


def test_rows_without_a_text_are_no_copies_of_each_other() -> None:
    facts = Batch(list(range(1, 11)), [None] * 10, ["x"] * 10, {"vip": [True] * 10})
    split = Split()
    split.see(facts)
    assert split.settle() == 0
    assert Counter(split.parts(facts)) == {"fit": 8, "members": 1, "whole": 1}


def test_by_chance_a_row_is_held_out_wherever_it_stands() -> None:
    rows = numbered(200)
    first = parts(Split(by_chance=1), rows)
    assert first == parts(Split(by_chance=1), rows)
    assert first != parts(Split(by_chance=2), rows)
    assert first != parts(Split(), rows)
    assert Counter(first)["fit"] == 160
    assert set(first[:100]) == {"fit", "members", "whole"}
    backwards = parts(Split(by_chance=1), rows[::-1])[::-1]
    assert [one == "fit" for one in backwards] == [one == "fit" for one in first]


def test_where_rows_are_given_to_be_held_out_these_are_and_no_others() -> None:
    rows, given = numbered(50), [("x", f"given {number}") for number in range(6)]
    split = Split()
    split.see(batch(rows))
    split.see(batch([*given, rows[0], ("rare", "only here")]), given=True)
    assert split.settle() == 1
    assert set(split.parts(batch(rows))) == {"fit"}
    found = split.parts(batch([*given, rows[0], ("rare", "only here")]))
    assert Counter(found) == {"members": 4, "whole": 4}


def test_what_must_be_fitted_is_never_held_out_and_takes_no_ones_place() -> None:
    rows, named = numbered(10), [("x", f"named {number}") for number in range(30)]
    alone = parts(Split(), rows)
    for chance in (None, 7):
        split = Split(by_chance=chance)
        split.see(batch(rows))
        split.see(batch([*named, rows[9]]), fitted=True)
        split.settle()
        found = split.parts(batch(rows))
        assert set(split.parts(batch([*named, rows[9]]))) == {"fit"}
        assert Counter(found)["fit"] == 8
        assert chance is not None or found == alone
    split = Split()
    split.see(batch(named), fitted=True)
    split.settle()
    assert set(split.parts(batch(named))) == {"fit"}


def test_parts_are_told_in_the_order_in_which_rows_were_seen() -> None:
    rows = numbered(10)
    whole = parts(Split(), rows)
    split = Split()
    for start in range(0, 10, 3):
        split.see(batch(rows[start : start + 3]))
    split.settle()
    assert [
        one for start in range(0, 10, 3) for one in split.parts(batch(rows[start : start + 3]))
    ] == whole
    assert split.parts(batch(rows)) == []  # there were no more
    split.settle()
    assert split.parts(batch(rows)) == whole


def test_nothing_seen_is_nothing_divided() -> None:
    split = Split()
    assert (split.settle(), split.parts(batch([]))) == (0, [])


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.text("ab", max_size=3)), max_size=60),
    st.integers(1, 60),
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_a_fifth_is_held_out_whatever_the_batches(
    rows: list[Said], size: int, chance: int | None
) -> None:
    split = Split(by_chance=chance)
    for start in range(0, len(rows), size):
        split.see(batch(rows[start : start + size]))
    copies = split.settle()
    found = split.parts(batch(rows))
    fitted = {row for row, part in zip(rows, found, strict=True) if part == "fit"}
    assert copies == sum(
        part != "fit" and row in fitted for row, part in zip(rows, found, strict=True)
    )
    sizes = Counter(type for type, _ in rows)
    pools = {type: type if count >= LEAST_OF_TYPE else "" for type, count in sizes.items()}
    in_pools = Counter(pools[type] for type, _ in rows)
    for pool, count in in_pools.items():
        held = sum(
            part != "fit" and pools[row[0]] == pool for row, part in zip(rows, found, strict=True)
        )
        assert held == count // 5


def test_a_reservoir_keeps_all_it_can_and_the_same_of_the_same_stream() -> None:
    rows = [Row(number, None, "x", {}) for number in range(100)]
    kept = Reservoir(100)
    for row in rows:
        kept.offer(row)
    assert (kept.rows, kept.offered) == (rows, 100)
    first, second = Reservoir(10), Reservoir(10)
    for row in rows:
        first.offer(row)
        second.offer(row)
    assert len(first.rows) == 10
    assert first.offered == 100
    assert first.rows == second.rows


def test_a_reservoir_is_fair_to_every_place_of_a_stream() -> None:
    times = np.zeros(50)
    for limit in range(200, 500):  # each limit has draws of its own
        kept = Reservoir(limit)
        for number in range(limit * 2):
            kept.offer(Row(number, None, "x", {}))
        for row in kept.rows:
            times[row.number * 50 // (limit * 2)] += 1
    expected = times.sum() / 50
    assert np.abs(times / expected - 1).max() < 0.06


def test_the_hash_of_a_row_never_changes_between_releases() -> None:
    whole = batch([("x", "a"), ("x", "b")], money=[1.5, None], vip=[True, False])
    assert Split().hashes(whole) == [15138969354582789609, 17486938694071072352]


def test_type_text_and_facts_all_count_and_a_missing_fact_is_as_good_as_none() -> None:
    split = Split()
    said = [("x", "a"), ("y", "a"), ("x", "b"), ("x", "a")]
    hashes = split.hashes(batch(said, f=[None, None, None, 1.0]))
    assert len(set(hashes)) == 4
    assert hashes[:3] == split.hashes(batch(said[:3]))
    (one,) = split.hashes(batch([("x", "a")], a=[1.0], b=["q"]))
    assert [one] == split.hashes(batch([("x", "a")], b=["q"], a=[1.0]))


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
