"""Labelled rows are read from files of every kind, and whatever is wrong has its place."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handraise.core.table.types import FactType
from handraise.errors import InputError
from handraise.service.learning import rows as module
from handraise.service.learning.rows import BATCH_ROWS, Batch, Columns, RowReader, read_rows

COLUMNS = Columns(text="body", type="type")
FACTS: dict[str, FactType] = {
    "revenue": "number",
    "items": "integer",
    "vip": "boolean",
    "channel": "text",
    "plan": "one_of",
}
NAMES = ["body", "type", *FACTS]
SAID = [
    ["my card,\nis lost; \"now\"", "card_lost", "12.5", "2", "true", " web ", "basic"],
    ["où est ma carte", "card_arrival", None, None, None, None, None],
    ["again", "card_lost", "1e3", "3", "No", "mail", "pro"],
]  # fmt: skip
READ = Batch(
    numbers=[1, 2, 3],
    texts=['my card,\nis lost; "now"', "où est ma carte", "again"],
    types=["card_lost", "card_arrival", "card_lost"],
    facts={
        "revenue": [12.5, None, 1000.0],
        "items": [2, None, 3],
        "vip": [True, None, False],
        "channel": [" web ", None, "mail"],
        "plan": ["basic", None, "pro"],
    },
)


def separated(separator: str) -> bytes:
    def quoted(cell: str | None) -> str:
        return '"' + (cell or "").replace('"', '""') + '"' if cell else ""

    lines = [separator.join(quoted(cell) for cell in row) for row in [NAMES, *SAID]]
    return ("\r\n".join(lines) + "\r\n").encode()


def json_lines() -> bytes:
    kept = [{n: c for n, c in zip(NAMES, row, strict=True) if c is not None} for row in SAID]
    kept[0] |= {"revenue": 12.5, "items": 2, "vip": True, "other": [1]}  # type: ignore[dict-item]
    kept[1]["revenue"] = None  # type: ignore[assignment]
    return ("\n".join(json.dumps(row) for row in kept) + "\n\n").encode()


def write_parquet(path: Path, query: str, values: list[Any] | None = None) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE said AS {query}", values or [])
        connection.table("said").write_parquet(str(path))


def as_parquet(path: Path) -> None:
    rows = " UNION ALL ".join(
        f"SELECT {number} AS n, ? AS body, ? AS type, CAST(? AS DOUBLE) AS revenue, "
        "CAST(? AS INTEGER) AS items, CAST(? AS BOOLEAN) AS vip, ? AS channel, ? AS plan"
        for number in range(len(SAID))
    )
    cells = [cell for row in SAID for cell in row]
    write_parquet(path, f"SELECT * EXCLUDE n FROM ({rows}) ORDER BY n", cells)


FORMS: dict[str, Callable[[], bytes]] = {
    "past.csv": lambda: separated(","),
    "PAST.CSV": lambda: b"\xef\xbb\xbf" + separated(","),
    "semicolons.csv": lambda: separated(";"),
    "tabs.tsv": lambda: separated("\t"),
    "past.csv.gz": lambda: gzip.compress(separated(",")),
    "past.jsonl": json_lines,
    "past.ndjson": lambda: b"\xef\xbb\xbf" + json_lines(),
    "past.jsonl.gz": lambda: gzip.compress(json_lines()),
}


def read_all(reader: RowReader) -> Batch:
    whole = Batch([], [], [], {})
    for batch in reader:
        assert len(batch) <= BATCH_ROWS
        whole.numbers.extend(batch.numbers)
        whole.texts.extend(batch.texts)
        whole.types.extend(batch.types)
        for fact, values in batch.facts.items():
            whole.facts.setdefault(fact, []).extend(values)
    return whole


def refusal(path: Path, columns: Columns = COLUMNS, **facts: FactType) -> InputError:
    with pytest.raises(InputError) as refused:
        list(read_rows([path], columns, facts))
    assert "secret" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_text_file_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name]())
    reader = read_rows([tmp_path / name], COLUMNS, FACTS)
    assert read_all(reader) == READ
    assert (reader.rows, reader.skipped) == (3, {})
    assert reader.done_bytes == reader.total_bytes == (tmp_path / name).stat().st_size


def test_a_parquet_file_gives_the_same_rows(tmp_path: Path) -> None:
    as_parquet(tmp_path / "past.parquet")
    reader = read_rows([tmp_path / "past.parquet"], COLUMNS, FACTS)
    assert read_all(reader) == READ
    assert reader.done_bytes == reader.total_bytes > 0


def test_a_reader_can_be_read_again_and_counts_anew(tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text("body,type\na,x\nb,\n")
    reader = read_rows([tmp_path / "past.csv"], COLUMNS, {})
    assert (reader.rows, reader.done_bytes) == (0, 0)
    assert read_all(reader) == read_all(reader)
    assert (reader.rows, reader.skipped) == (2, {"no type": 1})


def test_several_files_and_folders_are_numbered_through(tmp_path: Path) -> None:
    folder = tmp_path / "past"
    folder.mkdir()
    (folder / "b.jsonl").write_text('{"body": "three", "type": "x"}\n{"type": "x", "body": "4"}\n')
    (folder / "a.csv").write_text("type;body\ny;two\n")
    (folder / ".hidden.csv").write_text("nonsense")
    (folder / "notes.md").write_text("nonsense")
    (tmp_path / "first.csv").write_text("body,type\none,z\n")
    paths = [tmp_path / "first.csv", folder, folder / "a.csv"]
    reader = read_rows(paths, COLUMNS, {})
    found = read_all(reader)
    assert found.texts == ["one", "two", "three", "4"]
    assert found.numbers == [1, 2, 3, 4]
    assert [path.name for path in reader.files] == ["first.csv", "a.csv", "b.jsonl"]
    assert reader.place(1) == f"{tmp_path / 'first.csv'}: row 1"
    assert reader.place(4) == f"{folder / 'b.jsonl'}: row 2"


def test_rows_without_a_type_or_a_text_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text("body,type\na, x \nb,\n,x\n  ,x\nc,  \n\nd,y\n")
    reader = read_rows([path], COLUMNS, {})
    found = read_all(reader)
    assert (found.numbers, found.types) == ([1, 6], ["x", "y"])
    assert reader.skipped == {"no type": 2, "no text": 2}
    assert reader.rows == 6
    alone = read_rows([path], Columns(text=None, type="type"), {})
    assert read_all(alone).texts == [None] * 4
    assert alone.skipped == {"no type": 2}


def test_a_fact_may_stand_in_a_column_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text("type,Umsatz (€)\nx,5\n")
    columns = Columns(text=None, type="type", facts={"revenue": "Umsatz (€)"})
    (batch,) = read_rows([tmp_path / "past.csv"], columns, {"revenue": "number"})
    assert batch.facts == {"revenue": [5.0]}
    assert batch.row(0).facts == {"revenue": 5.0}
    assert (batch.row(0).number, batch.row(0).text, batch.row(0).type) == (1, None, "x")


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("number", "-.5E-1", -0.05),
        ("number", " 12 ", 12.0),
        ("number", "NaN", None),
        ("number", "null", None),
        ("number", "-0", 0.0),
        ("integer", "12345678901234567890123", 12345678901234567890123),
        ("integer", "+7", 7),
        ("integer", "1e3", 1000),
        ("integer", "2.0", 2),
        ("boolean", "YES", True),
        ("boolean", "0", False),
        ("boolean", "Null", None),
        ("text", "null", "null"),
        ("text", " a", " a"),
        ("one_of", "", None),
    ],
)
def test_a_fact_is_read_by_its_declared_type(
    kind: FactType, written: str, expected: Any, tmp_path: Path
) -> None:
    (tmp_path / "past.csv").write_text(f"type,fact\nx,{written}\n")
    (batch,) = read_rows([tmp_path / "past.csv"], Columns(text=None, type="type"), {"fact": kind})
    assert batch.facts["fact"] == [expected]
    assert type(batch.facts["fact"][0]) is type(expected)


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("number", '"12,5"', "expected a number; write numbers like 1234.5"),
        ("number", "secret", "expected a number; write numbers like 1234.5"),
        ("number", "1_000", "expected a number; write numbers like 1234.5"),
        ("number", "١٢", "expected a number; write numbers like 1234.5"),
        ("number", "inf", "expected a number; write numbers like 1234.5"),
        ("number", "1e999", "expected a number; write numbers like 1234.5"),
        ("integer", "2.5", "expected a whole number; write numbers like 1234"),
        ("integer", "9" * 5000, "expected a whole number; write numbers like 1234"),
        ("boolean", "maybe", "expected true or false; write true, false, yes, no, 1 or 0"),
    ],
)
def test_a_value_of_another_type_is_named_by_file_row_and_column(
    kind: FactType, written: str, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "past.csv"
    path.write_text(f'body,type,fact\n"two\nlines",x,1\nb,x,{written}\n')
    assert str(refusal(path, fact=kind)) == f'{path}:4: row 2, column "fact": {expected}'


def test_a_value_of_another_type_in_parquet_has_its_row(tmp_path: Path) -> None:
    path = tmp_path / "past.parquet"
    write_parquet(path, "SELECT 'b' AS body, 'x' AS type, 'secret' AS fact")
    assert str(refusal(path, fact="number")).startswith(f'{path}: row 1, column "fact": expected')


def test_numbers_and_dates_of_parquet_can_be_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "past.parquet"
    write_parquet(
        path, "SELECT 7 AS type, DATE '2026-01-31' AS day, TRUE AS vip, 'nan'::DOUBLE AS money"
    )
    kinds: dict[str, FactType] = {"day": "text", "vip": "text", "money": "number"}
    (batch,) = read_rows([path], Columns(text=None, type="type"), kinds)
    assert batch.types == ["7"]
    assert batch.facts == {"day": ["2026-01-31"], "vip": ["true"], "money": [None]}


@pytest.mark.parametrize("name", ["past.csv", "past.jsonl", "past.parquet"])
def test_a_missing_column_is_said_with_the_nearest_one(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith(".parquet"):
        write_parquet(path, "SELECT 'secret' AS Body, 'x' AS type")
    else:
        lines = {"past.csv": "Body,type\nsecret,x\n", "past.jsonl": '{"Body":"secret","type":"x"}'}
        path.write_text(lines[name])
    assert str(refusal(path)) == f'{path}: has no column "body"; did you mean "Body"?'
    other = refusal(path, Columns(text=None, type="zzzzz"))
    assert str(other) == f'{path}: has no column "zzzzz"; it has Body, type'


def test_numbers_that_python_writes_as_nan_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "past.jsonl"
    path.write_text('{"type": "x", "fact": NaN}\n{"type": "y", "fact": 2}\n')
    (batch,) = read_rows([path], Columns(text=None, type="type"), {"fact": "number"})
    assert batch.facts == {"fact": [None, 2.0]}


def test_a_json_column_after_the_thousandth_is_still_found(tmp_path: Path) -> None:
    rows = [json.dumps({f"k{place}": 1 for place in range(1_000)}), '{"body":"b","type":"x"}']
    (tmp_path / "past.jsonl").write_text("\n".join(rows))
    reader = read_rows([tmp_path / "past.jsonl"], COLUMNS, {})
    assert read_all(reader).types == ["x"]
    assert reader.skipped == {"no type": 1}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"body,type\nsecret,x\nsecret,x,y\n", ":3: has 3 values, expected 2; put quotes"),
        ("a.csv", b"body,type\nsecret\n", ":2: has 1 values, expected 2; put quotes"),
        ("a.csv", b'body,type\na,x\n"secret,x\nb,x\n', ":3: is no CSV (unexpected end of data);"),
        ("a.csv", b'body,type\na,x\n"sec"ret,x\n', ":3: is no CSV (',' expected after '\"');"),
        ("a.csv", b"body,type\na,x\nsecr\xe8t,x\n", ":3: not UTF-8 text; save it as UTF-8"),
        ("a.csv", b"body,type,type\nsecret,x,y\n", ': column "type" stands there more than once;'),
        ("a.csv", b"", ": is empty; its first line names the columns"),
        ("a.csv", b"\n", ': has no column "type"; it has no columns'),
        ("a.csv", b"a" * 4_194_305, ":1: the line is longer than 4,194,304 bytes;"),
        ("a.csv.gz", b"body,type\n", ": cannot be read (no gzip file)"),
        (
            "a.csv.gz",
            gzip.compress(b"body,type\nsecret,x\n" * 99, mtime=0)[:-9],
            ": is damaged (its end is",
        ),
        ("a.jsonl", b'{"body":"a","type":"x"}\n{"body": "secret\n', ":2: is no JSON object;"),
        ("a.jsonl", b'[{"body":"secret","type":"x"}]', ":1: is no JSON object; expected one JSON"),
        ("a.jsonl", b'{"a":' + b"[" * 9_999 + b"]" * 9_999 + b"}", ":1: is no JSON object;"),
        ("a.jsonl", b'{"body":{"a":"secret"},"type":"x"}', ':1: column "body": expected one value'),
        ("a.jsonl", b'["NaN", "secret"]', ":1: is no JSON object;"),
        ("a.jsonl", b'{"a": NaN, "b": "\\ud800"}', ":1: is no JSON object;"),
        ("a.jsonl", b"", ': has no column "type"; it has no columns'),
        ("a.parquet", b"PAR1 secret PAR1", ": is no Parquet file, or damaged; write it again"),
        ("a.xlsx", b"PK", ": not a known kind of file; expected .csv, .tsv, .jsonl, .ndjson, "),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(
    name: str, content: bytes, expected: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert str(refusal(tmp_path / name)).startswith(f"{tmp_path / name}{expected}")


def test_a_damaged_parquet_file_is_refused_without_its_words(tmp_path: Path) -> None:
    path = tmp_path / "past.parquet"
    write_parquet(
        path, "SELECT repeat('secret', 99) || range AS body, 'x' AS type FROM range(9999)"
    )
    whole = bytearray(path.read_bytes())
    whole[100:3000] = b"secret" * 483 + b"se"
    path.write_bytes(whole)
    assert "is no Parquet file, or damaged" in str(refusal(path))


@pytest.mark.parametrize("kind", ["{'a': 'secret'}", "['secret']", "'secret'::BLOB", "map {1: 2}"])
def test_a_parquet_column_of_many_values_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "past.parquet"
    write_parquet(path, f"SELECT {kind} AS body, 'x' AS type")
    assert 'column "body": expected single values' in str(refusal(path))


def test_paths_and_facts_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_rows([tmp_path / "none.csv"], COLUMNS, {})
    with pytest.raises(InputError, match="holds no labelled file"):
        read_rows([tmp_path], COLUMNS, {})
    with pytest.raises(InputError, match="no labelled file was named"):
        read_rows([], COLUMNS, {})
    columns = Columns(text=None, type="type", facts={"revenu": "column"})
    with pytest.raises(InputError, match='no fact "revenu" in the table; did you mean "revenue"'):
        read_rows([tmp_path], columns, {"revenue": "number"})
    with pytest.raises(InputError, match="it declares none"):
        read_rows([tmp_path], columns, {})


def test_a_file_that_is_gone_meanwhile_is_said(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text("body,type\na,x\n")
    reader = read_rows([path], COLUMNS, {})
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        list(reader)


@pytest.mark.parametrize(
    "name", ["*.parquet", "[ab].parquet", "a?.parquet", "'); DROP x;--.parquet"]
)
def test_names_of_files_and_columns_mean_nothing_but_themselves(name: str, tmp_path: Path) -> None:
    column = '"; DROP TABLE "x'
    for other in ("a.parquet", "ab.parquet", name):
        quoted = column.replace('"', '""')
        write_parquet(tmp_path / other, f"SELECT ? AS \"{quoted}\", 'x' AS type", [other])
    (batch,) = read_rows([tmp_path / name], Columns(text=column, type="type"), {})
    assert batch.texts == [name]


def test_a_parquet_file_may_be_a_link_to_another_folder(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    as_parquet(tmp_path / "far" / "past.parquet")
    (tmp_path / "near.parquet").symlink_to(tmp_path / "far" / "past.parquet")
    assert read_all(read_rows([tmp_path / "near.parquet"], COLUMNS, FACTS)) == READ


@pytest.mark.parametrize("name", ["past.csv.gz", "past.parquet"])
def test_many_rows_come_in_order_in_batches_with_progress(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    count = 300_000
    if name.endswith(".parquet"):
        write_parquet(path, f"SELECT 'text ' || range AS body, 'x' AS type FROM range({count})")
    else:
        lines = "".join(f"text {number},x\n" for number in range(count))
        path.write_bytes(gzip.compress(b"body,type\n" + lines.encode(), 1))
    reader = read_rows([path, path], COLUMNS, {})
    assert len(reader.files) == 1
    done, next_number = [0], 0
    for batch in reader:
        assert len(batch) <= BATCH_ROWS
        assert batch.texts == [f"text {next_number + place}" for place in range(len(batch))]
        next_number += len(batch)
        done.append(reader.done_bytes)
    assert next_number == reader.rows == count
    assert done == sorted(done)
    assert 0 < done[len(done) // 2] < reader.total_bytes
    assert reader.done_bytes == reader.total_bytes


def test_a_batch_of_long_texts_ends_early(tmp_path: Path) -> None:
    row = json.dumps({"body": "x" * 3_000_000, "type": "x"})
    (tmp_path / "past.jsonl").write_text("\n".join([row] * 8))
    sizes = [len(batch) for batch in read_rows([tmp_path / "past.jsonl"], COLUMNS, {})]
    assert sizes == [6, 2]


def test_without_duckdb_parquet_names_the_extra_and_text_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text("body,type\na,x\n")
    (tmp_path / "past.parquet").write_bytes(b"PAR1")
    program = f"""
import sys
from pathlib import Path
sys.modules["duckdb"] = None
from handraise.errors import SettingsError
from {module.__name__} import Columns, read_rows
columns = Columns(text="body", type="type")
print([batch.texts for batch in read_rows([Path(sys.argv[1])], columns, {{}})])
try:
    list(read_rows([Path(sys.argv[2])], columns, {{}}))
except SettingsError as error:
    print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "past.csv", tmp_path / "past.parquet"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.splitlines() == [
        "[['a']]",
        f"{tmp_path / 'past.parquet'}: Parquet needs the package duckdb; "
        "pip install 'handraise[learn]'",
    ]
