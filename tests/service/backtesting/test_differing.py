"""Two tables on the same past: every change counted by hand, and against the compiled gate."""

from __future__ import annotations

import csv
import math
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import routes_of
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import Decision
from handraise.service.backtesting.difference import Handover
from handraise.service.backtesting.plan import Columns
from tests.support.learned import LEARNED
from tests.support.two_tables import TABLE, changed, compared, decision, table_of, written

LOWER = changed(("below: 0.7", "below: 0.5"))
PAST = [
    decision("a", 0.9),
    decision("b", 0.6, correct=False, stake=-300.0),
    decision("c", 0.6, at="2026-03-03T10:00:00Z", type="card"),
    decision("d", 0.4),
    decision("e", 0.9, revenue=2000.0, correct=False, stake=70.0),
    decision("f", 0.6, revenue=2000.0, at="2026-03-05T10:00:00Z"),
    decision("g", 0.6, correct=None, stake=5.0, at="2026-03-03T11:00:00Z"),
]


@pytest.fixture
def past(tmp_path: Path) -> Path:
    return written(tmp_path / "past.jsonl", PAST)


def test_what_went_to_a_person_and_goes_ahead_now_is_counted_with_its_money(past: Path) -> None:
    found = compared(past, TABLE, LOWER)
    gone = found.goes_now
    assert (gone.decisions.count, gone.decisions.of) == (3, 7)  # b, c, g
    assert (gone.wrong.count, gone.wrong.of, gone.right.count) == (1, 2, 1)
    assert gone.stake == 300.0  # without its sign
    assert 0 < gone.decisions.low < 3 / 7 < gone.decisions.high < 1
    assert [(one.row, one.fired, one.only, one.wrong) for one in gone.rows] == [
        ("confidence.1", 3, 3, 1)
    ]
    assert found.stops_now.decisions.count == 0
    assert found.stops_now.rows == found.stops_now.examples == ()
    assert found.words == (
        "row confidence.1: its confidence is below 0.7 -> its confidence is below 0.5",
    )


def test_what_goes_ahead_now_is_shown_most_money_first_with_the_words_of_both_gates(
    past: Path,
) -> None:
    shown = compared(past, TABLE, LOWER).goes_now.examples
    assert [one.id for one in shown] == ["b", "c", "g"]
    first = shown[0]
    assert (first.was_right, first.stake, first.confidence) == (False, 300.0, 0.6)
    assert (first.older_routes, first.newer_routes) == (("support",), ())
    assert first.older_sentences == ("confidence 0.6 is below 0.7",)
    assert first.newer_sentences == ()
    assert first.facts == {"revenue": 10.0}
    assert [one.id for one in compared(past, TABLE, LOWER, examples=1).goes_now.examples] == ["b"]
    assert compared(past, TABLE, LOWER, examples=0).goes_now.examples == ()


def test_the_other_way_round_the_same_decisions_stop(past: Path) -> None:
    found = compared(past, LOWER, TABLE)
    assert found.goes_now.decisions.count == 0
    stops = found.stops_now
    assert (stops.decisions.count, stops.wrong.count, stops.right.count) == (3, 1, 1)
    assert stops.stake == 300.0
    assert [one.row for one in stops.rows] == ["confidence.1"]
    assert [one.newer_routes for one in stops.examples] == [("support",)] * 3


def test_one_that_stops_by_both_but_needs_other_people_is_moved(past: Path) -> None:
    found = compared(past, TABLE, LOWER)
    assert found.moved.decisions.count == 1  # f: support and finance before, finance alone now
    assert found.moved.handovers == (
        Handover(before=("support", "finance"), after=("finance",), decisions=1),
    )
    assert [one.id for one in found.moved.examples] == ["f"]
    assert found.unchanged.count == 3


def test_both_sides_say_how_much_stops_and_what_slips(past: Path) -> None:
    found = compared(past, TABLE, LOWER)
    assert (found.older.rate.count, found.newer.rate.count) == (6, 3)
    assert (found.older.errors.count, found.older.errors.of, found.older.stake) == (0, 1, 0.0)
    assert (found.newer.errors.count, found.newer.errors.of, found.newer.stake) == (1, 3, 300.0)
    assert (found.decisions, found.labelled) == (7, 6)
    assert found.first == "2026-03-02T10:00:00Z"
    assert found.last == "2026-03-05T10:00:00Z"


def test_types_with_most_changes_come_first(past: Path) -> None:
    first, second = compared(past, TABLE, LOWER).types
    assert (first.type, first.decisions, first.goes_now, first.moved) == ("refund", 6, 2, 1)
    assert (first.labelled, first.slipped, first.stake, first.minutes) == (1, 1, 300.0, None)
    assert (second.type, second.decisions, second.goes_now, second.slipped) == ("card", 1, 1, 0)


def test_minutes_of_work_are_averaged_where_they_were_measured(tmp_path: Path) -> None:
    some = [
        decision("a", 0.6, took=4),
        decision("b", 0.6, took=8),
        decision("c", 0.6, took=None),
        decision("d", 0.6, took=-3),
        decision("e", 0.6, took=1e9),
    ]
    place = written(tmp_path / "past.jsonl", some)
    found = compared(place, TABLE, LOWER, columns=Columns(handling_minutes="took"))
    assert found.types[0].minutes == 6.0


def test_the_load_of_routes_and_people_is_told_before_and_after(past: Path) -> None:
    found = compared(past, TABLE, LOWER)
    support, finance = found.routes
    assert (support.name, support.before.asks, support.after.asks) == ("support", 5, 1)
    assert support.before.a_day == 5 / 4  # the days between are days too
    assert (support.before.busiest, support.before.busiest_asks) == ("2026-03-02", 2)
    assert finance.before == finance.after
    assert [one.name for one in found.people] == ["dana"]
    assert (found.people[0].before.asks, found.people[0].after.asks) == (5, 1)


def test_a_route_that_needs_two_people_asks_twice(past: Path) -> None:
    two = changed(("support: [dana]", "support: {people: [dana, marc], needs: 2}"))
    found = compared(past, TABLE, two)
    assert found.unchanged.count == 7  # the same route must agree
    assert (found.routes[0].before.asks, found.routes[0].after.asks) == (5, 10)
    marc = next(one for one in found.people if one.name == "marc")
    assert marc.before is None
    assert marc.after.asks == 10  # of all asks of the routes he is on


def test_tables_may_differ_in_routes_rows_and_facts(tmp_path: Path) -> None:
    newer = changed(
        ("routes:\n", "routes:\n  desk: [marc]\n"),
        ("  revenue: number\n", "  revenue: number\n  vip: boolean\n"),
        (
            "consequence:\n    - {when: revenue > 1000, to: finance}",
            "consequence:\n    - {when: vip, to: desk}",
        ),
    )
    some = [
        decision("a", vip=True),
        decision("b", vip=False, revenue=5000.0),
        decision("c", vip=True, revenue=5000.0),
        decision("d", vip=None),
    ]
    found = compared(written(tmp_path / "past.jsonl", some), TABLE, newer)
    assert [one.id for one in found.stops_now.examples] == ["a", "d"]
    assert found.stops_now.examples[1].newer_sentences == ("cannot be judged: vip is missing",)
    assert [one.id for one in found.goes_now.examples] == ["b"]
    assert found.goes_now.examples[0].facts == {"revenue": 5000.0, "vip": False}
    assert found.moved.handovers == (Handover(before=("finance",), after=("desk",), decisions=1),)
    desk = next(one for one in found.routes if one.name == "desk")
    assert desk.before is None
    assert desk.after.asks == 3


def test_the_same_fact_may_be_read_from_two_places(tmp_path: Path) -> None:
    newer = changed(
        ("  revenue: number", "  revenue: {type: number, from: proposal.amount}"),
    )
    texts = changed(("  revenue: number", "  revenue: text"), ("revenue > 1000", 'revenue == "x"'))
    some = [
        decision("a", revenue=2000.0, **{"proposal.amount": 10.0}),
        decision("b", revenue=10.0, **{"proposal.amount": 2000.0}),
    ]
    place = written(tmp_path / "past.jsonl", some)
    found = compared(place, TABLE, newer)
    assert [one.id for one in found.goes_now.examples] == ["a"]
    assert [one.id for one in found.stops_now.examples] == ["b"]
    assert found.stops_now.examples[0].facts == {"revenue": 10.0, "proposal.amount": 2000.0}
    place = tmp_path / "past.csv"  # which has no types
    place.write_text("id,type,confidence,revenue\na,refund,0.9,2000\nb,refund,0.9,10\n")
    as_text = compared(place, TABLE, texts)
    assert [one.id for one in as_text.goes_now.examples] == ["a"]
    assert as_text.stops_now.decisions.count == 0


def test_a_column_that_one_table_alone_knows_may_be_named(tmp_path: Path) -> None:
    newer = changed(
        ("  revenue: number\n", "  revenue: number\n  vip: boolean\n"),
        ("when: revenue > 1000", "when: vip"),
    )
    place = written(tmp_path / "past.jsonl", [decision("a", is_vip=True)])
    found = compared(place, TABLE, newer, columns=Columns(facts={"vip": "is_vip"}))
    assert found.stops_now.decisions.count == 1
    with pytest.raises(InputError, match='declares no fact "vap"'):
        compared(place, TABLE, newer, columns=Columns(facts={"vap": "is_vip"}))


def test_a_column_that_only_the_newer_table_reads_must_be_there(past: Path) -> None:
    newer = changed(("  revenue: number\n", "  revenue: number\n  vip: boolean\n"),
                    ("when: revenue > 1000", "when: vip"))  # fmt: skip
    with pytest.raises(InputError, match='has no column "vip"; a row reads vip'):
        compared(past, TABLE, newer)


def test_tables_of_different_agents_are_not_compared(past: Path) -> None:
    with pytest.raises(InputError, match=r'new\.yaml: is the table of "other", and old\.yaml of'):
        compared(past, TABLE, changed(("agent: agent", "agent: other")))


def test_the_same_table_changes_nothing(past: Path) -> None:
    found = compared(past, TABLE, TABLE)
    assert found.unchanged.count == 7
    assert found.words == found.types == found.people == ()
    assert found.goes_now.decisions.high > 0  # 0 of 7 proves little


def test_without_labels_money_or_times_the_rest_is_told(tmp_path: Path) -> None:
    bare = [{"type": "refund", "confidence": 0.6, "revenue": 1}] * 3
    found = compared(written(tmp_path / "past.jsonl", bare), TABLE, LOWER)
    assert (found.goes_now.decisions.count, found.goes_now.wrong.of) == (3, 0)
    assert found.goes_now.stake is None
    assert found.older.stake is None
    assert found.first == ""
    assert found.routes[0].before.asks == 3
    assert found.routes[0].before.a_day is None
    assert found.routes[0].before.busiest == ""
    assert found.goes_now.examples[0].id == ""


def test_a_past_of_one_day_has_one_day(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", [decision("a", 0.6), decision("b", 0.6)])
    load = compared(place, TABLE, LOWER).routes[0].before
    assert (load.asks, load.a_day, load.busiest_asks) == (2, 2.0, 2)


def test_an_empty_past_is_an_error(tmp_path: Path) -> None:
    place = tmp_path / "past.csv"
    place.write_text("type,confidence,revenue\n", "utf-8")
    with pytest.raises(InputError, match=r"past\.csv: holds no decision"):
        compared(place, TABLE, LOWER)


def test_hostile_values_stop_and_are_never_sql(tmp_path: Path) -> None:
    hostile = [
        decision("x'); DROP TABLE past; --", 0.6, type="card'; --"),
        decision("b", math.nan),
        decision("c", 7),
        decision("d", "0.6x"),
        decision("e", 0.6, stake=math.inf, at="never"),
    ]
    place = written(tmp_path / "past.jsonl", hostile)
    found = compared(place, TABLE, LOWER)
    assert found.decisions == 5
    assert found.goes_now.decisions.count == 1  # e alone: the others stop by both
    assert found.goes_now.examples[0].id == "e"
    assert found.goes_now.examples[0].stake is None
    assert found.older.rate.count == 5
    assert found.moved.decisions.count == 0


def test_where_only_the_first_row_decides_a_lower_threshold_moves(tmp_path: Path) -> None:
    first = changed(("novelty:", "novelty:"), ("escalate:", "several: first\nescalate:"))
    lower = changed(("below: 0.7", "below: 0.5"), text=first)
    place = written(tmp_path / "past.jsonl", [decision("a", 0.6, revenue=2000.0)])
    found = compared(place, first, lower)
    assert found.moved.handovers == (
        Handover(before=("support",), after=("finance",), decisions=1),
    )
    assert found.routes[1].after.asks == 1
    assert found.routes[1].before.asks == 0


def test_unfamiliar_rows_are_judged_by_the_share_on_record_or_left_out(tmp_path: Path) -> None:
    some = [decision("a", familiarity=0.01), decision("b", familiarity=0.5)]
    place = written(tmp_path / "past.jsonl", some)
    older = table_of(TABLE)
    row = replace(older.rows[-1], id="novelty.2", kind="unfamiliar", unfamiliar=0.02)
    learned = replace(LEARNED, reads_text=False)
    known = replace(older.known, learned=learned)
    newer = replace(older, rows=(*older.rows, row), known=known)
    found = compared(place, older, newer)
    assert [one.id for one in found.stops_now.examples] == ["a"]
    assert "unlike" in found.stops_now.examples[0].newer_sentences[0]
    assert found.words[0].startswith("row novelty.2 is new: a situation unlike what was learned")
    ignored = compared(place, older, newer, ignore_unfamiliar=True)
    assert ignored.unchanged.count == 2
    assert "what is unlike anything familiar, as rows `unfamiliar` are left out" in ignored.left_out
    other = replace(older, known=replace(known, learned=replace(learned, digest="e" * 64)))
    said = compared(place, other, newer).left_out
    assert "that the tables name different learned files: one share counts for both" in said


DRAWN_OLD = changed(
    ("  revenue: number\n", "  revenue: number\n  vip: boolean\n"),
    ("{when: revenue > 1000, to: finance}", "{when: revenue > 1000, to: finance}\n"
     "    - {when: vip and revenue / (revenue - 10) > 2, to: support}"),
)  # fmt: skip
DRAWN_NEW = changed(
    ("below: 0.7, to: support", "below: {card: 0.4, else: 0.8}, to: support"),
    ("{when: revenue > 1000, to: finance}", "{when: abs(revenue) > 500, to: desk}\n"
     "    - {when: not vip, to: finance, for: {type: [card]}}"),
    ("routes:\n", "several: first\nroutes:\n  desk: [marc]\n"),
    ("known: [refund, card]", "known: [refund, card, odd]"),
    text=DRAWN_OLD.replace("    - {when: vip and revenue / (revenue - 10) > 2, to: support}\n", ""),
)  # fmt: skip


def drawn(count: int = 400) -> list[dict[str, Any]]:
    chance = random.Random(5)
    return [
        {
            "id": f"d{place:03d}",
            "at": f"2026-03-{1 + place % 9:02d}T{place % 24:02d}:00:00Z",
            "type": chance.choice(("refund", "card", "odd", "new", "")),
            "confidence": chance.choice((0.3, 0.4, 0.5, 0.7, 0.75, 0.8, 0.9, 1.0, 7, "", "x")),
            "revenue": chance.choice((0, 10, 12, 500, 501, -700, 1001, "", "nan", 1e301)),
            "vip": chance.choice(("true", "no", "", "maybe")),
            "correct": chance.choice(("right", "wrong", "")),
            "stake": chance.choice((1, 20, -300, "")),
        }
        for place in range(count)
    ]


def slow_judge(table: Table) -> Callable[[dict[str, Any]], tuple[str, ...]]:
    """Return who must agree on one drawn line, by the compiled gate alone."""
    judge = compile_table(table)
    truths = {"true": True, "no": False}

    def judged(line: dict[str, Any]) -> tuple[str, ...]:
        facts = {"revenue": _number(line["revenue"]), "vip": truths.get(line["vip"])}
        brought = Decision(
            type=line["type"] or None,
            confidence=_number(line["confidence"]),
            facts={id: value for id, value in facts.items() if value is not None},
        )
        return tuple(sorted(routes_of(judge(brought).reasons, table.several)))

    return judged


def _number(written: object) -> float | None:
    try:
        return float(written)  # type: ignore[arg-type]
    except ValueError:
        return None


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_count_agrees_with_a_plain_loop_over_the_compiled_gate(
    tmp_path: Path, ending: str
) -> None:
    lines = drawn()
    place = tmp_path / f"past{ending}"
    if ending == ".jsonl":
        as_json = {"": None, "true": True, "no": False}
        written(place, [{k: as_json.get(v, v) for k, v in one.items()} for one in lines])
    else:
        with (tmp_path / "past.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(lines[0]))
            table.writeheader()
            table.writerows(lines)
    if ending == ".parquet":
        import duckdb

        source = f"read_csv('{tmp_path}/past.csv', all_varchar = true)"
        duckdb.connect().execute(f"COPY (SELECT * FROM {source}) TO '{place}' (FORMAT parquet)")
    older, newer = table_of(DRAWN_OLD), table_of(DRAWN_NEW)
    before_it, after_it = slow_judge(older), slow_judge(newer)
    pairs = [(before_it(one), after_it(one)) for one in lines]
    found = compared(place, DRAWN_OLD, DRAWN_NEW)

    goes = [one for one, (before, after) in zip(lines, pairs, strict=True) if before and not after]
    stops = [one for one, (before, after) in zip(lines, pairs, strict=True) if after and not before]
    handed = Counter(pair for pair in pairs if pair[0] != pair[1] and all(pair))
    assert min(len(goes), len(stops), len(handed)) > 5  # the draw has something of each
    for change, expected in ((found.goes_now, goes), (found.stops_now, stops)):
        wrong = [one for one in expected if one["correct"] == "wrong"]
        assert change.decisions.count == len(expected)
        assert change.wrong.count == len(wrong)
        assert change.right.count == sum(one["correct"] == "right" for one in expected)
        assert change.stake == sum(abs(_number(one["stake"]) or 0) for one in wrong)
    assert found.moved.decisions.count == sum(handed.values())
    assert found.unchanged.count == sum(before == after for before, after in pairs)
    assert {
        (tuple(sorted(one.before)), tuple(sorted(one.after))): one.decisions
        for one in found.moved.handovers
    } == handed
    for loads in found.routes:
        for load, side in ((loads.before, 0), (loads.after, 1)):
            asks = sum(loads.name in pair[side] for pair in pairs)
            assert (load.asks if load else 0) == asks
    by_type = Counter(
        one["type"] for one, pair in zip(lines, pairs, strict=True) if pair[0] != pair[1]
    )
    assert {one.type: one.stops_now + one.goes_now + one.moved for one in found.types} == by_type
