"""What was not reached on its day: what is kept is told once, and survives being written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from handraise.core.monitor.thinning import lot
from handraise.model import Audited
from handraise.service.auditing.carrying import Carried, carried_of, carried_on
from tests.store.records import NOW

TODAY = (NOW + timedelta(days=3)).date().isoformat()


def drawn(count: int, at: datetime = NOW, severity: str = "low") -> list[Audited]:
    return [
        Audited(
            decision_id=f"{at:%d} {severity} {number}",
            look=1,
            version="v",
            severity=severity,
            action=None,
            probability=0.5,
            state="drawn",
            drawn_at=at,
            due_at=None,
            person=None,
            chosen=None,
            answer=None,
            answered_at=None,
            stake=None,
        )
        for number in range(count)
    ]


def on(before: Carried, waiting: list[Audited], share: float = 1.0) -> Carried:
    return carried_on(before, waiting, TODAY, 10.0, ["", "low", "high"], lambda _: share)


def test_what_fits_is_kept_whole_and_nothing_is_written_down() -> None:
    assert on(Carried(), drawn(20)) == Carried(until=TODAY)


def test_what_does_not_fit_is_thinned_to_a_known_share() -> None:
    waiting = drawn(96)
    found = on(Carried(), waiting)
    cut = found.cut_of(waiting[0])
    assert cut is not None
    assert cut.share == 1 / 4
    assert sum(found.keeps(one) for one in waiting) == 24
    assert carried_of(found.state) == found


def test_what_earlier_days_left_takes_room_from_later_ones() -> None:
    later = drawn(20, NOW + timedelta(days=1))
    alone, crowded = on(Carried(), later), on(Carried(), [*drawn(24), *later])
    assert alone.cut_of(later[0]) is None
    assert sum(crowded.keeps(one) for one in later) < 8


def test_a_day_is_closed_once_and_its_share_stays_while_something_waits() -> None:
    waiting = drawn(96)
    first = on(Carried(), waiting)
    assert on(first, [one for one in waiting if first.keeps(one)]) == first
    assert on(first, []) == Carried(until=TODAY)


def test_the_share_that_the_days_before_told_counts_too() -> None:
    waiting = drawn(40)
    found = on(Carried(), waiting, 0.5)
    kept = [one for one in waiting if found.keeps(one)]
    assert {lot(one.decision_id) < 0.5 for one in kept} == {True}
    cut = found.cut_of(waiting[0])
    assert cut is not None
    assert cut.share == 0.5 * cut.after_it


def test_what_is_of_today_is_left_alone() -> None:
    waiting = drawn(200, NOW + timedelta(days=3))
    assert on(Carried(), waiting) == Carried(until=TODAY)
