"""What a gate says of the version that judges is the same embedded, over HTTP and for async code."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from handraise import AsyncGate, connect
from handraise.clock import ManualClock
from handraise.service.deciding.in_force import InForce
from tests.support.operation import AGENT, STRICTER, SURE, gate_of, opened
from tests.support.server import Server
from tests.support.signed import WAIVED_FOR, sign

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_the_version_that_judges_and_the_one_that_waits_are_told_alike(folder: Path) -> None:
    operation = opened(folder, clock=ManualClock(NOW), is_ready=False)
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "the agent")
    gate = gate_of(operation)
    with connect(server.url, key) as remote:
        before = remote.in_force()
        assert before == gate.in_force()
        assert (before.ready, before.waiting) == (False, None)
        assert "is not ready for live work" in before.not_ready

        sign(operation, gate.table, waive=["drilled"])
        (path,) = operation.opened
        path.write_text(STRICTER)
        operation.open(path)
        waiting = operation.shelf.waiting(AGENT)
        assert waiting is not None

        found = remote.in_force()

        assert found == InForce(
            version=gate.table.version,
            ready=True,
            waived=("drilled",),
            ends_at=NOW + WAIVED_FOR,
            ends_why='the waiver of "drilled" ends',
            waiting=waiting.version,
        )
        assert found == gate_of(operation).in_force()
        assert found == asyncio.run(AsyncGate(remote).in_force())
        verdict = remote.decide(**SURE)
        assert (verdict.may_act, verdict.waived) == (True, ("drilled",))
        assert remote.decide(**{**SURE, "confidence": 0.1}).waived == ("drilled",)
        for key in ("one", "one"):
            assert gate_of(operation).decide(**SURE, key=key).waived == ("drilled",)
    server.close()
    operation.close()


def test_a_rehearsal_waits_for_nothing(folder: Path) -> None:
    operation = opened(folder, is_ready=False, rehearsal=True)
    found = gate_of(operation).in_force()
    assert (found.ready, found.not_ready, found.waiting) == (False, "", None)
    operation.close()
