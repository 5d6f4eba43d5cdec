"""`init`: what it writes can be used at once."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from handraise.core.table.read import read
from handraise.core.trial.trial import run_cases
from tests.cli.running import PROGRAM, Runner, sign


@pytest.mark.parametrize("example", ["mission", "support"])
def test_an_example_has_no_errors_and_passes_its_tests(command: Runner, example: str) -> None:
    ran = command("init", "--example", example)
    assert ran.code == 0
    assert "handraise check" in ran.out
    assert command("check").code == 0
    ran = command("test", "--json")
    assert ran.code == 0
    assert ran.json["tables"][0]["unreached"] == []
    assert sign(command).code == 0


def test_an_example_is_written_off_a_terminal(program: Runner, folder: Path) -> None:
    assert program("init").code == 0
    assert "agent: support-agent" in (folder / "handraise.yaml").read_text(encoding="utf-8")


def test_a_file_is_never_overwritten_by_accident(command: Runner, folder: Path) -> None:
    kept = folder / "handraise.yaml"
    kept.write_text("mine", encoding="utf-8")
    ran = command("init", "--example", "mission")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: handraise.yaml: exists already\n--force overwrites it\n"
    assert kept.read_text(encoding="utf-8") == "mine"
    assert command("init", "--example", "mission", "--force").code == 0
    assert kept.read_text(encoding="utf-8").startswith("handraise: 1")


def test_a_folder_gets_the_default_name(command: Runner, folder: Path) -> None:
    (folder / "agents").mkdir()
    ran = command("init", "agents", "--example", "mission")
    assert ran.code == 0
    assert "handraise check agents/handraise.yaml" in ran.out
    assert (folder / "agents" / "handraise.yaml").exists()


def test_a_folder_that_is_not_there_is_said(command: Runner) -> None:
    ran = command("init", "nowhere/handraise.yaml")
    assert ran.code == 2
    assert "nowhere/handraise.yaml: cannot be written" in ran.err


def test_the_editor_is_told_of_the_schema_only_where_it_is_written(
    command: Runner, folder: Path
) -> None:
    command("init", "plain.yaml", "--example", "support")
    assert "yaml-language-server" not in (folder / "plain.yaml").read_text(encoding="utf-8")
    assert not (folder / "handraise.schema.json").exists()
    command("init", "told.yaml", "--example", "support", "--schema")
    first = (folder / "told.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=handraise.schema.json"
    assert (folder / "handraise.schema.json").exists()
    assert command("check", "told.yaml").code == 0


def test_a_terminal_is_asked(folder: Path) -> None:
    answers = [
        *("mail agent", "answers mail", "question, order"),
        *("send a reply", "low", "no", "no"),
        *("Priya Raman", "p@example.com", "no"),
        *("supervisor", "priya", "no"),
        *("0.72", "supervisor", "supervisor", "priya"),
    ]
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*PROGRAM, "init"], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    shown = b""
    while process.poll() is None or not shown.endswith(b"goes live\r\n"):
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert process.wait(timeout=30) == 0, shown.decode()
    assert b"What do you call the agent?" in shown
    assert b"For whom" not in shown
    table = read((folder / "handraise.yaml").read_text(encoding="utf-8")).table
    assert table is not None
    assert run_cases(table).is_complete
