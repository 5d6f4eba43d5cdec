"""Tests in files beside a table: found by their names, read with every finding at its place."""

from pathlib import Path

import pytest

from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.reading.tables import open_table, read_table, read_text, tables_in
from handraise.service.trying.case_files import CaseFiles, cases_beside, cases_in
from handraise.service.trying.csv_cases import csv_cases
from handraise.service.trying.places import files_beside
from handraise.service.trying.yaml_cases import yaml_cases
from tests.support.support_table import TABLE, table_of

ONE = "  - {name: a, given: {type: card_lost, confidence: 0.9}, expect: proceed}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def table() -> Table:
    return table_of()


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def lines(found: CaseFiles) -> list[str]:
    return [finding.line_text() for finding in found.findings]


def test_files_beside_a_table_are_found_by_their_names(path: Path, table: Table) -> None:
    beside = path.parent
    assert files_beside(path) == ()
    assert cases_beside(path, table) == CaseFiles()
    names = [
        "handraise.tests.yaml",
        "handraise.tests.csv",
        "handraise.tests/b.yml",
        "handraise.tests/a.csv",
    ]
    for name in (*names, "other.tests.yaml", "handraise.tests/.c.yaml", "handraise.tests/d.txt"):
        written(beside / name, "name,expect\n" if name.endswith("csv") else "tests:\n")
    assert [str(one.relative_to(beside)) for one in files_beside(path)] == [
        "handraise.tests.yaml",
        "handraise.tests.csv",
        "handraise.tests/a.csv",
        "handraise.tests/b.yml",
    ]
    assert tables_in([beside]) == [path, beside / "other.tests.yaml"], "it has no table beside it"


def test_files_of_tests_leave_the_version_and_the_lint_alone(path: Path) -> None:
    text = TABLE[: TABLE.index("tests:")]
    path.write_text(text, encoding="utf-8")
    before = read_table(path)
    assert [one.code for one in before.findings] == ["no-tests", "stated-only"]
    written(path.with_name("handraise.tests.yaml"), f"tests:\n{ONE}")
    after, reading = open_table(path)
    assert before.table is not None
    assert after.version == before.table.version
    assert [one.code for one in reading.findings] == ["stated-only"]


def test_cases_keep_their_file_and_line_and_those_that_wait_stand_apart(
    path: Path, table: Table
) -> None:
    text = (
        f"# a comment\ntests:\n{ONE}"
        "  - name: b\n    given: {type: riddle}\n    expect: {escalate: supervisor}\n"
        "    confirmed: false\n"
        "  - {name: c, given: {}, expect: {escalate: [owner]}, confirmed: dana 2026-11-28}\n"
    )
    file = written(path.with_name("handraise.tests.yaml"), text)
    found = cases_beside(path, table)
    assert found.findings == ()
    assert [(one.name, one.line, one.escalate, one.confirmed) for one in found.cases] == [
        ("a", 3, (), ""),
        ("c", 8, ("owner",), "dana 2026-11-28"),
    ]
    assert [(one.name, one.line, one.escalate) for one in found.waiting] == [
        ("b", 4, ("supervisor",))
    ]
    assert {one.file for one in found.all} == {str(file)}


def test_a_name_that_is_taken_is_told_with_its_place(path: Path, table: Table) -> None:
    first = written(path.with_name("handraise.tests.yaml"), f"tests:\n{ONE}{ONE}")
    second = written(
        path.with_name("handraise.tests.csv"), "name,expect\na small one,supervisor\na,supervisor\n"
    )
    assert lines(cases_in((first, second), table)) == [
        f'{first}:3:1: there is a test "a" already, in {first}:2; give one of them another name',
        f'{second}:2:1: there is a test "a small one" already, in the table; '
        "give one of them another name",
        f'{second}:3:1: there is a test "a" already, in {first}:2; give one of them another name',
    ]


def test_another_kind_of_file_and_a_missing_one_are_refused(path: Path, table: Table) -> None:
    with pytest.raises(InputError, match="no file with tests"):
        cases_in((Path("more.json"),), table)
    with pytest.raises(InputError, match="there is no such file"):
        cases_in((path.with_name("more.yaml"),), table)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "tests:\n", "tests: []\n"])
def test_a_file_without_tests_is_fine(table: Table, text: str) -> None:
    assert yaml_cases(text, "t.yaml", table) == ([], [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1]", "t.yaml:1:1: a file of tests is a mapping"),
        ("{", "t.yaml:1:2:"),
        ("cases: []", 't.yaml:1:1: unknown key "cases"'),
        ("tests: 7", "t.yaml:1:8: tests: is a list"),
        ("tests:\n  - 7", "t.yaml:2:5: tests[0]: a test is a mapping"),
        ("tests: [{name: a, expect: proceed}]", 't.yaml:1:9: tests[0] has no "given"'),
        (
            "tests: [{nme: a, given: {}, expect: proceed}]",
            't.yaml:1:10: unknown key "nme"; did you mean "name"?',
        ),
        ("tests: [{name: 7, given: {}, expect: proceed}]", "t.yaml:1:16: a name is a text"),
        ("tests: [{name: a, given: 7, expect: proceed}]", "t.yaml:1:26: given: is a decision"),
        (
            "tests: [{name: a, given: {confidnce: 1}, expect: proceed}]",
            't.yaml:1:27: a decision has no field "confidnce"; did you mean "confidence"?',
        ),
        ("tests: [{name: a, given: {}, expect: go}]", "t.yaml:1:38: expected proceed or"),
        (
            "tests: [{name: a, given: {}, expect: {escalate: []}}]",
            "escalate: names routes, found []",
        ),
        (
            "tests: [{name: a, given: {}, expect: {escalate: [finanse]}}]",
            't.yaml:1:50: unknown route "finanse"; did you mean "finance"?',
        ),
        (
            "tests: [{name: a, given: {}, expect: proceed, confirmed: true}]",
            "confirmed: is false, or",
        ),
    ],
)
def test_what_is_wrong_in_yaml_is_told_at_its_place(table: Table, text: str, found: str) -> None:
    cases, findings = yaml_cases(text, "t.yaml", table)
    assert cases == []
    assert any(found in finding.line_text() for finding in findings), findings


@pytest.mark.parametrize(
    "written",
    ["no", "'no'", "''", "'False'", "waiting for dana", "dana 2026-13-28", "2026-11-28", "1"],
)
def test_only_a_person_and_a_day_confirm(table: Table, written: str) -> None:
    text = f"tests: [{{name: a, given: {{}}, expect: proceed, confirmed: {written}}}]"
    cases, (finding,) = yaml_cases(text, "t.yaml", table)
    assert cases == []
    assert "confirmed: is false, or a person and a day" in finding.line_text()


@pytest.mark.parametrize("written", ["no", "not yet", "yes", "0"])
def test_in_a_sheet_too_only_a_person_and_a_day_confirm(table: Table, written: str) -> None:
    cases, (finding,) = csv_cases(f"name,expect,confirmed\na,proceed,{written}\n", "t.csv", table)
    assert cases == []
    assert f'column "confirmed": is false, or a person and a day, found "{written}"' in (
        finding.line_text()
    )
    (signed,), wrong = csv_cases(
        "name,expect,confirmed\na,proceed,dana 2026-11-28\n", "t.csv", table
    )
    assert (signed.is_waiting, signed.confirmed, wrong) == (False, "dana 2026-11-28", [])


def test_a_table_that_is_named_like_tests_is_not_passed_over(path: Path) -> None:
    odd = written(path.with_name("bot.tests.yaml"), TABLE)
    own = written(path.with_name(f"{path.stem}.tests.yaml"), f"tests:\n{ONE}")
    assert tables_in([path.parent]) == sorted([odd, path])
    assert own not in tables_in([path.parent])


def test_what_never_ends_is_not_read_to_its_end(tmp_path: Path, table: Table) -> None:
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="larger than 50,000,000 bytes"):
        read_text(endless)


def test_all_that_is_wrong_is_told_at_once(table: Table) -> None:
    text = f"tests:\n{ONE}  - {{name: b, given: {{}}, expect: no}}\n  - {{name: c, give: {{}}}}\n"
    cases, findings = yaml_cases(text, "t.yaml", table)
    assert [case.name for case in cases] == ["a"]
    assert [finding.line for finding in findings] == [3, 4, 4, 4]


def test_csv_cells_are_read_by_what_the_table_declares() -> None:
    text = TABLE.replace(
        "  reason: one of [fraud, other]",
        "  reason: one of [fraud, other]\n  big: boolean\n  n: integer",
    )
    made = table_of(text)
    sheet = (
        "name,type,action,confidence,text,reason,big,n,revenue_usd,case,"
        "proposal.refund,proposal.note,proposal.who.age,expect,confirmed\n"
        '"one, two",card_lost,refund,0.9,"hello ""you""",fraud,yes,3,40,7,40,12,3,finance + owner,\n'
        ",,,,,,,,,,,,,,\n"
        "three,42,sing,,,,,,,,1.5,x,true,proceed,false\n"
    )
    cases, findings = csv_cases(sheet, "t.csv", made)
    assert findings == []
    assert cases[0].given == {
        "type": "card_lost",
        "action": "refund",
        "text": 'hello "you"',
        "case": "7",
        "confidence": 0.9,
        "facts": {"revenue_usd": 40, "reason": "fraud", "big": True, "n": 3},
        "proposal": {"refund": 40, "note": "12", "who": {"age": 3}},
    }
    assert (cases[0].name, cases[0].line, cases[0].escalate) == (
        "one, two",
        2,
        ("finance", "owner"),
    )
    assert cases[1].given == {
        "type": "42",
        "action": "sing",
        "proposal": {"refund": 1.5, "note": "x", "who": {"age": True}},
    }
    assert cases[1].is_waiting


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(table: Table, separator: str) -> None:
    text = (
        separator.join(("name", "type", "expect")) + "\r\n" + separator.join(("a", "b", "proceed"))
    )
    cases, findings = csv_cases(text, "t.csv", table)
    assert (len(cases), findings) == (1, [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 't.csv:1:1: there is no column "name"'),
        ("name,type\na,b", 't.csv:1:1: there is no column "expect"'),
        ("name,expct\na,b", '"expect"; did you mean "expct"?'),
        ("name,expect,type,type\n", 't.csv:1:3: column "type": stands there twice'),
        ("name,expect,confidnce\n", 'is nothing that a decision has; did you mean "confidence"?'),
        ("name,expect,proposal.\n", "cannot be a field of the proposal"),
        ("name,expect,proposal.a,proposal.a.b\n", 't.csv:1:3: column "proposal.a": cannot be'),
        (
            "name,expect,confidence\na,proceed,sure",
            't.csv:2:3: column "confidence": must be a number',
        ),
        ("name,expect,reason\na,proceed,fun", 'column "reason": must be one of fraud, other'),
        (
            "name,expect,action,proposal.refund\na,proceed,refund,much",
            "must be a number, not 'much'",
        ),
        ("name,expect\na,finanse", 't.csv:2:2: column "expect": unknown route "finanse"; did you'),
        ("name,expect\na,", 'column "expect": is empty'),
        ("name,expect\n,proceed", 'column "name": is empty'),
        ("name,expect\na,proceed,more", "t.csv:2:1: has 3 values, expected 2"),
        ('name,expect\na,"proceed\n', "t.csv:2:1: is no CSV"),
    ],
)
def test_what_is_wrong_in_csv_is_told_at_its_line_and_column(
    table: Table, text: str, found: str
) -> None:
    cases, findings = csv_cases(text, "t.csv", table)
    assert cases == []
    assert any(found in finding.line_text() for finding in findings), findings


def test_a_row_that_is_wrong_leaves_the_others(table: Table) -> None:
    text = 'name,expect,text\na,proceed,"two\nlines"\nb,nobody,\nc,owner,\n'
    cases, findings = csv_cases(text, "t.csv", table)
    assert [(case.name, case.line) for case in cases] == [("a", 2), ("c", 5)]
    assert [finding.line for finding in findings] == [4]
