"""The go-live checklist: every line is there, and what could not be looked at is red."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from handraise.core.table.read import read
from handraise.service.going_live.checklist import lines_of, unsound
from handraise.service.going_live.line import REQUIRED
from handraise.service.going_live.tested import trial_lines
from tests.support.checked import subject_of
from tests.support.operation import TABLE, opened

WITHOUT_TESTS = TABLE[: TABLE.index("tests:")]


def test_every_line_that_must_be_there_is_there_in_order() -> None:
    assert tuple(line.code for line in lines_of(subject_of())) == REQUIRED


def test_without_a_store_all_that_is_about_people_is_red_with_a_remedy() -> None:
    red = [line for line in lines_of(subject_of()) if line.state == "red"]
    assert [line.code for line in red] == ["capacity", "reachable", "accepted", "drilled"]
    assert all(line.remedy for line in red)


@pytest.mark.parametrize("text", ["handraise: 1", "nonsense: ["])
def test_a_table_with_errors_has_one_line_and_it_is_red(text: str) -> None:
    line = unsound(read(text).findings)
    assert (line.code, line.state) == ("sound", "red")
    assert "the first: handraise.yaml:" in line.evidence


def test_a_table_that_could_not_be_read_at_all_is_unsound() -> None:
    assert "could not be read" in unsound(()).evidence


def test_errors_that_come_with_a_table_are_red() -> None:
    errors = read("handraise: 1").findings
    subject = msgspec.structs.replace(subject_of(), findings=errors)
    assert (lines_of(subject)[0].code, lines_of(subject)[0].state) == ("sound", "red")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WITHOUT_TESTS, "no tests"),
        (TABLE.replace("expect: proceed", "expect: {escalate: [finance_lead]}"), "1 of 4 fail"),
    ],
)
def test_tests_that_are_missing_or_fail_are_red(text: str, words: str) -> None:
    passing, _ = trial_lines(subject_of(text))
    assert (passing.code, passing.state) == ("tests", "red")
    assert words in passing.evidence
    assert passing.remedy


def test_a_row_no_test_reaches_is_worth_a_look() -> None:
    untested = TABLE[: TABLE.index("  - name: new")]
    assert trial_lines(subject_of(untested))[1].state == "yellow"


def test_tests_in_files_beside_the_table_count_with_its_own(tmp_path: Path) -> None:
    place = tmp_path / "handraise.yaml"
    place.write_text(WITHOUT_TESTS, encoding="utf-8")
    beside = tmp_path / "handraise.tests.yaml"
    beside.write_text(TABLE[TABLE.index("tests:") :], encoding="utf-8")
    passing, reached = trial_lines(subject_of(WITHOUT_TESTS, place=place))
    assert (passing.evidence, reached.state) == ("4 of 4 pass", "green")
    beside.write_text("tests: 7", encoding="utf-8")
    assert "handraise.tests.yaml" in trial_lines(subject_of(TABLE, place=place))[0].evidence
    beside.write_bytes(b"\xff\xfe\xff")
    assert trial_lines(subject_of(TABLE, place=place))[0].state == "red"


def test_a_warning_is_worth_a_look() -> None:
    stated = TABLE.replace("from: {refund: proposal.refund}, otherwise: 0", "about: money")
    line = lines_of(subject_of(stated))[1]
    assert (line.code, line.state) == ("warnings", "yellow")


def test_an_operation_looks_at_the_file_of_the_newest_version_only(folder: Path) -> None:
    operation = opened(folder, is_ready=False)
    first = operation.shelf.newest("support-agent")
    (folder / "handraise.tests.yaml").write_text("tests: 7", encoding="utf-8")
    assert operation.checklists.lines(first)[1].state == "red"
    path = folder / "handraise.yaml"
    path.write_text(TABLE.replace("0.72", "0.7"), encoding="utf-8")
    operation.shelf.open(path)
    assert operation.checklists.lines(first)[1].state == "green"
    operation.close()
