"""Serving for real: a process of its own, ended by a signal while an agent waits."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.support import TABLE, UNSURE

PROGRAM = """
import sys
from pathlib import Path
from handraise.service.wiring import assemble
from handraise.settings import Settings
from handraise.web.serve import serve

settings = Settings(base_url=sys.argv[2], console=True, secret="s" * 40)
operation = assemble([Path(sys.argv[1])], settings)
key = operation.door.make_key("support-agent", "test")[1]
serve(operation, sys.argv[3], 0, on_started=lambda port: print("PORT", port, key, flush=True))
print("CLOSED", operation.closed if hasattr(operation, "closed") else "", flush=True)
"""


def _start(tmp_path: Path, base_url: str, host: str) -> subprocess.Popen[str]:
    (tmp_path / "handraise.yaml").write_text(TABLE)
    return subprocess.Popen(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            PROGRAM,
            str(tmp_path / "handraise.yaml"),
            base_url,
            host,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
    )


def _until(process: subprocess.Popen[str], word: str) -> tuple[str, list[str]]:
    """Return the line that begins with a word, and those before it."""
    before: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return line, before
        before.append(line)
    raise AssertionError("".join(before))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = _start(tmp_path, "http://127.0.0.1:8765", "127.0.0.1")
    yield process
    process.kill()
    process.communicate()


def _ask(port: str, key: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sends_those_who_wait_home_and_ends_cleanly(
    sign: signal.Signals, server: subprocess.Popen[str]
) -> None:
    line, before = _until(server, "PORT")
    _, port, key = line.split()
    assert not any("without_https" in one for one in before)
    stopped = _ask(port, key, "/api/v1/decisions", UNSURE)
    found: list[Any] = []
    path = f"/api/v1/escalations/{stopped['escalation_id']}?wait=60"
    waiting = threading.Thread(target=lambda: found.append(_ask(port, key, path)))
    waiting.start()
    time.sleep(0.5)  # so that the request is under way
    begun = time.monotonic()
    server.send_signal(sign)
    waiting.join(30)
    assert found[0]["state"] == "open"
    _until(server, "CLOSED")
    assert server.wait(20) == 0
    assert time.monotonic() - begun < 15
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


def test_being_open_to_the_network_without_https_is_said_aloud(tmp_path: Path) -> None:
    process = _start(tmp_path, "http://0.0.0.0:8765", "0.0.0.0")
    try:
        _, before = _until(process, "PORT")
        assert any("serve.without_https" in line for line in before)
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
