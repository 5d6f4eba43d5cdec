from pathlib import Path

import pytest

import handraise.demo
from handraise.core.gate.trial import run_cases
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.demo.example import MISSION_TABLE
from handraise.demo.requests import familiar
from handraise.demo.table import lay_out
from handraise.errors import InputError
from handraise.service.reading.tables import read_table

PACKAGE = Path(handraise.demo.__file__).parent


def _sound(table: Table | None) -> Table:
    assert table is not None
    trial = run_cases(table)
    assert [case.name for case in trial.cases if not case.ok] == []
    assert {row.id for row in table.rows} <= set(trial.rows_reached)
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


def test_the_examples_table_is_without_any_finding_and_knows_what_is_trained() -> None:
    reading = read_table(PACKAGE / "handraise.yaml")
    assert reading.findings == ()
    table = _sound(reading.table)
    assert set(table.known.types) == {request.type for request in familiar()}
    assert all(person.hours == () for person in table.people.values())


def test_the_example_is_laid_out_in_a_new_folder(tmp_path: Path) -> None:
    path = lay_out(tmp_path / "new" / "folder")
    assert read_table(path).findings == ()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        lay_out(tmp_path / "file" / "below")


@pytest.mark.parametrize("awkward", ["a", 'say "hi": {x}', "#yes", "null", "# no", "ü—漢", "a\\b"])
def test_types_of_ones_own_make_a_sound_table_whatever_their_names(
    tmp_path: Path, awkward: str
) -> None:
    reading = read_table(lay_out(tmp_path / "run", [awkward, "~~~ the last"]))
    assert reading.findings == ()
    assert set(_sound(reading.table).known.types) == {awkward, "~~~ the last"}
