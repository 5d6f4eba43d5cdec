"""Decisions counted as they are sealed, and taken up by the monitors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handraise.errors import StoreError
from handraise.model import DecisionRecord, Tally
from handraise.store import Store
from handraise.store.monitors import States
from handraise.store.tallies import MOST_HOURS, MOST_ROWS, UNKNOWN
from tests.store.records import AGENT, NOW, after, make_escalation, make_record

HOUR = datetime(2026, 11, 22, 19, tzinfo=UTC)
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def counting(any_store: Store) -> Store:
    """Return a store that knows two types of every version."""
    any_store.known_types = lambda _agent, _version: {"refund_request", "change_address"}
    return any_store


def counts(store: Store, agent: str = AGENT) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Return how many of each kind, and how many of them were looked at."""
    return {
        (tally.version, tally.hour, tally.type, tally.severity, tally.rows): (
            tally.count,
            tally.looked,
        )
        for tally in store.tallies_between(agent, *EVER)
    }


def total(store: Store, agent: str = AGENT) -> int:
    return sum(count for count, _ in counts(store, agent).values())


def test_decisions_are_counted_by_hour_version_type_severity_and_rows(counting: Store) -> None:
    counting.record_decisions(
        [
            make_record(severity="high"),
            make_record(severity="high", decided_at=after(minutes=9)),
            make_record(severity="high", decided_at=after(minutes=10)),
            make_record(rows=("confidence.1", "novelty.1"), type=None),
            make_record(version="v2"),
            make_record(agent="other"),
        ]
    )
    assert counts(counting) == {
        ("v1", HOUR, "refund_request", "high", ()): (2, 0),
        ("v1", HOUR + timedelta(hours=1), "refund_request", "high", ()): (1, 0),
        ("v1", HOUR, "", "", ("confidence.1", "novelty.1")): (1, 0),
        ("v2", HOUR, "refund_request", "", ()): (1, 0),
    }
    assert total(counting, "other") == 1


def test_a_rehearsal_is_never_counted(counting: Store) -> None:
    counting.record_decisions([make_record(rehearsal=True)])
    stopped = make_escalation(rehearsal=True)
    counting.create_escalation(make_record(stopped), stopped, (), ())
    counting.seal_decisions()
    assert counts(counting) == {}


def test_a_type_that_the_version_does_not_know_is_counted_without_its_name(
    counting: Store,
) -> None:
    counting.record_decisions([make_record(type=f"I am Jane Doe, number {n}") for n in range(50)])
    assert counts(counting) == {("v1", HOUR, UNKNOWN, "", ()): (50, 0)}


def test_what_is_passed_over_as_known_is_not_counted_again(counting: Store) -> None:
    first = make_record(key="a", digest="one")
    counting.record_decisions([first, make_record()])
    again = [first, make_record(key="a", digest="one"), make_record(key="a", digest="two")]
    counting.record_decisions([*again, make_record(type="change_address")])
    assert counts(counting) == {
        ("v1", HOUR, "refund_request", "", ()): (2, 0),
        ("v1", HOUR, "change_address", "", ()): (1, 0),
    }


def test_one_decision_twice_in_a_group_is_counted_once(counting: Store) -> None:
    record = make_record()
    counting.record_decisions([record, record])
    assert total(counting) == 1


def test_a_stop_is_counted_when_it_is_sealed_and_only_then(counting: Store) -> None:
    stopped = make_escalation()
    counting.create_escalation(make_record(stopped, severity="high"), stopped, (), ())
    counting.record_decisions([make_record()], seal=False)
    assert counts(counting) == {}
    assert counting.seal_decisions() == 2
    assert counting.seal_decisions() == 0
    assert counts(counting) == {
        ("v1", HOUR, "refund_request", "high", ("consequence.1",)): (1, 0),
        ("v1", HOUR, "refund_request", "", ()): (1, 0),
    }


def test_what_could_not_be_sealed_is_not_counted(counting: Store) -> None:
    with counting.write() as connection:
        connection.exec_driver_sql("UPDATE chain SET link = '' WHERE name = 'x'")
        connection.exec_driver_sql("DELETE FROM chain")
    with pytest.raises(StoreError):
        counting.record_decisions([make_record()])
    assert counts(counting) == {}


def test_more_rows_at_once_than_an_index_holds_are_cut(counting: Store) -> None:
    rows = tuple(f"consequence.{n}" for n in range(1, 2_000))
    counting.record_decisions([make_record(rows=rows)])
    (found,) = counting.tallies_between(AGENT, *EVER)
    assert found.rows == rows[:MOST_ROWS]


def test_writers_of_the_same_kinds_lose_nothing_and_never_wait_crosswise(counting: Store) -> None:
    kinds = [("refund_request", ()), ("change_address", ()), ("x", ("novelty.1",))]

    def write(order: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        for _ in range(15):
            counting.record_decisions([make_record(type=one, rows=rows) for one, rows in order])

    writers = [threading.Thread(target=write, args=(one,)) for one in (kinds, kinds[::-1])]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [count for count, _ in counts(counting).values()] == [30, 30, 30]


# Taken up by the monitors


class Judge:
    """Adds up what it is shown, in one state."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.seen: list[tuple[str, int]] = []
        self._meanwhile = meanwhile

    def __call__(self, fresh: Sequence[Tally], states: States) -> States:
        self.seen += [(tally.type, tally.count - tally.looked) for tally in fresh]
        self._meanwhile()
        before = states.get("all", {"n": 0})["n"]
        return {"all": {"n": before + sum(tally.count - tally.looked for tally in fresh)}}


def test_each_decision_is_taken_up_once(counting: Store) -> None:
    judge = Judge()
    counting.record_decisions([make_record(), make_record(type="change_address")])
    assert counting.take_up(AGENT, "v1", judge, NOW)
    counting.record_decisions([make_record()])
    assert counting.take_up(AGENT, "v1", judge, after(minutes=1))
    assert not counting.take_up(AGENT, "v1", judge, after(minutes=2))
    assert judge.seen == [("change_address", 1), ("refund_request", 1), ("refund_request", 1)]
    (monitor,) = counting.monitors(AGENT, "v1")
    assert (monitor.series, monitor.state) == ("all", {"n": 3})
    assert counting.monitors("other", "v1") == []


def test_a_judge_that_breaks_leaves_everything_as_it_was(counting: Store) -> None:
    counting.record_decisions([make_record()])

    def broken(_fresh: Sequence[Tally], _states: States) -> States:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        counting.take_up(AGENT, "v1", broken, NOW)
    assert [looked for _, looked in counts(counting).values()] == [0]
    assert counting.monitors(AGENT, "v1") == []


def test_decisions_by_another_version_are_passed_over_for_good(counting: Store) -> None:
    judge = Judge()
    counting.record_decisions([make_record(version="v1"), make_record(version="v2")])
    assert counting.take_up(AGENT, "v2", judge, NOW)
    assert not counting.take_up(AGENT, "v1", judge, NOW)
    assert judge.seen == [("refund_request", 1)]


def test_two_workers_at_once_take_each_decision_up_once(counting: Store) -> None:
    judge = Judge()
    counting.record_decisions([make_record() for _ in range(20)])
    workers = [
        threading.Thread(target=counting.take_up, args=(AGENT, "v1", judge, NOW)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert judge.seen == [("refund_request", 20)]
    assert counting.monitors(AGENT, "v1")[0].state == {"n": 20}


def test_what_is_counted_during_a_look_is_taken_up_by_the_next(counting: Store) -> None:
    if counting.place.engine == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    counting.record_decisions([make_record()])
    meanwhile = Judge(lambda: counting.record_decisions([make_record(), make_record()]))
    assert counting.take_up(AGENT, "v1", meanwhile, NOW)
    later = Judge()
    assert counting.take_up(AGENT, "v1", later, NOW)
    assert (meanwhile.seen, later.seen) == ([("refund_request", 1)], [("refund_request", 2)])


def test_what_waited_for_long_is_taken_up_some_whole_hours_at_a_time(counting: Store) -> None:
    hours = [make_record(decided_at=after(hours=hour)) for hour in range(MOST_HOURS + 3)]
    counting.record_decisions([*hours, make_record(decided_at=after(hours=MOST_HOURS - 1))])
    sizes = []
    for _ in range(3):
        judge = Judge()
        counting.take_up(AGENT, "v1", judge, after(days=2))
        sizes.append(sum(count for _, count in judge.seen))
    assert sizes == [MOST_HOURS + 1, 3, 0]


# Read


def stretch(store: Store) -> None:
    """Record three hours of decisions."""
    records: list[DecisionRecord] = []
    for hour, stopped in enumerate((1, 0, 2)):
        at = after(hours=hour)
        records += [make_record(decided_at=at) for _ in range(4)]
        records += [make_record(decided_at=at, rows=("novelty.1",)) for _ in range(stopped)]
    store.record_decisions([*records, make_record(version="v2")])


def test_counts_are_read_by_hour_or_added_up(counting: Store) -> None:
    stretch(counting)
    later = HOUR + timedelta(hours=1)
    assert counting.by_hour(AGENT, *EVER) == {
        HOUR: (6, 1),
        later: (4, 0),
        HOUR + timedelta(hours=2): (6, 2),
    }
    assert counting.by_hour(AGENT, HOUR, later, version="v1") == {HOUR: (5, 1)}
    found = counting.tallied(AGENT, later, EVER[1], version="v1")
    assert {(one.type, one.rows): one.count for one in found} == {
        ("refund_request", ()): 8,
        ("refund_request", ("novelty.1",)): 2,
    }
    by_rows = counting.tallied(AGENT, *EVER, by_type=False)
    assert {(one.type, one.rows): one.count for one in by_rows} == {
        ("", ()): 13,
        ("", ("novelty.1",)): 3,
    }
    assert counting.first_hour(AGENT, "v2") == HOUR
    assert counting.first_hour(AGENT, "v3") is None


def test_old_counts_are_forgotten_a_part_at_a_time(counting: Store) -> None:
    stretch(counting)
    until = HOUR + timedelta(hours=2)
    assert counting.forget_tallies(until, limit=2) == 2
    assert counting.forget_tallies(until, limit=5) == 2
    assert counting.forget_tallies(until, limit=5) == 0
    assert list(counting.by_hour(AGENT, *EVER)) == [until]


def test_what_was_counted_is_what_was_decided(counting: Store) -> None:
    stopped = make_record(rows=("confidence.1", "novelty.1"), type=None)
    later = make_record(severity="high", decided_at=after(days=3))
    counting.record_decisions([make_record(severity="high"), stopped, later])
    counting.record_decisions([make_record(rehearsal=True)])

    with counting.proof() as proof:
        assert proof.decided() == proof.tallied() != {}
        assert sorted(proof.decided().values()) == [1, 1, 1]
        assert proof.all_counted_since() == {AGENT: "2026-11-23T19"}

    counting.forget_tallies(after(days=2))
    with counting.proof() as proof:
        assert len(proof.tallied()) == 1
        assert proof.all_counted_since() == {AGENT: "2026-11-26T19"}
