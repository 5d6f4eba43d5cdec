"""`test`: files beside the table, what tests reach, what is suggested, recorded and confirmed."""

import io
import re
import sys
from pathlib import Path

import pytest

from handraise.store import open_store
from tests.cli.running import Ran, Runner
from tests.store.records import AGENT, make_record

CSV = """\
name,type,confidence,revenue_usd,expect
sure enough,refund_request,0.72,40,proceed
not quite,refund_request,0.71,40,support_supervisor
near,refund_request,0.9,4990,finance_lead
"""


@pytest.fixture
def with_csv(mission: Path) -> Path:
    """The mission's table with tests in CSV beside it, one of which fails."""
    path = mission.with_name("handraise.tests.csv")
    path.write_text(CSV, encoding="utf-8")
    return path


def only_table(ran: Ran) -> dict[str, object]:
    (found,) = ran.json["tables"]
    return found


def test_tests_beside_the_table_count_and_a_failure_says_why(
    command: Runner, with_csv: Path
) -> None:
    ran = command("test")
    assert ran.code == 1
    assert (
        "FAIL  near\n      handraise.tests.csv:4\n      expected escalate to finance_lead\n"
        "      got      proceed\n"
        "      consequence.1 would stop where revenue_usd is over 5,000 either way; revenue_usd "
        "was 4,990, 10 away from it\n      because  no row held\n"
    ) in ran.out
    assert "handraise.yaml: 6 tests passed, 1 failed" in ran.out
    found = only_table(command("test", "--json"))
    assert found["files"] == ["handraise.tests.csv"]
    last = found["tests"][-1]  # type: ignore[index]
    assert (last["file"], last["line"], last["ok"]) == ("handraise.tests.csv", 4, False)
    assert last["why"][0].startswith("consequence.1 would stop where")


def test_what_is_reached_is_a_short_table_and_the_rest_has_a_name(
    command: Runner, with_csv: Path
) -> None:
    with_csv.write_text(CSV[: CSV.index("near")], encoding="utf-8")
    ran = command("test")
    assert ran.code == 0
    assert "rows          3 of 3\nedges         4 of 8\ncombinations  4 of 8\n" in ran.out
    assert "not tested: just over: confidence below 0.72 (confidence.1)" in ran.out
    assert "handraise.yaml: not tested: together: confidence and novelty" in ran.out
    assert "`handraise test --suggest` writes such tests" in ran.out
    coverage = only_table(command("test", "--json"))["coverage"]
    assert {name: (part["reached"], part["of"]) for name, part in list(coverage.items())[:3]} == {
        "rows": (3, 3),
        "edges": (4, 8),
        "combinations": (4, 8),
    }
    first = coverage["edges"]["missing"][0]
    assert first["name"] == "just over: confidence below 0.72 (confidence.1)"
    text = Path("handraise.yaml").read_text(encoding="utf-8").splitlines()
    assert "confidence:" in text[first["line"] - 1]
    assert coverage["not_counted"] == []


def test_strict_fails_while_a_row_or_an_edge_is_missing(command: Runner, with_csv: Path) -> None:
    with_csv.write_text(CSV[: CSV.index("near")], encoding="utf-8")
    assert command("test").code == 0
    ran = command("test", "--strict")
    assert ran.code == 1
    assert command("test", "--strict", "--json").json["ok"] is False
    assert command("test", "--suggest").code == 0
    assert command("test", "--strict").code == 1
    assert command("test", "--confirm-all", "--as", "priya").code == 0
    ran = command("test", "--strict")
    assert ran.code == 0
    assert "edges         8 of 8" in ran.out


def test_another_file_is_tried_when_it_is_named(command: Runner, mission: Path) -> None:
    Path("more.csv").write_text(CSV[: CSV.index("near")], encoding="utf-8")
    assert "6 tests passed" in command("test", "--cases", "more.csv").out
    assert "6 tests passed" in command("test", "--cases", "more.csv", "--cases", "more.csv").out
    assert "4 tests passed" in command("test").out
    ran = command("test", "--cases", "none.csv", "--json")
    assert (ran.code, ran.error["message"]) == (2, "none.csv: there is no such file")


def test_what_is_wrong_in_the_files_ends_with_4_and_all_of_it(
    command: Runner, with_csv: Path
) -> None:
    with_csv.write_text(
        CSV.replace("0.71", "sure").replace("finance_lead", "finance_leed"), "utf-8"
    )
    ran = command("test")
    assert (ran.code, ran.out) == (4, "")
    assert 'handraise.tests.csv:3:3: column "confidence": must be a number' in ran.err
    assert 'handraise.tests.csv:4:5: column "expect": unknown route "finance_leed"' in ran.err


def test_a_suggestion_is_shown_and_written_to_be_confirmed(command: Runner, mission: Path) -> None:
    ran = command("test", "--suggest")
    assert ran.code == 0
    assert 'wait  at: confidence below 0.72 (confidence.1)\n      {"type": "' in ran.out, ran.out
    text = Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Tests of handraise.yaml: ")
    assert text.count("confirmed: false") == 10
    ran = command("test")
    assert ran.code == 0
    assert "wait  at: confidence below 0.72 (confidence.1): proceed" in ran.out
    assert "10 tests to be confirmed by a person, and not counted until then" in ran.out
    assert "edges         2 of 8" in ran.out
    assert len(only_table(command("test", "--json"))["waiting"]) == 10  # type: ignore[arg-type]
    ran = command("test", "--suggest", "--json")
    assert ran.json == {"file": "handraise.tests/suggested.yaml", "written": [], "not_found": []}
    assert Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8") == text


def test_what_no_decision_reaches_is_said(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    mission.write_text(
        text.replace("revenue_usd: number", "revenue_usd: integer").replace("> 5000", "> 0.5"),
        encoding="utf-8",
    )
    ran = command("test", "--suggest", "--output", "more.yaml", "--json")
    assert ran.json["not_found"] == [
        {"name": "at: abs(revenue_usd) > 0.5 (consequence.1)", "why": "no decision reaches it"}
    ]
    assert ran.json["written"][0]["expect"] == "proceed"
    assert Path("more.yaml").exists()
    assert "no decision reaches it: at: abs(revenue_usd) > 0.5" in command("test", "--suggest").out


def test_a_suggestion_adds_to_a_file_and_keeps_what_is_there(
    command: Runner, mission: Path
) -> None:
    own = (
        "# our own\ntests:\n  - name: ours  # first\n    given: {type: riddle}\n"
        "    expect: {escalate: [support_supervisor, finance_lead]}\n"
    )
    Path("handraise.tests.yaml").write_text(own, encoding="utf-8")
    assert command("test", "-o", "handraise.tests.yaml", "--suggest").code == 0
    assert Path("handraise.tests.yaml").read_text(encoding="utf-8").startswith(own)


def test_confirming_shows_each_decision_and_writes_who_did(command: Runner, mission: Path) -> None:
    assert command("test", "--suggest").code == 0
    name = "just over: abs(revenue_usd) > 5000 (consequence.1)"
    ran = command("test", "--confirm", name, "--as", "ines")
    assert ran.code == 0
    assert ran.out.startswith(f'{name}\n      {{"type": ')
    assert "      escalate to finance_lead\n      because  consequence.1 → finance_lead" in ran.out
    assert "handraise.tests/suggested.yaml: 1 test confirmed by ines" in ran.out
    text = Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8")
    assert text.count("confirmed: false") == 9
    assert text.count("confirmed: ines 20") == 1
    assert "5 tests passed" in command("test").out
    assert command("test", "--confirm-all", "--as", "ines").code == 0
    ran = command("test", "--confirm-all", "--as", "ines")
    assert (ran.code, ran.out) == (0, "handraise.yaml: no test waits\n")


def test_a_verdict_that_the_gate_does_not_give_is_said_before_it_is_confirmed(
    command: Runner, mission: Path
) -> None:
    text = "tests:\n  - {name: a, given: {}, expect: proceed, confirmed: false}\n"
    Path("handraise.tests.yaml").write_text(text, encoding="utf-8")
    assert "the gate says escalate to" in command("test").out
    ran = command("test", "--confirm", "a", "--as", "ines")
    assert "but the gate says escalate to support_supervisor, finance_lead now" in ran.out
    assert command("test").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--confirm", "a"), "--as: who confirms?"),
        (("--confirm", "a", "--as", "inez"), '--as: "inez" is nobody on the table'),
        (("--confirm", "b", "--as", "ines"), '--confirm: no test "b" waits'),
        (("--confirm", "c", "--as", "ines"), "handraise.tests.csv: only tests in YAML are"),
        (("--suggest", "--record", "3"), "--suggest, --record and --confirm are different things"),
        (("--suggest", "--output", "a.csv"), "--output: a.csv is no YAML file"),
        (("--output", "a.yaml"), "--output: does nothing here"),
        (("--as", "ines"), "--as: does nothing here"),
        (("--record", "3", "--since", "monday"), '--since: "monday" is no instant'),
    ],
)
def test_what_cannot_be_done_is_wrong_usage(
    command: Runner, mission: Path, arguments: tuple[str, ...], message: str
) -> None:
    text = "tests:\n  - {name: a, given: {}, expect: proceed, confirmed: false}\n"
    Path("handraise.tests.yaml").write_text(text, encoding="utf-8")
    Path("handraise.tests.csv").write_text("name,expect,confirmed\nc,proceed,false\n", "utf-8")
    ran = command("test", *arguments, "--json")
    assert ran.code == 2
    assert ran.error["message"].startswith(message)


def test_real_decisions_are_recorded_with_the_verdict_of_then(
    command: Runner, mission: Path
) -> None:
    url = f"sqlite:///{Path('past.db').resolve()}"
    store = open_store(url, migrate=True)
    store.record_decisions(
        [
            make_record(agent=AGENT, facts={"revenue_usd": revenue}, proposal=None, action=None)
            for revenue in (40, 41, 9000, 40)
        ]
    )
    store.close()
    ran = command("test", "--record", "10", "--store", url)
    assert ran.code == 0
    assert ran.out.count("DIFFERS  ") == 1
    assert "then proceed; now escalate to finance_lead" in ran.out
    assert "handraise.tests/recorded.yaml: 3 decisions recorded as tests" in ran.out
    assert "left out: 1 decision, the same as another one in all that is given" in ran.out
    assert "no customer's text and no context is recorded" in ran.out
    ran = command("test")
    assert (ran.code, ran.out.count("FAIL")) == (1, 1)
    ran = command("test", "--record", "10", "--since", "2026-11-20", "--store", url, "--json")
    assert ran.json["written"] == []
    ran = command("test", "--record", "1", "--store", url, "--output", "one.yaml", "--json")
    assert ran.json["written"] == []
    Path("handraise.tests/recorded.yaml").unlink()
    ran = command("test", "--record", "2", "--store", url, "--output", "two.yaml", "--json")
    assert [one["differs"] for one in ran.json["written"]] == [False, True]


def test_a_store_that_is_not_there_is_an_error(command: Runner, mission: Path) -> None:
    ran = command("test", "--record", "3", "--json")
    assert ran.code == 1
    assert not Path("handraise.tests").exists()
    assert ran.out == ""


def test_a_folder_of_tables_is_tried_and_more_goes_with_one_alone(
    command: Runner, mission: Path
) -> None:
    text = mission.read_text(encoding="utf-8")
    Path("other.yaml").write_text(text.replace("agent: support-agent", "agent: other"), "utf-8")
    Path("other.tests.yaml").write_text(
        "tests: [{name: ours, given: {}, expect: {escalate: [support_supervisor, finance_lead]}}]",
        "utf-8",
    )
    ran = command("test", ".", "--json")
    assert [(one["file"], one["passed"]) for one in ran.json["tables"]] == [
        ("handraise.yaml", 4),
        ("other.yaml", 5),
    ]
    ran = command("test", ".", "--cases", "more.csv", "--json")
    assert ran.error["message"] == "--cases: . holds 2 tables"
    assert command("test", ".", "--suggest").code == 2


def test_many_tests_that_pass_are_counted_and_not_named(command: Runner, mission: Path) -> None:
    rows = "".join(f"case {n},refund_request,0.9,{n % 4000},proceed\n" for n in range(1_000))
    Path("handraise.tests.csv").write_text(CSV[: CSV.index("sure")] + rows, encoding="utf-8")
    ran = command("test")
    assert ran.code == 0
    assert "ok    " not in ran.out
    assert "1004 tests passed, 0 failed" in ran.out


def test_a_folder_that_cannot_be_made_says_so(command: Runner, mission: Path) -> None:
    Path("handraise.tests").write_text("no folder", encoding="utf-8")
    ran = command("test", "--suggest", "--json")
    assert ran.code == 2
    assert "handraise.tests" in ran.error["message"]


def test_a_person_at_a_terminal_is_asked_once_all_is_shown(
    command: Runner, mission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert command("test", "--suggest").code == 0
    before = Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    ran = command("test", "--confirm-all", "--as", "ines")
    assert ran.code == 130
    assert Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8") == before
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert command("test", "--confirm-all", "--as", "ines").code == 0
    assert "confirmed: ines" in Path("handraise.tests/suggested.yaml").read_text(encoding="utf-8")


def test_the_page_about_tests_shows_what_the_command_prints(command: Runner, mission: Path) -> None:
    page = Path(__file__).parents[2] / "docs/how-to/test-a-table.md"
    blocks = dict(
        re.findall(r"^```(csv|console|yaml)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    )
    Path("handraise.tests.csv").write_text(blocks["csv"], encoding="utf-8")
    line, _, printed = blocks["console"].partition("\n")
    assert line == "$ handraise test"
    assert command("test").out == printed
    assert command("test", "--suggest").code == 0
    name, _, *rest = blocks["yaml"].splitlines()  # which decision it is, the solver may choose
    text = Path("handraise.tests/suggested.yaml").read_text("utf-8")
    assert text.partition(f"{name}\n")[2].splitlines()[1:3] == rest
