"""`audits`: the figures, what waits for a person, and answering from a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock, SystemClock
from handraise.service.wiring import Operation
from tests.cli.running import Runner
from tests.support.audited import alone, audits, looked, table
from tests.support.operation import AGENT, opened


@pytest.fixture
def operation(folder: Path) -> Iterator[Operation]:
    """An operation whose store commands look into; people had their time for what it decided."""
    clock = ManualClock(SystemClock().now() - timedelta(days=3, hours=1))
    operation = opened(folder, clock=clock, table=table(twice="0.5", at_most="50 a day"))
    alone(operation, 8, case="ticket-1")
    operation.asking.tick()
    yield operation
    operation.close()


def test_the_figures_stand_with_their_bound_and_what_waits(
    command: Runner, operation: Operation
) -> None:
    ran = command("audits")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("Nobody has looked yet at what support-agent decides alone")
    assert lines[1] == "At most 5.0 % is promised by the table's audit line."
    assert " ".join(lines[2].split()) == "went ahead drawn answered wrong share at most at worst"
    assert "since this version is in force  8" in ran.out

    for one in audits(operation, state="asked"):
        looked(operation, one, "wrong" if one.id.endswith(".2") else "right")
    (found,) = command("audits", "--json").json
    assert (found["agent"], found["waiting"], found["late"]) == (AGENT, 0, 0)
    first = found["windows"][0]["estimate"]
    pairs = len(found["disagreements"])
    assert pairs == sum(one.id.endswith(".2") for one in audits(operation))
    assert (first["right"], first["unclear"], first["pending"]) == (8 - pairs, pairs, 0)
    assert found["promise"]["rate"] == 0.05
    ran = command("audits", "--agent", AGENT)
    assert "- seen differently: " in ran.out
    assert command("audits", "--agent", "none", "--json").code == 1


def test_a_person_sees_what_waits_for_them_and_looks_blind_first(
    command: Runner, operation: Operation
) -> None:
    mine = command("audits", "--mine", "--as", "dana", "--json").json
    assert mine
    id = mine[0]["id"]
    assert (mine[0]["type"], mine[0]["case"]) == ("refund_request", "ticket-1")
    listed = command("audits", "--mine", "--as", "dana").out.splitlines()
    assert listed[0].split() == ["id", "agent", "type", "case", "decided", "due", "(UTC)"]
    assert listed[1].split()[:4] == [id, AGENT, "refund_request", "ticket-1"]
    assert "40" not in listed[1].split()  # what the agent did is not told
    assert command("audits", "--mine", "--as", "ines").out == "nothing waits for your look\n"
    assert "nobody looks" in command("audits", "--mine").err

    ran = command("audits", "show", id, "--as", "dana")
    assert "please give it back" in ran.out
    assert "case: ticket-1" in ran.out
    assert "--would with one of: send_reply, refund, ask a person, cannot tell" in ran.out
    assert '"refund": 40' not in ran.out
    shown = command("audits", "show", id, "--as", "dana", "--json").json
    assert shown["asks"] == "would"
    assert "action" not in shown
    refused = command("audits", "answer", id, "right", "--as", "dana")
    assert refused.code != 0
    assert "--would: say first what you would have done" in refused.err
    assert "chosen" not in refused.err

    ran = command("audits", "show", id, "--would", "send_reply", "--as", "dana")
    assert "the agent's action: refund" in ran.out
    assert "you would have: send_reply" in ran.out
    ran = command(
        "audits", "answer", id, "wrong", "--cost", "40", "--note", "twice", "--as", "dana"
    )
    assert (ran.code, ran.out) == (0, f"{id}: wrong\n")
    assert "for your look" in ran.err
    kept = operation.store.audit(id)
    assert kept is not None
    assert (kept.answer, kept.stake, kept.note, kept.chosen) == ("wrong", 40, "twice", "send_reply")
    assert "answered: wrong" in command("audits", "show", id, "--as", "dana").out
    assert command("audits", "answer", id, "right", "--as", "dana").code != 0


def test_the_owner_settles_by_the_decision_or_one_of_its_looks(
    command: Runner, operation: Operation
) -> None:
    for one in audits(operation, state="asked"):
        looked(operation, one, "wrong" if one.id.endswith(".2") else "right")
    disputed = sorted({one.decision_id for one in audits(operation) if one.id.endswith(".2")})
    id = disputed[0]
    assert command("audits", "settle", id, "right", "--as", "dana").code != 0
    ran = command("audits", "settle", f"{id}.1", "cannot-tell", "--as", "priya")
    assert (ran.code, ran.out) == (0, f"{id}: cannot-tell counts\n")
    assert operation.store.audit(f"{id}.3").answer == "cannot_tell"  # type: ignore[union-attr]
    ran = command("audits", "show", f"{id}.1", "--as", "priya")
    assert "answered: right" in ran.out


def test_what_was_erased_and_what_is_not_ones_own_says_so(
    command: Runner, operation: Operation
) -> None:
    waiting = audits(operation, state="asked")[0]
    covered = command("audits", "show", waiting.id, "--as", "priya").out
    assert "what the agent did is not yours to know yet" in covered
    operation.record.redact(case="ticket-1", by="priya", reason="asked for")
    assert waiting.person is not None
    ran = command("audits", "show", waiting.id, "--as", waiting.person)
    assert "the personal data of it were erased" in ran.out
    assert "please give it back" not in ran.out
