"""When messages go out: nothing lost, urgent at once, bounded waiting, few in a while, firsts first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.core.messages import (
    BUNDLE,
    DRILL,
    MOST_IN_WINDOW,
    WINDOW,
    Out,
    Waiting,
    arrange,
    asks_while,
    comes_first,
    is_needed,
    latest,
    may_wait,
    next_step,
    out_of,
    planned,
    root_of,
)
from handraise.model import Ask, ContactPlan, ContactStep, Message

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FORCED_AT_MOST = 4
"""So many digests may go beyond the most in a window, where what waits has no more time."""


def message(number: int = 1, at: datetime = NOW, **fields: Any) -> Message:
    return Message(
        **{
            "id": f"m{number:03}",
            "kind": "asked",
            "agent": "support-agent",
            "to": "dana",
            "contacts": ("mailto:dana@example.com",),
            "subject": f"question {number}",
            "body": "please look",
            "created_at": at,
            "next_at": at,
            "bundle": "asked support-agent confidence.1",
            **fields,
        }
    )


def ask(**fields: Any) -> Ask:
    return Ask(
        **{
            "id": "e.1",
            "route": "support",
            "state": "open",
            "holder": "dana",
            "assigned_at": NOW,
            "acknowledge_due_at": NOW + 60 * MINUTE,
            "decide_due_at": NOW + 240 * MINUTE,
            "due_at": NOW + 60 * MINUTE,
            **fields,
        }
    )


def ids(messages: Any) -> list[str]:
    return [getattr(one, "message", one).id for one in messages]


def test_the_first_of_a_kind_goes_at_once_and_the_others_wait_for_the_window():
    found = arrange([Waiting(message(n)) for n in (1, 2, 3)], (), NOW)

    assert ids(found.single) == ["m001"]
    assert found.later == {"m002": NOW + WINDOW, "m003": NOW + WINDOW}
    assert (found.bundles, found.dropped) == ((), ())


def test_what_waited_is_told_as_one_when_the_window_ends():
    held = [Waiting(message(n, next_at=NOW + WINDOW)) for n in (2, 3)]
    found = arrange(held, [out_of(message(1), NOW)], NOW + WINDOW)

    assert [ids(group) for group in found.bundles] == [["m002", "m003"]]
    assert (found.single, found.later) == ((), {})


def test_a_bundle_of_one_is_the_plain_message():
    found = arrange([Waiting(message(2, next_at=NOW + WINDOW))], (), NOW + WINDOW)

    assert ids(found.single) == ["m002"]
    assert found.bundles == ()


def test_what_came_while_others_wait_joins_them():
    held = Waiting(message(2, next_at=NOW + 4 * MINUTE))
    fresh = Waiting(message(3, NOW + MINUTE))
    waiting = arrange([held, fresh], (), NOW + MINUTE)
    told = arrange([held, fresh], (), NOW + 4 * MINUTE)

    assert (waiting.single, waiting.bundles) == ((), ())
    assert waiting.later["m002"] == NOW + 4 * MINUTE
    assert [ids(group) for group in told.bundles] == [["m002", "m003"]]


def test_kinds_do_not_hold_each_other_back():
    other = message(2, bundle="asked support-agent novelty.1")
    found = arrange([Waiting(message(1)), Waiting(other)], (), NOW)

    assert ids(found.single) == ["m001", "m002"]


@pytest.mark.parametrize(
    "fields",
    [
        {"urgency": "urgent", "bundle": None},
        {"kind": "sign_in", "bundle": None},
        {"kind": "verify", "bundle": None},
        {"bundle": None},
        {"attempts": 1},
        {"kind": BUNDLE, "bundle": "a\nb"},
    ],
)
def test_some_messages_are_never_held_back(fields: dict[str, Any]):
    crowd = [Out(NOW, ("asked support-agent confidence.1",))] * 50
    one = message(1, **fields)

    assert ids(arrange([Waiting(one)], crowd, NOW).single) == ["m001"]
    assert not may_wait(one)


def last_resort(number: int, at: datetime = NOW, **fields: Any) -> Waiting:
    key = "last resort with_owner support-agent confidence.1"
    chosen = {"urgency": "urgent", "bundle": key, "kind": "with_owner", "ask_id": "a", **fields}
    return Waiting(message(number, at, **chosen))


def test_of_what_comes_as_the_last_resort_the_first_goes_and_the_rest_is_told_together():
    crowd = [Out(NOW, (f"asked {n}",)) for n in range(50)]
    found = arrange([last_resort(n) for n in (1, 2, 3)], crowd, NOW)

    assert ids(found.single) == ["m001"]
    assert found.later == {"m002": NOW + WINDOW, "m003": NOW + WINDOW}
    went = [*crowd, out_of(last_resort(1).message, NOW)]
    held = [last_resort(n, next_at=NOW + WINDOW) for n in (2, 3)]
    told = arrange(held, went, NOW + WINDOW)
    assert [ids(group) for group in told.bundles] == [["m002", "m003"]]


def test_the_last_resort_goes_beside_a_digest_of_the_rest():
    crowd = [Out(NOW, (f"asked {n}",)) for n in range(50)]
    late = [Waiting(message(n, NOW - WINDOW, next_at=NOW, bundle=f"k{n}")) for n in (1, 2)]
    found = arrange([*late, last_resort(3)], crowd, NOW)

    assert ids(found.single) == ["m003"]
    assert [ids(group) for group in found.bundles] == [["m001", "m002"]]


def test_nobody_waits_longer_than_a_quarter_of_the_time_they_have():
    pressing = Waiting(
        message(2, only_while="unacknowledged"), ask(acknowledge_due_at=NOW + 8 * MINUTE)
    )
    told = [out_of(message(1), NOW)]
    found = arrange([pressing], told, NOW)

    assert latest(pressing) == NOW + 2 * MINUTE
    assert found.later == {"m002": NOW + 2 * MINUTE}
    assert ids(arrange([pressing], told, NOW + 2 * MINUTE).single) == ["m002"]


def test_what_is_already_late_has_no_time_to_wait():
    late = Waiting(message(1, only_while="held"), ask(due_at=NOW - MINUTE))

    assert latest(late) == NOW
    assert latest(Waiting(message(1), ask(due_at=NOW))) == NOW + WINDOW


def test_beyond_a_few_in_a_while_the_rest_waits_and_is_told_in_one():
    fresh = [Waiting(message(n, bundle=f"kind {n}")) for n in range(10)]
    first = arrange(fresh, (), NOW)
    assert ids(first.single) == [f"m{n:03}" for n in range(MOST_IN_WINDOW)]
    assert set(first.later) == {"m006", "m007", "m008", "m009"}

    went = [out_of(one, NOW) for one in first.single]
    held = [Waiting(replace(one.message, next_at=NOW + WINDOW)) for one in fresh[MOST_IN_WINDOW:]]
    later = [Waiting(message(20, NOW + WINDOW, bundle=f"kind {n}")) for n in range(3)]
    full = [out_of(message(30, bundle="x"), NOW + MINUTE)] * (MOST_IN_WINDOW - 1)
    assert arrange(held, went, NOW + MINUTE).bundles == ()
    (digest,) = arrange([*held, *later], [*went, *full], NOW + WINDOW).bundles
    assert ids(digest)[:4] == ["m006", "m007", "m008", "m009"]


def test_what_has_no_more_time_goes_although_many_went_out():
    pressing = Waiting(message(1, only_while="held"), ask(acknowledge_due_at=NOW + 8 * MINUTE))
    other = Waiting(message(2, bundle="another"))
    crowd = [Out(NOW)] * MOST_IN_WINDOW

    found = arrange([pressing, other], crowd, NOW + 2 * MINUTE)
    assert [set(ids(group)) for group in found.bundles] == [{"m001", "m002"}]


def test_a_digest_lists_the_first_of_each_kind_and_then_the_soonest_deadline():
    def waiting(number: int, kind: str, minutes: int) -> Waiting:
        at = ask(acknowledge_due_at=NOW + minutes * MINUTE)
        one = message(number, bundle=kind, next_at=NOW + WINDOW, only_while="held")
        return Waiting(one, at)

    held = [
        waiting(1, "a", 90),
        waiting(2, "a", 80),
        waiting(3, "a", 30),
        waiting(4, "b", 70),
        Waiting(message(5, bundle="c", next_at=NOW + WINDOW)),
    ]
    held.append(
        Waiting(
            message(6, bundle="a", only_while="held", next_at=NOW + WINDOW),
            ask(acknowledge_due_at=None, decide_due_at=NOW + 85 * MINUTE),
        )
    )
    crowd = [Out(NOW + MINUTE)] * (MOST_IN_WINDOW - 1)
    (digest,) = arrange(held, crowd, NOW + WINDOW).bundles

    assert ids(digest) == ["m005", "m004", "m001", "m003", "m002", "m006"]


@pytest.mark.parametrize(
    ("only_while", "fields", "needed"),
    [
        (None, {"state": "closed"}, True),
        ("held", {}, True),
        ("held", {"holder": "marc"}, False),
        ("held", {"holder": "marc", "delegate": "dana"}, True),
        ("held", {"state": "answered"}, False),
        ("held", {"acknowledged_at": NOW}, True),
        ("unacknowledged", {}, True),
        ("unacknowledged", {"acknowledged_at": NOW}, False),
    ],
)
def test_what_is_no_longer_needed_is_dropped(only_while: Any, fields: dict[str, Any], needed: bool):
    one, asked = message(1, only_while=only_while), ask(**fields)

    assert is_needed(one, asked) is needed
    found = arrange([Waiting(one, asked)], (), NOW)
    assert found.dropped == (() if needed else ("m001",))


def test_a_message_about_an_unknown_ask_is_needed():
    assert is_needed(message(1, only_while="held"), None)


def test_a_message_goes_the_way_its_reader_chose():
    steps = (ContactStep("a:"), ContactStep("b:", 60.0), ContactStep("c:", 120.0))
    plan = ContactPlan(person="dana", urgency="normal", steps=steps, at=NOW)
    first, second, third = planned(message(1, only_while="held"), plan, NOW)

    assert (first.id, first.contacts, first.next_at) == ("m001", ("a:",), NOW)
    assert (second.id, second.contacts, second.next_at) == ("m001.2", ("b:",), NOW + MINUTE)
    assert (third.id, third.contacts, third.next_at) == ("m001.3", ("c:",), NOW + 3 * MINUTE)
    assert (second.only_while, second.bundle) == ("held", None)
    assert planned(message(1), None, NOW) == (message(1),)
    (told,) = planned(message(1), plan, NOW)
    assert told.contacts == ("a:", "b:", "c:")
    several = message(1, kind=BUNDLE, bundle="a\nb", only_while="held")
    assert planned(several, plan, NOW)[1].bundle == "a\nb"


def test_steps_know_their_first_and_their_next():
    assert root_of("m1") == root_of("m1.2") == "m1"
    assert next_step("m1") == "m1.2"
    assert next_step("m1.2") == "m1.3"


class Life:
    """One person's messages over time, each arrangement acted upon at once."""

    def __init__(self, arrivals: list[tuple[int, str, bool, int]]) -> None:
        self.arrivals = sorted(arrivals)
        self.pending: dict[str, Waiting] = {}
        self.sent: list[tuple[datetime, tuple[Waiting, ...]]] = []
        self.out: list[Out] = []

    def run(self) -> None:
        coming = [self.arrival(n, *one) for n, one in enumerate(self.arrivals)]
        while coming or self.pending:
            nexts = [one.message.next_at for one in (*coming, *self.pending.values())]
            now = min(at for at in nexts if at is not None)
            for one in [one for one in coming if one.message.created_at <= now]:
                coming.remove(one)
                self.pending[one.message.id] = one
            self.step(now)

    def arrival(self, number: int, seconds: int, key: str, is_urgent: bool, room: int) -> Waiting:
        at = NOW + timedelta(seconds=seconds)
        urgency = "urgent" if is_urgent else "normal"
        one = message(
            number,
            at,
            bundle=None if is_urgent else key,
            urgency=urgency,
            only_while="unacknowledged",
        )
        end = at + timedelta(seconds=room)
        return Waiting(one, ask(acknowledge_due_at=end, due_at=end, assigned_at=at))

    def step(self, now: datetime) -> None:
        found = arrange(self.pending.values(), self.out, now)
        groups = [tuple(self.pending[one.id] for one in [single]) for single in found.single]
        groups += found.bundles
        gone = [one.message.id for group in groups for one in group]
        assert len(gone) == len(set(gone))
        assert not set(gone) & set(found.later)
        assert set(gone) | set(found.later) == set(self.pending)
        assert all(until > now for until in found.later.values())
        for group in groups:
            keys = tuple(one.message.bundle for one in group if one.message.bundle is not None)
            self.out.append(Out(now, keys, bool(keys)))
            self.sent.append((now, group))
        for id in gone:
            del self.pending[id]
        for id, until in found.later.items():
            one = self.pending[id]
            self.pending[id] = replace(one, message=replace(one.message, next_at=until))


ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 1_500),
        st.sampled_from("abcdefghij"),
        st.sampled_from((False, False, False, True)),
        st.sampled_from((301, 480, 900, 1_200, 3_600)),
    ),
    max_size=60,
)


@given(ARRIVALS)
def test_whatever_comes_nothing_is_lost_and_nothing_waits_for_long(arrivals: Any):
    life = Life(arrivals)
    life.run()

    told = [one for _, group in life.sent for one in group]
    assert sorted(ids(told)) == [f"m{n:03}" for n in range(len(arrivals))]
    for at, group in life.sent:
        for one in group:
            assert at <= latest(one)
            if one.message.urgency == "urgent":
                assert at == one.message.created_at
                assert len(group) == 1


@given(ARRIVALS)
def test_whatever_comes_only_few_messages_go_out_in_a_while(arrivals: Any):
    life = Life(arrivals)
    life.run()

    counted = [
        (at, any(latest(one) <= at for one in group))
        for at, group in life.sent
        if group[0].message.urgency == "normal"
    ]
    for start, _ in counted:
        within = [is_forced for at, is_forced in counted if start <= at < start + WINDOW]
        assert len(within) <= MOST_IN_WINDOW + FORCED_AT_MOST
        assert len([is_forced for is_forced in within if not is_forced]) <= MOST_IN_WINDOW


@given(ARRIVALS)
def test_whatever_comes_the_first_of_a_kind_is_told_before_the_others_of_it(arrivals: Any):
    life = Life(arrivals)
    life.run()

    seen: dict[str, int] = {}
    for _, group in life.sent:
        for one in group:
            key = one.message.bundle
            if key is not None and key not in seen:
                seen[key] = int(one.message.id[1:])
    ordered = sorted(arrivals)
    firsts = {
        key: next(n for n, one in enumerate(ordered) if one[1] == key and not one[2])
        for key in seen
    }
    assert seen == firsts


def test_what_is_urgent_or_awaited_comes_first():
    assert comes_first(message(urgency="urgent"))
    assert comes_first(message(kind="sign_in", bundle=None))
    assert not comes_first(message())


def test_an_exercise_is_neither_held_back_nor_counted():
    exercise = message(bundle=DRILL)
    assert not may_wait(exercise)
    assert not out_of(exercise, NOW).counts


def test_what_asks_is_needed_as_long_as_its_longest():
    held, brief = (Waiting(message(only_while=one)) for one in ("held", "unacknowledged"))
    assert asks_while([Waiting(message()), brief, held]) == "held"
    assert asks_while([Waiting(message()), brief]) == "unacknowledged"
    assert asks_while([Waiting(message())]) is None


def test_a_bundle_that_asks_and_informs_follows_the_plan_and_loses_nothing():
    steps = (ContactStep("a:"), ContactStep("b:", 300.0))
    plan = ContactPlan(person="dana", urgency="normal", steps=steps, at=NOW)
    mixed = message(kind=BUNDLE, only_while=None)
    first, second = planned(mixed, plan, NOW, asks="held")
    assert (first.only_while, first.contacts) == (None, ("a:", "b:"))
    assert (second.only_while, second.contacts) == ("held", ("b:",))
    assert second.next_at == NOW + 5 * MINUTE
