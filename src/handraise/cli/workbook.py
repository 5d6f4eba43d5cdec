"""`init --interview --browser`: the workbook's pages, served on this machine until Ctrl-C."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

from handraise.cli.output import note, say


def in_browser(table: Path, next_steps: list[str], *, opens: bool) -> None:
    """Serve the workbook beside a table until Ctrl-C.

    Args:
        table: where the table is to be written.
        next_steps: what comes after that: commands, each with what it does.
        opens: whether a browser is opened.
    """
    from handraise.service.workbooks import WorkbookFile
    from handraise.web.workbook.app import Desk
    from handraise.web.workbook.guard import Guard
    from handraise.web.workbook.serving import serve_workbook

    file = WorkbookFile(table)
    file.keep(file.read())  # a file that cannot be read or written is said now

    def started(address: str) -> None:
        say(f"The workbook is at {address}")
        say("The link works once, in one browser on this machine. Ctrl-C ends it.")
        sys.stdout.flush()
        if opens and not webbrowser.open(address):
            note("No browser could be opened; open the link yourself.")

    serve_workbook(Desk(file=file, guard=Guard(), next_steps=tuple(next_steps)), started)
    note(f"The answers are kept in {file.path}.")
