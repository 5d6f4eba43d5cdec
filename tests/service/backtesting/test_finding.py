"""Columns found by name and read as what they are meant to be; what is wrong names the way out."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars
import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import Decision
from handraise.service.backtesting.finding import column_of
from handraise.service.backtesting.looking import looked_over
from tests.support.backtested import found_for, read_as, tried_on
from tests.support.learned import learned_table
from tests.support.support_table import TABLE as SUPPORT
from tests.support.support_table import table_of as support_table
from tests.support.two_tables import TABLE, changed, compared, table_of


def at(*parts: int) -> datetime:
    """Return an instant as an engine gives it: in UTC, without saying so."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc]


def csv(folder: Path, written: str, name: str = "past.csv") -> Path:
    place = folder / name
    place.write_text(written, encoding="utf-8")
    return place


def jsonl(folder: Path, *lines: dict[str, Any]) -> Path:
    return csv(folder, "".join(json.dumps(one) + "\n" for one in lines), "past.jsonl")


def refused(table: Table, place: Path, **columns: Any) -> tuple[str, str]:
    """Return the message without the file's name, and the hint."""
    with pytest.raises(InputError) as raised, found_for(table, place, **columns):
        pass
    return raised.value.message.removeprefix(f"{place}: "), raised.value.hint


@pytest.mark.parametrize(
    ("header", "message", "hint"),
    [
        ("kind,confidence,revenue", 'has no column "type"; the table asks for the type', "--type"),
        ("type,confidense,revenue", 'has no column "confidence"; the table asks for the confidence', 'did you mean "confidense"'),
        ("type,confidence,revenues", 'has no column "revenue"; a row reads revenue', "(--fact revenue=COLUMN)"),
        ("", 'has no column "type"; the table asks for the type', "it has no columns (--type COLUMN)"),
    ],
)  # fmt: skip
def test_a_missing_column_says_the_option_and_the_nearest_name(
    tmp_path: Path, header: str, message: str, hint: str
) -> None:
    found = refused(table_of(TABLE), csv(tmp_path, f"{header}\n"))
    assert found[0] == message
    assert hint in found[1]


@pytest.mark.parametrize(
    ("columns", "message", "hint"),
    [
        ({"at": "when"}, 'has no column "when"; --at names it', "(--at COLUMN)"),
        ({"right": "good"}, 'has no column "good"; --correct names it', "(--correct COLUMN)"),
        ({"stake": "money"}, 'has no column "money"; --stake names it', "(--stake COLUMN)"),
        ({"handling_minutes": "m"}, 'has no column "m"; --handling names it', "(--handling COLUMN)"),
        ({"facts": {"revenu": "x"}}, '--fact: the table declares no fact "revenu"', 'did you mean "revenue"'),
        ({"fields": {"sum": "x"}}, '--proposal: no fact reads "sum" of the proposal', "facts read none"),
    ],
)  # fmt: skip
def test_a_named_column_must_be_there(
    tmp_path: Path, columns: dict[str, Any], message: str, hint: str
) -> None:
    place = csv(tmp_path, "type,confidence,revenue\nrefund,0.9,1\n")
    found = refused(table_of(TABLE), place, **columns)
    assert found[0] == message
    assert hint in found[1]


def test_what_is_not_read_need_not_be_there(tmp_path: Path) -> None:
    bare = table_of(changed(("revenue > 1000", "confidence < 0.1")))
    with found_for(bare, csv(tmp_path, "type,confidence\nrefund,0.9\n")) as (_, found):
        assert found.has == {"type", "confidence"}


def test_several_files_need_the_same_columns_in_any_order(tmp_path: Path) -> None:
    one = csv(tmp_path, "type,confidence,revenue,id\nrefund,0.9,1,a\n", "one.csv")
    two = csv(tmp_path, "id;revenue;type;confidence\nb;2;card;0.8\n", "two.csv")
    table = table_of(TABLE)
    with found_for(table, one, two) as (past, found):
        revenue = column_of("fact revenue")
        query = f'SELECT "id", {revenue}, "confidence" FROM {found.source} ORDER BY "id"'
        assert past.lines(query) == [("a", 1.0, 0.9), ("b", 2.0, 0.8)]
    other = csv(tmp_path, "type,confidence,revenue\nrefund,0.9,1\n", "three.csv")
    with pytest.raises(InputError) as raised, found_for(table, one, other):
        pass
    assert raised.value.message == f'{other}: has no column "id"'
    assert raised.value.hint == "other files have it"


def test_a_fact_is_worked_out_where_its_fields_are_there_else_its_own_column_is_read(
    tmp_path: Path,
) -> None:
    table = support_table(SUPPORT)
    lines = {"type": "card_lost", "action": "refund", "confidence": 0.9, "reason": "other"}
    fields = {"proposal": {"refund": 7, "monthly_change": 1}}
    place = jsonl(tmp_path, lines | fields)
    with found_for(table, place) as (_, found):
        assert set(found.inputs.fields) == {"refund", "monthly_change"}
        assert set(found.inputs.facts) == {"reason"}
    place = jsonl(tmp_path, lines | fields | {"own": 3})
    with found_for(table, place, facts={"revenue_usd": "own"}) as (_, found):
        assert (set(found.inputs.fields), "revenue_usd" in found.inputs.facts) == (set(), True)
    place = jsonl(tmp_path, lines | {"revenue_usd": 5, "proposal": {"refund": 7}})
    with found_for(table, place) as (_, found):
        assert found.columns["fact revenue_usd"] == "revenue_usd"
    place = jsonl(tmp_path, lines | {"a": 1, "b": 2})
    named = {"refund": "a", "monthly_change": "b"}
    with found_for(table, place, fields=named) as (_, found):
        assert found.columns["field refund"] == "a"
    assert refused(table, place)[0] == 'has no column "revenue_usd"; a row reads revenue_usd'


def test_texts_become_what_they_are_meant_to_be(tmp_path: Path) -> None:
    table = table_of(TABLE)
    rows = [
        ("0.9", "1000.5", "yes", "2026-03-31T17:40:00+02:00"),
        (" 0.5 ", "1e3", "Wrong", "2026-03-31 17:40"),
        ("high", "1.000,5", "maybe", "31.03.2026"),
        ("", "", "", ""),
        ("nan", "inf", "0", "infinity"),
        ("1", "9007199254740993", "CORRECT", "1969-12-31"),
    ]
    place = csv(
        tmp_path,
        "type;confidence;revenue;correct;at\n" + "\n".join(";".join(("x", *row)) for row in rows),
    )
    found = read_as(table, place, "confidence", "fact revenue", "correct", "at")
    assert found[0] == (0.9, 1000.5, True, at(2026, 3, 31, 15, 40))
    assert found[1] == (0.5, 1000.0, False, at(2026, 3, 31, 17, 40))
    assert found[2] == found[3] == (None, None, None, None)
    assert str(found[4]) == "(nan, inf, False, None)"
    assert found[5] == (1.0, float(2**53), True, None)
    with found_for(table, place) as (past, found_):
        seen = looked_over(past, found_)
    assert {one.column: (one.missing, one.unreadable) for one in seen.unusable} == {
        "confidence": (1, 2), "revenue": (1, 2), "correct": (1, 1), "at": (1, 3),
    }  # fmt: skip
    assert (seen.decisions, seen.first) == (6, "2026-03-31T15:40:00Z")


def test_typed_columns_are_read_as_they_are_and_others_refused(tmp_path: Path) -> None:
    place = tmp_path / "past.parquet"
    query = """SELECT 7 AS type, CAST(0.9 AS DECIMAL(3, 2)) confidence, [1] AS tags, 1 AS correct,
        {revenue: 12.5} AS facts, TIMESTAMPTZ '2026-03-31 17:40:00+02' AS at, DATE '2026-03-31' d
        UNION ALL SELECT NULL, NULL, NULL, 2, NULL, NULL, NULL"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet)")
    table = table_of(TABLE)
    keys = ("type", "confidence", "fact revenue", "correct", "at")
    usual, empty = read_as(table, place, *keys)
    assert usual == ("7", 0.9, 12.5, True, at(2026, 3, 31, 15, 40))
    assert empty == (None,) * 5
    with found_for(table, place) as (past, found):
        counts = {one.column: one for one in looked_over(past, found).unusable}
    assert (counts["correct"].missing, counts["correct"].unreadable) == (0, 1)
    assert read_as(table, place, "at", at="d")[0] == (at(2026, 3, 31),)
    for columns, message in (
        ({"facts": {"revenue": "tags"}}, 'column "tags": expected numbers, found lists or objects'),
        ({"confidence": "at"}, 'column "at": expected numbers, found times'),
        ({"at": "confidence"}, "expected times such as 2026-03-31T17:40:00Z, found numbers"),
        ({"right": "d"}, 'column "d": expected true or false, right or wrong, found times'),
        ({"type": "d"}, 'column "d": expected texts, found times'),
    ):
        assert message in refused(table, place, **columns)[0]


def test_how_familiar_a_decision_is_comes_from_one_column(tmp_path: Path) -> None:
    table = learned_table()
    header = "type,confidence,action,reason,revenue_usd,body,p"
    place = csv(tmp_path, f"{header}\ncard_lost,0.9,refund,other,5,hello,0.3\n")
    message, hint = refused(table, place)
    assert message == 'has no column "familiarity"; a row asks whether it is unfamiliar'
    assert "(--familiarity COLUMN)" in hint
    with found_for(table, place, familiarity="p") as (_, found):
        assert "familiarity" in found.has
    place = csv(tmp_path, f"{header},familiarity\ncard_lost,0.9,refund,other,5,hello,0.3,0.9\n")
    with found_for(table, place, text="body") as (_, found):  # the words are asked, not the record
        assert ("text" in found.has, "familiarity" in found.has) == (True, False)
    assert "twice" in refused(table, place, text="body", familiarity="p")[0]
    with found_for(table, place, ignore_unfamiliar=True) as (_, found):
        assert "familiarity" not in found.has


CASED = changed(
    ("revenue: number", "Amount: number\n  amount: number"),
    ("revenue > 1000, to: finance", "amount > 100, to: finance"),
    ("  novelty:", "    - {when: Amount > 100, to: finance}\n  novelty:"),
)


@pytest.mark.parametrize("name", ["past.csv", "past.jsonl"])
def test_facts_that_differ_in_their_case_alone_are_read_each_from_its_own_column(
    tmp_path: Path, name: str
) -> None:
    line = {"type": "refund", "confidence": 0.9, "Amount": 1, "amount": 500, "correct": False}
    place = (
        jsonl(tmp_path, line)
        if name.endswith("jsonl")
        else csv(tmp_path, f"{','.join(line)}\n{','.join(map(str, line.values()))}\n")
    )
    assert tried_on(table_of(CASED), place).rate.count == 1
    assert tried_on(table_of(TABLE), jsonl(tmp_path, line | {"revenue": 1})).rate.count == 0
    without = changed(("> 1000", "> 1000000"), ("revenue", "Amount"))
    gone = compared(jsonl(tmp_path, line), CASED, without).goes_now
    assert [one.facts for one in gone.examples] == [{"Amount": 1.0, "amount": 500.0}]


def test_fields_that_differ_in_their_case_alone_are_read_each_from_its_own_column(
    tmp_path: Path,
) -> None:
    derived = changed(
        ("revenue: number", "revenue: {type: number, from: proposal.Sum + proposal.sum}"),
    )
    line = {"type": "refund", "confidence": 0.9, "proposal": {"Sum": 1, "sum": 2000}}
    result = tried_on(table_of(derived), jsonl(tmp_path, line | {"correct": True}))
    assert result.rate.count == 1
    assert result.stopped.examples[0].facts == {"proposal.Sum": 1.0, "proposal.sum": 2000.0}


def test_parquet_columns_that_differ_in_their_case_alone_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "past.parquet"
    polars.DataFrame({"revenue": [1.0], "Revenue": [2.0]}).write_parquet(place)
    message, _ = refused(table_of(TABLE), place)
    assert message == 'another column differs from "Revenue" in its case alone'


FACTS = changed(
    ("revenue: number", "revenue: number\n  vip: boolean\n  note: text"),
    (
        "  novelty:",
        "    - {when: vip, to: finance}\n    - {when: \"note == 'x'\", to: finance}\n  novelty:",
    ),
)
USUAL: dict[str, Any] = {
    "type": "refund", "confidence": 0.9, "revenue": 5, "vip": False, "note": "y", "correct": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("confidence", "0.9"), ("confidence", True), ("revenue", "40"), ("revenue", False),
        ("type", 7), ("type", True), ("vip", "false"), ("vip", 0), ("note", 7), ("note", ["y"]),
    ],
)  # fmt: skip
def test_a_json_value_of_another_type_is_not_usable_as_in_the_gate(
    tmp_path: Path, key: str, value: Any
) -> None:
    table = table_of(FACTS)
    assert tried_on(table, jsonl(tmp_path, USUAL)).rate.count == 0
    line = USUAL | {key: value}
    facts = {id: line[id] for id in ("revenue", "vip", "note")}
    gate = Decision(type=line["type"], confidence=line["confidence"], facts=facts)
    assert compile_table(table)(gate).reasons
    result = tried_on(table, jsonl(tmp_path, line))
    assert result.rate.count == 1
    assert [(one.column, one.missing, one.unreadable) for one in result.unusable] == [(key, 0, 1)]


def test_json_numbers_of_every_size_are_numbers(tmp_path: Path) -> None:
    numbers = [1, -1, 1.5, 10**15, 2**64 - 1, 10**30, -(10**30)]
    place = jsonl(tmp_path, *(USUAL | {"revenue": one} for one in numbers))
    found = read_as(table_of(TABLE), place, "fact revenue")
    assert [one for (one,) in found] == [float(one) for one in numbers]


def test_labels_stakes_and_times_in_json_may_be_texts(tmp_path: Path) -> None:
    more = {"correct": "1.0", "stake": "40", "at": "2026-03-31T17:40:00Z"}
    place = jsonl(tmp_path, USUAL | more, USUAL | more | {"correct": 0.0})
    first, second = read_as(table_of(TABLE), place, "correct", "stake", "at")
    assert first == (True, 40.0, at(2026, 3, 31, 17, 40))
    assert second[0] is False


@pytest.mark.parametrize("written", ["1_0", "0.9_5", "0x1", "1,5"])
def test_what_only_python_or_no_one_reads_as_a_number_is_none_in_csv(
    tmp_path: Path, written: str
) -> None:
    place = csv(tmp_path, f"type;confidence;revenue\nrefund;0.9;{written}\n")
    assert read_as(table_of(TABLE), place, "fact revenue") == [(None,)]


def test_a_line_of_many_keys_is_looked_at_in_a_moment(tmp_path: Path) -> None:
    place = jsonl(tmp_path, USUAL | {f"k{n}": {"a": n} for n in range(100_000)})
    started = time.process_time()
    assert read_as(table_of(TABLE), place, "type", "confidence") == [("refund", 0.9)]
    assert len(refused(table_of(TABLE), place, confidence="none")[1]) < 500
    assert time.process_time() - started < 20  # two queries for each key took minutes
