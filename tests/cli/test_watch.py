"""`watch`: how the operation stands, in the terminal and as JSON; alarms taken and put off."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from handraise.cli.watched_live import Fitted
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.cli.running import PROGRAM, Runner
from tests.support.signed import sign
from tests.support.story import SURE, TABLE, UNSURE
from tests.support.verified import verify_everybody
from tests.support.watched import AGENT, LITTLE, OF_DANA, FakeWatcher


@pytest.fixture
def operation(folder: Path) -> Iterator[Operation]:
    """An operation beside which the command runs, with two alarms."""
    place = folder / "handraise.yaml"
    place.write_text(TABLE, encoding="utf-8")
    operation = assemble([place], Settings(console=True))
    verify_everybody(operation)
    sign(operation, place)
    operation.watch.watchers = (FakeWatcher(LITTLE, OF_DANA),)
    operation.gates[AGENT].decide(**SURE)
    operation.gates[AGENT].decide(**UNSURE)
    operation.worker.act()
    yield operation
    operation.close()


def test_it_prints_what_is_wrong_and_how_often_it_stops(
    operation: Operation, command: Runner
) -> None:
    said = command("watch", "--once")
    assert said.code == 0
    assert "support-agent: 2 alarms, 1 of them about a person and not shown here." in " ".join(
        said.out.split()
    )
    assert "Row confidence.1 stops 3.1 %" in said.out
    assert "31 of 40" not in said.out
    assert "1 more about a person" in said.out
    assert re.search(r"all decisions\s+50 %", said.out)
    assert "how people answer, last four weeks" in said.out
    assert "not watched: Too much and too little" in said.out


def test_in_eighty_columns_nothing_is_cut_off(operation: Operation, command: Runner) -> None:
    said = command("watch").out  # no terminal: as --once
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80
    assert re.search(r"row confidence\.1\s+50 % \(1\.3–99 %\) of 2\s+no promise", said)


def test_bars_have_one_scale_which_is_told(
    operation: Operation, command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    said = command("watch", "--once").out
    assert re.search(r"how often it stops\s+0 %\s+99 %\s+seen", said)
    assert re.search(r"all decisions\s+\S*●\S*\s+50 % \(1\.3–99 %\) of 2, last week", said)


def test_alarms_leave_room_for_every_other_part(operation: Operation) -> None:
    many = [replace(LITTLE, subject=f"row confidence.{one}") for one in range(20)]
    operation.watch.watchers = (FakeWatcher(), FakeWatcher(*many))
    operation.watch.look()
    console = Console(width=100, height=40, file=StringIO())
    console.print(Fitted([operation.pictures.of(AGENT, "priya")]), end="")
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert len(said.splitlines()) <= 39
    assert "more: handraise watch --once" in said
    assert said.count("Row confidence.1 stops") == 11
    assert "all decisions" in said
    assert "how people answer" in said
    assert "not watched:" in said


def test_who_looks_sees_what_is_theirs(operation: Operation, command: Runner) -> None:
    assert "31 of 40" in command("watch", "--once", "--as", "dana").out
    assert "31 of 40" in command("watch", "--once", "--as", "priya").out
    assert "31 of 40" not in command("watch", "--once", "--as", "marc").out


def test_programs_get_json(operation: Operation, command: Runner) -> None:
    (found,) = json.loads(command("watch", "--json").out)
    assert found["agent"] == AGENT
    assert found["watched"]
    assert [one["kind"] for one in found["alarms"]] == ["too_little"]
    assert (found["alarms_about_others"], found["alarms_in_all"]) == (1, 2)
    everything = found["rates"][0]
    assert (everything["series"], everything["week"]["decisions"]) == ("all", 2)
    assert "Dana" not in json.dumps(found)


def test_an_open_alarm_is_an_exit_code_where_that_is_asked(
    operation: Operation, command: Runner
) -> None:
    assert command("watch", "--once").code == 0
    assert command("watch", "--once", "--exit-code").code == 1
    mine, of_dana = sorted(operation.store.alarms(), key=lambda one: one.about or "")
    operation.alarms.acknowledge(mine.id, "priya")
    assert command("watch", "--once", "--exit-code").code == 1
    operation.alarms.acknowledge(of_dana.id, "priya")
    assert command("watch", "--once", "--exit-code").code == 0
    assert "never ends by itself" in command("watch", "--exit-code").err


def test_the_owner_takes_an_alarm_by_the_end_of_its_id(
    operation: Operation, command: Runner
) -> None:
    alarm = next(one for one in operation.store.alarms() if one.about is None)
    assert "nobody does so" in command("watch", "ack", alarm.id[-8:]).err
    assert "for its owner" in command("watch", "ack", alarm.id[-8:], "--as", "dana").err
    said = command("watch", "ack", alarm.id[-8:], "--as", "priya")
    assert (said.code, said.out.partition(":")[0]) == (0, "priya has it")
    said = command("watch", "snooze", alarm.id, "2d", "--as", "priya")
    assert said.out.startswith("put off until 20")
    assert "put off by priya until" in command("watch", "--once").out
    assert (
        'TIME: "5m" is not from 1h to 30d'
        in command("watch", "snooze", alarm.id, "5m", "--as", "priya").err
    )


def test_an_alarm_that_is_not_there_or_not_the_only_one_is_not_taken(
    operation: Operation, command: Runner
) -> None:
    assert "no alarm that is not over" in command("watch", "ack", "zz", "--as", "priya").err
    assert "several alarms" in command("watch", "ack", "0", "--as", "priya").err


def test_the_summary_is_printed(operation: Operation, command: Runner) -> None:
    said = command("watch", "--summary").out
    assert said.startswith("support-agent: the last seven days\n")
    assert "  Decisions: 2, of which 1 stopped." in said
    assert AGENT in json.loads(command("watch", "--summary", "--json").out)


def test_where_there_is_no_store_none_is_made(folder: Path, command: Runner) -> None:
    said = command("watch", "--once")
    assert said.code == 1
    assert "there is no store yet" in said.err
    assert list(folder.iterdir()) == []


def test_it_is_drawn_live_until_ctrl_c(operation: Operation) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen([*PROGRAM, "watch"], stdout=slave, stderr=slave, stdin=slave) as running:
        os.close(slave)
        seen = b""
        ends_at = time.monotonic() + 60
        while b"2 alarms" not in seen and time.monotonic() < ends_at:
            seen += os.read(master, 4096)
        running.send_signal(signal.SIGINT)
        while running.poll() is None and time.monotonic() < ends_at:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
        assert running.wait(timeout=30) == 0
    os.close(master)
    assert b"2 alarms" in seen
    assert b"Traceback" not in seen
