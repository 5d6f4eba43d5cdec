"""What came of a command, and what several tests of commands need."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.support.signed import sign as signed

PROGRAM = [sys.executable, "-c", "from handraise.cli import main; main()"]


class Ran(Struct, frozen=True):
    """What came of a command: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        return json.loads(self.err)["error"]


Runner = Callable[..., Ran]

WAIVED = (
    *("--waive", "claims", "--waive", "capacity", "--waive", "reachable"),
    *("--waive", "accepted", "--waive", "drilled"),
    *("--because", "a test has no evidence of it", "--until", "30d"),
)
"""The options by which a table goes live that nobody has accepted or tried yet."""


def sign(command: Runner, *more: str, as_: str = "priya") -> Ran:
    """Return what came of signing for the mission's table, what it has no evidence of waived."""
    return command("ready", "--as", as_, *WAIVED, *more)


def put_live(path: Path) -> None:
    """Sign for a table in the store beside it, without going through the whole checklist."""
    operation = assemble([path], Settings(), delivers=False)
    try:
        signed(operation, path)
    finally:
        operation.close()


def broken(path: Path) -> Path:
    """Return the table after a name in it was mistyped."""
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("support_supervisor: [dana]", "support_supervisor: [dna]"), "utf-8"
    )
    return path
