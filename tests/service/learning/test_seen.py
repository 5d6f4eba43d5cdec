"""What the whole stream showed is counted in bounded memory, without keeping texts."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.table.types import FactType
from handraise.errors import InputError
from handraise.service.learning.rows import Batch
from handraise.service.learning.seen import MAX_VALUES, Conflicts, Seen


def batch(rows: list[tuple[str | None, str]], start: int = 1, **facts: list[Any]) -> Batch:
    return Batch(
        list(range(start, start + len(rows))),
        [text for text, _ in rows],
        [type for _, type in rows],
        facts,
    )


def test_types_duplicates_and_conflicts_are_counted_over_all_batches() -> None:
    seen = Seen({})
    seen.add(batch([("hello", "greeting"), ("bye", "parting"), ("hello", "greeting")]))
    seen.add(batch([("hello", "parting"), ("aloha", "greeting"), ("aloha", "parting")], 4))
    assert seen.rows == 6
    assert seen.types == {"greeting": 3, "parting": 3}
    assert seen.duplicates() == 1
    assert seen.conflicts() == Conflicts(texts=2, rows=(1, 3, 4, 5, 6))


def test_at_most_twenty_rows_in_conflict_are_named() -> None:
    seen = Seen({})
    for start in range(1, 61, 2):
        seen.add(batch([(f"text {start}", "a"), (f"text {start}", "b")], start))
    assert seen.conflicts() == Conflicts(texts=30, rows=tuple(range(1, 21)))


def test_rows_without_texts_are_never_duplicates() -> None:
    seen = Seen({})
    seen.add(batch([(None, "a"), (None, "a"), (None, "b")]))
    assert (seen.duplicates(), seen.conflicts()) == (0, Conflicts(0, ()))
    assert (Seen({}).duplicates(), Seen({}).conflicts()) == (0, Conflicts(0, ()))


def test_a_type_is_no_part_of_the_text_that_follows_it() -> None:
    seen = Seen({})
    seen.add(batch([("bc", "a"), ("c", "ab")]))
    assert (seen.duplicates(), seen.conflicts().texts) == (0, 0)


def test_types_that_are_too_small_are_named_smallest_first() -> None:
    seen = Seen({})
    seen.add(batch([("t", "many")] * 5 + [("t", "two")] * 2 + [("t", "one"), ("t", "a single")]))
    assert list(seen.too_small(5).items()) == [("a single", 1), ("one", 1), ("two", 2)]
    assert seen.too_small(1) == {}


def test_facts_show_their_values_ranges_and_gaps() -> None:
    kinds: dict[str, FactType] = {
        "channel": "text",
        "plan": "one_of",
        "vip": "boolean",
        "money": "number",
        "items": "integer",
        "never": "number",
    }
    seen = Seen(kinds)
    rows: list[tuple[str | None, str]] = [("t", "x"), ("u", "x")]
    seen.add(
        batch(
            rows,
            channel=["web", None],
            plan=["pro", "pro"],
            vip=[True, False],
            money=[None, None],
            items=[3, -1],
            never=[None, None],
        )
    )
    seen.add(
        batch(
            rows,
            3,
            channel=["mail", "web"],
            plan=["pro", None],
            vip=[None, True],
            money=[2.5, -4.0],
            items=[None, 2],
            never=[None, None],
        )
    )
    facts = seen.facts
    assert facts["channel"].values == {"web": 2, "mail": 1}
    assert (facts["channel"].count, facts["channel"].missing) == (3, 1)
    assert facts["plan"].values == {"pro": 3}
    assert facts["vip"].values == {True: 2, False: 1}
    assert (facts["money"].low, facts["money"].high, facts["money"].missing) == (-4.0, 2.5, 2)
    assert (facts["items"].low, facts["items"].high, facts["items"].values) == (-1, 3, {})
    assert (facts["never"].low, facts["never"].high, facts["never"].count) == (None, None, 0)


def test_a_text_fact_with_too_many_values_is_free_text_and_no_longer_kept() -> None:
    seen = Seen({"order": "text"})
    for start in range(1, MAX_VALUES + 5_002, 5_000):
        orders = [str(number) for number in range(start, start + 5_000)]
        seen.add(batch([("t", "x")] * 5_000, start, order=orders))
    fact = seen.facts["order"]
    assert (fact.too_many, fact.values, fact.count) == (True, {}, 20_000)
    seen = Seen({"order": "text"})
    orders = [str(number) for number in range(MAX_VALUES)]
    seen.add(batch([("t", "x")] * MAX_VALUES, order=orders))
    assert (seen.facts["order"].too_many, len(seen.facts["order"].values)) == (False, MAX_VALUES)


def test_too_many_types_are_another_column() -> None:
    with pytest.raises(InputError, match="more than 5,000 different labels; is this the right"):
        Seen({}).add(batch([("t", str(number)) for number in range(5_001)]))


@given(st.lists(st.tuples(st.sampled_from("abcdé"), st.sampled_from("xyz")), max_size=40))
def test_counts_are_those_of_a_plain_count(rows: list[tuple[str, str]]) -> None:
    seen = Seen({})
    seen.add(batch(list(rows[:7])))
    seen.add(batch(list(rows[7:]), 8))
    types: dict[str, set[str]] = defaultdict(set)
    for text, type in rows:
        types[text].add(type)
    torn = {text for text, found in types.items() if len(found) > 1}
    assert seen.duplicates() == len(rows) - len(set(rows))
    named = [number for number, (text, _) in enumerate(rows, 1) if text in torn]
    assert seen.conflicts() == Conflicts(len(torn), tuple(named[:20]))
