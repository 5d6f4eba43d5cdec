"""`init`: what it writes can be used at once."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from handraise.cli.answers import as_yaml, person_id, probe
from handraise.cli.questions import ask_all
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


ANSWERS = """\
bad name
mail-agent
answers “mail”: a [b] {c} #d
Priya Raman
priya
priya@example.com
support_supervisor
Dana Reyes, Zoë O’Neil
dana@example.com
slack://${ZOE_SLACK}
owner
finance_lead
Ines Duarte, priya
ines@example.com
72
0.8
type
revenue_usd
lots
1,000
,
refund, "quoted", no, 17, refund
"""


def test_the_answers_make_a_table_that_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(ANSWERS))
    answers = ask_all()
    assert "last resort" in capsys.readouterr().out
    reading = read(as_yaml(answers))
    assert reading.errors == ()
    table = reading.table
    assert table is not None
    assert table.agent == "mail-agent"
    assert table.purpose == "answers “mail”: a [b] {c} #d"
    assert table.owner == "priya"
    assert list(table.people) == ["priya", "dana", "zoe", "ines"]
    assert table.people["zoe"].name == "Zoë O’Neil"
    assert table.people["dana"].contacts == ("mailto:dana@example.com",)
    assert table.routes["finance_lead"].people == ("ines", "priya")
    assert table.known.types == ('"quoted"', "17", "no", "refund")
    assert table.rows[0].below == 0.8
    assert run_cases(table).is_complete


def test_one_route_may_take_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [
        "",
        "",
        "Priya Raman",
        "p@example.com",
        "all",
        "Priya Raman",
        "all",
        "1",
        "",
        "0",
        "a",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(written) + "\n"))
    table = read(as_yaml(ask_all())).table
    assert table is not None
    assert list(table.routes) == ["all"]
    assert run_cases(table).is_complete


@pytest.mark.parametrize("threshold", [1.0, 0.72, 0.05, 0.001])
@pytest.mark.parametrize("limit", [0.0, 0.5, 5000.0, 9e14])
def test_a_written_table_passes_its_tests_whatever_the_limits(
    threshold: float, limit: float
) -> None:
    answers = msgspec.structs.replace(
        probe(fact="money"), threshold=threshold, limit=limit, known=("never_seen_0", "b")
    )
    table = read(as_yaml(answers)).table
    assert table is not None
    assert run_cases(table).is_complete


def test_people_get_short_names_of_their_own() -> None:
    assert person_id("Dana Reyes", set()) == "dana"
    assert person_id("Dana Cole", {"dana"}) == "dana_cole"
    assert person_id("Dana Cole", {"dana", "dana_cole"}) == "dana2"
    assert person_id("Élodie", set()) == "elodie"
    assert person_id("明", set()) == "person"
    assert person_id("李", {"person"}) == "person2"
    assert person_id("007 Bond", set()) == "person"


def test_a_terminal_is_asked(folder: Path) -> None:
    answers = [
        "",
        "",
        "Priya Raman",
        "p@example.com",
        "",
        "Priya Raman",
        "",
        "Priya Raman",
        "",
        "",
        "",
        "a",
    ]
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*PROGRAM, "init"], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    shown = b""
    while process.poll() is None or not shown.endswith(b"words\r\n"):
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert process.wait(timeout=30) == 0, shown.decode()
    assert b"What is the agent called? [support-agent]" in shown
    table = read((folder / "handraise.yaml").read_text(encoding="utf-8")).table
    assert table is not None
    assert run_cases(table).is_complete
