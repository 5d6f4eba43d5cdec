"""`serve`, `worker` and `demo`: processes that run until they are told to stop."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from handraise.store import open_store
from tests.cli.running import PROGRAM, Runner, put_live


@pytest.fixture
def start(mission: Path, folder: Path) -> Iterator[object]:
    """Starts a command that goes on running, and ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def started_with(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        started.append(process)
        return process

    yield started_with
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate()[1])
    return line


def test_serve_answers_and_ends_when_told_to(start: object, command: Runner) -> None:
    assert callable(start)
    process = start("serve", "--port", "0", "--console")
    line = _line(process)
    assert line.startswith("Handraise serves support-agent at http://127.0.0.1:")
    assert "not ready, so every decision stops" in _line(process)
    link = _line(process).rsplit(" ", 1)[1].strip()
    url = line.split(" at ")[1].split(" ")[0]
    assert link.startswith(f"{url}/enter/")
    assert httpx.get(f"{url}/health/live").status_code == 200
    store = open_store("sqlite:///handraise.db")
    assert store.told_address() == url, "links that others write lead here"
    store.close()
    assert httpx.get(link, follow_redirects=True).status_code == 200
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_the_worker_ends_when_told_to(start: object) -> None:
    assert callable(start)
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start("worker", "--console")
        assert _line(process).startswith("the worker runs for support-agent")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        said = [line for line in err.splitlines() if line.startswith("Subject: ")]
        assert (process.returncode, "Traceback" in err) == (0, False), err
        assert set(said) <= {"Subject: Please confirm this contact"}


def test_a_store_knows_its_tables(start: object, command: Runner, mission: Path) -> None:
    assert callable(start)
    put_live(mission)
    mission.unlink()
    process = start("worker", "--console", "--store", "sqlite:///handraise.db")
    assert _line(process).startswith("the worker runs for support-agent")
    process.terminate()
    assert process.wait(timeout=30) == 0


def test_a_rehearsal_says_so(start: object) -> None:
    assert callable(start)
    process = start("serve", "--port", "0", "--console", "--rehearsal")
    _line(process)
    assert "a rehearsal" in _line(process)
    process.terminate()
    assert process.wait(timeout=30) == 0


def test_a_port_that_is_taken_is_said_before_anything_is_made(
    program: Runner, mission: Path, folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = program("serve", "--console", "--port", port)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        f"error: 127.0.0.1:{port}: cannot listen there (Address already in use)"
    )
    assert not (folder / "handraise.db").exists()


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_nobody_serves_people_who_cannot_be_told(program: Runner, mission: Path, name: str) -> None:
    ran = program(name, *(["--port", "0"] if name == "serve" else []))
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be reached" in ran.err
    assert "HANDRAISE_MAIL" in ran.err


def test_the_demo_says_which_file_is_missing(program: Runner) -> None:
    ran = program("demo", "--requests", "nowhere.csv", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere.csv" in ran.error["message"]


def test_the_demo_runs_at_least_one_request(command: Runner) -> None:
    assert command("demo", "--limit", "0").code == 2
