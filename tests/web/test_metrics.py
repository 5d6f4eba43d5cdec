"""The figures that Prometheus reads: each is right, none is of a person, and old ones are counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from handraise import __version__
from handraise.clock import ManualClock
from handraise.model import Promise
from handraise.service.wiring import Operation
from handraise.web.api.figures import BUCKETS_S, FIGURES, Durations
from handraise.web.api.metrics import Metrics
from tests.support.audited import TABLE as AUDITED
from tests.support.audited import alone, looked
from tests.support.databases import migrated_file
from tests.support.operation import AGENT, BIG, SURE, UNSURE, RecordingSender, gate_of, opened
from tests.support.watched import LITTLE, OF_DANA, FakeWatcher

__all__ = ["migrated_file"]

Key = tuple[str, ...]


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def operation(
    tmp_path: Path, migrated_file: Path, clock: ManualClock, sender: RecordingSender
) -> Iterator[Operation]:
    """Return an operation all of whose decisions are drawn for a look."""
    (tmp_path / "handraise.db").write_bytes(migrated_file.read_bytes())
    operation = opened(tmp_path, clock=clock, sender=sender, table=AUDITED)
    yield operation
    operation.close()


@pytest.fixture
def metrics(operation: Operation) -> Metrics:
    return Metrics(operation)


def read(metrics: Metrics) -> dict[Key, float]:
    """Return every value of a scrape, by the name of its series and its labels but the agent."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            assert sample.labels.pop("agent", AGENT) == AGENT
            name = sample.name.removeprefix("handraise_")
            found[(name, *(sample.labels[label] for label in sorted(sample.labels)))] = sample.value
    return found


def decide(operation: Operation, *decisions: dict[str, object]) -> list[str]:
    """Let the agent decide; return the escalations."""
    gate = gate_of(operation)
    verdicts = [gate.decide(**one) for one in decisions]  # type: ignore[arg-type]
    operation.recorder.flush()
    operation.record.tick()
    return [one.escalation_id for one in verdicts if one.escalation_id is not None]


def answer(operation: Operation, escalation_id: str, kind: str = "approve", by: str = "") -> None:
    """Let who has it answer, or somebody else of the route."""
    found = operation.store.escalation(escalation_id)
    assert found is not None
    for ask in found.asks[:1] if kind == "reject" else found.asks:
        operation.desk.answer(
            ask.id,
            by or ask.holder,
            kind=kind,  # type: ignore[arg-type]
            digest=found.proposal_digest,
            reason="no" if kind == "reject" else None,
        )


def test_decisions_are_counted_by_verdict_row_condition_and_route(
    operation: Operation, metrics: Metrics
) -> None:
    both = {**BIG, "confidence": 0.5, "key": "both"}
    decide(operation, SURE, SURE, UNSURE, BIG, both, {**UNSURE, "type": "Jane Doe", "key": "new"})
    found = read(metrics)
    assert found["decisions_total", "proceed"] == 2
    assert found["decisions_total", "escalate"] == 4
    assert found["rows_fired_total", "confidence", "confidence.1"] == 3
    assert found["rows_fired_total", "consequence", "consequence.1"] == 2
    assert found["rows_fired_total", "novelty", "novelty.1"] == 1
    assert found["conditions_fired_total", "confidence"] == 3
    assert found["routes_asked_total", "support_supervisor"] == 3
    assert found["routes_asked_total", "finance_lead"] == 2


def test_what_the_system_raised_is_counted_under_its_own_name(
    operation: Operation, metrics: Metrics
) -> None:
    decide(operation, {**SURE, "confidence": "very"})
    found = read(metrics)
    assert found["decisions_total", "escalate"] == 1
    assert sum(value for key, value in found.items() if key[0] == "conditions_fired_total") >= 1


def test_decisions_go_on_over_a_restart_and_over_what_is_forgotten(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    decide(operation, SURE, UNSURE)
    before = read(metrics)
    for days in (3, 200, 200, 30):
        clock.advance(days=days)
        decide(operation, SURE)
        operation.rates.tidy()
        again, anew = read(metrics), read(Metrics(operation))
        for key, value in before.items():
            if key[0] in {"decisions_total", "rows_fired_total"}:
                assert again[key] == anew[key] >= value
        before = again
    assert before["decisions_total", "proceed"] == 5
    kept = operation.store.tallies_between(AGENT, clock.now() - timedelta(days=900), clock.now())
    assert sum(one.count for one in kept) == 3


def test_a_version_that_cannot_be_read_is_counted_without_its_rows(
    operation: Operation, metrics: Metrics
) -> None:
    decide(operation, UNSURE)
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE tallies SET version = 'of another release'")
    found = read(metrics)
    assert found["decisions_total", "escalate"] == 1
    assert not [key for key in found if key[0] == "rows_fired_total"]


def test_what_waits_is_told_by_route(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    decide(operation, BIG)
    clock.advance(minutes=5)
    decide(operation, {**UNSURE, "key": "second"})
    clock.advance(minutes=2)
    found = read(metrics)
    assert found["escalations_open",] == 2
    assert found["asks_open", "finance_lead"] == found["asks_open", "support_supervisor"] == 1
    assert found["oldest_ask_seconds", "finance_lead"] == 420
    assert found["oldest_ask_seconds", "support_supervisor"] == 120
    assert found["asks_open", "owner"] == found["oldest_ask_seconds", "owner"] == 0
    assert found["asks_overdue", "finance_lead"] == 0
    clock.advance(days=9)
    assert read(metrics)["asks_overdue", "finance_lead"] == 1


def test_answers_are_counted_once_with_how_long_they_took(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    (first,) = decide(operation, UNSURE)
    ask = operation.store.escalation(first).asks[0]  # type: ignore[union-attr]
    clock.advance(minutes=2)
    operation.desk.acknowledge(ask.id, "dana")
    clock.advance(minutes=8)
    answer(operation, first, by="dana")
    found = read(metrics)
    assert not [key for key in found if key[0] in {"answers_total", "answer_seconds_sum"}]
    (second,) = decide(operation, {**UNSURE, "key": "second"})
    clock.advance(minutes=40)
    answer(operation, second, "reject", by="marc")
    for _ in range(2):
        found = read(metrics)
        assert found["answers_total", "approve", "support_supervisor"] == 1
        assert found["answers_total", "reject", "support_supervisor"] == 1
        assert found["answers_total", "change", "support_supervisor"] == 0
        assert found["escalations_resolved_total", "approved"] == 1
        assert found["escalations_resolved_total", "rejected"] == 1
        assert found["answer_seconds_count", "support_supervisor"] == 2
        assert found["answer_seconds_sum", "support_supervisor"] == 50 * 60
        assert found["acknowledge_seconds_sum", "support_supervisor"] == 42 * 60
        assert found["acknowledge_seconds_bucket", "300", "support_supervisor"] == 1
        assert found["acknowledge_seconds_bucket", "+Inf", "support_supervisor"] == 2
    assert read(Metrics(operation))["escalations_resolved_total", "approved"] == 0


def test_how_one_person_alone_answers_is_not_told(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    for number in range(3):
        (stopped,) = decide(operation, {**BIG, "key": f"k{number}"})
        clock.advance(minutes=3)
        answer(operation, stopped)
    of_people = ("answer", "acknowledge", "deadlines")
    found = [key for key in read(metrics) if key[0].startswith(of_people)]
    assert {key[-1] for key in found} == {"support_supervisor"}


def test_a_missed_deadline_and_a_message_that_reached_nobody_are_counted(
    operation: Operation, metrics: Metrics, clock: ManualClock, sender: RecordingSender
) -> None:
    decide(operation, UNSURE)
    assert read(metrics)["deadlines_missed_total", "support_supervisor"] == 0
    clock.advance(days=3)
    operation.worker.act()
    assert read(metrics)["deadlines_missed_total", "support_supervisor"] == 1
    sender.is_down = True
    for _ in range(9):
        clock.advance(minutes=20)
        operation.worker.deliver()
        found = read(metrics)
        if found["messages_undelivered_total", "support_supervisor"]:
            break
    assert found["messages_undelivered_total", "support_supervisor"] > 0
    assert found["contacts_failing", "mailto"] > 0


def test_messages_are_told_by_the_kind_of_their_channel(
    operation: Operation, metrics: Metrics, clock: ManualClock, sender: RecordingSender
) -> None:
    sender.is_down = True
    decide(operation, BIG)
    found = read(metrics)
    assert found["messages_waiting", "mailto"] >= 1
    assert found["messages_failing", "mailto"] == 0
    operation.worker.deliver()
    clock.advance(seconds=30)
    found = read(metrics)
    assert found["messages_failing", "mailto"] >= 1
    assert found["outbox_oldest_pending_seconds",] == 30


def test_alarms_are_counted_by_kind_and_those_about_a_person_are_not(
    operation: Operation, metrics: Metrics
) -> None:
    operation.watch.watchers = (FakeWatcher(LITTLE, OF_DANA),)
    operation.watch.look()
    found = read(metrics)
    assert found["alarms_open", "too_little"] == 1
    assert found["alarms_open", "unread"] == found["alarms_open", "too_much"] == 0


def test_the_promise_and_what_was_seen_stand_beside_each_other(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    assert not [key for key in read(metrics) if key[0].startswith("promised")]
    operation.store.save_promise(
        Promise(
            agent=AGENT,
            version=gate_of(operation).table.version,
            at=clock.now(),
            decisions=1_000,
            stopped=100,
            rows={"confidence.1": 100},
            conditions={"confidence": 100},
            routes={"support_supervisor": 100},
            types={"refund_request": (1_000, 100)},
        )
    )
    decide(operation, SURE, SURE, SURE, UNSURE)
    operation.watch.look()
    clock.advance(minutes=2)
    found = read(metrics)
    assert found["promised_rate", "all"] == found["promised_rate", "type refund_request"] == 0.1
    low, high = found["promised_rate_low", "all"], found["promised_rate_high", "all"]
    assert 0.08 < low < 0.1 < high < 0.13
    assert found["rate", "row confidence.1"] == 0.25
    assert 0 <= found["evidence", "all"] < 1


def test_what_goes_wrong_alone_is_told_with_its_bounds(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    alone(operation, 4)
    operation.asking.tick()
    found = read(metrics)
    assert found["audits_waiting",] == 4
    assert found["audits_late",] == 0
    assert found["wrong_alone_promised",] == 0.05
    assert ("wrong_alone",) not in found
    put = operation.store.audits(AGENT, state="asked")
    for place, audit in enumerate(put[:2]):
        looked(operation, audit, "wrong" if place else "right")
    clock.advance(days=4)
    found = read(metrics)
    assert (found["audits_waiting",], found["audits_late",]) == (2, 2)
    assert found["wrong_alone",] == 0.5
    assert found["wrong_alone_low",] <= 0.5 <= found["wrong_alone_high",]


def test_signs_of_life_are_counted(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    gate = gate_of(operation)
    gate.give_sign("1m", "one")
    gate.give_sign("10h", "two")
    gate.give_sign("10h", "three")
    gate.take_leave("three")
    clock.advance(minutes=5)
    found = read(metrics)
    assert (found["processes_expected",], found["processes_silent",]) == (2, 1)


def test_the_worker_and_the_watch_say_when_they_were_at_it(
    operation: Operation, metrics: Metrics, clock: ManualClock
) -> None:
    never = float("inf")
    found = read(metrics)
    assert found["worker_last_cycle_seconds",] == found["watch_last_look_seconds",] == never
    operation.worker.tick()
    clock.advance(seconds=7)
    found = read(metrics)
    assert found["worker_last_cycle_seconds",] == found["watch_last_look_seconds",] == 7
    assert found["build_info", __version__] == 1


def test_nothing_of_a_person_or_a_customer_stands_among_the_labels(
    operation: Operation, metrics: Metrics, sender: RecordingSender
) -> None:
    sender.is_down = True
    secret = "Jane Doe"
    ids = decide(
        operation,
        {**BIG, "case": secret, "type": secret, "text": secret},
        {**UNSURE, "action": secret, "key": secret, "context": {"x": secret}},
    )
    operation.worker.tick()
    answer(operation, ids[0], "reject")
    gate_of(operation).give_sign("1m", secret)
    operation.watch.watchers = (FakeWatcher(OF_DANA),)
    operation.watch.look()
    text = metrics.text().decode()
    people = gate_of(operation).table.people
    for word in (secret, "example.com", *people, *(person.name for person in people.values())):
        assert f'"{word}' not in text
        assert f'{word}"' not in text


def test_figures_that_break_leave_the_others(operation: Operation, metrics: Metrics) -> None:
    def breaks(_agent: str) -> None:
        raise RuntimeError("a fault")

    operation.rates.rates = breaks  # type: ignore[method-assign, assignment]
    decide(operation, SURE)
    found = read(metrics)
    assert found["decisions_total", "proceed"] == 1
    assert not [key for key in found if key[0] == "rate"]


def test_durations_are_kept_as_a_histogram_is() -> None:
    durations = Durations()
    for seconds in (0.0, 60.0, 61.0, 10_000_000.0):
        durations.add(seconds)
    found = dict(durations.buckets())
    assert (found["60"], found["300"], found["259200"], found["+Inf"]) == (2, 3, 3, 4)
    assert durations.sum_s == 10_000_121
    assert len(found) == len(BUCKETS_S) + 1


def test_every_figure_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert len({one.full_name for one in FIGURES}) == len(FIGURES)
    for one in FIGURES:
        assert one.says.endswith(".")
        assert "person" not in one.labels
