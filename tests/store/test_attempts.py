"""Attempts: counted in windows, the narrowest first, by any number at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from handraise.store import Store
from tests.store.records import NOW, after


def test_a_window_takes_so_many_and_no_more(any_store: Store) -> None:
    assert [any_store.count_attempt("a", NOW, 2) for _ in range(4)] == [True, True, False, False]
    assert any_store.count_attempt("a", after(minutes=10), 2)
    assert any_store.count_attempt("b", NOW, 2)
    assert not any_store.count_attempt("c", NOW, 0)


def test_who_is_refused_by_a_narrow_window_fills_no_wide_one(any_store: Store) -> None:
    def attempt(who: str) -> int | None:
        return any_store.count_attempts([(who, NOW, 1), ("all", NOW, 2)])

    assert [attempt("a") for _ in range(5)] == [None, 0, 0, 0, 0]
    assert [attempt("b"), attempt("c")] == [None, 1]


def test_of_many_at_once_exactly_so_many_pass(any_store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        passed = list(pool.map(lambda _: any_store.count_attempt("a", NOW, 5), range(12)))
    assert sum(passed) == 5


def test_old_windows_are_forgotten(any_store: Store) -> None:
    any_store.count_attempt("a", NOW, 1)
    any_store.count_attempt("a", after(days=1), 1)
    assert any_store.forget_attempts(after(days=1)) == 1
    assert any_store.count_attempt("a", NOW, 1)
    assert not any_store.count_attempt("a", after(days=1), 1)
