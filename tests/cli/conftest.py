"""Running commands as a shell would: in this process, or as a program of its own."""

import os
import subprocess
from pathlib import Path

import pytest

from handraise.cli.app import run
from tests.cli.running import PROGRAM, Ran, Runner


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with no setting from outside."""
    for name in [name for name in os.environ if name.startswith("HANDRAISE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs a command in this process."""

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return ran


@pytest.fixture
def program(folder: Path) -> Runner:
    """Runs a command as a program, with what stands on its stdin."""

    def ran(*arguments: str, stdin: str = "", **environment: str) -> Ran:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **environment},
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return ran


@pytest.fixture
def mission(command: Runner) -> Path:
    """The mission's table, written by `init`."""
    assert command("init", "--example", "mission").code == 0
    return Path("handraise.yaml")
