"""A table tried on the past: counted by hand, and against the compiled gate one by one."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import routes_of
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import Decision
from handraise.service.backtesting.backtest import capacity_of
from handraise.service.backtesting.result import Share
from handraise.service.backtesting.shares import share_of
from tests.support.backtested import tried_on
from tests.support.two_tables import TABLE, changed, decision, table_of, written

PAST = [
    decision("a", stake=10.0),
    decision("b", correct=False, stake=-70.0),
    decision("c", correct=None),
    decision("d", 0.5),
    decision("e", 0.5, correct=False, stake=-500.0, at="2026-03-02T23:59:59+01:00"),
    decision("f", revenue=2000.0, at="2026-03-04T09:30:00Z"),
    decision("g", 0.5, revenue=2000.0, correct=False, stake=math.inf, at="2026-03-04T09:40:00Z"),
    decision("h", type="new", at="2026-03-04T11:00:00Z"),
    decision("i", type=None, stake=None, at=None),
    decision("j", None, at="2026-03-04T11:00:00Z"),
    decision("k", type="card", correct=False, stake=5.0, at="2026-03-05T00:00:00Z"),
    decision("l", type="card", revenue=math.nan, correct="perhaps", at="2026-03-09T00:00:00Z"),
]


def counts(share: Share) -> tuple[int, int]:
    return share.count, share.of


def test_everything_is_counted_as_by_hand(tmp_path: Path) -> None:
    result = tried_on(table_of(TABLE), written(tmp_path / "past.jsonl", PAST))
    assert (result.decisions, result.labelled) == (12, 10)
    assert (result.first, result.last) == ("2026-03-02T10:00:00Z", "2026-03-09T00:00:00Z")
    assert counts(result.rate) == (8, 12)
    lines = [
        (one.row, *counts(one.fired), one.only, one.labelled, one.wrong, one.stake)
        for one in result.rows
    ]
    assert lines == [
        ("confidence.1", 4, 12, 3, 4, 2, 500.0),
        ("consequence.1", 3, 12, 2, 2, 1, 0.0),
        ("novelty.1", 2, 12, 2, 2, 0, 0.0),
    ]  # fmt: skip
    assert [(one.condition, *counts(one.fired), one.only) for one in result.conditions] == [
        ("confidence", 4, 12, 3), ("consequence", 3, 12, 2), ("novelty", 2, 12, 2),
    ]  # fmt: skip
    types = [
        (one.type, one.is_known, one.decisions, one.stopped.count, *counts(one.errors), one.caught, one.stake)
        for one in result.types
    ]  # fmt: skip
    assert types == [
        ("refund", True, 8, 5, 1, 2, 2, 70.0),
        ("card", True, 2, 1, 1, 1, 0, 5.0),
        ("", False, 1, 1, 0, 0, 0, 0.0),
        ("new", False, 1, 1, 0, 0, 0, 0.0),
    ]
    assert [(one.day, one.decisions, one.stopped) for one in result.days] == [
        ("2026-03-02", 5, 2), ("2026-03-04", 4, 4), ("2026-03-05", 1, 0), ("2026-03-09", 1, 1),
    ]  # fmt: skip
    assert [(one.route, one.weekday, one.hour, one.asks) for one in result.hours] == [
        ("support", 0, 10, 1), ("support", 0, 22, 1), ("support", 2, 9, 1), ("support", 2, 11, 2),
        ("finance", 0, 0, 1), ("finance", 2, 9, 2),
    ]  # fmt: skip
    support, finance = result.routes
    assert (support.asks, support.a_day, support.busiest, support.busiest_asks) == (
        6,
        5 / 8,
        "2026-03-04",
        3,
    )
    assert (finance.asks, finance.a_day, finance.busiest_asks, finance.capacity_day) == (
        3,
        3 / 8,
        2,
        None,
    )
    alone, stopped = result.alone, result.stopped
    assert (alone.decisions, *counts(alone.errors), alone.stake) == (4, 2, 3, 75.0)
    assert (stopped.decisions, *counts(stopped.for_nothing), *counts(stopped.caught)) == (
        8,
        5,
        7,
        2,
        7,
    )
    assert stopped.stake == 500.0
    unusable = {one.column: (one.missing, one.unreadable) for one in result.unusable}
    assert unusable == {
        "type": (1, 0), "confidence": (1, 0), "at": (1, 0), "correct": (1, 1), "stake": (1, 1),
        "revenue": (0, 1),
    }  # fmt: skip


def test_examples_are_the_costliest_and_without_a_sign(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", PAST)
    result = tried_on(table_of(TABLE), place)
    assert [(one.id, one.stake, one.routes, one.sentences) for one in result.alone.examples] == [
        ("b", 70.0, (), ()),
        ("k", 5.0, (), ()),
    ]
    nothing = {one.id: one for one in result.stopped.examples}
    assert set(nothing) == {"d", "f", "h", "i", "j"}
    assert (nothing["i"].stake, nothing["i"].at, nothing["i"].type) == (None, "", "")
    assert nothing["f"].routes == ("finance",)
    assert nothing["f"].facts == {"revenue": 2000.0}
    assert "revenue" in nothing["f"].sentences[0]
    assert nothing["j"].confidence is None
    assert len(tried_on(table_of(TABLE), place, examples=1).stopped.examples) == 1
    assert tried_on(table_of(TABLE), place, examples=0).alone.examples == ()


def test_without_labels_times_and_money_nothing_is_said_of_them(tmp_path: Path) -> None:
    place = tmp_path / "past.csv"
    place.write_text("type,confidence,revenue\nrefund,0.9,1\nrefund,0.1,1\n", encoding="utf-8")
    result = tried_on(table_of(TABLE), place)
    assert (result.labelled, result.first, result.days, result.hours) == (0, "", (), ())
    assert counts(result.alone.errors) == counts(result.stopped.caught) == (0, 0)
    assert result.alone.stake is result.stopped.stake is result.rows[0].stake is None
    support = result.routes[0]
    assert (support.asks, support.a_day, support.busiest, support.busiest_asks) == (1, None, "", 0)
    assert result.alone.examples == result.stopped.examples == ()


def test_a_past_without_a_decision_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "past.csv"
    place.write_text("type,confidence,revenue\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no decision"):
        tried_on(table_of(TABLE), place)


def test_one_decision_is_enough(tmp_path: Path) -> None:
    result = tried_on(table_of(TABLE), written(tmp_path / "past.jsonl", [decision("a", 0.1)]))
    assert (counts(result.rate), result.rate.high) == ((1, 1), 1.0)
    assert result.routes[0].a_day == 1.0


def test_days_over_the_capacity_of_all_people_of_a_route(tmp_path: Path) -> None:
    limits = changed(
        ('dana@example.com"}', 'dana@example.com", capacity: 2 a day}'),
        ("support: [dana]", "support: [dana, marc]"),
        ('marc@example.com"}', 'marc@example.com", capacity: 1 a day}'),
    )
    table = table_of(limits)
    assert capacity_of(table, ("dana", "marc")) == 3
    assert capacity_of(table, ("dana", "ines")) is None
    past = [decision(f"a{place}", 0.1) for place in range(4)]
    past += [decision(f"b{place}", 0.1, at="2026-03-03T10:00:00Z") for place in range(3)]
    (support, *_) = tried_on(table, written(tmp_path / "past.jsonl", past)).routes
    assert (support.capacity_day, support.days_over, support.people) == (3, 1, 2)


def test_what_no_row_looked_at_has_a_line_of_its_own(tmp_path: Path) -> None:
    narrow = changed(
        ("{below: 0.7, to: support}", "{below: 0.7, to: support, for: {type: [card]}}")
    )
    past = [decision("a", None), decision("b", 0.1)]
    result = tried_on(table_of(narrow), written(tmp_path / "past.jsonl", past))
    line = result.rows[-1]
    assert (line.row, line.condition, line.route, line.fired.count) == (
        "confidence",
        "confidence",
        "owner",
        1,
    )
    assert result.conditions[0].fired.count == 1
    assert [one.route for one in result.routes] == ["support", "finance", "owner"]


@pytest.mark.parametrize(("count", "of"), [(0, 0), (0, 10), (10, 10), (3, 10)])
def test_the_interval_of_a_share_is_the_exact_one(count: int, of: int) -> None:
    share = share_of(count, of)
    assert 0.0 <= share.low <= share.share <= share.high <= 1.0
    if count > 0:
        at_least = sum(
            math.comb(of, k) * share.low**k * (1 - share.low) ** (of - k)
            for k in range(count, of + 1)
        )
        assert at_least == pytest.approx(0.025)
    if count < of:
        at_most = sum(
            math.comb(of, k) * share.high**k * (1 - share.high) ** (of - k)
            for k in range(count + 1)
        )
        assert at_most == pytest.approx(0.025)
    assert of or (share.share, share.low, share.high) == (0.0, 0.0, 1.0)


def drawn(count: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        {
            "id": f"d-{place}",
            "at": chance.choice((None, (start + timedelta(minutes=chance.randrange(9000))).isoformat())),
            "type": chance.choice(("refund", "refund", "card", "new", None)),
            "confidence": chance.choice((None, 0.3, 0.7, 0.69, 0.9, 1.0, 7.0)),
            "revenue": chance.choice((None, 0.0, 1000.0, 1000.5, -5.0, 2000.0)),
            "correct": chance.choice((True, True, False, None)),
            "stake": chance.choice((None, 10.0, -250.0)),
        }
        for place in range(count)
    ]  # fmt: skip


def plainly(table: Table, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a plain loop over the compiled gate counts."""
    judge, said = compile_table(table), Counter[Any]()
    for row in rows:
        facts = {} if row["revenue"] is None else {"revenue": row["revenue"]}
        verdict = judge(Decision(type=row["type"], confidence=row["confidence"], facts=facts))
        fired, money = {one.row for one in verdict.reasons}, abs(row["stake"] or 0.0)
        said["decisions", bool(fired)] += 1
        said["label", bool(fired), row["correct"]] += 1
        said["stake", bool(fired), row["correct"]] += money
        said["type", row["type"] or "", bool(fired)] += 1
        for one in fired:
            said["row", one] += 1
            said["only", one] += len(fired) == 1
            said["wrong", one] += row["correct"] is False
        routes = routes_of(verdict.reasons, table.several)
        at = None if row["at"] is None else datetime.fromisoformat(row["at"])
        if at is not None:
            said["day", at.date().isoformat(), bool(fired)] += 1
        for route in routes:
            said["route", route] += 1
            if at is not None:
                said["hour", route, at.weekday(), at.hour] += 1
    return said


@pytest.mark.parametrize("several", ["every", "first"])
def test_a_plain_loop_over_the_gate_counts_the_same(tmp_path: Path, several: str) -> None:
    table = table_of(
        changed(("known: [refund, card]", f"known: [refund, card]\nseveral: {several}"))
    )
    rows = drawn(400)
    result, said = tried_on(table, written(tmp_path / "past.jsonl", rows)), plainly(table, rows)
    assert (result.rate.count, result.alone.decisions) == (
        said["decisions", True],
        said["decisions", False],
    )
    for line in result.rows:
        assert (line.fired.count, line.only, line.wrong) == tuple(
            said[what, line.row] for what in ("row", "only", "wrong")
        )
    for stops, errors, stake in (
        (False, result.alone.errors, result.alone.stake),
        (True, result.stopped.caught, result.stopped.stake),
    ):
        assert errors.count == said["label", stops, False]
        assert errors.of == said["label", stops, False] + said["label", stops, True]
        assert stake == said["stake", stops, False]
    assert result.stopped.for_nothing.count == said["label", True, True]
    for kind in result.types:
        stopped, alone = said["type", kind.type, True], said["type", kind.type, False]
        assert (kind.stopped.count, kind.decisions) == (stopped, stopped + alone)
    for day in result.days:
        stopped, alone = said["day", day.day, True], said["day", day.day, False]
        assert (day.stopped, day.decisions) == (stopped, stopped + alone)
    assert {one.route: one.asks for one in result.routes} == {
        route: said["route", route] for route in ("support", "finance")
    }
    assert Counter(
        {("hour", one.route, one.weekday, one.hour): one.asks for one in result.hours}
    ) == Counter({key: count for key, count in said.items() if key[0] == "hour"})
