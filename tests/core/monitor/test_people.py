"""Whether answers were read, and what may be said of a count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handraise.core.monitor.people import (
    Answered,
    in_the_middle,
    reading_s,
    share_of,
    times_had,
    unread,
    window,
    words_in,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def answered(name: str = "e1", **fields: Any) -> Answered:
    return Answered(
        **{
            "escalation_id": name,
            "ask_id": f"{name}.1",
            "version": "v1",
            "route": "support_supervisor",
            "rows": ("confidence.1",),
            "by": "dana",
            "holder": "dana",
            "kind": "approve",
            "created_at": NOON,
            "assigned_at": NOON,
            "acknowledged_at": None,
            "decide_due_at": after(3600),
            "at": after(30),
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("the card never came", 4),
        ({"note": "card not arrived", "days": 4, "left": None}, 7),
        (["one two", ("three", 4.5, True)], 5),
        (None, 0),
        ([], 0),
    ],
)
def test_words_are_counted_wherever_they_stand(value: object, words: int) -> None:
    assert words_in(value) == words


def test_words_are_counted_in_a_context_nested_deeper_than_python_can_recurse() -> None:
    value: object = "deep words"
    for _ in range(100_000):
        value = [value]

    assert words_in(value) == 2


def test_reading_takes_two_seconds_and_a_minute_for_400_words_but_no_more_than_a_minute() -> None:
    assert reading_s(0) == 2
    assert reading_s(200) == 32
    assert reading_s(387) == 60
    assert reading_s(10_000) == 60


def test_an_answer_had_the_time_since_it_was_put_to_its_holder() -> None:
    assert times_had([answered(assigned_at=after(20))], {}) == {"e1.1": 10}


def test_who_answers_in_anothers_place_had_the_time_since_the_stop() -> None:
    assert times_had([answered(by="priya", assigned_at=after(20))], {}) == {"e1.1": 30}


def test_what_was_before_their_eyes_counts_from_then() -> None:
    seen = {("e1", "dana"): after(25), ("e1", "marc"): after(1)}

    assert times_had([answered()], seen) == {"e1.1": 5}


def test_what_was_seen_after_the_answer_says_nothing() -> None:
    assert times_had([answered()], {("e1", "dana"): after(31)}) == {"e1.1": 30}


def test_a_batch_has_the_time_since_the_answer_before() -> None:
    batch = [answered(f"e{n}", at=after(100 + n)) for n in range(3)]
    others = answered("e9", by="marc", holder="marc", at=after(101))

    assert times_had([*reversed(batch), others], {}) == {
        "e0.1": 100,
        "e1.1": 1,
        "e2.1": 1,
        "e9.1": 101,
    }


def test_two_questions_of_one_escalation_share_the_time_to_read_it() -> None:
    first = answered("e1", ask_id="e1.1", at=after(150))
    second = answered("e1", ask_id="e1.2", assigned_at=after(150), at=after(153))
    seen = {("e1", "dana"): after(30)}

    assert times_had([first, second], seen) == {"e1.1": 120, "e1.2": 123}
    assert times_had([first, second], {}) == {"e1.1": 150, "e1.2": 153}


def test_two_questions_of_one_escalation_have_no_time_that_another_answer_took() -> None:
    before = answered("e0", at=after(100))
    two = [answered("e1", ask_id=f"e1.{n}", at=after(100 + n)) for n in (1, 2)]
    another = answered("e2", at=after(103))

    assert times_had([before, *two, another], {}) == {
        "e0.1": 100,
        "e1.1": 1,
        "e1.2": 2,
        "e2.1": 1,
    }


def test_a_clock_that_was_put_back_makes_no_time_negative() -> None:
    assert times_had([answered(at=after(-5))], {}) == {"e1.1": 0}


def test_only_an_approval_can_be_unread() -> None:
    answers = [
        answered("fast", at=after(16)),
        answered("slow", at=after(17)),
        answered("rejected", at=after(1), kind="reject"),
        answered("erased", at=after(1)),
    ]
    had = times_had([answers[0]], {}) | times_had([answers[1]], {})
    had |= {"rejected.1": 1.0, "erased.1": 1.0}

    assert unread(answers, had, {"fast": 100, "slow": 100, "rejected": 100}) == {"fast.1"}


def test_an_answer_says_how_soon_it_came() -> None:
    taken = answered(acknowledged_at=after(10), created_at=after(-60))
    late = answered(decide_due_at=after(29), created_at=after(40), kind="change")

    assert (taken.picked_up_s, taken.resolved_s, taken.is_late, taken.is_override) == (
        70,
        90,
        False,
        False,
    )
    assert (late.picked_up_s, late.resolved_s, late.is_late, late.is_override) == (0, 0, True, True)


def test_fewer_than_twenty_are_no_share() -> None:
    few, enough = share_of(19, 19), share_of(5, 20)

    assert (few.share, few.low, few.high) == (None, None, None)
    assert enough.share == 0.25
    assert enough.low is not None
    assert enough.high is not None
    assert 0 < enough.low < 0.25 < enough.high < 1


def test_more_than_all_is_no_count() -> None:
    with pytest.raises(ValueError, match="21"):
        share_of(21, 20)


def test_the_time_in_the_middle_needs_twenty() -> None:
    assert in_the_middle([3.0] * 19) is None
    assert in_the_middle([*[1.0] * 10, *[5.0] * 10]) == 3


def test_a_window_grows_for_one_to_two_lengths_and_then_moves_on_by_one() -> None:
    days = {
        n: window(NOON, NOON + timedelta(days=n), FORTNIGHT) for n in (-1, 0, 13, 27, 28, 41, 42)
    }

    assert {n: (one.since - NOON).days for n, one in days.items()} == {
        -1: 0,
        0: 0,
        13: 0,
        27: 0,
        28: 14,
        41: 14,
        42: 28,
    }


def test_what_all_windows_may_spend_is_no_more_than_the_whole() -> None:
    spent = {
        one.since: one.share
        for n in range(2000)
        for one in [window(NOON, NOON + FORTNIGHT * n, FORTNIGHT)]
    }

    assert len(spent) == 1999
    assert 0.99 < sum(spent.values()) <= 1


def test_a_negative_count_is_none() -> None:
    with pytest.raises(ValueError, match="-1 of 3"):
        share_of(-1, 3)
