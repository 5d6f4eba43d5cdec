"""The past in files: what stands in a cell is what is read, and what is broken is told by its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handraise.errors import InputError
from handraise.service.backtesting.past import kind_of, past_of_files
from tests.support.backtested import cells, kinds


def refused(*paths: Path) -> str:
    """Return the line that people read when a past cannot be read."""
    with pytest.raises(InputError) as raised:
        cells(*paths)
    return f"{raised.value.message}; {raised.value.hint}"


def text(place: Path, written: str, encoding: str = "utf-8") -> Path:
    place.write_bytes(written.encode(encoding))
    return place


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("comma.csv", "type,confidence\nrefund,0.9\n"),
        ("semicolon.csv", "type;confidence\nrefund;0.9\n"),
        ("tab.tsv", "type\tconfidence\nrefund\t0.9\n"),
        ("mark.csv", "\ufefftype,confidence\nrefund,0.9\n"),
        ("windows.csv", "type,confidence\r\nrefund,0.9\r\n"),
        ("no_end.csv", "type,confidence\nrefund,0.9"),
        ("quotes.csv", '"type","confidence"\n"refund","0.9"\n'),
        ("UPPER.CSV", "type,confidence\nrefund,0.9\n"),
        ("it's a [new] one*?.csv", "type,confidence\nrefund,0.9\n"),
        ('a "name".csv', "type,confidence\nrefund,0.9\n"),
    ],
)
def test_a_csv_file_is_read_as_it_was_meant(tmp_path: Path, name: str, written: str) -> None:
    text(tmp_path / "other.csv", "type,confidence\ncard,0.1\n")
    assert cells(text(tmp_path / name, written)) == [{"type": "refund", "confidence": "0.9"}]


def test_a_cell_may_hold_quotes_line_breaks_and_separators(tmp_path: Path) -> None:
    written = 'id,note,type\n1,"he said ""no"",\nthen left",refund\n2,,"a;b"\n3,"",card\n'
    place = text(tmp_path / "past.csv", written)
    first, second, third = cells(place)
    assert first == {"id": "1", "note": 'he said "no",\nthen left', "type": "refund"}
    assert second == {"id": "2", "note": None, "type": "a;b"}
    assert third["note"] in (None, "")  # `finding` reads both as missing


@pytest.mark.parametrize("name", ["past.csv.gz", "past.jsonl.gz"])
def test_packed_files_are_read(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    line = '{"type":"refund"}\n' if "jsonl" in name else "\ufefftype\nrefund\n"
    with gzip.open(place, "wt", encoding="utf-8") as packed:
        packed.write(line)
    assert cells(place) == [{"type": "refund"}]


def test_columns_may_differ_in_their_case_alone_or_have_no_name(tmp_path: Path) -> None:
    place = text(tmp_path / "past.csv", "type,Type,,\nrefund,CARD,x,y\n")
    assert cells(place) == [{"type": "refund", "Type": "CARD"}]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    place = text(tmp_path / "past.csv", "type,confidence,type\nrefund,0.9,card\n")
    assert (
        refused(place) == f'{place}: column "type" stands there more than once; rename all but one'
    )


def test_an_empty_file_has_no_columns_and_one_without_rows_has_no_lines(tmp_path: Path) -> None:
    assert cells(text(tmp_path / "header.csv", "type,confidence\n")) == []
    assert kinds(text(tmp_path / "nothing.jsonl", "")) == {}
    assert kinds(text(tmp_path / "nothing.csv", "")) == {}


@pytest.mark.parametrize(
    ("name", "written", "where", "what"),
    [
        ("few.csv", "a,b\n1,2\n3\n", ":3", "has another number of values than columns"),
        ("many.csv", "a,b\n1,2\n3,4\n5,6,7\n", ":4", "has another number of values than columns"),
        ("broken.jsonl", '{"a": 1}\n{"a": \n', ":3", "is no JSON object"),
        ("list.jsonl", '{"a": 1}\n[1]\n', "", "is no JSON object"),
        ("nothing.jsonl", '{"a": 1}\nnull\n', "", "is no JSON object"),
        ("table.parquet", "this is no parquet at all", "", "cannot be read"),
    ],
)
def test_what_is_broken_is_told_by_its_place(
    tmp_path: Path, name: str, written: str, where: str, what: str
) -> None:
    place = text(tmp_path / name, written)
    assert refused(place).startswith(f"{place}{where}: {what}")


def test_other_letters_than_utf_8_are_refused(tmp_path: Path) -> None:
    header = text(tmp_path / "header.csv", "type,größe\nrefund,1\n", "latin-1")
    assert refused(header) == f"{header}:1: not UTF-8 text; save it as UTF-8"
    row = text(tmp_path / "row.csv", "type,note\nrefund,größe\n", "latin-1")
    assert refused(row) == f"{row}:2: not UTF-8 text; save it as UTF-8"
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"type\nrefund\n" * 1000)[:30])
    assert refused(cut).startswith(f"{cut}: cannot be read")


def test_objects_in_json_have_columns_of_their_own(tmp_path: Path) -> None:
    lines = [
        {"type": "refund", "proposal": {"refund": 40, "a.b": True}, "facts": {"vip": None}},
        {"type": None, "confidence": 0.9, "facts": {"vip": False, "list": [1]}, 'odd "na\\me': 1},
    ]
    place = text(tmp_path / "past.jsonl", "".join(json.dumps(one) + "\n" for one in lines))
    first, second = cells(place)
    assert (first["type"], first["proposal.refund"], first["proposal.a.b"]) == (
        "refund",
        "40",
        "true",
    )
    assert (first["facts.vip"], first["confidence"]) == (None, None)
    assert (second["type"], second["facts.vip"], second["confidence"]) == (None, "false", "0.9")
    assert second['odd "na\\me'] == "1"
    assert set(kinds(place).values()) == {"text"}


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    place = tmp_path / "past.parquet"
    query = """SELECT 'refund' AS type, CAST(0.9 AS DECIMAL(4, 3)) confidence, 7::UTINYINT count,
        DATE '2026-03-31' AS day, TIMESTAMPTZ '2026-03-31 17:40:00+02' AS at, [1.5, 2] many,
        TRUE correct, {refund: 40.5, note: 'x'} AS proposal, ['a'] words, [TRUE] truths,
        [DATE '2026-01-01'] AS dates, CAST([1] AS DECIMAL(3, 1)[]) AS sums, TIME '10:00' AS clock"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet)")
    assert kinds(place) == {
        "type": "text", "confidence": "number", "count": "number", "day": "time", "at": "time",
        "many": "other", "correct": "boolean", "proposal": "other", "proposal.refund": "number",
        "proposal.note": "text", "words": "other", "truths": "other", "dates": "other",
        "sums": "other", "clock": "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("INTEGER", "number"), ("HUGEINT", "number"), ("UBIGINT", "number"), ("FLOAT", "number"),
        ("DECIMAL(18,3)", "number"), ("VARCHAR", "text"), ("UUID", "text"),
        ("ENUM('a', 'b')", "text"), ("TIMESTAMP WITH TIME ZONE", "time"), ("TIMESTAMP_NS", "time"),
        ("DATE", "time"), ("BOOLEAN", "boolean"), ("BLOB", "other"), ("INTERVAL", "other"),
        ("DOUBLE[3]", "other"), ("ENUM('a')[]", "other"), ("MAP(VARCHAR, INTEGER)", "other"),
    ],
)  # fmt: skip
def test_each_type_of_column_holds_something(written: str, kind: str) -> None:
    assert kind_of(written) == kind


def test_a_folder_is_all_of_its_files_and_each_file_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "it's *the* past"
    folder.mkdir()
    text(folder / "a.csv", "type,confidence\nrefund,0.9\n")
    text(folder / "b.jsonl", '{"confidence": 0.5, "type": "card"}\n')
    text(folder / "notes.txt", "nothing")
    assert [one["type"] for one in cells(folder)] == ["refund", "card"]
    assert [one["type"] for one in cells(folder / "a.csv", folder)] == ["refund", "card"]


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "none.csv")
    assert "not a known kind of file" in refused(text(tmp_path / "past.xlsx", "x"))


def test_nothing_but_the_files_is_read(tmp_path: Path) -> None:
    place = text(tmp_path / "past.csv", "type\nrefund\n")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    text(hidden / "secret.txt", "secret")
    with past_of_files([place]) as past:
        for query in (
            "SELECT * FROM read_text('/etc/hostname')",
            "COPY (SELECT 1) TO '/tmp/x.csv'",
        ):
            with pytest.raises(InputError):
                past.lines(query)


def test_a_kept_query_is_asked_once(tmp_path: Path) -> None:
    place = text(tmp_path / "past.csv", "type\nrefund\ncard\n")
    with past_of_files([place]) as past:
        query = f"SELECT 1 AS one FROM {past.parts[0].sql}"
        kept = past.keep(query)
        assert past.keep(query) == kept
        assert past.lines(f"SELECT COUNT(*) FROM {kept}") == [(2,)]
        arrays: dict[str, Any] = past.arrays(f"SELECT one FROM {kept}")
        assert arrays["one"].tolist() == [1, 1]


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("name", ["past.csv", "past.csv.gz"])
@pytest.mark.parametrize("megabytes", [3, 5, 34, 70])
def test_a_line_that_is_too_long_is_told_and_never_left_out(
    tmp_path: Path, name: str, end: str, megabytes: int
) -> None:
    place = tmp_path / name
    content = f"type,note\nrefund,a\ncard,{'x' * megabytes * 1_000_000}{end}".encode()
    place.write_bytes(gzip.compress(content, 1) if name.endswith("gz") else content)
    if megabytes == 3:
        assert [one["type"] for one in cells(place)] == ["refund", "card"]
        return
    assert refused(place) == (
        f"{place}:3: the line is longer than 4,194,304 bytes; is it a file with one row a line?"
    )


def test_many_lines_that_are_not_too_long_are_all_read(tmp_path: Path) -> None:
    place = tmp_path / "past.csv"
    place.write_text("type,note\n" + f"refund,{'x' * 3_000_000}\n" * 12, encoding="utf-8")
    assert len(cells(place)) == 12


@pytest.mark.parametrize("name", ["past.csv", "past.csv.gz"])
def test_a_first_line_that_is_too_long_is_not_read_whole(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    content = b"x" * 20_000_000
    place.write_bytes(gzip.compress(content, 1) if name.endswith("gz") else content)
    assert refused(place).startswith(f"{place}:1: the line is longer than 4,194,304 bytes")


def test_an_object_that_is_too_large_is_told(tmp_path: Path) -> None:
    place = text(tmp_path / "past.jsonl", f'{{"type": "{"x" * 40_000_000}"}}')
    assert refused(place).startswith(f"{place}: has an object that is too large")
