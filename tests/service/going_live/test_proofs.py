"""Claims are proved once for a version; no answer yet, or a broken proof, never counts as one."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from handraise.core.proof.result import Result
from handraise.core.table.types import Table
from handraise.errors import SettingsError
from handraise.service.going_live.line import Line
from handraise.service.going_live.proofs import MOST_KEPT, Proofs
from handraise.service.going_live.proved import claims_line
from tests.support.checked import subject_of


def result(state: str = "proved", **fields: Any) -> Result:
    usual = {"code": "dead-row", "name": "no row is dead", "state": state, "is_grave": True}
    return Result(**(usual | fields))


def line(*results: Result) -> Line:
    return claims_line(subject_of(proofs=Proofs(lambda _table: results)))


def test_all_that_is_proved_is_green() -> None:
    assert line(result()).evidence == "the 1 that every table must keep; it makes none of its own"
    found = line(result(code="claim"), result())
    assert (found.state, found.evidence[-16:]) == ("green", "and 1 of its own")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (
            [result("refuted", why="a decision goes ahead.")],
            '"no row is dead" is not so: a decision',
        ),
        ([result("open")], '"no row is dead" could not be decided'),
        ([result("open"), result("refuted")], "is not so; so is another"),
        ([result("refuted")] * 3, "; so are 2 others"),
    ],
)
def test_what_is_refuted_or_open_is_red(results: list[Result], words: str) -> None:
    found = line(*results)
    assert (found.state, words in found.evidence) == ("red", True)
    assert "handraise prove" in found.remedy


def test_what_only_makes_a_table_longer_is_worth_a_look() -> None:
    found = line(result("refuted", is_grave=False, name="a row is shadowed"))
    assert (found.state, "a row is shadowed" in found.evidence) == ("yellow", True)


def test_a_proof_that_is_under_way_is_red_and_done_the_next_time() -> None:
    may_end = threading.Event()

    def prove(_table: Table) -> tuple[Result, ...]:
        may_end.wait(10)
        return (result(),)

    proofs = Proofs(prove)
    found = claims_line(subject_of(proofs=proofs, proof_wait_s=0.0))
    assert (found.state, found.evidence) == ("red", "they are being proved")
    may_end.set()
    assert claims_line(subject_of(proofs=proofs)).state == "green"


def test_each_version_is_proved_once() -> None:
    proved: list[str] = []

    def prove(table: Table) -> tuple[Result, ...]:
        proved.append(table.version)
        return ()

    proofs, table = Proofs(prove), subject_of().table
    for number in range(MOST_KEPT + 1):
        other = msgspec.structs.replace(table, version=str(number))
        assert proofs.of(other) == proofs.of(other) == ()
    assert len(proved) == MOST_KEPT + 1
    proofs.of(msgspec.structs.replace(table, version="0"))
    assert proved[-1] == "0"


def test_a_proof_that_breaks_is_red_and_tried_again() -> None:
    tries: list[int] = []

    def prove(_table: Table) -> tuple[Result, ...]:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("a bug")
        return ()

    proofs = Proofs(prove)
    found = claims_line(subject_of(proofs=proofs))
    assert (found.state, found.evidence) == ("red", "the proof broke (RuntimeError)")
    assert claims_line(subject_of(proofs=proofs)).state == "green"


def test_without_what_proves_the_line_is_red_with_the_remedy() -> None:
    def prove(_table: Table) -> tuple[Result, ...]:
        raise SettingsError("z3 is not installed: proofs need it", "pip install it")

    found = claims_line(subject_of(proofs=Proofs(prove)))
    assert (found.state, found.remedy) == ("red", "pip install it")


def test_the_usual_prover_is_that_of_the_core() -> None:
    found = claims_line(subject_of(proofs=Proofs()))
    assert (found.state, "every table must keep" in found.evidence) == ("green", True)
