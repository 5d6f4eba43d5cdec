"""Labels are read as they stand: what would stop or is not known is counted, the rest is refused."""

import gzip
import json

import numpy as np
import pytest

from handraise.errors import InputError
from handraise.service.calibrating.labels import LabelReader
from handraise.service.calibrating.plan import Columns

TYPES = frozenset(("refund", "delay"))
COLUMNS = Columns(confidence="score", correct="right")


def written(path, rows, names=("id", "score", "right")):
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def reader(columns=COLUMNS, **fields):
    usual = {"percent": False, "progress": lambda _what, _share: None}
    return LabelReader(columns, TYPES, **(usual | fields))


def read(path, columns=COLUMNS, **fields):
    return reader(columns, **fields).read([path])


@pytest.fixture
def place(tmp_path):
    return tmp_path / "past.csv"


@pytest.mark.parametrize("right", ["true", "1", "1.0", "yes", "Right", "CORRECT", " true "])
def test_what_says_that_the_agent_was_right(place, right):
    labels = read(written(place, [(1, 0.5, right)]))
    assert labels.wrong.tolist() == [False]


@pytest.mark.parametrize("wrong", ["false", "0", "0.0", "no", "Wrong", "INCORRECT"])
def test_what_says_that_the_agent_was_wrong(place, wrong):
    assert read(written(place, [(1, 0.5, wrong)])).wrong.tolist() == [True]


def test_another_label_is_refused_at_its_place_without_its_words(place):
    with pytest.raises(InputError) as error:
        read(written(place, [(1, 0.5, "yes"), (2, 0.5, "Dana said so"), (3, 0.5, "maybe")]))
    assert error.value.message == (
        f'{place}:3: column "right": expected whether the agent was right; something else '
        "stands in 2 rows of 3"
    )
    assert "Dana" not in str(error.value)


def test_what_cannot_be_used_is_left_out_and_counted(place):
    rows = [
        (1, 0.25, "yes"), (2, "", "yes"), (3, "nan", "no"), (4, "sure", "no"), (5, 1.5, "no"),
        (6, -0.1, "no"), (7, "inf", "no"), (8, 0.5, ""), (9, "0_5", "no"), (10, "\u0661", "no"), (11, 1, "no"),
    ]  # fmt: skip
    labels = read(written(place, rows))
    assert labels.confidence.tolist() == [0.25, 1.0]
    assert labels.wrong.tolist() == [False, True]
    assert (labels.rows, len(labels)) == (11, 2)
    assert labels.skipped == {
        "a confidence that is no number": 3,
        "a confidence outside 0 to 1": 3,
        "no confidence": 2,
        "no label": 1,
    }


def test_minus_nothing_is_nothing(place):
    labels = read(written(place, [(1, "-0.0", "yes")]))
    assert not np.signbit(labels.confidence[0])


@pytest.mark.parametrize("scores", [(85, 90, 1), ("85%", "90 %", "0.5"), (100, 7.5, 0.5)])
def test_what_looks_like_percent_is_never_guessed(place, scores):
    written(place, [(n, score, "yes") for n, score in enumerate(scores)])
    with pytest.raises(InputError, match='"score" looks like percent: 2 of 3 numbers') as error:
        read(place)
    assert error.value.hint.startswith("say --percent if it is")


def test_percent_is_read_where_it_is_said(place):
    written(place, [(1, 85, "yes"), (2, "7.5%", "no"), (3, 100.5, "no"), (4, 1, "no")])
    labels = read(place, percent=True)
    assert labels.confidence.tolist() == [0.85, 0.075, 0.01]
    assert labels.skipped == {"a confidence outside 0 to 1": 1}


def test_percent_is_refused_for_numbers_that_are_0_to_1_already(place):
    scores = [0.5] * 95 + [85] * 5
    written(place, [(n, score, "yes") for n, score in enumerate(scores)])
    with pytest.raises(InputError, match="is no percent: 5 of 100 numbers are over 1") as error:
        read(place, percent=True)
    assert error.value.hint.startswith("leave --percent out")
    written(place, [(n, score, "yes") for n, score in enumerate([*scores, 85])])
    assert len(read(place, percent=True)) == 101
    written(place, [(1, 0.9, "yes"), (2, 150, "no"), (3, -3, "no")])
    with pytest.raises(InputError, match="is no percent: 0 of 1 number is"):
        read(place, percent=True)
    written(place, [(1, "90%", "yes"), (2, "0.5%", "no"), (3, "0.9 %", "no")])
    assert read(place, percent=True).confidence == pytest.approx([0.9, 0.005, 0.009])


def test_types_that_the_table_does_not_know_are_left_out(place):
    columns = Columns(confidence="score", correct="right", type="id")
    labels = read(
        written(place, [("refund", 0.5, 1), ("new", 0.5, 1), ("", 0.5, 1), ("delay", 1, 0)]),
        columns,
    )
    assert labels.types.tolist() == ["refund", "delay"]
    assert labels.skipped == {"a type that the table does not know": 1, "no type": 1}


def test_stakes_are_sizes(place):
    columns = Columns(confidence="score", correct="right", stake="id")
    rows = [
        (-40, 0.5, 1),
        ("", 0.5, 1),
        (1.5, 1, 0),
        ("40 USD", 1, 1),
        ("inf", 1, 1),
        ("nan", 1, 1),
    ]
    labels = read(written(place, rows), columns)
    assert labels.stake.tolist() == [40.0, 0.0, 1.5, 0.0, 0.0, 0.0]
    assert labels.unstaked == {"no stake": 2, "a stake that is no number": 2}
    assert labels.skipped == {}


def test_a_missing_column_offers_the_nearest(place):
    written(place, [(1, 0.5, 1)])
    with pytest.raises(InputError, match='has no column "scor"') as error:
        read(place, Columns(confidence="scor", correct="right"))
    assert "score" in error.value.hint
    lines = place.with_suffix(".jsonl")
    lines.write_text('{"score": 0.5, "right": true}\n')
    with pytest.raises(InputError, match='has no column "sure"'):
        read(lines, Columns(confidence="sure", correct="right"))


def test_other_kinds_of_files_say_the_same(place, tmp_path):
    import duckdb

    written(place, [(n, n / 8, n % 2) for n in range(8)])
    lines = tmp_path / "past.jsonl.gz"
    with gzip.open(lines, "wt") as file:
        file.writelines(f'{{"id": {n}, "score": {n / 8}, "right": {str(n % 2 == 1).lower()}}}\n' for n in range(8))  # fmt: skip
    columns = tmp_path / "past.parquet"
    duckdb.connect().execute(f"COPY (SELECT * FROM read_csv('{place}')) TO '{columns}'")
    for path in (lines, columns):
        found = read(path)
        assert found.confidence.tolist() == [n / 8 for n in range(8)]
        assert found.wrong.tolist() == [True, False] * 4
        assert (found.repeated, found.is_distinct) == (0, True)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_row_that_stands_in_two_files_is_refused(tmp_path, kind):
    import duckdb

    place = written(tmp_path / "a.csv", [(n, 0.5, 1) for n in range(9)])
    again = written(tmp_path / "b.csv", [(n, 0.5, 1) for n in range(7, 20)])
    if kind != "csv":
        for path in (place, again):
            form = ", FORMAT json" if kind == "jsonl" else ""
            duckdb.connect().execute(f"COPY (SELECT * FROM '{path}') TO '{path.with_suffix('.' + kind)}' (ARRAY false{form})" if form else f"COPY (SELECT * FROM '{path}') TO '{path.with_suffix('.' + kind)}'")  # fmt: skip
    paths = [path.with_suffix(f".{kind}") for path in (place, again)]
    with pytest.raises(InputError, match=rf"a.{kind} and .*b.{kind}: both hold 2 rows") as error:
        reader().read(paths)
    assert "--id COLUMN" in error.value.hint
    one = reader()
    one.read(paths[:1])
    with pytest.raises(InputError, match="both hold 2 rows"):
        one.read(paths[1:])


def test_ids_tell_decisions_apart_that_look_the_same(tmp_path):
    names = ("id", "score", "right", "note")
    first = written(tmp_path / "a.csv", [(1, 0.5, 1, "x"), (2, 0.5, 1, "x")], names)
    other = written(tmp_path / "b.csv", [(3, 0.5, 1, "x"), (2, 0.7, 0, "y")], names)
    by_id = Columns(confidence="score", correct="right", id="id")
    with pytest.raises(InputError, match="both hold 1 row") as error:
        reader(by_id).read([first, other])
    assert "--id" not in error.value.hint
    assert len(reader().read([first, other])) == 4
    with pytest.raises(InputError, match='column "id": ids stand twice, 1 row'):
        read(written(first, [(1, 0.5, 1, "x"), (1, 0.6, 1, "y")], names), by_id)
    with pytest.raises(InputError, match=r'a.csv:3: column "id" is empty'):
        read(written(first, [(1, 0.5, 1, "x"), ("", 0.6, 1, "y")], names), by_id)


def test_rows_that_repeat_within_a_file_are_counted(place):
    labels = read(written(place, [(1, 0.5, 1), (2, 0.5, 1), (1, 0.5, 1)]))
    assert (len(labels), labels.repeated, labels.is_distinct) == (3, 1, True)


def test_without_any_other_column_nobody_can_tell_what_repeats(tmp_path):
    names = ("score", "right")
    paths = [
        written(tmp_path / "a.csv", [(0.5, 1), (0.5, 1)], names),
        written(tmp_path / "b.csv", [(0.5, 1), (0.5, 1), (0.5, 0)], names),
    ]
    labels = reader().read(paths)
    assert (len(labels), labels.repeated, labels.is_distinct) == (5, 0, False)
    copy = written(tmp_path / "c.csv", [(0.5, 1), (0.5, 1)], names)
    with pytest.raises(InputError, match=r"a.csv and .*c.csv: hold the same 2 rows, one for one"):
        reader().read([*paths, copy])


@pytest.fixture
def copies(tmp_path):
    """The same rows as CSV, as CSV in another order, as JSONL and as Parquet."""
    import duckdb

    names = ("id", "score", "right", "at", "code", "note")
    rows = [
        (n, n / 40, str(n % 3 > 0), f"2026-03-{n + 1:02}T10:00:00Z", f"{n:03}x", "" if n % 2 else "x")
        for n in range(20)
    ]  # fmt: skip
    place = written(tmp_path / "a.csv", rows, names)
    other = written(tmp_path / "b.csv", [row[::-1] for row in rows[::-1]], names[::-1])
    lines = tmp_path / "c.jsonl"
    with lines.open("w") as file:
        for id, score, right, *rest in rows:
            row = {"right": right == "True", "score": score, "id": float(id)}
            row |= dict(zip(names[3:], rest, strict=True))
            file.write(json.dumps({name: cell for name, cell in row.items() if cell != ""}) + "\n")
    columns = tmp_path / "d.parquet"
    duckdb.connect().execute(f"COPY (SELECT * FROM read_csv('{place}')) TO '{columns}'")
    return (place, other, lines, columns)


@pytest.mark.parametrize(("one", "another"), [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3), (3, 2)])
def test_copies_are_found_whatever_the_kind_of_file_and_the_order_of_columns(copies, one, another):
    with pytest.raises(InputError, match=r"hold (the same )?20 rows"):
        reader().read([copies[one], copies[another]])
    held_out = reader()
    assert len(held_out.read([copies[one]])) == 20
    with pytest.raises(InputError, match=r"hold (the same )?20 rows"):
        held_out.read([copies[another]])


def test_ids_are_the_same_however_their_number_is_written(tmp_path):
    by_id = Columns(confidence="score", correct="right", id="id")
    first = written(tmp_path / "a.csv", [("7", 0.5, 1), ("12345678901234567890", 0.5, 1)])
    other = tmp_path / "b.jsonl"
    other.write_text('{"id": 7.0, "score": 0.6, "right": true}\n')
    with pytest.raises(InputError, match="both hold 1 row"):
        reader(by_id).read([first, other])
    other = written(tmp_path / "b.csv", [("007", 0.5, 1), ("12345678901234567891", 0.5, 1)])
    assert len(reader(by_id).read([first, other])) == 4


def test_it_says_how_far_it_is(place):
    said = []
    written(place, [(n, 0.5, 1) for n in range(20_000)])
    read(place, progress=lambda what, share: said.append((what, share)))
    assert len(said) == 2
    assert all(what == "reading the labels" and 0 < share <= 1 for what, share in said)
