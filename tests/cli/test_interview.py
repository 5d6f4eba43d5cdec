"""`init --interview`: line by line, kept after each answer, and a table at the end."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handraise.core.table.read import read
from handraise.core.trial.trial import run_cases
from tests.cli.running import PROGRAM, Ran, Runner

CLINIC = [
    *("appointment desk", "books and moves appointments", "patients of two practices"),
    *("first visit, follow-up, cancellation", "a nuisance, hurts a patient", ""),
    *("book an appointment", "a patient waits in vain", "nuisance", "easily", "no", "yes"),
    *("cancel an appointment", "a patient is not seen in time", "hurts", "with effort", "no", "no"),
    *("Dr. Nia Okoro", "nia@example.com", "always", "10", "yes", "yes", "yes"),
    *("Tom Byrne", "tom@example.com", "always", "40", "yes", "yes", "no"),
    *("front desk", "tom, nia", "15m", "1h", "one", "the calendar and the request", "20", "no"),
    *("90", "front", "hurts", "front", "front"),
    *("nia", "stay", "10m", "tom", "20"),
]


@pytest.fixture
def typed(command: Runner, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Runs a command with lines typed into it."""

    def ran(lines: list[str], *arguments: str) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return command("init", "--interview", *arguments)

    return ran


def test_a_clinic_answers_and_has_its_table(typed: Runner, command: Runner, folder: Path) -> None:
    ran = typed([*CLINIC, "", "", "", ""])
    assert ran.code == 0, ran.out[-600:] + ran.err
    assert "Does it add up?" in ran.out
    assert "or is it given up (a fee, a credit, a discount)?" in ran.out
    said = [line.split() for line in ran.out.splitlines()]
    assert ["Tom", "Byrne", "tom", "--as", "tom"] in said
    assert ["book", "an", "appointment", "book_an_appointment", "action"] in said
    table = read((folder / "handraise.yaml").read_text(encoding="utf-8")).table
    assert table is not None
    assert table.routes["front_desk"].people == ("tom", "nia")
    assert [row.kind for row in table.rows] == ["below", "severity", "unknown"]
    assert run_cases(table).is_complete
    assert command("check").code == 0
    assert command("test").code == 0


def test_what_was_meant_is_said_where_it_was_written_otherwise(typed: Runner) -> None:
    ran = typed([*CLINIC, "", "", "", ""])
    assert "  taken as: it stays stopped, and they are reminded\n" in ran.out
    assert "  taken as: Tom Byrne, Dr. Nia Okoro\n" in ran.out
    assert "  taken as: no\n" not in ran.out
    assert "  taken as: not known yet\n" not in ran.out


def test_it_goes_on_where_it_was_stopped(typed: Runner, folder: Path) -> None:
    for place in (3, 9, 20):
        lines = CLINIC[:place] if place == 3 else CLINIC[{9: 3, 20: 9}[place] : place]
        ran = typed([*lines, "stop"])
        assert ran.code == 0
        assert "handraise init --interview" in ran.err
        assert not (folder / "handraise.yaml").exists()
    ran = typed([*CLINIC[20:], "", "", "", ""])
    assert "Going on where you were" in ran.out
    assert ran.code == 0
    assert (folder / "handraise.yaml").exists()


def test_the_end_of_the_input_keeps_what_was_answered(typed: Runner, folder: Path) -> None:
    assert typed(CLINIC[:2]).code == 0
    kept = (folder / "handraise.workbook.yaml").read_text(encoding="utf-8")
    assert 'purpose: "books and moves appointments"' in kept


def test_ctrl_c_keeps_what_was_answered(folder: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "init", "--interview"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"desk \xff\n")
    process.stdin.flush()
    shown = b""
    while b"What does it do" not in shown:
        shown += process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"The answers are kept in handraise.workbook.yaml" in said
    kept = (folder / "handraise.workbook.yaml").read_text(encoding="utf-8")
    assert 'name: "desk \ufffd"' in kept


def test_a_question_is_explained_and_asked_again(typed: Runner) -> None:
    ran = typed(["?", "desk", "", "", "?", ",", "back", "back", "sorts mail", "stop"])
    assert "For example: invoice assistant" in ran.out
    assert "No table can be written without this." in ran.out
    assert "As long as it is open, every request is new, and goes to a person." in ran.out
    assert ran.out.count("What does it do, in one sentence?") >= 2


def test_going_back_ends_at_the_first_question(typed: Runner, folder: Path) -> None:
    ran = typed(["back", "desk", "back", "other desk", "back", "back", "stop"])
    assert "This is the first question." in ran.out
    kept = (folder / "handraise.workbook.yaml").read_text(encoding="utf-8")
    assert 'name: "other desk"' in kept


def test_a_point_is_answered_or_leads_to_its_chapter(typed: Runner, folder: Path) -> None:
    few = ["2" if line == "40" else "1" if line == "10" else line for line in CLINIC]
    typed([*few, "stop"])
    ran = typed(["we hire a second one", "", "", ""])
    assert "You expect 20 a day" in ran.out
    text = (folder / "handraise.yaml").read_text(encoding="utf-8")
    assert "we hire a second one" in text


def test_a_chapter_can_be_changed_at_the_end(typed: Runner, folder: Path) -> None:
    typed([*CLINIC, "stop"])
    ran = typed(["", "nine", "1", "front office", "", "", "", ""])
    assert ran.code == 0, ran.out[-500:]
    assert "a number from 1 to 7, or Enter" in ran.out
    assert "agent: front_office" in (folder / "handraise.yaml").read_text(encoding="utf-8")


def test_another_table_is_written_over_only_where_that_is_said(typed: Runner, folder: Path) -> None:
    kept = folder / "handraise.yaml"
    kept.write_text("mine", encoding="utf-8")
    ran = typed([*CLINIC, "", "", "perhaps", "no"])
    assert ran.code == 0
    assert "left as it is" in ran.err
    assert kept.read_text(encoding="utf-8") == "mine"
    assert typed(["", "yes"]).code == 0
    assert "agent: appointment_desk" in kept.read_text(encoding="utf-8")


def test_what_nobody_knows_is_open_in_the_table(
    typed: Runner, command: Runner, folder: Path
) -> None:
    lines = [*CLINIC]
    lines[lines.index("90")] = "I don't know"
    assert typed([*lines, "", "", "", ""]).code == 0
    checked = command("check")
    assert checked.code == 0
    assert "open: How sure must it be to go on alone?" in checked.err + checked.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--browser"], "--browser: it is for the interview"),
        (["--types", "past.csv:type"], "--types: it is for the interview"),
        (["--interview", "--types", "past.csv"], '--types: "past.csv" names no column'),
        (["--interview", "--types", "past.csv:type"], "past.csv: there is no such file"),
        (["--interview", "--example", "mission"], "--example: it asks nothing"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    command: Runner, arguments: list[str], said: str
) -> None:
    ran = command("init", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_the_kinds_of_request_come_from_a_labelled_file(typed: Runner, folder: Path) -> None:
    rows = 'type,text\nrefund,a\n"order, late",b\nrefund,c\n'
    (folder / "past.csv").write_text(rows, encoding="utf-8")
    ran = typed(["desk", "", "", "stop"], "--types", "past.csv:type")
    assert "What reaches it" not in ran.out
    kept = (folder / "handraise.workbook.yaml").read_text(encoding="utf-8")
    assert '    - "order, late"\n    - "refund"\n' in kept
    again = typed(["stop"])
    assert "What it may do" in again.out
    many = "".join(f"t{n}\n" for n in range(1001))
    (folder / "past.csv").write_text(f"type\n{many}", encoding="utf-8")
    assert "at most 1,000" in typed([], "--types", "past.csv:type").err


def test_a_workbook_that_cannot_be_read_is_said_with_its_place(typed: Runner, folder: Path) -> None:
    (folder / "handraise.workbook.yaml").write_text("workbook: 1\nagnt: {}\n", "utf-8")
    ran = typed([])
    assert ran.code == 2
    assert 'handraise.workbook.yaml:2:1: there is no chapter "agnt"' in ran.err
    (folder / "handraise.workbook.yaml").write_bytes(b"\xff\xfe")
    assert "cannot be read" in typed([]).err
