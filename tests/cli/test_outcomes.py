"""`outcomes`: told from a file, with a line for whatever cannot be so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from handraise.clock import SystemClock
from handraise.service.wiring import assemble
from handraise.settings import Settings
from handraise.store import open_store
from tests.cli.running import Runner, put_live

SURE = {"type": "refund_request", "confidence": 0.95, "facts": {"revenue_usd": 40}}
COLUMNS = ("--key", "ticket", "--correct", "ok")


@pytest.fixture
def decided(mission: Path) -> Path:
    """The mission's table, live, with six decisions taken alone."""
    put_live(mission)
    operation = assemble([mission], Settings(), delivers=False)
    try:
        gate = operation.gates["support-agent"]
        for number in range(6):
            assert gate.decide(**SURE, key=f"t-{number}").outcome == "proceed"
    finally:
        operation.close()
    return mission


def write(text: str, name: str = "paid.csv") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_outcomes_of_a_file_are_kept_once(command: Runner, decided: Path) -> None:
    day = f"{SystemClock().now():%Y-%m-%d}"
    file = write(
        f"ticket,ok,since,cost\nt-0,yes,{day},\nt-1,no,{day},80.5\nt-2,,,\nt-3,Right,{day},\n"
    )
    told = (file, *COLUMNS, "--at", "since", "--stake", "cost", "--by", "dana")

    ran = command("outcomes", *told)
    assert ran.code == 0, ran
    assert ran.out == "3 outcomes kept\n"
    assert '1 row with nothing in "ok" left out' in ran.err
    assert command("outcomes", *told).out == "no outcomes kept, 3 known already\n"

    shown = command("outcomes", "--json").json[0]
    assert {name: shown[name] for name in ("told", "wrong", "staked", "cost", "own_word")} == {
        "told": 3,
        "wrong": 1,
        "staked": 1,
        "cost": 80.5,
        "own_word": 0,
    }
    ran = command("outcomes")
    assert "1 wrong (33.3%)" in ran.out
    assert "no random sample" in ran.err


def test_every_bad_row_is_told_with_its_line_and_nothing_is_kept(
    command: Runner, decided: Path
) -> None:
    later = f"{SystemClock().now() + timedelta(days=3):%Y-%m-%d}"
    file = write(
        "ticket,ok,since,cost\n"
        "t-0,yes,,\n"
        "Mr Smith,yes,,\n"
        "t-1,perhaps,,\n"
        "t-2,no,,dear\n"
        f"t-3,no,{later},\n"
        "t-0,no,,\n"
        "t-4,no,2020-01-01,\n"
        ",no,,\n"
        "t-4,no,yesterday,\n"
        "t-5,no,,\n"
        "t-5,no,,\n"
    )
    told = (file, *COLUMNS, "--at", "since", "--stake", "cost")

    ran = command("outcomes", *told)

    assert ran.code == 1
    lines = ran.out.splitlines()
    for line, why in (
        (3, "no decision with this key"),
        (4, "says neither right nor wrong"),
        (5, "its stake is no number"),
        (6, "lies in the future"),
        (7, "says the contrary of paid.csv:2"),
        (8, "before it was decided"),
        (9, "names no decision"),
        (10, "its instant cannot be read"),
        (12, "is about the same decision as paid.csv:11"),
    ):
        assert any(one.startswith(f"{file}:{line}: ") and why in one for one in lines), line
    assert lines[-1] == "nothing was kept: 9 rows of 11 cannot be"
    assert "Smith" not in ran.out + ran.err
    assert command("outcomes", "--json").json[0]["told"] == 0

    ran = command("outcomes", *told, "--skip-bad", "--json")
    assert (ran.code, ran.json["kept"], ran.json["bad_count"]) == (0, 2, 9)


def test_a_dry_run_keeps_nothing(command: Runner, decided: Path) -> None:
    file = write("ticket,ok\nt-0,yes\nt-1,no\n")
    ran = command("outcomes", file, *COLUMNS, "--dry-run")
    assert (ran.code, ran.out) == (0, "2 outcomes would be kept; nothing was written\n")
    assert command("outcomes", "--json").json[0]["told"] == 0


def test_ids_and_lines_of_json_will_do(command: Runner, decided: Path) -> None:
    store = open_store("sqlite:///handraise.db")
    ids = [one.id for one in store.recent_decisions("support-agent", limit=9)]
    store.close()
    rows = "".join(
        f'{{"decision": "{id}", "fine": {state}}}\n'
        for id, state in zip(ids, ("true", "false", "null", "1"), strict=False)
    )
    ran = command("outcomes", write(rows, "a.jsonl"), "--id", "decision", "--correct", "fine")
    assert (ran.code, ran.out) == (0, "3 outcomes kept\n")


def test_rehearsals_are_refused(command: Runner, mission: Path) -> None:
    operation = assemble([mission], Settings(), delivers=False, rehearsal=True)
    operation.gates["support-agent"].decide(**SURE, key="t-0")
    operation.close()
    file = write("ticket,ok\nt-0,yes\n")
    ran = command("outcomes", file, *COLUMNS, "--store", "sqlite:///handraise-rehearsal.db")
    assert (ran.code, "was a rehearsal" in ran.out) == (1, True)


def test_what_is_missing_is_said(command: Runner, decided: Path) -> None:
    file = write("ticket,ok\nt-0,yes\n")
    for arguments, code, said in (
        (("--key", "ticket", "--id", "ticket", "--correct", "ok"), 2, "one of them"),
        (("--correct", "ok"), 2, "one of them"),
        (("--key", "ticket"), 2, "no column says whether it was right"),
        (("--key", "tiket", "--correct", "ok"), 2, 'did you mean "ticket"'),
        ((*COLUMNS, "--agent", "nobody"), 1, 'no agent "nobody"'),
        ((*COLUMNS, "--by", "x" * 101), 2, "by: expected 1 to 100 characters"),
    ):
        ran = command("outcomes", file, *arguments)
        assert (ran.code, said in ran.err) == (code, True), ran
    ran = command("outcomes", "--key", "ticket")
    assert (ran.code, "no file of outcomes was named" in ran.err) == (2, True)
