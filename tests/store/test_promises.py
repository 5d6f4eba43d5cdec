"""What backtests promised of a version."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import Promise
from handraise.store import Store
from tests.store.records import AGENT, NOW, after


def make_promise(version: str = "v1", stopped: int = 170) -> Promise:
    return Promise(
        agent=AGENT,
        version=version,
        at=NOW,
        decisions=3_000_000_000,
        stopped=stopped,
        rows={"confidence.1": 120, "novelty.1": 60},
        conditions={"confidence": 120, "consequence": 0, "novelty": 60},
        routes={"support_supervisor": 170},
        types={"refund_request": (900, 100), "": (100, 70)},
        first=after(days=-90),
        last=NOW,
        alike=1.75,
    )


def test_a_promise_comes_back_as_it_was(any_store: Store) -> None:
    any_store.save_promise(make_promise())
    assert any_store.promise_of(AGENT, "v1") == make_promise()
    assert any_store.promise_of(AGENT, "v2") is None
    assert any_store.promise_of("other", "v1") is None


def test_a_later_backtest_of_a_version_takes_the_place_of_the_earlier(any_store: Store) -> None:
    any_store.save_promise(make_promise())
    later = replace(make_promise(stopped=3), at=after(hours=1), first=None, last=None, alike=1.0)
    any_store.save_promise(later)
    assert any_store.promise_of(AGENT, "v1") == later


def test_what_promises_the_same_again_is_no_other_promise(any_store: Store) -> None:
    any_store.save_promise(make_promise())
    again = replace(make_promise(), at=after(days=1), first=after(days=-89), last=after(days=1))
    any_store.save_promise(again)
    assert any_store.promise_of(AGENT, "v1") == replace(again, at=NOW)


@pytest.mark.parametrize(("decisions", "stopped"), [(0, 0), (10, 11), (10, -1)])
def test_an_impossible_promise_is_never_kept(
    any_store: Store, decisions: int, stopped: int
) -> None:
    with pytest.raises(StoreError):
        any_store.save_promise(replace(make_promise(), decisions=decisions, stopped=stopped))
