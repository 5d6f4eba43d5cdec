"""The figures against a slow, plain count over all events: days of 25 hours, empty ones, long waits."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from handraise.clock import ManualClock
from handraise.errors import NotFoundError
from handraise.service.figures.counting import Counted, Figures
from handraise.service.figures.periods import PERIODS, stretches
from handraise.service.figures.times import FEW, nth, times_of
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, UNSURE, answered, opened

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 10, 23, 9, 0, tzinfo=UTC)
"""Two days before the clocks go back in Berlin."""

STEPS = "aab.cba..dc.b.ad.bca"
"""What happens, every five hours: an answer later or sooner, a release, nothing."""


KINDS = {"a": "approve", "b": "reject", "c": "take_over", "d": "instruct"}


class Plain(Struct):
    """One ask as the events tell it."""

    route: str
    asked_at: datetime
    had_at: datetime | None = None
    ended_at: datetime | None = None
    kind: str = ""
    by: str = ""
    missed: list[datetime] = []


class Worked(Struct):
    """What was done: the operation, and when each decision was made, and whether it stopped."""

    operation: Operation
    clock: ManualClock
    decided: list[tuple[datetime, bool]]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    clock = ManualClock(BEGIN)
    operation = opened(tmp_path_factory.mktemp("figures"), clock=clock)
    found = Worked(operation, clock, [])
    _work(found)
    yield found
    operation.close()


def _work(worked: Worked) -> None:
    operation, clock, left = worked.operation, worked.clock, list[tuple[str, str]]()
    gate = operation.gates[AGENT]
    for number, step in enumerate(STEPS):
        for sure in range(number % 3):
            gate.decide(**{**SURE, "case": f"sure-{number}-{sure}"})
            worked.decided.append((clock.now(), False))
        if step != ".":
            fields = BIG if step in "bd" else UNSURE
            verdict = gate.decide(**{**fields, "case": f"case-{number}"})
            left.append((step, verdict.escalation_id or ""))
            worked.decided.append((clock.now(), True))
        clock.advance(minutes=7 + number)
        if step in ".a" and left:
            kind, escalation_id = left.pop(0 if step == "." else -1)
            words = {"instruction": "ask"} if kind == "d" else {"reason": "because"}
            answered(operation, escalation_id, KINDS[kind], **words)
        clock.advance(minutes=293 - number)
        operation.worker.tick()
    operation.recorder.flush()


def plain(worked: Worked) -> list[Plain]:
    """Return every ask, as its events tell it."""
    store = worked.operation.store
    found: dict[str, Plain] = {}
    for escalation in store.escalations(limit=1000):
        for ask in escalation.asks:
            found[ask.id] = Plain(ask.route, escalation.created_at)
        for event in store.events(escalation.id):
            one = found.get(event.ask_id or "")
            if one is None:
                continue
            if event.kind in ("acknowledged", "answered") and one.had_at is None:
                one.had_at = event.at
            if event.kind == "answered":
                one.ended_at, one.by = event.at, event.who
                one.kind = event.detail["answer"]
            if event.kind == "advanced" and "within" in event.detail["why"]:
                one.missed.append(event.at)
    return list(found.values())


def counted(worked: Worked, period: str, zone: ZoneInfo, reader: str = "priya") -> Counted:
    return worked.operation.figures.of(AGENT, period, zone, reader)


@pytest.mark.parametrize("zone", [BERLIN, ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")])
@pytest.mark.parametrize("period", ["24h", "7d", "30d"])
def test_every_figure_is_what_a_plain_count_of_all_events_says(
    worked: Worked, period: str, zone: ZoneInfo
) -> None:
    found, asks = counted(worked, period, zone), plain(worked)
    assert len(asks) == 14
    for at, one in enumerate(found.stretches):
        since, until = one.starts_at, min(one.ends_at, found.now)
        within = [stop for when, stop in worked.decided if since <= when < one.ends_at]
        assert found.stops.over_time[at] == (sum(within), len(within))
        assert found.came[at] == sum(since <= ask.asked_at < one.ends_at for ask in asks)
        waits = [
            ask
            for ask in asks
            if ask.asked_at < until and (ask.ended_at is None or ask.ended_at >= until)
        ]
        assert found.waiting[at].by_route == Counter(ask.route for ask in waits)
        assert found.waiting[at].oldest_at == min((ask.asked_at for ask in waits), default=None)
        ended = [ask for ask in asks if ask.ended_at and since <= ask.ended_at < one.ends_at]
        over = found.over_time[at]
        assert over.count == len(ended)
        assert over.overridden == sum(ask.kind in ("change", "reject") for ask in ended)
        times = [(ask.ended_at - ask.asked_at).total_seconds() for ask in ended if ask.ended_at]
        if times:
            assert over.answered is not None
            assert over.answered.mean_s == pytest.approx(statistics.fmean(times))
            assert over.answered.median_s == pytest.approx(statistics.median(times))
            assert over.answered.most_s == sorted(times)[-(-9 * len(times) // 10) - 1]
        else:
            assert over.answered is None
        missed = [when for ask in asks for when in ask.missed if since <= when < one.ends_at]
        assert found.missed[at] == len(missed)


def test_routes_and_people_add_up_to_everything(worked: Worked) -> None:
    found, asks = counted(worked, "30d", BERLIN), plain(worked)
    gave = [ask for ask in asks if ask.ended_at]
    assert {one.name: one.count for one in found.people} == Counter(ask.by for ask in gave)
    assert {one.name: one.count for one in found.routes} == Counter(ask.route for ask in gave)
    assert sum(one.missed or 0 for one in found.routes) == sum(len(ask.missed) for ask in asks) > 0
    assert found.all.count == sum(one.count for one in found.conditions)
    for one in found.routes:
        had = [
            (ask.had_at - ask.asked_at).total_seconds()
            for ask in asks
            if ask.route == one.name and ask.had_at
        ]
        assert one.picked_up is not None
        assert one.picked_up.count == len(had)
        assert one.picked_up.median_s == pytest.approx(statistics.median(had))


def test_what_is_kept_of_the_past_is_what_is_counted_anew(worked: Worked) -> None:
    operation = worked.operation
    again = Figures(operation.store, operation.shelf, operation.clock)
    first = counted(worked, "7d", BERLIN)
    assert first == counted(worked, "7d", BERLIN) == again.of(AGENT, "7d", BERLIN, "priya")


def test_what_one_person_alone_did_is_told_to_them_and_the_owner_alone(worked: Worked) -> None:
    owner, own, other = (counted(worked, "30d", BERLIN, who) for who in ("priya", "dana", "ines"))
    by_route = {one.name: one for one in owner.routes}
    (mine,) = [one for one in own.people if one.name == "dana"]
    assert own.people == (mine,)
    assert mine in owner.people
    assert {one.name for one in other.people} <= {"ines"}
    assert not any(one.is_hidden for one in (*owner.routes, *owner.conditions, owner.all))
    for found, reader in ((own, "dana"), (other, "ines")):
        for one in found.routes:
            gave = {ask.by for ask in plain(worked) if ask.route == one.name and ask.ended_at}
            assert one.is_hidden == (len(gave) == 1 and gave != {reader})
            if one.is_hidden:
                assert (one.overridden, one.picked_up, one.answered, one.missed) == (None,) * 4
            else:
                assert one == by_route[one.name]


def test_rehearsals_and_drills_are_no_figures(tmp_path: Path) -> None:
    operation = opened(tmp_path, clock=ManualClock(BEGIN), rehearsal=True, is_ready=False)
    operation.gates[AGENT].decide(**UNSURE)
    operation.recorder.flush()
    found = operation.figures.of(AGENT, "24h", BERLIN, "priya")
    operation.close()
    assert (found.stops.decisions, sum(found.came), found.waiting[-1].count) == (0, 0, 0)
    assert found.all.answered is None


def test_a_period_that_is_not_offered_is_not_counted(worked: Worked) -> None:
    with pytest.raises(NotFoundError, match='no period "1y"'):
        counted(worked, "1y", BERLIN)


def test_the_days_of_a_period_touch_each_other_where_the_clocks_change() -> None:
    for now in (datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)):
        cut = stretches(PERIODS["7d"], now, BERLIN)
        assert len(cut) == 7
        assert all(one.ends_at == two.starts_at for one, two in pairwise(cut))
        hours = {(one.ends_at - one.starts_at).total_seconds() / 3600 for one in cut}
        assert hours == {24, 23 if now.month == 3 else 25}
        assert cut[-1].starts_at <= now < cut[-1].ends_at


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=5), st.data())
@settings(max_examples=80, deadline=None)
def test_the_place_in_many_sorted_parts_is_that_in_one(
    parts: list[list[int]], data: st.DataObject
) -> None:
    filled = [[float(one) for one in sorted(part)] for part in parts if part]
    whole = sorted(one for part in filled for one in part)
    if not whole:
        assert times_of(filled) is None
        return
    place = data.draw(st.integers(0, len(whole) - 1))
    assert nth(filled, place) == whole[place]


def test_many_times_are_told_as_few_are() -> None:
    parts = [[float(one) for one in range(start, 3 * FEW, 3)] for start in range(3)]
    found = times_of(parts)
    assert found is not None
    whole = range(3 * FEW)
    assert found.count == len(whole)
    assert found.median_s == statistics.median(whole)
    assert found.mean_s == pytest.approx(statistics.fmean(whole))
    assert found.most_s == whole[-(-9 * len(whole) // 10) - 1]
