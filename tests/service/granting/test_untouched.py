"""What somebody edited with SQL allows nothing: no resolution, no grant, no use of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

import handraise
from handraise.errors import EscalationError, GrantError, StoreError
from handraise.model import Decision, Verdict
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, answered, gate_of
from tests.support.server import Server

Gate = EmbeddedGate | RemoteGate
WORDS = "was changed outside of Handraise; do not act; `handraise log verify` says where"


@pytest.fixture(params=["embedded", "remote"])
def face(request: pytest.FixtureRequest, operation: Operation) -> Iterator[Gate]:
    if request.param == "embedded":
        yield gate_of(operation)
        return
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    with handraise.connect(server.url, key) as gate:
        yield gate
    server.close()


def edit(operation: Operation, statement: str, *values: Any) -> None:
    with operation.store.write() as connection:
        connection.exec_driver_sql(statement, values)


def ended(operation: Operation, kind: str, **more: Any) -> str:
    verdict = gate_of(operation).decide(**BIG, case="ticket-1", key="one")
    id = verdict.escalation_id or ""
    answered(operation, id, kind, **more)
    return id


def alarms(operation: Operation) -> list[str]:
    return [one.body for one in operation.store.messages(to="priya") if one.kind == "alarm"]


def test_a_rejected_refund_edited_to_approved_is_refused(face: Gate, operation: Operation) -> None:
    id = ended(operation, "reject", reason="no")
    edit(operation, "UPDATE escalations SET outcome = 'approved' WHERE id = ?", id)
    for read in (lambda: face.resolution(id), lambda: face.resolution(key="one")):
        with pytest.raises(EscalationError) as caught:
            read()
        assert str(caught.value) == f"the escalation {id} {WORDS}"
    with pytest.raises(EscalationError, match="changed outside"):
        face.wait(id, 5)
    [told] = alarms(operation)
    assert "It reads as approved." in told
    assert f"escalation {id}: its row, or that of an ask, is not what event" in told


def test_the_list_of_an_agent_refuses_it_too(operation: Operation) -> None:
    id = ended(operation, "reject", reason="no")
    edit(operation, "UPDATE escalations SET outcome = 'approved' WHERE id = ?", id)
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    try:
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{server.url}/api/v1/escalations", headers=headers)
    finally:
        server.close()
    assert answer.status_code == 409
    assert "changed outside of Handraise" in answer.json()["detail"]


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE escalations SET proposal = '{"refund":9999}' WHERE id = ?""",
        """UPDATE asks SET holder = 'dana' WHERE escalation_id = ?""",
        "UPDATE events SET state_digest = NULL WHERE escalation_id = ?",
    ],
)
def test_a_grant_of_what_was_edited_is_not_taken(operation: Operation, statement: str) -> None:
    gate, id = gate_of(operation), ended(operation, "approve")
    resolution = gate.resolution(id)
    assert resolution is not None
    seen = gate.escalation(id)
    edit(operation, statement, id)
    with pytest.raises((EscalationError, GrantError)):
        gate.use_grant(resolution.grant, action="refund", proposal={"refund": 6200})
    with pytest.raises(EscalationError):
        gate.with_grant(seen)
    assert operation.store.used_grant(id) is None


def test_what_allows_nothing_is_read_as_it_stands(operation: Operation) -> None:
    id = ended(operation, "approve")
    edit(operation, "UPDATE escalations SET outcome = 'rejected' WHERE id = ?", id)
    resolution = gate_of(operation).resolution(id)
    assert resolution is not None
    assert not resolution.may_act
    assert alarms(operation) == []


def test_a_stop_made_to_read_as_a_proceed_stops_once_more(operation: Operation) -> None:
    gate = gate_of(operation)
    id = ended(operation, "reject", reason="no")
    edit(operation, "UPDATE decisions SET escalation_id = NULL WHERE escalation_id = ?", id)
    # The table would allow it by now: the record alone says what came of the key.
    decision = Decision(**BIG, case="ticket-1", key="one")
    verdict = Verdict(decision, version=gate.table.version)
    stopped = operation.stops.remembered(gate.table, verdict, decision)
    assert stopped is not None
    assert "changed outside of Handraise" in stopped.reasons[-1].sentence
    again = operation.stops.remembered(gate.table, verdict, decision)
    assert again is not None
    assert again.escalation_id == stopped.escalation_id != id
    edit(operation, "UPDATE decisions SET escalation_id = NULL")
    with pytest.raises(StoreError, match="changed outside"):
        operation.stops.remembered(gate.table, verdict, decision)
    assert not gate.decide(decision).may_act


def test_a_sealed_proceed_that_was_edited_goes_ahead_no_more(operation: Operation) -> None:
    gate = gate_of(operation)
    verdict = gate.decide(**SURE, key="two")
    grant = gate.grant(verdict)
    operation.store.seal_decisions()
    assert gate.decide(**SURE, key="two").may_act
    edit(operation, "UPDATE decisions SET confidence = 0.99 WHERE key = 'two'")
    assert not gate.decide(**SURE, key="two").may_act
    with pytest.raises(GrantError):
        gate.use_grant(grant, action="refund", proposal={"refund": 40})


def test_a_resolution_that_is_logged_gives_nothing_away(operation: Operation) -> None:
    id = ended(operation, "approve")
    resolution = gate_of(operation).resolution(id)
    assert resolution is not None
    assert resolution.grant is not None
    resolution = msgspec.structs.replace(resolution, reason="a word", instruction="another")
    for hidden in (resolution.grant, "6200", "a word", "another"):
        assert hidden not in repr(resolution)
    assert repr(resolution).startswith(
        f"Resolution(escalation_id='{id}', outcome='approved', may_act=True, by='ines', at="
    )
