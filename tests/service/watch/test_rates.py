"""Rates held against a promise: looks, words, figures, waves of faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.monitor.drift import Change
from handraise.core.monitor.drivers import Stretch
from handraise.core.monitor.series import Kind, promised_counts
from handraise.core.table.types import Table
from handraise.model import DecisionRecord, Promise, Tally
from handraise.service.watch.rate_figures import Rate, Seen, beside_each_other, rate_of
from handraise.service.watch.rate_words import Told, named, share, signal_of
from handraise.service.watch.shown import state_words
from handraise.service.watch.system_stops import system_signals
from handraise.service.watch.watched_series import (
    Kept,
    kinds_after,
    look_at,
    plan,
    read_states,
    state_of,
)
from tests.support.support_table import TABLE, table_of

HOUR = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = HOUR + timedelta(minutes=30)
REFUND, LOST = "refund_request", "card_lost"


@pytest.fixture(scope="module")
def table() -> Table:
    return table_of(TABLE)


@pytest.fixture(scope="module")
def promise(table: Table) -> Promise:
    return Promise(
        agent=table.agent,
        version=table.version,
        at=HOUR,
        decisions=2000,
        stopped=240,
        rows={"confidence.1": 200, "consequence.1": 0, "novelty.1": 40},
        conditions={"confidence": 200, "consequence": 0, "novelty": 40},
        routes={"supervisor": 240, "finance": 0},
        types={REFUND: (1500, 150), LOST: (460, 50), "(unknown)": (40, 40)},
    )


def tally(count: int, *rows: str, looked: int = 0, **fields: Any) -> Tally:
    given = {"agent": "support-agent", "version": "v", "hour": HOUR, "type": REFUND, **fields}
    return Tally(**given, severity="", rows=rows, count=count, looked=looked)


def look(
    table: Table, promise: Promise, *fresh: Tally, kept: dict[str, Kept] | None = None
) -> dict[str, Kept]:
    return look_at(fresh, kept or {}, plan(table, promise), table, promise, NOW)


# Looks


def test_a_look_takes_up_what_is_new_in_every_series_it_feeds(
    table: Table, promise: Promise
) -> None:
    found = look(table, promise, tally(90, looked=80), tally(30, "confidence.1", looked=28))
    seen = {
        name: (one.monitor.drift.stopped, one.monitor.drift.decisions)
        for name, one in found.items()
    }
    assert seen["all"] == seen["row confidence.1"] == seen["route supervisor"] == (2, 12)
    assert seen["row novelty.1"] == (0, 12)
    assert seen[f"type {REFUND}"] == (2, 12)
    assert f"type {LOST}" not in seen


def test_the_budget_of_all_series_together_is_the_tables(table: Table, promise: Promise) -> None:
    assert sum(2 * one.alpha for one in plan(table, promise).values()) <= table.false_alarms


def test_decisions_recorded_late_are_a_look_of_their_own_at_their_own_time(
    table: Table, promise: Promise
) -> None:
    before = look(table, promise, tally(50))
    earlier = HOUR - timedelta(hours=5)
    held_up = (tally(36, hour=earlier), tally(4, "confidence.1", hour=earlier))
    late = look(table, promise, *held_up, tally(60, looked=50), kept=before)
    drift = late["all"].monitor.drift
    assert (drift.looks, drift.decisions, drift.stopped) == (3, 100, 4)
    change = look(table, promise, tally(400, "confidence.1", hour=earlier), kept=before)["all"]
    assert change.monitor.change is not None
    assert change.monitor.change.since == earlier
    assert change.found_at == NOW


@pytest.mark.parametrize(
    ("floor", "since"),
    [
        (HOUR + timedelta(minutes=20), HOUR + timedelta(minutes=20)),
        (HOUR - timedelta(hours=3), HOUR),
        (HOUR + timedelta(hours=1), HOUR),
        (NOW + timedelta(minutes=9), NOW),
        (None, HOUR),
    ],
)
def test_a_change_began_when_the_last_look_found_nothing_more_or_later(
    table: Table, promise: Promise, floor: datetime | None, since: datetime
) -> None:
    fresh = [tally(90, "confidence.1")]
    found = look_at(fresh, {}, plan(table, promise), table, promise, NOW, floor)
    change = found["all"].monitor.change
    assert change is not None
    assert change.since == since


def test_a_change_that_turned_is_found_and_told_anew(table: Table, promise: Promise) -> None:
    sure = look(table, promise, tally(300))
    sure = {name: replace(one, told_in="all", found_at=HOUR) for name, one in sure.items()}
    doubts = look(table, promise, tally(300, looked=300), tally(30, "confidence.1"), kept=sure)
    turned = doubts["all"]
    assert turned.monitor.change is not None
    assert turned.monitor.change.direction == "more"
    assert (turned.told_in, turned.found_at) == ("", NOW)


def test_recent_decisions_count_from_a_look_on_and_from_an_hour_with_all_of_it(
    table: Table,
) -> None:
    made = DecisionRecord(
        id="1", agent=table.agent, version=table.version, type="new", decided_at=HOUR
    )
    later = replace(made, type=REFUND, rows=("confidence.1",), decided_at=NOW)
    others = replace(later, version="another")
    none = replace(later, type=None)
    recent = [none, others, later, made]
    assert kinds_after(recent, table, HOUR) == [
        Kind("", ("confidence.1",), 1),
        Kind(REFUND, ("confidence.1",), 1),
        Kind("(unknown)", (), 1),
    ]
    assert kinds_after(recent, table, HOUR + timedelta(minutes=1)) == [
        Kind("", ("confidence.1",), 1),
        Kind(REFUND, ("confidence.1",), 1),
    ]
    assert kinds_after(recent, table, NOW) == []


def test_another_promise_begins_anew_and_another_releases_state_too(
    table: Table, promise: Promise
) -> None:
    kept = look(table, promise, tally(50))
    states = {name: state_of(one) for name, one in kept.items()}
    assert read_states(states) == kept
    assert read_states({**states, "all": {"monitor": "of another release"}}).keys() == (
        kept.keys() - {"all"}
    )
    newer = replace(promise, at=NOW)
    after = look(table, newer, tally(60, looked=50), kept=kept)["all"]
    assert (after.monitor.drift.decisions, after.anew, after.promise_at) == (10, True, NOW)
    assert not kept["all"].anew


def test_decisions_that_came_alike_in_the_past_say_less_of_every_series(
    table: Table, promise: Promise
) -> None:
    alike = replace(promise, alike=8.0)
    assert look(table, promise, tally(20, "confidence.1"))["all"].monitor.change is not None
    assert look(table, alike, tally(20, "confidence.1"))["all"].monitor.change is None
    for name, one in plan(table, alike).items():
        low, high = plan(table, promise)[name].promised
        assert one.promised[0] <= low
        assert one.promised[1] >= high


# Words


def told(table: Table, promise: Promise, series: str, *kinds: Kind, **fields: Any) -> Told:
    counts = promised_counts(promise, table)
    change = Change(
        direction="more", since=HOUR, decisions=1000, stopped=241, rate=0.241, low=0.215, high=0.269,
        factor=2.0, promised=(0.1, 0.14), took=300,
    )  # fmt: skip
    given: dict[str, Any] = {
        "table": table,
        "subject": series,
        "series": series,
        "change": change,
        "promised": counts[series],
        "stretch": Stretch(kinds, table, counts),
        "explained": (),
        "examples": (),
    }
    return Told(**{**given, **fields})


UNSURE = (
    Kind(REFUND, (), 500),
    Kind(REFUND, ("confidence.1",), 150),
    Kind(LOST, (), 270),
    Kind(LOST, ("confidence.1",), 60),
    Kind("(unknown)", ("novelty.1",), 20),
)


def test_a_rate_that_rose_is_told_with_its_size_its_drivers_and_what_it_means(
    table: Table, promise: Promise
) -> None:
    signal = signal_of(
        told(table, promise, "all", *UNSURE, explained=("row confidence.1", "route supervisor"))
    )
    assert (signal.kind, signal.problem, signal.subject) == ("too_much", "capability", "all")
    assert signal.sentence == (
        "It stops 24.1 % (21.5-26.9 %) of its decisions instead of 12.0 % (10.6-13.5 %)."
    )
    assert signal.means.startswith("The agent is less sure than it was")
    assert signal.lines == (
        "row confidence.1 (its confidence is below 0.72): 21.0 % instead of 10.0 %, 110 stops more "
        "than promised",
        "type refund_request: 23.1 % instead of 10.0 %, 87 stops more than promised",
        "type card_lost: 18.2 % instead of 10.9 %, 23 stops more than promised",
        "also seen in route supervisor",
        "241 of 1,000 decisions since then; promised from 240 of 2,000",
    )


@pytest.mark.parametrize(
    ("series", "direction", "rate", "is_urgent"),
    [
        ("all", "more", 0.24, True),
        ("all", "more", 0.23, False),
        ("all", "less", 0.06, True),
        ("all", "less", 0.07, False),
        ("route supervisor", "more", 0.3, True),
        ("row confidence.1", "more", 0.9, False),
    ],
)
def test_a_rate_that_doubled_or_halved_may_not_wait(
    table: Table, promise: Promise, series: str, direction: str, rate: float, is_urgent: bool
) -> None:
    made = told(table, promise, series, *UNSURE)
    change = replace(made.change, direction=direction, rate=rate)
    assert signal_of(replace(made, change=change)).urgent is is_urgent


def test_drivers_that_are_counted_by_the_hour_say_from_when(table: Table, promise: Promise) -> None:
    made = told(table, promise, "all", *UNSURE)
    since = HOUR + timedelta(minutes=49)
    first, second, *_ = signal_of(
        replace(made, change=replace(made.change, since=since, decisions=900))
    ).lines
    assert first.endswith("more than promised (counted from 09:00 UTC on)")
    assert "counted from" not in second


def test_a_type_of_which_more_came_is_said_to_be_more(table: Table, promise: Promise) -> None:
    harder = replace(promise, types={REFUND: (1500, 60), LOST: (500, 180)})
    flood = (Kind(REFUND, (), 100), Kind(LOST, (), 576), Kind(LOST, ("confidence.1",), 324))
    lines = signal_of(told(table, harder, "all", *flood)).lines
    assert (
        "type card_lost: 36.0 % instead of 36.0 %, 156 stops more than promised; it is 90.0 % of "
        "all decisions instead of 25.0 %"
    ) in lines


@pytest.mark.parametrize(
    ("series", "sentence", "means"),
    [
        ("row novelty.1", "(novelty.1) stops 24.1 %", "work it was not built for"),
        ("condition consequence", "The condition consequence holds for", "proposes more that"),
        ("route supervisor", "supervisor is asked about 24.1 %", "less sure"),
        (f"type {LOST}", "of its decisions of type card_lost instead of 10.9 %", "less sure"),
    ],
)
def test_each_series_is_told_in_its_own_words(
    table: Table, promise: Promise, series: str, sentence: str, means: str
) -> None:
    signal = signal_of(told(table, promise, series, *UNSURE))
    assert sentence in signal.sentence
    assert means in signal.means


def test_a_change_that_no_row_drives_is_told_without_one(table: Table, promise: Promise) -> None:
    fewer = told(table, promise, "route finance", Kind(REFUND, (), 10))
    signal = signal_of(replace(fewer, change=replace(fewer.change, direction="less")))
    assert (signal.kind, signal.problem) == ("too_little", "oversight")
    silent = signal_of(told(table, promise, "all"))
    assert silent.means.startswith("Usually the agent meets")
    assert silent.lines == ("241 of 1,000 decisions since then; promised from 240 of 2,000",)


def test_many_explained_series_are_counted(table: Table, promise: Promise) -> None:
    many = [f"type t{n}" for n in range(9)]
    lines = signal_of(told(table, promise, "all", *UNSURE, explained=many)).lines
    assert "also seen in type t0, type t1, type t2, type t3, type t4, type t5 and 3 more" in lines


def test_shares_are_said_to_the_digit_that_matters(table: Table) -> None:
    assert [share(one) for one in (0.0, 0.00421, 0.00999, 0.2409, 1.0)] == [
        "0 %", "0.42 %", "1.0 %", "24.1 %", "100.0 %",
    ]  # fmt: skip
    assert named(table, "row x") == "row x"


# Figures


def test_a_rate_is_shown_beside_its_promise(table: Table, promise: Promise) -> None:
    series = plan(table, promise)["all"]
    kept = look(table, promise, tally(26), tally(14, "confidence.1"))["all"]
    seen = Seen.of(14, 40)
    found = rate_of("all", series, kept, seen, seen, Seen.of(0, 0))
    assert found.promised is not None
    assert (found.promised.rate, found.state, found.since) == (0.12, "watching", None)
    assert 0.5 <= found.evidence < 1
    assert (found.week.rate, found.week.low, found.week.high) == (None, 0.0, 1.0)
    assert rate_of("all", series, None, seen, seen, seen).state == "quiet"
    assert rate_of("all", None, None, seen, seen, seen).state == "no promise"
    alarm = look(table, promise, tally(10), tally(90, "confidence.1"))["all"]
    loud = rate_of("all", series, alarm, seen, seen, seen)
    assert (loud.state, loud.evidence, loud.direction, loud.since) == ("alarm", 1.0, "more", HOUR)


def rate(series: str, stopped: int, **fields: Any) -> Rate:
    seen = Seen.of(stopped, 1_000)
    given = {"promised": Seen.of(200, 2_000), "week": seen, "state": "quiet", **fields}
    return Rate(series=series, in_force=seen, day=seen, **given)


LOUD = rate("row consequence.1", 180, state="alarm", direction="more")


def words_of(*rates: Rate) -> list[str]:
    return [state_words(one) for one in beside_each_other(rates)]


def test_a_rate_beyond_its_promise_is_part_of_the_alarm_that_makes_most_of_it() -> None:
    assert words_of(rate("all", 180), rate("condition consequence", 180), LOUD) == [
        "part of: row consequence.1",
        "part of: row consequence.1",
        "too much",
    ]
    told = rate("all", 180, state="alarm", direction="more", part_of="row consequence.1")
    assert words_of(told, rate("type refund", 200)) == [
        "too much, part of: row consequence.1",
        "part of: row consequence.1",
    ]


def test_a_rate_beyond_its_promise_without_an_alarm_is_no_quiet_one() -> None:
    unproved = "not as promised so far, not proved: being looked at"
    assert words_of(rate("all", 180)) == [unproved]
    assert words_of(rate("all", 30, state="watching"), LOUD) == [unproved, "too much"]
    assert words_of(rate("all", 400), LOUD) == [unproved, "too much"]
    assert words_of(rate("type refund", 180), LOUD) == [unproved, "too much"]


def test_a_rate_that_keeps_its_promise_or_has_none_is_as_it_was() -> None:
    none = Seen.of(0, 0)
    assert words_of(rate("all", 110), LOUD) == ["no change found", "too much"]
    assert words_of(rate("all", 180, promised=None, state="no promise")) == ["no promise"]
    unseen = Rate(
        series="all", promised=Seen.of(1, 9), in_force=none, day=none, week=none, state="quiet"
    )
    assert words_of(unseen) == ["no change found"]


# Waves of what the system raises


@pytest.mark.parametrize(
    ("faults", "sound", "is_wave"), [(5, 95, True), (5, 96, False), (4, 0, False), (60, 0, True)]
)
def test_faults_are_a_wave_from_five_and_a_twentieth_on(
    faults: int, sound: int, is_wave: bool
) -> None:
    lately = [Kind("", ("confidence.1", "fault"), faults), Kind("", (), sound)]
    found = system_signals("support-agent", lately, HOUR)
    assert [(one.kind, one.subject) for one in found] == (
        [("too_much", "condition fault")] if is_wave else []
    )
    if is_wave:
        assert found[0].sentence.startswith(f"{faults} of {faults + sound} decisions")
        assert found[0].since == HOUR


def test_stalls_are_a_wave_too_and_what_is_not_ready_is_none() -> None:
    lately = [Kind("", ("stall",), 9), Kind("", ("not_ready",), 50)]
    (found,) = system_signals("support-agent", lately, HOUR)
    assert found.subject == "condition stall"
