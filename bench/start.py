"""What it costs to begin: a fresh process that imports the package, or prints the help."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Contestant, take_turns
from bench.report import Line, Part, compared

ROUNDS = 11

NOTHING = "`python -c pass`"
IMPORT = "`import handraise`"
HELP = "`handraise --help`"
VERSION = "`handraise --version`"
OPEN = "`import handraise` and all that `handraise.open` imports"

ABOUT = """\
Fresh processes, elapsed time, against an interpreter that does nothing. The last lines are what
`python -X importtime` says, without the interpreter's own start; the best of five."""


def run() -> Iterator[Part]:
    """Yield the one part."""
    command = Path(sys.executable).with_name("handraise")
    processes = {
        NOTHING: [sys.executable, "-c", "pass"],
        IMPORT: [sys.executable, "-c", "import handraise"],
        OPEN: [sys.executable, "-c", "import handraise, handraise.service.wiring"],
        VERSION: [str(command), "--version"],
        HELP: [str(command), "--help"],
    }
    contestants = {
        name: Contestant(run=_starts(process), calls=1) for name, process in processes.items()
    }
    samples = take_turns(contestants, watch=time.perf_counter, rounds=ROUNDS)
    lines = [compared(samples, name, NOTHING) for name in processes if name != NOTHING]
    for module in ("handraise", "handraise.service.wiring", "handraise.cli.app"):
        took, others = import_time(module)
        lines.append(Line(what=f"`import {module}` with {others} other modules", took_s=took))
    yield Part(title="Start", about=ABOUT, lines=tuple(lines))


def _starts(process: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(process, check=True, capture_output=True)


def import_time(module: str) -> tuple[float, int]:
    """Return the seconds that importing a module takes, and how many others come with it.

    The seconds are of the fastest of five processes.
    """
    found = [_import_time(module) for _ in range(5)]
    return min(found)


def _import_time(module: str) -> tuple[float, int]:
    code = f"import sys; had = len(sys.modules); import {module}; print(len(sys.modules) - had - 1)"
    process = [sys.executable, "-X", "importtime", "-c", code]
    done = subprocess.run(process, check=True, capture_output=True, text=True)
    lines = [line.split("|") for line in done.stderr.splitlines()]
    microseconds = next(int(line[1]) for line in lines if line[2:] == [f" {module}"])
    return microseconds * 1e-6, int(done.stdout)
