"""`check`, `table`, `schema` and `test`."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.running import Runner, broken

FORMATS = {"text": "Routing table of", "markdown": "# Routing table of", "html": "<!DOCTYPE html>"}


def test_check_says_what_it_checked(command: Runner, mission: Path) -> None:
    ran = command("check")
    *findings, summary = ran.out.splitlines()
    assert ran.code == 0
    assert all(re.match(r"handraise\.yaml:\d+:\d+: warning: ", line) for line in findings)
    assert summary.startswith(f"handraise.yaml: no errors, {len(findings)} warnings; support-agent")
    assert summary.endswith(
        "3 people, 2 routes, no actions, 1 fact, 3 known types, 3 rows, no claims, 4 tests"
    )


def test_check_points_at_every_error_and_ends_with_4(command: Runner, mission: Path) -> None:
    ran = command("check", str(broken(mission)))
    assert ran.code == 4
    line = next(line for line in ran.out.splitlines() if "dna" in line)
    assert re.match(r'handraise\.yaml:\d+:\d+: unknown person "dna"; did you mean "dana"\?', line)
    assert ran.out.splitlines()[-1].startswith("handraise.yaml: 1 error")


def test_warnings_count_with_strict(command: Runner, mission: Path) -> None:
    assert command("check").code == 0
    assert command("check", "--strict").code == 4


def test_check_as_json(command: Runner, mission: Path) -> None:
    ran = command("check", "--json")
    (table,) = ran.json["tables"]
    assert (ran.code, ran.json["ok"]) == (0, True)
    assert (table["file"], table["agent"], table["errors"]) == (
        "handraise.yaml",
        "support-agent",
        0,
    )
    assert table["checked"]["rows"] == 3
    broken(mission)
    ran = command("check", "--json")
    (table,) = ran.json["tables"]
    assert (ran.code, ran.json["ok"]) == (4, False)
    assert (table["agent"], table["checked"]) == (None, None)
    assert {"line", "column", "message", "hint", "code"} <= table["findings"][0].keys()


def test_a_folder_stands_for_the_tables_in_it(command: Runner, mission: Path, folder: Path) -> None:
    tables = folder / "tables"
    tables.mkdir()
    for name in ("one", "two"):
        text = mission.read_text(encoding="utf-8").replace("support-agent", name)
        (tables / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert [one["agent"] for one in command("check", "tables", "--json").json["tables"]] == [
        "one",
        "two",
    ]
    assert len(command("test", "tables", "--json").json["tables"]) == 2
    ran = command("table", "tables")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error: tables: holds 2 tables (one.yaml, two.yaml)",
    )
    (tables / "one.yaml").unlink()
    assert "Routing table of two" in command("table", "tables").out


def test_a_folder_without_tables_is_wrong_usage(command: Runner, folder: Path) -> None:
    (folder / "empty").mkdir()
    ran = command("check", "empty")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: empty: holds no table")


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_is_printed_in_each_form(command: Runner, mission: Path, form: str) -> None:
    ran = command("table", "--format", form)
    assert ran.code == 0
    assert ran.out.startswith(FORMATS[form])
    assert command("table", "--format", form, "--output", "sheet").err == "sheet: written\n"
    assert Path("sheet").read_text(encoding="utf-8") == ran.out


def test_a_broken_table_is_not_printed(command: Runner, mission: Path) -> None:
    ran = command("table", str(broken(mission)))
    assert (ran.code, ran.out) == (4, "")
    assert re.match(r"handraise\.yaml:\d+:\d+: ", ran.err)


def test_a_file_that_cannot_be_written_says_so(command: Runner, mission: Path) -> None:
    ran = command("table", "--output", "nowhere/sheet.txt")
    assert ran.code == 2
    assert ran.err.startswith("error: nowhere/sheet.txt: cannot be written (No such file")
    assert "\n\n" not in ran.err


def test_a_written_file_leaves_nothing_beside_it(
    command: Runner, mission: Path, folder: Path
) -> None:
    command("table", "--output", "sheet.txt")
    assert sorted(path.name for path in folder.iterdir()) == ["handraise.yaml", "sheet.txt"]
    assert command("table", "--output", "/dev/null").code == 0


def test_the_schema_is_json_schema(command: Runner) -> None:
    ran = command("schema")
    assert ran.code == 0
    assert ran.json["$schema"].startswith("https://json-schema.org/")
    assert "escalate" in ran.json["properties"]
    assert command("schema", "-o", "s.json").code == 0
    assert json.loads(Path("s.json").read_text(encoding="utf-8")) == ran.json


def test_passing_tests_end_with_0(command: Runner, mission: Path) -> None:
    ran = command("test")
    assert ran.code == 0
    assert ran.out.count("ok  ") == 4
    assert "handraise.yaml: 4 tests passed, 0 failed" in ran.out
    assert "no test reaches" not in ran.out


def test_a_failing_test_says_what_was_expected_and_every_reason(
    command: Runner, mission: Path
) -> None:
    text = mission.read_text(encoding="utf-8")
    changed = text.replace(
        "confidence: 0.95, facts: {revenue_usd: 40}", "confidence: 0.5, facts: {revenue_usd: 9000}"
    )
    changed = changed.replace("expect: {escalate: [finance_lead]}", "expect: proceed")
    mission.write_text(changed, encoding="utf-8")
    ran = command("test")
    assert ran.code == 1
    assert "FAIL  a small, sure refund goes ahead" in ran.out
    assert "expected proceed" in ran.out
    assert "got      escalate to support_supervisor, finance_lead" in ran.out
    assert "confidence.1 → support_supervisor: confidence 0.5 is below 0.72" in ran.out
    assert "consequence.1 → finance_lead: revenue_usd is 9,000" in ran.out
    assert "2 tests passed, 2 failed" in ran.out
    ran = command("test", "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    first = ran.json["tables"][0]["tests"][0]
    assert first["got"] == {"escalate": ["support_supervisor", "finance_lead"]}
    assert first["expected"] == "proceed"
    assert [reason["row"] for reason in first["reasons"]] == ["confidence.1", "consequence.1"]


def test_a_proceed_and_another_order_are_explained(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    text = text.replace("    expect: proceed", "    expect: {escalate: [owner]}").replace(
        "confidence: 0.6, facts: {revenue_usd: 0}", "confidence: 0.6, facts: {revenue_usd: 9000}"
    )
    text = text.replace(
        "{escalate: [support_supervisor]}", "{escalate: [finance_lead, support_supervisor]}", 1
    )
    mission.write_text(text, encoding="utf-8")
    ran = command("test")
    assert ran.code == 1
    assert "because  no row held" in ran.out
    assert "in another order" in ran.out


def test_rows_that_no_test_reaches_are_named(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text[: text.index("  - name: big money")], encoding="utf-8")
    ran = command("test")
    assert ran.code == 0
    assert re.search(
        r"handraise\.yaml:\d+: warning: no test reaches consequence\.1 \(to finance_lead\)", ran.out
    )
    assert "no test reaches novelty.1" in ran.out
    assert command("test", "--json").json["tables"][0]["unreached"] == [
        "consequence.1",
        "novelty.1",
    ]


def test_no_tests_at_all_are_a_warning(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    mission.write_text(text[: text.index("tests:")], encoding="utf-8")
    ran = command("test")
    assert ran.code == 0
    assert "warning: there are no tests" in ran.out


def test_a_broken_table_is_not_tried(command: Runner, mission: Path) -> None:
    broken(mission)
    ran = command("test", "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.error["findings"][0]["code"] == "unknown-person"
