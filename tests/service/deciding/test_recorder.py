"""The recorder: in groups, in order, nothing lost in silence."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from handraise.errors import KeyConflictError, StoreError, StoreUnavailableError
from handraise.model import DecisionRecord
from handraise.service.deciding.recorder import GROUP, MAX_WAITING, Recorder
from handraise.service.telling.wording import fresh_id
from handraise.store import Store, open_store
from tests.support.operation import AGENT, SURE, gate_of, opened

NOW = datetime(2026, 11, 22, 19, 50, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)


def _record(**more: object) -> DecisionRecord:
    fields = {"id": fresh_id(), "agent": AGENT, "version": "v", "decided_at": NOW, **more}
    return DecisionRecord(**fields)  # type: ignore[arg-type]


class _Told:
    """Keeps what it was told of."""

    def __init__(self) -> None:
        self.conflicts: list[DecisionRecord] = []
        self.refused: list[DecisionRecord] = []


@pytest.fixture
def told() -> _Told:
    return _Told()


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{folder / 'handraise.db'}")
    yield store
    store.close()


@pytest.fixture
def recorder(store: Store, told: _Told) -> Recorder:
    return Recorder(store, told.conflicts.append, told.refused.append)


def _ids(store: Store) -> list[str]:
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM decisions ORDER BY rowid")
        return [row[0] for row in rows]


def _limit_pages(store: Store, more: int) -> None:
    """Let the database grow by so many pages and no further, as a full disk would."""
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")


def test_what_is_handed_over_is_written_when_it_is_closed(recorder: Recorder, store: Store) -> None:
    records = [_record() for _ in range(2 * GROUP + 7)]
    for record in records:
        assert recorder.hand_over(record)
    recorder.close()
    assert _ids(store) == [record.id for record in records]
    assert recorder.waiting == 0


def test_a_closed_one_takes_nothing_more(recorder: Recorder, store: Store) -> None:
    recorder.close()
    assert not recorder.hand_over(_record())
    assert not recorder.healthy
    assert _ids(store) == []


def test_a_key_used_twice_by_two_processes_is_told(
    recorder: Recorder, store: Store, told: _Told
) -> None:
    store.record_decisions([_record(key="k", digest="one"), _record(key="same", digest="d")])
    late = _record(key="k", digest="two")
    for record in (late, _record(key="same", digest="d"), _record()):
        recorder.hand_over(record)
    recorder.close()
    assert told.conflicts == [late]
    assert len(_ids(store)) == 3


def test_from_the_first_refusal_until_it_is_taken_again_it_is_not_healthy(
    recorder: Recorder, store: Store
) -> None:
    _limit_pages(store, 0)
    recorder.hand_over(_record(proposal="x" * 100_000))
    with pytest.raises(StoreUnavailableError):
        recorder.flush()
    assert not recorder.healthy
    assert recorder.waiting == 1
    _limit_pages(store, 100_000)
    recorder.flush()
    assert recorder.healthy
    recorder.close()


def test_closing_says_that_records_are_lost(recorder: Recorder, store: Store) -> None:
    _limit_pages(store, 0)
    recorder.hand_over(_record(proposal="x" * 100_000))
    with pytest.raises(StoreUnavailableError):
        recorder.close()


def test_a_record_the_database_refuses_is_told_and_holds_up_no_other(
    recorder: Recorder, store: Store, told: _Told
) -> None:
    bad = _record(decided_at=NAIVE)
    records = [_record(), bad, _record()]
    for record in records:
        recorder.hand_over(record)
    recorder.close()
    assert told.refused == [bad]
    assert _ids(store) == [records[0].id, records[2].id]


def test_while_the_owner_cannot_be_told_of_it_nothing_goes_ahead(store: Store) -> None:
    """A database that refuses everything must not look like one bad record after the other."""

    def refuse(_record: DecisionRecord) -> None:
        raise StoreError("the database is broken")

    recorder = Recorder(store, refuse, refuse)
    recorder.hand_over(_record(decided_at=NAIVE))
    with pytest.raises(StoreError):
        recorder.flush()
    assert not recorder.healthy
    assert recorder.waiting == 1
    with pytest.raises(StoreError):
        recorder.close()


def test_the_queue_is_bounded(recorder: Recorder, store: Store) -> None:
    one = _record(proposal="x" * 50_000)
    with store.write() as connection:  # nobody else writes meanwhile
        taken = sum(recorder.hand_over(one) for _ in range(MAX_WAITING + 5))
        assert taken == MAX_WAITING
        assert not recorder.healthy
        connection.rollback()
    recorder.close()
    assert _ids(store) == [one.id]


def test_many_threads_lose_nothing(recorder: Recorder, store: Store) -> None:
    def hand_over() -> None:
        for _ in range(500):
            assert recorder.hand_over(_record())

    threads = [threading.Thread(target=hand_over) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert len(set(_ids(store))) == 2_000


def test_of_two_processes_with_one_key_only_one_goes_ahead(folder: Path) -> None:
    one, two = opened(folder), opened(folder)
    assert not gate_of(two).decide(**SURE, key="k").escalated
    other = {**SURE, "proposal": {"refund": 41}}
    with pytest.raises(KeyConflictError):
        gate_of(one).decide(**other, key="k")
    one.close()
    two.close()


def test_a_key_that_went_ahead_is_known_to_a_process_that_starts_after_a_kill(folder: Path) -> None:
    gate = gate_of(opened(folder))
    assert not gate.decide(**SURE, key="k").escalated
    # Nothing is flushed or closed here: what follows sees what a kill would leave.
    again = opened(folder, is_ready=False)
    with pytest.raises(KeyConflictError):
        gate_of(again).decide(**{**SURE, "proposal": {"refund": 60}}, key="k")
    again.close()


def test_a_lost_record_alarms_the_owner(folder: Path) -> None:
    operation = opened(folder)
    gate = gate_of(operation)
    verdict = gate.decide(**SURE)
    record, _ = gate._record(verdict, verdict.decision, "")
    operation.recorder.hand_over(msgspec.structs.replace(record, decided_at=NAIVE))
    operation.recorder.flush()
    assert operation.store.messages(to="priya")[0].subject == "A decision could not be recorded"
    operation.close()
