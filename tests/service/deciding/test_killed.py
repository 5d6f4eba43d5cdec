"""A process that is killed at the worst moment: nothing is forgotten, and the person is told."""

import signal
import subprocess
import sys
from pathlib import Path

import handraise
from handraise.model import Decision
from tests.support.operation import (
    BIG,
    SECRET,
    SURE,
    RecordingSender,
    answered,
    gate_of,
    opened,
)

AGENT = """
import os, signal, sys
import handraise
gate = handraise.open(sys.argv[1], console=True, worker=False, secret=sys.argv[2])
verdict = gate.decide(type="refund_request", action="refund", confidence=0.9,
                      proposal={"refund": 6200}, key="ticket-991/1")
print(verdict.escalation_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

FORGETFUL = """
import sys
import handraise
gate = handraise.open(sys.argv[1], console=True, secret=sys.argv[2])
gate.decide(type="refund_request", action="refund", confidence=0.9, proposal={"refund": 6200})
gate.decide(type="refund_request", action="refund", confidence=0.9, proposal={"refund": 40}, key="k")
"""

FORKING = """
import os, sys
import handraise
gate = handraise.open(sys.argv[1], console=True, secret=sys.argv[2], worker=False)
sure = dict(type="refund_request", action="refund", confidence=0.9, proposal={"refund": 40})
assert not gate.decide(**sure).escalated
child = os.fork()
if child == 0:
    verdicts = [gate.decide(**sure), gate.decide(**sure, key="k"), gate.decide(confidence=0.1)]
    told = all("forked" in verdict.reasons[-1].sentence for verdict in verdicts)
    gate.close()
    os._exit(0 if told else 9)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert not gate.decide(**sure).escalated
gate.close()
sys.exit(status)
"""


def _run(program: str, table: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(table), SECRET],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_agent_that_was_killed_finds_its_resolution_by_key(folder: Path) -> None:
    opened(folder).close()
    run = _run(AGENT, folder / "handraise.yaml")
    assert run.returncode == -signal.SIGKILL, run.stderr
    sender = RecordingSender()
    operation = opened(folder, is_ready=False, sender=sender)
    gate = gate_of(operation)
    again = gate.decide(Decision(**BIG, key="ticket-991/1"))
    assert again.escalation_id == run.stdout.strip()
    # The killed process had told nobody.
    operation.worker.tick()
    asked = [message for _, message in sender.sent if message.kind == "asked"]
    assert [(message.to, message.escalation_id) for message in asked] == [
        ("ines", run.stdout.strip())
    ]
    answered(operation, again.escalation_id or "", "approve")
    resolution = gate.resolution(key="ticket-991/1")
    assert resolution is not None
    assert resolution.may_act
    operation.close()


def test_a_gate_that_nobody_closed_tells_the_person_and_records_at_the_end(folder: Path) -> None:
    opened(folder).close()
    run = _run(FORGETFUL, folder / "handraise.yaml")
    assert run.returncode == 0, run.stderr
    assert "To: mailto:ines@example.com" in run.stderr
    operation = opened(folder, is_ready=False)
    assert operation.store.decision_by_key("support-agent", "k", rehearsal=False) is not None
    assert operation.store.messages(state="pending") == []
    operation.close()


def test_in_a_forked_process_nothing_goes_ahead(folder: Path) -> None:
    opened(folder).close()
    run = _run(FORKING, folder / "handraise.yaml")
    assert run.returncode == 0, run.stderr


def test_a_gate_is_closed_once_and_no_more_at_the_end(folder: Path) -> None:
    opened(folder).close()
    gate = handraise.open(folder / "handraise.yaml", console=True, secret=SECRET, worker=False)
    assert not gate.decide(**SURE).escalated
    gate.close()
    gate.close()
    assert gate.decide(**SURE).escalated
