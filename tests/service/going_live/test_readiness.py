"""Go-live: the checklist, and a record that holds for what its owner signed and nothing else."""

import msgspec
import pytest

from handraise.clock import ManualClock
from handraise.core.table.read import Reading, read
from handraise.errors import NotReadyError
from handraise.model import ReadyRecord
from handraise.service.going_live.readiness import Readiness
from handraise.service.secrets import Signer
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, SECRET, STRICTER, SURE, TABLE, gate_of
from tests.support.signed import lines_of, sign

WITHOUT_TESTS = TABLE[: TABLE.index("tests:")]


@pytest.fixture
def record(operation: Operation) -> ReadyRecord:
    found = operation.store.ready_record(AGENT, gate_of(operation).table.version)
    assert found is not None
    return found


def _holds(operation: Operation, record: ReadyRecord) -> bool:
    """Whether the operation takes a record that stands in its store."""
    operation.store.save_ready(record)
    return operation.readiness.of(record.agent, record.version) is not None


def test_what_is_red_is_not_signed(operation: Operation) -> None:
    table = read(WITHOUT_TESTS).table
    assert table is not None
    with pytest.raises(NotReadyError, match="tests"):
        sign(operation, table)


def test_a_checklist_is_signed_for_the_version_that_was_looked_at_and_no_other(
    operation: Operation, record: ReadyRecord
) -> None:
    in_force, reading = gate_of(operation).table, _registered_stricter(operation)
    assert reading.table is not None
    lines = lines_of(in_force)
    unnamed = [msgspec.structs.replace(line, version="") for line in lines]
    for wrong in (lines, unnamed):
        with pytest.raises(NotReadyError, match="the table was changed meanwhile"):
            operation.readiness.sign(reading.table, wrong, "priya")
    assert operation.readiness.in_force(AGENT) == record


@pytest.mark.parametrize("by", ["dana", "", "support-agent", "PRIYA"])
def test_only_the_owner_signs(by: str, operation: Operation) -> None:
    table = read(STRICTER).table
    assert table is not None
    with pytest.raises(NotReadyError, match="owner"):
        sign(operation, table, by)


def test_a_record_is_ours_and_for_its_version_only(
    operation: Operation, record: ReadyRecord
) -> None:
    assert operation.readiness.of(AGENT, record.version) == record
    assert operation.readiness.of(AGENT, "another") is None
    assert operation.readiness.of("other-agent", record.version) is None
    other = Readiness(operation.store, operation.shelf, Signer(SECRET + "!"), operation.clock)
    assert other.of(AGENT, record.version) is None


def _forgeries(record: ReadyRecord) -> dict[str, ReadyRecord]:
    head, body, signature = record.statement.split(".")
    unsigned = "eyJhbGciOiJub25lIn0"
    statements = {
        "empty": "",
        "text": "ready",
        "dots": "..",
        "unsigned": f"{unsigned}.{body}.",
        "unsigned with a signature": f"{unsigned}.{body}.{signature}",
        "edited": f"{head}.{body[:-4]}AAAA.{signature}",
        "another signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "not even text": "\ufffd.\ufffd.\ufffd",
        "deep": "." + "W" * 9_000 + ".",
    }
    edited = {
        "another owner": {"by": "dana"},
        "another time": {"at": record.at.replace(year=2020)},
        "other evidence": {"evidence": [{**record.evidence[0], "state": "green"}]},
    }
    replaced = msgspec.structs.replace
    return {
        **{name: replaced(record, statement=said) for name, said in statements.items()},
        **{name: replaced(record, **change) for name, change in edited.items()},
    }


def test_a_forged_record_is_none(operation: Operation, record: ReadyRecord) -> None:
    for name, forged in _forgeries(record).items():
        assert not _holds(operation, forged), name
    assert _holds(operation, record)


def test_a_record_copied_to_another_version_is_none(
    operation: Operation, record: ReadyRecord
) -> None:
    assert not _holds(operation, msgspec.structs.replace(record, version="0123456789ab"))


def test_another_statement_of_ours_is_no_go_live_record(
    operation: Operation, record: ReadyRecord
) -> None:
    fields = {"agent": AGENT, "version": record.version, "by": "priya", "at": str(record.at)}
    for kind in ("grant", None, ["ready"]):
        signed = operation.signer.sign({"statement": kind, **fields})
        assert not _holds(operation, msgspec.structs.replace(record, statement=signed))


def test_a_forged_record_lets_nothing_go_ahead(operation: Operation, record: ReadyRecord) -> None:
    operation.store.save_ready(msgspec.structs.replace(record, by="dana"))
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE ready_records SET evidence = 'not JSON'")
    assert not gate_of(operation).ready


def _registered_stricter(operation: Operation) -> Reading:
    """Register a newer version, a minute later."""
    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(minutes=1)
    reading = read(STRICTER)
    assert reading.table is not None
    operation.shelf.register(reading.table, reading, "handraise.yaml")
    return reading


def test_a_version_that_is_signed_for_is_taken_up_and_ends_the_earlier_one(
    operation: Operation, record: ReadyRecord
) -> None:
    gate = operation.add(gate_of(operation).table)
    reading = _registered_stricter(operation)
    assert operation.readiness.of(AGENT, record.version) is not None, "registering changes nothing"
    assert reading.table is not None
    sign(operation, reading.table)

    verdict = gate.decide(**SURE)

    assert (verdict.outcome, verdict.version) == ("escalate", reading.table.version)
    assert gate.table.version == reading.table.version
    assert operation.readiness.of(AGENT, record.version) is None


def test_a_gate_that_is_opened_on_an_ended_version_judges_by_the_one_in_force(
    operation: Operation, record: ReadyRecord
) -> None:
    former = gate_of(operation).table
    reading = _registered_stricter(operation)
    assert reading.table is not None
    sign(operation, reading.table)

    gate = operation.add(former)

    assert gate.ready
    verdict = gate.decide(**SURE)
    assert [reason.condition for reason in verdict.reasons] == ["confidence"]
    assert verdict.version == gate.table.version == reading.table.version


def test_withdrawing_stops_everything_until_the_owner_signs_again(
    operation: Operation, record: ReadyRecord
) -> None:
    table = gate_of(operation).table
    with pytest.raises(NotReadyError, match="is not the owner"):
        operation.readiness.withdraw(table, "dana")
    assert operation.readiness.in_force(AGENT) is not None

    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(minutes=1)
    operation.readiness.withdraw(table, "priya")

    assert operation.readiness.in_force(AGENT) is None
    assert operation.add(table).decide(**SURE).reasons[-1].condition == "not_ready"
    sign(operation, table)
    assert operation.add(table).decide(**SURE).outcome == "proceed"
