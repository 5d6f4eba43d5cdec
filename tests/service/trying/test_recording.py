"""Real decisions as tests: what was brought and the verdict of then; never a customer's words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.core.table.types import Table
from handraise.core.trial.trial import run_cases
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.trying.recording import Recorded, recorded
from handraise.service.wiring import Operation
from handraise.store import Store, open_store
from tests.store.records import (
    NOW,
    approval,
    make_escalation,
    make_reason,
    make_record,
)
from tests.support.learned import learned_table
from tests.support.operation import BIG as BIG_REFUND
from tests.support.operation import SURE, UNSURE
from tests.support.support_table import table_of

SMALL = {"proposal": {"refund": 40}, "facts": {}}
BIG = {"proposal": {"refund": 6200}, "facts": {}}


@pytest.fixture
def store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'handraise.db'}"
    opened = open_store(url, migrate=True)
    yield opened
    opened.close()


@pytest.fixture
def table() -> Table:
    return table_of()


def stopped(store: Store, *reasons: tuple[str, str], ended: str = "", **fields: object) -> str:
    """Keep a decision that was stopped by these rows, at these routes."""
    routes = dict.fromkeys(route for _, route in reasons)
    escalation = make_escalation(
        *({"route": route} for route in routes),
        reasons=tuple(make_reason(row=row, route=route) for row, route in reasons),
    )
    record = make_record(escalation, **{**BIG, **fields})
    assert store.create_escalation(record, escalation, [], []) is None
    if ended:

        def step(one: object) -> object:
            move = approval(one, "ines")  # type: ignore[arg-type]
            return replace(move, escalation=replace(move.escalation, outcome=ended)), []

        store.change(escalation.id, step)  # type: ignore[arg-type]
    return record.id


def of(found: Recorded) -> list[tuple[dict[str, object], tuple[str, ...]]]:
    return [(case.given, case.escalate) for case in found.cases]


def test_a_decision_that_went_ahead_and_one_that_stopped_are_tests(
    store: Store, table: Table
) -> None:
    store.record_decisions([make_record(**SMALL, case="ticket-1", key="k")])
    id = stopped(store, ("consequence.1", "finance"), ended="rejected")
    found = recorded(store, table, limit=10)
    given = {"type": "refund_request", "action": "refund", "confidence": 0.91}
    assert of(found) == [
        ({**given, "proposal": {"refund": 6200}}, ("finance",)),
        ({**given, "proposal": {"refund": 40}}, ()),
    ]
    assert found.cases[0].name == (
        f"2026-11-22 19:50 refund_request, refund ({id[-6:]}): people rejected it"
    )
    assert not found.cases[1].is_waiting
    assert run_cases(replace(table, tests=()), more=found.cases).ok
    assert (found.repeated, found.elsewhere, found.wordings) == (0, 0, 0)


def test_routes_that_a_change_added_are_not_of_then(store: Store, table: Table) -> None:
    escalation = make_escalation(
        {"route": "supervisor"},
        {"route": "finance"},
        reasons=(
            make_reason(row="confidence.1", route="supervisor"),
            make_reason(row="consequence.1", route="finance"),
        ),
    )
    record = make_record(escalation, **SMALL, rows=("confidence.1",))
    assert store.create_escalation(record, escalation, [], []) is None
    assert of(recorded(store, table, limit=10))[0][1] == ("supervisor",)


def test_the_same_decision_stands_once_with_its_newest_verdict(store: Store, table: Table) -> None:
    store.record_decisions([make_record(**BIG)])
    stopped(store, ("consequence.1", "finance"))
    store.record_decisions([make_record(**BIG, case="another")])
    found = recorded(store, table, limit=10)
    assert (len(found.cases), found.repeated) == (1, 2)
    assert found.cases[0].escalate == ()


def test_practice_and_what_the_table_did_not_stop_are_left_out(store: Store, table: Table) -> None:
    store.record_decisions([make_record(**SMALL, rehearsal=True)])
    stopped(store, ("not_ready", "owner"))
    stopped(store, ("consequence.1", "a_route_of_then"))
    stopped(store, ("stall", "owner"))
    store.record_decisions([make_record(**SMALL, rows=("consequence.1",))])
    found = recorded(store, table, limit=10)
    assert (found.cases, found.elsewhere) == ((), 4)


def test_only_the_newest_and_those_since_an_instant_are_looked_at(
    store: Store, table: Table
) -> None:
    made = [
        make_record(proposal={"refund": n}, facts={}, decided_at=NOW + timedelta(days=n))
        for n in range(4)
    ]
    store.record_decisions(made)
    assert [case.given["proposal"] for case in recorded(store, table, limit=2).cases] == [
        {"refund": 3},
        {"refund": 2},
    ]
    since = datetime(2026, 11, 25, tzinfo=UTC)
    assert len(recorded(store, table, limit=9, since=since).cases) == 1


def test_no_word_of_a_customer_is_recorded_and_the_teams_own_stands_in(store: Store) -> None:
    table = learned_table()
    store.record_decisions([make_record(**SMALL), make_record(**SMALL, type="card_lost")])
    stopped(store, ("novelty.2", "finance"))
    found = recorded(store, table, limit=9, texts={"card_lost": "my card is gone"})
    assert found.wordings == 1
    assert {case.given["type"]: case.given.get("text") for case in found.cases} == {
        "refund_request": None,
        "card_lost": "my card is gone",
    }


def test_a_decision_of_no_usable_type_has_a_name_all_the_same(store: Store, table: Table) -> None:
    stopped(store, ("novelty.1", "supervisor"), type=None, action=None, confidence=None)
    (case,) = recorded(store, table, limit=9).cases
    assert "a decision (" in case.name
    assert case.given == {"proposal": {"refund": 6200}}


def test_what_the_gate_at_work_decided_passes_as_tests(
    operation: Operation, gate: EmbeddedGate
) -> None:
    asked = (
        SURE,
        BIG_REFUND,
        UNSURE,
        {**BIG_REFUND, "confidence": 0.1, "type": "court_order"},
        {**SURE, "facts": {"undeclared": 1}},
        {**SURE, "confidence": None},
        {**SURE, "action": "sing"},
    )
    for n, fields in enumerate(asked):
        gate.decide(**{**fields, "key": f"k{n}", "text": "what the customer wrote"})
    found = recorded(operation.store, gate.table, limit=100)
    assert len(found.cases) == len(asked)
    trial = run_cases(gate.table, more=found.cases)
    assert [result.why for result in trial.failures] == []
    assert "customer" not in str(found.cases)
    assert {case.escalate for case in found.cases} > {(), ("finance_lead",), ("owner",)}
