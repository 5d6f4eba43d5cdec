"""`rehearse`: what it puts to whom, how it ends, its protocol on paper and checked."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handraise.cli.rehearsed import Scoreboard
from handraise.service.rehearsing.showing import as_escalation
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.cli.running import Runner, sign
from tests.support.verified import verify_everybody

CASES = """\
name,type,confidence,revenue_usd,expect
sure,refund_request,0.99,10,proceed
from a file,refund_request,0.2,10,support_supervisor
"""


@contextmanager
def opened() -> Iterator[Operation]:
    """Yield the operation of the store beside the table, as another process has it."""
    url = f"sqlite:///{Path('handraise.db').resolve()}"
    operation = assemble([], Settings.from_environment(store_url=url), delivers=False)
    try:
        yield operation
    finally:
        operation.close()


@pytest.fixture
def team(mission: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mission's table, its messages printed; everybody has confirmed their contact."""
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")
    operation = assemble([mission], Settings.from_environment())
    verify_everybody(operation)
    operation.close()
    return mission


def begun(command: Runner, *more: str) -> str:
    """Begin an exercise and return its id."""
    ran = command("rehearse", "--as", "priya", "--json", *more)
    assert ran.code == 0, ran.err
    return str(ran.json["rehearsal"]["id"])


def answer_all(operation: Operation, id: str, kinds: tuple[str, ...] = ("approve",)) -> None:
    """Let everybody answer everything, each person with the next of some kinds."""
    rehearsals = operation.rehearsals
    rehearsal = rehearsals.rehearsal(id)
    for place, ask in enumerate(rehearsals.asks(id)):
        digest = as_escalation(rehearsal, ask).proposal_digest
        kind = kinds[place % len(kinds)]
        rehearsals.answer(
            id,
            ask.number,
            ask.person,
            kind=kind,
            digest=digest,
            reason="because",  # type: ignore[arg-type]
        )
    operation.endings.settle()


def test_it_says_what_is_put_to_whom_and_what_goes_ahead(command: Runner, team: Path) -> None:
    ran = command("rehearse", "--as", "priya", "--for", "10m")

    assert ran.code == 0
    assert "to Dana Reyes, Priya Raman, Ines Duarte" in ran.out
    assert "goes ahead by itself" in ran.out
    assert "scoreboard: http://127.0.0.1:8765/rehearsals/" in ran.out
    assert "[EXERCISE]" in ran.err
    assert "Nothing is done, whatever you answer" in ran.err


def test_only_the_owner_begins_and_ends_it(command: Runner, team: Path) -> None:
    assert command("rehearse").code == 2
    assert command("rehearse", "--as", "dana").code == 1
    id = begun(command)
    assert command("rehearse", "--end", id).code == 2
    assert command("rehearse", "--end", id, "--as", "dana").code == 1

    assert command("rehearse", "--end", id, "--as", "priya").code == 0
    (told,) = command("rehearse", "--list", "--json").json
    assert (told["id"], told["ended_why"]) == (id, "owner")


def test_a_file_of_cases_takes_the_place_of_the_tables_tests(command: Runner, team: Path) -> None:
    Path("exercise.csv").write_text(CASES, encoding="utf-8")

    ran = command("rehearse", "--as", "priya", "--cases", "exercise.csv", "--json")

    found = ran.json["rehearsal"]
    assert [one["name"] for one in found["questions"]] == ["from a file"]
    assert found["went_ahead"] == ["sure"]
    assert found["source"] == "the cases in exercise.csv"


def test_a_file_with_findings_begins_nothing(command: Runner, team: Path) -> None:
    Path("exercise.csv").write_text(CASES.replace(",proceed", ",nowhere"), encoding="utf-8")

    ran = command("rehearse", "--as", "priya", "--cases", "exercise.csv")

    assert ran.code == 4
    assert "exercise.csv:2" in ran.err
    assert command("rehearse", "--list", "--json").json == []


def test_real_decisions_come_without_anybodys_words(command: Runner, team: Path) -> None:
    assert command("rehearse", "--as", "priya", "--recorded", "5").code == 2, "none is recorded"
    assert sign(command).code == 0
    gate_decision = {
        "type": "refund_request",
        "confidence": 0.5,
        "facts": {"revenue_usd": 40},
        "text": "my card number is 1234",
        "context": {"mail": "secret"},
        "asked_by": "dana",
    }
    operation = assemble([team], Settings.from_environment())
    for case in ("one", "two"):
        operation.face(team).decide(**gate_decision, case=case)
    operation.close()

    ran = command("rehearse", "--as", "priya", "--recorded", "5", "--json")

    (question,) = ran.json["rehearsal"]["questions"]
    decision = question["decision"]
    kept = {name for name, value in decision.items() if value is not None}
    assert kept == {"type", "confidence", "facts"}
    assert decision["facts"] == {"revenue_usd": 40}
    assert question["before"] == "it is still open"
    assert "1234" not in ran.out


def test_waiting_tells_how_far_everybody_is_and_ends_with_the_protocol(
    command: Runner, team: Path
) -> None:
    def answers() -> None:
        while not (found := others.store.rehearsals(open_only=True)):
            pause.wait(0.02)
        answer_all(others, found[0].id)

    pause = threading.Event()
    with opened() as others:
        answering = threading.Thread(target=answers)
        answering.start()
        ran = command("rehearse", "--as", "priya", "--for", "1m", "--wait")
        answering.join()

    assert ran.code == 0
    assert re.search("Dana Reyes: (told|not told yet).*, answered", ran.out)
    assert "came in time, from 3 of 3 people." in ran.out


class Terminal(io.StringIO):
    """Takes what is drawn, as a terminal does."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_scoreboard_is_a_table(
    command: Runner, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = begun(command, "--for", "10m")
    monkeypatch.setattr("sys.stdout", drawn := Terminal())
    with opened() as operation, Scoreboard(operation, id, is_quiet=False) as board:
        assert board.show().is_open
        answer_all(operation, id)
        assert not board.show().is_open

    assert "0 of 4 answered" in drawn.getvalue()
    assert "4 of 4 answered" in drawn.getvalue()


def test_the_protocol_is_written_and_proves_itself(command: Runner, team: Path) -> None:
    id = begun(command)
    assert command("rehearse", "--protocol", id).code == 2, "it still runs"
    with opened() as operation:
        answer_all(operation, id, ("approve", "reject"))

    shown = command("rehearse", "--protocol", id)
    assert "people differ" in shown.out
    assert command("rehearse", "--protocol", id, "--json").json["protocol"]["id"] == id
    assert command("rehearse", "--protocol", id, "--output", "p.html").code == 0
    whole = command("rehearse", "--verify", "p.html", "--json")
    assert (whole.code, whole.json["whole"], whole.json["rehearsal"]) == (0, True, id)

    page = Path("p.html").read_text(encoding="utf-8")
    assert "<script" not in page
    Path("p.html").write_text(page.replace("Dana Reyes", "Dora Reyes"), encoding="utf-8")
    changed = command("rehearse", "--verify", "p.html")
    assert (changed.code, "was changed after it was signed" in changed.out) == (1, True)
    Path("p.html").write_text("<p>nothing</p>", encoding="utf-8")
    assert "signed nothing of it" in command("rehearse", "--verify", "p.html").out
    Path("p.html").write_bytes(b"%PDF-1.4 \xff")
    assert "only the HTML can be checked" in command("rehearse", "--verify", "p.html").err


NO_SENSE = {
    ("--list", "--end", "x"): "one at a time",
    ("--output", "x.html"): "there is no protocol",
    ("--cases", "x.csv", "--recorded", "3"): "one at a time",
    ("--protocol", "x", "--output", "x.txt"): "neither .html nor .pdf",
    ("--as", "priya", "--for", "soon"): "--for",
    ("--as", "priya", "--per-person", "51"): "less than or equal to 50",
    ("--as", "priya", "--for", "8d"): "from 1m to 7d",
    ("--verify", "nothing.html"): "cannot be read",
}


def test_a_rehearsal_that_everybody_answered_counts_as_a_drill(command: Runner, team: Path) -> None:
    def drilled(*more: str) -> str:
        lines = command("ready", "--json", *more).json["checklist"]
        (found,) = [line["evidence"] for line in lines if line["code"] == "drilled"]
        return str(found)

    assert "passed none" in drilled()
    id = begun(command)
    with opened() as operation:
        answer_all(operation, id)

    assert drilled() == "3 of 3 within 30 days"
    Path("handraise.secret").rename("elsewhere")
    assert "passed none" in drilled(), "no signature can be checked"


def test_what_makes_no_sense_is_said(command: Runner, team: Path) -> None:
    for given, words in NO_SENSE.items():
        ran = command("rehearse", *given)
        assert ran.code == 2
        assert words in ran.err


def test_without_any_exercise_the_list_says_how_to_begin_one(command: Runner, team: Path) -> None:
    assert "--as OWNER` begins one" in command("rehearse", "--list").out
    begun(command)
    assert "runs until" in command("rehearse", "--list").out


def test_without_a_mail_server_it_goes_out_by_the_worker_that_runs(
    command: Runner, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDRAISE_CONSOLE")
    refused = command("rehearse", "--as", "priya")
    assert refused.code == 2
    assert "start `handraise serve`" in refused.err

    server = assemble([team], Settings(console=True, base_url="http://127.0.0.1:8791"))
    server.tell_address()
    server.worker.act()
    ran = command("rehearse", "--as", "priya")
    server.close()

    assert ran.code == 0, ran.err
    assert "scoreboard: http://127.0.0.1:8791/rehearsals/" in ran.out


def test_to_end_it_needs_no_mail_server(
    command: Runner, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = begun(command)
    monkeypatch.delenv("HANDRAISE_CONSOLE")

    ran = command("rehearse", "--end", id, "--as", "priya")

    assert ran.code == 0, ran.err
    assert "once `handraise serve` or a worker runs" in ran.err
    assert command("rehearse", "--list").code == 0
    assert command("rehearse", "--protocol", id).code == 0
