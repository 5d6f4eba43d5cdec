"""Many escalations changed in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from handraise.model import Escalation, Holding, Message, Move
from handraise.store import Store
from tests.store.records import (
    NOW,
    advance,
    after,
    approval,
    make_ask,
    make_escalation,
    make_message,
    make_record,
)


def keep(store: Store, *escalations: Escalation) -> list[str]:
    for escalation in escalations:
        store.create_escalation(make_record(escalation), escalation, [], [])
    return [escalation.id for escalation in escalations]


def to_dana(found: Escalation) -> tuple[Move, Sequence[Message]] | None:
    """Let an escalation go to dana, who is told; None where it is with her."""
    if found.asks[0].holder == "dana":
        return None
    return advance(found, "dana", after(minutes=30)), [make_message(found, to="dana")]


def test_everything_of_all_moves_is_kept(any_store: Store) -> None:
    ids = keep(any_store, *(make_escalation(key=f"key-{number}") for number in range(3)))

    assert any_store.change_many(ids, to_dana) == 3

    for id in ids:
        found = any_store.escalation(id)
        assert found is not None
        assert (found.asks[0].holder, found.asks[0].tried) == ("dana", ("ines", "dana"))
        assert found.asks[0].assigned_at == after(minutes=30)
        assert [event.kind for event in any_store.events(id)] == ["advanced"]
    assert sorted(one.escalation_id or "" for one in any_store.messages(to="dana")) == sorted(ids)
    assert any_store.open_load(["dana", "ines"], {"dana": NOW, "ines": NOW}) == {
        "dana": (3, 3),
        "ines": (0, 3),
    }


def test_moves_that_change_different_things_are_kept_together(any_store: Store) -> None:
    ended, grown, left, same = (make_escalation(key=str(number)) for number in range(4))
    ids = keep(any_store, ended, grown, left, same)
    more = replace(
        grown,
        facts={"revenue_usd": None},
        reason="words",
        asks=(*grown.asks, make_ask(grown.id, 2, route="legal", holder="li", tried=("li",))),
    )
    moves = {
        ended.id: approval(ended, "ines"),
        grown.id: Move(escalation=more),
        left.id: advance(left, "marc", after(hours=1)),
    }

    def step(found: Escalation) -> tuple[Move, Sequence[Message]] | None:
        return (moves[found.id], []) if found.id in moves else None

    assert any_store.change_many(ids, step) == 3
    for id, move in moves.items():
        assert any_store.escalation(id) == move.escalation
    assert any_store.escalation(same.id) == same


def test_unknown_ones_are_passed_over(any_store: Store) -> None:
    known = keep(any_store, make_escalation())
    assert any_store.change_many(["nothing", *known, "never"], to_dana) == 1
    assert any_store.change_many(["nothing"], to_dana) == 0
    assert any_store.change_many([], to_dana) == 0


def test_each_is_seen_once_in_the_order_of_the_ids(any_store: Store) -> None:
    ids = keep(any_store, *(make_escalation(key=f"key-{number}") for number in range(3)))
    seen: list[str] = []

    def look(found: Escalation) -> None:
        seen.append(found.id)

    assert any_store.change_many([*reversed(ids), ids[0]], look) == 0
    assert seen == sorted(ids)


def test_an_error_leaves_all_of_them_as_they_were(any_store: Store) -> None:
    ids = keep(any_store, *(make_escalation(key=f"key-{number}") for number in range(3)))

    def step(found: Escalation) -> tuple[Move, Sequence[Message]] | None:
        if found.id == max(ids):
            raise LookupError("a fault of ours")
        return to_dana(found)

    with pytest.raises(LookupError):
        any_store.change_many(ids, step)

    holders = [ask.ask.holder for ask in any_store.asks(state="open")]
    assert holders == ["ines"] * 3
    assert any_store.messages() == []
    assert any_store.events(ids[0]) == []


def test_two_who_move_the_same_ones_move_each_once(
    any_store: Store, more_stores: Callable[[], Store]
) -> None:
    ids = keep(any_store, *(make_escalation(key=f"key-{number}") for number in range(40)))
    stores = [any_store, more_stores()]
    barrier = threading.Barrier(2)

    def move(hand: int) -> int:
        own = ids if hand == 0 else list(reversed(ids))
        barrier.wait(timeout=30)
        return sum(stores[hand].change_many(own[start : start + 20], to_dana) for start in (0, 20))

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(move, range(2)))

    assert sum(counts) == 40
    assert len(any_store.messages(to="dana")) == 40
    assert all(len(any_store.events(id)) == 1 for id in ids)


def test_it_is_known_in_whose_hands_open_asks_are(any_store: Store) -> None:
    both = make_escalation(
        {"delegate": "li", "also": ("sam",), "acknowledged_at": NOW},
        {"route": "legal", "holder": "li"},
        key="1",
    )
    owners = make_escalation({"holder": "priya", "with_owner": True}, key="2", rehearsal=True)
    over = make_escalation(key="3")
    keep(any_store, both, owners, over)
    any_store.change(over.id, lambda found: (approval(found, "ines"), []))

    first, second, third = any_store.holdings()
    of = (both.id, both.agent, False)
    assert first == Holding(*of, "finance_lead", "ines", False, "li", ("sam",), NOW, NOW)
    assert second == Holding(*of, "legal", "li", False, None, (), None, NOW)
    assert (third.holder, third.with_owner, third.rehearsal) == ("priya", True, True)
    assert any_store.holdings("li") == [first, second]
    assert any_store.holdings("priya") == [third]
    assert any_store.holdings("nobody") == []


def test_of_whom_escalations_are_is_said_once_each(any_store: Store) -> None:
    ids = keep(
        any_store,
        make_escalation(key="1"),
        make_escalation(key="2"),
        make_escalation(key="3", rehearsal=True),
        make_escalation(key="4", agent="other-agent"),
    )
    assert sorted(any_store.kinds_of([*ids, "nothing"])) == [
        ("other-agent", False),
        ("support-agent", False),
        ("support-agent", True),
    ]
    assert any_store.kinds_of(ids[:1]) == [("support-agent", False)]
    assert any_store.kinds_of([]) == []
