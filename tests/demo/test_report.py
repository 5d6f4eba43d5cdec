import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import handraise.demo
from handraise.core.table.types import Table
from handraise.demo.agent import Draft
from handraise.demo.operation import Course
from handraise.demo.report import as_json, report_of, show
from handraise.demo.requests import HAND_OVER, Request, proposal
from handraise.model import OutcomeName, Resolution
from handraise.service.reading.tables import read_table


@pytest.fixture(scope="module")
def table() -> Table:
    found = read_table(Path(handraise.demo.__file__).parent / "handraise.yaml").table
    assert found is not None
    return found


def _course(
    action: str,
    amount: float,
    right: str,
    right_amount: float = 0,
    *,
    rows: tuple[str, ...] = (),
    outcome: OutcomeName | None = None,
    did: Any = None,
) -> Course:
    request = Request(
        id="LK-1", text="words", type="t", right_action=right, right_amount=right_amount
    )
    drafted = proposal(request, action, "t", amount)
    draft = Draft(
        type="t", guess="t", confidence=0.9, action=action, proposal=drafted, nearest=(), likeness=1
    )
    resolution = None
    if outcome:
        at = datetime(2026, 11, 22, tzinfo=UTC)
        resolution = Resolution(escalation_id="e", outcome=outcome, by="dana", at=at)
    return Course(
        request=request,
        draft=draft,
        rows=rows,
        escalation_id="e" if rows else None,
        resolution=resolution,
        did=did if rows else drafted,
    )  # fmt: skip


def _courses() -> list[Course]:
    below, money = ("confidence.1",), ("confidence.1", "consequence.1")
    return [
        _course("refund", 100, "refund", 100),
        _course("refund", 100, "refund", 60),
        _course("refund", 30, "send_reply"),
        _course("change_billing", -50, HAND_OVER),
        _course("send_reply", 0, "send_reply", rows=below, outcome="approved", did={"reply": "t"}),
        _course("refund", 9000, "refund", 900, rows=money, outcome="changed", did={"refund": 900}),
        _course("refund", 8000, HAND_OVER, rows=money, outcome="taken_over"),
        _course("refund", 10, "refund", 0, rows=below),
    ]


def test_what_went_ahead_and_what_stopped_is_counted(table: Table) -> None:
    found = report_of(_courses(), table)
    assert (found.requests, found.alone, found.stopped, found.waiting) == (8, 4, 4, 1)
    assert {row.row: (row.stopped, row.unfamiliar) for row in found.by_row} == {
        "confidence.1": (4, 1),
        "consequence.1": (2, 1),
        "consequence.2": (0, 0),
        "novelty.1": (0, 0),
    }
    assert found.by_outcome == {"approved": 1, "changed": 1, "taken_over": 1}
    assert found.by_person == {"dana": 3}
    assert (found.unfamiliar, found.unfamiliar_stopped) == (2, 1)
    assert found.stopped_though_right == 1


def test_errors_and_the_money_they_moved_are_counted_with_and_without_the_gate(
    table: Table,
) -> None:
    found = report_of(_courses(), table)
    assert (found.with_gate.done, found.with_gate.wrong) == (4, 3)
    assert found.with_gate.money_usd == 40 + 30 + 12 * 50
    assert (found.without_gate.done, found.without_gate.wrong) == (8, 6)
    assert found.without_gate.money_usd == 40 + 30 + 12 * 50 + 8100 + 8000 + 10
    assert (found.with_people.done, found.with_people.wrong) == (6, 3)
    assert found.with_gate.rate == 0.75


def test_of_nothing_done_no_share_is_wrong(table: Table) -> None:
    found = report_of([], table)
    assert found.with_gate.rate is None
    assert found.accuracy is None
    assert as_json(found)["with_gate"] == {"done": 0, "wrong": 0, "money_usd": 0.0, "rate": None}


def test_it_is_shown_with_the_people_each_row_goes_to(table: Table) -> None:
    out = io.StringIO()
    found = report_of(_courses(), table, messages=9, asks=40, seconds={"running": 1.25})
    show(found, Console(file=out, width=110))
    text = out.getvalue()
    for said in (
        "8 requests: 4 (50%) went ahead, 4 (50%) stopped",
        "Ines Duarte",
        "confidence below 0.72",
        "taken over",
        "still waiting",
        "75.0%",
        "1 (50%) stopped, 1 slipped through",
        "9 messages called people to 40 asks; running 1.2 s",
    ):
        assert said in text, said


def test_an_empty_run_can_be_shown_too(table: Table) -> None:
    out = io.StringIO()
    show(report_of([], table), Console(file=out, width=110))
    assert "0 requests" in out.getvalue()
