"""The commands: `handraise …`. Each reads its arguments, calls one verb, prints what came of it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command of this process's arguments, and end the process with its exit code."""
    from handraise.cli.app import run

    raise SystemExit(run(sys.argv[1:]))
