"""Figures of one person in the terminal: for that person and the owner, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.cli.running import Runner
from tests.support.signed import sign
from tests.support.story import AGENT, TABLE, UNSURE
from tests.support.verified import verify_everybody

LETTER = "I bought a lamp in March and it has never worked as it should. " * 8
ANYBODY = (
    ("watch", "--once"),
    ("watch", "--json"),
    ("watch", "--summary"),
    ("people", "list", "--json"),
    ("inbox", "--json"),
)


@pytest.fixture
def stamped(folder: Path) -> Iterator[Operation]:
    """An operation in which Dana alone approved 22 questions as fast as they came."""
    place = folder / "handraise.yaml"
    place.write_text(TABLE, encoding="utf-8")
    operation = assemble([place], Settings(console=True))
    verify_everybody(operation)
    sign(operation, place)
    for number in range(22):
        given = {**UNSURE, "text": LETTER, "case": f"t-{number}"}
        verdict = operation.gates[AGENT].decide(**given)
        made = operation.store.escalation(verdict.escalation_id or "")
        assert made is not None
        operation.desk.answer(made.asks[0].id, "dana", kind="approve", digest=made.proposal_digest)
    operation.watch.look()
    yield operation
    operation.close()


def test_who_looks_at_the_watch_sees_no_figure_of_another(
    stamped: Operation, command: Runner
) -> None:
    for asked in ANYBODY:
        said = command(*asked)
        assert said.code == 0, said.err
        assert "22 of 22" not in said.out, asked
        assert "Dana Reyes came" not in said.out, asked
    assert "22 of 22" not in command("watch", "--once", "--as", "marc").out
    assert "22 of 22" in command("watch", "--once", "--as", "dana").out
    assert "22 of 22" in command("watch", "--once", "--as", "priya").out
