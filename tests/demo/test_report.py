import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.demo.agent import Draft
from handraise.demo.known import Promised
from handraise.demo.operation import Course
from handraise.demo.report import Report, as_json, report_of
from handraise.demo.requests import HAND_OVER, Request, proposal
from handraise.demo.showing import show
from handraise.demo.table import packaged
from handraise.model import Learned, OutcomeName, Resolution


@pytest.fixture(scope="module")
def table() -> Table:
    learned = Learned(folder="known", digest="0" * 64, facts={}, reads_text=True, least_rate=0.01)
    found = read(packaged("handraise.yaml"), learned=lambda _folder: (learned, ("invoice_copy",)))
    assert found.table is not None, found.errors
    return found.table


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
    draft = Draft(type="t", confidence=0.9, action=action, proposal=drafted, nearest=())
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


def _shown(report: Report) -> str:
    out = io.StringIO()
    show(report, Console(file=out, width=110))
    return out.getvalue()


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
        "novelty.2": (0, 0),
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


def test_what_condition_three_stopped_by_words_is_held_against_its_promise(table: Table) -> None:
    words, both = ("novelty.2",), ("confidence.1", "novelty.2")
    courses = [
        *_courses(),
        _course("send_reply", 0, "send_reply", rows=words, outcome="approved", did={"reply": "t"}),
        _course("send_reply", 0, HAND_OVER, rows=words, outcome="taken_over"),
        _course("send_reply", 0, HAND_OVER, rows=both, outcome="taken_over"),
    ]
    promise = Promised(rate=0.02, low=0.004884, high=0.037)
    found = report_of(courses, table, promise=promise)
    looked = found.looked
    assert looked is not None
    assert (looked.stopped, looked.familiar) == (1, 7)
    assert (looked.caught, looked.caught_alone, looked.unfamiliar) == (2, 1, 4)
    text = _shown(found)
    assert "1 of 7 familiar requests (14.3%) stopped for nothing" in text
    assert "Promised: 2%, with these rows 0.49% to 3.7%" in text
    assert "2 (50%) of types it never saw stopped, 1 of them by no other row" in text
    assert as_json(found)["looked"]["promise"]["high"] == 0.037


def test_without_unfamiliar_requests_only_the_promise_is_told(table: Table) -> None:
    promise = Promised(rate=0.02, low=0.01, high=0.03)
    text = _shown(report_of([], table, promise=promise))
    assert "0 of 0 familiar requests (–)" in text
    assert "never saw" not in text


def test_of_nothing_done_no_share_is_wrong(table: Table) -> None:
    found = report_of([], table)
    assert found.with_gate.rate is None
    assert found.accuracy is None
    assert as_json(found)["with_gate"] == {"done": 0, "wrong": 0, "money_usd": 0.0, "rate": None}


def test_it_is_shown_with_the_people_each_row_goes_to(table: Table) -> None:
    text = _shown(report_of(_courses(), table, messages=9, asks=40, seconds={"running": 1.25}))
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
    assert "0 requests" in _shown(report_of([], table))
