"""Browsers that take push messages, on both databases."""

from __future__ import annotations

from msgspec.structs import replace

from handraise.model import PushSubscription
from handraise.store import Store
from tests.store.records import NOW, after

MOST = 3


def browser(id: str = "p1", person: str = "dana", endpoint: str = "a") -> PushSubscription:
    return PushSubscription(
        id=id,
        person=person,
        endpoint=f"https://push.example.com/{endpoint}",
        p256dh="key",
        auth="secret",
        kid="k1",
        label="Firefox on Android",
        made_at=NOW,
    )


def test_a_browser_comes_back_as_it_was(any_store: Store) -> None:
    assert any_store.add_push(browser(), most=MOST)
    assert any_store.pushes() == any_store.pushes("dana", live=True) == [browser()]
    assert any_store.pushes("ines") == []
    assert (any_store.one_push("p1"), any_store.one_push("p2")) == (browser(), None)
    assert any_store.people_with_push() == {"dana"}


def test_a_browser_tells_whoever_turned_it_on_last(any_store: Store) -> None:
    any_store.add_push(browser(), most=MOST)
    theirs = replace(browser("p2", "ines"), made_at=after(minutes=1))
    assert any_store.add_push(theirs, most=MOST)
    assert any_store.pushes(live=True) == [theirs]
    assert any_store.pushes("dana") == [replace(browser(), ended_at=after(minutes=1))]


def test_a_person_has_so_many_at_most_and_the_same_one_again(any_store: Store) -> None:
    for number in range(MOST):
        assert any_store.add_push(browser(f"p{number}", endpoint=str(number)), most=MOST)
    assert not any_store.add_push(browser("p9", endpoint="9"), most=MOST)
    assert any_store.add_push(browser("p8", endpoint="2"), most=MOST)
    assert any_store.add_push(browser("p7", "ines", "9"), most=MOST)
    assert [one.id for one in any_store.pushes("dana", live=True)] == ["p0", "p1", "p8"]


def test_failures_are_counted_until_it_works_again(any_store: Store) -> None:
    any_store.add_push(browser(), most=MOST)

    def fail(minutes: int) -> int:
        now, until = after(minutes=minutes), after(minutes=minutes + 5)
        return any_store.push_failed("p1", "it answered 500", now, rests_until=until)

    assert (fail(1), fail(7)) == (1, 2)
    failing = replace(
        browser(),
        failures=2,
        failed_at=after(minutes=1),
        rests_until=after(minutes=12),
        error="it answered 500",
    )
    assert any_store.pushes("dana") == [failing]
    any_store.push_took("p1", after(minutes=20))
    assert any_store.pushes("dana") == [replace(browser(), told_at=after(minutes=20))]


def test_an_ended_browser_stays_ended(any_store: Store) -> None:
    any_store.add_push(browser(), most=MOST)
    assert not any_store.end_push("p1", NOW, person="ines")
    assert any_store.end_push("p1", after(minutes=1), person="dana", error="it is gone")
    assert not any_store.end_push("p1", after(minutes=2))
    any_store.push_took("p1", after(minutes=3))
    assert any_store.push_failed("p1", "x", NOW, rests_until=NOW) == 0
    assert any_store.pushes() == [replace(browser(), ended_at=after(minutes=1), error="it is gone")]
    assert any_store.people_with_push() == set()


def test_whoever_is_signed_out_elsewhere_is_told_there_no_more(any_store: Store) -> None:
    for number in range(MOST):
        any_store.add_push(browser(f"p{number}", endpoint=str(number)), most=MOST)
    theirs = browser("p9", "ines", "9")
    any_store.add_push(theirs, most=MOST)
    any_store.end_other_sessions("dana", after(minutes=1), but="s", device="p1")
    assert any_store.pushes(live=True) == [browser("p1", endpoint="1"), theirs]
    any_store.end_other_sessions("dana", after(minutes=2), but="s", device="p9")
    assert any_store.pushes(live=True) == [theirs]
    any_store.add_push(browser("p8", endpoint="8"), most=MOST)
    any_store.sign_out("dana", after(minutes=3))
    assert any_store.pushes(live=True) == [theirs]
    ended = any_store.one_push("p8")
    assert ended is not None
    assert (ended.ended_at, ended.error) == (after(minutes=3), "you were signed out everywhere")
