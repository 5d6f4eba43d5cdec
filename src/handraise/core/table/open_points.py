"""Open points of a table: what its team did not know yet, kept as `# OPEN: …` beside the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handraise.core.table.source import Source
from handraise.model import Finding

POINT = re.compile(r"[ ]*# OPEN: (.*)")
FURTHER = re.compile(r"[ ]*#   (\S.*)")
HINT = "settle it, then take the comment out"


def open_points(source: Source) -> list[Finding]:
    """Return a warning for each comment that says that something is open, at its place."""
    return [
        Finding(
            severity="warning",
            code="open",
            message=f"open: {text}",
            hint=HINT,
            file=source.file,
            line=line,
            column=column,
        )
        for line, column, text in _points(source.text.splitlines())
    ]


def _points(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of each, with the lines that go on below it."""
    for place, line in enumerate(lines):
        found = POINT.fullmatch(line)
        if found is None:
            continue
        text = found.group(1)
        for after in lines[place + 1 :]:
            further = FURTHER.fullmatch(after)
            if further is None:
                break
            text += f" {further.group(1)}"
        yield place + 1, line.index("#") + 1, text
