from pathlib import Path

import pytest

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.core.table.units import percent_text
from handraise.core.trial.trial import run_cases
from handraise.demo.example import MISSION_TABLE
from handraise.demo.known import learn_known
from handraise.demo.requests import Request, familiar, split
from handraise.demo.table import Filling, lay_out
from handraise.errors import InputError
from handraise.model import Learned
from handraise.service.reading.learned import familiar_beside
from handraise.service.reading.tables import read_table

REQUESTS = [Request(id="1", text="where is my parcel", type="parcel")]


def _sound(table: Table | None, folder: Path | None = None) -> Table:
    assert table is not None
    trial = run_cases(table, familiar_beside(table, folder) if folder is not None else None)
    assert [(case.name, case.reasons) for case in trial.cases if not case.ok] == []
    assert {row.id for row in table.rows} == set(trial.rows_reached)
    return table


def test_the_smallest_table_is_sound_and_tested() -> None:
    reading = read(MISSION_TABLE)
    assert reading.errors == ()
    assert {finding.code for finding in reading.findings} == {"no-actions", "stated-only"}
    table = _sound(reading.table)
    assert [(row.id, row.to) for row in table.rows] == [
        ("confidence.1", "support_supervisor"),
        ("consequence.1", "finance_lead"),
        ("novelty.1", "support_supervisor"),
    ]


@pytest.mark.parametrize("seed", [7, 1])
def test_the_examples_table_is_without_any_finding_and_knows_what_is_trained(
    tmp_path: Path, seed: int
) -> None:
    trained_on = split(familiar(), seed).train
    path = lay_out(tmp_path / "new" / "folder", trained_on)
    known = learn_known(path, trained_on, seed)
    reading = read_table(path)
    assert reading.findings == ()
    table = _sound(reading.table, path.parent)
    *_, last = run_cases(table, familiar_beside(table, path.parent)).cases
    assert [reason.row for reason in last.reasons] == ["novelty.2"]
    assert set(table.known.types) == {request.type for request in familiar()}
    assert all(person.hours == () for person in table.people.values())
    assert known.promise is not None
    assert known.promise.low < known.promise.rate == 0.02 < known.promise.high
    assert "1,708 requests of 28 types" in known.notes[0]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        lay_out(tmp_path, REQUESTS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        lay_out(tmp_path / "file" / "below", REQUESTS)


def _own(count: int, *types: str) -> list[Request]:
    """Return so many requests of each type, each in words of its own."""
    words = ("parcel", "money", "password", "address")
    return [
        Request(id=f"{type} {n}", text=f"where is my {word} of {n} {['may', 'june', 'july'][n % 3]}", type=type)
        for n in range(count)
        for type, word in zip(types, words, strict=False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "rate"), [(120, None), (600, "2.5%")], ids=["few rows", "many rows"]
)
def test_requests_of_ones_own_get_a_rate_that_their_rows_can_carry(
    tmp_path: Path, count: int, rate: str | None
) -> None:
    rows = _own(count, "one", "two")
    path = lay_out(tmp_path / "run", rows, is_own=True)
    known = learn_known(path, rows, 7, is_own=True)
    reading = read_table(path)
    assert reading.findings == ()
    table = _sound(reading.table, path.parent)
    (row,) = table.unfamiliar_rows
    assert known.promise is not None
    assert row.unfamiliar == known.promise.rate
    assert percent_text(known.promise.rate) == (rate or "12%")
    assert any(known.promise.sentence in note for note in known.notes)


def test_where_own_rows_are_too_few_condition_three_looks_at_the_type_alone(
    tmp_path: Path,
) -> None:
    rows = _own(10, "one", "two")
    path = lay_out(tmp_path / "run", rows, is_own=True)
    known = learn_known(path, rows, 7, is_own=True)
    assert known.promise is None
    assert known.notes == (
        "Condition three looks at the type alone: there are too few rows: 2 could be held out for"
        " each half, and 20 are needed.",
    )
    reading = read_table(path)
    assert reading.findings == ()
    table = _sound(reading.table)
    assert table.unfamiliar_rows == ()
    assert table.known.types == ("one", "two")


def test_rows_of_the_example_that_cannot_be_learned_from_are_an_error(tmp_path: Path) -> None:
    path = lay_out(tmp_path / "run", REQUESTS)
    with pytest.raises(InputError, match="too few rows"):
        learn_known(path, REQUESTS, 7)


def test_where_no_strange_text_is_found_no_test_has_one() -> None:
    filling = Filling(types=("a", "b"), type="a", rate="2%", familiar="hello", strange="")
    text = filling.table_text()
    assert "words unlike" not in text
    assert "{unfamiliar: 2%," in text


@pytest.mark.parametrize(
    "awkward", ["a", 'say "hi": {x}', "#yes", "null", "# no", "ü—漢", "a\\b", "😀"]
)
def test_types_and_texts_of_ones_own_make_a_sound_table_whatever_they_are(awkward: str) -> None:
    types = (awkward, "~~~ the last")
    filling = Filling(types=types, type=awkward, rate="5%", familiar=awkward, strange="漢字")
    learned = Learned(folder="known", digest="0" * 64, facts={}, reads_text=True, least_rate=0.01)
    reading = read(filling.table_text(), learned=lambda _folder: (learned, types))
    assert reading.findings == ()
    assert reading.table is not None
    assert {case.given["type"] for case in reading.table.tests} == {awkward, f"{max(types)}?"}
    assert {case.given["text"] for case in reading.table.tests} == {awkward, "漢字"}
